"""Optimistic locking: the exception of a change whose version is not the current one any more."""


class EditConflict(Exception):
    """Another change was stored between reading and writing (HTTP 409). Nothing was changed: read again."""
