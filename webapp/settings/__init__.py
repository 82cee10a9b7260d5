"""The settings of a process: read once at the start, validated, immutable.

`schema` declares every setting, its default and its checks. Everything that other packages need is imported from
here.
"""

from webapp.settings.schema import (
    APART,
    LOCAL,
    NO_SENDER,
    PUBLIC_KEY_BYTES,
    SECRET_BYTES,
    SECRETS_OF,
    STORE_SETTINGS,
    SUPPORT,
    Mailing,
    Settings,
    SupportContact,
    WrongSetting,
    bind_address,
    read_config_file,
)

__all__ = [
    "APART",
    "LOCAL",
    "NO_SENDER",
    "PUBLIC_KEY_BYTES",
    "SECRETS_OF",
    "SECRET_BYTES",
    "STORE_SETTINGS",
    "SUPPORT",
    "Mailing",
    "Settings",
    "SupportContact",
    "WrongSetting",
    "bind_address",
    "read_config_file",
]
