"""A registration is opened for what it was given for: the meeting. Limits of its own, and none in danger."""

import pytest

from tests.factories import TO_PREPARE, publish_demo_event, register_one
from webapp.rules.reasons import NotWhatItIsFor, Reason
from webapp.services.events import desk_registrations
from webapp.services.infrastructure import audit, limits
from webapp.services.infrastructure.limits import TooMany
from webapp.services.keys.coordinators import Holder

pytestmark = pytest.mark.usefixtures("inside")


def test_a_registration_opens_only_for_what_it_was_given_for(holder: Holder) -> None:
    # Given a registrant
    person = register_one(publish_demo_event("small-group"), "robin@example.org")
    # When a coordinator wants to open it for something that they never asked for, or gives no words
    for refused in (Reason("invite"), Reason("share"), Reason("report"), Reason("other")):
        with pytest.raises(NotWhatItIsFor):
            desk_registrations.open_registration(holder, person.id, refused)
    # Then nothing opens; to prepare, to ask them about it, in danger, and with words it does
    assert "registration opened" not in {line.tag for line in audit.recent()}
    for reason in (Reason("prepare"), Reason("ask"), Reason("danger"), Reason("other", "A ramp")):
        assert desk_registrations.open_registration(holder, person.id, reason).by_part
    assert audit.recent(1)[0].reason == "A ramp"


def test_registrations_have_a_limit_of_their_own_and_none_in_danger(
    holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a coordinator who has opened as many answers and contacts as may be, and one registration
    person = register_one(publish_demo_event("small-group"), "robin@example.org")
    empty = limits.Limit(0, 0)
    for name in ("answers", "answers-pace", "contacts", "contacts-pace"):
        monkeypatch.setitem(limits.LIMITS_FOR_ONE, name, empty)
    assert desk_registrations.open_registration(holder, person.id, TO_PREPARE)
    # When there are no more registrations to be opened for now
    monkeypatch.setitem(limits.LIMITS_FOR_ONE, "registrations", empty)
    with pytest.raises(TooMany):
        desk_registrations.open_registration(holder, person.id, TO_PREPARE)
    # Then danger still opens one
    assert desk_registrations.open_registration(holder, person.id, Reason("danger"))
