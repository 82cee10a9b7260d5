"""Words about drafts: the sections of a form, the kinds of questions, the parts of the answers."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from webapp.rules.forms.questions import SectionName

#: By section: its name, and what is different about it.
SECTIONS: Final[Mapping[SectionName, tuple[str, str]]] = MappingProxyType(
    {
        "call": ("The questions of your call", "What you want to know. People can skip pages."),
        "contact": (
            "How to reach people safely",
            "These pages stay together. You can change their words, and delete all of them at once.",
        ),
        "equality": (
            "Equality questions",
            "They are asked after Send, kept apart from the other answers, and only counted.",
        ),
        # A form that was pasted may have such pages: they are listed, to be deleted.
        "registration": (
            "Registration for an event",
            "A call cannot have these pages. Delete them.",
        ),
    }
)
KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "text": "a line of text",
        "long_text": "text in their own words",
        "email": "an e-mail address",
        "phone": "a phone number",
        "number": "a whole number",
        "choice": "one answer from a list",
        "choices": "several answers from a list",
        "yes_no": "yes or no",
        "scale": "a scale",
        "ranking": "numbers from 1 on beside a few answers",
        "age_band": "an age band",
        "date": "a date",
        "statement": "words to read, no answer",
    }
)
#: Parts, as the page about who reads them names them.
PARTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "testimony": "Answers to the questions of your call",
        "contact": "Contact details",
        "equality": "Answers to the equality questions",
    }
)
