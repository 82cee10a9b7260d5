"""Yes or no."""

from collections.abc import Mapping
from typing import ClassVar

from webapp.rules.forms.form_definition import NO, YES, KindName
from webapp.rules.forms.kinds.fixed_choice import FixedChoice


class YesNo(FixedChoice):
    """Two radio buttons. Their words come from the catalogue, the same ones everywhere."""

    name: KindName = "yes_no"
    widget = "answers/yes_no.html"
    labels: ClassVar[Mapping[str, str]] = {YES: "answer-yes", NO: "answer-no"}
    english: ClassVar[Mapping[str, str]] = {YES: "Yes", NO: "No"}
