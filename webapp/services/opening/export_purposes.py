"""Purpose limitation: the purposes that a call's contacts may be exported for, by the consents that it asks."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from webapp.models import Consent, Part, Submission
from webapp.rules.consent import SHARING, lets_reach, uses_of
from webapp.rules.forms.form_definition import ConsentWording
from webapp.rules.reasons import Use
from webapp.services.answers import consents, shared_with
from webapp.services.answers.setting_aside import not_set_aside
from webapp.services.answers.shared_with import Cover
from webapp.services.calls import form_versions
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.existence import is_any
from webapp.services.keys import member_lists


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
    """The purposes of a call that use contact details, with the number of people whose consent stands, up to a bound.

    A consent to be reached never stands without a safe way: it is not stored, or withdrawn with the way. So this counts
    only participants who can be reached, without opening anything.
    """
    asked = exportable(call)
    with stores.reading() as main:
        return tuple(one for consent in asked for one in _offered(main, call, consent))


def _offered(main: Session, call: Call, consent: ConsentWording) -> list[ExportPurpose]:
    """A file for a member is the exception: it has only people whose yes covers that member."""
    if consent.purpose != SHARING:
        return [_purpose(consent, _people(main, call, consent.purpose))]
    now = shared_with.cover(main)
    return [
        _purpose(
            consent,
            _people(main, call, SHARING, _covers(now, one.period_id)),
            Recipient(one.organisation_id, one.name),
        )
        for one in member_lists.to_share_with(main)
    ]


def _covers(now: Cover, period_id: UUID) -> ColumnElement[bool]:
    return Consent.member_list_id.in_(now.lists_with(period_id))


def _people(main: Session, call: Call, purpose: str, yes: ColumnElement[bool] | None = None) -> int:
    has_contact = is_any(Part.submission_id == Submission.id, Part.purpose == "contact")
    can_be_reached = (consents.may_be_contacted(), not_set_aside(), has_contact)
    return consents.how_many_agree(main, call.id, purpose, *can_be_reached, yes=yes)


def _purpose(
    consent: ConsentWording, people: int, recipient: Recipient | None = None
) -> ExportPurpose:
    text, use = consent.text["en"], uses_of(consent)[0]
    return ExportPurpose(consent.purpose, text, use, people, recipient)


def exportable(call: Call) -> list[ConsentWording]:
    """Consents that let coordinators have contact details, in any version of the call, in the newest words."""
    return [consent for consent in form_versions.every_consent(call) if lets_reach(consent)]
