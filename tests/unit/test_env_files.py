"""A configuration file says what its operator meant, whatever editor saved it, or stops the start."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp import env_files
from webapp.env_files import NotReadable

KNOWN = {"SITE_NAME", "REACH_US", "MAIL_PASSWORD", "DEMO", "A", "B"}
SECRET = "horse-battery"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "public.env"


def read(file: Path, content: str | bytes) -> dict[str, str]:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return env_files.read(file, KNOWN)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("SITE_NAME=Hearth", "Hearth"),
        ("SITE_NAME = Hearth ", "Hearth"),
        ("\texport SITE_NAME=Hearth", "Hearth"),
        ("export  SITE_NAME='Our place'", "Our place"),
        ("SITE_NAME=", ""),
        ('SITE_NAME=""', ""),
        ("SITE_NAME=Our place", "Our place"),
        ("SITE_NAME='Our place'", "Our place"),
        ('SITE_NAME="Our place"  ', "Our place"),
        ('SITE_NAME=" Our place "', " Our place "),
        # Inside single quotes everything is as it is written
        (r"SITE_NAME='a\nb \" $HOME # c'", r"a\nb \" $HOME # c"),
        # Inside double quotes four characters can be escaped, and every other backslash stays
        (r'SITE_NAME="say \"hi\" \\ \$5 \`x\` \n"', r'say "hi" \ $5 `x` \n'),
        ('SITE_NAME="it\'s # ours; yes"', "it's # ours; yes"),
        # Without quotes a backslash gives the next character
        (r"SITE_NAME=a\ b\\c\#", r"a b\c#"),
        ("SITE_NAME=a#b;c", "a#b;c"),
        ('SITE_NAME=it\'s "ours"', 'it\'s "ours"'),
        ("SITE_NAME=$HOME/x", "$HOME/x"),
        ("SITE_NAME=one \\\ntwo", "one two"),
        ('SITE_NAME="one \\\ntwo"', "one two"),
        ("SITE_NAME=a=b=c", "a=b=c"),
        ("SITE_NAME=مأوى", "مأوى"),
    ],
)
def test_a_value_is_what_systemd_reads(file: Path, line: str, value: str) -> None:
    assert read(file, line) == {"SITE_NAME": value}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\N{ZERO WIDTH NO-BREAK SPACE}"])
@pytest.mark.parametrize("last", [True, False])
def test_a_file_is_the_same_whatever_editor_saved_it(
    file: Path, end: str, mark: str, last: bool
) -> None:
    lines = ["# ours", "", "SITE_NAME=Hearth", "  ; and this", "   ", 'DEMO="no"', *[""] * last]
    assert read(file, mark + end.join(lines)) == {"SITE_NAME": "Hearth", "DEMO": "no"}


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (f"DEMO=no\n{SECRET}\n", 2),
        (f"# a comment\n\nMAIL_PASSWORT={SECRET}\n", 3),
        (f"export {SECRET}", 1),
        (f"MAIL_PASSWORD: {SECRET}", 1),
        (f"MAIL PASSWORD={SECRET}", 1),
        (f"MAIL_PASSWORD='{SECRET}", 1),
        (f'MAIL_PASSWORD="{SECRET}', 1),
        (f'MAIL_PASSWORD="{SECRET}\\"', 1),
        (f"DEMO=no\nMAIL_PASSWORD='{SECRET}\n'", 2),
        (f"MAIL_PASSWORD='{SECRET}' more", 1),
        (f'MAIL_PASSWORD="{SECRET}" # mine', 1),
        (f"MAIL_PASSWORD={SECRET} # mine", 1),
        (f"MAIL_PASSWORD=#{SECRET}", 1),
        (f"MAIL_PASSWORD=\u201c{SECRET}\u201d", 1),
        (f"MAIL_PASSWORD={SECRET}\\ ", 1),
        (f"MAIL_PASSWORD={SECRET}\r\nMAIL_PASSWORD=other", 2),
        (f"A=1 \\\n2\nB=2\n?{SECRET}", 4),
        ("CONFIG=/etc/more.env", 1),
    ],
)
def test_a_line_that_could_be_misread_is_named_without_its_value(
    file: Path, content: str, line: int
) -> None:
    with pytest.raises(NotReadable) as refused:
        read(file, content)
    assert str(refused.value).startswith(f"{file}, line {line}: ")
    assert SECRET not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_an_unknown_name_is_named(file: Path) -> None:
    with pytest.raises(NotReadable, match="there is no setting REACHUS"):
        read(file, "REACHUS=01632 960002")


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "utf-32"])
def test_a_file_in_another_encoding_says_so(file: Path, encoding: str) -> None:
    with pytest.raises(NotReadable) as refused:
        read(file, f"REACH_US=Café {SECRET}".encode(encoding))
    assert str(refused.value).startswith(str(file))
    assert SECRET not in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotReadable, match=r"not-there\.env cannot be read"):
        env_files.read(tmp_path / "not-there.env", KNOWN)


@given(st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=("Cs",))))
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, value: str) -> None:
    file = tmp_path_factory.getbasetemp() / "written.env"
    written = env_files.written("REACH_US", value) + env_files.written("DEMO", "yes")
    assert read(file, written) == {"REACH_US": value, "DEMO": "yes"}
