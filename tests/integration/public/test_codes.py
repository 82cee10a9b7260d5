"""Codes as people type them, and what they are told."""

import time
from statistics import median

import pytest
from flask import Flask
from sqlalchemy import select

from tests.integration.damage import damage_copies
from tests.integration.public.steps import (
    answer_to,
    errors,
    rows_in,
    send_answers,
    value_of,
)
from tests.integration.test_statements import statements
from tests.people import begin, come_back
from tests.visitor import Visitor
from webapp.models import Submission
from webapp.rules.mail_kinds import CONFIRMATION_CONSENT
from webapp.services.answers import erasing, own_copies
from webapp.services.infrastructure import stores
from webapp.services.sealed import shredding

CODE = "K7QF-2M9X-TC4R-8ZHD-W3NP-J6SQ"
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
NOTHING = (
    "We hold nothing under this code. It may have been deleted, or this may be a different code"
)
LOOKS = 15
SLIP = "One letter or number seems to be wrong. Please check your code again"


def changed(code: str, place: int = 0) -> str:
    """The code with one character different."""
    other = ALPHABET[(ALPHABET.index(code[place]) + 1) % len(ALPHABET)]
    return code[:place] + other + code[place + 1 :]


def answer_in_full(visitor: Visitor, code: str) -> tuple[int, tuple[tuple[str, str], ...], str]:
    """All that a participant can tell apart, but for what they typed themselves, and a length that is blurred."""
    come_back(visitor, code)
    headers = tuple(pair for pair in visitor.response.headers if pair[0] != "Content-Length")
    return visitor.status, headers, visitor.page.html.replace(code, "")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "A code has 24 letters and numbers. Please check yours again"),
        ("   ", "A code has 24 letters and numbers. Please check yours again"),
        (CODE[:-1], "A code has 24 letters and numbers. Please check yours again"),
        (CODE + "7", "A code has 24 letters and numbers. Please check yours again"),
        ("A" * 5000, "A code has 24 letters and numbers. Please check yours again"),
        ("U" + CODE[1:], "A code has only letters and numbers, and never a U."),
        ("؟" + CODE[1:], "A code has only letters and numbers, and never a U."),
        ("<script>alert(1)</scr", "A code has"),
    ],
)
def test_a_mistyped_code_is_named(page_visitor: Visitor, typed: str, says: str) -> None:
    # When a participant mistypes their code
    come_back(page_visitor, typed)
    # Then they are told what is wrong, and what they typed is there to be put right
    assert page_visitor.path == "/en/choices"
    assert page_visitor.status == 400
    (said,) = errors(page_visitor)
    assert said.startswith(says)
    assert value_of(page_visitor, "code") == typed[:200]


@pytest.mark.parametrize(
    "message",
    [
        "Your code: „{code}“",
        "الرمز الخاص بي على ذلك الموقع الذي تحدثنا عنه يوم الثلاثاء عند الطبيب:\r\n«{code}».",
        "{code}\r\n\r\n",
    ],
    ids=["in quotes", "in a long message", "on a line"],
)
def test_a_code_is_pasted_as_it_was_kept(page_visitor: Visitor, message: str) -> None:
    code = send_answers(page_visitor)
    come_back(page_visitor, message.format(code=code))
    assert page_visitor.path == "/en/choices/held"


@pytest.mark.parametrize("place", [0, 2, 8, 13, 23])
def test_a_slip_is_found_by_the_check_character(page_visitor: Visitor, place: int) -> None:
    come_back(page_visitor, changed(own_copies.new_receipt(), place))
    assert errors(page_visitor) == [SLIP]


def test_two_characters_the_wrong_way_round_are_found(page_visitor: Visitor) -> None:
    come_back(page_visitor, "7KQF" + CODE[4:])
    assert errors(page_visitor) == [SLIP]


@pytest.mark.parametrize("begun", [False, True])
def test_a_refused_code_is_kept_nowhere(
    page_app: Flask, page_visitor: Visitor, begun: bool
) -> None:
    # Given a participant who mistypes their code, or hands in one that opens nothing
    if begun:
        begin(page_visitor)
    before = rows_in(page_app, "public_visits")
    for code in (changed(CODE), own_copies.new_receipt()):
        come_back(page_visitor, code)
        assert errors(page_visitor)
        # When another participant opens the page after them
        page_visitor.get("/en/choices")
        # Then there is nothing to be seen, and nothing was opened for it
        assert value_of(page_visitor, "code") == ""
        assert errors(page_visitor) == []
    assert rows_in(page_app, "public_visits") == before


def test_leaving_after_a_slip_shows_nothing_on_back(page_visitor: Visitor) -> None:
    # Given a participant whose code was refused, and who leaves
    come_back(page_visitor, changed(CODE))
    page_visitor.client.get("/leave")
    # When Back asks to send it again
    page_visitor.post("/en/choices", {"code": changed(CODE)})
    # Then there is nothing to be seen
    assert [one.get("action") for one in page_visitor.page.all("form")] == ["/back-in"]
    assert CODE[5:] not in page_visitor.page.html


def test_what_was_wrong_can_be_read_in_another_language(page_visitor: Visitor) -> None:
    # Given a participant who typed their code on a page whose words they cannot read
    come_back(page_visitor, changed(CODE))
    # When they choose their language
    page_visitor.follow("العربية (Arabic)")
    # Then they are at the same question
    assert page_visitor.path == "/ar/choices"


def test_a_slip_says_nothing_about_whether_the_code_exists(page_visitor: Visitor) -> None:
    # Given a code that opens something, and one that never was
    real, never = send_answers(page_visitor), own_copies.new_receipt()
    # When both are mistyped in the same way
    answers = {answer_in_full(page_visitor, changed(code)) for code in (real, never)}
    # Then an attacker cannot tell them apart
    assert len(answers) == 1


def test_an_erased_code_and_one_that_never_was_are_answered_alike(
    app: Flask, visitor: Visitor
) -> None:
    # Given a code whose answers were erased, and one that never was
    erased, never = send_answers(visitor), own_copies.new_receipt()
    come_back(visitor, erased)
    visitor.get("/en/choices/erase")
    visitor.press("Yes, delete everything")
    # When both are handed in, by a new visitor
    new = Visitor(app.test_client())
    answers = {answer_in_full(new, code) for code in (erased, never)}
    # Then status, headers and every letter of the page are the same
    assert len(answers) == 1
    assert errors(new) == [NOTHING]


def test_an_erased_code_and_one_that_never_was_take_the_same_work(
    app: Flask, visitor: Visitor
) -> None:
    # Given a code whose answers were erased, and one that never was
    erased, never = send_answers(visitor), own_copies.new_receipt()
    come_back(visitor, erased)
    visitor.get("/en/choices/erase")
    visitor.press("Yes, delete everything")
    new = Visitor(app.test_client())
    answer_in_full(new, never)
    # When each is handed in, again and again, one after the other
    asked: dict[str, set[tuple[str, ...]]] = {erased: set(), never: set()}
    took: dict[str, list[float]] = {erased: [], never: []}
    for _ in range(LOOKS):
        for code in (erased, never):
            with statements(app) as seen:
                began = time.perf_counter()
                new.client.post("/en/choices", data={"code": code})
                took[code].append(time.perf_counter() - began)
            asked[code].add(tuple(seen))
    # Then the stores are asked the very same things
    assert asked[erased] == asked[never]
    assert len(asked[never]) == 1
    # And no attacker can tell them apart by a clock. (The limit is wide: this machine does other things, too.)
    faster, slower = sorted(median(times) for times in took.values())
    assert slower < 2 * faster, took


@pytest.mark.parametrize(
    "write",
    [
        str.lower,
        lambda code: code.replace("-", ""),
        lambda code: code.replace("-", " "),
        lambda code: f"  {code}\n",
        lambda code: code.replace("-", " - ").swapcase(),
        lambda code: code.replace("0", "O").replace("1", "l"),
        lambda code: code.replace("0", "o").replace("1", "I"),
        lambda code: code.replace("-", "–"),
    ],
)
def test_a_code_may_be_written_as_people_write(page_visitor: Visitor, write) -> None:  # type: ignore[no-untyped-def]
    # Given a participant's code
    code = send_answers(page_visitor)
    # When they type it in their own way
    come_back(page_visitor, write(code))
    # Then it opens
    assert page_visitor.path == "/en/choices/held"


def test_the_right_code_after_a_slip_shows_no_error_any_more(page_visitor: Visitor) -> None:
    code = send_answers(page_visitor)
    come_back(page_visitor, changed(code))
    assert errors(page_visitor) == [SLIP]
    page_visitor.press("Open", code=code)
    assert page_visitor.path == "/en/choices/held"
    page_visitor.get("/en/choices")
    assert errors(page_visitor) == []


def test_a_code_of_another_participant_opens_only_theirs(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given two people
    mine = send_answers(page_visitor, change_words="Mine.")
    other = Visitor(page_app.test_client())
    theirs = send_answers(other, change_words="Theirs.")
    # When one browser hands in one code after the other
    come_back(page_visitor, mine)
    page_visitor.follow("What you told us")
    assert "Mine." in page_visitor.page.text
    come_back(page_visitor, theirs)
    # Then each shows what belongs to it
    page_visitor.follow("What you told us")
    assert "Theirs." in page_visitor.page.text
    assert "Mine." not in page_visitor.page.text


def test_erasing_in_one_tab_is_known_in_another(page_app: Flask, page_visitor: Visitor) -> None:
    # Given two tabs with what is held
    come_back(page_visitor, send_answers(page_visitor, ("quote",)))
    token = value_of(page_visitor, "csrf_token")
    page_visitor.get("/en/choices/erase")
    page_visitor.press("Yes, delete everything")
    # When something is pressed in the other
    for address in ("consent", "erase"):
        page_visitor.post(f"/en/choices/{address}", {"csrf_token": token, "take-back": "quote"})
        # Then it says that it is erased
        assert page_visitor.page.h1 == "Everything is deleted"
    assert rows_in(page_app, "consents") == 0


def test_erasing_on_two_devices_says_on_both_that_it_is_erased(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a participant who stands before "Yes, delete everything" on two devices
    code = send_answers(page_visitor)
    other = Visitor(page_app.test_client())
    for device in (page_visitor, other):
        come_back(device, code)
        device.get("/en/choices/erase")
    # When they press it on both
    for device in (other, page_visitor):
        device.press("Yes, delete everything")
        # Then both say the same, and it is so
        assert (device.status, device.page.h1) == (200, "Everything is deleted")
    assert rows_in(page_app, "submissions") == 0


def test_erasing_pressed_twice_says_that_it_is_erased(
    page_app: Flask, page_visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an impatient finger on an old phone: the second press comes before the first is answered
    come_back(page_visitor, send_answers(page_visitor))
    page_visitor.get("/en/choices/erase")
    token = value_of(page_visitor, "csrf_token")
    cookie = page_visitor.client.get_cookie("hearth")
    assert cookie is not None
    second = Visitor(page_app.test_client())
    second.client.set_cookie("hearth", cookie.value)
    real, pressed = erasing.erase_held, []

    def press_again(held: own_copies.Held) -> shredding.ErasureResult:
        result = real(held)
        if not pressed:
            pressed.append(True)
            second.post("/en/choices/erase", {"csrf_token": token})
        return result

    monkeypatch.setattr(erasing, "erase_held", press_again)
    # When both are answered
    page_visitor.press("Yes, delete everything")
    # Then neither says anything else than that it is erased
    for tab in (page_visitor, second):
        assert (tab.status, tab.page.h1) == (200, "Everything is deleted")


def test_a_consent_after_another_device_erased_everything_says_so(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a participant at what they said yes to, while another device erases everything
    code = send_answers(page_visitor, ("quote",))
    come_back(page_visitor, code)
    page_visitor.get("/en/choices/agreed")
    other = Visitor(page_app.test_client())
    come_back(other, code)
    other.get("/en/choices/erase")
    other.press("Yes, delete everything")
    # When they take a yes back
    page_visitor.press_first()
    # Then they read that nothing is kept any more
    assert (page_visitor.status, page_visitor.page.h1) == (200, "Everything is deleted already")
    # And the code is forgotten: loading again says the same
    page_visitor.get("/en/choices/erased")
    assert page_visitor.page.h1 == "Everything is deleted already"


@pytest.mark.parametrize("button", [{"say-yes": "nonsense"}, {"take-back": ""}, {}])
def test_a_consent_that_is_not_offered_changes_nothing(
    page_app: Flask, page_visitor: Visitor, button: dict[str, str]
) -> None:
    come_back(page_visitor, send_answers(page_visitor, ("quote",)))
    before = rows_in(page_app, "consents")
    token = value_of(page_visitor, "csrf_token")
    page_visitor.post("/en/choices/consent", {"csrf_token": token, **button})
    assert page_visitor.status == 200
    assert rows_in(page_app, "consents") == before


def test_a_confirmation_cannot_be_asked_for_afterwards(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a participant with a safe address who did not ask for a mail when they sent
    said = {"contact_wanted": "yes", **BY_MAIL}
    come_back(page_visitor, send_answers(page_visitor, **said))
    page_visitor.get("/en/choices/agreed")
    assert CONFIRMATION_CONSENT not in page_visitor.page.html
    # When a post asks for it that no button of ours sends
    token = value_of(page_visitor, "csrf_token")
    page_visitor.post("/en/choices/consent", {"csrf_token": token, "say-yes": CONFIRMATION_CONSENT})
    # Then nothing is agreed to
    assert page_visitor.path == "/en/choices/agreed"
    assert rows_in(page_app, "consents") == 0


def test_closing_my_choices_ends_them(page_app: Flask, page_visitor: Visitor) -> None:
    # Given a participant who looked
    come_back(page_visitor, send_answers(page_visitor))
    # When they are finished
    page_visitor.press("Close this page")
    # Then the next person finds nothing
    assert page_visitor.path == "/en/"
    assert rows_in(page_app, "public_visits") == 0
    page_visitor.get("/en/choices/held")
    assert page_visitor.path == "/en/choices"


def test_the_code_is_in_no_address(page_visitor: Visitor) -> None:
    # Given every address that a participant with a code goes through
    code = send_answers(page_visitor)
    come_back(page_visitor, code)
    for link in page_visitor.page.all("a", "form", "link"):
        assert code not in (link.get("href") or link.get("action") or "")
    assert code not in page_visitor.page.html


# A copy that does not open any more: its owner is told, and is locked out of nothing else

DAMAGED = "We cannot show you this part any more"
TOLD_US = {"change_words": "Mine.", "age_band": "25_34", "contact_wanted": "yes"}
BY_MAIL = {"safe_ways": ["email"], "email": "robin@example.org", "email_shared": "no"}


def damage(app: Flask, *purposes: str) -> None:
    """Turn one bit over in the copies of the only person there is."""
    with app.app_context():
        with stores.reading() as main:
            (person,) = main.scalars(select(Submission.id))
        damage_copies(person, *purposes)


def test_one_damaged_copy_locks_no_participant_out(page_app: Flask, page_visitor: Visitor) -> None:
    # Given a participant whose answers to the call cannot be opened any more
    code = send_answers(page_visitor, ("contact_me", "quote"), **TOLD_US, **BY_MAIL)
    damage(page_app, "testimony")
    # When they hand in their code
    come_back(page_visitor, code)
    # Then they see what is left, and read that one part cannot be shown: not that they left it out
    assert page_visitor.page.h1 == "Your choices"
    page_visitor.follow("What you told us")
    assert DAMAGED in page_visitor.page.text
    assert "You left everything out" not in page_visitor.page.text
    assert answer_to(page_visitor, "How old are you?") == "25 to 34"
    # And they can take a yes back
    page_visitor.get("/en/choices/agreed")
    page_visitor.press_first()
    assert "You took back your permission" in page_visitor.page.text
    # And change how to reach them; what the desk holds of the damaged part stays as it is
    parts = rows_in(page_app, "parts")
    page_visitor.get("/en/choices/reach")
    page_visitor.press("Change how we may reach you")
    page_visitor.press("Continue", contact_wanted="no")
    page_visitor.get("/en/choices/correct/check")
    page_visitor.press("Save my changes")
    assert "Saved." in page_visitor.page.text
    assert rows_in(page_app, "parts") == parts


def test_damaged_contact_details_can_be_given_anew(page_app: Flask, page_visitor: Visitor) -> None:
    # Given a participant whose contact details cannot be shown any more
    code = send_answers(page_visitor, ("contact_me",), **TOLD_US, **BY_MAIL)
    damage(page_app, "contact")
    come_back(page_visitor, code)
    page_visitor.follow("How we may reach you")
    assert DAMAGED in page_visitor.page.text
    assert "You gave us no safe way" not in page_visitor.page.text
    # When they tell us anew
    page_visitor.press("Add a safe way to reach you")
    page_visitor.press("Continue", contact_wanted="yes")
    while not page_visitor.path.endswith("/check"):
        here = {one.get("name") for one in page_visitor.page.all("input", "textarea", "select")}
        page_visitor.press_first(**{key: said for key, said in BY_MAIL.items() if key in here})
    page_visitor.press("Continue")
    page_visitor.press("Save my changes")
    # Then that is what is held, in place of what was damaged
    page_visitor.get("/en/choices/reach")
    assert "Only in the way you said is safe: by e-mail." in page_visitor.page.text
    assert DAMAGED not in page_visitor.page.text
    assert rows_in(page_app, "own_copies") == 3


def test_with_every_copy_damaged_a_participant_can_still_erase(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a participant none of whose copies opens
    code = send_answers(page_visitor, ("quote",), **TOLD_US, **BY_MAIL)
    damage(page_app, "testimony", "contact", "equality")
    come_back(page_visitor, code)
    # When they erase everything
    page_visitor.follow("Delete everything")
    # Then they are told what only the damaged copy could have found
    assert "We cannot find the answers about you that we keep separately" in page_visitor.page.text
    page_visitor.press("Yes, delete everything")
    # And everything under their name is gone
    assert page_visitor.page.h1 == "Everything is deleted"
    for table in ("submissions", "own_copies", "consents"):
        assert rows_in(page_app, table) == 0
