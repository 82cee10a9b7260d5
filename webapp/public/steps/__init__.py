"""Shared page functions for question pages, "check your answers" and consents: each is given the draft it is about."""
