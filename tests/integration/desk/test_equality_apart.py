"""Equality monitoring: answers about equality are only counted. No page and no file of the desk shows any of them."""

from tests.factories import demo_form
from tests.integration.desk.worker import Worker, rows_of_csv


def words_about_themselves() -> set[str]:
    """What the last choice of every question about equality says, and how old a participant said they are."""
    choices = {
        choice.label["en"]
        for page in demo_form().pages
        for question in page.questions
        if question.part == "equality"
        for choice in question.choices
    }
    return {one for one in choices if len(one) > 4 and "say" not in one}


def test_no_page_of_the_desk_shows_what_a_participant_said_about_themselves(worker: Worker) -> None:
    # Given a participant who answered everything, the questions about themselves included
    participant = worker.answered_by("contact_me", "quote", age_band="25_34")
    said = words_about_themselves() | {"25 to 34"}
    assert len(said) > 10
    # When a coordinator looks at every page about it, opens all that can be opened, and takes the list along
    shown = [
        worker.get(path).text for path in ("/desk/", "/desk/calls/support-needs", "/desk/contacts")
    ]
    shown += [worker.open_answers(participant).text, worker.open_contact(participant).text]
    rows = rows_of_csv(worker.export(file_format="csv").get_data())
    assert len(rows) == 1
    # Then none of it is there, and no number of people who said it
    for words in said:
        assert not [page for page in shown if words in page], words
        assert words not in repr(rows)
    # And there is no other address at the desk that opens answers
    opening = [
        rule.rule
        for rule in worker.app.url_map.iter_rules()
        if rule.rule.startswith("/desk/")
        and any(one in rule.rule for one in ("equality", "figures"))
    ]
    assert opening == []
