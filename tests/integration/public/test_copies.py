"""The copy that a participant takes along: a document to be read, and the same for programs."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from tests.factories import demo_form
from tests.integration.damage import damage_copies
from tests.integration.public.steps import answer_to, send_answers
from tests.pages import page_of
from tests.people import ALL_BOXES, answer_everything, begin, come_back, send, tell_more
from tests.visitor import Visitor
from webapp.models import Submission
from webapp.services.infrastructure import stores

DOCUMENT = "/{language}/choices/document"
WORDS = "Nobody told me.\r\nThen <b>they</b> did & I waited."
CONTACT = {
    "contact_wanted": "yes",
    "name_to_use": "Robin",
    "safe_ways": ["email"],
    "email": "robin@example.org",
}


def take(visitor: Visitor, language: str = "en") -> Visitor:
    """Download the document and open it, as if it were a page."""
    response = visitor.client.get(DOCUMENT.format(language=language))
    assert response.status_code == 200
    visitor.response, visitor.page = response, page_of(response)
    return visitor


def test_every_question_is_there_with_its_answer_in_words(visitor: Visitor) -> None:
    # Given a participant who answered everything and agreed to everything
    begin(visitor)
    answer_everything(visitor)
    code = send(visitor, ALL_BOXES)
    tell_more(visitor)
    come_back(visitor, code)
    shown = {}
    for page in ("answers", "reach"):
        visitor.get(f"/en/choices/{page}")
        for question in demo_form().questions:
            shown[question.key] = answer_to(visitor, question.label["en"]) or shown.get(
                question.key
            )
    # When they open the file that they downloaded
    document = take(visitor).page
    # Then each answer that the pages show is beside its question, in the same words
    read = {}
    for list_ in document.all("dl"):
        asked = [" ".join("".join(one.itertext()).split()) for one in list_.iter("dt")]
        said = [" ".join("".join(one.itertext()).split()) for one in list_.iter("dd")]
        read.update(zip(asked, said, strict=True))
    expected = {q.label["en"]: shown[q.key] for q in demo_form().questions if shown[q.key]}
    assert len(expected) > 20
    assert read == expected
    # And who may read each part, and until when it is kept
    for part in demo_form().parts.values():
        assert part.reader["en"] in document.text
    assert document.text.count("We keep this until") == len(demo_form().parts)


def test_the_name_of_the_file_and_its_title_say_nothing(page_visitor: Visitor) -> None:
    code = send_answers(page_visitor, ("quote",), had_assessment="no", without_words=WORDS)
    come_back(page_visitor, code)
    document = take(page_visitor)
    header = document.response.headers["Content-Disposition"]
    assert header == 'attachment; filename="copy.html"'
    assert document.page.title == "A copy for you"
    assert document.response.headers["Cache-Control"] == "no-store"
    # And the code that opens everything is not in it, nor the address where it is typed
    assert code not in document.page.html and code.replace("-", "") not in document.page.html
    assert "localhost" not in document.page.html and "Hearth" not in document.page.html


def test_a_text_is_there_as_it_was_written(page_visitor: Visitor) -> None:
    come_back(page_visitor, send_answers(page_visitor, had_assessment="no", without_words=WORDS))
    document = take(page_visitor).page
    (answer,) = [one for one in document.all("dd") if "Nobody told me." in "".join(one.itertext())]
    assert "".join(answer.itertext()) == WORDS.replace("\r\n", "\n")


def test_what_is_not_held_is_not_in_it(page_visitor: Visitor) -> None:
    # Given a participant who answered one question, gave no contact, and agreed to nothing
    come_back(page_visitor, send_answers(page_visitor, had_assessment="no"))
    document = take(page_visitor).page
    # Then nothing is said of anything else
    assert len(document.all("dt")) == 2
    assert "How to reach you" not in document.text and "More about you" not in document.text
    assert "You left this out" not in document.text
    assert document.text.endswith(
        "What you gave us permission for Nothing. Who has looked Nobody has opened your answers yet."
    )


def test_the_history_of_a_permission_is_in_it(visitor: Visitor) -> None:
    # Given a participant who agreed to two things, took one back, and gave it again
    come_back(visitor, send_answers(visitor, ("quote", "invite"), **CONTACT))
    wording = {one.purpose: one.text["en"] for one in demo_form().consents}
    visitor.get("/en/choices/agreed")
    visitor.post("/en/choices/consent", {"csrf_token": token(visitor), "take-back": "quote"})
    assert take(visitor).page.text.count("You took it back.") == 1
    visitor.get("/en/choices/agreed")
    visitor.post("/en/choices/consent", {"csrf_token": token(visitor), "say-yes": "quote"})
    # When they open the file
    document = take(visitor).page
    # Then the exact words stand there once for each, with each day on which something changed
    assert document.text.count(wording["quote"]) == document.text.count(wording["invite"]) == 1
    assert document.text.count("You gave us permission.") == 3
    assert document.text.count("You took it back.") == 1
    assert wording["share"] not in document.text


def test_it_is_in_the_readers_language_and_direction(page_visitor: Visitor) -> None:
    come_back(page_visitor, send_answers(page_visitor, ("quote",), had_assessment="no"))
    document = take(page_visitor, "ar").page
    html = document.only("html")
    assert (html.get("lang"), html.get("dir")) == ("ar", "rtl")
    question = next(one for one in demo_form().questions if one.key == "had_assessment")
    assert question.label["ar"] in document.text
    # And the words that were agreed to are those that were shown, marked as what they are
    (agreed,) = [one for one in document.all("span") if one.get("lang") == "en"]
    assert agreed.get("dir") == "ltr"


@pytest.mark.parametrize(("who", "said"), [("self", ""), ("helper", "A helper typed it for you.")])
def test_it_says_who_typed(page_app: Flask, page_visitor: Visitor, who: str, said: str) -> None:
    come_back(page_visitor, send_answers(page_visitor, had_assessment="no"))
    with page_app.app_context(), stores.writing() as main:
        for row in main.scalars(select(Submission)):
            row.typed_by = who
    assert ("typed it" in take(page_visitor).page.text) is bool(said)
    assert said in page_visitor.page.text


def test_a_damaged_part_is_named_and_the_others_are_there(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a participant one of whose parts cannot be opened any more
    come_back(
        page_visitor,
        send_answers(page_visitor, had_assessment="no", without_words="Mine.", **CONTACT),
    )
    with page_app.app_context(), stores.reading() as main:
        (submission_id,) = main.scalars(select(Submission.id))
    with page_app.app_context():
        damage_copies(submission_id, "contact")
    # Then the file says so, and holds the rest; the one for programs, too
    document = take(page_visitor).page
    assert "our file of it is damaged" in document.text and "Mine." in document.text
    assert "robin@example.org" not in document.text
    copy = page_visitor.download("/en/choices/copy").get_json()
    assert copy["unreadable"] == ["contact"] and copy["answers"]["without_words"] == "Mine."


def test_without_a_code_there_is_no_copy(page_visitor: Visitor) -> None:
    for address in ("document", "copy"):
        answer = page_visitor.client.get(f"/en/choices/{address}")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/en/choices")


def test_the_page_about_it_says_what_leaving_does_not_do(page_visitor: Visitor) -> None:
    come_back(page_visitor, send_answers(page_visitor, had_assessment="no"))
    page_visitor.follow("A copy for you")
    assert "“Leave now” does not delete it" in page_visitor.page.text
    files = [one.get("href", "") for one in page_visitor.page.only("main").iter("a")]
    # The document comes before the file for programs
    assert files == ["/en/choices/document", "/en/choices/copy"]
    names = [page_visitor.download(one).headers["Content-Disposition"] for one in files]
    assert [re.sub(r".*filename=", "", name) for name in names] == ['"copy.html"', '"copy.json"']
    assert all(
        name.strip('"').split("=")[-1].strip('"') in page_visitor.page.text for name in names
    )


def token(visitor: Visitor) -> str:
    (field,) = {
        one.get("value", "") for one in visitor.page.all("input") if one.get("name") == "csrf_token"
    }
    return field
