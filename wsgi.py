"""WSGI entry point: what a server imports, the application with the settings of its environment."""

import os
import sys

from webapp import create_app
from webapp.settings import Settings, WrongSetting
from webapp.web import start_checks

try:
    app = create_app(Settings.from_environment(os.environ))
    start_checks.before_serving(app)
except WrongSetting as wrong:
    sys.exit(f"Hearth does not start: {wrong}.")
