"""Door 1, the anonymous public site: it encrypts what participants submit, and cannot decrypt it without their code.

`calls`, `choices` and `events` have the pages, `steps` what several of them share, `drafts` the state in a Visit.
"""

from webapp.public import error_pages, home, pages, paper, quick_exit, security_contact
from webapp.public.calls import (
    after,
    check_and_send,
    equality_questions,
    helped,
    questions,
    receipt,
    save_and_return,
    start,
)
from webapp.public.choices import (
    code_entry,
    correcting,
    erasing,
    looked,
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
    confirming,
    deleting,
    event_page,
    list_opt_out,
    needs,
    own_page,
)
from webapp.public.forms import autosave, csrf_recovery
from webapp.public.shared import audio
from webapp.public.shared.blueprint import blueprint
