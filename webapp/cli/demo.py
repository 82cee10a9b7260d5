"""`demo`: an instance for visitors, whose secrets are written down; or an older one, brought up to date.

A coalition of a host and two members, with four people whose roles differ, the coalition's own call and two events.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from webapp.cli import demo_coalition
from webapp.cli.instance import application, config_folder, instance_folder
from webapp.cli.keys import keys_can_be_made
from webapp.cli.migrating import migrate_stores
from webapp.rules import clock
from webapp.rules.tell_back import Month, first_month
from webapp.services.calls import published_calls, tell_backs, telling_back
from webapp.services.events import published_events
from webapp.services.forms import publishing
from webapp.services.forms.definition_files import read_call_file, read_event_file
from webapp.services.infrastructure import audit
from webapp.services.keys import bootstrap, recovery_rehearsal, recovery_renewal, recovery_state
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.recovery import secret_of_before
from webapp.services.keys.recovery_sheets import PrintedSheet, recognise
from webapp.settings import FILES

CONTENT = Path(__file__).parents[1] / "content"
CALL = "support-needs"
EVENTS = ("round-table", "small-group")
OPEN_DAYS = 120
#: So many months after that of the last day, people are told what became of it.
TOLD_MONTHS = 3
SETTINGS = {
    "DEMO": "yes",
    "DRAFT_LANGUAGES": "yes",
    "ORGANISATION": demo_coalition.HOST,
    # A number that Ofcom reserves for fiction, so that it rings in no house.
    "REACH_US": "01632 960002 (a made-up number, for this demo)",
}


@click.command()
def demo() -> None:
    """Make a demo instance with the coalition's own call, or bring an older one up to date."""
    folder = config_folder()
    if not (folder / FILES["public"]).exists():
        bootstrap.write_config(folder, SETTINGS)
        instance_folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    bootstrap.complete_config(folder)
    app = application()
    if not app.extensions["hearth_settings"].demo:
        raise click.ClickException("This is a real instance. Nothing was changed.")
    migrate_stores(app)
    with app.app_context(), keys_can_be_made():
        sign_in = instance_folder() / "demo-sign-in.json"
        if not bootstrap.is_founded():
            founded = bootstrap.found(
                organisation=demo_coalition.HOST, name="Ana", sign_in_name="ana"
            )
            _write(sign_in, _as_json(founded))
        elif not recovery_state.standing().has_sheets:
            _give_older_sheets(sign_in)
        _rehearse(sign_in)
        _gather(sign_in)
        _publish()


def _gather(path: Path) -> None:
    """The people of the members, before anything is published: the keys of it are then sealed to them."""
    known = _read(path)
    if known.get("gathered"):
        # What visitors changed since then stays.
        return
    people = demo_coalition.planned(known.get("people", ()))
    known["people"] = [asdict(one) for one in people]
    # Written first: after a crash, the next start makes the accounts with what is written here.
    _write(path, known)
    demo_coalition.gather(people)
    _write(path, {**known, "gathered": True})


def _publish() -> None:
    if not published_calls.all_calls():
        closes_on = clock.today() + timedelta(days=OPEN_DAYS)
        form = read_call_file(CONTENT / f"{CALL}.json")
        publishing.publish_call(
            form,
            slug=CALL,
            closes_on=closes_on,
            tell_back_by=Month.of(closes_on).later(TOLD_MONTHS),
            actor=audit.OPERATOR,
        )
    _promise()
    known = {event.slug for event in published_events.all_events()}
    for slug in EVENTS:
        if slug not in known:
            event = read_event_file(CONTENT / f"{slug}.json")
            publishing.publish_event(event, slug=slug, actor=audit.OPERATOR)


def _promise() -> None:
    """A demo of before says by when people are told what became of its calls."""
    for call in published_calls.all_calls():
        if tell_backs.find(call.id).by is None:
            month = first_month(call.closes_on, clock.today()).later(TOLD_MONTHS - 1)
            telling_back.promise(call, month, actor=audit.OPERATOR)


def _give_older_sheets(path: Path) -> None:
    """A demo of before has a recovery key of 24 words: it makes its three sheets by itself."""
    known = _read(path)
    words = " ".join(known.pop("recovery_key_words"))
    sheets = recovery_renewal.renew(secret_of_before(words)).sheets
    _write(path, {**known, "recovery_sheets": _sheets_as_json(sheets)})


def _rehearse(path: Path) -> None:
    """A demo keeps no secret: it rehearses with the sheets that it wrote down."""
    if recovery_state.standing().unproved:
        sheets = _read(path)["recovery_sheets"]
        recovery_rehearsal.rehearse([recognise(words) for words in sheets.values()])


def _sheets_as_json(sheets: Sequence[PrintedSheet]) -> dict[str, str]:
    return {str(sheet.number): " ".join(sheet.words) for sheet in sheets}


def _as_json(founded: Founded) -> dict[str, Any]:
    return {**asdict(founded.owner), "recovery_sheets": _sheets_as_json(founded.sheets)}


def _read(path: Path) -> dict[str, Any]:
    known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return known


def _write(path: Path, content: Mapping[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


COMMANDS = (demo,)
