"""Answers as one JSON document (RFC 8259), sent piece by piece: facts about the file, the rows, and the codebook."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from webapp.rules.forms.answer_columns import LANGUAGE, MAY_QUOTE, ROW, VERSION
from webapp.rules.forms.codebook import Code, Entry, Wording
from webapp.services.opening.answer_files import ABOUT_ROWS, AnswerFile, AnswerRow
from webapp.services.opening.streamed_file import Piece

FORMAT: Final = 1
IN_JSON: Final = (
    "An answer is under the key of its question: the choice’s code, a list of codes where several may be chosen, or "
    "words as the person wrote them, in their own language. Where choices were put in order, the list has that order. "
    "Words beside a choice like “Something else” are under a key that ends with .words. Where there is no answer, the "
    "person left it out, did not come to it, or had another version of the form."
)


def write_json(file: AnswerFile, batches: Iterable[tuple[int, list[AnswerRow]]]) -> Iterator[Piece]:
    """The document. A row has its answers by the keys of questions: several choices are a list, and what was not
    answered is not there. Words are exactly as they were stored; nothing can be taken for a formula.
    """
    opened, before = 0, f'{{"format": {FORMAT},\n"rows": ['
    for read, rows in batches:
        opened += read
        written = []
        for row in rows:
            written.append(f"{before}\n{_dumped(_row(row))}")
            before = ","
        yield Piece(opened, "".join(written).encode())
    about = dict(file.about.facts(file.people, IN_JSON))
    end = f',\n"about": {_dumped(about)},\n"codebook": {_dumped(_codebook(file))}}}\n'
    head = "" if before == "," else before
    yield Piece(opened, f"{head}\n]{end}".encode())


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _row(row: AnswerRow) -> dict[str, Any]:
    return {
        ROW: row.number,
        VERSION: row.form_version,
        LANGUAGE: row.language,
        MAY_QUOTE: int(row.may_quote),
        "answers": row.answers,
    }


def _codebook(file: AnswerFile) -> dict[str, Any]:
    return {
        "row": [
            {
                "name": name,
                "words": words,
                "codes": [
                    {"code": code, "words": meaning, "count": count}
                    for code, meaning, count in file.codes_beside(name)
                ],
            }
            for name, words in ABOUT_ROWS.items()
        ],
        "answers": [_entry(entry) for entry in file.codebook()],
    }


def _entry(entry: Entry) -> dict[str, Any]:
    wordings = [_wording(one) for one in entry.wordings]
    return {"question": entry.question, "answered": entry.answered, "wordings": wordings}


def _wording(one: Wording) -> dict[str, Any]:
    return {
        "form_versions": list(one.versions),
        "kind": one.kind,
        "several": one.several,
        "part": one.part,
        "required": one.required,
        "page": one.page,
        "asked_of": one.asked_of,
        "words": one.words,
        "hint": one.hint,
        "codes": [_code(code) for code in one.codes],
        "answered": one.answered,
    }


def _code(code: Code) -> dict[str, Any]:
    if not code.code:
        return {"key": code.column, "words": code.words, "written": code.chosen}
    return {"code": code.code, "words": code.words, "chosen": code.chosen}
