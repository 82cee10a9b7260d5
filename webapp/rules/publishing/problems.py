"""Problems that block publishing, as every publish check reports them, and overrides by an operator."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from webapp.rules.messages import PUBLISH_MESSAGES

Severity = Literal["must_fix", "needs_reason"]


@dataclass(frozen=True)
class Problem:
    """One problem that blocks publishing: a key of PUBLISH_MESSAGES with its parameters.

    "needs_reason" may be overridden by an operator who says why; "must_fix" may not.
    """

    key: str
    params: Mapping[str, str | int]
    severity: Severity = "must_fix"


@dataclass(frozen=True)
class Override:
    """An operator's reason for asking a question in spite of its topic. It is audited."""

    question: str
    reason: str


def problem(key: str, **params: str | int) -> Problem:
    """Construct a problem with a listed key and exactly its parameters; TypeError for any other."""
    severity: Severity = "needs_reason" if key == "publish-asks-for" else "must_fix"
    if set(params) != set(PUBLISH_MESSAGES[key]):
        raise TypeError(f"{key} takes {PUBLISH_MESSAGES[key]}")
    return Problem(key, MappingProxyType(params), severity)
