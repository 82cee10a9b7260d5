"""The local translation catalogue: an instance's corrections of our texts, validated and stored beside its data.

Our own are in the code and change with an upgrade; these are in the instance folder and stay. Jinja does not escape the
output of gettext, so a translation is trusted as markup. To prevent XSS, nothing that could be markup is accepted.
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
#: A straight quote ends an attribute, and many texts are in one (`aria-label`). A line break would end a mail's subject
#: (header injection), and a bidirectional embedding or override can make a sentence read as another one.
MARKUP = re.compile('[<>&"\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]')
BETWEEN_FORMS = " / "
#: Readable by every process of Hearth, whatever its account; there is nothing secret in them.
FOLDER_MODE, FILE_MODE = 0o755, 0o644


class NotTaken(ValueError):
    """Some rows are invalid: `problems` has a line for each. Nothing was stored."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Taken:
    """The result of an import: how many texts were changed, unchanged, and unknown."""

    changed: int
    same: int
    elsewhere: int


def take(language: Language, rows: Iterable[Returned]) -> Taken:
    """Store the translations that differ from the current ones. All or nothing: raises `NotTaken`."""
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
    """Restore the leading and trailing spaces of the English: some texts are concatenated from pieces."""
    bare = row.english.strip()
    before, _, after = row.english.partition(bare)
    return replace(row, words=f"{before}{row.words.strip()}{after}")


def _message_ids() -> dict[str, str | tuple[str, ...]]:
    """Map each text as a translator sees it to its message id in the catalogue."""
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
    """Merge them into the instance's catalogue: written to a new file that replaces the old one (atomic rename)."""
    shipped, path = _shipped(language), _path(own_words(), language)
    catalog = Catalog(locale=shipped.locale, fuzzy=False)
    # The plural rule of this language: flask-babel takes it from the last catalogue that it reads.
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
