"""The tables of the three stores. No cryptography and no HTTP here.

Tables about people have random ids and, on SQLite, no hidden row number: their order tells nothing.
Dates about a submission are days, never times.
"""

from webapp.models.calls import Call, ConsentStatement, FormVersion
from webapp.models.coordinators import Coordinator, Organisation, PurposeKey, RecoveryKey, Slot
from webapp.models.drafts import ReturnDraft
from webapp.models.erasure import ErasureSecret, PurposeKeySeal
from webapp.models.events import (
    Event,
    EventCount,
    OutboxMessage,
    Registration,
    RegistrationPart,
)
from webapp.models.languages import LanguageOffer, TextNote, TextReview
from webapp.models.record import AuditEntry, AuditHead, AuditNote, Export, ExportedSubmission
from webapp.models.submissions import Consent, OwnCopy, Part, Submission, Tombstone
from webapp.models.volatile import DailySalt, DeskVisit, PublicVisit, RateBucket

__all__ = [
    "AuditEntry",
    "AuditHead",
    "AuditNote",
    "Call",
    "Consent",
    "ConsentStatement",
    "Coordinator",
    "DailySalt",
    "DeskVisit",
    "ErasureSecret",
    "Event",
    "EventCount",
    "Export",
    "ExportedSubmission",
    "FormVersion",
    "LanguageOffer",
    "Organisation",
    "OutboxMessage",
    "OwnCopy",
    "Part",
    "PublicVisit",
    "PurposeKey",
    "PurposeKeySeal",
    "RateBucket",
    "RecoveryKey",
    "Registration",
    "RegistrationPart",
    "ReturnDraft",
    "Slot",
    "Submission",
    "TextNote",
    "TextReview",
    "Tombstone",
]
