"""Door 1: anonymous. It can seal what people tell us, and never open it without their own code."""

from webapp.public import leaving, pages, paper
from webapp.public.calls import equality_questions, helped, receipt, review, save_and_return, start
from webapp.public.choices import correcting, overview, own_copy
from webapp.public.events import booking, confirmation, deleting, list_opt_out, own_page
from webapp.public.forms import autosave, csrf_recovery
from webapp.public.shared import audio
from webapp.public.shared.blueprint import blueprint
from webapp.public.steps import question_page
