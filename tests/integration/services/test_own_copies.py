"""Coming back with the code alone: everything is there, and a code says nothing about others."""

import json
from typing import NoReturn, get_args

import pytest
from sqlalchemy import select

from tests.factories import answers_for, submit_one
from tests.integration.damage import damage_copies
from tests.integration.tables import counts, everything
from webapp.models import OwnCopy
from webapp.rules.forms.texts import text_in
from webapp.services.answers import data_portability, erasing, own_copies
from webapp.services.answers.own_copies import MistypedCode, NothingHeld
from webapp.services.answers.submissions import TypedBy
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import stores

pytestmark = pytest.mark.usefixtures("inside")


def test_the_code_alone_shows_everything_that_is_held(call: Call) -> None:
    # Given a participant who answered every question in Arabic, and agreed to two things
    sent = submit_one(call, given={"contact_me": True, "quote": True}, language="ar")
    # When they come back with nothing but their code
    held = own_copies.find_held(sent.receipt)
    # Then every answer of all three parts is there
    assert held.answers == sent.answers
    assert {"adult", "email", "age_band"} <= set(held.answers)
    assert (held.submission_id, held.call_id, held.language) == (sent.submission_id, call.id, "ar")
    # And every consent, in the words that they read, with what they said to it
    assert {consent.purpose: consent.granted for consent in held.consents} == {
        "contact_me": True,
        "quote": True,
        "invite": False,
        "share": False,
        "mail_confirmation": False,
        "through_helper": False,
    }
    wordings = {wording.purpose: wording for wording in call.form.consents}
    for consent in held.consents:
        assert consent.text == text_in(wordings[consent.purpose].text, "ar")[0]
        assert (consent.changed_on is not None) == consent.granted
    # And the day on which each part goes
    assert set(held.due_on) == {"testimony", "contact", "equality"}
    assert held.due_on["contact"] < held.due_on["testimony"]


@pytest.mark.parametrize(
    "typed_as",
    [
        str.lower,
        lambda code: code.replace("-", ""),
        lambda code: code.replace("-", " "),
        lambda code: f"  {code}\n",
        lambda code: code.replace("0", "O").replace("1", "I"),
        lambda code: code.replace("0", "o").replace("1", "l"),
    ],
    ids=["lower case", "no hyphens", "spaces", "pasted with a line end", "O and I", "o and l"],
)
def test_a_code_may_be_typed_as_people_type(typed_as: object) -> None:
    # Given a participant's code, on paper
    sent = submit_one()
    # When they type it in their own way
    code = own_copies.read_code(typed_as(sent.receipt))  # type: ignore[operator]
    # Then it leads to their answers
    assert own_copies.find_held(code).answers == sent.answers


def test_a_wrong_an_erased_and_a_made_up_code_are_the_same(call: Call) -> None:
    # Given an erased code, one that never was, and one that was made but never sent
    erased = submit_one(call)
    submit_one(call)
    erasing.erase_held(own_copies.find_held(erased.receipt))
    # When each is looked up
    told = []
    for code in (erased.receipt, "0000-0000-0000-0000-0000-0000", own_copies.new_receipt()):
        with pytest.raises(NothingHeld) as nothing:
            own_copies.find_held(own_copies.read_code(code))
        told.append((type(nothing.value), nothing.value.args, nothing.value.__cause__))
    # Then an attacker cannot tell them apart
    assert told == [(NothingHeld, (), None)] * 3


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        pytest.param(lambda code: code[:-1], "length", id="one too few"),
        pytest.param(lambda code: code + "X", "length", id="one too many"),
        pytest.param(lambda code: "", "length", id="nothing"),
        pytest.param(lambda code: "U" + code[1:], "characters", id="a letter that is never used"),
        pytest.param(lambda code: "?" + code[1:], "characters", id="one that cannot be read"),
        pytest.param(lambda code: other(code[0]) + code[1:], "check", id="one wrong letter"),
        pytest.param(lambda code: code[:-1] + other(code[-1]), "check", id="wrong at the end"),
    ],
)
def test_a_slip_of_the_pen_is_named_without_looking(
    change: object, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a participant who types their code with a slip, and stores that may not be asked
    sent = submit_one()
    for way in ("reading", "reading_rows", "writing", "writing_rows"):
        monkeypatch.setattr(stores, way, _may_not_be_asked)
    # When it is read
    with pytest.raises(MistypedCode) as mistyped:
        own_copies.read_code(change(sent.receipt))  # type: ignore[operator]
    # Then the kind of slip is named, whether or not such a code exists
    assert mistyped.value.problem == problem


def other(character: str) -> str:
    """A character of a code that is not this one."""
    return "7" if character != "7" else "8"


def _may_not_be_asked(*store: str) -> NoReturn:
    raise AssertionError("a mistyped code was looked up")


def test_a_code_shows_nothing_of_another_participant(call: Call) -> None:
    # Given two people with different answers
    mine = submit_one(call, answers=answers_for(call.form, change_words="Mine."))
    theirs = submit_one(call, answers=answers_for(call.form, change_words="Theirs."))
    # When both come back
    # Then each sees their own
    assert own_copies.find_held(mine.receipt).answers["change_words"] == "Mine."
    assert own_copies.find_held(theirs.receipt).answers["change_words"] == "Theirs."


def test_the_stores_do_not_hold_the_code() -> None:
    # Given a participant's submission
    sent = submit_one()
    # When everything in the stores is read
    rows = repr(everything()).upper()
    # Then the code is nowhere, in no way of writing it, nor any group of it
    assert sent.receipt not in rows
    assert sent.receipt.replace("-", "") not in rows
    assert sent.receipt.encode().hex().upper() not in rows


def test_two_people_have_nothing_in_common_in_the_stores(call: Call) -> None:
    # Given two people who sent the very same answers
    one, other_one = submit_one(call), submit_one(call)
    # When their sealed rows are compared
    with stores.reading() as main:
        copies = main.scalars(select(OwnCopy)).all()
    # Then no sealed bytes and no label are the same
    assert len({copy.envelope for copy in copies}) == 6
    lookups = {copy.submission_id: copy.lookup for copy in copies}
    assert lookups[one.submission_id] != lookups[other_one.submission_id]


def test_the_copy_for_machines_holds_all_answers_and_no_inner_ids(call: Call) -> None:
    # Given a participant who answered everything
    sent = submit_one(call, given={"quote": True})
    held = own_copies.find_held(sent.receipt)
    # When they take a machine-readable copy
    data = data_portability.machine_readable(held)
    copy = json.loads(data)
    # Then all of it is in it
    assert copy["answers"] == sent.answers
    assert [one["purpose"] for one in copy["consents"] if one["granted"]] == ["quote"]
    assert copy["kept_until"] == {name: day.isoformat() for name, day in held.due_on.items()}
    # And nothing that only we can use, and not the code
    assert held.equality is not None
    for inner in (sent.submission_id, held.equality.part_id, held.equality.secret_id):
        assert str(inner).encode() not in data
        assert inner.hex.encode() not in data
    assert sent.receipt.encode() not in data


@pytest.mark.parametrize("who", get_args(TypedBy))
def test_the_copy_for_machines_says_who_typed(call: Call, who: TypedBy) -> None:
    # Given answers that a participant typed themselves, or with a helper or a coordinator
    sent = submit_one(call, typed_by=who)
    # When they take a machine-readable copy
    copy = json.loads(data_portability.machine_readable(own_copies.find_held(sent.receipt)))
    # Then it says whose fingers those were
    assert copy["typed_by"] == who


# Damage: a bit that a disk turned over, or bytes that an attacker who can write to the store put there


@pytest.mark.parametrize("damaged", ["testimony", "contact", "equality"])
def test_a_damaged_copy_does_not_hide_the_others(
    call: Call, damaged: str, caplog: pytest.LogCaptureFixture
) -> None:
    # Given a participant one of whose three copies is not as it was written
    sent = submit_one(call, given={"contact_me": True})
    damage_copies(sent.submission_id, damaged)
    # When they come back
    held = own_copies.find_held(sent.receipt)
    # Then the other two are there, and it is known which one cannot be shown
    assert set(held.by_part) == {"testimony", "contact", "equality"} - {damaged}
    assert held.unreadable == {damaged}
    # And what they agreed to can still be seen, and the day on which the damaged part goes
    assert [one.purpose for one in held.consents if one.granted] == ["contact_me"]
    assert damaged in held.due_on
    # And the log says that there was one, and not whose
    said = [record.getMessage() for record in caplog.records if record.name == "hearth.own_copies"]
    assert "DoesNotOpen" in said[0]
    assert sent.submission_id.hex not in said[0]


def test_a_participant_with_only_damaged_copies_can_still_erase_everything(call: Call) -> None:
    # Given a participant none of whose copies can be opened
    sent = submit_one(call, answers=answers_for(call.form, age_band=None))
    damage_copies(sent.submission_id, "testimony", "contact", "equality")
    # When they come back
    held = own_copies.find_held(sent.receipt)
    # Then there is nothing to be shown, and the submission is there
    assert held.answers == {}
    assert held.unreadable == {"testimony", "contact", "equality"}
    # And they can take a yes back and erase all that is under their name
    assert erasing.erase_held(held).complete
    with pytest.raises(NothingHeld):
        own_copies.find_held(sent.receipt)
    assert "own_copies" not in counts()
    # But not the answers about equality: only the damaged copy knew which they were
    assert counts()["parts"] == 1
