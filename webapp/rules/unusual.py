"""How the reason of an opening or a download begins that every coordinator hears of."""

from typing import Final

DANGER: Final = "Someone may be in danger"
OUTSIDE: Final = "Outside the permission’s words"
