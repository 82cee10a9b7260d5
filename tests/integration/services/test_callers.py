"""A participant rings without their code: what a coordinator can do for them, and what no one can."""

import json
from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from tests.factories import answers_for, signed_in, submit_one
from tests.integration.tables import everything
from tests.turned import the_day_is_over
from webapp.models import ErasureSecret, OutboxMessage, OwnCopy, Part, Submission
from webapp.rules import clock
from webapp.rules.audit_details import OfPurpose
from webapp.rules.contact.caller_matching import Clue, Clues
from webapp.rules.mail_kinds import CONFIRMATION_CONSENT
from webapp.rules.reasons import Reason
from webapp.rules.references import reference
from webapp.services.answers import consents, data_portability, own_copies
from webapp.services.answers.consents import Subject
from webapp.services.answers.corrections import NothingLeft
from webapp.services.answers.own_copies import Held, NothingHeld
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.infrastructure.limits import TooMany
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import contact_exports, disclosure, export_purposes, exported_lists
from webapp.services.opening.disclosure import AskedNotTo, Erased
from webapp.services.phone_requests import (
    caller_acts,
    caller_corrections,
    caller_search,
    receipt_reissue,
)
from webapp.services.phone_requests.caller_corrections import (
    CallerCorrection,
    NoCopyKey,
    NothingChanged,
)
from webapp.vault import receipts
from webapp.vault.envelope import DoesNotOpen

pytestmark = pytest.mark.usefixtures("inside")

WHY = "rang back. They asked by phone"
NEW_NUMBER = "07700 900555"


@pytest.fixture
def holder(founded: Founded) -> Holder:
    return signed_in(founded)


def row(submission_id: object) -> Submission:
    with stores.reading() as main:
        return main.get_one(Submission, submission_id)


def tags() -> list[str]:
    assert audit.verify() > 0
    return [line.tag for line in audit.recent()]


def standing(submission_id: object) -> set[str]:
    with stores.reading() as main:
        return set(consents.standing_purposes(main, [submission_id])[submission_id])


def subject_of(held: Held) -> Subject:
    return Subject(held.submission_id, held.call_id, held.form, held.language)


def part(submission_id: object, purpose: str = "contact") -> Part:
    with stores.reading() as main:
        return main.scalars(
            select(Part).where(Part.submission_id == submission_id, Part.purpose == purpose)
        ).one()


def corrected(holder: Holder, submission_id: object, **changes: str | None) -> bool:
    """Correct contact details as they are held now, with these changes."""
    held = caller_corrections.open_contact(holder, submission_id, WHY)
    wanted = {key: value for key, value in {**held.answers, **changes}.items() if value is not None}
    correction = CallerCorrection(uuid4(), held.seen, wanted)
    return caller_corrections.correct(holder, submission_id, correction, WHY)


# Taking back


def test_a_permission_is_taken_back_once_and_the_record_says_which(holder: Holder) -> None:
    # Given a participant who said yes to everything
    sent = submit_one()
    # When a coordinator takes one back for them, and presses twice
    assert caller_acts.take_back(holder, sent.submission_id, ["quote"], WHY) == {"quote"}
    assert caller_acts.take_back(holder, sent.submission_id, ["quote"], WHY) == set()
    # Then that one is gone, the others stand, and the record has one line with the reason
    assert standing(sent.submission_id) == {"contact_me", "invite", "share"}
    newest, *_ = audit.recent()
    assert (newest.tag, newest.detail, newest.subject_id, newest.reason) == (
        "taken back for a caller",
        OfPurpose("quote"),
        sent.submission_id,
        WHY,
    )
    assert newest.actor == str(holder.coordinator_id)
    assert tags().count("taken back for a caller") == 1
    # And their own history shows it, with no note as if they had done it themselves
    held = own_copies.find_held(sent.receipt)
    assert [one.granted for one in data_portability.history(held) if one.purpose == "quote"] == [
        True,
        False,
    ]
    assert the_day_is_over() == 0
    assert held.changed_for_them_on == clock.today()


def test_nothing_that_the_person_took_back_is_ever_granted(holder: Holder) -> None:
    # Given a participant who took a permission back with their code
    sent = submit_one()
    consents.change(subject_of(own_copies.find_held(sent.receipt)), "invite", granted=False)
    # When a coordinator does everything that there is
    caller_acts.take_back(holder, sent.submission_id, ["invite", "no-such-purpose"], WHY)
    corrected(holder, sent.submission_id, phone=NEW_NUMBER)
    # Then it is still taken back
    assert "invite" not in standing(sent.submission_id)
    held = own_copies.find_held(sent.receipt)
    assert [one.granted for one in data_portability.history(held) if one.purpose == "invite"] == [
        True,
        False,
    ]


# Do not contact


def test_who_must_not_be_contacted_is_in_no_list_and_opened_for_danger_alone(
    holder: Holder, founded: Founded, call: Call
) -> None:
    # Given two people, and one of them rings
    sent, other = submit_one(call), submit_one(call)
    # When the caller is marked, twice
    caller_acts.do_not_contact(holder, sent.submission_id, WHY)
    caller_acts.do_not_contact(holder, sent.submission_id, WHY)
    # Then their permissions stand, and no list counts or holds them
    assert "contact_me" in standing(sent.submission_id)
    people = {one.purpose: one.people for one in export_purposes.purposes_for(call)}
    assert people["contact_me"] == 1
    file = contact_exports.export_consented(
        holder,
        call,
        purpose="contact_me",
        reason=Reason("ask"),
        file_format="csv",
        password="",
    )
    assert reference(sent.submission_id).encode() not in file.content
    assert reference(other.submission_id).encode() in file.content
    # And no coordinator opens how to reach them, but for danger, and then it is said
    with pytest.raises(AskedNotTo):
        disclosure.open_contact(holder, sent.submission_id, Reason("ask"))
    opened = disclosure.open_contact(holder, sent.submission_id, Reason("danger"))
    assert opened.do_not_contact_on == clock.today()
    assert tags().count("do not contact") == 1


def test_a_list_made_before_says_whom_to_cross_out(
    holder: Holder, founded: Founded, call: Call
) -> None:
    # Given a list with a participant in it
    sent = submit_one(call)
    file = contact_exports.export_consented(
        holder,
        call,
        purpose="contact_me",
        reason=Reason("ask"),
        file_format="csv",
        password="",
    )
    # When they ring and ask not to be contacted
    caller_acts.do_not_contact(holder, sent.submission_id, WHY)
    # Then its page names them, until they say themselves that it is all right again
    assert exported_lists.find_export(file.export_id).withdrawn_since == (
        reference(sent.submission_id),
    )
    consents.contact_again(sent.submission_id)
    assert exported_lists.find_export(file.export_id).withdrawn_since == ()


def test_only_the_person_lifts_it_by_saying_so_or_by_a_permission(holder: Holder) -> None:
    # Given a participant who is not to be contacted
    sent = submit_one()
    caller_acts.do_not_contact(holder, sent.submission_id, WHY)
    held = own_copies.find_held(sent.receipt)
    assert held.do_not_contact_on == clock.today()
    # When other things change, it stands
    consents.change(subject_of(held), "quote", granted=False)
    consents.change(subject_of(held), "quote", granted=True)
    consents.change(subject_of(held), "contact_me", granted=False)
    corrected(holder, sent.submission_id, phone=NEW_NUMBER)
    assert row(sent.submission_id).do_not_contact_on == clock.today()
    # When they give a permission to be reached again, it is lifted
    consents.change(subject_of(held), "contact_me", granted=True)
    assert row(sent.submission_id).do_not_contact_on is None
    # And when they press the button, too; pressing again changes nothing
    caller_acts.do_not_contact(holder, sent.submission_id, WHY)
    consents.contact_again(sent.submission_id)
    consents.contact_again(sent.submission_id)
    assert row(sent.submission_id).do_not_contact_on is None
    the_day_is_over()
    # And the record has one line for that day
    assert tags().count("contact allowed again") == 1


def test_a_mail_that_waits_for_them_is_not_sent(holder: Holder, call: Call) -> None:
    # Given a participant who asked for a confirmation by e-mail
    sent = submit_one(
        call,
        answers=answers_for(
            call.form, safe_ways=["email"], email_shared="no", contact_wanted="yes"
        ),
        given={CONFIRMATION_CONSENT: True, "contact_me": True},
    )
    with stores.reading() as main:
        assert main.scalars(select(OutboxMessage)).all()
    # When they ring before it left
    caller_acts.do_not_contact(holder, sent.submission_id, WHY)
    # Then it never does
    with stores.reading() as main:
        assert not main.scalars(select(OutboxMessage)).all()


# Correcting


def test_a_corrected_number_is_seen_by_the_desk_and_by_the_person(holder: Holder) -> None:
    # Given a participant whose number changed
    sent = submit_one()
    before, old_secrets = everything(), part(sent.submission_id).secret_id
    # When a coordinator corrects it for them
    assert corrected(holder, sent.submission_id, phone=NEW_NUMBER)
    # Then the desk opens the new one
    opened = disclosure.open_contact(holder, sent.submission_id, Reason("ask"))
    assert opened.contact is not None and opened.contact.phone is not None
    assert opened.contact.phone.number == NEW_NUMBER
    # And they see it with the code that they have, beside all they said before
    held = own_copies.find_held(sent.receipt)
    assert held.answers == {**sent.answers, "phone": NEW_NUMBER}
    assert (
        held.changed_for_them_on == held.received_on == row(sent.submission_id).contact_changed_on
    )
    # And the old one can no longer be opened, while the other parts were not touched
    with stores.reading("erasure") as secrets:
        assert secrets.get(ErasureSecret, old_secrets) is None
    untouched = [one for one in before["parts"] if one in everything()["parts"]]
    assert len(untouched) == len(before["parts"]) - 1
    assert part(sent.submission_id).due_on == held.due_on["contact"]
    # And the record says so once it is done
    assert tags()[:3] == [
        "contact opened",
        "contact corrected for a caller",
        "contact opened for a caller",
    ]


def test_they_can_correct_it_again_themselves(holder: Holder) -> None:
    # Given details that a coordinator corrected, twice
    sent = submit_one()
    corrected(holder, sent.submission_id, phone=NEW_NUMBER)
    corrected(holder, sent.submission_id, phone="07700 900666")
    assert own_copies.find_held(sent.receipt).answers["phone"] == "07700 900666"


def test_their_own_correction_meanwhile_wins(holder: Holder) -> None:
    # Given a coordinator with a form open, and a participant who corrects with their code
    sent = submit_one()
    held = caller_corrections.open_contact(holder, sent.submission_id, WHY)
    from webapp.services.answers import corrections
    from webapp.services.answers.corrections import Correction

    own = own_copies.find_held(sent.receipt)
    corrections.correct(
        sent.receipt,
        Correction(
            uuid4(), own.copies, {**own.answers, "phone": "07700 900777"}, frozenset(), "en"
        ),
    )
    # When the coordinator saves
    late = CallerCorrection(uuid4(), held.seen, {**held.answers, "phone": NEW_NUMBER})
    with pytest.raises(EditConflict):
        caller_corrections.correct(holder, sent.submission_id, late, WHY)
    # Then what the participant wrote stands
    assert own_copies.find_held(sent.receipt).answers["phone"] == "07700 900777"
    assert "contact corrected for a caller" not in tags()


def test_saving_twice_is_changing_once(holder: Holder) -> None:
    sent = submit_one()
    held = caller_corrections.open_contact(holder, sent.submission_id, WHY)
    once = CallerCorrection(uuid4(), held.seen, {**held.answers, "phone": NEW_NUMBER})
    assert caller_corrections.correct(holder, sent.submission_id, once, WHY)
    after = part(sent.submission_id).id
    assert caller_corrections.correct(holder, sent.submission_id, once, WHY)
    assert part(sent.submission_id).id == after
    assert tags().count("contact corrected for a caller") == 1


def test_without_a_safe_way_the_permissions_to_be_reached_go(holder: Holder) -> None:
    # Given a participant who said yes to everything
    sent = submit_one()
    # When they say by phone that no way is safe any more
    corrected(holder, sent.submission_id, contact_wanted="no")
    # Then what needs a way is taken back, and the rest stands
    assert standing(sent.submission_id) == {"quote"}
    assert the_day_is_over() == 0


def test_the_same_details_and_none_at_all_change_nothing(holder: Holder) -> None:
    sent = submit_one()
    before = part(sent.submission_id).id
    with pytest.raises(NothingChanged):
        corrected(holder, sent.submission_id)
    held = caller_corrections.open_contact(holder, sent.submission_id, WHY)
    with pytest.raises(NothingLeft):
        caller_corrections.correct(
            holder, sent.submission_id, CallerCorrection(uuid4(), held.seen, {}), WHY
        )
    assert part(sent.submission_id).id == before


def test_nothing_but_contact_is_taken(holder: Holder) -> None:
    # Given a form that was tampered with
    sent = submit_one()
    corrected(
        holder, sent.submission_id, phone=NEW_NUMBER, change_words="Not mine.", age_band="25_34"
    )
    # Then what they told us is as they told it
    assert own_copies.find_held(sent.receipt).answers == {**sent.answers, "phone": NEW_NUMBER}


def test_a_participant_who_gave_no_contact_has_none_to_correct(holder: Holder, call: Call) -> None:
    sent = submit_one(call, answers={"adult": "yes", "change_words": "Mine."})
    with pytest.raises(Erased):
        caller_corrections.open_contact(holder, sent.submission_id, WHY)
    assert not caller_acts.find(sent.submission_id).has_contact


# A new code


def test_a_new_code_opens_everything_and_the_old_one_nothing(
    holder: Holder, founded: Founded
) -> None:
    # Given a participant who lost their paper
    sent = submit_one()
    before = own_copies.find_held(sent.receipt)
    receipt = own_copies.new_receipt()
    # When a coordinator hands out a new code
    done = receipt_reissue.new_code(holder, sent.submission_id, receipt, reason=WHY)
    # Then it opens what they told us, except for what belongs to no one
    held = own_copies.find_held(receipt)
    assert done
    assert held.by_part == {
        purpose: said for purpose, said in before.by_part.items() if purpose != "equality"
    }
    assert held.consents == before.consents
    assert held.due_on == {one: day for one, day in before.due_on.items() if one != "equality"}
    assert held.equality is None
    # And the old one opens nothing: no row and no secret of it is left
    with pytest.raises(NothingHeld):
        own_copies.find_held(sent.receipt)
    with stores.reading() as main:
        assert not main.scalars(
            select(OwnCopy).where(OwnCopy.lookup == own_copies.labels_of(sent.receipt).lookup)
        ).all()
    # And the desk still opens the answers, and can correct under the new code
    assert disclosure.open_testimony(holder, sent.submission_id, Reason("report")).answers
    corrected(holder, sent.submission_id, phone=NEW_NUMBER)
    assert own_copies.find_held(receipt).answers["phone"] == NEW_NUMBER


def test_answers_about_equality_stay_unlinked_until_their_day(
    holder: Holder, founded: Founded
) -> None:
    # Given a participant who told us about equality, too
    sent = submit_one()
    (apart,) = [one for one in everything()["parts"] if "equality" in one]
    # When they get a new code
    receipt_reissue.new_code(holder, sent.submission_id, own_copies.new_receipt(), reason=WHY)
    # Then those answers are as they were, and nothing leads to them
    assert apart in everything()["parts"]
    assert not [one for one in everything()["own_copies"] if "equality" in one]


def test_pressed_twice_it_is_one_code(holder: Holder, founded: Founded) -> None:
    sent, receipt = submit_one(), own_copies.new_receipt()
    for _ in range(2):
        assert receipt_reissue.new_code(holder, sent.submission_id, receipt, reason=WHY)
    assert tags().count("new code for a caller") == 1


def test_details_without_a_copy_key_wait_for_a_new_code(
    holder: Holder, founded: Founded, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a participant whose parts carry no key
    with monkeypatch.context() as then:
        then.setattr(own_copies, "key_for_part", lambda labels, purpose: None)
        sent = submit_one()
    # Then their code and the desk still open everything
    assert own_copies.find_held(sent.receipt).answers == sent.answers
    assert disclosure.open_contact(holder, sent.submission_id, Reason("ask")).contact
    # And a coordinator is told that a new code comes first; then details can be corrected
    with pytest.raises(NoCopyKey):
        caller_corrections.open_contact(holder, sent.submission_id, WHY)
    receipt = own_copies.new_receipt()
    receipt_reissue.new_code(holder, sent.submission_id, receipt, reason=WHY)
    corrected(holder, sent.submission_id, phone=NEW_NUMBER)
    assert own_copies.find_held(receipt).answers["phone"] == NEW_NUMBER


# Who could learn whose equality answers are whose


def test_no_key_at_the_desk_opens_a_copy_of_answers_about_equality(holder: Holder) -> None:
    # Given every part that a coordinator can open
    sent = submit_one()
    with stores.reading() as main:
        held = list(main.scalars(select(Part)))
        copy = main.scalars(select(OwnCopy).where(OwnCopy.purpose == "equality")).one()
    contents = {one.purpose: content for one, content in disclosure.open_contents(holder, held)}
    assert set(contents) == {"contact", "testimony", "equality"}
    # When each key that stands in one is tried on that copy
    keys = [content.copy_key for content in contents.values() if content.copy_key]
    assert len(keys) == 2
    with stores.reading("erasure") as secrets:
        secret = secrets.get_one(ErasureSecret, copy.secret_id).secret
    for key in keys:
        with pytest.raises(DoesNotOpen):
            receipts.open_own_copy(
                copy.envelope,
                copy_key=key,
                secret=secret,
                context=own_copies._context(copy, part(sent.submission_id).form_version),
            )
    # Then the part itself says nothing but the answers
    assert "copy" not in json.dumps(contents["equality"].answers)


# Deleting


def test_deleting_for_a_caller_leaves_nothing_that_names_them(holder: Holder) -> None:
    # Given two people
    sent, other = submit_one(), submit_one()
    # When one is deleted, and the button pressed twice
    assert caller_acts.delete(holder, sent.submission_id, WHY).complete
    assert caller_acts.delete(holder, sent.submission_id, WHY).complete
    # Then nothing names them, their code opens nothing, and the other is as before
    with pytest.raises(NothingHeld):
        own_copies.find_held(sent.receipt)
    assert own_copies.find_held(other.receipt).answers == other.answers
    left = everything()
    for table in ("submissions", "parts", "own_copies", "consents"):
        assert not [one for one in left[table] if sent.submission_id in one], table
    # And of both, the answers about equality stay until their day, and belong to no one
    assert len([one for one in left["parts"] if "equality" in one]) == 2
    assert tags().count("deleted for a caller") == 1


@pytest.mark.parametrize("act", ["take back", "leave alone", "delete"])
def test_a_stolen_session_cannot_silence_or_delete_everyone(
    holder: Holder, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    # Given a share for each coordinator that is used up
    from webapp.services.infrastructure import limits

    sent, taken = submit_one(given={"contact_me": True}), []

    def refuse(name: str, who: str) -> None:
        taken.append((name, who))
        raise TooMany(name)

    monkeypatch.setattr(limits, "take_for", refuse)
    # When one more act is asked for, then nothing is done
    with pytest.raises(TooMany):
        {
            "take back": lambda: caller_acts.take_back(
                holder, sent.submission_id, ["contact_me"], WHY
            ),
            "leave alone": lambda: caller_acts.do_not_contact(holder, sent.submission_id, WHY),
            "delete": lambda: caller_acts.delete(holder, sent.submission_id, WHY),
        }[act]()
    assert taken == [("caller-act", holder.coordinator_id.hex)]
    held = own_copies.find_held(sent.receipt)
    assert held.do_not_contact_on is None and any(one.granted for one in held.consents)


def test_deleting_a_participant_who_never_was_is_no_success(holder: Holder) -> None:
    with pytest.raises(Erased):
        caller_acts.delete(holder, uuid4(), WHY)
    for act in (caller_acts.find,):
        with pytest.raises(Erased):
            act(uuid4())


# Finding


def test_a_caller_is_found_by_what_they_say_and_the_record_keeps_none_of_it(
    holder: Holder, call: Call
) -> None:
    # Given people, one of whom rings
    mine = submit_one(
        call, answers=answers_for(call.form, name_to_use="Robin", phone="07700 900321")
    )
    submit_one(call, answers=answers_for(call.form, name_to_use="Sam", phone="07700 900654"))
    # When a coordinator types what they say
    clues = Clues(name="robin", phone="+44 7700 900321")
    found = caller_search.search(holder, [call], clues, WHY)
    # Then they alone come out, with what matched
    (one,) = found.found
    assert (one.submission_id, one.matched, one.name) == (
        mine.submission_id,
        (Clue.NAME, Clue.PHONE),
        "Robin",
    )
    # And the record has one line for the call, with the number opened and nothing that was looked for
    newest, *_ = audit.recent()
    assert (newest.tag, newest.subject_id) == ("searched for a caller", call.id)
    assert newest.reason == f"{WHY} (2 opened)"
    assert "900321" not in repr(everything()) and "robin" not in repr(everything()).lower()


def test_answers_are_opened_for_words_alone_and_a_reference_opens_nothing(
    holder: Holder, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = submit_one(
        call, answers=answers_for(call.form, change_words="The judge wore red shoes.")
    )
    opened: list[str] = []
    open_contents = disclosure.open_contents

    def watch(holder: Holder, parts: list[Part], **options: bool):  # type: ignore[no-untyped-def]
        opened.extend(one.purpose for one in parts)
        return open_contents(holder, parts, **options)

    monkeypatch.setattr(disclosure, "open_contents", watch)
    by_reference = Clues(reference=reference(sent.submission_id).lower().replace("-", " "))
    (found,) = caller_search.search(holder, [call], by_reference, WHY).found
    assert (found.submission_id, found.name, opened) == (sent.submission_id, "", [])
    caller_search.search(holder, [call], Clues(name="Nobody"), WHY)
    assert set(opened) == {"contact"}
    (found,) = caller_search.search(holder, [call], Clues(words="red SHOES, judge"), WHY).found
    assert (found.matched, found.name) == ((Clue.WORDS,), "")
    assert set(opened) == {"contact", "testimony"}
    # And reading answers in a search is not reading them
    assert row(sent.submission_id).first_opened_on is None


def test_one_damaged_part_keeps_no_participant_from_being_found(holder: Holder, call: Call) -> None:
    broken, sent = submit_one(call), submit_one(call)
    with stores.writing() as main:
        main.execute(
            update(Part)
            .where(Part.submission_id == broken.submission_id, Part.purpose == "contact")
            .values(envelope=b"\x01\x01" + bytes(700))
        )
    found = caller_search.search(holder, [call], Clues(phone="07700 900 123"), WHY)
    assert [one.submission_id for one in found.found] == [sent.submission_id]
    assert found.damaged == 1


def test_too_many_matches_are_cut_and_counted(
    holder: Holder, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caller_search, "MOST", 2)
    for _ in range(3):
        submit_one(call)
    found = caller_search.search(holder, [call], Clues(phone="07700 900123"), WHY)
    assert (len(found.found), found.more) == (2, 1)


def test_searches_have_a_limit_of_their_own(
    holder: Holder, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a desk that a coordinator left open
    from webapp.services.infrastructure import limits

    monkeypatch.setattr(limits, "take_for", _refuse)
    with pytest.raises(TooMany):
        caller_search.search(holder, [call], Clues(name="Ana"), WHY)
    assert "searched for a caller" not in tags()


def _refuse(name: str, who: str) -> None:
    assert name == "caller-search"
    raise TooMany(name)


def test_days_are_all_that_is_kept(holder: Holder) -> None:
    sent = submit_one()
    caller_acts.do_not_contact(holder, sent.submission_id, WHY)
    kept = row(sent.submission_id)
    assert isinstance(kept.do_not_contact_on, date) and isinstance(kept.changed_for_them_on, date)
