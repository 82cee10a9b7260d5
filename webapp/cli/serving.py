"""`run`, `serve` and `catch-mail`: they start servers or stay beside them, and hold nothing of the application."""

import sys
from pathlib import Path

import click

from webapp import mail_catcher, supervisor
from webapp.cli.instance import environ, settings


@click.command("catch-mail")
@click.option("--port", required=True, type=int)
@click.option("--folder", required=True, type=click.Path(path_type=Path))
def catch_mail(port: int, folder: Path) -> None:
    """Accept every mail as an SMTP server would, and only save it as a file: for the demo, which sends nothing."""
    mail_catcher.catch(port, folder)


@click.command()
def run() -> None:
    """Serve both doors on one port, with the worker, until Ctrl-C or TERM."""
    # The file that comes last wins: both doors then answer where the public one does.
    web = environ(("desk", "public"))
    sys.exit(supervisor.run(settings(web), web=web, worker=environ(("worker",))))


@click.command()
def serve() -> None:
    """Serve the doors that DOORS names, as one process of several: what a unit or a container starts."""
    supervisor.become_server()


COMMANDS = (run, serve, catch_mail)
