"""`init`: the set-up of an instance. It prompts for everything that a page will promise and the processes need.

Founding has two steps, each of which is committed: the configuration, then the stores with the first coordinator. An
operator who breaks off between them, or who gave an address at which no database answers, repeats the command and is
asked for the second step alone (resumable).
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit

import click
from flask import Flask

from webapp.cli import mailing, screen, sheets
from webapp.cli.instance import (
    application,
    config_folder,
    in_environment,
    instance_folder,
)
from webapp.cli.keys import show_coordinator
from webapp.cli.migrating import migrate_stores
from webapp.cli.prompts import Question, ask, at_a_terminal, until_typed
from webapp.resources import COMMAND
from webapp.services.infrastructure import settings_warnings, stores
from webapp.services.keys import bootstrap
from webapp.services.keys.bootstrap import PORTS, Founded
from webapp.settings import (
    FILES,
    LOCAL,
    PUBLIC_KEY_BYTES,
    SECRET_BYTES,
    SECRETS_OF,
    STORE_SETTINGS,
    SUPPORT,
    Settings,
)

WHO = (
    Question(
        "ORGANISATION",
        "The organisation that runs this",
        default=None,
        about="What the pages say about you. All of it can be changed later, in the files in config/. Nothing is "
        "written before the first coordinator's name is asked: to correct an answer, press Ctrl-C and begin again.",
    ),
    Question(
        "REACH_US",
        "How people reach you by other ways (a phone number with its hours)",
        default=None,
    ),
    Question(
        "SITE_NAME", "A neutral name for the site: it shows in browser histories", default="Hearth"
    ),
    Question(
        "HAND_IN", "Where a form on paper can be handed in, and a phone number (Enter: nowhere yet)"
    ),
)
ADDRESSES = (
    Question(
        "BASE_URL",
        "The address that people will use (https://...)",
        default=None,
        about="Where people find it. The two doors can have a host name each; that is safer.",
    ),
    Question("DESK_URL", "The address of the desk, for coordinators (Enter: the same)"),
)
HELP_LINES = (
    Question(
        "SUPPORT_CONTACTS",
        "Help lines (Enter: these; or your own as Name | number | note; Name | number | note)",
        default=SUPPORT,
        about="Every page names someone to talk to. These are proposed, for the United Kingdom:\n  "
        + "\n  ".join(line.strip() for line in SUPPORT.split(";")),
    ),
    Question(
        "SUPPORT_CHECKED_ON",
        "The day on which someone of yours last rang all of them, like 2026-11-21 (Enter: not yet)",
    ),
)
WEAKNESSES = (
    Question(
        "SECURITY_CONTACT",
        "Where a weakness can be reported, like mailto:security@example.org (Enter: nowhere yet)",
        about="For whoever finds a weakness here: /.well-known/security.txt names it. Someone must read it.",
    ),
)
STORES = tuple(
    Question(name, f"The address of the {store} store (postgresql://...; Enter: a file)")
    for store, name in STORE_SETTINGS.items()
)
MAIL = (
    Question(
        "MAIL_SERVER",
        "The mail server (a host name; Enter: 127.0.0.1)",
        default="127.0.0.1",
        about="How the worker sends mail: to people who book a seat, and to those who asked for a confirmation.",
    ),
    Question("MAIL_SECURITY", "Its security: tls, starttls, or none on this machine"),
    Question("MAIL_PORT", "Its port"),
    Question("MAIL_USERNAME", "The user name there (Enter: none)"),
    Question("MAIL_PASSWORD", "The password there (Enter: none)", secret=True),
    Question("MAIL_FROM", "The sender of every mail, at a domain with a neutral name"),
)
COORDINATOR = (
    Question("NAME", "The first coordinator's name", default=None),
    Question("SIGN_IN_NAME", "The name they sign in with: any short word", default=None),
)
#: Secrets and an address, to try each answer with before the real ones are made.
AS_IF = {
    "ORGANISATION": "-",
    "REACH_US": "-",
    "BASE_URL": "https://take-part.example.org",
    "DOORS": ",".join(FILES),
    **{name: token_hex(SECRET_BYTES) for names in SECRETS_OF.values() for name in names},
    "MAILER_PUBLIC_KEY": token_hex(PUBLIC_KEY_BYTES),
}
#: What only the worker is told.
WORKER_ONLY = {question.name for question in MAIL}
#: Command line options, for scripts. No secret is one: it would stay in the shell's history and the process list.
OPTIONS = [
    question
    for question in (*WHO, *ADDRESSES, *HELP_LINES, *WEAKNESSES, *MAIL)
    if not question.secret
]


def _options(command: click.Command) -> click.Command:
    for question in reversed(OPTIONS):
        flag = f"--{question.name.lower().replace('_', '-')}"
        command.params.insert(0, click.Option([flag, question.name], help=question.words))
    return command


@_options
@click.command()
@click.option("--name", help="The first coordinator's name, shown at the desk.")
@click.option("--sign-in-name", help="The name they sign in with: any short word.")
@sheets.folder_option
def init(
    name: str | None, sign_in_name: str | None, folder: Path | None, **given: str | None
) -> None:
    """Found an instance: configuration, tables, the owner, the recovery key and its three sheets."""
    place = sheets.make_folder(folder) if folder else None
    config = config_folder()
    if any((config / file).exists() for file in FILES.values()):
        click.echo(f"The configuration in {config} already exists and is used as it is.")
    else:
        _configure(given)
        click.echo(f"\nThe configuration is in {config}.")
    app = _ready_stores()
    found_name, found_sign_in = _coordinator(name, sign_in_name)
    place = place or sheets.ask_folder()
    with app.app_context():
        founded = bootstrap.found(
            organisation=app.extensions["hearth_settings"].organisation,
            name=found_name,
            sign_in_name=found_sign_in,
        )
    with app.app_context():
        _show_once(founded, place)
        _say_what_is_next(app.extensions["hearth_settings"])
        if at_a_terminal():
            mailing.offer()


def _ready_stores() -> Flask:
    """The application on migrated stores without a coordinator, checked before the first prompt."""
    app = application()
    try:
        migrate_stores(app)
    except stores.StoreUnavailable as lost:
        setting = STORE_SETTINGS[str(lost)]
        raise click.ClickException(
            f"The {lost} store cannot be reached. Start its database, or correct {setting} in the files in "
            f"{config_folder()}; then give init again. What you answered is kept."
        ) from None
    with app.app_context():
        if bootstrap.is_founded():
            raise click.ClickException(
                "Hearth is already set up here: there is a coordinator. Nothing was changed."
            )
    return app


def _configure(given: Mapping[str, str | None]) -> None:
    """Prompt for what is not given, then write the configuration: nothing is written before all is answered."""
    found: dict[str, str] = {}

    def put(question: Question, given: Mapping[str, str | None] = given) -> None:
        answer = ask(question, given, lambda name, text: _check(found, name, text))
        if answer is not None:
            found[question.name] = answer

    for question in (*WHO, *ADDRESSES, *HELP_LINES, *WEAKNESSES):
        put(question)
    # The environment's are taken without asking: a command that does not know them would make files in their place.
    there = in_environment(STORE_SETTINGS.values())
    put(STORES[0], there)
    for question in STORES[1:]:
        if found.get(STORES[0].name) or question.name in there:
            put(question, there)
    put(MAIL[0])
    for question in MAIL[1:]:
        put(replace(question, default=_mail_default(question.name, found)))
    common, own = _by_file(found)
    bootstrap.write_config(config_folder(), common, own)
    # Where the configuration lies elsewhere, this has not made the folder of the data.
    instance_folder().mkdir(mode=0o700, parents=True, exist_ok=True)


def _check(found: Mapping[str, str], name: str, answer: str) -> None:
    """Validate an answer together with those before it. Raises `WrongSetting` unless Hearth would start."""
    bootstrap.check_answers({name: answer})
    trial = {**AS_IF, **{one: value for one, value in found.items() if value}, name: answer}
    if name == "MAIL_SERVER":
        trial["MAIL_SECURITY"] = _mail_default("MAIL_SECURITY", {**found, name: answer})
    Settings.from_environment({one: value for one, value in trial.items() if value})


def _mail_default(name: str, found: Mapping[str, str]) -> str:
    local = found.get("MAIL_SERVER", "") in LOCAL
    security = found.get("MAIL_SECURITY") or ("none" if local else "starttls")
    return {
        "MAIL_SECURITY": security,
        "MAIL_PORT": {"none": "25", "tls": "465", "starttls": "587"}.get(security, "25"),
        "MAIL_FROM": f"no-reply@{urlsplit(found.get('BASE_URL', '')).hostname}",
    }.get(name, "")


def _by_file(found: Mapping[str, str]) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Split the answers into settings of all three processes and settings of one alone."""
    answered = {name: value for name, value in found.items() if value}
    desk_url = answered.pop("DESK_URL", "")
    common = {name: value for name, value in answered.items() if name not in WORKER_ONLY}
    if urlsplit(answered["BASE_URL"]).hostname not in LOCAL:
        # The manual's own way: one proxy in front. Nothing else can reach a door that listens on this machine alone.
        common["PROXY_HOPS"] = "1"
    own = {
        "public": {"PORT": PORTS["public"]},
        "desk": {"PORT": PORTS["desk"]},
        "worker": {name: value for name, value in answered.items() if name in WORKER_ONLY},
    }
    # Also where both doors have one name: a desk that is a process of its own knows no other address to show.
    own["desk"]["PUBLIC_URL"] = answered["BASE_URL"]
    if desk_url:
        own["desk"]["BASE_URL"] = desk_url
        own["worker"]["DESK_URL"] = desk_url
    return common, own


def _coordinator(name: str | None, sign_in_name: str | None) -> tuple[str, str]:
    given = {"NAME": name, "SIGN_IN_NAME": sign_in_name}
    answers = [ask(question, given, lambda name, text: None) for question in COORDINATOR]
    return str(answers[0]), str(answers[1])


def _show_once(founded: Founded, place: Path | None) -> None:
    click.echo("\nThese are shown once and kept nowhere. Write them down now.\n")
    show_coordinator(founded.owner)
    if at_a_terminal():
        until_typed("written", "\nWritten down, and scanned? Type written, and go on to the sheets")
    sheets.hand_out(founded.sheets, place)


def _say_what_is_next(settings: Settings) -> None:
    screen.say_what_stays()
    if left := settings_warnings.of(settings):
        click.echo("\nStill to be said, in the files in config/:")
        for reminder in left:
            click.echo(f"  - {reminder}")
    click.echo(
        "\nBefore anything can be published, prove that every two of the three sheets open the recovery key:\n"
        f"  {COMMAND} rehearse-recovery"
    )
    click.echo(f"\nThen: {COMMAND} check")


COMMANDS = (init,)
