"""Optimistic locking in a form: the version that its page showed, and why nothing was saved for it."""

from wtforms import HiddenField

from webapp.desk.shared.forms import DeskForm

#: More digits than any version has.
TOO_MANY_DIGITS = 9


class VersionedForm(DeskForm):
    """A form that replaces what stands there. A subclass says in `why_not` why nothing was saved."""

    version = HiddenField()

    @property
    def based_on(self) -> int:
        """The version that the page showed; 0, which nothing that is stored has, for anything that is no number."""
        typed = str(self.version.data or "")
        is_number = typed.isascii() and typed.isdigit() and len(typed) < TOO_MANY_DIGITS
        return int(typed) if is_number else 0

    @property
    def problems(self) -> list[tuple[str, str]]:
        """For the error summary: why nothing was saved, then what is wrong with each field."""
        told = super().problems
        return [("not-saved", self.why_not), *told] if self.why_not else told

    @property
    def why_not(self) -> str:
        """Why nothing was saved, in one line; empty where it was."""
        raise NotImplementedError
