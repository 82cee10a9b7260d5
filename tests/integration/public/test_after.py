"""What became of a call, for people who took part: promised before they begin, and readable by anyone for good."""

from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, update

from tests.factories import DEMO_CALL, told_by
from tests.people import answer_everything, begin, come_back, send
from tests.visitor import Visitor
from webapp.models import TellBack, TellBackText
from webapp.rules import clock
from webapp.rules.tell_back import Month
from webapp.services.calls import closing, published_calls, tell_backs, telling_back
from webapp.services.calls.published_calls import Call
from webapp.services.calls.telling_back import Words
from webapp.services.infrastructure import stores

ANA = UUID(int=1)
AFTER = f"/en/after/{DEMO_CALL}"
WORDS = Words("Many of you said that forms are long.\n\nSome gave up.", "Short forms.", "Not yet.")
ARABIC = Words("قال كثيرون منكم إن النماذج طويلة.", "نماذج قصيرة.", "ليس بعد.")
NOTHING_YET = "We have not written this yet."


@pytest.fixture
def call(page_app: Flask) -> Call:
    with page_app.app_context():
        return published_calls.find_call(DEMO_CALL)


def named(month: Month) -> str:
    return f"{month.first_day:%B %Y}"


def write(app: Flask, call: Call, **in_languages: Words) -> None:
    with app.app_context():
        for language, words in in_languages.items():
            telling_back.publish(call, language, words, based_on=0, actor=ANA)


def move(app: Flask, call: Call, month: Month) -> None:
    by = told_by(call.closes_on)
    with app.app_context():
        telling_back.move(call, month, seen=by, actor=ANA, reason="We wait")


def leads_to(visitor: Visitor, address: str) -> bool:
    return any((one.get("href") or "").startswith(address) for one in visitor.page.all("a"))


def test_people_know_the_month_before_they_begin_and_after_they_sent(
    page_app: Flask, call: Call, page_visitor: Visitor
) -> None:
    promise = f"By the end of {named(told_by(call.closes_on))}, you can read here"
    # The start page
    assert promise in page_visitor.get(f"/en/calls/{DEMO_CALL}/").text
    assert leads_to(page_visitor, AFTER)
    # The receipt
    begin(page_visitor)
    answer_everything(page_visitor)
    code = send(page_visitor)
    assert promise in page_visitor.page.text
    assert leads_to(page_visitor, AFTER)
    # And "My choices"
    come_back(page_visitor, code)
    assert promise in page_visitor.page.text
    assert leads_to(page_visitor, AFTER)


def test_before_it_is_written_the_page_says_so_and_by_when(
    page_app: Flask, call: Call, page_visitor: Visitor
) -> None:
    by = told_by(call.closes_on)
    page = page_visitor.get(AFTER)
    assert page.h1 == "What we did with what we heard"
    assert f"{NOTHING_YET} We promised to write it by the end of {named(by)}." in page.text
    assert "We are late" not in page.text
    # And it says that it is late when it is, and where people are led there
    with time_machine.travel(by.last_day + timedelta(days=1)):
        with page_app.app_context():
            tell_backs.forget(call.id)
        assert "We are late, and we are sorry." in page_visitor.get(AFTER).text
        page_visitor.get(f"/en/calls/{DEMO_CALL}/")
        assert page_visitor.status == HTTPStatus.GONE
        assert "We are late, and we are sorry." in page_visitor.page.text
        assert leads_to(page_visitor, AFTER)


def test_a_month_that_was_moved_is_told_with_the_one_before(
    page_app: Flask, call: Call, page_visitor: Visitor
) -> None:
    by = told_by(call.closes_on)
    move(page_app, call, by.later(3))
    page = page_visitor.get(AFTER)
    assert f"by the end of {named(by.later(3))}" in page.text
    assert f"At first we said {named(by)}." in page.text


def test_it_is_read_without_a_code_and_sets_no_cookie(
    page_app: Flask, call: Call, page_visitor: Visitor
) -> None:
    write(page_app, call, en=WORDS)
    answer = page_visitor.client.get(AFTER)
    assert answer.status_code == HTTPStatus.OK
    assert not answer.headers.getlist("Set-Cookie")
    page = page_visitor.get(AFTER)
    # Then the three texts stand there, in paragraphs, with the day of the last change, under a title that tells nothing
    for said in ("Many of you said", "Some gave up.", "Short forms.", "Not yet."):
        assert said in page.text
    assert f"We last changed this page on {clock.today():%-d %B %Y}." in page.text
    assert page.title == "What happened next"
    assert NOTHING_YET not in page.text


def test_it_is_there_in_each_language_and_in_english_where_nobody_translated_it(
    page_app: Flask, call: Call, page_visitor: Visitor
) -> None:
    write(page_app, call, en=WORDS, ar=ARABIC)
    # In Arabic, its words and headings
    page = page_visitor.get(f"/ar/after/{DEMO_CALL}")
    assert ARABIC.heard in page.text
    assert "ما سمعناه" in page.text
    assert WORDS.asked not in page.text
    # In Somali, English words that are marked as such, and the page says it once
    page = page_visitor.get(f"/so/after/{DEMO_CALL}")
    assert WORDS.asked in page.text
    assert "Waxa aan codsannay" in page.text
    assert any(one.get("lang") == "en" for one in page.all("p"))


@pytest.mark.parametrize(
    ("language", "month"),
    [("ar", "مايو 2027"), ("cy", "Mai 2027"), ("vi", "tháng 5 năm 2027"), ("ti", "ጉንበት 2027")],
)
def test_the_month_is_said_in_the_language_of_the_page(
    page_app: Flask, call: Call, page_visitor: Visitor, language: str, month: str
) -> None:
    move(page_app, call, Month(2027, 5))
    assert month in page_visitor.get(f"/{language}/after/{DEMO_CALL}").text


def test_it_outlives_the_call(page_app: Flask, call: Call, page_visitor: Visitor) -> None:
    write(page_app, call, en=WORDS)
    with page_app.app_context():
        closing.close(DEMO_CALL, actor=ANA, reason="Enough")
    # The page of the closed call leads there, and the first page of the site
    assert "See what we did with what we heard" in page_visitor.get(f"/en/calls/{DEMO_CALL}/").text
    assert leads_to(page_visitor, AFTER)
    page_visitor.get("/en/")
    assert "What happened next" in page_visitor.page.text
    assert leads_to(page_visitor, AFTER)
    assert "Short forms." in page_visitor.get(AFTER).text


def test_the_first_page_lists_nothing_that_cannot_be_read(
    page_app: Flask, call: Call, page_visitor: Visitor
) -> None:
    assert "What happened next" not in page_visitor.get("/en/").text


def test_words_that_were_put_in_by_hand_are_not_shown(
    page_app: Flask, call: Call, page_visitor: Visitor
) -> None:
    # Given a page, and somebody who can write to the database
    write(page_app, call, en=WORDS)
    with page_app.app_context():
        with stores.writing() as main:
            main.execute(update(TellBackText).values(since="Ring this number: 07700 900 123"))
        tell_backs.forget(call.id)
    # Then it is said plainly that it cannot be shown
    page = page_visitor.get(AFTER)
    assert page_visitor.status == HTTPStatus.SERVICE_UNAVAILABLE
    assert "We cannot open our files right now" in page.text
    assert "07700" not in page.text
    # And nobody is kept from answering by it
    page_visitor.get(f"/en/calls/{DEMO_CALL}/")
    assert page_visitor.status == HTTPStatus.OK
    assert not leads_to(page_visitor, AFTER)
    assert page_visitor.get("/en/").h1


def test_a_call_of_before_promises_nothing_and_has_its_page(
    page_app: Flask, call: Call, page_visitor: Visitor
) -> None:
    with page_app.app_context():
        with stores.writing() as main:
            main.execute(delete(TellBack))
        tell_backs.forget(call.id)
    page_visitor.get(f"/en/calls/{DEMO_CALL}/")
    assert not leads_to(page_visitor, AFTER)
    page = page_visitor.get(AFTER)
    assert NOTHING_YET in page.text
    assert "We promised" not in page.text


def test_an_unknown_call_has_no_page(page_visitor: Visitor) -> None:
    page_visitor.get("/en/after/nowhere")
    assert page_visitor.status == HTTPStatus.NOT_FOUND
