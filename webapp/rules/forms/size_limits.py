"""Size limits of request bodies: limits count letters, and the bytes that a browser sends are bounded accordingly.

A letter is a code point of normalised text (NFC). A form sends a code point as up to twelve bytes: four in UTF-8,
three for each when it is percent-encoded. So a page accepts its own limits at that width, and beside them room for
input that will be refused: a statement of 20,000 to 40,000 letters that was pasted into a box for 1,000 is shown again
in full.
"""

from collections.abc import Iterable
from typing import Final

from webapp.rules.forms.kinds import kind_of
from webapp.rules.forms.questions import Page

#: On a page with text fields, so many letters above its limits are retained, for the participant to shorten.
SPARE_LETTERS: Final = 50_000
#: A page of choices has no text fields; input of a program is retained up to this size, to be refused.
LETTERS_OF_CHOICES: Final = 10_000
#: The maximum bytes of a form for one code point: outside the Basic Multilingual Plane, percent-encoded.
BYTES_SENT: Final = 12
#: Any form without long text: tokens, names, ticked boxes. Routes without text input accept no more than this.
SMALL_BODY: Final = 64 * 1024
#: The maximum for any form, whatever its definition; the publish check refuses a page that would need more.
LARGEST_BODY: Final = 768 * 1024


def own_letters(pages: Iterable[Page]) -> int:
    """The maximum length of valid answers to everything on these pages, in letters; 0 where nothing is typed."""
    return sum(kind_of(question).letters(question) for page in pages for question in page.asked)


def letters_carried(page: Page) -> int:
    """How many typed letters of one page the Visit retains, valid or not."""
    own = own_letters([page])
    return own + SPARE_LETTERS if own else LETTERS_OF_CHOICES


def body_of(pages: Iterable[Page]) -> int:
    """The maximum size of a form with these pages, in bytes, for any script."""
    own = own_letters(pages)
    return SMALL_BODY + (own + SPARE_LETTERS) * BYTES_SENT if own else SMALL_BODY


def body_taken(pages: Iterable[Page]) -> int:
    """Like `body_of`, capped at the maximum for any form."""
    return min(body_of(pages), LARGEST_BODY)
