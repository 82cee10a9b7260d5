"""The all-clear: what needs no attention, in one sentence at the end of Today's task list."""

from collections.abc import Iterable

from flask_babel import gettext, ngettext

from webapp.services.desk_home.concern_kinds import Concern, Kind


def nothing_else(concerns: Iterable[Concern], *, mails_waiting: int, told_above: bool) -> str:
    """All that is well in one line, so that a coordinator need not check each page.

    `told_above`: a notice on the page needs them, which is none of these concerns.
    """
    kinds = {concern.kind for concern in concerns if not concern.kind.is_standing}
    well = []
    if Kind.UNREAD not in kinds:
        well.append(gettext("everything has been read"))
    if not kinds & {Kind.CAME_BACK, Kind.CONFIRMATION_CAME_BACK, Kind.MAILS_LATE}:
        well.append(
            ngettext(
                "one e-mail is about to be sent",
                "%(num)s e-mails are about to be sent",
                mails_waiting,
            )
            if mails_waiting
            else gettext("no e-mail waits")
        )
    if not kinds & {Kind.PARTS_DUE, Kind.REGISTRATIONS_DUE}:
        well.append(gettext("nothing will be deleted in the next 30 days"))
    something_else = kinds or told_above
    begins = (
        gettext("Nothing else needs you") if something_else else gettext("Nothing needs you today")
    )
    return f"{begins}: {_listed(well)}." if well else f"{begins}."


def _listed(words: list[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return gettext("%(first)s, and %(last)s", first=", ".join(words[:-1]), last=words[-1])
