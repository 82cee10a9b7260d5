"""Every field of a definition has words for the page that shows what is different between two versions of a call."""

from pydantic import BaseModel

from webapp.desk.designer.difference_words import FIELDS, STEPS
from webapp.rules.forms import form_definition, questions
from webapp.rules.forms.texts import Frozen

MODELS = {
    one
    for module in (form_definition, questions)
    for one in vars(module).values()
    if isinstance(one, type) and issubclass(one, BaseModel) and one is not Frozen
}


def test_no_field_is_named_as_the_code_names_it() -> None:
    assert len(MODELS) > 5
    told = FIELDS.keys() | STEPS.keys()
    assert {name for one in MODELS for name in one.model_fields} - told == set()
