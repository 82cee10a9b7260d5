"""What a row is about, in plain words: for what the desk says about one that is not as Hearth wrote it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString

KINDS: Final[Mapping[str, LazyString]] = MappingProxyType(
    {
        "audit_notes": lazy_gettext("a line for the record"),
        "calls": lazy_gettext("a call"),
        "consent_statements": lazy_gettext("the words of a permission"),
        "consents": lazy_gettext("a person’s permissions"),
        "coordinators": lazy_gettext("a coordinator’s account"),
        "call_drafts": lazy_gettext("a draft of a call"),
        "call_draft_versions": lazy_gettext("a version of a draft of a call"),
        "event_messages": lazy_gettext("a message to everyone at an event"),
        "events": lazy_gettext("an event"),
        "published_versions": lazy_gettext("who published a version of a call"),
        "version_drafts": lazy_gettext("that a draft is a new version of a call"),
        "form_versions": lazy_gettext("the questions of a call or an event"),
        "invitations": lazy_gettext("an invitation to the desk"),
        "looks": lazy_gettext("a note for a person of who opened what of theirs"),
        "organisation_periods": lazy_gettext("the days on which an organisation was a member"),
        "organisations": lazy_gettext("a member organisation"),
        "key_rotations": lazy_gettext("which calls and events are to get new keys"),
        "resealings": lazy_gettext("which records are to be sealed anew to newer keys"),
        "list_rounds": lazy_gettext("how far the lists of contacts were gone through"),
        "member_lists": lazy_gettext("a list of members that people were shown"),
        "outbox": lazy_gettext("an e-mail that we were going to send"),
        "own_copies": lazy_gettext("a person’s own copy of their answers"),
        "parts": lazy_gettext("what a person told us"),
        "passkeys": lazy_gettext("a coordinator’s passkey"),
        "recovery_pairs": lazy_gettext("a recovery sheet"),
        "registration_parts": lazy_gettext("what a person told us for a meeting"),
        "registrations": lazy_gettext("a registration"),
        "role_grants": lazy_gettext("a coordinator’s role"),
        "row_checks": lazy_gettext("the result of the daily check"),
        "set_asides": lazy_gettext("a note of which answers were put aside"),
        "shared_contacts": lazy_gettext("what was shared with a member"),
        "shares": lazy_gettext("a note of what was shared with a member"),
        "submissions": lazy_gettext(
            "when and how a person’s answers came, and until when they are kept"
        ),
        "tell_backs": lazy_gettext("the month by which people are told what became of a call"),
        "tell_back_texts": lazy_gettext("the page that tells people what became of a call"),
        "tombstones": lazy_gettext("a note that something was deleted"),
    }
)


def kind_words(table: str) -> str:
    """What a row of this table is about, in the middle of a sentence."""
    return str(KINDS.get(table) or gettext("something else"))
