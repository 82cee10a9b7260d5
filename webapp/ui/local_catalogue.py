"""Words that an instance's own people have put right: checked, and kept in a catalogue of their own beside the data.

Ours are in the code and change with an upgrade; these are in the instance and stay. Jinja does not escape what gettext
gives: a page trusts its words as its own markup. So nothing that could be markup is taken.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

from webapp.rules.languages.site_languages import Language
from webapp.rules.languages.translation_sheets import Returned
from webapp.ui.catalogues import TEMPLATE, TRANSLATIONS, catalogue_of, own_words

PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%")
#: A straight quote ends an attribute: words stand in many (`aria-label`). A line break would end a mail's subject, and
#: an embedding or override of direction (Unicode's bidirectional algorithm) can make a sentence read as another one.
MARKUP = re.compile('[<>&"\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]')
BETWEEN_FORMS = " / "
#: Everybody who runs a part of Hearth reads them; there is nothing secret in them.
FOLDER_MODE, FILE_MODE = 0o755, 0o644


class NotTaken(ValueError):
    """Some rows are not as they must be: `problems` has a line for each. Nothing was taken."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Taken:
    """How many texts have new words, how many were the same, and how many are no texts of our pages."""

    changed: int
    same: int
    elsewhere: int


def take(language: Language, rows: Iterable[Returned]) -> Taken:
    """Keep the words that differ from those that are said now. Raises `NotTaken`, and then keeps none."""
    ids = _message_ids()
    said = {line.english: line.words for line in catalogue_of(language).lines}
    filled = [_spaced(row) for row in rows if row.words.strip()]
    ours = [row for row in filled if row.english in ids]
    new = [row for row in ours if row.words != said.get(row.english)]
    forms = _shipped(language).num_plurals
    if problems := [problem for row in new if (problem := _problem(row, ids[row.english], forms))]:
        raise NotTaken(problems)
    if new:
        _keep(language, {ids[row.english]: row.words for row in new})
    return Taken(len(new), len(ours) - len(new), len(filled) - len(ours))


def _spaced(row: Returned) -> Returned:
    """With the spaces around it that the English has: some texts are put together from pieces."""
    bare = row.english.strip()
    before, _, after = row.english.partition(bare)
    return replace(row, words=f"{before}{row.words.strip()}{after}")


def _message_ids() -> dict[str, str | tuple[str, ...]]:
    """Every text of ours as a translator sees it, and as a catalogue names it."""
    with TEMPLATE.open("rb") as file:
        ids = [one.id for one in read_po(file) if one.id]
    return {
        one if isinstance(one, str) else BETWEEN_FORMS.join(one): (
            one if isinstance(one, str) else tuple(one)
        )
        for one in ids
    }


def _problem(row: Returned, message_id: str | tuple[str, ...], forms: int) -> str | None:
    where = f"row {row.number} ({row.english[:40]}…)"
    if MARKUP.search(row.words):
        return f"{where}: leave out the signs < > & and straight quotes, line breaks, and what cannot be seen"
    plural = not isinstance(message_id, str)
    said = row.words.split(BETWEEN_FORMS) if plural else [row.words]
    if plural and len(said) != forms:
        return f"{where}: {forms} forms are wanted, with a slash between them, and there are {len(said)}"
    wanted = set(PLACEHOLDER.findall(row.english))
    if any(set(PLACEHOLDER.findall(one)) - wanted for one in said):
        return f"{where}: a part like %(day)s is not in the English"
    if not plural and Counter(PLACEHOLDER.findall(row.words)) != Counter(
        PLACEHOLDER.findall(row.english)
    ):
        return f"{where}: keep each part like %(day)s exactly as it is"
    return None


def _keep(language: Language, words: dict[str | tuple[str, ...], str]) -> None:
    """Add them to the instance's catalogue: a new file that takes the old one's place (atomic rename)."""
    shipped, path = _shipped(language), _path(own_words(), language)
    catalog = Catalog(locale=shipped.locale, fuzzy=False)
    # How this language counts: flask-babel takes it from the last catalogue that it reads.
    catalog.mime_headers = shipped.mime_headers
    for one in _read(path) if path.exists() else ():
        if one.id:
            catalog.add(one.id, one.string)
    for message_id, said in words.items():
        plural = not isinstance(message_id, str)
        catalog.add(message_id, tuple(said.split(BETWEEN_FORMS)) if plural else said)
    path.parent.mkdir(parents=True, exist_ok=True)
    for folder in (path.parent, path.parent.parent, path.parent.parent.parent):
        folder.chmod(FOLDER_MODE)
    beside = path.with_suffix(".new")
    with beside.open("wb") as file:
        write_mo(file, catalog)
    beside.chmod(FILE_MODE)
    beside.replace(path)


def _shipped(language: Language) -> Catalog:
    return _read(_path(TRANSLATIONS, language))


def _path(folder: Path, language: Language) -> Path:
    return folder / language.locale / "LC_MESSAGES" / "messages.mo"


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_mo(file)
