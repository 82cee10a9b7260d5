"""Hearth: a service where people with lived experience answer calls and book seats, for coordinators to read."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from webapp.settings import Settings

__all__ = ["create_app"]


def create_app(settings: "Settings") -> "Flask":
    """The application factory. It reads as a table of contents: `webapp.factory`.

    Imported when it is called: a process that opens parts and does nothing else (`services.opening.opening_process`)
    imports the vault alone, and starts in a tenth of a second.
    """
    from webapp.factory import create_app as create

    return create(settings)
