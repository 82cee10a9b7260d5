"""A setting that is missing stops the start in one clear line."""

from datetime import date
from pathlib import Path

import pytest

from tests.factories import environment
from webapp.settings import Settings, WrongSetting, listening


def test_a_worker_alone_needs_the_address_for_its_mails(tmp_path: Path) -> None:
    # Given a worker that was not told the address
    # When it starts, then it does not: it would keep every mail with a link until it is wiped
    with pytest.raises(WrongSetting, match="BASE_URL") as refused:
        Settings.from_environment(environment(tmp_path, DOORS="worker", BASE_URL=""))
    assert "\n" not in str(refused.value)
    # And with it, it starts
    told = environment(tmp_path, DOORS="worker", BASE_URL="https://take-part.example.org")
    assert Settings.from_environment(told).base_url == "https://take-part.example.org"


@pytest.mark.parametrize("doors", ["public,desk", "public", "desk", "public,desk,worker"])
def test_doors_on_this_machine_need_none(tmp_path: Path, doors: str) -> None:
    assert Settings.from_environment(environment(tmp_path, DOORS=doors)).base_url == ""


# What only a demo may do without


def real(tmp_path: Path, **changes: str) -> Settings:
    return Settings.from_environment(environment(tmp_path, **changes))


@pytest.mark.parametrize("name", ["ORGANISATION", "REACH_US"])
@pytest.mark.parametrize("empty", ["", "  "])
@pytest.mark.parametrize("doors", ["public", "public,desk", "public,desk,worker"])
def test_the_public_door_says_who_runs_it_and_how_to_reach_them(
    tmp_path: Path, name: str, empty: str, doors: str
) -> None:
    with pytest.raises(WrongSetting, match=f"{name} is missing") as refused:
        real(tmp_path, DOORS=doors, **{name: empty})
    assert "\n" not in str(refused.value)


def test_a_demo_and_processes_without_the_public_door_need_not_say_it(tmp_path: Path) -> None:
    nothing = {"ORGANISATION": "", "REACH_US": ""}
    # Nor does anything speak in the coalition's name then
    assert real(tmp_path, DEMO="yes", **nothing).organisation == ""
    assert real(tmp_path, DOORS="desk", **nothing).reach_us == ""
    assert real(tmp_path, DOORS="worker", **nothing).reach_us == ""


@pytest.mark.parametrize(
    ("doors", "name"),
    [("desk", "MAILER_PUBLIC_KEY"), ("public", "RECEIPT_SALT"), ("desk", "PEPPER")],
)
def test_a_key_that_is_missing_says_who_adds_it_after_an_upgrade(
    tmp_path: Path, doors: str, name: str
) -> None:
    # Given an instance whose settings are older than the key, or have lost it
    with pytest.raises(WrongSetting, match=f"{name} is missing") as refused:
        real(tmp_path, DOORS=doors, **{name: ""})
    # Then it names the command that adds what is new, and where what was lost comes back from
    assert "migrate" in str(refused.value)
    assert "copy of config/" in str(refused.value)
    # And `init`, which would refuse, is not spoken of
    assert "init" not in str(refused.value)


def test_a_key_that_is_not_as_it_was_made_is_told_from_one_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(WrongSetting, match="FORM_KEY must be 64 hex digits") as refused:
        real(tmp_path, FORM_KEY="not a key")
    assert "not a key" not in str(refused.value)


def test_help_lines_are_not_said_to_be_checked_until_an_operator_did(tmp_path: Path) -> None:
    assert real(tmp_path).support_checked_on is None
    assert real(tmp_path, SUPPORT_CHECKED_ON="2026-11-21").support_checked_on == date(2026, 11, 21)


@pytest.mark.parametrize("doors", ["public", "desk", "worker", "public,desk"])
def test_answers_never_cross_a_network_in_the_clear(tmp_path: Path, doors: str) -> None:
    for address in ("http://take-part.example.org", "http://192.168.1.7:8000"):
        with pytest.raises(WrongSetting, match="https://"):
            real(tmp_path, DOORS=doors, BASE_URL=address)
    for address in ("http://127.0.0.1:8000", "http://localhost", "https://take-part.example.org"):
        assert real(tmp_path, DOORS=doors, BASE_URL=address).base_url == address
    assert real(tmp_path, DOORS=doors, DEMO="yes", BASE_URL="http://192.168.1.7").demo


@pytest.mark.parametrize("name", ["PUBLIC_URL", "DESK_URL"])
def test_the_other_doors_address_is_checked_like_our_own(tmp_path: Path, name: str) -> None:
    for wrong in ("office.example", "https://office.example/en/", "ftp://office.example"):
        with pytest.raises(WrongSetting, match=f"{name} must be like") as refused:
            real(tmp_path, **{name: wrong})
        assert wrong not in str(refused.value)
    with pytest.raises(WrongSetting, match=f"{name} must begin with https://"):
        real(tmp_path, **{name: "http://take-part.example.org"})


def test_the_worker_finds_the_desk_where_people_find_us_unless_it_is_told(tmp_path: Path) -> None:
    base = "https://take-part.example.org"
    assert real(tmp_path, BASE_URL=base).desk_url == base
    own = real(tmp_path, BASE_URL=base, DESK_URL="https://office.example.org/")
    assert (own.base_url, own.desk_url) == (base, "https://office.example.org")


@pytest.mark.parametrize("outside", [{"HOST": "192.168.1.7"}, {"HOST": "::"}, {"PROXY_HOPS": "1"}])
def test_a_process_that_serves_others_says_its_address(
    tmp_path: Path, outside: dict[str, str]
) -> None:
    with pytest.raises(WrongSetting, match="BASE_URL is missing"):
        real(tmp_path, **outside)
    assert real(tmp_path, DEMO="yes", **outside).base_url == ""
    assert real(tmp_path, BASE_URL="https://take-part.example.org", **outside).secure


def test_configuration_files_are_read_in_their_order_and_the_environment_wins(
    tmp_path: Path,
) -> None:
    (tmp_path / "one.env").write_text(
        "SITE_NAME=\"One place\"\nHAND_IN='12 The Street'\nPORT=9000\n"
    )
    (tmp_path / "two.env").write_text("export SITE_NAME=Two\r\n")
    config = f"{tmp_path / 'one.env'}:{tmp_path / 'two.env'}"
    settings = real(tmp_path, CONFIG=config, PORT="9001")
    assert (settings.site_name, settings.hand_in, settings.port) == ("Two", "12 The Street", 9001)


def test_a_configuration_file_that_cannot_be_read_as_it_says_stops_the_start(
    tmp_path: Path,
) -> None:
    (tmp_path / "public.env").write_text("DEMO=no\nREACHUS=01632 960002\n")
    with pytest.raises(WrongSetting, match=r"public\.env, line 2: there is no setting REACHUS"):
        real(tmp_path, CONFIG=str(tmp_path / "public.env"))


@pytest.mark.parametrize(
    ("host", "bind"),
    [
        ("", "127.0.0.1:8000"),
        ("localhost", "localhost:8000"),
        ("::1", "[::1]:8000"),
        ("[::1]", "[::1]:8000"),
        ("10.0.0.7", "10.0.0.7:8000"),
    ],
)
def test_one_address_is_listened_on_however_it_is_written(
    tmp_path: Path, host: str, bind: str
) -> None:
    settings = real(tmp_path, HOST=host, BASE_URL="https://take-part.example.org")
    assert settings.bind == bind == listening({"HOST": host}).bind


@pytest.mark.parametrize("host", ["unix:/run/hearth", "127.0.0.1:9000", "a b", "fd://3"])
def test_a_host_is_a_host_and_nothing_else(tmp_path: Path, host: str) -> None:
    with pytest.raises(WrongSetting, match="HOST must be"):
        real(tmp_path, HOST=host, BASE_URL="https://take-part.example.org")


def test_a_wrong_value_in_a_file_is_told_with_the_file_and_the_line(tmp_path: Path) -> None:
    # Given a file with a wrong value on its third line
    file = tmp_path / "public.env"
    file.write_text("# ours\nDEMO=no\nPORT=eighty\n")
    # When Hearth starts with it, or asks where to listen
    config = {"CONFIG": str(file)}
    for read in (lambda: real(tmp_path, **config), lambda: listening(config)):
        with pytest.raises(WrongSetting) as refused:
            read()
        # Then the message leads there, and does not repeat the value: another one may be a secret
        assert f"{file}, line 3" in str(refused.value)
        assert "eighty" not in str(refused.value)
    # But where the environment gives the value, it is the environment's
    with pytest.raises(WrongSetting) as refused:
        real(tmp_path, CONFIG=str(file), PORT="ninety")
    assert "line" not in str(refused.value)
