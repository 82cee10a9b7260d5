"""Prompts to an operator: validated and repeated at a terminal; from a script a wrong answer ends the command.

Answers come from options, from the environment, or one on each line of the standard input; a secret is never an option,
because those stay in the shell's history and stand in the list of processes.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import click

from webapp.settings import WrongSetting


class NoMoreAnswers(click.ClickException):
    """End of the standard input before a prompt that has no default."""


@dataclass(frozen=True)
class Question:
    """The prompt for one setting. `default` stands for an empty answer; None means that it must be answered."""

    name: str
    words: str
    default: str | None = ""
    secret: bool = False
    #: Said once before it is asked.
    about: str = ""


Check = Callable[[str, str], None]


def ask(question: Question, given: Mapping[str, str | None], check: Check) -> str | None:
    """The answer, checked by `check(name, answer)`, which raises `WrongSetting`; None when a script said nothing.

    An answer in `given` (an option, or the environment) is not asked for. Raises `click.ClickException`.
    """
    option = given.get(question.name)
    if option is not None:
        check(question.name, option.strip())
        return option.strip()
    if question.about:
        click.echo(f"\n{question.about}")
    while True:
        answer = _line(question)
        if answer is None:
            return None
        try:
            _needed(question, answer)
            check(question.name, answer)
        except WrongSetting as wrong:
            if not at_a_terminal():
                raise click.ClickException(f"{wrong}. Nothing was changed.") from None
            click.echo(f"  {wrong}. Please try again.")
        else:
            return answer


def _needed(question: Question, answer: str) -> None:
    if not answer and question.default is None:
        raise WrongSetting(f"{question.name} is needed")


def at_a_terminal() -> bool:
    """Whether the standard input is a terminal."""
    return sys.stdin.isatty()


def until_typed(word: str, words: str) -> None:
    """Wait for a word and Enter, because what comes next destroys something and cannot be undone.

    A key alone, or an Enter too many, confirms nothing. Raises `click.Abort` on Ctrl-C.
    """
    while str(click.prompt(words, default="", show_default=False)).strip().lower() != word:
        click.echo(f"  Nothing happened yet. Type the word {word}, then Enter.")


def _line(question: Question) -> str | None:
    if at_a_terminal():
        shown = question.default if question.default else None
        typed = click.prompt(
            question.words,
            default=question.default or "",
            show_default=bool(shown),
            hide_input=question.secret,
        )
        return str(typed).strip()
    line = sys.stdin.readline()
    if not line and question.default is None:
        raise NoMoreAnswers(
            f"{question.words}: there is no answer. Give --{question.name.lower().replace('_', '-')}, "
            "or a line of the standard input. Nothing was changed."
        )
    return (line.strip() or question.default or "") if line else None
