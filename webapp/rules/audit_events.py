"""Audit events: every act that the audit log can hold, as one enum.

A member declares the stored tag, the kind of subject, the permitted sources, the filters of the Record page that find
it, and its structured detail. No other code parses a tag. The display texts of the Record page, one for each member,
are in `desk/record/audit_words.py`.
"""

from collections.abc import Set
from enum import Enum, StrEnum
from typing import Final, Self
from uuid import UUID

from webapp.rules.audit_details import (
    Detail,
    OfDownload,
    OfKeys,
    OfLanguage,
    OfMerger,
    OfMonths,
    OfMove,
    OfPeople,
    OfPurpose,
    OfRecords,
    OfRole,
    OfSharing,
    OfSheets,
    OfVersion,
)


class Source(StrEnum):
    """The origin of an act. At the desk the stored actor is the coordinator's id; elsewhere it is this word."""

    PUBLIC = "public"
    DESK = "desk"
    WORKER = "worker"
    OPERATOR = "operator"

    @classmethod
    def of(cls, actor: UUID | str) -> "Source | None":
        """Derive the source from a stored actor: a coordinator's id means the desk. None for what no source writes."""
        words = {one.value: one for one in (cls.PUBLIC, cls.WORKER, cls.OPERATOR)}
        return words.get(str(actor)) or (cls.DESK if _is_id(actor) else None)


def _is_id(actor: UUID | str) -> bool:
    try:
        UUID(str(actor))
    except ValueError:
        return False
    return True


class Subject(Enum):
    """The kind of thing that the `subject_id` of an entry names."""

    SUBMISSION = "submission"
    REGISTRATION = "registration"
    EXPORT = "export"
    CALL = "call"
    EVENT = "event"
    COORDINATOR = "coordinator"
    ORGANISATION = "organisation"
    #: No id: the language is in the detail.
    LANGUAGE = "language"
    #: No id: the whole instance.
    INSTANCE = "instance"


class RecordFilter(StrEnum):
    """Filters of the Record page; the value is a query parameter."""

    OPENED = "opened"
    LISTS = "lists"
    #: All acts at the public door: selected by source, so no event names this filter.
    PEOPLE = "people"
    ENTERED = "entered"
    EVENTS = "events"
    CALLS = "calls"
    DELETED = "deleted"
    LANGUAGES = "languages"
    ACCESS = "access"
    COALITION = "coalition"
    #: Entries of every coordinator's ordinary day. Wrong codes are not among them: they may be an attack.
    ROUTINE = "routine"

    @property
    def events(self) -> tuple["AuditEvent", ...]:
        """The audit events that this filter finds."""
        return tuple(event for event in AuditEvent if self in event.filters)

    @property
    def source(self) -> Source | None:
        """The source that this filter selects, whatever the event."""
        return Source.PUBLIC if self is RecordFilter.PEOPLE else None


PUBLIC, DESK, WORKER, OPERATOR = Source
_OPENED, _LISTS, _, _ENTERED, _EVENTS, _CALLS, _DELETED, _LANGUAGES, *_OTHERS = RecordFilter
_ACCESS, _COALITION, _ROUTINE = _OTHERS


class AuditEvent(StrEnum):
    """An audited act and its kind of subject. The value is the tag that is stored and covered by the hash chain."""

    subject: Subject
    sources: frozenset[Source]
    filters: frozenset[RecordFilter]
    detail: type[Detail] | None

    def __new__(
        cls,
        tag: str,
        subject: Subject,
        sources: Set[Source],
        filters: Set[RecordFilter] = frozenset(),
        detail: type[Detail] | None = None,
    ) -> Self:
        """Create a member with its facts; its string value is the tag alone."""
        member = str.__new__(cls, tag)
        member._value_ = tag
        member.subject, member.detail = subject, detail
        member.sources, member.filters = frozenset(sources), frozenset(filters)
        return member

    @classmethod
    def of(cls, tag: str) -> "AuditEvent | None":
        """The event with this tag; None for one that this version does not know."""
        return next((event for event in cls if event.value == tag), None) or cls.of_older(tag)[0]

    @classmethod
    def of_older(cls, tag: str) -> "tuple[AuditEvent | None, OfPurpose | None]":
        """The event and its purpose from a tag that holds both, as they were stored before there were details.

        A tag was cut at 40 characters, so the end of a long purpose may be missing.
        """
        for event in cls:
            if event.detail is OfPurpose and tag.startswith(event.older_prefix):
                return event, OfPurpose(tag.removeprefix(event.older_prefix))
        return None, None

    @property
    def older_prefix(self) -> str:
        """What a tag began with before there were details, when a purpose stood behind it."""
        return f"{self.value}, "

    # Coordinators, their keys and their sessions
    SIGNED_IN = ("signed in", Subject.COORDINATOR, {DESK}, {_ACCESS, _ROUTINE})
    NEW_BROWSER = ("first time in this browser", Subject.COORDINATOR, {DESK}, {_ACCESS})
    SECOND_FACTOR_CONFIRMED = (
        "second factor confirmed",
        Subject.COORDINATOR,
        {DESK},
        {_ACCESS, _ROUTINE},
    )
    SECOND_FACTOR_REFUSED = ("wrong six-digit code", Subject.COORDINATOR, {DESK}, {_ACCESS})
    PASSKEY_CONFIRMED = (
        "passkey confirmed",
        Subject.COORDINATOR,
        {DESK},
        {_ACCESS, _ROUTINE},
    )
    PASSKEY_REFUSED = ("wrong passkey", Subject.COORDINATOR, {DESK}, {_ACCESS})
    PASSKEY_WENT_BACK = ("passkey counter went back", Subject.COORDINATOR, {DESK}, {_ACCESS})
    PASSKEY_ADDED = ("passkey added", Subject.COORDINATOR, {DESK}, {_ACCESS})
    PASSKEY_REMOVED = ("passkey removed", Subject.COORDINATOR, {DESK}, {_ACCESS})
    SESSION_ENDED = ("session ended", Subject.COORDINATOR, {DESK}, {_ACCESS})
    NEWS_SUBSCRIBED = ("news by e-mail on", Subject.COORDINATOR, {DESK}, {_ACCESS})
    NEWS_CHANGED = ("news by e-mail changed", Subject.COORDINATOR, {DESK}, {_ACCESS})
    NEWS_UNSUBSCRIBED = ("news by e-mail off", Subject.COORDINATOR, {DESK}, {_ACCESS})
    OWNER_CREATED = ("owner made", Subject.COORDINATOR, {OPERATOR}, {_ACCESS})
    PASSPHRASE_CHANGED = ("passphrase changed", Subject.COORDINATOR, {DESK}, {_ACCESS})
    AUTHENTICATOR_CHANGED = ("authenticator changed", Subject.COORDINATOR, {DESK}, {_ACCESS})
    PASSPHRASE_RESET = ("new passphrase made", Subject.COORDINATOR, {OPERATOR}, {_ACCESS})
    RECOVERY_KEY_USED = ("recovery key used", Subject.COORDINATOR, {OPERATOR}, {_ACCESS})
    RECOVERY_SHEETS_TYPED = (
        "recovery sheets typed",
        Subject.INSTANCE,
        {OPERATOR},
        {_ACCESS},
        OfSheets,
    )
    RECOVERY_REHEARSED = ("recovery rehearsed", Subject.INSTANCE, {OPERATOR}, {_ACCESS}, OfSheets)
    RECOVERY_KEY_RENEWED = ("recovery key renewed", Subject.INSTANCE, {OPERATOR}, {_ACCESS})
    COORDINATOR_RECOVERED = ("coordinator let back in", Subject.COORDINATOR, {OPERATOR}, {_ACCESS})

    # Roles, and the purpose keys that go with them
    ROLE_GIVEN = ("role given", Subject.COORDINATOR, {DESK}, {_ACCESS}, OfRole)
    ROLE_TAKEN_BACK = ("role taken back", Subject.COORDINATOR, {DESK}, {_ACCESS}, OfRole)
    COORDINATOR_LEFT = ("coordinator left", Subject.COORDINATOR, {DESK}, {_ACCESS})
    KEYS_GIVEN = ("keys given", Subject.COORDINATOR, {DESK}, {_ACCESS}, OfKeys)
    KEYS_RENEWAL_ASKED = ("new keys asked for", Subject.INSTANCE, {DESK}, {_ACCESS}, OfKeys)
    CALL_KEYS_RENEWED = ("new keys for a call", Subject.CALL, {DESK}, {_ACCESS}, OfKeys)
    EVENT_KEYS_RENEWED = ("new keys for an event", Subject.EVENT, {DESK}, {_ACCESS}, OfKeys)
    ORGANISATION_KEYS_RENEWED = (
        "new keys for an organisation",
        Subject.ORGANISATION,
        {DESK},
        {_ACCESS},
        OfKeys,
    )

    # Records re-encrypted to the newest keys: opened in memory, and read by nobody
    CALL_RESEALED = (
        "answers sealed anew",
        Subject.CALL,
        {DESK},
        {_ACCESS, _OPENED},
        OfRecords,
    )
    EVENT_RESEALED = (
        "bookings sealed anew",
        Subject.EVENT,
        {DESK},
        {_ACCESS, _OPENED},
        OfRecords,
    )

    # The coalition: its organisations, and invitations of people to the desk
    ORGANISATION_ADDED = (
        "organisation added",
        Subject.ORGANISATION,
        {DESK, OPERATOR},
        {_COALITION},
    )
    ORGANISATION_RENAMED = ("organisation renamed", Subject.ORGANISATION, {DESK}, {_COALITION})
    MEMBERSHIP_ENDED = ("membership ended", Subject.ORGANISATION, {DESK}, {_COALITION})
    #: Beside the end of its membership: into which other one.
    ORGANISATION_MERGED = (
        "organisation merged",
        Subject.ORGANISATION,
        {DESK},
        {_COALITION},
        OfMerger,
    )
    MEMBERSHIP_BEGUN = ("membership begun again", Subject.ORGANISATION, {DESK}, {_COALITION})
    HOST_CHANGED = ("host changed", Subject.ORGANISATION, {DESK}, {_COALITION})
    CHAIR_CHANGED = ("chair changed", Subject.ORGANISATION, {DESK, OPERATOR}, {_COALITION})
    #: The id of an invitation becomes that of the account that is made with it.
    PERSON_INVITED = ("person invited", Subject.COORDINATOR, {DESK}, {_COALITION, _ACCESS})
    INVITATION_TAKEN_BACK = (
        "invitation taken back",
        Subject.COORDINATOR,
        {DESK},
        {_COALITION, _ACCESS},
    )
    PERSON_MOVED = (
        "moved to another organisation",
        Subject.COORDINATOR,
        {DESK},
        {_COALITION, _ACCESS},
        OfMove,
    )
    INVITATION_EXPIRED = ("invitation over", Subject.COORDINATOR, {WORKER}, {_COALITION, _ACCESS})
    #: A link that resets an account which is there already. Its end is told as that of an invitation.
    ACCOUNT_RESET_OFFERED = (
        "link to reset an account made",
        Subject.COORDINATOR,
        {DESK},
        {_COALITION, _ACCESS},
    )
    ACCOUNT_RESET = ("account reset by link", Subject.COORDINATOR, {DESK}, {_COALITION, _ACCESS})
    PERSON_JOINED = (
        "account made by invitation",
        Subject.COORDINATOR,
        {DESK, OPERATOR},
        {_COALITION, _ACCESS},
    )

    # Submissions: the participant's own acts
    CONSENT_GIVEN = ("consent given", Subject.SUBMISSION, {PUBLIC})
    CONSENT_WITHDRAWN = ("consent withdrawn", Subject.SUBMISSION, {PUBLIC})
    CONTACT_ALLOWED_AGAIN = ("contact allowed again", Subject.SUBMISSION, {PUBLIC})
    ANSWERS_CORRECTED = ("answers corrected", Subject.SUBMISSION, {PUBLIC}, {_ENTERED})
    SUBMISSION_ERASED = ("everything erased", Subject.SUBMISSION, {PUBLIC}, {_DELETED})

    # Submissions: acts at the desk
    ANSWERS_ENTERED = ("answers entered", Subject.SUBMISSION, {DESK}, {_ENTERED})
    #: Nothing was opened, because the session has no key for it or what is stored is false.
    OPENING_TRIED = ("opening tried", Subject.SUBMISSION, {DESK}, {_OPENED})
    ANSWERS_OPENED = ("answers opened", Subject.SUBMISSION, {DESK}, {_OPENED})
    CONTACT_OPENED = ("contact opened", Subject.SUBMISSION, {DESK}, {_OPENED})
    CALLER_SEARCHED = ("searched for a caller", Subject.CALL, {DESK}, {_OPENED, _ENTERED})
    CONSENT_WITHDRAWN_FOR_CALLER = (
        "taken back for a caller",
        Subject.SUBMISSION,
        {DESK},
        {_ENTERED},
        OfPurpose,
    )
    SET_ASIDE = ("answers put aside", Subject.CALL, {DESK}, {_CALLS}, OfPeople)
    PUT_BACK = ("answers put back", Subject.CALL, {DESK}, {_CALLS}, OfPeople)
    MARKED_DO_NOT_CONTACT = ("do not contact", Subject.SUBMISSION, {DESK}, {_ENTERED})
    CONTACT_OPENED_FOR_CALLER = (
        "contact opened for a caller",
        Subject.SUBMISSION,
        {DESK},
        {_OPENED, _ENTERED},
    )
    CONTACT_CORRECTED_FOR_CALLER = (
        "contact corrected for a caller",
        Subject.SUBMISSION,
        {DESK},
        {_ENTERED},
    )
    RECEIPT_REISSUED = ("new code for a caller", Subject.SUBMISSION, {DESK}, {_ENTERED})
    SUBMISSION_ERASED_FOR_CALLER = (
        "deleted for a caller",
        Subject.SUBMISSION,
        {DESK},
        {_ENTERED, _DELETED},
    )

    # Downloads of the answers of a whole call; the second: nothing was opened, because the session has no key for it
    ANSWERS_DOWNLOADED = ("answers downloaded", Subject.CALL, {DESK}, {_OPENED}, OfDownload)
    ANSWERS_FILE_TRIED = ("answers file tried", Subject.CALL, {DESK}, {_OPENED})

    # Exports of contacts
    CONTACTS_EXPORTED = ("contacts exported", Subject.EXPORT, {DESK}, {_LISTS}, OfPurpose)
    EXPORT_CROSSED_OUT = ("crossed out in a list", Subject.EXPORT, {DESK}, {_LISTS})

    # Sharing with member organisations
    LIST_TRIED = ("contacts list tried", Subject.CALL, {DESK}, {_LISTS})
    CONTACTS_SHARED = ("contacts shared", Subject.ORGANISATION, {DESK}, {_LISTS}, OfSharing)
    SHARED_CONTACT_OPENED = ("shared contact opened", Subject.SUBMISSION, {DESK}, {_OPENED})

    # Retention
    TESTIMONY_EXPIRED = ("testimony erased, due", Subject.SUBMISSION, {WORKER}, {_DELETED})
    CONTACT_EXPIRED = ("contact erased, due", Subject.SUBMISSION, {WORKER}, {_DELETED})
    EQUALITY_EXPIRED = ("equality erased, due", Subject.CALL, {WORKER}, {_DELETED})
    REGISTRATION_EXPIRED = (
        "registration erased, due",
        Subject.REGISTRATION,
        {WORKER},
        {_EVENTS, _DELETED},
    )
    PACKED = ("everything packed", Subject.INSTANCE, {OPERATOR}, {_ACCESS})
    UNPACKED = ("everything unpacked", Subject.INSTANCE, {OPERATOR}, {_ACCESS})
    PACKS_DESTROYED = ("packs destroyed", Subject.INSTANCE, {OPERATOR}, {_ACCESS})
    CLOCK_CONFIRMED = ("deleting confirmed", Subject.INSTANCE, {DESK, OPERATOR}, {_DELETED})
    RECORD_CONFIRMED = ("record looked at", Subject.INSTANCE, {DESK}, {_ACCESS})
    RESTORED_SUBMISSION_REMOVED = (
        "remains of a backup removed",
        Subject.SUBMISSION,
        {WORKER, OPERATOR},
        {_DELETED},
    )
    RESTORED_CONSENTS_WITHDRAWN = (
        "permissions of a backup taken back",
        Subject.SUBMISSION,
        {OPERATOR},
        {_ENTERED},
    )
    RESTORED_EQUALITY_REMOVED = (
        "equality remains of a backup removed",
        Subject.CALL,
        {WORKER, OPERATOR},
        {_DELETED},
    )
    RESTORED_REGISTRATION_REMOVED = (
        "booking remains of a backup removed",
        Subject.REGISTRATION,
        {WORKER, OPERATOR},
        {_DELETED},
    )

    # Calls
    CALL_PUBLISHED = ("call published", Subject.CALL, {DESK, OPERATOR}, {_CALLS})
    CALL_CHANGED = ("new version of a call", Subject.CALL, {DESK}, {_CALLS}, OfVersion)
    CALL_DRAFT_DELETED = ("draft of a call thrown away", Subject.CALL, {DESK}, {_CALLS})
    CALL_CLOSED = ("call closed", Subject.CALL, {DESK, OPERATOR}, {_CALLS})
    CALL_REOPENED = ("call reopened", Subject.CALL, {DESK, OPERATOR}, {_CALLS})
    CALL_CHECK_OVERRIDDEN = ("publish check overridden", Subject.CALL, {DESK, OPERATOR}, {_CALLS})
    #: By when people are told what became of it: named for a call of before there were such promises, and moved.
    TELL_BACK_PROMISED = (
        "month to tell back named",
        Subject.CALL,
        {DESK, OPERATOR},
        {_CALLS},
        OfMonths,
    )
    TELL_BACK_MOVED = ("month to tell back moved", Subject.CALL, {DESK}, {_CALLS}, OfMonths)
    TOLD_BACK = ("told what became of a call", Subject.CALL, {DESK}, {_CALLS}, OfLanguage)

    # Events
    EVENT_PUBLISHED = ("event published", Subject.EVENT, {DESK, OPERATOR}, {_EVENTS})
    EVENT_CHECK_OVERRIDDEN = ("event publish check overridden", Subject.EVENT, {OPERATOR}, {_CALLS})
    EVENT_MOVED = ("event moved", Subject.EVENT, {DESK}, {_EVENTS})
    EVENT_CLOSED = ("event closed", Subject.EVENT, {DESK}, {_EVENTS})
    EVENT_CALLED_OFF = ("event called off", Subject.EVENT, {DESK, OPERATOR}, {_EVENTS})
    SEATS_ADDED = ("seats added", Subject.EVENT, {DESK, OPERATOR}, {_EVENTS})
    JOINING_LINK_SET = ("joining link set", Subject.EVENT, {DESK}, {_EVENTS})
    ATTENDANCE_LIST_OPENED = ("attendance list opened", Subject.EVENT, {DESK}, {_OPENED, _EVENTS})
    NEEDS_OPENED = ("names and needs opened", Subject.EVENT, {DESK}, {_OPENED, _EVENTS})
    PARTICIPANTS_LISTED = ("participants listed", Subject.EVENT, {DESK}, {_OPENED, _EVENTS})
    NEEDS_ARRANGED = ("needs arranged", Subject.EVENT, {DESK}, {_EVENTS})
    EVENT_MESSAGE_SENT = ("event message sent", Subject.EVENT, {DESK}, {_EVENTS})
    EVENT_MESSAGE_CORRECTED = ("event message corrected", Subject.EVENT, {DESK}, {_EVENTS})
    EVENT_MESSAGE_TAKEN_DOWN = ("event message taken down", Subject.EVENT, {DESK}, {_EVENTS})

    # Registrations
    REGISTRATION_CANCELLED = (
        "registration cancelled",
        Subject.REGISTRATION,
        {PUBLIC, DESK, OPERATOR},
        {_EVENTS},
    )
    REGISTRATION_ERASED = (
        "registration deleted",
        Subject.REGISTRATION,
        {PUBLIC},
        {_EVENTS, _DELETED},
    )
    REGISTRATION_UNLISTED = (
        "registration taken off the list",
        Subject.REGISTRATION,
        {PUBLIC, OPERATOR},
        {_EVENTS},
    )
    ADDRESS_CHANGED = ("registration address changed", Subject.REGISTRATION, {PUBLIC}, {_EVENTS})
    ADDRESS_CORRECTED = ("registration address corrected", Subject.REGISTRATION, {DESK}, {_EVENTS})
    LINK_SENT_AGAIN = ("registration link sent again", Subject.REGISTRATION, {DESK}, {_EVENTS})
    REGISTRATION_OPENED = ("registration opened", Subject.REGISTRATION, {DESK}, {_OPENED, _EVENTS})
    REGISTRATION_PROMOTED = ("registration promoted", Subject.REGISTRATION, {DESK}, {_EVENTS})
    REGISTRATION_CONFIRMED = (
        "registration confirmed by hand",
        Subject.REGISTRATION,
        {DESK},
        {_EVENTS},
    )
    REGISTRATION_PUT_FIRST = ("registration put first", Subject.REGISTRATION, {DESK}, {_EVENTS})
    MARKED_ATTENDED = ("marked as attended", Subject.REGISTRATION, {DESK}, {_EVENTS})
    MARKED_NO_SHOW = ("marked as no_show", Subject.REGISTRATION, {DESK}, {_EVENTS})

    # Languages
    WORDS_REVIEWED = ("words reviewed", Subject.LANGUAGE, {DESK}, {_LANGUAGES}, OfLanguage)
    WORDS_UNREVIEWED = (
        "words no longer reviewed",
        Subject.LANGUAGE,
        {DESK},
        {_LANGUAGES},
        OfLanguage,
    )
    WORDS_NOTED = ("words noted", Subject.LANGUAGE, {DESK}, {_LANGUAGES}, OfLanguage)
    WORDS_NOTE_SETTLED = ("words note settled", Subject.LANGUAGE, {DESK}, {_LANGUAGES}, OfLanguage)
    WORDS_IMPORTED = ("words taken in", Subject.LANGUAGE, {OPERATOR}, {_LANGUAGES}, OfLanguage)
    LANGUAGE_OFFERED = ("language offered", Subject.LANGUAGE, {DESK}, {_LANGUAGES}, OfLanguage)
    LANGUAGE_WITHDRAWN = (
        "language no longer offered",
        Subject.LANGUAGE,
        {DESK},
        {_LANGUAGES},
        OfLanguage,
    )


#: The event types that the public door's insert-only queue may hold.
PUBLIC_EVENTS: Final = tuple(event for event in AuditEvent if PUBLIC in event.sources)
