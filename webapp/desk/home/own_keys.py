"""What Today says to a person who waits for keys themselves: whom to ask, and not "one person waits"."""

from collections.abc import Iterable
from dataclasses import replace

from flask_babel import gettext

from webapp.desk.shared.blueprint import signed_in
from webapp.services.desk_home.concern_kinds import Concern, Kind
from webapp.services.keys import coordinators, key_overview


def without_me(concerns: Iterable[Concern]) -> list[Concern]:
    """The concerns of Today: of people who wait for keys, the others alone."""
    me, found = signed_in().coordinator_id, []
    for one in concerns:
        mine = one.kind is Kind.KEYS_WAIT and me in one.people
        told = replace(one, count=one.count - 1, people=one.people - {me}) if mine else one
        if told.count or not mine:
            found.append(told)
    return found


def lines(concerns: Iterable[Concern]) -> list[str]:
    """What this person cannot open yet, and whom they ask. Empty for who waits for nothing."""
    me, found = signed_in().coordinator_id, []
    kinds = {one.kind for one in concerns if me in one.people}
    if Kind.KEYS_WAIT in kinds:
        found.append(_for_keys())
    if Kind.SHARED_NOT_OPENED in kinds:
        found.append(
            gettext(
                "You cannot open some of what was shared with your organisation before. A coordinator of the lead "
                "charity opens it to you: ask them to share it with your organisation again."
            )
        )
    return found


def _for_keys() -> str:
    me = signed_in().coordinator_id
    waiting, names = key_overview.whole().waits(me), coordinators.names()
    givers = waiting.givers - {me} if waiting else frozenset()
    if not givers:
        return gettext(
            "You wait for keys that belong to your roles, and no other person has them. Two of the three recovery "
            "sheets can help: ask an owner."
        )
    return gettext(
        "You wait for keys that belong to your roles. Ring one of these people, who can give them: %(names)s.",
        names=", ".join(sorted(names.get(str(one), "") for one in givers)),
    )
