"""Lines keep apart, and a number stands beside the words that name it, in both directions of writing."""

import pytest

from tests.browser import Person
from tests.event_ways import book
from tests.journeys.steps import begin, come_back, fill, press_first, send, step_address
from tests.live import OpenBrowser, Server
from tests.meetings import beside

LEAST_GAP = 6
WIDEST_SPACE = 10

#: A paragraph that touches the paragraph, the list or the button above it.
TOUCHING = f"""() => [...document.querySelectorAll('main p')].flatMap(one => {{
    const at = one.getBoundingClientRect(), padding = one.querySelector('a') && one.matches('.lone');
    if (at.height < 2 || padding) return [];
    const near = [...document.querySelectorAll('main p:not(.hint):not(.step), main ul, main .button')].filter(two => {{
        const above = two.getBoundingClientRect(), gap = at.top - above.bottom;
        return !two.contains(one) && !one.contains(two) && above.height > 1 && !two.closest('.unseen')
            && above.left < at.right && at.left < above.right && gap > -{LEAST_GAP} && gap < {LEAST_GAP};
    }});
    return near.map(two => two.innerText.slice(-30) + ' / ' + one.innerText.slice(0, 30));
}})"""
#: How far the shortest number is drawn from the end of the words before it, on the same line.
SPACE = """() => {
    const drawn = node => { const range = document.createRange(); range.selectNodeContents(node);
        return [...range.getClientRects()].pop(); };
    const link = document.querySelector('footer a[href="tel:999"]');
    const number = drawn(link), words = drawn(link.closest('li').firstElementChild);
    return Math.max(number.left - words.right, words.left - number.right);
}"""
#: How far the words of a question begin from where its hint or its first answer begins.
OUT_OF_LINE = """() => [...document.querySelectorAll('legend')].map(legend => {
    const range = document.createRange(), side = document.dir === 'rtl' ? 'right' : 'left';
    range.selectNodeContents(legend);
    return Math.abs(range.getBoundingClientRect()[side] - legend.parentElement.getBoundingClientRect()[side]);
})"""


def test_no_paragraph_touches_what_is_above_it(
    open_browser: OpenBrowser, live_server: Server
) -> None:
    found: dict[str, list[str]] = {}

    def see(name: str, person: Person) -> None:
        if touching := person.page.evaluate(TOUCHING):
            found[name] = touching

    # When a participant with a phone comes to pages that end in a soft line or in buttons, with more words after that
    person = open_browser(phone=True)
    person.go("/en/nowhere")
    see("not found", person)
    with beside(live_server) as meetings:
        book(person, meetings.publish("round-table", "lines-apart").slug)
        see("booked", person)
    begin(person)
    fill(person, adult="yes")
    press_first(person)
    person.go(step_address("check"))
    code = send(person)
    come_back(person, code)
    person.go("/en/choices/answers")
    see("held answers", person)
    # Then there is room above every paragraph
    assert found == {}


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_number_stands_beside_its_words(language: str, open_browser: OpenBrowser) -> None:
    # When a participant looks for whom to ring
    person = open_browser(language=language)
    person.go(f"/{language}/")
    # Then a number shorter than a finger stands no further from its words than a space and a colon
    assert 0 < person.page.evaluate(SPACE) < WIDEST_SPACE


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_question_begins_where_its_answers_begin(
    language: str, open_browser: OpenBrowser
) -> None:
    # When a participant at a computer, whose window is wider than a question, is asked
    person = open_browser(language=language)
    begin(person, language)
    # Then the question stands above its answers, at the side where the language begins
    assert person.page.evaluate(OUT_OF_LINE) == [pytest.approx(0, abs=1)]
