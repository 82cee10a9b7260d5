"""Access transparency: the kinds of looks at a person's data, as *My choices* shows them to that person.

Each audit event that opens something of a submission leaves a look there (`LOOK_OF`); a test holds that none is
forgotten. A look has a day, a role and the key of a reason: no coordinator, no minute, and none of a coordinator's own
words, which could hurt the reader or name other people.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from webapp.rules.audit_events import AuditEvent, Subject
from webapp.rules.roles import SHARED, Purpose


class LookKind(StrEnum):
    """What was done with a person's data. The value is stored."""

    #: A person read the answers, or how this one participant may be reached. Where answers went into a file with those
    #: of everyone else, the look has the day by which its copies are deleted: older code tells them as read.
    ANSWERS = "answers"
    CONTACT = "contact"
    #: Contact details were opened to be corrected for a caller; everything was resealed under a new code.
    CALLER = "caller"
    CODE = "code"
    #: Contact details went into a list that left Hearth; afterwards the line, or some of it, was crossed out.
    LISTED = "listed"
    LINE = "line"
    WAYS = "ways"
    HELPER = "helper"
    #: Compared in memory with what a caller said, which no person saw; and shown as one who may be the caller.
    SEARCHED = "searched"
    MATCHED = "matched"
    #: A recipient of a member organisation opened contact details that are shared with it.
    SHARED = "shared"
    #: Opened in memory and sealed again to newer keys, which no person saw.
    RESEALED = "resealed"


#: Looks that end a list, wholly or in part. They name the look of that list.
CROSSED: Final = frozenset({LookKind.LINE, LookKind.WAYS, LookKind.HELPER})
#: Looks of our computer alone: no person saw what was opened.
SEEN_BY_NO_ONE: Final = frozenset({LookKind.SEARCHED, LookKind.RESEALED})
#: What each act leaves. One about a call or a list leaves it with every person concerned.
LOOK_OF: Final[Mapping[AuditEvent, LookKind]] = MappingProxyType(
    {
        AuditEvent.ANSWERS_OPENED: LookKind.ANSWERS,
        AuditEvent.ANSWERS_DOWNLOADED: LookKind.ANSWERS,
        AuditEvent.CONTACT_OPENED: LookKind.CONTACT,
        AuditEvent.CONTACT_OPENED_FOR_CALLER: LookKind.CALLER,
        AuditEvent.RECEIPT_REISSUED: LookKind.CODE,
        AuditEvent.CALLER_SEARCHED: LookKind.SEARCHED,
        AuditEvent.CONTACTS_EXPORTED: LookKind.LISTED,
        AuditEvent.EXPORT_CROSSED_OUT: LookKind.LINE,
        AuditEvent.SHARED_CONTACT_OPENED: LookKind.SHARED,
        AuditEvent.CALL_RESEALED: LookKind.RESEALED,
    }
)
#: Acts whose entry in the record names the person: their looks are found from the entry alone.
ABOUT_ONE: Final = tuple(event for event in LOOK_OF if event.subject is Subject.SUBMISSION)
#: The purposes that each kind opens. Crossing out opens nothing.
OPENS: Final[Mapping[LookKind, tuple[Purpose, ...]]] = MappingProxyType(
    {
        LookKind.ANSWERS: ("testimony",),
        LookKind.CONTACT: ("contact",),
        LookKind.CALLER: ("contact",),
        LookKind.CODE: ("contact", "testimony"),
        LookKind.LISTED: ("contact",),
        LookKind.SHARED: (SHARED,),
        LookKind.SEARCHED: ("contact", "testimony"),
        LookKind.MATCHED: ("contact", "testimony"),
        LookKind.RESEALED: ("contact", "testimony"),
    }
)
