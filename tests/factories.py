"""What tests are made of: settings, and people who do not exist. Plain functions, no fixtures."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pyotp

from webapp.rules import answers as parts
from webapp.rules import clock
from webapp.rules.form_definition import Answer, FormDefinition, Question, read_definition
from webapp.services import audit, calls, coordinators, own_copies, publishing, submissions
from webapp.services.coordinators import Holder
from webapp.services.founding import Founded
from webapp.settings import SECRETS_OF

CONTENT = Path(__file__).parents[1] / "webapp" / "content"
DEMO_CALL = "support-needs"
OPEN_DAYS = 90


def environment(folder: Path, **changes: str) -> dict[str, str]:
    """The settings of a test's own Hearth: both doors, draft languages, room for many requests."""
    doors = changes.get("DOORS", "public,desk")
    needed = set().union(*(SECRETS_OF[door] for door in doors.split(",")))
    return {
        "INSTANCE": str(folder),
        "DOORS": doors,
        "DRAFT_LANGUAGES": "yes",
        "LIMIT_FACTOR": "1000000",
        **{name: secret(name) for name in needed},
        **changes,
    }


def secret(name: str) -> str:
    """A config secret in hex: always the same for one name, and worth nothing."""
    return hashlib.sha256(f"only for tests: {name}".encode()).hexdigest()


def demo_form() -> FormDefinition:
    """The form of the coalition's own call."""
    return read_definition((CONTENT / f"{DEMO_CALL}.json").read_text(encoding="utf-8"))


def publish_demo_call(slug: str = DEMO_CALL, closes_on: date | None = None) -> None:
    """Open the coalition's own call, or another one with the same form. Wants an application context."""
    closes_on = closes_on or clock.today() + timedelta(days=OPEN_DAYS)
    publishing.publish_call(demo_form(), slug=slug, closes_on=closes_on, actor=audit.OPERATOR)


# People who do not exist, and what they do


@dataclass(frozen=True)
class Sent:
    """What somebody sent, and the code they were given."""

    submission_id: UUID
    receipt: str
    answers: dict[str, Answer]


def answers_for(
    form: FormDefinition, words: Callable[[Question], str] | None = None, **changes: Answer | None
) -> dict[str, Answer]:
    """An answer to every question, each acceptable: a first choice, every tick box, words of one's own.

    `words` says what stands in the fields that take words. A change of None leaves a question out.
    """
    write = words or (lambda question: PLAIN.get(question.kind, f"My words on {question.key}."))
    answers: dict[str, Answer] = {}
    for question in form.questions:
        if question.kind == "choices":
            answers[question.key] = [choice.key for choice in question.choices]
        elif question.kind in ("choice", "yes_no"):
            answers[question.key] = question.choice_keys[0]
        else:
            answers[question.key] = write(question)
    answers |= {key: answer for key, answer in changes.items() if answer is not None}
    return {key: answer for key, answer in answers.items() if changes.get(key, answer) is not None}


PLAIN = {"email": "ana.k@example.org", "phone": "07700 900 123"}
YES_TO_ALL = {"contact_me": True, "quote": True, "invite": True, "share": True}


def submit_one(
    call: calls.Call | None = None,
    *,
    answers: Mapping[str, Answer] | None = None,
    given: Mapping[str, bool] | None = None,
    language: str = "en",
    submission_id: UUID | None = None,
    receipt: str | None = None,
) -> Sent:
    """One person answers the demo's call, with every question and every consent unless told. Wants a context."""
    call = call or calls.find_call(DEMO_CALL)
    answers = answers_for(call.form) if answers is None else answers
    sent = Sent(
        submission_id or uuid4(),
        receipt or own_copies.new_receipt(),
        dict(parts.prune(call.form, answers)),
    )
    submissions.submit(
        call,
        submission_id=sent.submission_id,
        receipt=sent.receipt,
        answers=answers,
        given=YES_TO_ALL if given is None else given,
        language=language,
    )
    return sent


def code_for(founded: Founded, steps: int = 0) -> str:
    """A coordinator's six digits of now, or of so many half minutes later. Each is good once.

    At most one later: that is good now, and stays so should the half minute end meanwhile.
    """
    return pyotp.TOTP(founded.owner.totp_secret).at(int(clock.now().timestamp()) + 30 * steps)


def signed_in(founded: Founded) -> Holder:
    """The demo coordinator, signed in. The code of one step later is still unused."""
    owner = founded.owner
    return coordinators.sign_in(owner.sign_in_name, owner.passphrase, code_for(founded))
