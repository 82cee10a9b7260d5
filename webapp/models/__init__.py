"""SQLAlchemy models of the three stores. No cryptography and no HTTP here.

Data minimisation: tables about people have random ids and, on SQLite, no rowid (WITHOUT ROWID), so that neither tells
the order of arrival. Pages of a database do tell it: `services.infrastructure.page_rewriting`. Dates about a submission
are days, never times.
"""

from webapp.models.call_drafts import CallDraft, CallDraftVersion, VersionDraft
from webapp.models.calls import Call, ConsentStatement, FormVersion, PublishedVersion
from webapp.models.coordinators import (
    Coordinator,
    EndedDeskVisit,
    FailedSignIns,
    NewsWish,
    PurposeKey,
    PurposeKeyHolder,
    RecoveryKey,
    RecoveryPair,
    RoleGrant,
    Slot,
)
from webapp.models.drafts import EntryDraft, ReturnDraft
from webapp.models.erasure import ErasureSecret, PurposeKeySeal
from webapp.models.events import (
    Event,
    EventCount,
    EventMessage,
    OutboxMessage,
    Registration,
    RegistrationPart,
)
from webapp.models.key_rotations import KeyRotation, Resealing
from webapp.models.languages import LanguageOffer, TextNote, TextReview
from webapp.models.organisations import Invitation, Organisation, OrganisationPeriod
from webapp.models.passkeys import Passkey
from webapp.models.record import (
    AuditEntry,
    AuditHead,
    AuditNote,
    CrossedOut,
    Export,
    ExportedSubmission,
    ListFinding,
    ListRound,
    RecordCheck,
)
from webapp.models.sharing import MemberList, Share, SharedContact
from webapp.models.submissions import (
    Consent,
    Look,
    OwnCopy,
    Part,
    SetAside,
    Submission,
    Tombstone,
    WaitingPart,
)
from webapp.models.tell_backs import TellBack, TellBackText
from webapp.models.volatile import DailySalt, DeskVisit, PublicVisit, RateBucket, SessionKeyring
from webapp.models.worker import RowCheck, WorkerClock

__all__ = [
    "AuditEntry",
    "AuditHead",
    "AuditNote",
    "Call",
    "CallDraft",
    "CallDraftVersion",
    "Consent",
    "ConsentStatement",
    "Coordinator",
    "CrossedOut",
    "DailySalt",
    "DeskVisit",
    "EndedDeskVisit",
    "EntryDraft",
    "ErasureSecret",
    "Event",
    "EventCount",
    "EventMessage",
    "Export",
    "ExportedSubmission",
    "FailedSignIns",
    "FormVersion",
    "Invitation",
    "KeyRotation",
    "LanguageOffer",
    "ListFinding",
    "ListRound",
    "Look",
    "MemberList",
    "NewsWish",
    "Organisation",
    "OrganisationPeriod",
    "OutboxMessage",
    "OwnCopy",
    "Part",
    "Passkey",
    "PublicVisit",
    "PublishedVersion",
    "PurposeKey",
    "PurposeKeyHolder",
    "PurposeKeySeal",
    "RateBucket",
    "RecordCheck",
    "RecoveryKey",
    "RecoveryPair",
    "Registration",
    "RegistrationPart",
    "Resealing",
    "ReturnDraft",
    "RoleGrant",
    "RowCheck",
    "SessionKeyring",
    "SetAside",
    "Share",
    "SharedContact",
    "Slot",
    "Submission",
    "TellBack",
    "TellBackText",
    "TextNote",
    "TextReview",
    "Tombstone",
    "VersionDraft",
    "WaitingPart",
    "WorkerClock",
]
