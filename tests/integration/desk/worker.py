"""A charity worker at the desk, as the tests let them act."""

import csv
import io
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import msoffcrypto
import openpyxl
import time_machine
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.factories import DEMO_CALL, answers_for, code_for, demo_form, submit_one
from tests.pages import Page, words
from tests.visitor import Visitor
from webapp.models import Coordinator
from webapp.rules import clock
from webapp.rules.forms.kinds import Answer
from webapp.rules.references import reference
from webapp.services.answers import consents, corrections, own_copies
from webapp.services.answers.consents import Subject
from webapp.services.answers.corrections import Correction
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.audit import AuditLine
from webapp.services.keys.bootstrap import Founded

PASSWORD = "spud village dollar noodle"
Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Participant:
    """A participant, as the tests remember them."""

    id: UUID
    receipt: str

    @property
    def reference(self) -> str:
        return reference(self.id)


class Worker(Visitor):
    """One browser at the desk, and the application behind it."""

    def __init__(self, app: Flask, founded: Founded) -> None:
        super().__init__(app.test_client())
        self.app = app
        self.founded = founded

    def sign_in(self, *, steps: int = 0, **changes: str) -> Page:
        """Fill in the sign-in page, all right unless a change says otherwise."""
        owner = self.founded.owner
        self.get("/desk/sign-in")
        right = {
            "sign_in_name": owner.sign_in_name,
            "passphrase": owner.passphrase,
            "code": self.code(steps),
        }
        return self.press("Sign in", **{**right, **changes})

    def sign_in_anew(self) -> None:
        """Sign out, and in again as at first; that first code counts as unused, as after some minutes."""
        if self.get("/desk/").path != "/desk/sign-in":
            self.press("Sign out")
        with self.app.app_context(), stores.writing() as main:
            main.scalars(select(Coordinator)).one().totp_last_step = 0
        self.sign_in(steps=-1)

    def code(self, steps: int = 0) -> str:
        """The authenticator's code of now, or of so many half minutes away."""
        return code_for(self.founded, steps)

    def confirm(self, steps: int = 0, **changes: str) -> Page:
        """Fill in the page "Confirm that it is you", all right unless a change says otherwise."""
        filled = {"second_factor": self.code(steps), **changes}
        return self.press("Confirm and go on", **filled)

    def later(self, **time: float) -> time_machine.travel:
        """So much later, at the same desk."""
        return time_machine.travel(clock.now() + timedelta(**time))

    def lines(self) -> list[str]:
        """The task list of Today, the most severe first; each with what can be pressed."""
        self.get("/desk/")
        lists = [one for one in self.page.all("ul") if "concerns" in one.get("class", "")]
        return [words(line) for one in lists for line in one.iter("li")]

    def follow_line(self, part: str) -> Page:
        """Press the link of the line of Today that says this."""
        self.get("/desk/")
        (line,) = [one for one in self.page.all("li") if part in words(one)]
        return self.get(next(line.iter("a")).get("href", ""))

    def look_at(self, participant: Participant) -> Page:
        """The page of one person's answers, unopened."""
        return self.get(f"/desk/submissions/{participant.id}")

    def open_answers(self, participant: Participant, words: str = "") -> Page:
        """Open what a participant told us."""
        self.look_at(participant)
        return self.press("Open the answers", **{"answers-why": "report", "answers-words": words})

    def open_contact(self, participant: Participant) -> Page:
        """Open how to reach a participant, for the first reason that they gave permission for."""
        page = self.look_at(participant)
        offered = [e.get("value", "") for e in page.all("input") if e.get("name") == "contact-why"]
        return self.press("Open the contact details", **{"contact-why": offered[0]})

    def export(
        self, purpose: str = "contact_me", file_format: str = "xlsx", **changes: str
    ) -> TestResponse:
        """Ask for a list, all filled in unless a change says otherwise."""
        self.get("/desk/contacts")
        filled = {
            "who": f"{DEMO_CALL}:{purpose}",
            "file_format": {"xlsx": "own", "shown": "xlsx"}.get(file_format, file_format),
            "password": PASSWORD if file_format == "xlsx" else "",
        }
        return self.press_for_file("Download the list", **{**filled, **changes})

    def record(self) -> list[AuditLine]:
        """What the record says, the newest first."""
        with self.app.app_context():
            assert audit.verify() > 0
            return list(audit.recent())

    def tags(self) -> list[str]:
        return [line.tag for line in self.record()]

    # The people who answer

    def answered_by(
        self, *said_yes_to: str, language: str = "en", **answers: Answer | None
    ) -> Participant:
        """A participant who answered every question (unless told) and said yes to this."""
        with self.app.app_context():
            given = dict.fromkeys(said_yes_to, True)
            told = answers_for(demo_form(), **answers)
            sent = submit_one(answers=told, given=given, language=language)
        return Participant(sent.submission_id, sent.receipt)

    def changes_mind(self, participant: Participant, purpose: str, granted: bool = False) -> None:
        """They take a yes back with their code, or give it again."""
        with self.app.app_context():
            held = own_copies.find_held(participant.receipt)
            subject = Subject(held.submission_id, held.call_id, held.form, held.language)
            consents.change(subject, purpose, granted)

    def corrects(self, participant: Participant, **answers: Answer | None) -> None:
        """They change what they told us with their code; None takes an answer out."""
        with self.app.app_context():
            held = own_copies.find_held(participant.receipt)
            wanted = {**held.answers, **answers}
            kept = {key: answer for key, answer in wanted.items() if answer is not None}
            correction = Correction(uuid4(), held.copies, kept, frozenset(), held.language)
            assert corrections.correct(participant.receipt, correction)


def rows_of_xlsx(content: bytes, password: str = PASSWORD) -> Rows:
    """The rows of a spreadsheet under a password, by their headings."""
    plain = io.BytesIO()
    book = msoffcrypto.OfficeFile(io.BytesIO(content))
    assert book.is_encrypted()
    book.load_key(password=password)
    book.decrypt(plain)
    sheet = openpyxl.load_workbook(plain).active
    headings, *rows = [[cell.value or "" for cell in row] for row in sheet.iter_rows()]
    assert all(cell.data_type in "sn" for row in sheet.iter_rows() for cell in row)
    return [dict(zip(headings, row, strict=True)) for row in rows]


def rows_of_csv(content: bytes) -> Rows:
    """The rows of a plain list, by their headings."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
