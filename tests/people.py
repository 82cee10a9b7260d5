"""Fictional participants, registrants and coordinators, and what they do on the pages. All they type is made up."""

import time
from collections.abc import Callable
from uuid import UUID

import pyotp

from tests.pages import FIELDS, WITHOUT_LABEL, words
from tests.visitor import Value, Visitor
from webapp.services.keys.key_slots import Credentials

ALL_BOXES = ("contact_me", "quote", "invite", "share")
ANSWERS: dict[str, Value] = {
    "adult": "yes",
    "had_assessment": "yes",
    "contact_wanted": "yes",
    "name_to_use": "Robin",
    "safe_ways": ["email", "text", "call", "app"],
    "email": "robin@example.org",
    "email_shared": "no",
    "phone": "07700 900123",
    "phone_shared": "no",
    "app_name": "07700 900789",
    "app_shared": "no",
    "helper_name": "Sam",
    "helper_phone": "07700 900456",
    "helper_email": "sam@example.org",
}
#: Answers to the question whether a participant who ticked no box wants to hear from us.
YES_CONTACT = "Yes, you may get in touch with me"
NO_CONTACT = "No, do not contact me"
#: The link to the questions about equality, once everything is sent.
MORE = "Answer a few more questions about you"
SOME_WORDS = "The people were kind, but nobody said what came next."


def begin(visitor: Visitor, language: str = "en", call: str = "support-needs") -> None:
    """Read the start page and, once, how to leave fast; then begin."""
    visitor.get(f"/{language}/calls/{call}/")
    visitor.press_first()
    go_on_from_leaving(visitor)


def go_on_from_leaving(visitor: Visitor) -> None:
    """From the page that says how to leave fast, where it is shown, to the first question."""
    if visitor.path.endswith("/leaving"):
        visitor.press_first()


def answer_everything(
    visitor: Visitor, seen: Callable[[Visitor], None] = lambda visitor: None
) -> None:
    """Answer every page there is, up to "check your answers"."""
    while not visitor.path.endswith("/check"):
        seen(visitor)
        visitor.press_first(**answers_for(visitor))
    seen(visitor)


def answers_for(visitor: Visitor) -> dict[str, Value]:
    """Something to say to every question on the page: the first choice, or a few words."""
    answers: dict[str, Value] = {}
    for element in visitor.page.all(*FIELDS):
        name, kind = element.get("name", ""), element.get("type", "text")
        if kind in WITHOUT_LABEL or name in answers:
            continue
        if name in ANSWERS:
            answers[name] = ANSWERS[name]
        elif kind == "radio":
            answers[name] = element.get("value", "")
        elif kind == "checkbox":
            answers[name] = [element.get("value", "")]
        else:
            answers[name] = SOME_WORDS
    return answers


def send(
    visitor: Visitor,
    boxes: tuple[str, ...] = (),
    seen: Callable[[Visitor], None] = lambda visitor: None,
) -> str:
    """From "check your answers" to the code: tick these boxes, press Send. Returns the code."""
    visitor.press_first()
    seen(visitor)
    visitor.press_first(consent=list(boxes))
    seen(visitor)
    if visitor.path.endswith("/agree/contact"):
        # Contact was wanted, and no box for it was ticked.
        visitor.press(NO_CONTACT)
        seen(visitor)
    return shown_code(visitor)


def tell_more(
    visitor: Visitor,
    seen: Callable[[Visitor], None] = lambda visitor: None,
    **said: Value,
) -> None:
    """From the code: answer the questions about equality, all of them or only this, and be back at the code."""
    visitor.follow(MORE)
    seen(visitor)
    visitor.press("Answer these questions")
    while "/page/" in visitor.path:
        seen(visitor)
        answers = answers_for(visitor)
        if said:
            answers = {name: said[name] for name in answers if name in said}
        visitor.press("Continue", **answers)
    seen(visitor)
    visitor.press("Send these answers")
    seen(visitor)


def shown_code(visitor: Visitor) -> str:
    """The code on the page where it is given out."""
    (code,) = [
        words(element) for element in visitor.page.all("p") if element.get("class") == "code"
    ]
    return code


def come_back(visitor: Visitor, code: str, language: str = "en") -> None:
    """Hand in a code at "My choices"."""
    visitor.get(f"/{language}/choices")
    visitor.press_first(code=code)


# At the desk


def code_now(secret: str, *, later: int = 0) -> str:
    """The authenticator's code; with `later=1` the next one, because each opens only once."""
    return pyotp.TOTP(secret).at(int(time.time()) + 30 * later)


def sign_in(visitor: Visitor, owner: Credentials) -> None:
    """Sign in at the desk."""
    visitor.get("/desk/sign-in")
    visitor.press(
        "Sign in",
        sign_in_name=owner.sign_in_name,
        passphrase=owner.passphrase,
        code=code_now(owner.totp_secret),
    )


def submissions_listed(visitor: Visitor) -> list[UUID]:
    """The submissions in the list that the page shows."""
    start = "/desk/submissions/"
    links = [one for one in visitor.page.all("a") if one.get("class") == "reference"]
    return [UUID(link.get("href", "").removeprefix(start)) for link in links]
