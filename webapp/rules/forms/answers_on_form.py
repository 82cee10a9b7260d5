"""One set of answers on one form, validated once and memoised: route, stop, accepted answers, missing ones, parts.

`routing` has the rules, a function each. Callers that ask several of them about the same answers use this object: it
walks the route and parses each answer by its kind once.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from webapp.rules.forms.form_definition import Form
from webapp.rules.forms.kinds.kind import Answer, Answers
from webapp.rules.forms.questions import Page, PartName, Question, Stop
from webapp.rules.forms.routing import (
    AnswersMissing,
    Missing,
    Stopped,
    by_part,
    missing_on,
    read_again,
    walk,
)


@dataclass(frozen=True)
class AnswersOnForm:
    """Answers to a form's questions. `given` may include answers of pages that are off the route now."""

    form: Form
    given: Answers = field(repr=False)

    def are(self, form: Form, given: Answers) -> bool:
        """Whether it holds the same answers to the same form, so that nothing need be validated again."""
        return self.form is form and self.given == given

    def on(self, form: Form) -> "AnswersOnForm":
        """The same answers on another form. Questions that both forms have are not parsed again."""
        if form is self.form:
            return self
        other = AnswersOnForm(form, self.given)
        ours = {question.key: question for question in self.form.questions}
        # `_read` is what `cached_property` would fill in.
        other.__dict__["_read"] = dict(
            other._read_each(
                lambda question: (
                    self._read.get(question.key)
                    if ours.get(question.key) is question
                    else read_again(question, self.given)
                )
            )
        )
        return other

    @cached_property
    def route(self) -> tuple[Page, ...]:
        """The pages for a participant with these answers, in order. A stop ends it."""
        return tuple([page for page, _ in self._walked])

    @cached_property
    def stop(self) -> Stop | None:
        """The stop that these answers lead to, if any."""
        return next((stop for _, stop in self._walked if stop), None)

    @cached_property
    def kept(self) -> dict[str, Answer]:
        """The valid answers to questions on the route, each parsed again by its kind; only these may be stored."""
        asked = {question.key for page in self._route_of_kept for question in page.asked}
        return {key: answer for key, answer in self._read.items() if key in asked}

    @cached_property
    def missing(self) -> tuple[Missing, ...]:
        """The required questions on the route that have no valid answer yet, in order."""
        return missing_on(self._route_of_kept, self.kept)

    @cached_property
    def parts(self) -> dict[PartName, dict[str, Answer]]:
        """The valid answers by the part that they are sealed in; parts without answers are left out.

        Raises `Stopped` and `AnswersMissing`, so that answers which must not be stored yield nothing to seal.
        """
        if self.stop:
            raise Stopped(self.stop)
        if self.missing:
            raise AnswersMissing(self.missing)
        return by_part(self.form, self.kept)

    def after(self, page: Page) -> Page | None:
        """The next page on the route; None at the end."""
        return next((one for one in self.route if self._is_after(one, page)), None)

    def before(self, page: Page) -> Page | None:
        """The page before this one on the route; None at the start."""
        return next((one for one in reversed(self.route) if self._is_after(page, one)), None)

    def _is_after(self, page: Page, other: Page) -> bool:
        return self.form.place(page.key) > self.form.place(other.key)

    @cached_property
    def _walked(self) -> tuple[tuple[Page, Stop | None], ...]:
        return tuple(walk(self.form, self.given))

    @cached_property
    def _read(self) -> dict[str, Answer]:
        return dict(self._read_each(lambda question: read_again(question, self.given)))

    def _read_each(self, read: Callable[[Question], Answer | None]) -> Iterator[tuple[str, Answer]]:
        for question in self.form.questions:
            if (answer := read(question)) is not None:
                yield question.key, answer

    @cached_property
    def _route_of_kept(self) -> tuple[Page, ...]:
        """The route once invalid answers are dropped. It is walked again only where there were some."""
        if self._read == self.given:
            return self.route
        return tuple(page for page, _ in walk(self.form, self._read))
