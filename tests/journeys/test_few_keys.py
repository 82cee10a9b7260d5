"""A participant without a mouse and without scripts: how many keys it takes from the first page to the code."""

from collections import Counter

from tests.browser import Person
from tests.journeys.keyboard import press_key, tab_to
from tests.journeys.steps import TITLE, path, shown_code
from tests.live import OpenBrowser, Server
from tests.tally import Tell

MOST_KEYS = 41
#: Without the key that chooses an answer, which is what others type.
MOST_KEYS_TO_GET_ABOUT = 34
CHOOSING = ("Space", "ArrowDown")
FIELD = "main form :is(input:not([type=hidden]), textarea)"
BUTTON = "main form button"
#: It is in the window, and a click on it hits nothing else. For a radio button the click is on its label.
IS_SEEN = """one => {
  const box = one.getBoundingClientRect();
  const there = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  const itself = [one, ...(one.labels || [])].some(part => part.contains(there));
  return box.top >= 0 && box.bottom <= innerHeight && itself;
}"""


class Keys:
    """Presses keys on a page after the other and counts them. What is typed into a field is not counted."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.pressed: Counter[str] = Counter()

    def press(self, key: str, *, goes_on: bool = False) -> None:
        self.pressed[key] += 1
        press_key(self.person, key, goes_on=goes_on)

    def tab_to(self, selector: str, words: str = "") -> None:
        self.pressed["Tab"] += tab_to(self.person, selector, words)

    def enter(self, selector: str, words: str = "") -> None:
        self.tab_to(selector, words)
        self.press("Enter", goes_on=True)

    def skip_to_the_content(self) -> None:
        self.tab_to(".skip")
        self.press("Enter")


def answer(keys: Keys) -> None:
    """Say something on a question page: the first choice, "no" to being contacted, or a few words."""
    keys.tab_to(FIELD)
    page = keys.person.page
    if page.evaluate("document.activeElement.tagName") == "TEXTAREA":
        page.keyboard.type("Somebody to ask.")
        keys.enter(BUTTON, "Continue")
        return
    keys.press("ArrowDown" if path(keys.person).endswith("/contact") else "Space")
    # Enter on a choice sends the page.
    keys.press("Enter", goes_on=True)


def test_from_the_first_page_to_the_code_in_few_keys(
    open_browser: OpenBrowser, own_server: Server, tell: Tell
) -> None:
    # Given a participant at the first page, on which other journeys have put no meetings
    person = open_browser(own_server.url, scripts=False)
    keys = Keys(person)
    person.go("/en/")
    keys.skip_to_the_content()
    keys.enter("main a", TITLE)
    keys.enter(BUTTON, "Begin")
    keys.enter(BUTTON, "Go on")
    # When they answer every page; each opens where its content begins
    answered = 0
    while "/page/" in path(person):
        answer(keys)
        answered += 1
    # And pass what they wrote by, straight to the button
    keys.tab_to(".skip")
    keys.press("Enter")
    keys.press("Enter", goes_on=True)
    # And send it with no box ticked
    keys.tab_to(FIELD)
    keys.press("Enter", goes_on=True)
    # Then they have their code
    assert shown_code(person)
    assert answered == 8
    pressed, chose = keys.pressed.total(), sum(keys.pressed[key] for key in CHOOSING)
    tell("keys", f"{pressed} from home to the code, {answered} question pages: {keys.pressed}")
    assert pressed <= MOST_KEYS
    assert pressed - chose <= MOST_KEYS_TO_GET_ABOUT


def test_going_on_by_keyboard_loses_neither_the_top_nor_the_mistakes(
    open_browser: OpenBrowser,
) -> None:
    # Given a participant who pressed Begin
    person = open_browser(scripts=False)
    person.go("/en/calls/support-needs/")
    keys = Keys(person)
    keys.enter(BUTTON, "Begin")
    keys.enter(BUTTON, "Go on")
    # Then the page is at its top, and the first key leads to the question
    assert person.page.evaluate("scrollY") == 0
    # And nothing is drawn around all of it
    main = person.page.locator("main")
    assert main.evaluate("one => getComputedStyle(one).boxShadow") == "none"
    assert main.evaluate("one => getComputedStyle(one).outlineStyle") == "none"
    assert tab_to(person, FIELD) == 1
    # When they send it empty
    keys.press("Enter", goes_on=True)
    # Then the list of what is wrong has the focus
    assert person.page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    assert tab_to(person, ".problem a") == 1


def test_on_a_phone_the_question_comes_into_view(open_browser: OpenBrowser) -> None:
    # Given a participant on an old phone
    person = open_browser(scripts=False, phone=True)
    person.go("/en/calls/support-needs/")
    # When they begin
    for words in ("Begin", "Go on"):
        with person.page.expect_navigation():
            person.page.get_by_role("button", name=words, exact=True).click()
    # Then they see the way out, the way back and the question, and nothing lies over them
    for selector in (".leave", ".back button", "main h1", FIELD):
        assert person.page.locator(selector).first.evaluate(IS_SEEN), selector
