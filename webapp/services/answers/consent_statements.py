"""Consent statements: the exact words of each consent, as they were published, in the language that is read."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from webapp.models import Consent, ConsentStatement
from webapp.rules.forms.form_definition import ConsentWording, FormDefinition
from webapp.rules.forms.texts import FALLBACK_LANGUAGE, text_in
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.read_cache import recently
from webapp.services.infrastructure.row_authentication import TOLERANT, genuine


class WordingMissing(Exception):
    """The stored words of a consent are gone, or were changed by hand: nothing can be agreed to in them."""


@dataclass(frozen=True)
class Statement:
    """The exact words of one consent, in one version and language."""

    id: UUID
    purpose: str
    version: int
    language: str
    wording: str


def hold(call: Call) -> bool:
    """Whether a call's words are all there as they were published. Looked at again after two seconds at most.

    Nothing can be agreed to in words that were changed by hand, so then nothing is asked.
    """
    return recently(("statements", call.id, call.form_version), partial(_hold, call))


def _hold(call: Call) -> bool:
    query = select(ConsentStatement).where(ConsentStatement.owner_id == call.id)
    with stores.reading() as main:
        rows = genuine(main.scalars(query.execution_options(**TOLERANT)))
    there = {(one.purpose, one.version, one.language) for one in rows}
    return there >= {
        (wording.purpose, wording.version, language)
        for wording in call.form.consents
        for language in wording.text
    }


def statement_for(
    main: Session, call_id: UUID, wording: ConsentWording, language: str
) -> ConsentStatement:
    """The stored wording that a reader of this language sees."""
    shown_in = text_in(wording.text, language)[1]
    return main.scalars(
        select(ConsentStatement).where(
            ConsentStatement.owner_id == call_id,
            ConsentStatement.purpose == wording.purpose,
            ConsentStatement.version == wording.version,
            ConsentStatement.language == shown_in,
        )
    ).one()


def published(call: Call, language: str) -> "Statements":
    """The words in which a call's consents are asked in this language, from a cache: they are never changed."""
    return recently(
        ("words", call.id, call.form_version, language), partial(_published, call, language)
    )


def _published(call: Call, language: str) -> "Statements":
    with stores.reading() as main:
        return Statements(main, call.id, call.form, language)


class Statements:
    """The words in which a call's consents are asked in some languages, and those that were agreed to, read at once.

    A false one (`row_authentication`) is left out: its words are shown to no one.
    """

    def __init__(
        self,
        main: Session,
        call_id: UUID,
        form: FormDefinition,
        language: str,
        agreed_to: Collection[Consent] = (),
    ) -> None:
        shown_in = {text_in(wording.text, language)[1] for wording in form.consents}
        wanted = or_(
            ConsentStatement.language.in_(sorted(shown_in)),
            ConsentStatement.id.in_([one.statement_id for one in agreed_to]),
        )
        rows = main.scalars(
            select(ConsentStatement)
            .where(ConsentStatement.owner_id == call_id, wanted)
            .execution_options(**TOLERANT)
        )
        found = [
            Statement(one.id, one.purpose, one.version, one.language, one.wording)
            for one in genuine(rows)
        ]
        self._language = language
        self._by_id = {one.id: one for one in found}
        self._by_wording = {(one.purpose, one.version, one.language): one for one in found}

    def shown(self, wording: ConsentWording) -> Statement:
        """The wording that a reader of this language sees. Raises `WordingMissing` where it is not as published."""
        shown_in = text_in(wording.text, self._language)[1]
        found = self._by_wording.get((wording.purpose, wording.version, shown_in))
        if found is None:
            raise WordingMissing(wording.purpose)
        return found

    def words(self, wording: ConsentWording, decision: Consent | None) -> tuple[str, str]:
        """The words, with their language, that a decision was about, or that would be shown.

        The form has the same words: they are shown where the statement itself was changed by hand.
        """
        agreed = self._by_id.get(decision.statement_id) if decision else None
        if agreed is not None:
            return agreed.wording, agreed.language
        return text_in(wording.text, self._language)


def words_in_english(call_id: UUID, purpose: str) -> dict[UUID, str]:
    """For each wording of a consent, in any version and language: the English words of that version."""
    query = select(ConsentStatement).where(
        ConsentStatement.owner_id == call_id, ConsentStatement.purpose == purpose
    )
    with stores.reading() as main:
        rows = genuine(main.scalars(query.execution_options(**TOLERANT)))
    english = {one.version: one.wording for one in rows if one.language == FALLBACK_LANGUAGE}
    return {one.id: english[one.version] for one in rows if one.version in english}
