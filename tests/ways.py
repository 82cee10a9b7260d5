"""User journeys through the service in a real browser. Each yields the name of every page and state it comes to."""

from collections.abc import Callable, Iterator
from typing import Any

from tests.browser import Person
from tests.journeys.steps import (
    answers_here,
    come_back,
    fill,
    page_address,
    path,
    press_first,
    shown_code,
    step_address,
)
from tests.people import ALL_BOXES

FIXED = ("safety", "support", "privacy", "who", "accessibility", "finished")
#: Answers that cannot be taken.
WRONG: dict[str, str | list[str]] = {
    "email": "robin at example",
    "phone": "my number",
    "safe_ways": ["email", "none"],
    "change_words": "Many words. " * 110,
}


def looking_around(person: Person, language: str = "en") -> Iterator[str]:
    """The pages that are always there."""
    for name in FIXED:
        person.go(f"/{language}/{name}")
        yield name
    person.go(f"/{language}/after/support-needs")
    yield "after"
    person.go(f"/{language}/nowhere")
    yield "not-found"
    person.go(step_address("stop", language))
    yield "stop"


def answering(person: Person, language: str = "en", *, mistakes: bool = False) -> Iterator[str]:
    """From the home page to the code, answering everything and agreeing to everything.

    With `mistakes`, also every page after an answer that was not taken, and the rarer pages.
    """
    person.go(f"/{language}/")
    yield "home"
    person.go(f"/{language}/calls/support-needs/")
    yield "start"
    press_first(person)
    while not path(person).endswith("/check"):
        page = path(person).rpartition("/")[2]
        yield page
        if "/page/" in path(person):
            if mistakes:
                yield from _mistaking(person, page)
            fill(person, **answers_here(person))
        press_first(person)
    yield "check"
    if mistakes:
        yield from _changing(person, language)
        yield from _stopping(person, language)
    press_first(person)
    yield "agree"
    if mistakes:
        press_first(person)
        yield "agree-contact"
        person.go(step_address("agree", language))
    fill(person, consent=list(ALL_BOXES))
    if mistakes:
        yield "agree-filled"
    press_first(person)
    yield "code"
    yield from telling_more(person, language)


def telling_more(person: Person, language: str = "en") -> Iterator[str]:
    """From the code: the questions about equality, and back to the code."""
    person.go(step_address("more", language))
    yield "more"
    press_first(person)
    while "/page/" in path(person):
        yield path(person).rpartition("/")[2]
        fill(person, **answers_here(person))
        press_first(person)
    yield "more-check"
    press_first(person)
    yield "code-after-more"


def _mistaking(person: Person, page: str) -> Iterator[str]:
    here = answers_here(person)
    wrong = {name: WRONG[name] for name in here if name in WRONG}
    if wrong or page == "first":
        fill(person, **wrong)
        press_first(person)
        yield f"{page}-mistaken"
        if "safe_ways" in wrong:
            person.page.uncheck("[value='none']")
    elif page == "assessment":
        fill(person, **here)
        yield f"{page}-filled"


def _changing(person: Person, language: str) -> Iterator[str]:
    person.go(page_address("assessment", language))
    fill(person, had_assessment="no")
    press_first(person)
    yield "without"
    person.go(page_address("email", language))
    fill(person, email="")
    press_first(person)
    person.go(step_address("check", language))
    yield "check-with-a-gap"


def _stopping(person: Person, language: str) -> Iterator[str]:
    with person.page.expect_navigation():
        person.page.locator("main button").last.click()
    yield "pause"
    press_first(person)
    yield "return-code"
    person.go(step_address("unfinished", language))
    yield "unfinished"
    person.go(step_address("check", language))


def told_how_to_leave(person: Person) -> Iterator[str]:
    """The page that says how to leave fast, where it is shown: once, before the first question."""
    if "/leaving" in path(person):
        yield "leaving"
        press_first(person)


def helping(person: Person, language: str = "en") -> Iterator[str]:
    """Begin as a helper; the person goes on, thinks again, and chooses another way: on paper."""
    person.go(step_address("", language))
    with person.page.expect_navigation():
        person.page.click("main button[name='helping']")
    yield from told_how_to_leave(person)
    yield "helped"
    with person.page.expect_navigation():
        person.page.click("main a.button")
    yield "yours"
    press_first(person)
    yield "first-helped"
    person.go(step_address("yours", language))
    with person.page.expect_navigation():
        person.page.click("main button[value='another']")
    yield "ways"
    for name in ("paper", "paper/large"):
        person.go(step_address(name, language))
        yield name.replace("/", "-")


def coming_back(
    person: Person, code: str, language: str = "en", *, mistakes: bool = False
) -> Iterator[str]:
    """With the code: see what is held, change it, and erase it."""
    person.go(f"/{language}/choices")
    yield "choices"
    fill(person, code="K7QF-")
    press_first(person)
    yield "choices-mistyped"
    come_back(person, code, language)
    yield "held"
    for page in ("answers", "reach", "file", "looked", "agreed"):
        person.go(f"/{language}/choices/{page}")
        yield f"held-{page}"
    if mistakes:
        press_first(person)
        yield "held-taken-back"
    person.go(f"/{language}/choices/answers")
    press_first(person)
    yield "held-change"
    press_first(person)
    yield "held-check"
    person.go(f"/{language}/choices/erase")
    yield "erase"
    press_first(person)
    yield "erased"


def after_leaving(person: Person, language: str = "en") -> Iterator[str]:
    """Quick exit: the neutral page that stands at every address afterwards; then back in."""
    person.context.request.get(f"{person.base}/leave", max_redirects=0)
    person.go(f"/{language}/")
    yield "left"
    press_first(person)


def everywhere(person: Person, language: str = "en", *, mistakes: bool = False) -> Iterator[str]:
    """Every public page."""
    yield from looking_around(person, language)
    yield from helping(person, language)
    yield from answering(person, language, mistakes=mistakes)
    yield from coming_back(person, shown_code(person), language, mistakes=mistakes)
    yield from after_leaving(person, language)


def at_the_desk(
    person: Person, known: dict[str, Any], next_code: Callable[[], str], *, mistakes: bool = False
) -> Iterator[str]:
    """Sign in, read one person's answers, download contacts, look at the record."""
    person.go("/desk/sign-in")
    yield "desk-sign-in"
    if mistakes:
        press_first(person)
        yield "desk-sign-in-mistaken"
    sign_in(person, known, next_code())
    yield "desk-today"
    person.go("/desk/calls/support-needs")
    yield "desk-call"
    person.page.locator("main tr", has_text="Contact me").first.locator("th a").click()
    person.page.wait_for_url("**/desk/submissions/*")
    submission = path(person)
    yield "desk-submission"
    if mistakes:
        press_first(person)
        yield "desk-submission-mistaken"
    fill(person, **{"answers-why": "report"})
    press_first(person)
    yield "desk-answers"
    person.go(submission)
    fill(person, **{"contact-why": "ask"})
    with person.page.expect_navigation():
        person.page.click("form[action$='/contact'] button")
    yield "desk-contact"
    if mistakes:
        yield from with_a_caller(person, submission, next_code)
    person.go("/desk/contacts")
    yield "desk-contacts"
    if mistakes:
        confirm_for(person, "/desk/contacts", next_code)
        press_first(person)
        yield "desk-contacts-mistaken"
        download(person, who="support-needs:invite")
        person.go("/desk/contacts")
        yield "desk-contacts-with-lists"
        person.page.click("main th a")
        person.page.wait_for_url("**/desk/exports/*")
        yield "desk-list"
        person.go("/desk/submissions/00000000-0000-4000-8000-000000000000")
        yield "desk-gone"
        person.go("/desk/languages")
        yield "desk-languages"
        person.go("/desk/languages/ar?show=todo")
        yield "desk-language"
        person.page.click("main form[method=post] input[type=checkbox]")
        person.page.click("main form[method=post] .buttons button")
        yield "desk-language-mistaken"
        person.go("/desk/languages/ar/offer")
        yield "desk-language-not-ready"
        person.go("/desk/record?reference=nobody")
        yield "desk-record-mistaken"
        person.go("/desk/record/check?noted=nothing")
        yield "desk-record-check-mistaken"
    person.go("/desk/record")
    yield "desk-record"
    person.go("/desk/record/check")
    yield "desk-record-check"
    person.go("/desk/me")
    yield "desk-settings"
    if mistakes:
        fill(person, often="1", address="ana at home")
        press_first(person)
        yield "desk-settings-mistaken"
    person.go("/desk/me/passkeys")
    yield "desk-passkeys"
    if mistakes:
        person.go("/desk/calls/support-needs?language=vi&state=unread")
        yield "desk-call-nobody-left"
        yield from looking_after_people(person, next_code)
    yield from entering(person)


def looking_after_people(person: Person, next_code: Callable[[], str]) -> Iterator[str]:
    """As an owner: keys, people, one person, what taking back and leaving mean; then one's own passphrase."""
    confirm_for(person, "/desk/people", next_code)
    yield "desk-people"
    with person.page.expect_navigation():
        person.page.click("main th a")
    one = path(person)
    yield "desk-person"
    press_first(person)
    yield "desk-person-mistaken"
    for part, name in (("take-back/owner/everything", "desk-role"), ("leaving", "desk-leaving")):
        person.go(f"{one}/{part}")
        yield name
        press_first(person)
        yield f"{name}-mistaken"
    for page, name in (("keys", "desk-keys"), ("me/passphrase", "desk-passphrase")):
        person.go(f"/desk/{page}")
        yield name
        press_first(person)
        yield f"{name}-mistaken"


def with_a_caller(person: Person, submission: str, next_code: Callable[[], str]) -> Iterator[str]:
    """Find a caller, verify them, and look at every act; correct their details, and give them a new receipt."""
    person.go("/desk/callers")
    yield "desk-callers"
    press_first(person)
    yield "desk-callers-mistaken"
    fill(person, name="Robin", why="caller")
    press_first(person)
    yield "desk-caller-found"
    caller = f"{submission}/caller"
    person.go(caller)
    yield "desk-caller"
    press_first(person)
    yield "desk-caller-mistaken"
    fill(person, sure="named")
    press_first(person)
    yield "desk-caller-acts"
    confirm_for(person, caller, next_code)
    for act in ("take-back", "no-contact", "delete", "new-code", "correct"):
        person.go(f"{caller}/{act}")
        yield f"desk-caller-{act}"
        press_first(person)
        yield f"desk-caller-{act}-mistaken"
    fill(person, why="phone")
    press_first(person)
    yield "desk-caller-details"
    fill(person, phone="my number")
    press_first(person)
    yield "desk-caller-details-mistaken"
    person.go(f"{caller}/new-code")
    fill(person, why="phone")
    press_first(person)
    yield "desk-caller-code"
    person.go(f"{caller}/code/sheet")
    yield "desk-caller-sheet"
    person.go(f"{caller}/code")
    press_first(person)
    yield "desk-caller-passed-on"


def entering(person: Person) -> Iterator[str]:
    """Enter a form on behalf of a participant, with every mistake, up to their code; and throw another one away."""
    person.go("/desk/calls/support-needs/on-behalf")
    yield "desk-entering"
    press_first(person)
    yield "desk-entering-mistaken"
    fill(person, how="phone")
    press_first(person)
    yield "desk-entering-page"
    press_first(person)
    yield "desk-entering-page-mistaken"
    draft = path(person).removesuffix("/page/first")
    fill(person, adult="yes")
    press_first(person)
    for key, said in (
        ("assessment", {"had_assessment": "no"}),
        ("the-people", {"people_words": "By a slip"}),
        ("contact", {"contact_wanted": "yes"}),
        ("helper", {"helper_phone": "07700 900456"}),
    ):
        person.go(f"{draft}/page/{key}")
        fill(person, **said)  # type: ignore[arg-type]
        press_first(person)
        if key == "the-people":
            yield "desk-entering-misfit"
    person.go(f"{draft}/check")
    yield "desk-entering-check-wrong"
    person.go(f"{draft}/page/the-people")
    with person.page.expect_navigation():
        person.page.click("main button[value='clear']")
    yield "desk-entering-not-asked"
    person.go("/desk/entering")
    yield "desk-entering-drafts"
    person.go(f"{draft}/throw-away")
    yield "desk-entering-throw-away"
    person.go(f"{draft}/check")
    yield "desk-entering-check"
    fill(person, consent=["contact_me"])
    press_first(person)
    yield "desk-entering-check-mistaken"
    fill(person, agreed="read")
    press_first(person)
    yield "desk-entering-code"
    press_first(person)


def sign_in(person: Person, known: dict[str, Any], code: str) -> None:
    """Sign in at the desk."""
    person.go("/desk/sign-in")
    fill(person, sign_in_name=known["sign_in_name"], passphrase=known["passphrase"], code=code)
    press_first(person)
    assert path(person) == "/desk/", person.page.inner_text("main")


def confirm_for(person: Person, page: str, next_code: Callable[[], str]) -> None:
    """Go to a page of the desk, by way of the second factor if it was confirmed too long ago for what comes next."""
    person.go(f"/desk/confirm?to={page}")
    if person.page.locator("[name=second_factor]").count():
        fill(person, second_factor=next_code())
        press_first(person)
    assert path(person) == page, person.page.inner_text("main")


def download(person: Person, **form: str) -> bytes:
    """Download contacts from the page where that is done."""
    form = {"file_format": "csv", **form}
    fill(person, **form)
    with person.page.expect_download() as coming:
        person.page.locator("main form button").first.click()
    return coming.value.path().read_bytes()
