"""My choices: a person reads who has looked at what they told us, in calm words, and takes the same along."""

import json
import re

import pytest
from flask import Flask
from sqlalchemy import text

from tests.factories import DEMO_CALL, Sent, signed_in, submit_one
from tests.integration.services.test_contacts import export
from tests.integration.services.test_crossing_out import takes_back, tick
from tests.integration.services.test_role_changes import again
from tests.people import come_back
from tests.sharing import end_membership, new_member, says_yes
from tests.visitor import Visitor
from webapp.models import Coordinator
from webapp.public.choices.look_words import WHAT, WHO, WHY
from webapp.rules import clock
from webapp.rules.contact.caller_matching import Clues
from webapp.rules.looks import CROSSED, SEEN_BY_NO_ONE, LookKind
from webapp.rules.reasons import DANGER, OTHER, READING, READING_SHARED, REPORT, Reason
from webapp.rules.roles import PURPOSES, Role
from webapp.services.answers import own_copies
from webapp.services.calls import published_calls
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.audit import OPERATOR
from webapp.services.keys import key_rotations, organisation_changes
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import answer_exports, disclosure, resealing
from webapp.services.opening.answer_exports import Asked
from webapp.services.opening.export_purposes import Recipient
from webapp.services.phone_requests import caller_corrections, caller_search, receipt_reissue

LOOKED = "/en/choices/looked"
OWN_WORDS = "her brother Kreshnik rang us"


@pytest.fixture
def holder(app: Flask, founded: Founded) -> Holder:
    with app.app_context():
        return signed_in(founded)


@pytest.fixture
def sent(app: Flask) -> Sent:
    with app.app_context():
        return submit_one()


def looked(visitor: Visitor, sent: Sent, address: str = LOOKED) -> str:
    come_back(visitor, sent.receipt)
    visitor.get(address)
    return visitor.page.text


def test_nobody_has_looked_yet(visitor: Visitor, sent: Sent) -> None:
    said = looked(visitor, sent)
    assert "Nobody has opened your answers yet." in said
    assert "When a worker does, you can see it here" in said
    assert "A worker read" not in said


def test_my_choices_lead_there(visitor: Visitor, sent: Sent) -> None:
    come_back(visitor, sent.receipt)
    assert "See who opened your answers, and why." in visitor.page.text
    visitor.follow("Who has looked")
    assert visitor.page.title == "Who has looked"


def test_days_roles_and_reasons_are_told_without_names(
    app: Flask, visitor: Visitor, sent: Sent, holder: Holder
) -> None:
    with app.app_context():
        disclosure.open_testimony(holder, sent.submission_id, Reason(REPORT.key))
        disclosure.open_testimony(holder, sent.submission_id, Reason(OTHER.key, OWN_WORDS))
        disclosure.open_contact(holder, sent.submission_id, Reason(DANGER.key))
    said = looked(visitor, sent)
    for words in (
        "A worker read your answers. Why: to write our report.",
        "A worker read your answers. Why: another reason. We wrote it down, so you can ask us.",
        "A worker looked up how to reach you. Why: someone could be in danger.",
    ):
        assert words in said
    # The day and the role are said once for all three
    assert len(re.findall(rf"\b{clock.today():%Y}\b", said)) == 1
    assert said.count("Who: a coordinator, who runs this and talks with people.") == 1
    # And no one is named: neither the coordinator, nor what they wrote
    for secret in (
        "Kreshnik",
        f">{holder.name}<",
        str(holder.coordinator_id),
        holder.coordinator_id.hex,
    ):
        assert secret not in visitor.response.get_data(as_text=True)


def test_answers_in_a_file_are_told_with_the_day_by_which_its_copies_go(
    app: Flask, visitor: Visitor, sent: Sent, holder: Holder
) -> None:
    with app.app_context():
        call = published_calls.find_call(DEMO_CALL)
        answer_exports.export_answers(holder, call, Asked(Reason(REPORT.key), "json"))
        due = own_copies.find_held(sent.receipt).due_on["testimony"]
    said = looked(visitor, sent)
    assert (
        "A worker downloaded a file with everyone’s answers, also yours. How to reach you is not in it. "
        f"Why: to write our report. All copies of this file must be deleted by {due.day} {due:%B %Y}."
    ) in said


def test_a_reader_of_another_member_is_not_told_as_one_of_the_lead_charity(
    app: Flask, visitor: Visitor, sent: Sent, holder: Holder
) -> None:
    # Given a coordinator who works for another member than the host, which pages name as whose team reads
    with app.app_context():
        lantern = organisation_changes.add(OPERATOR, "Lantern")
        with stores.writing() as main:
            main.get_one(Coordinator, holder.coordinator_id).organisation_id = lantern
        disclosure.open_testimony(holder, sent.submission_id, Reason(REPORT.key))
    assert "Who: a worker of another charity in the group" in looked(visitor, sent)
    assert "Lantern" not in visitor.page.text


def test_a_list_and_its_end(
    app: Flask, visitor: Visitor, sent: Sent, holder: Holder, founded: Founded
) -> None:
    with app.app_context():
        made = export(holder, founded, published_calls.find_call("support-needs"))
    said = looked(visitor, sent)
    assert "A worker downloaded a list that says how to reach you." in said
    assert "You gave permission for this: " in said
    assert "All copies of this list must be deleted by " in said
    assert "cross you out" not in said
    with app.app_context():
        takes_back(sent.receipt)
    visitor.get(LOOKED)
    assert "We still have to cross you out of this list." in visitor.page.text
    with app.app_context():
        tick(made.export_id, holder)
    visitor.get(LOOKED)
    assert "we crossed you out of this list." in visitor.page.text
    assert "still have to" not in visitor.page.text


def test_a_list_for_a_member_names_it_and_ends_when_it_leaves(
    app: Flask, visitor: Visitor, holder: Holder, founded: Founded
) -> None:
    with app.app_context():
        harbour = new_member("Harbour House", "Hana")
        sent = says_yes()
        call = published_calls.find_call("support-needs")
        member = Recipient(harbour.id, "Harbour House")
        made = export(holder, founded, call, "share", recipient=member)
        export(holder, founded, call)
    said = looked(visitor, sent)
    assert said.count("A worker downloaded a list that says how to reach you.") == 2
    assert said.count("The list was made for this charity: Harbour House.") == 1
    assert "cross you out" not in said
    copy = json.loads(visitor.client.get("/en/choices/copy").get_data(as_text=True))
    assert {one["list"]["made_for"] for one in copy["looked"]} == {"Harbour House", None}
    with app.app_context():
        end_membership(harbour)
    visitor.get(LOOKED)
    assert visitor.page.text.count("We still have to cross you out of this list.") == 1
    with app.app_context():
        tick(made.export_id, holder)
    visitor.get(LOOKED)
    assert "still have to" not in visitor.page.text


def test_callers(app: Flask, visitor: Visitor, sent: Sent, holder: Holder) -> None:
    with app.app_context():
        other = submit_one()
        call = published_calls.find_call("support-needs")
        caller_search.search(holder, [call], Clues(name="No Such Name"), "They rang")
        caller_corrections.open_contact(holder, sent.submission_id, "They rang")
    said = looked(visitor, sent)
    assert "Someone phoned and asked us to change how we reach you" in said
    assert "It compared your details too, last on" in said
    # And a person who was only compared reads that nobody opened their answers
    assert "Nobody has opened your answers yet." in looked(visitor, other)
    assert "It compared your details too, last on" in visitor.page.text


def test_what_was_changed_by_hand_is_left_out_and_said(
    app: Flask, visitor: Visitor, sent: Sent, holder: Holder
) -> None:
    with app.app_context():
        disclosure.open_testimony(holder, sent.submission_id, Reason(REPORT.key))
        with stores.writing() as main:
            main.execute(text("UPDATE looks SET reason = 'check'"))
    said = looked(visitor, sent)
    assert "Part of this list is damaged, so something may be missing. Please tell us." in said
    assert "to check what we wrote" not in said


def test_the_copies_say_the_same(app: Flask, visitor: Visitor, sent: Sent, holder: Holder) -> None:
    with app.app_context():
        disclosure.open_testimony(holder, sent.submission_id, Reason(OTHER.key, OWN_WORDS))
    come_back(visitor, sent.receipt)
    document = visitor.client.get("/en/choices/document").get_data(as_text=True)
    program = visitor.client.get("/en/choices/copy").get_data(as_text=True)
    assert "A worker read your answers." in document
    (one,) = json.loads(program)["looked"]
    assert (one["what"], one["role"], one["reason"]) == ("answers", "coordinator", "other")
    assert "Kreshnik" not in document + program


def test_another_code_reads_its_own_looks_alone(
    app: Flask, visitor: Visitor, sent: Sent, holder: Holder
) -> None:
    with app.app_context():
        other = submit_one()
        disclosure.open_testimony(holder, other.submission_id, Reason(REPORT.key))
    assert "Nobody has opened your answers yet." in looked(visitor, sent)


def test_a_new_code_shows_them_still(
    app: Flask, visitor: Visitor, sent: Sent, holder: Holder, founded: Founded
) -> None:
    with app.app_context():
        receipt = own_copies.new_receipt()
        disclosure.open_testimony(holder, sent.submission_id, Reason(REPORT.key))
        receipt_reissue.new_code(holder, sent.submission_id, receipt, reason="They rang")
    said = looked(visitor, Sent(sent.submission_id, receipt, sent.answers))
    assert "A worker read your answers." in said
    assert "Someone phoned and asked for a new code" in said


def test_answers_that_were_sealed_anew_were_read_by_nobody(
    app: Flask, visitor: Visitor, sent: Sent, holder: Holder, founded: Founded
) -> None:
    with app.app_context():
        call_id = published_calls.find_call(DEMO_CALL).id
        key_rotations.begin(holder, call_id, "A person left")
        key_rotations.go_on()
        now = again(founded)
        resealing.begin(now, call_id, "A person left")
        assert resealing.go_on(now, call_id).waiting == 0
    said = looked(visitor, sent)
    assert "Nobody has opened your answers yet." in said
    assert "Our computer locked your answers again with a new key to keep them safe" in said
    assert "Nobody read them." in said


def test_what_the_page_says_of_an_analyst_is_so() -> None:
    assert "cannot see how to reach you" in str(WHO[Role.ANALYST])
    assert PURPOSES[Role.ANALYST] & {"testimony", "contact"} == {"testimony"}


def test_everything_that_can_be_told_has_words() -> None:
    # Then each kind that stands for itself, each role with a key of answers, each reason of the closed list
    assert set(WHAT) == set(LookKind) - CROSSED - SEEN_BY_NO_ONE
    assert set(WHO) == {
        role for role in Role if PURPOSES[role] & {"contact", "testimony", "shared"}
    }
    assert {use.key for use in (*READING, *READING_SHARED)} <= set(WHY)
