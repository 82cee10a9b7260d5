"""Resource files (templates, static files, migrations, the server's configuration): where an installation has them.

In a checkout they lie beside the package, at the top level. In a wheel they lie in it, in `webapp/installed/`, because
a wheel brings files into the package alone (`hatch_build.py` puts them there). Nothing else knows the difference, and
no path depends on the folder that a command is given in.
"""

from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).parent
_INSTALLED: Final = _PACKAGE / "installed"
#: Whether this is an installed package and not a checkout.
IS_INSTALLED: Final = _INSTALLED.is_dir()
ROOT: Final = _INSTALLED if IS_INSTALLED else _PACKAGE.parent

TEMPLATES: Final = ROOT / "templates"
STATIC: Final = ROOT / "static"
MIGRATIONS: Final = ROOT / "migrations"
GUNICORN: Final = ROOT / "gunicorn.conf.py"
#: What lies beside every pack: a reader that needs no Hearth, its word list, and the page that describes the format.
PACK_READER: Final = ROOT / "deploy" / "hearth_reader.py"
PACK_FORMAT: Final = ROOT / "docs" / "pack-format.md"
#: The calls and events that come with Hearth: what a demo publishes, and what a planned event starts from.
CONTENT: Final = _PACKAGE / "content"
WORDS: Final = _PACKAGE / "vault" / "words.txt"

#: How an operator gives a command, for the lines that tell one to.
COMMAND: Final = "hearth" if IS_INSTALLED else ".venv/bin/python -m webapp.cli"
