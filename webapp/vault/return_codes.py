"""Return codes (save and return): bearer capabilities to an unfinished draft, and the keys derived from them.

A return code looks like a receipt (see `receipts`) and is typed in the same place, but has labels of its own (domain
separation): what is derived from one finds and opens no own copy, and what is derived from a receipt no draft.
"""

from dataclasses import dataclass, field

from webapp.vault.contexts import RETURN_DRAFT, Context
from webapp.vault.crockford import CODE_LENGTH, MistypedCode, new_code, read_code, ungrouped
from webapp.vault.envelope import LARGEST_DRAFT
from webapp.vault.labels import Label
from webapp.vault.symmetric import derive, open_keyed, require_key, seal_keyed

__all__ = [
    "MistypedCode",
    "ReturnLabels",
    "labels",
    "new_return_code",
    "open_draft",
    "seal_draft",
]


@dataclass(frozen=True, slots=True)
class ReturnLabels:
    """Two values of 32 bytes derived from one return code, independent by domain separation.

    `lookup` is stored to find the draft; `copy` is its key. They never show in a repr.
    """

    lookup: bytes = field(repr=False)
    copy: bytes = field(repr=False)


def new_return_code() -> str:
    """A fresh code such as K7QF-2M9X-TC4R-8ZHD-W3NP-J6SQ: 115 bits of entropy and a check character."""
    return new_code(CODE_LENGTH)


def labels(code: str, salt: bytes) -> ReturnLabels:
    """Derive the lookup label and the key: HKDF-SHA256 over the 24 ASCII characters, without hyphens.

    `salt` is the config key of 32 bytes that receipts use. Raises MistypedCode; ValueError for a salt of another size.
    """
    require_key(salt)
    key_material = ungrouped(read_code(code, CODE_LENGTH)).encode("ascii")
    return ReturnLabels(
        lookup=derive(key_material, salt=salt, label=Label.RETURN_LOOKUP),
        copy=derive(key_material, salt=salt, label=Label.RETURN_COPY),
    )


def seal_draft(data: bytes, *, copy_key: bytes, secret: bytes, context: Context) -> bytes:
    """Seal a draft, which only the return code opens and only while the erasure secret exists: KEYED.

    Raises TooLong (over 262,140 bytes); ValueError for a wrong field or size of key or secret.
    """
    _require_draft(context)
    return seal_keyed(
        data,
        key=copy_key,
        secret=secret,
        label=Label.RETURN_DRAFT_CONTENT,
        context=context,
        most=LARGEST_DRAFT,
    )


def open_draft(
    envelope: bytes, *, copy_key: bytes, secret: bytes | None, context: Context
) -> bytes:
    """Open a draft; `secret` is None when it was shredded. Raises DoesNotOpen."""
    _require_draft(context)
    return open_keyed(
        envelope, key=copy_key, secret=secret, label=Label.RETURN_DRAFT_CONTENT, context=context
    )


def _require_draft(context: Context) -> None:
    if context.field != RETURN_DRAFT:
        raise ValueError("not the context of a draft")
