"""Translators' files of a draft, in gettext's PO format: `msgctxt` is the path of a text, outdated ones are fuzzy.

A file comes back from outside, so it is read as hostile input: bounded by the request, without comments, without plural
forms (their count in the head could fill the memory), and with the same rules for text as the fields of the desk.
"""

import io
import re
from collections.abc import Iterator
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po, write_po

from webapp.rules import clock
from webapp.rules.characters import clean_lines, is_empty
from webapp.rules.forms.call_draft import CallDraftContent
from webapp.rules.forms.draft_translation import Standing, standing
from webapp.rules.forms.texts import LONGEST_TEXT
from webapp.rules.forms.translator_entries import TranslatorEntry
from webapp.rules.languages.site_languages import LANGUAGES

MIMETYPE: Final = "text/x-gettext-translation"
HEAD: Final = """\
# Words of a call, for translation. Translate each msgid into its msgstr, and change nothing else.
# "fuzzy" marks a translation that is older than the English: put it right and take the mark away."""
#: What babel's parser raises for damaged files, besides an error of its own.
BROKEN: Final = (PoFileError, ValueError, LookupError, AttributeError, TypeError, OverflowError)
FLAGS: Final = "#,"


class NotTheFile(ValueError):
    """No file that a translator got from the desk, or too damaged to read. Nothing was changed."""


class OtherLanguage(NotTheFile):
    """The file says that it is in another language; the message is the code that it names."""


class TooLong(NotTheFile):
    """A translation is longer than a text may be; `entry` is the first of them."""

    def __init__(self, entry: TranslatorEntry) -> None:
        super().__init__(entry.path)
        self.entry = entry


def write_file(content: CallDraftContent, code: str, roles: dict[str, str]) -> bytes:
    """All texts of a draft with their translations so far. `roles` says, by path, what each text is."""
    catalog = Catalog(
        locale=LANGUAGES[code].locale,
        header_comment=HEAD,
        project="Hearth",
        version="1",
        creation_date=clock.now(),
        fuzzy=False,
    )
    _add_texts(catalog, standing(content, code), roles)
    file = io.BytesIO()
    write_po(file, catalog, include_previous=True)
    return file.getvalue()


def _add_texts(catalog: Catalog, now: Standing, roles: dict[str, str]) -> None:
    for text in now.texts:
        catalog.add(
            text.english,
            text.words,
            context=text.path,
            flags=["fuzzy"] if text.is_older else [],
            auto_comments=[roles[text.path]],
            previous_id=text.made_from if text.is_older else (),
        )


def read_file(pasted: str, code: str) -> tuple[TranslatorEntry, ...]:
    """The entries of a file that came back, cleaned. Raises `NotTheFile`, `OtherLanguage`, `TooLong`."""
    # Not splitlines: a translation may have other separators inside, which are cleaned later.
    lines = [one for one in re.split("\r\n|\r|\n", pasted) if _is_read(one)]
    if any(one.lstrip().startswith(("msgid_plural", "msgstr[")) for one in lines):
        raise NotTheFile("plural forms")
    try:
        catalog = read_po(lines, ignore_obsolete=True, abort_invalid=True)
        entries = tuple(_entries(catalog))
        language = catalog.locale_identifier
    except BROKEN:
        # From None: the parser's message quotes the file.
        raise NotTheFile("not a PO file") from None
    if not entries:
        raise NotTheFile("no entry with a msgctxt")
    if language and str(language) != LANGUAGES[code].locale:
        raise OtherLanguage(str(language))
    for entry in entries:
        if len(entry.words) > LONGEST_TEXT:
            raise TooLong(entry)
    return entries


def _is_read(line: str) -> bool:
    """Comments are dropped but for flags: babel joins those of equal entries in quadratic time."""
    start = line.lstrip()
    return not start.startswith("#") or start.startswith(FLAGS)


def _entries(catalog: Catalog) -> Iterator[TranslatorEntry]:
    for message in catalog:
        if message.id and message.context:
            yield _entry(message)


def _entry(message: Message) -> TranslatorEntry:
    english, words = clean_lines(str(message.id)), clean_lines(str(message.string))
    return TranslatorEntry(
        str(message.context),
        english[:LONGEST_TEXT],
        "" if is_empty(words) else words,
        is_fuzzy=message.fuzzy,
    )
