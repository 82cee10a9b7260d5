"""What exported lists say of calls and coordinators: nothing of a row that was changed by hand is shown."""

from typing import Final

from webapp.models import Coordinator, FormVersion
from webapp.rules.forms.form_definition import FormDefinition
from webapp.services.calls.published_calls import parsed
from webapp.services.infrastructure.row_authentication import is_genuine

#: In place of a title or a name that we did not write.
NOT_OURS: Final = "(changed by hand in our files)"


def form_of(row: FormVersion) -> FormDefinition | None:
    """The stored form; None where it was changed by hand."""
    return parsed(row.definition) if is_genuine(row) else None


def title_of(row: FormVersion) -> dict[str, str]:
    """The call's title in its languages."""
    form = form_of(row)
    return form.title if form else {"en": NOT_OURS}


def name_of(row: Coordinator) -> str:
    """Who made or changed a list."""
    return row.name if is_genuine(row) else NOT_OURS
