"""Which kind of device a browser is on, as coarsely as a person needs it to know their own sessions apart.

Of the User-Agent header nothing else is kept: no version, no model. It is a claim, and nothing is decided by it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from flask_babel import LazyString, gettext, lazy_gettext

#: By what a User-Agent contains, the more telling first: the kind of device.
_MACHINES: Final = (
    ("iPhone", "iphone"),
    ("iPad", "ipad"),
    ("CrOS", "chromebook"),
    ("Android", "android"),
    ("Windows", "windows"),
    ("Macintosh", "mac"),
    ("Linux", "linux"),
)
#: The same for browsers: most say that they are Safari, and many that they are Chrome.
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Chrome", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari", "Safari"),
)
MACHINES: Final[Mapping[str, LazyString]] = MappingProxyType(
    {
        "iphone": lazy_gettext("an iPhone"),
        "ipad": lazy_gettext("an iPad"),
        "chromebook": lazy_gettext("a Chromebook"),
        "android": lazy_gettext("an Android phone or tablet"),
        "windows": lazy_gettext("a Windows computer"),
        "mac": lazy_gettext("a Mac"),
        "linux": lazy_gettext("a Linux computer"),
    }
)


def device_kind(user_agent: str) -> str:
    """Machine and browser as two words of ours, like "windows Firefox"; each empty where it cannot be told."""
    machine = next((kind for sign, kind in _MACHINES if sign in user_agent), "")
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), "")
    return f"{machine} {browser}"


def device_words(kind: str) -> str:
    """How people read it."""
    machine, _, browser = kind.partition(" ")
    where = str(MACHINES.get(machine, gettext("a device that we cannot tell")))
    if browser not in {name for _, name in _BROWSERS}:
        return where
    return gettext("%(browser)s on %(device)s", browser=browser, device=where)
