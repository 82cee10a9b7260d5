"""What is new."""

from flask import render_template
from flask_babel import gettext

from webapp.desk.door import blueprint
from webapp.http import coordinator
from webapp.rules import clock
from webapp.services import overview

NOON, EVENING = 12, 18


@blueprint.get("/")
@coordinator
def today() -> str:
    """Answers nobody has opened, the calls, and what will soon be erased."""
    found = overview.today()
    titles = {row.call.id: row.call.form.title for row in found.calls}
    return render_template(
        "desk/today.html", today=found, titles=titles, greeting=_greeting(), day=clock.today()
    )


def _greeting() -> str:
    hour = clock.now().astimezone(clock.COALITION_ZONE).hour
    if hour < NOON:
        return gettext("Good morning")
    return gettext("Good afternoon") if hour < EVENING else gettext("Good evening")
