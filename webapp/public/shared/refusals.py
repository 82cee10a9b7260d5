"""Why a call takes no answers from this visitor now. Each has an error page or a redirect of its own."""

from webapp.services.calls.published_calls import Call


class Closed(Exception):
    """The call takes no answers any more. `unsent`: there is an unfinished draft in this Visit."""

    def __init__(self, call: Call, unsent: bool) -> None:
        super().__init__(call.slug)
        self.call = call
        self.unsent = unsent


class CannotBeSent(Exception):
    """There is no key that answers to this call could be sealed to, or it is not ours: none may leave the Visit."""

    def __init__(self, call: Call) -> None:
        super().__init__(call.slug)
        self.call = call


class AlreadySent(Exception):
    """The answers to this call were sent in this Visit; their receipt is still there to be seen."""

    def __init__(self, slug: str) -> None:
        super().__init__(slug)
        self.slug = slug
