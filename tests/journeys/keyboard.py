"""What people do who use no mouse."""

from tests.browser import Person
from tests.journeys.steps import path

MOST_TABS = 60
HAS_OUTLINE = """() => {
  const seen = document.activeElement, beside = seen.nextElementSibling;
  const drawn = one => one && getComputedStyle(one).outlineStyle !== 'none';
  return drawn(seen) || drawn(beside) || getComputedStyle(seen).boxShadow !== 'none';
}"""


def press_key(person: Person, key: str, *, goes_on: bool = False) -> None:
    """Press one key; `goes_on`: it opens another page."""
    if goes_on:
        with person.page.expect_navigation():
            person.page.keyboard.press(key)
    else:
        person.page.keyboard.press(key)


def tab_to(person: Person, selector: str, words: str = "") -> int:
    """Press Tab until this has the focus, and see that one can see where the focus is. How often it was pressed."""
    found = """([one, words]) => document.activeElement.matches(one)
      && document.activeElement.innerText.trim().startsWith(words)"""
    for pressed in range(MOST_TABS):
        if person.page.evaluate(found, [selector, words]):
            assert person.page.evaluate(HAS_OUTLINE), f"no focus to be seen on {selector} {words}"
            return pressed
        press_key(person, "Tab")
    raise AssertionError(f"Tab never came to {selector} {words!r} on {path(person)}")


def enter(person: Person, selector: str, words: str) -> None:
    """Tab to a link or a button, and press Enter."""
    tab_to(person, selector, words)
    press_key(person, "Enter", goes_on=True)
