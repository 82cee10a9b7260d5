"""Flash messages about a caller, by the key that a redirect carries."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from flask_babel import lazy_gettext

from webapp.desk.shared.flash import Flash

CALLER_FLASHES: Final[Mapping[str, Flash]] = MappingProxyType(
    {
        "taken-back": (lazy_gettext("The permissions are taken back, from now on."), True),
        "was-taken-back": (lazy_gettext("They had taken these back before."), True),
        "no-contact": (
            lazy_gettext(
                "Marked: do not contact. Only the person can change this, with their code."
            ),
            True,
        ),
        "corrected": (
            lazy_gettext("Saved. The person sees the new details with the code that they have."),
            True,
        ),
        "correcting": (
            lazy_gettext("Saved. The old details are being deleted, and that happens by itself."),
            True,
        ),
        "same": (lazy_gettext("Nothing was changed. We hold these details already."), False),
        "meanwhile": (
            lazy_gettext(
                "Nothing was changed. The person changed something themselves a moment ago, and that stays. "
                "Look again."
            ),
            False,
        ),
        "older": (
            lazy_gettext(
                "We cannot correct this yet, because the person answered before Hearth could do it. "
                "Give them a new code first. After that, you can correct their details."
            ),
            False,
        ),
        "passed-on": (
            lazy_gettext("The code is gone from this page. Nobody can see it again."),
            True,
        ),
        "make-sure": (
            lazy_gettext(
                "First say how you know that it is them. This is asked again after half an hour."
            ),
            False,
        ),
        "not-sure": (
            lazy_gettext("Make sure first. Until then, you can only do what protects them."),
            False,
        ),
        "deleted": (lazy_gettext("Everything that names this person is deleted."), True),
        "deleting": (
            lazy_gettext(
                "This person is removed from our files. One last step takes a little longer and happens by itself."
            ),
            True,
        ),
    }
)
