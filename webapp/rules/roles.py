"""Role-based access control: what each role may do at the desk, and which purpose keys it holds.

A role is a set of keys as well as a set of acts. The desk refuses an act that no role of the person's allows (`Act`);
and should that check ever fail, what they hold no key to still does not open (`PURPOSES`).

A person may have several roles, each for everything, or for one call, event or organisation (`Grant.scope`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal
from uuid import UUID

from webapp.rules.forms.questions import PartName


class Role(StrEnum):
    """A role at the desk. The value is stored."""

    OWNER = "owner"
    COORDINATOR = "coordinator"
    REGISTRAR = "registrar"
    ANALYST = "analyst"
    ARRANGER = "arranger"
    TAKER = "taker"
    AUDITOR = "auditor"
    PANEL = "panel"
    RECIPIENT = "recipient"


class Act(StrEnum):
    """What a page of the desk is for. Each page declares one (`web.guards.may`)."""

    OWN_ACCOUNT = "own account"
    SEE_CALLS = "see which calls there are"
    WRITE_CALLS = "write calls and publish them"
    SEE_SUBMISSIONS = "see when answers came, and from whom by number"
    OPEN_ANSWERS = "open answers"
    OPEN_CONTACT = "open contact details"
    EXPORT_CONTACTS = "download contacts"
    SHARE_CONTACTS = "share contacts with a member organisation"
    READ_SHARED = "read what is shared with one's organisation"
    HELP_CALLERS = "help a caller"
    ENTER_ANSWERS = "type answers for a person"
    SET_ASIDE = "put answers aside"
    CLOSE_CALLS = "close a call, and open it again"
    TELL_BACK = "tell people what became of a call"
    PLAN_EVENTS = "plan and publish events"
    SEE_EVENTS = "see events and their seats"
    RUN_EVENTS = "change an event and its registrations"
    OPEN_REGISTRATIONS = "open registrations"
    OPEN_NEEDS = "open access needs"
    SEE_RECORD = "read the record"
    STOP_DELETING = "confirm what is due to be deleted"
    LANGUAGES = "review and offer languages"
    KEYS = "see who can open what, and give keys"
    PEOPLE = "organisations, people, roles and new keys"
    WATCH = "be told what the whole instance needs"


_A: Final = Act
ACTS: Final[Mapping[Role, frozenset[Act]]] = MappingProxyType(
    {
        Role.OWNER: frozenset(
            {_A.OWN_ACCOUNT, _A.PEOPLE, _A.KEYS, _A.SEE_RECORD, _A.STOP_DELETING, _A.WATCH}
        ),
        Role.COORDINATOR: frozenset(set(Act) - {_A.PEOPLE, _A.READ_SHARED}),
        Role.REGISTRAR: frozenset(
            {_A.OWN_ACCOUNT, _A.KEYS, _A.SEE_EVENTS, _A.RUN_EVENTS, _A.OPEN_REGISTRATIONS}
        ),
        Role.ANALYST: frozenset(
            {_A.OWN_ACCOUNT, _A.KEYS, _A.SEE_CALLS, _A.SEE_SUBMISSIONS, _A.OPEN_ANSWERS}
        ),
        Role.ARRANGER: frozenset({_A.OWN_ACCOUNT, _A.KEYS, _A.SEE_EVENTS, _A.OPEN_NEEDS}),
        Role.TAKER: frozenset({_A.OWN_ACCOUNT, _A.SEE_CALLS, _A.ENTER_ANSWERS}),
        Role.AUDITOR: frozenset({_A.OWN_ACCOUNT, _A.SEE_RECORD}),
        Role.PANEL: frozenset({_A.OWN_ACCOUNT}),
        Role.RECIPIENT: frozenset({_A.OWN_ACCOUNT, _A.READ_SHARED}),
    }
)
#: The purpose of an organisation's own keys: contact details that are shared with it are sealed to them.
SHARED: Final = "shared"
#: What a purpose key is for: a part of what people tell us, or what is shared with an organisation.
Purpose = PartName | Literal["shared"]
#: The purposes that each role holds the keys of. An owner, as such, opens nothing.
PURPOSES: Final[Mapping[Role, frozenset[Purpose]]] = MappingProxyType(
    {
        Role.OWNER: frozenset(),
        Role.COORDINATOR: frozenset(
            {"contact", "testimony", "equality", "registrant", "needs", "room"}
        ),
        Role.REGISTRAR: frozenset({"registrant", "room"}),
        Role.ANALYST: frozenset({"testimony", "equality"}),
        Role.ARRANGER: frozenset({"needs", "room"}),
        Role.TAKER: frozenset(),
        Role.AUDITOR: frozenset(),
        Role.PANEL: frozenset(),
        Role.RECIPIENT: frozenset({SHARED}),
    }
)
#: Roles that are about the coalition as a whole: they cannot be given for one call or event.
WHOLE: Final = frozenset({Role.OWNER, Role.AUDITOR, Role.PANEL})
#: Roles within the person's own organisation, whose id is their scope: never for everything.
OF_ORGANISATION: Final = frozenset({Role.RECIPIENT})
#: Acts about the coalition as a whole: a role for one call or event does not allow them.
WHOLE_ACTS: Final = frozenset(
    {
        Act.SEE_RECORD,
        Act.STOP_DELETING,
        Act.LANGUAGES,
        Act.PEOPLE,
        Act.WATCH,
        # What is published has no id yet that a role could be for.
        Act.PLAN_EVENTS,
        Act.WRITE_CALLS,
    }
)


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """A role that a person has: for everything, or within one call, event or organisation (`scope` is its id)."""

    role: Role
    scope: UUID | None = None

    def allows(self, act: Act) -> bool:
        """Whether this grant allows an act anywhere."""
        return act in ACTS[self.role] and (self.scope is None or act not in WHOLE_ACTS)

    def opens(self, owner_id: UUID, purpose: str) -> bool:
        """Whether who has it holds the key of this purpose of a call or an event."""
        everywhere = self.scope is None and self.role not in OF_ORGANISATION
        return purpose in PURPOSES[self.role] and (everywhere or self.scope == owner_id)


@dataclass(frozen=True, slots=True)
class Grants:
    """All roles of one person."""

    held: frozenset[Grant]

    @classmethod
    def of(cls, grants: Iterable[Grant]) -> "Grants":
        """These roles together."""
        return cls(frozenset(grants))

    def at(self, organisation_id: UUID) -> "Grants":
        """Without roles within an organisation other than the person's own: those open nothing (deny by default)."""
        return Grants.of(
            one
            for one in self.held
            if one.role not in OF_ORGANISATION or one.scope == organisation_id
        )

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles without their scope, in the order in which they are declared."""
        mine = {grant.role for grant in self.held}
        return tuple(role for role in Role if role in mine)

    def allow(self, act: Act) -> bool:
        """Whether any of them allows this act, for everything or somewhere. One's own account needs no role."""
        return act is Act.OWN_ACCOUNT or any(grant.allows(act) for grant in self.held)

    def allow_in(self, act: Act, owner_id: UUID) -> bool:
        """Whether they allow this act within one call or event."""
        return any(grant.allows(act) and grant.scope in (None, owner_id) for grant in self.held)

    def scopes(self, act: Act) -> frozenset[UUID] | None:
        """The calls and events within which they allow this act; None for all that there are and will be."""
        scopes = {grant.scope for grant in self.held if grant.allows(act)}
        return None if None in scopes else frozenset(one for one in scopes if one is not None)

    def open(self, owner_id: UUID, purpose: str) -> bool:
        """Whether who has them is to hold the key of this purpose of a call or an event."""
        return any(grant.opens(owner_id, purpose) for grant in self.held)

    def acting(self, owner_id: UUID, purposes: Iterable[str]) -> Role:
        """The role in which a person opens these purposes of a call or an event: the first that holds a key of them."""
        wanted = tuple(purposes)
        found = {
            grant.role for grant in self.held if any(grant.opens(owner_id, one) for one in wanted)
        }
        return next((role for role in Role if role in (found or self.roles)), Role.COORDINATOR)
