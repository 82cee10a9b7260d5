"""Definitions as JSON: parsing with the location of each error, and a canonical serialisation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import ValidationError

from webapp.rules.forms.texts import Frozen

Definition = TypeVar("Definition", bound=Frozen)


@dataclass(frozen=True)
class Slip:
    """One parse error in a definition file.

    `path` is its location, through keys and positions; empty for the whole file. `kind` is a pydantic error type or
    one of our own, `params` its parameters, `text` the message of the library or the rule that refused it, and `file`
    the name of the translation file, where it is not the form's own.
    """

    path: tuple[str | int, ...]
    kind: str
    text: str
    params: Mapping[str, object] = field(default_factory=dict)
    file: str = ""

    def __str__(self) -> str:
        where = ".".join(str(step) for step in self.path) or "file"
        return f"{self.file + ': ' if self.file else ''}{where}: {self.text}"


class NotADefinition(ValueError):
    """The input is not a valid definition. `slips` has the parse errors; `problems` the same, a line each."""

    def __init__(self, slips: tuple[Slip, ...]) -> None:
        self.slips = slips
        self.problems = tuple(str(slip) for slip in slips)
        super().__init__("; ".join(self.problems))


def read_as(model: type[Definition], raw: bytes | str) -> Definition:
    """Parse a definition of this kind from JSON. Raises NotADefinition with a slip for each error."""
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        slips = (
            Slip(found["loc"], found["type"], found["msg"], found.get("ctx", {}))
            for found in error.errors(include_input=False, include_url=False)
        )
        raise NotADefinition(tuple(slips)) from None


def write_definition(definition: Frozen) -> bytes:
    """Serialise a definition as canonical JSON in UTF-8: equal definitions give equal bytes."""
    return definition.model_dump_json(exclude_defaults=False).encode()
