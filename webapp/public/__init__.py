"""Door 1: anonymous. It can seal what participants tell us, and never decrypt it without their own code.

`calls`, `choices` and `events` have the pages, `steps` what several of them share, `drafts` what a Visit holds.
"""

from webapp.public import error_pages, home, leaving, pages, paper
from webapp.public.calls import (
    equality_questions,
    helped,
    questions,
    receipt,
    review,
    save_and_return,
    start,
)
from webapp.public.choices import (
    code_entry,
    correcting,
    erasing,
    overview,
    own_copy,
    permissions,
    saving,
)
from webapp.public.events import (
    booking,
    calendar,
    cancelling,
    confirmation,
    deleting,
    list_opt_out,
    needs,
    own_page,
)
from webapp.public.forms import autosave, csrf_recovery
from webapp.public.shared import audio
from webapp.public.shared.blueprint import blueprint
