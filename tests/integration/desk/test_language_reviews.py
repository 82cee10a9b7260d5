"""A language is read by people who speak it, text by text; and only what was read as it stands lets it be offered."""

import io
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import func, select, update

from tests.conftest import MakeApp
from tests.factories import CONTENT, told_by
from tests.integration.at_once import at_once
from tests.integration.desk.worker import Worker
from tests.integration.test_statements import statements
from tests.pages import words
from tests.visitor import Visitor
from webapp.desk.languages import wording_review
from webapp.models import Coordinator, LanguageOffer, TextNote, TextReview
from webapp.rules import clock
from webapp.rules.audit_details import OfLanguage
from webapp.rules.languages.site_languages import LANGUAGES, Language
from webapp.services.forms import publishing
from webapp.services.forms.definition_files import read_call_file
from webapp.services.infrastructure import audit, stores
from webapp.services.keys.bootstrap import Founded
from webapp.services.languages import language_offers, text_reviews
from webapp.services.languages.text_reviews import Checked
from webapp.ui import catalogues
from webapp.ui.catalogues import Catalogue, Line, catalogue_of

SOMALI = "/desk/languages/so"


@pytest.fixture
def desk(make_page_app: MakeApp, page_founded: Founded) -> Worker:
    """A coordinator at a service that offers no drafts."""
    worker = Worker(make_page_app(DRAFT_LANGUAGES="no"), page_founded)
    worker.sign_in()
    return worker


@pytest.fixture(autouse=True)
def every_text_has_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever still waits for a translator: these tests are about reviews."""
    said_with(monkeypatch, lambda line: line.words or f"(Somali) {line.english}")


def said_with(patch: pytest.MonkeyPatch, said: Callable[[Line], str]) -> None:
    """Let the Somali catalogue say this, wherever it is asked."""

    def changed(language: Language) -> Catalogue:
        found = catalogue_of(language)
        if language.code != "so":
            return found
        return Catalogue(language, tuple(replace(line, words=said(line)) for line in found.lines))

    for module in (
        "desk.languages.wording_review",
        "ui.page_language",
        "desk.languages.language_offer",
    ):
        patch.setattr(f"webapp.{module}.catalogue_of", changed)


def ticks(worker: Worker) -> list[str]:
    return [one.get("value", "") for one in worker.page.all("input") if one.get("name") == "right"]


def first_text(worker: Worker) -> str:
    entry = next(one for one in worker.page.all("p") if one.get("class") == "english")
    return words(entry)


def note_field(worker: Worker) -> str:
    return next(one.get("name", "") for one in worker.page.all("textarea"))


def tick_everything(app: Flask, language: str = "so", *, leave: int = 0) -> None:
    """As a long afternoon with an interpreter would, but for the last few."""
    with app.test_request_context("/en/"):
        app.preprocess_request()
        must = wording_review.words_of(LANGUAGES[language]).protecting.entries
    right = sorted(one.wording for one in must if one.words is not None)
    with app.app_context():
        checked = Checked("Interpreter", right=frozenset(right[: len(right) - leave]))
        text_reviews.save(language, checked, actor=owner())


def owner() -> UUID:
    with stores.reading() as main:
        return main.scalars(select(Coordinator.id)).one()


def press_offer(worker: Worker, button: str = "Offer it to people") -> None:
    worker.get(f"{SOMALI}/offer")
    worker.press(button)


def speaks_somali(app: Flask) -> bool:
    visitor = Visitor(app.test_client())
    visitor.get("/en/")
    return "Soomaali" in visitor.page.text


# Ticks and notes


def test_a_text_is_ticked_by_a_role_on_a_day(page_worker: Worker) -> None:
    # Given the first unreviewed texts
    page_worker.get(f"{SOMALI}?show=todo")
    text, (first, second, *_) = first_text(page_worker), ticks(page_worker)
    # When a coordinator ticks two for an interpreter
    page_worker.press("Save", right=[first, second], by="Interpreter", on="21/11/2026")
    # Then they have left the list, and say who has checked them
    assert "Saved." in page_worker.page.text
    assert first not in ticks(page_worker)
    page_worker.get(f"{SOMALI}?show=reviewed")
    assert first_text(page_worker) == text
    assert page_worker.page.text.count("Checked by: Interpreter, 21 November 2026") == 2
    # And the record says so, without a word of the texts
    line = page_worker.record()[0]
    assert (line.tag, line.detail) == ("words reviewed", OfLanguage("so", 2, "Interpreter"))


def test_who_has_checked_must_be_said_and_what_was_ticked_stays(page_worker: Worker) -> None:
    page_worker.get(f"{SOMALI}?show=todo")
    first = ticks(page_worker)[0]
    for by, problem in (
        ("", "Enter who has checked these words: a role, like Interpreter"),
        ("ana@example.org", "Leave out phone numbers and e-mail addresses"),
        ("x" * 61, "Make this shorter by one letter"),
    ):
        page_worker.press("Save", right=[first], by=by)
        assert page_worker.status == 400
        assert problem in page_worker.page.text
        (box,) = (
            one
            for one in page_worker.page.all("input")
            if one.get("value") == first and one.get("name") == "right"
        )
        assert box.get("checked") is not None
    page_worker.press("Save", right=[first], by="Interpreter", on="1 May")
    assert "Enter the day like 28/11/2026" in page_worker.page.text
    page_worker.press("Save", right=[first], by="Interpreter", on="2099-01-01")
    assert "not one to come" in page_worker.page.text


def test_a_whole_page_is_ticked_at_once_and_one_is_taken_back(page_worker: Worker) -> None:
    page_worker.get(f"{SOMALI}?show=todo")
    shown = ticks(page_worker)
    assert len(shown) == 10
    page_worker.press("All words on this page are right: save", by="Translator")
    assert not set(shown) & set(ticks(page_worker))
    page_worker.get(f"{SOMALI}?show=reviewed")
    page_worker.press("Save", **{"no-longer": [shown[0]]})
    with page_worker.app.app_context():
        assert len(text_reviews.reviews_of("so")) == 9


def test_pressing_twice_is_ticking_and_noting_once(page_worker: Worker) -> None:
    page_worker.get(f"{SOMALI}?show=todo")
    field, first = note_field(page_worker), ticks(page_worker)[0]
    page = page_worker.page
    for _ in range(2):
        page_worker.page = page
        page_worker.press_for_file("Save", right=[first], by="Interpreter", **{field: "Too formal"})
    with page_worker.app.app_context(), stores.reading() as main:
        assert main.scalar(select(func.count()).select_from(TextReview)) == 1
        assert main.scalar(select(func.count()).select_from(TextNote)) == 1


def test_a_text_is_noted_and_the_note_settled(page_worker: Worker) -> None:
    page_worker.get(SOMALI)
    page_worker.press("Save", **{note_field(page_worker): "This sounds rude"})
    # Then the note stands at its text, in the list of those with a note, and on the page of all languages
    page_worker.get(f"{SOMALI}?show=noted")
    assert "This sounds rude" in page_worker.page.text
    assert "One note to settle" in page_worker.get("/desk/languages").text
    # And it goes when a coordinator settles it
    page_worker.get(f"{SOMALI}?show=noted")
    box = next(one for one in page_worker.page.all("input") if one.get("name") == "settled")
    page_worker.press("Save", settled=[box.get("value", "")])
    assert "This sounds rude" not in page_worker.get(SOMALI).text


def test_a_note_names_no_person_and_is_kept_when_it_is_refused(page_worker: Worker) -> None:
    page_worker.get(SOMALI)
    field = note_field(page_worker)
    page_worker.press("Save", **{field: "Ring 07700 900123 about this"})
    assert page_worker.status == 400
    assert "Leave phone numbers and e-mail addresses out of a note" in page_worker.page.text
    (area,) = (one for one in page_worker.page.all("textarea") if one.get("name") == field)
    assert words(area) == "Ring 07700 900123 about this"


def test_a_page_of_words_is_short(page_worker: Worker) -> None:
    page_worker.get(SOMALI)
    assert len([one for one in page_worker.page.all("p") if one.get("class") == "english"]) == 10
    assert "Page 1 of" in page_worker.page.text
    page_worker.press("Show these", section="safety", show="todo", q="police")
    assert 0 < len(ticks(page_worker)) < 10


def test_the_list_of_languages_reads_each_call_once(page_worker: Worker) -> None:
    page_worker.get("/desk/languages")
    with statements(page_worker.app) as seen:
        page_worker.get("/desk/languages")
    # Then only reviews and notes are read for each language
    assert Counter(seen)["SELECT calls"] == 1
    assert Counter(seen)["SELECT text_reviews"] == len(LANGUAGES)
    assert len(seen) <= 2 * len(LANGUAGES) + 5


# A review holds for exactly the words that were read


def test_a_changed_word_loses_its_tick(
    page_worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    tick_everything(page_worker.app)
    assert "Offer this language" in page_worker.get(SOMALI).text
    # When an upgrade changes one of the words
    change_one_word(monkeypatch)
    # Then that text alone is to be checked again
    page_worker.get(f"{SOMALI}?show=todo&q=Leave now")
    assert len(ticks(page_worker)) == 1
    page_worker.get(f"{SOMALI}/offer")
    assert "one text to check" in page_worker.page.text


def change_one_word(patch: pytest.MonkeyPatch) -> None:
    said_with(
        patch,
        lambda line: (
            "Wax kale" if line.english == "Leave now" else line.words or f"(Somali) {line.english}"
        ),
    )


def test_a_tick_that_was_written_into_the_database_counts_for_nothing(page_worker: Worker) -> None:
    # Given one review, as an attacker who can only write to the database would change it
    page_worker.get(f"{SOMALI}?show=todo")
    page_worker.press("Save", right=ticks(page_worker)[:1], by="Interpreter")
    with page_worker.app.app_context(), stores.writing() as main:
        main.execute(update(TextReview).values(reviewed_by="Three interpreters"))
    # Then the text is not reviewed, and can be ticked again
    page_worker.get(f"{SOMALI}?show=reviewed")
    assert "Three interpreters" not in page_worker.page.text
    page_worker.get(f"{SOMALI}?show=todo")
    page_worker.press("Save", right=ticks(page_worker)[:1], by="Interpreter")
    assert "Checked by: Interpreter" in page_worker.get(f"{SOMALI}?show=reviewed").text


# Offering


def test_a_language_is_offered_when_all_was_checked_and_a_coordinator_says_so(desk: Worker) -> None:
    # Given all but one text ticked
    tick_everything(desk.app, leave=1)
    desk.get(f"{SOMALI}/offer")
    assert "one text to check" in desk.page.text
    assert "Offer it to people" not in desk.buttons()
    assert desk.client.post(f"{SOMALI}/offer", data={"do": "offer"}).status_code in (400, 403)
    assert not speaks_somali(desk.app)
    # When the last one is ticked, it is not offered yet; a coordinator says so
    tick_everything(desk.app)
    assert not speaks_somali(desk.app)
    press_offer(desk)
    # Then people find it, no page calls it a draft, and it stands in the record
    assert speaks_somali(desk.app)
    reader = Visitor(desk.app.test_client())
    reader.get("/so/safety")
    assert (reader.status, 'class="band notice"' in reader.page.html) == (200, False)
    assert desk.record()[0].tag == "language offered"
    assert "Offered to people. Checked by: Interpreter" in desk.get(SOMALI).text


def test_a_language_that_is_no_longer_offered_leads_to_english(desk: Worker) -> None:
    # Given a language that is offered, and a link in it
    tick_everything(desk.app)
    press_offer(desk)
    # When a coordinator stops offering it
    with desk.later(minutes=2):
        press_offer(desk, "Stop offering it")
    # Then it is not found, and the link leads to the same page in English
    assert not speaks_somali(desk.app)
    answer = desk.app.test_client().get("/so/safety?from=mail")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/en/safety?from=mail")
    # And one that never was offered has no pages
    assert desk.app.test_client().get("/vi/safety").status_code == 404


def test_an_upgrade_that_changes_a_word_takes_the_language_away(
    desk: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    tick_everything(desk.app)
    press_offer(desk)
    assert speaks_somali(desk.app)
    change_one_word(monkeypatch)
    # Then people are asked for nothing in unreviewed words
    assert not speaks_somali(desk.app)
    assert "Not offered now: an update changed words" in desk.get(SOMALI).text


def test_an_offer_written_into_the_database_offers_nothing(desk: Worker) -> None:
    tick_everything(desk.app)
    press_offer(desk)
    with desk.later(minutes=2):
        press_offer(desk, "Stop offering it")
    with desk.app.app_context(), stores.writing() as main:
        main.execute(update(LanguageOffer).values(offered=True))
    desk.app.extensions.pop(language_offers.KEPT)
    assert not speaks_somali(desk.app)


def test_pressing_the_same_button_twice_does_not_switch_it_back(desk: Worker) -> None:
    tick_everything(desk.app)
    desk.get(f"{SOMALI}/offer")
    page = desk.page
    desk.press("Offer it to people")
    desk.page = page
    desk.press("Offer it to people")
    assert speaks_somali(desk.app)


def test_two_coordinators_who_offer_a_language_at_once_offer_it_once(worker: Worker) -> None:
    actor = UUID(int=1)
    with worker.app.app_context():
        acts = [
            partial(language_offers.change, "so", bytes(32), offered=True, actor=actor)
            for _ in range(3)
        ]
        assert at_once(worker.app, *acts) == [None, None, None]
    assert worker.tags().count("language offered") == 1


def test_the_public_door_alone_reads_the_offer(make_page_app: MakeApp, desk: Worker) -> None:
    # Given two processes, as in production
    public = make_page_app(DOORS="public", DRAFT_LANGUAGES="no")
    tick_everything(desk.app)
    press_offer(desk)
    assert speaks_somali(public)


def test_pages_are_served_while_it_is_unknown_what_is_offered(
    make_page_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_page_app(DOORS="public", DRAFT_LANGUAGES="no")

    def away() -> None:
        raise stores.StoreUnavailable("main")

    monkeypatch.setattr(language_offers, "_read", away)
    assert app.test_client().get("/en/safety").status_code == 200


def test_what_an_open_call_asks_consent_with_must_be_checked_too(desk: Worker) -> None:
    # Given a call with Somali words
    closes_on = clock.today() + timedelta(days=9)
    with desk.app.app_context():
        publishing.publish_call(
            read_call_file(CONTENT / "support-needs.json"),
            slug="in-somali",
            closes_on=closes_on,
            tell_back_by=told_by(closes_on),
            actor=audit.OPERATOR,
        )
    # Then its words about permission, and those before its first question, are among what must be read
    desk.get(f"{SOMALI}/offer")
    assert "How support needs are decided (in-somali)" in desk.page.text
    tick_everything(desk.app)
    press_offer(desk)
    assert speaks_somali(desk.app)


# For a translator


def test_the_words_leave_as_a_spreadsheet_of_texts(page_worker: Worker) -> None:
    page_worker.get(f"{SOMALI}?section=safety")
    page_worker.press("Save", **{note_field(page_worker): "=1+1"})
    page_worker.get(f"{SOMALI}?section=safety")
    link = next(one for one in page_worker.page.all("a") if "spreadsheet" in words(one))
    answer = page_worker.download(link.get("href", ""))
    assert 'filename="words-so-' in answer.headers["Content-Disposition"]
    sheet = openpyxl.load_workbook(io.BytesIO(answer.get_data())).active
    heads, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert heads == ["Where", "English", "Words in Somali", "Note", "Checked by"]
    # Then it has the texts of that section, with words and notes, and nothing that a program would reckon with
    assert all(row[0] == "Safety, leaving and help" for row in rows)
    assert "=1+1" in [row[3] for row in rows]
    assert all(cell.data_type in "sn" for row in sheet.iter_rows() for cell in row)


def test_every_section_has_texts_and_every_text_a_section() -> None:
    places = catalogues.every_text()
    found = {wording_review._section_of(one) for one in places.values()}
    assert found == {key for key, *_ in wording_review.SECTIONS}


@pytest.mark.parametrize(
    "template", ["agree", "check", "check_changes", "check_more", "choices_agreed", "done"]
)
def test_the_words_of_pages_about_permission_are_reviewed_first(template: str) -> None:
    assert wording_review._section_of([f"templates/public/{template}.html"]) == "permission"
