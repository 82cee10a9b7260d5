"""Input for a correction that came too late for its Visit: it waits for its writer's receipt, and no other shows it.

On a shared device another participant may be here by then. So a question's form carries a tag of the submission that it
belongs to, and what was typed is kept under that tag until the receipt of that very submission is handed in again.
"""

from flask import request

from webapp.public.drafts.page_inputs import PageInputs
from webapp.rules.forms.questions import Page
from webapp.services.answers.corrections import TAG_LENGTH
from webapp.sessions import Visit
from webapp.ui.forms import Typed

LATE = "late-words:"
HEX_DIGITS = frozenset("0123456789abcdef")


def belongs_to() -> str:
    """The tag of the submission that the form which was sent belongs to; empty where it carries none of ours."""
    tag = request.form.get("belongs-to", "")
    return tag if len(tag) == TAG_LENGTH and set(tag) <= HEX_DIGITS else ""


def keep_late(visit: Visit, slug: str, page: Page, typed: Typed, tag: str) -> None:
    """Keep what was typed after the Visit had ended, until the receipt with this tag is handed in again."""
    visit[f"{LATE}{slug}:{tag}:{page.key}"] = typed


def take_late(pages: PageInputs, tag: str) -> None:
    """Let what was typed late by the same participant wait on its pages."""
    prefix = f"{LATE}{pages.slug}:{tag}:"
    for late in [key for key in pages.visit if key.startswith(prefix)]:
        pages.visit[pages.key("typed", late.removeprefix(prefix))] = pages.visit.pop(late)


def forget_late(visit: Visit) -> None:
    """Nothing waits for a receipt any more."""
    visit.forget(LATE)
