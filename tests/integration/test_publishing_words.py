"""What `publish` and its siblings say: what they did and where people find it, or what to correct, in sentences."""

import json
import re
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from tests.conftest import MakeApp
from tests.factories import CONTENT, DEMO_CALL, WHO_WE_ARE, days_of_call
from webapp import cli
from webapp.cli import content, published_changes
from webapp.rules import clock
from webapp.services.calls import published_calls
from webapp.services.events import published_events
from webapp.services.forms import publishing

NOT_FOR_PEOPLE = re.compile(r"publish-[a-z]+-|Tuple|Traceback|\{'")


@pytest.fixture
def instance(make_page_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """A demo with a call and two events, which the commands find."""
    app = make_page_app()
    for commands in (content, published_changes):
        monkeypatch.setattr(commands, "application", lambda: app)
    with app.app_context():
        for slug in ("round-table", "small-group"):
            event = content.read_event_file(CONTENT / f"{slug}.json")
            publishing.publish_event(event, slug=slug, actor="operator")
    return app


def give(instance: Flask, name: str, *words: str) -> Result:
    return CliRunner().invoke(cli.command(name), words)


def did(done: Result) -> str:
    assert done.exit_code == 0, done.output
    return done.stdout


def refused(done: Result, *words: str) -> None:
    """It ended in words for an operator, with these among them."""
    assert done.exit_code == 1, done.output
    for one in words:
        assert one in done.stderr


def last_day() -> date:
    return clock.today() + timedelta(days=30)


def form_file(folder: Path, title: str = "Getting a lawyer", like: str = DEMO_CALL) -> Path:
    """A copy of one of the demo's files under another title."""
    data = json.loads((CONTENT / f"{like}.json").read_text(encoding="utf-8"))
    data["title"] = {"en": title}
    file = folder / "mine.json"
    file.write_text(json.dumps(data), encoding="utf-8")
    return file


def publish(instance: Flask, file: Path, slug: str, *more: str) -> Result:
    # What is given twice, a command takes from its end
    return give(instance, "publish", str(file), "--slug", slug, *days_of_call(last_day()), *more)


@pytest.mark.parametrize(
    ("name", "file"), [("publish", DEMO_CALL), ("publish-event", "small-group")]
)
def test_an_example_that_speaks_for_another_organisation_is_told_before_it_is_published(
    make_page_app: MakeApp, monkeypatch: pytest.MonkeyPatch, name: str, file: str
) -> None:
    words = [str(CONTENT / f"{file}.json"), "--slug", "mine", "--same-title", "--check"]
    closes = days_of_call(last_day()) if name == "publish" else ()
    # Given an instance of another organisation, then the operator is warned while it can be changed
    app = make_page_app(DEMO="no", **WHO_WE_ARE)
    monkeypatch.setattr(content, "application", lambda: app)
    said = did(give(app, name, *words, *closes))
    assert "speaks in the name of the Anti-Trafficking Monitoring Group" in said
    assert WHO_WE_ARE["ORGANISATION"] in said
    # And that organisation itself is not
    app = make_page_app(
        DEMO="no", **{**WHO_WE_ARE, "ORGANISATION": "The Anti-Trafficking Monitoring Group"}
    )
    monkeypatch.setattr(content, "application", lambda: app)
    assert "speaks in the name" not in did(give(app, name, *words, *closes))


def test_a_published_call_says_where_people_find_it_and_until_when(
    instance: Flask, tmp_path: Path
) -> None:
    # Given a form with words in a language that no reviewer has checked
    file = form_file(tmp_path)
    shutil.copy(CONTENT / f"{DEMO_CALL}.vi.json", tmp_path / "mine.vi.json")
    # When it is published
    said = did(publish(instance, file, "lawyer", *days_of_call(date(2099, 3, 31))))
    # Then it says what is open, where, until when, and in which languages
    assert "The call “Getting a lawyer” is open now." in said
    assert "Tuesday 31 March 2099" in said
    assert re.search(r"Languages +English, Vietnamese", said)
    # And the address is one at which it is
    (path,) = re.findall(r"http://127\.0\.0\.1:8000(/en/calls/\S+)", said)
    assert "Getting a lawyer" in instance.test_client().get(path).text


def test_a_published_event_says_when_it_is_and_where_people_book(
    instance: Flask, tmp_path: Path
) -> None:
    data = json.loads((CONTENT / "round-table.json").read_text(encoding="utf-8"))
    file = tmp_path / "spring.json"
    file.write_text(json.dumps({**data, "starts": "2099-03-20T14:00"}), encoding="utf-8")
    said = did(give(instance, "publish-event", str(file), "--slug", "spring"))
    assert "is open for booking now" in said
    assert "Friday 20 March 2099, 2 pm" in said
    (path,) = re.findall(r"http://127\.0\.0\.1:8000(/en/events/\S+)", said)
    assert instance.test_client().get(path).status_code == 200


def test_a_last_day_that_is_over_uses_up_no_address(instance: Flask, tmp_path: Path) -> None:
    # When a call is published whose last day is over
    file = form_file(tmp_path)
    done = publish(instance, file, "lawyer", "--closes-on", "2020-01-01")
    # Then it is refused, and the way out works: the same address, with a day to come
    refused(done, "The last day, 2020-01-01, is over")
    did(publish(instance, file, "lawyer"))


def test_a_check_changes_nothing(instance: Flask, tmp_path: Path) -> None:
    # When a form is only checked
    assert "can be published" in did(publish(instance, form_file(tmp_path), "lawyer", "--check"))
    # Then there is no such call
    with instance.app_context(), pytest.raises(published_calls.NoSuchCall):
        published_calls.find_call("lawyer")
    # And what is wrong is said all the same
    (tmp_path / "mine.json").write_text("{}", encoding="utf-8")
    refused(publish(instance, tmp_path / "mine.json", "lawyer", "--check"), "“title” is missing")


def test_two_open_calls_of_one_title_are_meant_to_be(instance: Flask, tmp_path: Path) -> None:
    # Given an open call
    did(publish(instance, form_file(tmp_path), "lawyer"))
    # When another is published under the same title, in other letters
    again = form_file(tmp_path, "getting  A lawyer")
    # Then it is refused, and the other one is named
    refused(publish(instance, again, "lawyer-two"), "address lawyer", "--same-title")
    # But an operator who means it can, and so can one who closes the first
    did(publish(instance, again, "lawyer-two", "--same-title"))
    for slug in ("lawyer", "lawyer-two"):
        said = did(give(instance, "close-call", slug, "--reason", "A slip"))
        assert "takes no more answers" in said
    did(publish(instance, again, "lawyer-three"))


def test_the_same_event_twice_is_meant_to_be(instance: Flask, tmp_path: Path) -> None:
    file = tmp_path / "table.json"
    shutil.copy(CONTENT / "round-table.json", file)
    done = give(instance, "publish-event", str(file), "--slug", "table-two")
    refused(done, "at that time already", "--same-title")
    did(give(instance, "publish-event", str(file), "--slug", "table-two", "--same-title"))
    with instance.app_context():
        assert published_events.find("table-two")


def test_everything_that_is_wrong_is_told_at_once_in_sentences(
    instance: Flask, tmp_path: Path
) -> None:
    # Given a form with several slips that have the right shape
    data = json.loads(form_file(tmp_path).read_text(encoding="utf-8"))
    del data["parts"]["contact"]
    data["title"] = {"en": "For victims", "xx": "?"}
    asked = next(one for page in data["pages"] for one in page["questions"] if "choices" in one)
    asked["choices"] = []
    (tmp_path / "mine.json").write_text(json.dumps(data), encoding="utf-8")
    done = publish(instance, tmp_path / "mine.json", "lawyer")
    # Then each is a line that names the question by its words
    refused(
        done,
        "things to correct. Nothing was changed.",
        "The title “For victims” says “victims”",
        "“xx”, which is no language of ours",
        f"“{asked['label']['en'][:60]}",
        'Add "contact" to "parts"',
    )
    assert not NOT_FOR_PEOPLE.search(done.stderr)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"\xff\xfe{", "is not a text in UTF-8"),
        (b'{"title": ', "is not JSON"),
        (b"[]", "must be an object in braces"),
    ],
    ids=["bytes", "json", "list"],
)
def test_a_file_that_is_no_form_is_told_as_a_file(
    instance: Flask, tmp_path: Path, text: bytes, words: str
) -> None:
    (tmp_path / "mine.json").write_bytes(text)
    for command in (("publish", *days_of_call(last_day())), ("publish-event",)):
        done = give(instance, *command, str(tmp_path / "mine.json"), "--slug", "lawyer")
        refused(done, "The file mine.json", words)
        assert not NOT_FOR_PEOPLE.search(done.stderr)


def test_the_file_of_an_event_is_not_told_as_a_form_with_many_slips(instance: Flask) -> None:
    event, call = CONTENT / "round-table.json", CONTENT / f"{DEMO_CALL}.json"
    done = give(instance, "publish", str(event), "--slug", "other", *days_of_call(last_day()))
    refused(done, "one thing to correct", "is the file of an event: give publish-event")
    done = give(instance, "publish-event", str(call), "--slug", "other")
    refused(done, "one thing to correct", "is the file of a call: give publish.")


@pytest.mark.parametrize("day", ["31/03/2027", "2027-02-30", "soon"])
def test_a_last_day_that_is_no_day_is_told_with_an_example(
    instance: Flask, tmp_path: Path, day: str
) -> None:
    done = publish(instance, form_file(tmp_path), "lawyer", "--closes-on", day)
    assert f"there is no such day as {day}; write the year first, like 2027-03-31" in done.stderr
    assert "%Y" not in done.stderr


def test_a_slip_in_the_words_beside_a_form_names_their_file(
    instance: Flask, tmp_path: Path
) -> None:
    file = form_file(tmp_path)
    (tmp_path / "mine.vi.json").write_text(json.dumps({"titel": "Tên"}), encoding="utf-8")
    refused(publish(instance, file, "lawyer"), "mine.vi.json: “titel” is not the place of any text")


def test_an_unknown_address_is_told_with_those_there_are(instance: Flask) -> None:
    refused(give(instance, "close-call", "nowhere", "--reason", "A slip"), f"open: {DEMO_CALL}")
    said = give(instance, "add-seats", "nowhere", "1", "--reason", "A slip")
    refused(said, "round-table", "small-group")


def test_a_closed_call_is_opened_again_or_it_is_said_why_not(instance: Flask) -> None:
    def reopen(day: date, slug: str = DEMO_CALL) -> Result:
        return give(instance, "reopen-call", slug, "--closes-on", str(day), "--reason", "More time")

    with instance.app_context():
        last_day = published_calls.find_call(DEMO_CALL).closes_on
    refused(reopen(last_day + timedelta(days=1)), "This call is open", "Nothing was changed")
    refused(reopen(last_day, "nowhere"), "no call nowhere")
    did(give(instance, "close-call", DEMO_CALL, "--reason", "A slip"))
    refused(reopen(last_day - timedelta(days=1)), "or later", "Nothing was changed")
    assert "takes answers again, until" in did(reopen(last_day + timedelta(days=1)))
    with instance.app_context():
        assert published_calls.find_call(DEMO_CALL).accepts_answers(clock.today())


def test_no_call_is_published_without_a_month_to_tell_people_what_became_of_it(
    instance: Flask, tmp_path: Path
) -> None:
    file, days = form_file(tmp_path), ("--closes-on", last_day().isoformat())
    # Without one, with none of the calendar, or with one in which people still answer, nothing is published
    order = ("publish", str(file), "--slug", "lawyer", *days)
    assert "--tell-back-by" in give(instance, *order).stderr
    assert (
        "write the year first, like 2027-06"
        in give(instance, *order, "--tell-back-by", "soon").stderr
    )
    early = last_day().strftime("%Y-%m")
    refused(
        give(instance, *order, "--tell-back-by", early), "must come after the month of the last day"
    )
    # And with one that comes after it, it is, and the month is told
    assert "People are told by" in did(publish(instance, file, "lawyer"))
