"""One person's answers stay closed until a coordinator opens them, with a reason, on the record."""

from http import HTTPStatus
from uuid import uuid4

import pytest
from sqlalchemy import delete, update

from tests.integration.desk.worker import Participant, Worker
from tests.turned import the_worker_kept_running
from webapp.models import Part, PurposeKeySeal
from webapp.rules.contact.questions import HELPER_KINDS
from webapp.services.answers import erasing, own_copies
from webapp.services.infrastructure import stores
from webapp.services.retention import expiry

TOLD = {"change_words": "Ask us before you decide.", "adult": "yes"}


def lose_keys(worker: Worker) -> None:
    """The coordinator holds no purpose key any more."""
    with worker.app.app_context(), stores.writing("erasure") as store:
        store.execute(delete(PurposeKeySeal))


def damage(worker: Worker, participant: Participant) -> None:
    """What was sealed is changed by an attacker who can write to the database."""
    with worker.app.app_context(), stores.writing() as main:
        main.execute(
            update(Part)
            .where(Part.submission_id == participant.id)
            .values(envelope=b"\x01\x01" + bytes(700))
        )


# The list


def test_the_list_tells_nothing_of_what_was_said(worker: Worker) -> None:
    # Given a participant who said a lot
    participant = worker.answered_by("contact_me", "quote", language="ar", **TOLD)
    # When a coordinator looks at the list, and at that person
    for page in (worker.get("/desk/calls/support-needs"), worker.look_at(participant)):
        # Then they see the day, the language, whether it was read, and what was agreed to
        assert participant.reference in page.text
        assert "Arabic" in page.text
        assert "Not yet" in page.text
        assert "Contact me" in page.text
        assert "Quote me, without my name" in page.text
        assert "Invite me" not in page.text
        # And not a word that was written
        assert "Ask us before" not in page.text
        assert "ana.k@example.org" not in page.html
        assert "07700" not in page.html


def test_fifty_on_a_page(worker: Worker) -> None:
    # Given more people than a page has room for
    for _ in range(52):
        worker.answered_by(adult="yes")
    # When a coordinator looks through them
    page = worker.get("/desk/calls/support-needs")
    newest = references(worker)
    assert "Page 1 of 2" in page.text
    worker.follow("Older")
    oldest = references(worker)
    # Then each submission is there once
    assert (len(newest), len(oldest)) == (50, 2)
    assert len({*newest, *oldest}) == 52
    worker.follow("Newer")
    assert references(worker) == newest
    # And strange page numbers lead somewhere
    for strange in ("0", "-1", "999999999999", "two"):
        worker.get(f"/desk/calls/support-needs?page={strange}")
        assert worker.status == HTTPStatus.OK


def references(worker: Worker) -> list[str]:
    """Where the list leads, by its references."""
    links = (one for one in worker.page.all("a") if one.get("class") == "reference")
    return [link.get("href", "") for link in links]


@pytest.mark.parametrize(
    "address",
    [
        "/desk/calls/no-such-call",
        f"/desk/submissions/{uuid4()}",
        f"/desk/exports/{uuid4()}",
    ],
    ids=["call", "submission", "export"],
)
def test_what_is_not_here_is_said_kindly(page_worker: Worker, address: str) -> None:
    page = page_worker.get(address)
    assert page_worker.status == HTTPStatus.NOT_FOUND
    assert page.h1 == "This is no longer here"


# Opening answers


def test_opening_shows_the_answers_and_writes_it_down(worker: Worker) -> None:
    # Given answers in a participant's own words and language
    participant = worker.answered_by(language="ar", change_words="اسألونا أولاً.", later_words=None)
    # When a coordinator opens them with a reason
    page = worker.open_answers(participant, words="for chapter two")
    # Then the words are there, as they were written
    assert worker.status == HTTPStatus.OK
    (words,) = [
        element
        for element in page.all("dd")
        if element.get("lang") == "ar" and "اسألونا" in "".join(element.itertext())
    ]
    assert words.get("dir") == "auto"
    # And what was left out is counted, and folded away below
    assert "Not answered: one question" in page.text
    (folded,) = page.all("details")
    assert len(list(folded.iter("li"))) == 1
    # And none of the contact details, which have a door of their own
    assert "example.org" not in page.html
    # And the record says who, what, whose and why
    newest = worker.record()[0]
    assert newest.tag == "answers opened"
    assert newest.subject_id == participant.id
    assert newest.reason == "To write the report: for chapter two"
    # And the list says that they were read
    assert "Not yet" not in worker.look_at(participant).text


@pytest.mark.parametrize(
    ("said_yes_to", "told"),
    [
        ("quote", "They gave permission to be quoted. Leave out their name and anything that"),
        ("invite", "They did not give permission to be quoted. Do not use their words, even"),
    ],
)
def test_whether_they_may_be_quoted_is_said_before_and_beside_their_words(
    page_worker: Worker, said_yes_to: str, told: str
) -> None:
    # Given a participant who agreed to one thing
    participant = page_worker.answered_by(said_yes_to, **TOLD)
    # Then their page says whether a report may have words of theirs, and so do their answers
    assert told in page_worker.look_at(participant).text
    page = page_worker.open_answers(participant)
    assert told in page.text
    # And what to do when a participant seems to be in danger is always there
    assert "tell the person responsible for safeguarding in your charity" in page.text


def test_a_yes_that_was_taken_back_is_no_yes_to_being_quoted(page_worker: Worker) -> None:
    # Given a participant who takes their yes back while a coordinator has their page open
    participant = page_worker.answered_by("quote", **TOLD)
    page_worker.look_at(participant)
    page_worker.changes_mind(participant, "quote")
    # When the coordinator then opens the answers
    page = page_worker.press("Open the answers", **{"answers-why": "report"})
    # Then they see how it is now
    assert "They did not give permission to be quoted" in page.text


def test_markup_in_an_answer_stays_words(page_worker: Worker) -> None:
    participant = page_worker.answered_by(change_words="<b>Loud</b> & {{ 7 * 7 }}")
    page = page_worker.open_answers(participant)
    assert "<b>Loud</b> & {{ 7 * 7 }}" in page.text
    assert not page.all("b")


def test_looking_opens_nothing(worker: Worker) -> None:
    participant = worker.answered_by("contact_me")
    before = worker.tags()
    worker.look_at(participant)
    for act in ("answers", "contact"):
        answer = worker.client.get(f"/desk/submissions/{participant.id}/{act}")
        # Then it leads to the page with the button, and that is all
        assert answer.status_code == HTTPStatus.SEE_OTHER
        assert answer.headers["Location"] == f"/desk/submissions/{participant.id}"
    assert worker.tags() == before


@pytest.mark.parametrize(
    ("filled", "words"),
    [
        ({}, "Choose why you are doing this"),
        ({"answers-why": "report", "answers-words": "x" * 141}, "Make this 1 letter shorter"),
        ({"answers-why": "other"}, "Give your reason in a few words"),
        ({"answers-why": "report", "answers-words": "call ana@example.org"}, "Leave out e-mail"),
        ({"answers-why": "report", "answers-words": "07700 900 123"}, "Leave out e-mail"),
        ({"answers-why": "report", "answers-words": "(020) 7946-0958"}, "Leave out e-mail"),
    ],
    ids=["none", "long", "other", "address", "number", "number-with-marks"],
)
def test_nothing_opens_without_a_good_reason(
    page_worker: Worker, filled: dict[str, str], words: str
) -> None:
    # Given a participant's answers
    participant = page_worker.answered_by(**TOLD)
    page_worker.look_at(participant)
    # When a coordinator gives no reason, or one that says too much
    page = page_worker.press("Open the answers", **filled)
    # Then they are told, what they typed is still there, and nothing was opened
    assert page_worker.status == HTTPStatus.BAD_REQUEST
    assert words in page.text
    assert filled.get("answers-words", "") in page.html
    assert "Ask us before" not in page.text
    assert "answers opened" not in page_worker.tags()


def test_a_made_up_reason_is_no_reason(page_worker: Worker) -> None:
    participant = page_worker.answered_by(**TOLD)
    page = page_worker.look_at(participant)
    token = page.by_id.get("csrf_token") or next(
        element for element in page.all("input") if element.get("name") == "csrf_token"
    )
    page_worker.post(
        f"/desk/submissions/{participant.id}/answers",
        {"csrf_token": token.get("value"), "answers-why": "curiosity"},
    )
    assert page_worker.status == HTTPStatus.BAD_REQUEST


def test_a_reason_of_ones_own(worker: Worker) -> None:
    participant = worker.answered_by(**TOLD)
    worker.look_at(participant)
    own = {"answers-why": "other", "answers-words": "  They asked\n me to\x00 look "}
    worker.press("Open the answers", **own)
    assert worker.record()[0].reason == "They asked me to look"


def test_the_longest_reason_fits_the_record(worker: Worker) -> None:
    participant = worker.answered_by("contact_me")
    worker.look_at(participant)
    longest = {"contact-why": "ask", "contact-words": "ä" * 140}
    worker.press("Open the contact details", **longest)
    assert worker.status == HTTPStatus.OK
    assert worker.record()[0].reason.endswith("ä" * 140)


def test_an_opening_without_the_key_is_in_the_record(worker: Worker) -> None:
    # Given a coordinator who has lost their key for this call
    participant = worker.answered_by("contact_me", **TOLD)
    lose_keys(worker)
    # When they try to open something
    for press in (worker.open_answers, worker.open_contact):
        page = press(participant)
        # Then it stays closed, and that they tried is in the record, once more each time
        assert worker.status == HTTPStatus.FORBIDDEN
        assert page.h1 == "You do not have the key for this"
        assert worker.tags()[0] == "opening tried"
    assert worker.tags().count("opening tried") == 2
    assert not {"answers opened", "contact opened"} & set(worker.tags())


def test_an_opening_that_fails_is_in_the_record(worker: Worker) -> None:
    # Given sealed answers that an attacker changed in the database
    participant = worker.answered_by(**TOLD)
    damage(worker, participant)
    # When a coordinator opens them
    page = worker.open_answers(participant)
    # Then nothing is shown, they are told to stop and whom to tell, and the attempt is in the record all the same
    assert worker.status == HTTPStatus.INTERNAL_SERVER_ERROR
    assert page.h1 == "This was changed or damaged"
    assert worker.tags()[0] == "opening tried"


def test_what_was_erased_cannot_be_opened(worker: Worker) -> None:
    # Given a coordinator who looks at a participant's page
    participant = worker.answered_by("contact_me")
    worker.look_at(participant)
    # When that person erases everything, and the coordinator then presses the button
    with worker.app.app_context():
        erasing.erase_held(own_copies.find_held(participant.receipt))
    page = worker.press("Open the answers", **{"answers-why": "report"})
    # Then it is gone
    assert worker.status == HTTPStatus.NOT_FOUND
    assert page.h1 == "This is no longer here"
    assert participant.reference not in worker.get("/desk/calls/support-needs").text


# Opening contact details

SAFE = {
    "name_to_use": "Sky",
    "safe_ways": ["email", "call"],
    "email": "sky@example.org",
    "email_shared": "unsure",
    "email_say_who": "no",
    "phone": "07700 900123",
    "phone_shared": "no",
    "phone_say_who": "yes",
    "voicemail": "no",
    "contact_times": ["weekends"],
    "contact_notes": "Say it is about the book club.",
}
NO_HELPER = dict.fromkeys(HELPER_KINDS)


def test_contact_is_shown_as_safety(worker: Worker) -> None:
    # Given a participant who may be mailed and called, and told us how
    participant = worker.answered_by("contact_me", **SAFE)
    # When a coordinator opens that
    page = worker.open_contact(participant)
    facts = [
        tuple("".join(part.itertext()).strip() for part in fact)
        for fact in page.all("div")
        if len(fact) == 2 and fact[0].tag == "dt"
    ]
    # Then what is safe comes first, then what is not, and when
    assert facts[:5] == [
        ("Safe", "E-mail, Phone call"),
        ("Phone number", "07700 900123"),
        ("E-mail address", "sky@example.org"),
        ("Not safe", "Text message, Voicemail, Messages in an app"),
        ("When", "At the weekend"),
    ]
    assert ("To keep in mind", "Say it is about the book club.") in facts
    assert ("Name to use", "Sky") in facts
    # And for each way, what to mind
    unsaid = "No. Do not say our name, our charity, or what this is about"
    assert ("May we say who we are?", unsaid) in facts
    unsure = "They are not sure, so assume that someone does. Do not write anything that others must not read."
    assert ("Does anyone else see it?", unsure) in facts
    assert ("Voicemail", "Not safe. Do not leave one") in facts
    assert ("Does anyone else use it?", "No, only they do") in facts
    # And the day on which they told us, and what they said yes to
    assert "They told us this today." in page.text
    assert "You may get in touch with me" in page.text
    # And it is in the record
    assert worker.tags()[0] == "contact opened"


def test_a_way_that_is_not_safe_is_not_on_the_page(page_worker: Worker) -> None:
    participant = page_worker.answered_by("contact_me", **{**SAFE, "safe_ways": ["email"]})
    page = page_worker.open_contact(participant)
    assert "sky@example.org" in page.text
    assert "07700" not in page.html


def test_messages_by_app_are_a_way_of_their_own_on_the_page(page_worker: Worker) -> None:
    # Given a participant who may be written to in an app, and in no other way
    app = {"app": "signal", "app_name": "sky.42", "app_shared": "yes", "app_say_who": "no"}
    participant = page_worker.answered_by("contact_me", **{**SAFE, **app, "safe_ways": ["app"]})
    page = page_worker.open_contact(participant)
    facts = [
        tuple("".join(part.itertext()).strip() for part in fact)
        for fact in page.all("div")
        if len(fact) == 2 and fact[0].tag == "dt"
    ]
    # Then that is the safe way, with all there is to mind, and no other is on the page
    assert ("Safe", "Messages in an app") in facts
    assert ("App", "Signal") in facts
    assert ("Number or name in the app", "sky.42") in facts
    assert "07700" not in page.html and "sky@example.org" not in page.html
    # And where it is not safe, that is said, and the name is not there
    other = page_worker.answered_by("contact_me", **{**SAFE, **app})
    page = page_worker.open_contact(other)
    assert "Voicemail, Messages in an app" in page.text
    assert "sky.42" not in page.html


def test_no_safe_way_is_an_answer_too(page_worker: Worker) -> None:
    # Given a participant who ticked a box, called no way safe and told of no helper: such a yes is not kept
    participant = page_worker.answered_by(
        "contact_me", **{**SAFE, **NO_HELPER, "safe_ways": ["none"]}
    )
    page = page_worker.look_at(participant)
    # Then there is nothing to open
    assert "Open the contact details" not in page_worker.buttons()
    assert "sky@example.org" not in page.html
    assert "07700" not in page.html


def test_contact_stays_closed_without_a_consent_for_it(worker: Worker) -> None:
    # Given a participant who may be quoted, and nothing else
    participant = worker.answered_by("quote", **SAFE)
    # When a coordinator looks
    page = worker.look_at(participant)
    # Then there is no button, only the reason
    assert "Open the contact details" not in worker.buttons()
    assert "They have not given permission to use their contact details" in page.text


@pytest.mark.parametrize(
    ("only", "said"),
    [
        ("mail_confirmation", "Send me one automatic e-mail"),
        ("through_helper", "Contact me through my helper"),
    ],
)
def test_a_yes_that_allows_no_contact_opens_nothing(worker: Worker, only: str, said: str) -> None:
    # Given a participant who said yes to an automatic mail, or to a way and to nothing to use it for
    participant = worker.answered_by(only, **SAFE | {"email_shared": "no"})
    # When a coordinator looks
    page = worker.look_at(participant)
    # Then there is no button that would do nothing, only the reason and what the yes was to
    assert "Open the contact details" not in worker.buttons()
    assert "They have not given permission to use their contact details" in page.text
    assert said in page.text


def test_a_contact_is_opened_for_what_they_said_yes_to_alone(page_worker: Worker) -> None:
    # Given a participant who wants to be invited, and a confirmation
    own_inbox = SAFE | {"email_shared": "no"}
    participant = page_worker.answered_by("invite", "mail_confirmation", **own_inbox)
    # When a coordinator opens how to reach them
    page = page_worker.open_contact(participant)
    # Then the confirmation is no reason to get in touch
    assert "Invite me" in page.text
    assert "Send me one automatic e-mail" not in page.text


def test_contact_stays_closed_after_a_withdrawal(worker: Worker) -> None:
    # Given a coordinator with the page of a participant who said yes
    participant = worker.answered_by("contact_me", **SAFE)
    worker.look_at(participant)
    # When that person takes it back before the button is pressed
    worker.changes_mind(participant, "contact_me")
    page = worker.press("Open the contact details", **{"contact-why": "ask"})
    # Then nothing opens
    assert worker.status == HTTPStatus.FORBIDDEN
    assert "sky@example.org" not in page.html
    assert "They have not given permission to use" in page.text
    assert "contact opened" not in worker.tags()
    # Until they say yes again
    worker.changes_mind(participant, "contact_me", granted=True)
    assert "sky@example.org" in worker.open_contact(participant).text


def test_contact_that_was_kept_long_enough_is_gone(worker: Worker) -> None:
    # Given contact details whose time is over
    participant = worker.answered_by("contact_me", **SAFE)
    with worker.later(days=90 + 190), worker.app.app_context():
        the_worker_kept_running()
        expiry.erase_due()
    # Then the answers are there, and the contact details are not
    page = worker.look_at(participant)
    assert "the time to keep them is over" in page.text
    assert "Open the contact details" not in worker.buttons()
