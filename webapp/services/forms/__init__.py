"""Publishing: form and event definitions as files, frozen versions, recordings of pages."""
