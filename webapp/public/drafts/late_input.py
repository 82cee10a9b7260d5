"""Input for a correction that arrives after its Visit ended: retained for its own receipt, and shown to no other.

On a shared device another participant may be using it by then. So a question's form carries a tag of the submission
that it belongs to, and the input is retained under that tag until the receipt of that very submission is entered again.
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
    """The submission tag of the form that was sent; empty where it carries none of ours."""
    tag = request.form.get("belongs-to", "")
    return tag if len(tag) == TAG_LENGTH and set(tag) <= HEX_DIGITS else ""


def keep_late(visit: Visit, slug: str, page: Page, typed: Typed, tag: str) -> None:
    """Retain input that arrived after the Visit ended, until the receipt with this tag is entered again."""
    visit[f"{LATE}{slug}:{tag}:{page.key}"] = typed


def take_late(pages: PageInputs, tag: str) -> None:
    """Move late input with this tag to the pages of a draft of the same submission."""
    prefix = f"{LATE}{pages.slug}:{tag}:"
    for late in [key for key in pages.visit if key.startswith(prefix)]:
        pages.visit[pages.key("typed", late.removeprefix(prefix))] = pages.visit.pop(late)


def forget_late(visit: Visit) -> None:
    """Delete all late input."""
    visit.forget(LATE)
