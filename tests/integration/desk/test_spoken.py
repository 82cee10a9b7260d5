"""Any language of a participant can be named. In the clear stands only whether it is one of Hearth's."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from tests.factories import signed_in
from tests.integration.desk.entering import SAID, begin, send, type_in
from tests.integration.desk.worker import Participant, Worker, rows_of_csv
from tests.integration.public.steps import answer_to
from tests.people import submissions_listed
from webapp.models import ConsentStatement, Submission
from webapp.rules.languages import spoken_languages
from webapp.rules.languages.site_languages import ANOTHER, LANGUAGES
from webapp.rules.languages.spoken_languages import Spoken
from webapp.services.answers import data_portability, own_copies
from webapp.services.infrastructure import stores
from webapp.services.phone_requests import caller_corrections
from webapp.services.phone_requests.caller_corrections import CallerCorrection

NAME = "Krio"


def participant_who_speaks(worker: Worker, language: str, **changes: str) -> Participant:
    """Entered by phone, with a consent to be contacted."""
    draft = begin(worker, spoken=language)
    type_in(worker, draft, **{**SAID, **changes})
    worker.get(f"{draft}/check")
    code = send(worker, "contact_me")
    worker.press("I have passed it on")
    (found,) = submissions_listed(worker)
    return Participant(UUID(str(found)), code)


def test_a_language_that_hearth_does_not_speak_is_named_only_to_the_coordinator_who_opens(
    worker: Worker,
) -> None:
    # Given a participant who came through an interpreter
    person = participant_who_speaks(worker, NAME)
    # Then the lists say that it is another language, and not which
    assert "Another language" in worker.page.text
    assert NAME not in worker.page.html
    worker.look_at(person)
    assert answer_to(worker, "Language") == "Another language"
    # And their answers, their contact details and the list say which
    worker.open_answers(person)
    assert f"Written in {NAME}." in worker.page.text
    worker.open_contact(person)
    assert answer_to(worker, "Language") == NAME
    (row,) = rows_of_csv(worker.export(file_format="csv").get_data())
    assert row["Language"] == NAME


def test_no_rare_language_stands_in_the_clear(worker: Worker) -> None:
    # Given the same
    participant_who_speaks(worker, NAME)
    # Then the database says "undetermined", as ISO 639-2 does
    with worker.app.app_context(), stores.reading() as main:
        assert main.scalars(select(Submission.language)).one() == "und"


def test_a_correction_with_the_code_keeps_the_language(worker: Worker) -> None:
    # Given a participant whose language was named
    person = participant_who_speaks(worker, NAME)
    # When they change a number and an answer with their code
    worker.corrects(person, phone="07700 900999", change_words="Other words")
    # Then their language is still there
    worker.open_contact(person)
    assert answer_to(worker, "Language") == NAME
    worker.open_answers(person)
    assert f"Written in {NAME}." in worker.page.text


def test_a_correction_for_a_caller_keeps_the_language(worker: Worker) -> None:
    # Given a participant whose language was named, and who rings without their code
    person = participant_who_speaks(worker, NAME)
    with worker.app.app_context():
        holder = signed_in(worker.founded)
        held = caller_corrections.open_contact(holder, person.id, "asked")
        wanted = {**held.answers, "phone": "07700 900999"}
        wanted.pop(spoken_languages.KEY)
        # When a coordinator corrects their number
        once = CallerCorrection(uuid4(), held.seen, wanted)
        assert caller_corrections.correct(holder, person.id, once, "asked")
    # Then their language is still there
    worker.open_contact(person)
    assert answer_to(worker, "Language") == NAME


def test_the_person_holds_it_themselves(worker: Worker) -> None:
    # What we know about a participant is theirs
    person = participant_who_speaks(worker, NAME)
    with worker.app.app_context():
        held = own_copies.find_held(person.receipt)
        assert NAME in data_portability.machine_readable(held).decode()


def test_one_of_hearths_languages_is_known_by_its_name(worker: Worker) -> None:
    # Given a participant who speaks Arabic, typed in any case
    person = participant_who_speaks(worker, "arabic")
    worker.look_at(person)
    assert answer_to(worker, "Language") == "Arabic"
    # Then they agreed to the English words that an interpreter said: the Arabic ones are unreviewed
    with worker.app.app_context(), stores.reading() as main:
        assert main.scalars(select(Submission.language)).one() == "ar"
        held = own_copies.find_held(person.receipt)
        (yes,) = [one for one in held.consents if one.granted]
        assert yes.language == "en"
        assert main.scalars(select(ConsentStatement)).first() is not None


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("Romanian", Spoken("und", "Romanian")),
        ("  welsh ", Spoken("cy")),
        ("English", Spoken("en")),
        ("Twi,  Akan", Spoken("und", "Twi, Akan")),
        ("", None),
        ("x" * 41, None),
    ],
)
def test_a_language_is_read_from_its_name(typed: str, read: Spoken | None) -> None:
    assert spoken_languages.read(typed) == read


def test_another_language_is_known_and_never_listed() -> None:
    assert LANGUAGES["und"] is ANOTHER
    assert "und" not in LANGUAGES
    assert ANOTHER not in LANGUAGES.values()
    with pytest.raises(KeyError):
        LANGUAGES["xx"]


def test_the_list_to_choose_from_names_each_once() -> None:
    names = spoken_languages.names()
    assert len(names) == len({name.casefold() for name in names})
    assert {"Welsh", "Arabic", "Romanian", "Polish", "Punjabi"} <= set(names)
    assert all(spoken_languages.read(name) for name in names)
