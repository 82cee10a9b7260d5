"""A long list of contacts: chosen without holding up others, opened on every core, made a piece at a time."""

import csv
import io
import subprocess
import sys
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.factories import TO_CALL, Sent, answers_for, signed_in, submit_one
from webapp.extensions import db
from webapp.models import Consent, Part
from webapp.rules.references import reference
from webapp.services.answers import consents, corrections, erasing, own_copies
from webapp.services.answers.corrections import Correction
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.row_authentication import RowForged
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import contact_exports, disclosure, opening_pool
from webapp.services.opening.contact_exports import ContactFile, FileFormat
from webapp.vault.envelope import DoesNotOpen

pytestmark = pytest.mark.usefixtures("inside")
PASSWORD = "correct horse battery"


@pytest.fixture
def holder(founded: Founded) -> Holder:
    return signed_in(founded)


@pytest.fixture
def in_twos(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists of two people a piece, and long enough for processes of their own."""
    monkeypatch.setattr(disclosure, "BATCH", 2)
    monkeypatch.setattr(opening_pool, "WORTH_IT", 3)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list["subprocess.Popen[bytes]"]:
    """The processes that were started."""
    found: list[subprocess.Popen[bytes]] = []
    start = subprocess.Popen

    def noted(*command: Any, **options: Any) -> "subprocess.Popen[bytes]":
        found.append(start(*command, **options))
        return found[-1]

    monkeypatch.setattr(subprocess, "Popen", noted)
    return found


def never(*what: object) -> Any:
    raise AssertionError("opened in the desk's own process")


def export(holder: Holder, call: Call, file_format: FileFormat = "csv") -> ContactFile:
    return contact_exports.export_consented(
        holder,
        call,
        purpose="contact_me",
        reason=TO_CALL,
        file_format=file_format,
        password=PASSWORD if file_format == "xlsx" else "",
    )


def rows(file: ContactFile) -> dict[str, dict[str, str]]:
    """The rows of a plain list by their references."""
    lines = csv.DictReader(io.StringIO(file.content.decode("utf-8-sig")))
    return {line["Reference"]: line for line in lines}


def named(call: Call, name: str) -> Sent:
    return submit_one(call, answers={**answers_for(call.form), "name_to_use": name})


def test_processes_of_their_own_open_it_and_are_gone_with_it(
    in_twos: None,
    started: list["subprocess.Popen[bytes]"],
    monkeypatch: pytest.MonkeyPatch,
    holder: Holder,
    call: Call,
) -> None:
    # Given a list that is opened here
    people = [named(call, name) for name in ("Sky", "سارا", "Rim", "ሰላም", "Ana")]
    with monkeypatch.context() as short:
        short.setattr(opening_pool, "WORTH_IT", 100)
        here = rows(export(holder, call))
    assert not started
    # When the same list is made in processes of their own, and the desk's may open nothing
    monkeypatch.setattr(disclosure, "_open", never)
    there = rows(export(holder, call))
    # Then each has the same people with the same details
    own = [heading for heading in next(iter(here.values())) if not heading.startswith("List")]
    assert {who: [row[one] for one in own] for who, row in there.items()} == {
        who: [row[one] for one in own] for who, row in here.items()
    }
    assert set(there) == {reference(one.submission_id) for one in people}
    # And the processes have ended; no key was in their command
    assert len(started) == opening_pool.how_many()
    assert all(one.poll() is not None for one in started)
    assert all(one.args == opening_pool.COMMAND for one in started)


@pytest.mark.parametrize(
    "command",
    [("/nowhere/python",), (sys.executable, "-c", "")],
    ids=["cannot be started", "ends at once"],
)
def test_where_no_process_helps_the_list_is_made_all_the_same(
    in_twos: None,
    command: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    holder: Holder,
    call: Call,
) -> None:
    people = [submit_one(call) for _ in range(5)]
    monkeypatch.setattr(opening_pool, "COMMAND", command)

    assert set(rows(export(holder, call))) == {reference(one.submission_id) for one in people}


def test_what_does_not_open_is_an_error_from_there_too(
    in_twos: None, holder: Holder, call: Call
) -> None:
    # Given one part whose envelope was changed by someone who has the key of rows as well
    people = [submit_one(call) for _ in range(5)]
    with stores.writing() as main:
        mine = Part.submission_id == people[3].submission_id
        part = main.scalars(select(Part).where(mine, Part.purpose == "contact")).one()
        part.envelope = part.envelope[:-1] + bytes([part.envelope[-1] ^ 1])

    with pytest.raises(DoesNotOpen):
        _ = export(holder, call).content


def test_a_list_that_nobody_takes_any_more_is_not_opened_further(
    in_twos: None, started: list["subprocess.Popen[bytes]"], holder: Holder, call: Call
) -> None:
    # Given a list of which the first piece was taken
    for _ in range(5):
        submit_one(call)
    file = export(holder, call)
    first = next(file.pieces)
    assert (first.opened, file.people) == (2, 5)
    assert all(one.poll() is None for one in started)
    # When the browser hangs up
    file.pieces.close()
    # Then the processes with the keys have ended
    assert started
    assert all(one.poll() is not None for one in started)


def test_a_list_that_is_taken_slowly_keeps_no_connection(
    in_twos: None, inside: Flask, holder: Holder, call: Call
) -> None:
    for _ in range(7):
        submit_one(call)
    file = export(holder, call)
    for _ in file.pieces:
        assert {store: engine.pool.checkedout() for store, engine in db.engines.items()} == {
            None: 0,
            "erasure": 0,
            "volatile": 0,
        }


def test_a_spreadsheet_says_how_far_it_is_and_comes_at_the_end(
    in_twos: None, holder: Holder, call: Call
) -> None:
    for _ in range(5):
        submit_one(call)

    pieces = list(export(holder, call, "xlsx").pieces)

    assert [piece.opened for piece in pieces] == [2, 4, 5, 5]
    assert [bool(piece.content) for piece in pieces] == [False, False, False, True]


def test_a_list_of_nobody_is_its_headings(holder: Holder, call: Call) -> None:
    file = export(holder, call)

    assert file.people == 0
    assert file.content.startswith(b'\xef\xbb\xbf"Reference"')
    assert rows(file) == {}


# What happens while thousands of rows are read and checked: no lock is held then


def takes_it_back(sent: Sent) -> None:
    held = own_copies.find_held(sent.receipt)
    subject = consents.Subject(held.submission_id, held.call_id, held.form, "en")
    consents.change(subject, "contact_me", False)


def erases(sent: Sent) -> None:
    assert erasing.erase_held(own_copies.find_held(sent.receipt)).complete


def corrects(sent: Sent) -> None:
    held = own_copies.find_held(sent.receipt)
    told = {**held.answers, "name_to_use": "New"}
    corrections.correct(sent.receipt, Correction(uuid4(), held.copies, told, frozenset(), "en"))


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """This happens after the rows of a list were read, and before it is entered."""
    choose = contact_exports.choose

    def chosen_before(*what: Any) -> Any:
        chosen = choose(*what)
        act()
        return chosen

    monkeypatch.setattr(contact_exports, "choose", chosen_before)


@pytest.mark.parametrize("act", [takes_it_back, erases])
def test_whoever_goes_while_the_rows_are_read_is_in_no_list(
    act: Callable[[Sent], None], monkeypatch: pytest.MonkeyPatch, holder: Holder, call: Call
) -> None:
    stays, goes = submit_one(call), submit_one(call)
    meanwhile(monkeypatch, lambda: act(goes))

    file = export(holder, call)

    assert set(rows(file)) == {reference(stays.submission_id)}
    assert file.people == 1


def test_whoever_corrects_their_details_meanwhile_is_in_it_with_the_new_ones(
    monkeypatch: pytest.MonkeyPatch, holder: Holder, call: Call
) -> None:
    sent = named(call, "Old")
    meanwhile(monkeypatch, lambda: corrects(sent))

    found = rows(export(holder, call))

    assert [row["Name to use"] for row in found.values()] == ["New"]


def test_a_row_that_is_changed_by_hand_after_the_lock_is_used_by_nobody(
    in_twos: None, monkeypatch: pytest.MonkeyPatch, holder: Holder, call: Call
) -> None:
    # Given a list that was entered, and the details of one person in the place of another's
    one, other = named(call, "One"), named(call, "Other")
    held = contact_exports._held

    def swapped(chosen: Any) -> Any:
        with stores.writing() as main:
            (theirs,) = main.scalars(
                select(Part.envelope).where(
                    Part.submission_id == other.submission_id, Part.purpose == "contact"
                )
            )
            main.execute(
                update(Part)
                .where(Part.submission_id == one.submission_id, Part.purpose == "contact")
                .values(envelope=theirs)
            )
        return held(chosen)

    monkeypatch.setattr(contact_exports, "_held", swapped)
    # When it is opened, then it is not
    with pytest.raises(RowForged):
        export(holder, call)


def test_a_consent_that_is_put_in_meanwhile_by_hand_adds_nobody(
    monkeypatch: pytest.MonkeyPatch, holder: Holder, call: Call
) -> None:
    yes, no = submit_one(call), submit_one(call, given={"contact_me": False, "quote": True})

    def forge() -> None:
        with stores.writing() as main:
            main.execute(
                update(Consent)
                .where(Consent.submission_id == no.submission_id)
                .values(purpose="contact_me")
            )

    meanwhile(monkeypatch, forge)

    assert set(rows(export(holder, call))) == {reference(yes.submission_id)}
    assert set(rows(export(holder, call))) == {reference(yes.submission_id)}
