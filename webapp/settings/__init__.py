"""The settings of a process: read once at the start, validated, immutable.

`schema` declares every setting with its default, `values` how each type of value is parsed, `loading` where values
come from and how a refusal is told without repeating one, `processes` which process holds which secret. Other packages
import from here.
"""

from webapp.settings.loading import WrongSetting
from webapp.settings.processes import APART, FILES, PUBLIC_KEY_BYTES, SECRET_BYTES, SECRETS_OF
from webapp.settings.schema import (
    NO_SENDER,
    STORE_SETTINGS,
    Listening,
    Mailing,
    Settings,
    known_names,
    listening,
    read_config_file,
)
from webapp.settings.store_addresses import LOCAL, VERIFIED, is_local
from webapp.settings.support import SUPPORT, SupportContact

__all__ = [
    "APART",
    "FILES",
    "LOCAL",
    "NO_SENDER",
    "PUBLIC_KEY_BYTES",
    "SECRETS_OF",
    "SECRET_BYTES",
    "STORE_SETTINGS",
    "SUPPORT",
    "VERIFIED",
    "Listening",
    "Mailing",
    "Settings",
    "SupportContact",
    "WrongSetting",
    "is_local",
    "known_names",
    "listening",
    "read_config_file",
]
