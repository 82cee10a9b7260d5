"""Which host name passkeys are bound to: the configured one, never a number, never what a request alone says."""

import pytest

from webapp.rules.relying_party import origin_of, rp_id_of


@pytest.mark.parametrize(
    ("origin", "rp_id"),
    [
        ("https://desk.example.org", "desk.example.org"),
        ("https://Desk.Example.org:8443", "desk.example.org"),
        ("http://localhost:8000", "localhost"),
        ("https://192.0.2.7", None),
        ("https://[2001:db8::7]", None),
        ("", None),
    ],
)
def test_the_configured_name_counts_and_a_number_does_not(origin: str, rp_id: str | None) -> None:
    assert rp_id_of(origin, is_configured=True) == rp_id


@pytest.mark.parametrize(
    ("origin", "rp_id"),
    [
        ("http://localhost:8000", "localhost"),
        ("http://127.0.0.1:8000", None),
        ("https://evil.example.org", None),
    ],
)
def test_without_one_it_is_this_machine_alone(origin: str, rp_id: str | None) -> None:
    assert rp_id_of(origin, is_configured=False) == rp_id


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://Desk.Example.org", "https://desk.example.org"),
        ("https://desk.example.org:443", "https://desk.example.org"),
        ("https://desk.example.org:80", "https://desk.example.org:80"),
        ("http://localhost:80/", "http://localhost"),
        ("http://localhost:8000/", "http://localhost:8000"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(address: str, origin: str) -> None:
    assert origin_of(address) == origin
