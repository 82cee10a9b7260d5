"""Every public page and state is light enough for an old phone on a slow network, in every language."""

import pytest
from flask import Flask

from tests.integration.public.conftest import Weigh
from tests.integration.public.steps import OPEN_PAGES, lose, page_address, step_address
from tests.pages import FIELDS, MOST_BYTES, MOST_REQUESTS
from tests.people import ALL_BOXES, answers_for, begin, come_back, shown_code
from tests.tally import Tell
from tests.visitor import Value, Visitor
from webapp.rules.languages.site_languages import LANGUAGES

#: Answers that cannot be taken, as long as a participant might write them.
WRONG: dict[str, Value] = {
    "email": "robin at example",
    "phone": "my number",
    "safe_ways": ["email", "text", "call", "none"],
    "name_to_use": "Robin " * 20,
    "contact_notes": "Only in the morning. " * 20,
    **{
        f"{name}_words": "Some words. " * 110
        for name in ("without", "done", "people", "health", "later", "change")
    },
}


def spoil(visitor: Visitor) -> dict[str, Value]:
    """A wrong answer to whatever can be answered wrongly on the page."""
    here = {one.get("name") for one in visitor.page.all(*FIELDS)}
    return {name: value for name, value in WRONG.items() if name in here}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_and_state_is_light(
    page_app: Flask, page_visitor: Visitor, weigh: Weigh, language: str, tell: Tell
) -> None:
    weights: dict[str, tuple[int, int]] = {}

    def seen(name: str) -> None:
        weights[name] = weigh(page_visitor)

    # When a visitor looks at everything there is
    for path in OPEN_PAGES:
        page_visitor.get(f"/{language}/{path}")
        seen(path or "home")
    page_visitor.get(f"/{language}/calls/support-needs/stop")
    seen("stop")
    # And answers everything, on every page first wrongly and then well
    begin(page_visitor, language)
    while not page_visitor.path.endswith("/check"):
        place = page_visitor.path.rpartition("/")[2]
        seen(f"page {place}" if "/page/" in page_visitor.path else place)
        answers = answers_for(page_visitor)
        if place == "first" or spoil(page_visitor):
            page_visitor.press_first(**spoil(page_visitor))
            seen(f"page {place}, with mistakes")
        page_visitor.press_first(**answers)
    page_visitor.get(page_address("assessment", language))
    page_visitor.press_first(had_assessment="no")
    seen("page without")
    page_visitor.press_first(**spoil(page_visitor))
    seen("page without, with mistakes")
    page_visitor.press_first(without_words="Some words.")
    page_visitor.get(page_address("assessment", language))
    page_visitor.press_first(had_assessment="yes")
    page_visitor.get(step_address("check", language))
    seen("check")
    page_visitor.press_first()
    seen("agree")
    page_visitor.press_first(consent=list(ALL_BOXES))
    seen("the code")
    # And comes back, first with a slip
    code = shown_code(page_visitor)
    assert len(code.replace("-", "")) == 24
    come_back(page_visitor, code[:-1], language)
    seen("choices, with a mistake")
    come_back(page_visitor, code, language)
    seen("what is held")
    for page in ("answers", "reach", "looked", "agreed"):
        page_visitor.get(f"/{language}/choices/{page}")
        seen(f"what is held, {page}")
    page_visitor.press_first()
    seen("what is held, one taken back")
    page_visitor.get(f"/{language}/choices/erase")
    seen("erase")
    page_visitor.press_first()
    seen("erased")
    # And where things go wrong
    page_visitor.get(f"/{language}/nothing")
    seen("not found")
    page_visitor.client.get("/leave")
    page_visitor.get(f"/{language}/")
    seen("after leaving")
    page_visitor.client.delete_cookie("hearth")
    lose(page_app, "main")
    page_visitor.get(f"/{language}/calls/never-looked-at/")
    assert page_visitor.status == 503
    seen("a lost store")
    # Then each is light, and wants little
    for name, (size, requests) in weights.items():
        tell(
            f"weight of the public pages, {language}",
            f"{size:6} bytes, {requests} requests   {name}",
        )
    assert len(weights) > 40
    heavy = {name: size for name, (size, _) in weights.items() if size > MOST_BYTES}
    assert heavy == {}
    assert max(requests for _, requests in weights.values()) <= MOST_REQUESTS
