"""Made-up keys, contexts and stored vectors for the vault's tests."""

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from webapp.vault.contexts import FIELDS, TESTIMONY, Context, Field

VECTORS = Path(__file__).with_name("vectors")


def stored(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text("utf-8"))


def a_context(field: Field = TESTIMONY) -> Context:
    return Context(field, owner_id=uuid4(), row_id=uuid4(), epoch=3, form_version=2)


def context_of(entry: dict[str, Any]) -> Context:
    """The context written down beside a stored vector."""
    written = entry["context"]
    field = next(f for f in FIELDS if (f.purpose, f.name) == (written["purpose"], written["field"]))
    return Context(
        field,
        owner_id=UUID(written["owner_id"]),
        row_id=UUID(written["row_id"]),
        epoch=written["epoch"],
        form_version=written["form_version"],
    )


def one_element_away(context: Context) -> Iterator[Context]:
    """Every context that differs in one element only, of those with the same format."""
    yield replace(context, owner_id=uuid4())
    yield replace(context, row_id=uuid4())
    yield replace(context, epoch=context.epoch + 1)
    yield replace(context, form_version=context.form_version + 1)
    for field in FIELDS:
        if field != context.field and field.format == context.field.format:
            yield replace(context, field=field)


def flipped(data: bytes, at: int, bits: int = 1) -> bytes:
    return data[:at] + bytes((data[at] ^ bits,)) + data[at + 1 :]


def sampled_places(envelope: bytes, step: int = 37) -> list[int]:
    """The whole header, both ends, and every 37th byte between."""
    return sorted({0, 1, 2, len(envelope) - 1, *range(0, len(envelope), step)})


ELEMENTS = {field.name for field in fields(Context)}
