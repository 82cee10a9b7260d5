"""`python -m webapp.cli COMMAND`."""

from webapp.cli import start

start()
