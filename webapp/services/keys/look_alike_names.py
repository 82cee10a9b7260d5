"""Names that nobody could tell apart (confusables, Unicode TR 39): of the coalition's people and organisations."""

from collections.abc import Iterable

from webapp.vault.confusables import folded_words


def is_taken(name: str, others: Iterable[str]) -> bool:
    """Whether a name looks like one of the others: in capitals, with other spaces, hidden or look-alike letters."""
    wanted = _skeleton(name)
    return any(_skeleton(other) == wanted for other in others)


def _skeleton(name: str) -> str:
    return "".join(folded_words(name.casefold()))
