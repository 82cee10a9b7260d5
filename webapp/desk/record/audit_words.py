"""Audit events in plain words, for the Record page: one line for each member of the enum."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from uuid import UUID

from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString

from webapp.desk.shared.words import purpose_words
from webapp.rules.audit_details import (
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
from webapp.rules.audit_events import AuditEvent, RecordFilter
from webapp.rules.languages.site_languages import LANGUAGES
from webapp.rules.references import reference
from webapp.services.infrastructure.audit import AuditLine

EVENT_WORDS: Final[Mapping[AuditEvent, LazyString]] = MappingProxyType(
    {
        AuditEvent.SIGNED_IN: lazy_gettext("Signed in"),
        AuditEvent.NEW_BROWSER: lazy_gettext("Signed in with this browser for the first time"),
        AuditEvent.SECOND_FACTOR_CONFIRMED: lazy_gettext("Confirmed with a six-digit code"),
        AuditEvent.SECOND_FACTOR_REFUSED: lazy_gettext("Entered a wrong six-digit code"),
        AuditEvent.PASSKEY_CONFIRMED: lazy_gettext("Confirmed with a passkey"),
        AuditEvent.PASSKEY_REFUSED: lazy_gettext("Used a passkey that was refused"),
        AuditEvent.PASSKEY_WENT_BACK: lazy_gettext(
            "Used a passkey whose counter went back: there may be a copy of it"
        ),
        AuditEvent.PASSKEY_ADDED: lazy_gettext("Added a passkey to their account"),
        AuditEvent.PASSKEY_REMOVED: lazy_gettext("Removed a passkey from their account"),
        AuditEvent.NEWS_SUBSCRIBED: lazy_gettext("Asked for an e-mail when something is new"),
        AuditEvent.SESSION_ENDED: lazy_gettext("Ended another session of theirs"),
        AuditEvent.NEWS_CHANGED: lazy_gettext("Changed the e-mails about what is new"),
        AuditEvent.NEWS_UNSUBSCRIBED: lazy_gettext("Turned off the e-mails about what is new"),
        AuditEvent.OWNER_CREATED: lazy_gettext("Set up the first coordinator"),
        AuditEvent.PASSPHRASE_CHANGED: lazy_gettext("Changed their passphrase"),
        AuditEvent.AUTHENTICATOR_CHANGED: lazy_gettext("Set up another phone to sign in with"),
        AuditEvent.PASSPHRASE_RESET: lazy_gettext("Made a new passphrase for a coordinator"),
        AuditEvent.RECOVERY_KEY_USED: lazy_gettext("Used the recovery key for a coordinator"),
        AuditEvent.RECOVERY_SHEETS_TYPED: lazy_gettext("Typed in recovery sheets to try them"),
        AuditEvent.RECOVERY_REHEARSED: lazy_gettext("Proved that recovery sheets open the key"),
        AuditEvent.RECOVERY_KEY_RENEWED: lazy_gettext("Began to replace the recovery sheets"),
        AuditEvent.COORDINATOR_RECOVERED: lazy_gettext(
            "Let a coordinator back in with keys of their own"
        ),
        AuditEvent.ROLE_GIVEN: lazy_gettext("Gave a role"),
        AuditEvent.ROLE_TAKEN_BACK: lazy_gettext("Took a role back"),
        AuditEvent.COORDINATOR_LEFT: lazy_gettext("Closed the account of a person who left"),
        AuditEvent.KEYS_GIVEN: lazy_gettext("Let a colleague read what their roles are for"),
        AuditEvent.KEYS_RENEWAL_ASKED: lazy_gettext("Asked for new keys"),
        AuditEvent.CALL_KEYS_RENEWED: lazy_gettext("Made new keys for a call"),
        AuditEvent.EVENT_KEYS_RENEWED: lazy_gettext("Made new keys for an event"),
        AuditEvent.CALL_RESEALED: lazy_gettext(
            "Sealed records of a call anew with its newest keys, read by nobody"
        ),
        AuditEvent.EVENT_RESEALED: lazy_gettext(
            "Sealed records of an event anew with its newest keys, read by nobody"
        ),
        AuditEvent.ORGANISATION_KEYS_RENEWED: lazy_gettext("Made a new key for an organisation"),
        AuditEvent.ORGANISATION_ADDED: lazy_gettext("Added a member organisation"),
        AuditEvent.ORGANISATION_RENAMED: lazy_gettext("Renamed an organisation"),
        AuditEvent.MEMBERSHIP_ENDED: lazy_gettext("Ended an organisation’s membership"),
        AuditEvent.ORGANISATION_MERGED: lazy_gettext("Merged an organisation into another"),
        AuditEvent.PERSON_MOVED: lazy_gettext("Moved a person to another organisation"),
        AuditEvent.MEMBERSHIP_BEGUN: lazy_gettext("Made an organisation a member again"),
        AuditEvent.HOST_CHANGED: lazy_gettext("Made another organisation the host"),
        AuditEvent.CHAIR_CHANGED: lazy_gettext("Changed which organisation is the chair"),
        AuditEvent.PERSON_INVITED: lazy_gettext("Invited a person to the desk"),
        AuditEvent.INVITATION_TAKEN_BACK: lazy_gettext(
            "Took back the link of an invitation, or of an account"
        ),
        AuditEvent.INVITATION_EXPIRED: lazy_gettext("Removed a link that nobody used"),
        AuditEvent.ACCOUNT_RESET_OFFERED: lazy_gettext(
            "Made a link with which a person gets into their account again"
        ),
        AuditEvent.ACCOUNT_RESET: lazy_gettext(
            "Got into their account again by a link, with a new key"
        ),
        AuditEvent.PERSON_JOINED: lazy_gettext("Made an account at the desk"),
        AuditEvent.CONSENT_GIVEN: lazy_gettext("Gave a permission"),
        AuditEvent.CONSENT_WITHDRAWN: lazy_gettext("Took back a permission"),
        AuditEvent.CONTACT_ALLOWED_AGAIN: lazy_gettext("Allowed us to contact them again"),
        AuditEvent.ANSWERS_CORRECTED: lazy_gettext("Changed what they told us"),
        AuditEvent.SUBMISSION_ERASED: lazy_gettext("Deleted everything they told us"),
        AuditEvent.ANSWERS_ENTERED: lazy_gettext("Entered answers for someone"),
        AuditEvent.OPENING_TRIED: lazy_gettext(
            "Tried to open something of a person, and could not: nothing was opened"
        ),
        AuditEvent.ANSWERS_OPENED: lazy_gettext("Opened the answers"),
        AuditEvent.CONTACT_OPENED: lazy_gettext("Opened the contact details"),
        AuditEvent.CALLER_SEARCHED: lazy_gettext("Looked for a person who rang"),
        AuditEvent.CONSENT_WITHDRAWN_FOR_CALLER: lazy_gettext(
            "Took back a permission for a person who rang"
        ),
        AuditEvent.MARKED_DO_NOT_CONTACT: lazy_gettext(
            "Marked “do not contact” for a person who rang"
        ),
        AuditEvent.CONTACT_OPENED_FOR_CALLER: lazy_gettext(
            "Opened contact details to correct them for a person who rang"
        ),
        AuditEvent.CONTACT_CORRECTED_FOR_CALLER: lazy_gettext(
            "Corrected contact details for a person who rang"
        ),
        AuditEvent.RECEIPT_REISSUED: lazy_gettext("Gave a person who rang a new code"),
        AuditEvent.SUBMISSION_ERASED_FOR_CALLER: lazy_gettext(
            "Deleted everything for a person who rang"
        ),
        AuditEvent.SET_ASIDE: lazy_gettext("Put answers aside as not real"),
        AuditEvent.PUT_BACK: lazy_gettext("Put answers back that had been put aside"),
        AuditEvent.ANSWERS_DOWNLOADED: lazy_gettext("Downloaded the answers to a call"),
        AuditEvent.ANSWERS_FILE_TRIED: lazy_gettext(
            "Tried to download the answers to a call, and could not: nothing was opened"
        ),
        AuditEvent.CONTACTS_EXPORTED: lazy_gettext("Downloaded contacts"),
        AuditEvent.LIST_TRIED: lazy_gettext(
            "Tried to download contacts, and could not: nothing was opened"
        ),
        AuditEvent.CONTACTS_SHARED: lazy_gettext("Shared contact details with a member"),
        AuditEvent.SHARED_CONTACT_OPENED: lazy_gettext("Opened shared contact details"),
        AuditEvent.EXPORT_CROSSED_OUT: lazy_gettext("Crossed people out in a list"),
        AuditEvent.TESTIMONY_EXPIRED: lazy_gettext(
            "Deleted answers at the end of their keeping time"
        ),
        AuditEvent.CONTACT_EXPIRED: lazy_gettext(
            "Deleted contact details at the end of their keeping time"
        ),
        AuditEvent.EQUALITY_EXPIRED: lazy_gettext(
            "Deleted equality answers at the end of their keeping time"
        ),
        AuditEvent.REGISTRATION_EXPIRED: lazy_gettext(
            "Deleted a registration at the end of its keeping time"
        ),
        AuditEvent.PACKED: lazy_gettext("Copied everything, sealed, into a pack"),
        AuditEvent.UNPACKED: lazy_gettext("Made this Hearth of a pack"),
        AuditEvent.PACKS_DESTROYED: lazy_gettext("Said that every pack was destroyed"),
        AuditEvent.CLOCK_CONFIRMED: lazy_gettext(
            "Confirmed the day after the clock had jumped, so that Hearth deletes what is due"
        ),
        AuditEvent.RECORD_CONFIRMED: lazy_gettext("Looked at what the check of this record found"),
        AuditEvent.RESTORED_SUBMISSION_REMOVED: lazy_gettext(
            "Removed what a backup had brought back of someone who was deleted"
        ),
        AuditEvent.RESTORED_CONSENTS_WITHDRAWN: lazy_gettext(
            "Took back permissions that a backup had brought back"
        ),
        AuditEvent.RESTORED_EQUALITY_REMOVED: lazy_gettext(
            "Removed what a backup had brought back of someone who was deleted"
        ),
        AuditEvent.RESTORED_REGISTRATION_REMOVED: lazy_gettext(
            "Removed what a backup had brought back of someone who was deleted"
        ),
        AuditEvent.CALL_PUBLISHED: lazy_gettext("Published a call"),
        AuditEvent.CALL_CHANGED: lazy_gettext("Published a new version of a call"),
        AuditEvent.CALL_DRAFT_DELETED: lazy_gettext("Threw the draft of a call away"),
        AuditEvent.CALL_CLOSED: lazy_gettext("Closed a call before its last day"),
        AuditEvent.CALL_REOPENED: lazy_gettext("Opened a call again"),
        AuditEvent.TELL_BACK_PROMISED: lazy_gettext(
            "Named the month by which people are told what became of a call"
        ),
        AuditEvent.TELL_BACK_MOVED: lazy_gettext(
            "Moved the month by which people are told what became of a call"
        ),
        AuditEvent.TOLD_BACK: lazy_gettext("Published what became of a call"),
        AuditEvent.CALL_CHECK_OVERRIDDEN: lazy_gettext("Published a question despite a warning"),
        AuditEvent.EVENT_PUBLISHED: lazy_gettext("Published an event"),
        AuditEvent.EVENT_CHECK_OVERRIDDEN: lazy_gettext("Published a question despite a warning"),
        AuditEvent.EVENT_MOVED: lazy_gettext("Moved an event to another time"),
        AuditEvent.EVENT_CLOSED: lazy_gettext("Closed registration for an event"),
        AuditEvent.EVENT_CALLED_OFF: lazy_gettext("Called off an event"),
        AuditEvent.SEATS_ADDED: lazy_gettext("Added seats to an event"),
        AuditEvent.JOINING_LINK_SET: lazy_gettext("Set a joining link"),
        AuditEvent.ATTENDANCE_LIST_OPENED: lazy_gettext("Opened the attendance list"),
        AuditEvent.NEEDS_OPENED: lazy_gettext("Opened the names and needs of an event"),
        AuditEvent.PARTICIPANTS_LISTED: lazy_gettext("Opened the list of participants"),
        AuditEvent.NEEDS_ARRANGED: lazy_gettext("Noted what has been arranged for an event"),
        AuditEvent.EVENT_MESSAGE_SENT: lazy_gettext("Wrote to everyone at an event"),
        AuditEvent.EVENT_MESSAGE_CORRECTED: lazy_gettext(
            "Corrected a message to everyone at an event"
        ),
        AuditEvent.EVENT_MESSAGE_TAKEN_DOWN: lazy_gettext(
            "Took down a message to everyone at an event"
        ),
        AuditEvent.REGISTRATION_CANCELLED: lazy_gettext("Cancelled a registration"),
        AuditEvent.REGISTRATION_ERASED: lazy_gettext("Deleted their registration"),
        AuditEvent.REGISTRATION_UNLISTED: lazy_gettext(
            "Took their name off the list of participants"
        ),
        AuditEvent.ADDRESS_CHANGED: lazy_gettext("Changed their e-mail address"),
        AuditEvent.ADDRESS_CORRECTED: lazy_gettext(
            "Corrected the e-mail address of a registration"
        ),
        AuditEvent.LINK_SENT_AGAIN: lazy_gettext("Sent the link to a booking page again"),
        AuditEvent.REGISTRATION_OPENED: lazy_gettext("Opened a registration"),
        AuditEvent.REGISTRATION_PROMOTED: lazy_gettext(
            "Gave a seat to someone on the waiting list"
        ),
        AuditEvent.REGISTRATION_CONFIRMED: lazy_gettext("Confirmed a registration for someone"),
        AuditEvent.REGISTRATION_PUT_FIRST: lazy_gettext(
            "Moved someone to the front of the waiting list"
        ),
        AuditEvent.MARKED_ATTENDED: lazy_gettext("Noted that someone came"),
        AuditEvent.MARKED_NO_SHOW: lazy_gettext("Noted that someone did not come"),
        AuditEvent.WORDS_REVIEWED: lazy_gettext("Ticked words of a language as checked"),
        AuditEvent.WORDS_UNREVIEWED: lazy_gettext("Took back that words were checked"),
        AuditEvent.WORDS_NOTED: lazy_gettext("Wrote a note about words of a language"),
        AuditEvent.WORDS_NOTE_SETTLED: lazy_gettext("Settled a note about words of a language"),
        AuditEvent.WORDS_IMPORTED: lazy_gettext("Took in words from a translator"),
        AuditEvent.LANGUAGE_OFFERED: lazy_gettext("Offered a language to people"),
        AuditEvent.LANGUAGE_WITHDRAWN: lazy_gettext("Stopped offering a language"),
    }
)

#: The filters of the Record page, in the order in which they are offered.
FILTER_WORDS: Final[Mapping[RecordFilter, LazyString]] = {
    RecordFilter.OPENED: lazy_gettext("Someone’s answers or details were opened"),
    RecordFilter.LISTS: lazy_gettext("Lists of contacts"),
    RecordFilter.PEOPLE: lazy_gettext("What people did themselves"),
    RecordFilter.ENTERED: lazy_gettext("Entered or changed for someone"),
    RecordFilter.EVENTS: lazy_gettext("Events and registrations"),
    RecordFilter.CALLS: lazy_gettext("Calls"),
    RecordFilter.DELETED: lazy_gettext("Deleted"),
    RecordFilter.LANGUAGES: lazy_gettext("Languages"),
    RecordFilter.ACCESS: lazy_gettext("Signing in, passphrases and keys"),
    RecordFilter.COALITION: lazy_gettext("Organisations and people"),
    RecordFilter.ROUTINE: lazy_gettext("Only sign-ins and six-digit codes"),
}

#: An organisation whose row is not as Hearth wrote it.
UNKNOWN: Final = lazy_gettext("an organisation that is not as we wrote it")


def event_words(line: AuditLine, organisations: Mapping[str, str] = MappingProxyType({})) -> str:
    """What was done. A tag that this version does not know is shown as it is stored.

    `organisations`: their names, by id in hexadecimal.
    """
    if line.event is None:
        return line.tag.capitalize()
    what = str(EVENT_WORDS[line.event])
    match line.detail:
        case OfPurpose(purpose):
            return gettext("%(what)s: %(purpose)s", what=what, purpose=purpose_words(purpose))
        case OfRole(role, scope):
            place = "" if scope is None else f", {reference(UUID(scope))}"
            return f"{what}: {role}{place}"
        case OfMove(before, after):
            return gettext(
                "Moved a person from %(before)s to %(after)s",
                before=organisations.get(before, UNKNOWN),
                after=organisations.get(after, UNKNOWN),
            )
        case OfMerger(into):
            return gettext(
                "Merged an organisation into %(into)s", into=organisations.get(into, UNKNOWN)
            )
        case OfKeys(keys):
            return f"{what}: {keys}"
        case OfPeople(people) | OfSharing(people):
            return f"{what}: {people}"
        case OfDownload(people):
            return f"{what}: {people}"
        case OfRecords(records, _):
            return f"{what}: {records}"
        case OfSheets(pairs):
            return f"{what}: {pairs}"
        case OfMonths(by, before):
            return f"{what}: {by}" if before is None else f"{what}: {before} → {by}"
        case OfVersion(version):
            return f"{what}: {version}"
    return what


def reason_words(line: AuditLine) -> str:
    """Why it was done; of a language, how much of which one, and by whom it was found right."""
    match line.detail:
        case OfLanguage(code, texts, reviewer):
            name = LANGUAGES[code].english_name if code in LANGUAGES else code
            counted = name if texts is None else f"{name}, {texts}"
            return counted if reviewer is None else f"{counted}: {reviewer}"
    return line.reason
