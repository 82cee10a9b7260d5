"""Addresses of the desk that no page of ours has: each is answered, and never by an error page."""

from http import HTTPStatus

import pytest

from tests.integration.desk.worker import Worker


@pytest.mark.parametrize(
    "asked",
    [
        "before=99999999999999999999999",
        "after=99999999999999999999999",
        "before=-9223372036854775809",
        "until=31/12/9999",
        "since=1/1/0001&until=31/12/9999",
    ],
)
def test_the_record_is_shown_whatever_stands_in_its_address(
    page_worker: Worker, asked: str
) -> None:
    page_worker.get(f"/desk/record?{asked}")
    assert page_worker.status == HTTPStatus.OK


@pytest.mark.parametrize("asked", ["record?who=%00", "record?since=%00", "languages/so?q=%00"])
def test_a_zero_byte_in_an_address_leads_nowhere(worker: Worker, asked: str) -> None:
    # PostgreSQL would refuse it, and the page would say that a store is away
    assert worker.client.get(f"/desk/{asked}").status_code == HTTPStatus.NOT_FOUND
