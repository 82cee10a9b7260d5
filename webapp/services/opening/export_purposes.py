"""Purpose limitation: the purposes that a call's contacts may be exported for, by the consents that it asks."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, func, select

from webapp.models import Consent, Part, Submission
from webapp.rules.consent import SHARING, lets_reach, uses_of
from webapp.rules.forms.form_definition import ConsentWording
from webapp.rules.reasons import Use
from webapp.services.answers import consents
from webapp.services.answers.setting_aside import not_set_aside
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import stores
from webapp.services.opening import sharing_offers


class NotAnExportPurpose(LookupError):
    """This call asks for no such consent, or one that does not use contact details."""


@dataclass(frozen=True)
class Recipient:
    """A member organisation that a list is passed on to."""

    organisation_id: UUID
    name: str


@dataclass(frozen=True)
class ExportPurpose:
    """One purpose that contacts may be exported for, what its consent allows, and for how many people it stands."""

    purpose: str
    text: str
    use: Use
    people: int
    #: The member that a list for sharing is passed on to; None for any other list.
    recipient: Recipient | None = None


def purposes_for(call: Call) -> tuple[ExportPurpose, ...]:
    """The purposes of a call that use contact details, with the number of participants whose consent stands.

    A consent to be reached never stands without a safe way: it is not stored, or withdrawn with the way. So this counts
    only participants who can be reached, without opening anything.
    """
    with stores.reading() as main:
        rows = main.execute(
            select(Consent.purpose, func.count())
            .join(
                Part, and_(Part.submission_id == Consent.submission_id, Part.purpose == "contact")
            )
            .join(Submission, Submission.id == Consent.submission_id)
            .where(
                Part.call_id == call.id,
                consents.stands(Consent),
                consents.may_be_contacted(),
                not_set_aside(),
            )
            .group_by(Consent.purpose)
        )
        people: dict[str, int] = {purpose: number for purpose, number in rows}  # noqa: C416
    return tuple(
        one
        for consent in exportable(call)
        for one in (
            _for_members(call, consent)
            if consent.purpose == SHARING
            else [_purpose(consent, people.get(consent.purpose, 0))]
        )
    )


def _purpose(
    consent: ConsentWording, people: int, recipient: Recipient | None = None
) -> ExportPurpose:
    text, use = consent.text["en"], uses_of(consent)[0]
    return ExportPurpose(consent.purpose, text, use, people, recipient)


def _for_members(call: Call, consent: ConsentWording) -> list[ExportPurpose]:
    """A file for a member is the exception: it has only people whose yes covers that member."""
    return [
        _purpose(consent, people, Recipient(one.organisation_id, one.name))
        for one, people in sharing_offers.how_many(call).items()
    ]


def exportable(call: Call) -> list[ConsentWording]:
    """Consents that let coordinators have contact details."""
    return [consent for consent in call.form.consents if lets_reach(consent)]
