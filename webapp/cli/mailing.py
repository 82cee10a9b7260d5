"""A test mail through the configured SMTP server, so that the first registrant is not the test."""

import re

import click

from webapp.services.worker import mail_check

ADDRESS = re.compile(r"[^@\s,;<>]+@[A-Za-z0-9.-]+")


def offer() -> None:
    """Prompt for an address, and send a test mail there."""
    while True:
        to = click.prompt(
            "\nSend a test mail? To which address of yours (Enter: not now)",
            default="",
            show_default=False,
        )
        if not to:
            return
        if not ADDRESS.fullmatch(to):
            click.echo("  That is no e-mail address.")
            continue
        answer = mail_check.try_server(to)
        click.echo(
            "  " + (f"The mail server: {answer.wrong}" if answer.wrong else "; ".join(answer.steps))
        )
        if not answer.wrong:
            return
