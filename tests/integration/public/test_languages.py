"""The same pages in other languages: all of them drafts still, one of them written from right to left."""

import unicodedata

import pytest
from flask import Flask, render_template_string
from flask_babel import force_locale

from tests.conftest import MakeApp
from tests.integration.public.steps import CALL, OPEN_PAGES, page_address
from tests.pages import catalogue, words
from tests.people import ALL_BOXES, SOME_WORDS, answer_everything, begin, come_back, send
from tests.visitor import Visitor
from webapp.rules.languages.site_languages import LANGUAGES, Language
from webapp.settings import SUPPORT


def latin_share(text: str) -> float:
    """How many of the letters are Latin ones."""
    letters = [one for one in text if one.isalpha()]
    return sum("LATIN" in unicodedata.name(one) for one in letters) / len(letters)


@pytest.mark.parametrize("path", OPEN_PAGES)
def test_every_page_can_be_read_in_the_other_language(page_visitor: Visitor, path: str) -> None:
    # Given a page in English
    page_visitor.get(f"/en/{path}")
    # When a visitor follows the name of their language
    page_visitor.follow("العربية (Arabic)")
    # Then it is the same page, from right to left, and says that it is a draft
    assert page_visitor.path == f"/ar/{path}"
    html = page_visitor.page.only("html")
    assert (html.get("lang"), html.get("dir")) == ("ar", "rtl")
    assert 'class="band notice"' in page_visitor.page.html
    # And back
    page_visitor.follow("English")
    assert page_visitor.path == f"/en/{path}"


def test_the_language_can_be_changed_in_the_middle(page_visitor: Visitor) -> None:
    # Given a participant in the middle of answering
    begin(page_visitor)
    page_visitor.press("Continue", adult="yes")
    # When they change the language, and back
    page_visitor.press("العربية (Arabic)")
    assert page_visitor.path == page_address("assessment", "ar")
    page_visitor.press_first(had_assessment="no")
    assert page_visitor.path == page_address("without", "ar")
    page_visitor.press("English")
    # Then they are where they were, and lost nothing
    assert page_visitor.path == page_address("without")
    page_visitor.get("/en/calls/support-needs/check")
    assert "Have you had this assessment? (" not in page_visitor.page.text
    assert "No" in page_visitor.page.text


def test_a_mistake_is_named_in_the_language_of_the_page(page_visitor: Visitor) -> None:
    begin(page_visitor, "ar")
    page_visitor.press_first()
    (summary,) = [one for one in page_visitor.page.elements if one.get("role") == "alert"]
    assert latin_share("".join(summary.itertext())) < 0.2


def test_a_page_that_is_not_there_says_so_in_the_language_of_its_address(
    page_visitor: Visitor,
) -> None:
    page_visitor.get("/ar/nothing")
    assert page_visitor.status == 404
    assert page_visitor.page.only("html").get("dir") == "rtl"
    assert latin_share(page_visitor.page.h1) == 0


def test_nothing_on_the_way_is_left_in_english(page_app: Flask, page_visitor: Visitor) -> None:
    # When a participant goes the whole way in Arabic
    strange = []

    def seen(visitor: Visitor) -> None:
        for element in visitor.page.only("main").iter():
            own = (element.text or "").strip().replace(SOME_WORDS, "")
            marked = element.get("lang") == "en" or element.get("dir") == "ltr"
            if len(own.split()) > 2 and not marked and latin_share(own + "ا") > 0.6:
                strange.append(f"{visitor.path}: {own}")

    begin(page_visitor, "ar")
    answer_everything(page_visitor, seen)
    code = send(page_visitor, ALL_BOXES, seen)
    come_back(page_visitor, code, "ar")
    seen(page_visitor)
    # Then every word of ours is Arabic, or marked as another language
    assert strange == []


def consents(visitor: Visitor) -> list[tuple[str | None, str]]:
    """The consents as they are shown: the language that they are marked with (None: the page's), and the words."""
    cards = [one for one in visitor.page.all("p") if (one.get("id") or "").startswith("words-")]
    return [
        (card[0].get("lang"), words(card[0]))
        if len(card) and card[0].tag == "span" and card[0].get("lang")
        else (None, (card.text or "").strip())
        for card in cards
    ]


def test_a_consent_keeps_the_words_that_were_agreed_to(page_visitor: Visitor) -> None:
    # Given a participant who agreed in Arabic
    begin(page_visitor, "ar")
    answer_everything(page_visitor)
    code = send(page_visitor, ALL_BOXES)
    # When they come back in English
    come_back(page_visitor, code, "en")
    page_visitor.follow("What you gave us permission for")
    # Then the exact words are shown, marked as Arabic
    shown = consents(page_visitor)
    assert len(shown) == 4
    assert {language for language, _ in shown} == {"ar"}
    assert all(latin_share(said) < 0.1 for _, said in shown)


def test_saying_yes_keeps_the_words_that_were_shown(page_visitor: Visitor) -> None:
    # Given a participant who answered in Arabic, took one consent back, and never gave another
    begin(page_visitor, "ar")
    answer_everything(page_visitor)
    come_back(page_visitor, send(page_visitor, ("contact_me",)), "ar")
    page_visitor.get("/ar/choices/agreed")
    page_visitor.press_first()
    # When they read what they could say yes to, in English
    page_visitor.get("/en/choices/agreed")
    shown = consents(page_visitor)
    assert {language for language, _ in shown} == {None}
    page_visitor.press("Give permission again")
    page_visitor.press("Give permission")
    # Then what is kept are those words, whatever language the page is in later
    page_visitor.get("/ar/choices/agreed")
    kept = consents(page_visitor)
    assert kept[:2] == [("en", said) for _, said in shown[:2]]
    assert [language for language, _ in kept[2:]] == [None, None]


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=lambda one: one.code)
def test_the_first_page_speaks_every_language(page_visitor: Visitor, language: Language) -> None:
    # When a visitor opens the service in a language of ours
    page_visitor.get(f"/{language.code}/")
    # Then the page says which it is, to browsers and to screen readers
    html = page_visitor.page.only("html")
    assert (html.get("lang"), html.get("dir")) == (language.tag, language.direction)
    assert page_visitor.response.headers["Content-Language"] == language.tag
    # And every language is there to be chosen, in its own script and marked as such
    named = {(one.get("lang"), words(one)) for one in page_visitor.page.only("details").iter("bdi")}
    assert {(one.tag, one.own_name) for one in LANGUAGES.values()} <= named


def test_hours_and_days_are_said_as_people_say_them(page_visitor: Visitor) -> None:
    # Arabic has a form of its own for two, and another one for eleven and more
    said = page_visitor.get(f"/ar/calls/{CALL}/").text
    assert "مدة ساعتين" in said
    assert "مدة 14 يومًا" in said
    # Welsh counts in the singular
    assert "am 2 awr," in page_visitor.get(f"/cy/calls/{CALL}/").text


def test_a_language_that_is_not_ours_is_no_page(page_visitor: Visitor) -> None:
    for code in ("fr", "EN", "en-gb", "en_easy", "easy"):
        page_visitor.get(f"/{code}/")
        assert page_visitor.status == 404


def test_the_bare_address_speaks_as_the_device_does(page_visitor: Visitor) -> None:
    # Given a phone that is set to Somali, and to English after that
    response = page_visitor.client.get("/", headers={"Accept-Language": "so-GB,so;q=0.9,en;q=0.5"})
    assert response.location == "/so/"
    # And one whose languages we do not speak
    response = page_visitor.client.get("/", headers={"Accept-Language": "fr-FR,fr;q=0.9"})
    assert response.location == "/en/"


def test_a_draft_language_is_not_chosen_for_a_visitor(make_page_app: MakeApp) -> None:
    client = make_page_app(DRAFT_LANGUAGES="no").test_client()
    response = client.get("/", headers={"Accept-Language": "so"})
    assert response.location == "/en/"


def test_a_page_that_falls_back_to_english_says_so_once_and_marks_it(page_visitor: Visitor) -> None:
    # Given a call that has no words in Vietnamese
    page_visitor.get(f"/vi/calls/{CALL}/")
    # Then the page says kindly, in Vietnamese, that parts of it are in English
    assert page_visitor.page.text.count("hiện chỉ có bằng tiếng Anh") == 1
    # And what is in English is marked as English
    assert [one.get("lang") for one in page_visitor.page.only("h1")] == ["en"]
    # And a page of our own words has nothing to say about it
    page_visitor.get("/vi/safety")
    assert "hiện chỉ có bằng tiếng Anh" not in page_visitor.page.text


def test_an_answer_that_is_read_back_in_english_is_marked(page_visitor: Visitor) -> None:
    # Given a participant who picked an answer that has no words in Albanian
    begin(page_visitor, "sq")
    page_visitor.press_first(adult="yes")
    page_visitor.press_first(had_assessment="no")
    page_visitor.get(f"/sq/calls/{CALL}/check")
    # Then our own yes is said in Albanian, and every word of the form is marked as English
    adult, assessed = page_visitor.page.all("dd")[:2]
    assert (words(adult), [one.get("lang") for one in adult.iter("span")]) == ("Po", [])
    assert (words(assessed), [one.get("lang") for one in assessed.iter("span")]) == ("No", ["en"])
    for question in page_visitor.page.all("dt"):
        assert [one.get("lang") for one in question] == ["en"]


def test_easy_read_says_what_is_easy_and_english_for_the_rest(page_visitor: Visitor) -> None:
    page_visitor.get("/en-easy/privacy")
    easy = page_visitor.page.text
    page_visitor.get("/en/privacy")
    english = page_visitor.page.text
    # Then its words are its own where they are needed
    assert "That is one more reason" in english
    assert "That is one more reason" not in easy
    assert "So share only what you want to share" in easy
    # And nothing in it is marked as another language
    page_visitor.get("/en-easy/events/round-table/")
    main = page_visitor.page.only("main")
    assert [one for one in main.iter() if one.get("lang") not in (None, "en")] == []


#: What the settings propose to say about help, besides numbers. A number is no help to one who cannot read its name.
OF_HELP = {
    "Modern Slavery Helpline",
    "Samaritans (someone to listen)",
    "Free, in many languages",
    "Free, day and night, about anything",
    "In danger now (police, ambulance, fire)",
    "They ask where you are",
}


@pytest.mark.parametrize("language", ["ar", "cy", "sq", "vi", "ti", "so"])
def test_who_helps_in_danger_is_said_in_every_language(
    page_visitor: Visitor, language: str
) -> None:
    # When a visitor looks for help
    page = page_visitor.get(f"/{language}/support")
    # Then every number says what it is in words that they can read
    footer = page.only("footer")
    for line in SUPPORT.split(";"):
        name = line.partition("|")[0].strip()
        assert catalogue(language)[name] in words(footer)
    assert [words(one) for one in footer.iter("span") if one.get("lang") == "en"] == []
    assert (
        catalogue(language)["Some parts of this page are only in English for now."] not in page.text
    )


def test_an_operators_own_help_line_stays_as_they_wrote_it(make_page_app: MakeApp) -> None:
    visitor = Visitor(
        make_page_app(SUPPORT_CONTACTS="Our line | 01632 960003 | Ask for Sam").test_client()
    )
    main = visitor.get("/ar/support").only("main")
    told = {words(one): one.get("lang") for one in main.iter("span")}
    assert told["Our line"] == told["Ask for Sam"] == "en"
    assert "tel:01632960003" in {one.get("href") for one in main.iter("a")}


def test_the_settings_propose_nothing_that_is_not_translated() -> None:
    told = {part.strip() for line in SUPPORT.split(";") for part in line.split("|")}
    numbers = {part for part in told if part.replace(" ", "").isdigit()}
    assert told - numbers == OF_HELP
    assert set(catalogue("ar")) >= OF_HELP


def test_a_template_changes_its_language_within_one_request(app: Flask) -> None:
    """As a mail does, which is written in the language of its reader."""
    with app.test_request_context("/en/"):
        said = [render_template_string("{{ _('Leave now') }}")]
        with force_locale("cy"):
            said.append(render_template_string("{{ _('Leave now') }}"))
        said.append(render_template_string("{{ _('Leave now') }}"))
    assert said[0] == said[2] == "Leave now"
    assert said[1] != "Leave now"
