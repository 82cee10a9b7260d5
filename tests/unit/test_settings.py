"""A setting that is missing stops the start in one clear line."""

from pathlib import Path

import pytest

from tests.factories import environment
from webapp.settings import Settings, WrongSetting


def test_a_worker_alone_needs_the_address_for_its_mails(tmp_path: Path) -> None:
    # Given a worker that nobody told the address
    # When it starts, then it does not: it would keep every mail with a link until it is wiped
    with pytest.raises(WrongSetting, match="BASE_URL") as refused:
        Settings.from_environment(environment(tmp_path, DOORS="worker", BASE_URL=""))
    assert "\n" not in str(refused.value)
    # And with it, it starts
    told = environment(tmp_path, DOORS="worker", BASE_URL="https://take-part.example.org")
    assert Settings.from_environment(told).base_url == "https://take-part.example.org"


@pytest.mark.parametrize("doors", ["public,desk", "public", "desk", "public,desk,worker"])
def test_the_doors_of_a_demo_need_none(tmp_path: Path, doors: str) -> None:
    assert Settings.from_environment(environment(tmp_path, DOORS=doors)).base_url == ""
