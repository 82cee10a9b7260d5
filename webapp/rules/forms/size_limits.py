"""How much a page may carry. Limits are counted in letters, and what a browser sends is bounded in bytes for them.

A letter is a code point once a text is in order (NFC). A form sends a code point as up to twelve bytes: four in UTF-8,
three for each when it is percent-encoded. So a page takes its own limits at that width, and beside them room for what
must be refused: a statement of 20,000 to 40,000 letters that was pasted into a box for 1,000 comes back whole.
"""

from collections.abc import Iterable
from typing import Final

from webapp.rules.forms.kinds import kind_of
from webapp.rules.forms.questions import Page

#: On a page with a box to write in, so many letters more than its limits allow are kept, to be made shorter.
SPARE_LETTERS: Final = 50_000
#: A page of choices has nothing to write in; what a program sends all the same is kept up to here, to be refused.
LETTERS_OF_CHOICES: Final = 10_000
#: The most bytes of a form for one code point: outside the Basic Multilingual Plane, percent-encoded.
BYTES_SENT: Final = 12
#: Any form without long words: tokens, names, ticked boxes. Routes that ask for no words take no more than this.
SMALL_BODY: Final = 64 * 1024
#: No form is larger, whatever its definition says; the publish check refuses a page that would need more.
LARGEST_BODY: Final = 768 * 1024


def own_letters(pages: Iterable[Page]) -> int:
    """How many letters an accepted answer to everything on these pages has at most; 0 where nothing is written."""
    return sum(kind_of(question).letters(question) for page in pages for question in page.asked)


def letters_carried(page: Page) -> int:
    """How many typed letters of one page are kept while they wait, accepted or not."""
    own = own_letters([page])
    return own + SPARE_LETTERS if own else LETTERS_OF_CHOICES


def body_of(pages: Iterable[Page]) -> int:
    """The most bytes that a form of these pages may send, in whatever script it is filled in."""
    own = own_letters(pages)
    return SMALL_BODY + (own + SPARE_LETTERS) * BYTES_SENT if own else SMALL_BODY


def body_taken(pages: Iterable[Page]) -> int:
    """The same, and never more than any form may send."""
    return min(body_of(pages), LARGEST_BODY)
