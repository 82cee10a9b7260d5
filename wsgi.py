"""WSGI entry point: what a server imports, the application with the settings of its environment."""

import os
import sys
from typing import Final

from webapp import create_app
from webapp.settings import Settings, WrongSetting
from webapp.web import start_checks

#: gunicorn's `APP_LOAD_ERROR`. At any other status its arbiter starts the worker again, for ever, and visitors hang.
HALT: Final = 4

try:
    app = create_app(Settings.from_environment(os.environ))
    start_checks.before_serving(app)
except WrongSetting as wrong:
    sys.stderr.write(f"Hearth does not start: {wrong}.\n")
    sys.stderr.flush()
    sys.exit(HALT)
