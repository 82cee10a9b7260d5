"""The demo with real amounts can still be made: a developer who changes a page of the desk looks at it there."""

import subprocess
import sys
from pathlib import Path

from webapp import create_app
from webapp.services.answers import submission_filters
from webapp.services.answers.submission_filters import CHANGED, UNREAD
from webapp.services.calls import published_calls
from webapp.services.desk_home import overview
from webapp.services.desk_home.concern_kinds import Kind
from webapp.services.events import published_events
from webapp.services.infrastructure import audit, clock_guard
from webapp.settings import FILES, Settings

ROOT = Path(__file__).parents[2]


def test_two_months_of_work_can_be_looked_at(tmp_path: Path) -> None:
    # Given a folder that is not there yet
    folder = tmp_path / "instance"
    command = [sys.executable, "-m", "tests.real_amounts", str(folder)]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    config = ":".join(str(folder / "config" / name) for name in FILES.values())
    environ = {"INSTANCE": str(folder), "CONFIG": config, "DOORS": ",".join(FILES)}
    app = create_app(Settings.from_environment(environ))
    with app.app_context():
        # Then what a desk looks like is there, and the record is in one piece
        counted = submission_filters.facets(published_calls.find_call("support-needs"))
        assert counted.total == 60
        assert counted.state[UNREAD] and counted.state[CHANGED]
        assert max(event.taken + event.waiting for event in published_events.all_events()) >= 35
        assert audit.verify() >= 280
        # And a worker finds nothing odd about its days
        assert clock_guard.sure()
        kinds = {concern.kind for concern in overview.today().concerns}
        assert {Kind.CROSS_OUT, Kind.BEGINS_SOON, Kind.CAME_BACK, Kind.UNREAD} <= kinds
    # And it is never made over one that is there
    again = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert again.returncode != 0
    assert "is there already; nothing was changed" in again.stderr
