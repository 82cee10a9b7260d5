from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.every_kind import every_kind_form
from tests.unit.rules.factories import choice, question, text
from tests.unit.rules.strategies import RAW, TYPED
from webapp.rules.forms.kinds import KINDS, KindName, NotAccepted, kind_of, read_answer
from webapp.rules.forms.kinds.email import as_written, mailable
from webapp.rules.forms.questions import Question
from webapp.rules.forms.size_limits import SPARE_LETTERS
from webapp.rules.messages import LABEL_MESSAGES

SAFE_WAYS = question(
    "ways",
    "choices",
    choices=[choice("email", "E-mail"), choice("call", "Phone call")],
    none=choice("none", "None of these"),
)
WITH_OTHER = question(
    "how", "choice", other={**choice("other", "Another way"), "ask": text("Which way?")}
)
ASKING = [kind for kind in KINDS if kind != "statement"]
ONE_OF_EACH = [question(kind, kind) for kind in ASKING if kind != "choices"] + [
    SAFE_WAYS,
    WITH_OTHER,
]


def refused(raw: list[str], asked: Question) -> tuple[str, dict[str, int]]:
    with pytest.raises(NotAccepted) as caught:
        read_answer(raw, asked)
    return caught.value.message_key, caught.value.params


@pytest.mark.parametrize("asked", ONE_OF_EACH, ids=lambda one: one.kind)
@given(raw=RAW)
def test_whatever_is_sent_is_read_or_refused_with_a_message(
    asked: Question, raw: list[str]
) -> None:
    try:
        answer = kind_of(asked).parse(raw, asked)
    except NotAccepted:
        return
    assert isinstance(answer, str | list)


@pytest.mark.parametrize("asked", ONE_OF_EACH, ids=lambda one: one.kind)
@given(raw=RAW)
def test_an_accepted_answer_is_read_the_same_again_shown_and_bounded(
    asked: Question, raw: list[str]
) -> None:
    kind = kind_of(asked)
    try:
        answer = read_answer(raw, asked)
    except NotAccepted:
        return
    if answer is None:
        return
    assert kind.parse(kind.raw(answer, asked), asked) == answer
    assert kind.show(answer, asked, "ar")
    assert kind.export(answer, asked)
    assert len(json_of(answer)) <= kind.worst_bytes(asked)


def json_of(answer: str | list[str]) -> bytes:
    import json

    return json.dumps(answer, ensure_ascii=False).encode()


@given(st.text(st.characters(codec=None), min_size=0, max_size=1600))
def test_a_text_is_never_longer_in_the_vault_than_its_kind_says(words: str) -> None:
    asked = question(kind="long_text")
    try:
        answer = read_answer([words], asked)
    except NotAccepted as refusal:
        assert refusal.message_key == "text-too-long"
        return
    assert len(json_of(answer or "")) <= kind_of(asked).worst_bytes(asked)


@pytest.mark.parametrize("asked", ONE_OF_EACH, ids=lambda one: one.kind)
@pytest.mark.parametrize("raw", [[], [""], ["  \r\n "], ["\u200b\u200e"], ["", " "]])
def test_nothing_that_can_be_seen_is_a_skipped_question(asked: Question, raw: list[str]) -> None:
    if asked.choice_keys and raw == ["\u200b\u200e"]:
        assert refused(raw, asked)[0] == "choice-unknown"
        return
    assert kind_of(asked).blank(raw)
    assert read_answer(raw, asked) is None


@pytest.mark.parametrize("kind", ASKING)
def test_a_required_question_left_empty_says_that_an_answer_is_needed(kind: str) -> None:
    asked = question(kind=kind, required=True, reason=text("Because"))
    assert refused([""], asked) == ("answer-needed", {})


@pytest.mark.parametrize(
    "kind", ["text", "long_text", "email", "phone", "number", "choice", "yes_no"]
)
def test_two_values_for_one_field_are_refused(kind: str) -> None:
    assert refused(["one", "two"], question(kind=kind))[0] == "answer-one-only"


# Text


def test_a_text_says_how_much_too_long_it_is() -> None:
    assert refused(["x" * 203], question()) == ("text-too-long", {"max": 200, "over": 3})


def test_a_form_may_set_a_shorter_length_but_never_a_longer_one() -> None:
    assert refused(["x" * 41], question(max_length=40))[1] == {"max": 40, "over": 1}
    assert refused(["x" * 400], question(max_length=1500))[1] == {"max": 300, "over": 100}


def test_white_space_does_not_count_against_a_participant() -> None:
    assert read_answer(["  " + "x" * 200 + "\n\n"], question()) == "x" * 200


def test_a_line_stays_one_line_and_a_long_text_keeps_its_lines() -> None:
    typed = "First\r\n\tsecond \x0b third"
    assert read_answer([typed], question()) == "First second third"
    assert read_answer([typed], question(kind="long_text")) == "First\n second\n third"


def test_letters_with_marks_are_kept_in_one_form() -> None:
    assert read_answer(["Zoe\u0308"], question()) == "Zo\u00eb"


@given(TYPED)
def test_characters_that_hide_or_turn_words_are_taken_out(typed: str) -> None:
    # Given words with anything among them, When they are read, Then nothing unseen that could
    # turn them around, break a file or not be stored is left.
    answer = read_answer([f"a{typed}b"], question(kind="long_text"))
    assert isinstance(answer, str)
    answer.encode()
    assert not set(answer) & set("\x00\t\r\x1b\x85\u202e\u202a\u2066\u2069\u2028\ufeff\uffff")


def test_arabic_joiners_and_direction_marks_stay() -> None:
    words = "می\u200cخواهم \u200fABC"
    assert read_answer([words], question()) == words


def test_a_huge_value_is_refused_without_work() -> None:
    assert refused(["x" * 5_000_000], question())[0] == "text-too-long"


@pytest.mark.parametrize(
    "repeated",
    [";", " ,", ",", ".", " x", "ext ", "tel:", "#", "@", "<", "%20", "(", "-", "٣", "＠"],
)
@pytest.mark.parametrize("asked", ONE_OF_EACH, ids=lambda one: one.kind)
def test_whatever_is_repeated_is_read_in_no_time(asked: Question, repeated: str) -> None:
    # Given the most that a page carries: reading it holds up everybody else in this process
    for typed in (f"1{repeated * 20_000}1", f"mailto: 0{repeated * 20_000}@x"):
        began = process_time()
        with suppress(NotAccepted):
            read_answer([typed[:SPARE_LETTERS]], asked)
        assert process_time() - began < 1


# E-mail


@pytest.mark.parametrize(
    "typed",
    ["ana@example.org", "Ana.B+hearth@mail.example.co.uk", "o'neil@example.com", "Ana@example.org"],
)
def test_an_address_is_kept_as_typed(typed: str) -> None:
    assert read_answer([f"  {typed}\u200e "], question(kind="email")) == typed


@pytest.mark.parametrize(
    "typed",
    [
        "Ana K <ana@example.org>",
        '"K, Ana" <ana@example.org>;',
        "<ana@example.org>",
        "mailto:ana@example.org",
        "MAILTO:ana@example.org?subject=Hello",
        "mailto:ana%40example.org",
        "Ana <mailto:ana@example.org>",
        "E-mail: ana@example.org",
        "ana@example.org.",
        "ana@example.org,",
        "ana@example.org; ",
        "(ana@example.org)",
        "\u201cana@example.org\u201d",
        "\u00abana@example.org\u00bb",
        "'ana@example.org'",
        "ana\u200b@example\u2060.org\ufeff",
        "\u00a0ana@example.org\u00a0",
        "ana @ example.org",
        "ana\uff20example.org",
        "\uff41\uff4e\uff41\uff20\uff45\uff58\uff41\uff4d\uff50\uff4c\uff45\uff0e\uff4f\uff52\uff47",
        "ana@example\u3002org",
        "ana@EXAMPLE.org",
    ],
)
def test_an_address_is_found_in_what_a_paste_or_a_keyboard_adds(typed: str) -> None:
    answer = read_answer([typed], question(kind="email"))
    assert answer == "ana@example.org"
    # And read again, as when a page is shown once more, it stays
    assert read_answer([answer], question(kind="email")) == answer


@pytest.mark.parametrize(
    ("typed", "mailed"),
    [
        ("ana@stra\u00dfe.example", "ana@xn--strae-oqa.example"),
        ("ana@\u4f8b\u3048.jp", "ana@xn--r8jz45g.jp"),
        ("ana@faß.de", "ana@xn--fa-hia.de"),
        ("ana@xn--strae-oqa.example", "ana@xn--strae-oqa.example"),
    ],
)
def test_the_address_that_is_kept_is_the_one_that_is_mailed(typed: str, mailed: str) -> None:
    kind, asked = KINDS["email"], question(kind="email")
    answer = read_answer([typed], asked)
    # Given a domain that IDNA 2003 would turn into a stranger's, Then it is held as IDNA 2008 writes it
    assert answer == mailed
    assert mailable(typed) == mailed
    assert kind.export(answer, asked) == mailed
    # And its owner sees it as they write it
    assert kind.show(answer, asked, "en") == as_written(typed)
    assert "xn--" not in kind.show(answer, asked, "en")


@pytest.mark.parametrize("typed", ["أنا@example.org", "zoë@example.org", "zoe\u0308@example.org"])
def test_an_address_that_we_cannot_mail_is_refused_in_its_own_words(typed: str) -> None:
    assert refused([typed], question(kind="email")) == ("email-not-in-ascii", {})


@pytest.mark.parametrize(
    "typed",
    ["ana", "ana@", "ana@example", "a b@example.org", "me. ana@example.org", "a@[1.2.3.4]", "<>"],
)
def test_what_is_no_address_is_refused_without_repeating_it(typed: str) -> None:
    with pytest.raises(NotAccepted) as caught:
        read_answer([typed], question(kind="email"))
    assert caught.value.message_key == "email-not-an-address"
    assert "ana" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    "typed",
    [
        "ana@example.org\r\nBcc: eve@example.org",
        "ana@example.org, eve@example.org",
        "Ana <ana@example.org> <eve@example.org>",
        "eve@example.org <ana@example.org>",
    ],
)
def test_a_second_address_cannot_slip_in(typed: str) -> None:
    assert refused([typed], question(kind="email"))[0] == "email-one-only"


@given(TYPED)
def test_whatever_was_typed_an_address_is_plain_and_stays_as_it_is(typed: str) -> None:
    # Given anything at all, When it is accepted, Then it is one address in ASCII, and reading it again changes nothing
    try:
        answer = read_answer([f"{typed}a@example.org{typed}"], question(kind="email"))
    except NotAccepted:
        return
    assert isinstance(answer, str)
    assert answer.isascii()
    assert answer.count("@") == 1
    assert not set(answer) & set("<>,; \r\n")
    assert read_answer([answer], question(kind="email")) == answer


def test_an_address_has_a_length() -> None:
    typed = "a" * 60 + "@" + ".".join(["b" * 60] * 4)
    assert refused([typed], question(kind="email")) == ("email-too-long", {"max": 254})


# Phone


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("07700 900123", "07700 900123"),
        ("+44 (0)7700 900-123", "+44 (0)7700 900-123"),
        ("\u202a+44 7700 900123\u202c", "+44 7700 900123"),
        ("٠٧٧٠٠ ٩٠٠١٢٣", "07700 900123"),
        ("07700\u2011900\u00a0123", "07700-900 123"),
        ("tel:+44-7700-900123", "+44-7700-900123"),
        ("Tel. 020 7946 0000", "020 7946 0000"),
        ("0044 7700 900123", "0044 7700 900123"),
        ("+ 44 7700 900123", "+ 44 7700 900123"),
        ("030/901820", "030/901820"),
        ("01.23.45.67.89", "01.23.45.67.89"),
        (
            "\uff10\uff17\uff17\uff10\uff10\u3000\uff19\uff10\uff10\uff11\uff12\uff13",
            "07700 900123",
        ),
        ("\uff0b44\uff08\uff10\uff097700\uff0d900123", "+44(0)7700-900123"),
        ("020 7946 0000 ext. 12", "020 7946 0000 ext. 12"),
        ("020 7946 0000 ext 12", "020 7946 0000 ext. 12"),
        ("020 7946 0000 x12", "020 7946 0000 ext. 12"),
        ("02079460000x12", "02079460000 ext. 12"),
        ("020 7946 0000, extension 12", "020 7946 0000 ext. 12"),
        ("020 7946 0000 #12", "020 7946 0000 ext. 12"),
        ("tel:+442079460000;ext=12", "+442079460000 ext. 12"),
    ],
)
def test_a_number_is_taken_as_people_write_it(typed: str, kept: str) -> None:
    assert read_answer([typed], question(kind="phone")) == kept


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("call me", "phone-characters"),
        ("07700 900123 ext", "phone-characters"),
        ("07700 900123 ext 4 or 07700 900124", "phone-characters"),
        ("ext. 1234567", "phone-characters"),
        ("123 ext. 4567", "phone-length"),
        ("0123456 tel: 0770012", "phone-characters"),
        ("44+7700900123", "phone-characters"),
        ("12345", "phone-length"),
        ("1" * 16, "phone-length"),
        ("1234567" + " - " * 30 + "8", "phone-length"),
    ],
)
def test_a_number_that_cannot_be_dialled_is_refused(typed: str, message: str) -> None:
    assert refused([typed], question(kind="phone"))[0] == message


@pytest.mark.parametrize(
    "run",
    [
        "0",
        ",000",
        " 000",
        ",",
        ";",
        " ,",
        "x",
        "#",
        "ext. ",
        "tel: ",
        "@",
        "a@",
        "<",
        ".",
        "-",
        "\u00ad,",
    ],
)
@pytest.mark.parametrize("kind", ["text", "long_text", "email", "phone", "number", "date"])
def test_as_much_as_a_page_carries_is_read_at_once(kind: KindName, run: str) -> None:
    # A pattern that looks through a run again from each of its characters takes minutes, and everybody waits
    typed = "1" + run * (SPARE_LETTERS // len(run)) + "1"
    asked, began = question(kind=kind), process_time()
    with suppress(NotAccepted):
        read_answer([typed] * max(1, len(kind_of(asked).inputs_of(asked))), asked)
    assert process_time() - began < 1


# Choices


def test_a_choice_off_the_list_is_refused() -> None:
    assert refused(["four"], question(kind="choice"))[0] == "choice-unknown"
    assert refused(["one", "four"], question(kind="choices"))[0] == "choice-unknown"
    assert refused(["maybe"], question(kind="yes_no"))[0] == "choice-unknown"


def test_none_of_these_goes_with_nothing_else() -> None:
    assert read_answer(["none"], SAFE_WAYS) == ["none"]
    assert refused(["email", "none"], SAFE_WAYS)[0] == "choices-none-and-others"


def test_choices_come_once_and_in_the_order_of_the_form() -> None:
    assert read_answer(["call", "email", "call"], SAFE_WAYS) == ["email", "call"]


def test_none_of_these_is_offered_last_and_apart() -> None:
    options = kind_of(SAFE_WAYS).options(SAFE_WAYS, "en")
    assert [option.value for option in options] == ["email", "call", "none"]
    assert [option.exclusive for option in options] == [False, False, True]


def test_an_option_says_which_language_its_words_are_in() -> None:
    asked = question(
        kind="choice",
        choices=[{"key": "a", "label": text("One", ar="واحد")}, choice("b", "Two")],
    )
    options = kind_of(asked).options(asked, "ar")
    assert [(one.text, one.language) for one in options] == [("واحد", "ar"), ("Two", "en")]


def test_yes_and_no_are_worded_by_the_catalogue() -> None:
    asked = question(kind="yes_no")
    kind = kind_of(asked)
    assert [one.message_key for one in kind.options(asked, "ar")] == ["answer-yes", "answer-no"]
    assert kind.show("yes", asked, "ar") == "answer-yes"
    assert kind.export("no", asked) == "No"


def test_answers_are_shown_in_words() -> None:
    kind = kind_of(SAFE_WAYS)
    assert kind.show(["email", "call"], SAFE_WAYS, "en") == "E-mail\nPhone call"
    assert kind.export(["email", "call"], SAFE_WAYS) == "E-mail; Phone call"


def test_every_kind_has_its_own_widget() -> None:
    assert {kind.widget for kind in KINDS.values()} == {f"answers/{name}.html" for name in KINDS}


def test_every_kind_has_a_template_and_is_asked_by_the_tests() -> None:
    templates = Path(__file__).parents[3] / "templates"
    assert [kind.name for kind in KINDS.values() if not (templates / kind.widget).is_file()] == []
    assert {one.kind for page in every_kind_form().pages for one in page.questions} == set(KINDS)


# A scale in words


def test_a_scale_keeps_its_order_and_what_is_beside_it_stands_apart() -> None:
    asked = question(kind="scale", none=choice("unsure", "I am not sure"))
    options = kind_of(asked).options(asked, "en")
    assert [one.value for one in options] == ["one", "two", "three", "unsure"]
    assert [one.exclusive for one in options] == [False, False, False, True]
    assert read_answer(["unsure"], asked) == "unsure"
    assert refused(["one", "two"], asked)[0] == "answer-one-only"
    assert refused(["2"], asked)[0] == "choice-unknown"


# Age bands


def test_age_bands_cover_every_adult_once_and_can_be_declined() -> None:
    # Given the bands of a question that lists none of its own
    asked = question(kind="age_band")
    *bands, declined = asked.choice_keys
    # Then they follow each other from 18 up, and the last answer says nothing
    ends = [band.split("_") for band in bands]
    assert ends[0][0] == "18" and ends[-1] == ["75", "up"]
    for (_, last), (first, _) in pairwise(ends):
        assert int(last) + 1 == int(first)
    assert declined == "prefer_not_to_say"
    assert refused(["17"], asked)[0] == "choice-unknown"


def test_age_bands_are_worded_by_the_catalogue() -> None:
    asked = question(kind="age_band")
    kind = kind_of(asked)
    assert [one.value for one in kind.options(asked, "ar")] == list(asked.choice_keys)
    assert kind.show("75_up", asked, "ar") == "age-75-up"
    assert kind.export("75_up", asked) == "75 or over"


# A statement


@given(raw=RAW)
def test_nothing_is_ever_read_from_a_statement(raw: list[str]) -> None:
    asked = question(kind="statement")
    assert read_answer(raw, asked) is None
    assert read_answer(raw, question(kind="statement", required=True)) is None
    assert kind_of(asked).worst_bytes(asked) == 0


# On paper


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_that_asks_says_what_to_do_with_a_pen(kind: str) -> None:
    asked = question(kind=kind)
    assert (kind_of(asked).paper in LABEL_MESSAGES) == asked.asks


def test_a_date_on_paper_has_a_box_for_each_digit_and_no_line() -> None:
    asked = question(kind="date")
    assert [one.digits for one in kind_of(asked).inputs_of(asked)] == [2, 2, 4]
    assert kind_of(asked).lines_on_paper(asked) == 0
