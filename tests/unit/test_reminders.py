"""No default speaks in the coalition's name in silence: operators are told until they have confirmed it."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.factories import environment
from webapp.rules import clock
from webapp.services.infrastructure import settings_warnings
from webapp.settings import SUPPORT, Settings

SAID = {
    "SUPPORT_CONTACTS": SUPPORT,
    "SUPPORT_CHECKED_ON": "",
    "HAND_IN": "12 The Street, 01632 960001",
    "SECURITY_CONTACT": "mailto:security@example.org",
    "MAIL_FROM": "no-reply@example.org",
}


def told(tmp_path: Path, **changes: str) -> list[str]:
    """The settings that are reminded of."""
    today = clock.today().isoformat()
    given = {**SAID, "SUPPORT_CHECKED_ON": today, "DOORS": "public,desk,worker", **changes}
    settings = Settings.from_environment(environment(tmp_path, **given))
    return [words.split()[0] for words in settings_warnings.of(settings)]


def test_an_operator_who_said_everything_is_told_nothing(tmp_path: Path) -> None:
    assert told(tmp_path) == []


@pytest.mark.parametrize("name", list(SAID))
def test_each_default_is_told_until_it_is_set(tmp_path: Path, name: str) -> None:
    assert told(tmp_path, **{name: ""}) == [name]


@pytest.mark.parametrize(("days", "again"), [(0, False), (180, False), (181, True)])
def test_help_lines_are_rung_again_after_half_a_year(
    tmp_path: Path, days: int, again: bool
) -> None:
    checked = (clock.today() - timedelta(days=days)).isoformat()
    assert told(tmp_path, SUPPORT_CHECKED_ON=checked) == (["SUPPORT_CHECKED_ON"] if again else [])


def test_each_process_tells_what_it_says_itself(tmp_path: Path) -> None:
    nothing = dict.fromkeys(SAID, "")
    assert told(tmp_path, **nothing, DOORS="desk") == []
    assert told(tmp_path, **nothing, DOORS="worker", BASE_URL="http://localhost") == ["MAIL_FROM"]
    assert "MAIL_FROM" not in told(tmp_path, **nothing, DOORS="public")
    assert told(tmp_path, **nothing, DEMO="yes") == []
