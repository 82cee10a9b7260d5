"""Why roles and keys are changed: usual reasons to choose from, which the record keeps."""

from typing import Final

from flask_babel import lazy_gettext

from webapp.desk.shared.reason_form import ANOTHER, Reasons

GIVING: Final[Reasons] = (
    ("work", lazy_gettext("They begin this work")),
    ("stand-in", lazy_gettext("They stand in for a colleague")),
    ("second", lazy_gettext("So that two people can open it")),
    ANOTHER,
)
TAKING: Final[Reasons] = (
    ("work", lazy_gettext("Their work changes")),
    ("mistake", lazy_gettext("It was given by mistake")),
    ("safety", lazy_gettext("To be safe: a device was lost, or something looks wrong")),
    ANOTHER,
)
LEAVING: Final[Reasons] = (
    ("left", lazy_gettext("They leave the coalition or their organisation")),
    ("safety", lazy_gettext("To be safe: a device was lost, or something looks wrong")),
    ANOTHER,
)
MOVING: Final[Reasons] = (
    ("employer", lazy_gettext("They work for another organisation now")),
    ("mistake", lazy_gettext("They were put down under the wrong organisation")),
    ANOTHER,
)
MERGING: Final[Reasons] = (
    ("merged", lazy_gettext("The two organisations have become one")),
    ("taken-over", lazy_gettext("The other one takes over its work")),
    ANOTHER,
)
RESETTING: Final[Reasons] = (
    ("forgot", lazy_gettext("They forgot the passphrase, and the recovery code is gone")),
    ("phone", lazy_gettext("They lost the phone with the authenticator app")),
    ("safety", lazy_gettext("To be safe: another person may know what they sign in with")),
    ANOTHER,
)
RESEALING: Final[Reasons] = (
    ("left", lazy_gettext("A person left and may have kept a key")),
    ("lost", lazy_gettext("A phone or computer was lost or stolen")),
    ANOTHER,
)
RENEWING: Final[Reasons] = (
    ("lost", lazy_gettext("A phone or computer was lost or stolen")),
    ("left", lazy_gettext("A person left")),
    ("planned", lazy_gettext("As planned, from time to time")),
    ANOTHER,
)
