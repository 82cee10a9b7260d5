"""A coalition that was founded this morning."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random

import pytest
import time_machine

from tests.integration.year.coalition import Coalition
from tests.stores import Stores, application
from webapp.services.keys import bootstrap

FIRST_DAY = date(2027, 1, 4)
SEED = 13


@pytest.fixture
def coalition(stores: Stores, tmp_path: Path) -> Iterator[Coalition]:
    """An instance that was founded this morning, on both databases."""
    with (
        time_machine.travel(f"{FIRST_DAY} 09:00:00+00:00", tick=False) as traveller,
        application(
            stores, tmp_path, DOORS="public,desk,worker", BASE_URL="http://localhost"
        ) as app,
        app.app_context(),
    ):
        founded = bootstrap.found(organisation="Host", name="Ana", sign_in_name="ana")
        yield Coalition(traveller, founded, Random(SEED))
