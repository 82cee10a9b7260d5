"""Secrets on an operator's screen: clearing it between two readers, and what is said where they stay on it."""

import click

#: Clears the screen, and what the terminal keeps to scroll back to.
CLEARED = "\033[H\033[2J\033[3J"
STAYS = """When you have written it down: it still stands in this terminal, and in what it keeps to scroll back to.
Clear both, and close the window:   clear && printf '\\033[3J'      (in tmux: tmux clear-history)
Over ssh, the window at home keeps it, too."""


def clear() -> None:
    """Clear the screen before the next reader."""
    click.echo(CLEARED, nl=False, color=True)


def say_what_stays() -> None:
    """The closing lines of every command that showed a secret and did not clear it."""
    click.echo(f"\n{STAYS}")
