"""The reader of packs, which knows Hearth by docs/pack-format.md alone, agrees with Hearth, now and in thirty years."""

import base64
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from tests.packs import Pack, read, the_reader
from tests.unit.vault.factories import stored
from webapp.rules.contact.questions import HELPER_KINDS, KINDS_OF
from webapp.rules.contact.safe_channels import SafeContact, safe_contact
from webapp.rules.csv_safety import safe_cell
from webapp.rules.references import reference
from webapp.services.backup.packing import READER
from webapp.services.opening.contact_files import OTHERS

READ = the_reader()
#: What hypothesis may put into any answer about contact, right or wrong.
SAID = st.sampled_from(["", " ", "yes", "no", "unsure", "none", "email", "+447700900123"])
WAYS = st.lists(st.sampled_from(["email", "text", "call", "app", "none", "pigeon"]), max_size=4)
APP = ("app", "app_name", "app_shared", "app_say_who")
CONTACT = st.fixed_dictionaries(
    {"contact_wanted": st.sampled_from(["yes", "yes", "no", " yes"]), "safe_ways": WAYS},
    optional=dict.fromkeys(
        {*KINDS_OF, *HELPER_KINDS, *APP} - {"safe_ways", "contact_wanted"}, SAID
    ),
)


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    """The frozen pack, with the reader beside it."""
    of = stored("frozen_pack")
    found = Pack(tmp_path / "pack")
    (tmp_path / "pack" / "keys").mkdir(parents=True)
    found.path.write_bytes(base64.b64decode(of["pack"]))
    found.keys.write_bytes(base64.b64decode(of["keys"]))
    for path in READER:
        (found.folder / path.name).write_bytes(path.read_bytes())
    return found


@pytest.mark.parametrize("way", ["passphrase", "recovery_code", "sheets"])
def test_a_pack_of_today_opens_as_ever(
    way: str, pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = stored("frozen_pack")
    name = of["sign_in_name"]
    options, typed = {
        "passphrase": (("--keys", str(pack.keys)), f"{name}\n{of['passphrase']}"),
        "recovery_code": (("--recovery-code",), f"{name}\n{of['recovery_code']}"),
        "sheets": (("--sheets",), "\n".join(of["sheets"])),
    }[way]
    with time_machine.travel(datetime(2036, 11, 29, tzinfo=UTC)):
        said = read(
            pack,
            tmp_path / "read",
            *options,
            typed=typed,
            words=of["words"],
            monkeypatch=monkeypatch,
        )
    assert said == ""
    for table, file in (("answers", "answers-a-call"), ("contacts", "contacts-a-call-contact_me")):
        assert json.loads((tmp_path / "read" / f"{file}.json").read_text()) == of[table]
    # And where a spreadsheet opens it, it runs nothing
    assert "\"'=what I said" in (tmp_path / "read" / "answers-a-call.csv").read_text()


@given(answers=CONTACT, through_helper=st.booleans())
def test_ways_are_safe_for_both_or_for_none(answers: dict[str, Any], through_helper: bool) -> None:
    ours = safe_contact(answers, through_helper=through_helper)
    theirs = READ.safe_ways(answers, through_helper=through_helper)
    assert (ours is None) == (theirs is None)
    if ours is not None:
        assert theirs is not None
        assert theirs.items() >= expected(ours).items()
        assert ("E-mail" in theirs, "Phone" in theirs, "App" in theirs) == (
            ours.email is not None,
            ours.phone is not None,
            ours.app is not None,
        )
        assert ("THROUGH A HELPER: name" in theirs) == (ours.helper is not None)


def expected(ours: SafeContact) -> dict[str, str]:
    """What must stand in the reader's columns, of what Hearth says."""
    said = {True: "yes", False: "no"}
    found = {"Name to use": ours.name_to_use, "To keep in mind": ours.notes}
    if ours.phone:
        found |= {
            "Text messages safe?": said[ours.phone.text_ok],
            "Calls safe?": said[ours.phone.call_ok],
        }
        found |= {"Voicemail safe?": said[ours.phone.voicemail_ok]}
        found |= {"Phone: may we say who we are?": said[ours.phone.say_who]}
        found |= {"Phone: does anyone else use it?": OTHERS[ours.phone.others_see]}
    if ours.email:
        found |= {"E-mail": ours.email.address}
        found |= {"E-mail: may we say who we are?": said[ours.email.say_who]}
    if ours.app:
        found |= {"App: does anyone else see it?": OTHERS[ours.app.others_see]}
        found |= {"App: may we say who we are?": said[ours.app.say_who]}
    return found


@given(text=st.text(st.sampled_from("ab1=+-@\t\n\r\0\x01 ,;|\"'\u200b\uff1d\u2212"), max_size=12))
def test_cells_are_safe_in_the_same_way(text: str) -> None:
    assert READ.cell(text) == safe_cell(text)


@given(number=st.from_regex(r"\+?[0-9 ()./-]{7,20}", fullmatch=True))
def test_a_phone_number_is_no_formula_and_keeps_its_digits(number: str) -> None:
    shown = READ.cell(READ.phone_cell(number))
    digits = [one for one in number if one.isdigit()]
    assert [one for one in shown if one.isdigit()] == digits
    assert shown.lstrip("'") == shown or len(digits) <= 6


@given(row_id=st.uuids())
def test_people_have_the_same_reference(row_id: UUID) -> None:
    assert READ.reference(row_id.bytes) == reference(row_id)


def test_it_is_one_file_that_needs_cryptography_alone() -> None:
    text = READER[0].read_text()
    assert "webapp" not in text
    outside = {
        line.split()[1].partition(".")[0]
        for line in text.splitlines()
        if line.startswith(("import ", "from "))
    }
    assert outside - set(sys.stdlib_module_names) == {"cryptography"}
