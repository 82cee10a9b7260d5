"""A reason not to publish, as every publish check gives it, and what keeps a file from being a definition at all."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from webapp.rules.messages import PUBLISH_MESSAGES

Severity = Literal["must_fix", "needs_reason"]


@dataclass(frozen=True)
class Problem:
    """One reason not to publish: a key of PUBLISH_MESSAGES with its parameters.

    "needs_reason" may be overridden by somebody who says why; "must_fix" may not.
    """

    key: str
    params: Mapping[str, str | int]
    severity: Severity = "must_fix"


@dataclass(frozen=True)
class Slip:
    """One place at which a file is not a definition.

    `path` leads there, through keys and positions; empty for the file as a whole. `kind` is a pydantic error type or
    one of our own, `params` what it says more precisely, `text` the words of the library or the rule that refused it,
    and `file` the name of the file of words, where it is not the form's own.
    """

    path: tuple[str | int, ...]
    kind: str
    text: str
    params: Mapping[str, object] = field(default_factory=dict)
    file: str = ""

    def __str__(self) -> str:
        where = ".".join(str(step) for step in self.path) or "file"
        return f"{self.file + ': ' if self.file else ''}{where}: {self.text}"


def problem(key: str, **params: str | int) -> Problem:
    """A problem with a listed key and exactly its parameters; TypeError for any other."""
    severity: Severity = "needs_reason" if key == "publish-asks-for" else "must_fix"
    if set(params) != set(PUBLISH_MESSAGES[key]):
        raise TypeError(f"{key} takes {PUBLISH_MESSAGES[key]}")
    return Problem(key, MappingProxyType(params), severity)
