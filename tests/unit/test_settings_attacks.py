"""Settings that an attacker could use against us are refused, and never repeated."""

import pytest

from tests.factories import environment
from webapp.factory import trusted_hosts
from webapp.settings import Settings, WrongSetting

GOOD = {
    "https://take-part.example.org": "take-part.example.org",
    "https://take-part.example.org/": "take-part.example.org",
    "http://127.0.0.1:8000": "127.0.0.1",
    "https://Take-Part.example.org:8443": "take-part.example.org",
}
BAD = (
    "https://somebody@example.org",
    "https://somebody:secret@example.org",
    "https://example.org?next=1",
    "https://example.org/?next=1",
    "https://example.org#part",
    "https://example.org/hearth",
    "https://example.org\\@evil.example",
    "https://ex\u00e4mple.org",
    "https://\u0435xample.org",
    "https://example.org:port",
    "https://example.org:",
    "https://example.org evil.example",
    "https://example.org\nDEMO=yes",
    "https://",
    "ftp://example.org",
    "javascript:alert(1)",
    "//example.org",
    "example.org",
    "https://[::1",
)


def settings(tmp_path_factory: pytest.TempPathFactory, base_url: str) -> Settings:
    return Settings.from_environment(environment(tmp_path_factory.getbasetemp(), BASE_URL=base_url))


@pytest.mark.parametrize(("base_url", "host"), GOOD.items())
def test_an_address_of_ours_is_trusted(
    tmp_path_factory: pytest.TempPathFactory, base_url: str, host: str
) -> None:
    found = settings(tmp_path_factory, base_url)
    assert found.base_url == base_url.rstrip("/")
    assert trusted_hosts(found) == [host, "127.0.0.1", "localhost"]


def test_without_an_address_it_is_for_this_machine_alone(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    assert trusted_hosts(settings(tmp_path_factory, "")) == ["127.0.0.1", "localhost"]


def test_a_demo_without_an_address_goes_by_any_name(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    demo = environment(tmp_path_factory.getbasetemp(), DEMO="yes")
    assert trusted_hosts(Settings.from_environment(demo)) is None


@pytest.mark.parametrize("base_url", BAD)
def test_an_address_with_more_in_it_is_refused(
    tmp_path_factory: pytest.TempPathFactory, base_url: str
) -> None:
    with pytest.raises(WrongSetting, match="BASE_URL") as refused:
        settings(tmp_path_factory, base_url)
    # The message does not repeat what may be a secret
    assert "secret" not in str(refused.value)
