"""Forms and events as files, with their words in other languages beside them."""

import json
import shutil
from pathlib import Path

import pytest

from webapp.rules.forms.definition_json import NotADefinition
from webapp.rules.languages.site_languages import LANGUAGES
from webapp.services.forms.definition_files import read_call_file, read_event_file

CONTENT = Path(__file__).parents[2] / "webapp" / "content"


def test_the_words_beside_a_form_are_read_with_it(tmp_path: Path) -> None:
    # Given a form, and beside it a file with its title in Vietnamese
    form = tmp_path / "form.json"
    shutil.copy(CONTENT / "support-needs.json", form)
    words = tmp_path / "form.vi.json"
    words.write_text(json.dumps({"title": "Tên"}), encoding="utf-8")
    # When the form is read, then it says that title too
    assert read_call_file(form).title["vi"] == "Tên"


@pytest.mark.parametrize(
    ("name", "words", "why"),
    [
        ("form.vi.json", {"no.such.path": "Tên"}, "no.such.path"),
        ("form.en.json", {"title": "Title"}, "'en'"),
        ("form.xx.json", {"title": "Title"}, "'xx'"),
    ],
)
def test_a_wrong_file_of_words_is_named(
    tmp_path: Path, name: str, words: dict[str, str], why: str
) -> None:
    form = tmp_path / "form.json"
    shutil.copy(CONTENT / "support-needs.json", form)
    (tmp_path / name).write_text(json.dumps(words), encoding="utf-8")
    with pytest.raises(NotADefinition, match=f"{name}.*{why}"):
        read_call_file(form)


def test_everything_of_the_demo_can_be_read() -> None:
    assert set(read_call_file(CONTENT / "support-needs.json").title) <= set(LANGUAGES)
    for event in ("round-table", "small-group"):
        assert read_event_file(CONTENT / f"{event}.json").title["en"]
