"""Publishing: definition files, immutable form versions, audio recordings of pages."""
