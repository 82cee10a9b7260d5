"""Question pages, "check your answers" and consents: each function is given the draft that it is about."""
