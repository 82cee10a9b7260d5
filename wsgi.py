"""WSGI entry point: what a server imports, the application with the settings of its environment."""

import os
import sys

from webapp import create_app
from webapp.settings import Settings, WrongSetting

try:
    app = create_app(Settings.from_environment(os.environ))
except WrongSetting as wrong:
    sys.exit(f"Hearth does not start: {wrong}.")
