"""After an older `main` was put back, what people took back since then is taken back again. On both databases."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask

from tests.conftest import MakeApp
from tests.factories import DEMO_CALL, Sent, signed_in, submit_one
from tests.integration.house import make_house
from tests.integration.tables import Backup, back_up_main, put_back
from webapp.models import Submission
from webapp.rules.audit_events import AuditEvent
from webapp.services.answers import consents, own_copies, withdrawal_log
from webapp.services.answers.consents import Subject
from webapp.services.backup import restoring
from webapp.services.calls import published_calls
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.stores import StoreUnavailable
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import export_purposes
from webapp.services.phone_requests import caller_acts
from webapp.services.retention import restored_consents

WHY = "they rang"


@pytest.fixture
def inside(make_app: MakeApp) -> Iterator[Flask]:
    """Both doors and the worker, on SQLite, then on PostgreSQL."""
    house = make_house(make_app)
    with house.app_context():
        yield house


@pytest.fixture
def holder(inside: Flask, founded: Founded) -> Holder:
    return signed_in(founded)


def decide(sent: Sent, purpose: str, granted: bool) -> None:
    """By the participant, with their code."""
    held = own_copies.find_held(sent.receipt)
    subject = Subject(held.submission_id, held.call_id, held.form, held.language)
    consents.change(subject, purpose, granted)


def standing(sent: Sent) -> frozenset[str]:
    with stores.reading() as main:
        return consents.standing_purposes(main, [sent.submission_id])[sent.submission_id]


def is_marked(sent: Sent) -> bool:
    with stores.reading() as main:
        return main.get_one(Submission, sent.submission_id).do_not_contact_on is not None


def reachable(purpose: str) -> int:
    """How many people the desk's list of a purpose would have."""
    call = published_calls.find_call(DEMO_CALL)
    return {one.purpose: one.people for one in export_purposes.purposes_for(call)}[purpose]


def restore(backup: Backup) -> int:
    put_back(backup)
    return restored_consents.take_back_again()


def test_whoever_said_no_since_the_backup_is_in_no_list_after_a_restore(inside: Flask) -> None:
    # Given two people in a backup, one of whom takes two permissions back after it
    says_no, other = submit_one(), submit_one()
    backup = back_up_main()
    for purpose in ("contact_me", "share"):
        decide(says_no, purpose, granted=False)
    # When that backup of `main` is put back, then their permissions are back as well
    put_back(backup)
    assert reachable("contact_me") == 2
    # And when what was taken back is replayed
    assert restored_consents.take_back_again() == 1
    # Then they are in no list for these, the rest stands, and so does the other person's
    assert not standing(says_no) & {"contact_me", "share"}
    assert "invite" in standing(says_no)
    assert standing(other) >= {"contact_me", "share"}
    assert reachable("contact_me") == 1
    # And their own page and the record say so
    history = own_copies.find_held(says_no.receipt)
    assert history.submission_id == says_no.submission_id
    lines = [
        line for line in audit.recent() if line.event is AuditEvent.RESTORED_CONSENTS_WITHDRAWN
    ]
    assert [line.subject_id for line in lines] == [says_no.submission_id]
    assert audit.verify()
    # And doing it again changes nothing
    assert restored_consents.take_back_again() == 0


def test_a_permission_that_was_given_anew_before_the_backup_stands(inside: Flask) -> None:
    # Given a participant who took a permission back, and gave it again before a backup was made
    sent = submit_one()
    decide(sent, "contact_me", granted=False)
    decide(sent, "contact_me", granted=True)
    backup = back_up_main()
    # When the backup is put back
    assert restore(backup) == 0
    # Then it stands
    assert "contact_me" in standing(sent)
    # And taken back after that restore, it is gone after the next one
    decide(sent, "contact_me", granted=False)
    assert restore(backup) == 1
    assert "contact_me" not in standing(sent)


def test_a_permission_that_was_given_between_two_restores_stands_after_the_second(
    inside: Flask,
) -> None:
    # Given two participants who said no more than once after a backup: one had said yes in it, the other never had
    again, first = submit_one(), submit_one(given={})
    backup = back_up_main()
    for granted in (False, True, False):
        decide(again, "contact_me", granted=granted)
    for granted in (True, False):
        decide(first, "contact_me", granted=granted)
    # When that backup is put back, both are asked once more and say yes, and the next backup has it
    assert restore(backup) == 1
    for sent in (again, first):
        assert "contact_me" not in standing(sent)
        decide(sent, "contact_me", granted=True)
    later = back_up_main()
    # Then their yes stands after a restore of that one
    assert restore(later) == 0
    assert "contact_me" in standing(again) & standing(first)
    # And a no that follows is known after the next
    decide(again, "contact_me", granted=False)
    assert restore(later) == 1
    assert reachable("contact_me") == 1


def test_what_was_given_after_the_backup_is_not_made_up(inside: Flask) -> None:
    # Given a participant who took back and gave again, both after the backup
    sent = submit_one()
    backup = back_up_main()
    decide(sent, "contact_me", granted=False)
    decide(sent, "contact_me", granted=True)
    # When the backup is put back, then the no is known and the yes is lost: nobody contacts them
    assert restore(backup) == 1
    assert "contact_me" not in standing(sent)
    # And they can say yes again
    decide(sent, "contact_me", granted=True)
    assert "contact_me" in standing(sent)


def test_do_not_contact_outlives_a_restore_and_so_does_its_end(
    inside: Flask, holder: Holder
) -> None:
    # Given one person who was marked after a backup, and one who lifted a mark after it
    marked, lifted = submit_one(), submit_one()
    backup = back_up_main()
    caller_acts.do_not_contact(holder, marked.submission_id, WHY)
    caller_acts.do_not_contact(holder, lifted.submission_id, WHY)
    consents.contact_again(lifted.submission_id)
    # When the backup is put back
    assert restore(backup) == 1
    # Then only the first is marked, and in no list
    assert (is_marked(marked), is_marked(lifted)) == (True, False)
    assert reachable("contact_me") == 1


ONE, OTHER, MORE = "1" * 32, "2" * 32, "3" * 32
NO, AGAIN = f"do-not-contact:{ONE}", f"contact-allowed:{ONE}"


@pytest.mark.parametrize(
    ("here", "in_backup", "is_marked"),
    [
        pytest.param([NO], [NO, AGAIN, NO], True, id="an older list, whose end is in the backup"),
        pytest.param([NO, AGAIN], [NO, OTHER], True, id="two that went apart: the no stands"),
        pytest.param([OTHER], [NO, AGAIN], False, id="a mark that was lifted is not made up"),
        pytest.param([NO, AGAIN, OTHER], [NO], False, id="the list of today says all of it"),
    ],
)
def test_two_lists_of_what_was_taken_back_are_put_together_in_their_order(
    page_app: Flask, here: list[str], in_backup: list[str], is_marked: bool
) -> None:
    # Given a list in the instance's folder, and one in a backup
    file: Path = page_app.extensions["hearth_settings"].tombstone_file
    file.write_text("".join(f"{line}\n" for line in here))
    for _ in range(2):
        # When they are put together, once or twice
        restoring.add_lines(file, "".join(f"{line}\n" for line in in_backup).encode())
        # Then nobody is contacted who said no last, and no line is lost
        with page_app.app_context():
            assert (UUID(ONE) in withdrawal_log.read().do_not_contact) == is_marked
        lines = file.read_text().split()
        assert lines[: len(here)] == here
        assert set(lines) == {*here, *in_backup}


def test_whoever_was_deleted_and_a_false_line_stop_nothing(inside: Flask) -> None:
    # Given lines about nobody, lines that are none, and one person who said no
    sent = submit_one()
    backup = back_up_main()
    decide(sent, "contact_me", granted=False)
    file: Path = inside.extensions["hearth_settings"].tombstone_file
    with file.open("a") as lines:
        lines.write(f"withdrawn:{'0' * 32}:contact_me:3\nwithdrawn:{sent.submission_id.hex}\n")
        lines.write(f"do-not-contact:{'f' * 32}\n\nwithdrawn::::\n")
    # When the backup is put back, then what is true is done
    assert restore(backup) == 1
    assert "contact_me" not in standing(sent)


def test_nothing_is_said_to_be_taken_back_that_a_restore_would_give_back(
    inside: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a disk on which the list cannot be written
    sent = submit_one()

    def refuse(lines: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(withdrawal_log.tombstone_file, "append_lines", refuse)
    # When a permission is taken back, then the page says that it could not be, and nothing is half
    with pytest.raises(StoreUnavailable):
        decide(sent, "contact_me", granted=False)
    assert "contact_me" in standing(sent)
    # And with room again it is
    monkeypatch.undo()
    decide(sent, "contact_me", granted=False)
    assert "contact_me" not in standing(sent)
