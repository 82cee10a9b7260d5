"""Exceptions: why a call takes no answers from this visitor now. Each has an error page or a redirect of its own."""

from webapp.services.calls.published_calls import Call


class Closed(Exception):
    """The call is closed. `unsent`: there is an unfinished draft in this Visit."""

    def __init__(self, call: Call, unsent: bool) -> None:
        super().__init__(call.slug)
        self.call = call
        self.unsent = unsent


class CannotBeSent(Exception):
    """No public key to seal answers to has a valid MAC (key substitution): no input may leave the Visit."""

    def __init__(self, call: Call) -> None:
        super().__init__(call.slug)
        self.call = call


class AlreadySent(Exception):
    """The answers to this call were submitted in this Visit, which still holds their receipt."""

    def __init__(self, slug: str) -> None:
        super().__init__(slug)
        self.slug = slug
