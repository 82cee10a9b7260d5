"""Why something may be opened or exported follows from what people gave permission for."""

import pytest

from tests.factories import demo_form
from webapp.rules.consent import uses_of, uses_of_export, uses_of_standing
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.reasons import (
    ASK,
    DANGER,
    INVITE,
    LONGEST,
    OTHER,
    OUTSIDE,
    SHARE,
    NotWhatItIsFor,
    Reason,
    for_record,
)

FORM = demo_form()


@pytest.mark.parametrize(
    ("standing", "allowed"),
    [
        ({"contact_me"}, [ASK, DANGER, OTHER]),
        ({"invite"}, [INVITE, DANGER, OTHER]),
        ({"contact_me", "share"}, [ASK, SHARE, DANGER, OTHER]),
        # Not about being reached: nothing may be opened, in danger neither.
        ({"quote"}, []),
        ({"mail_confirmation", "through_helper"}, []),
        (set(), []),
    ],
    ids=lambda value: "+".join(sorted(str(one) for one in value)) if isinstance(value, set) else "",
)
def test_each_permission_lets_us_do_what_it_says(standing: set[str], allowed: list[object]) -> None:
    assert list(uses_of_standing(FORM, standing)) == allowed


def test_a_permission_of_this_form_alone_is_its_own_reason() -> None:
    # Given a consent that Hearth knows nothing of
    data = FORM.model_dump()
    data["consents"][0]["purpose"] = "danger"
    data["consents"][0]["text"]["en"] = "You may ask me for an interview."
    form = FormDefinition.model_validate(data)
    wording = form.consents[0]
    # Then its words are the reason, and its name cannot be taken for one of ours
    (use,) = uses_of(wording)
    assert (use.key, use.words) == ("purpose:danger", "“You may ask me for an interview.”")
    assert use.key not in {DANGER.key, OTHER.key}
    assert for_record(Reason(use.key), uses_of_export(wording)) == use.words


def test_what_no_permission_says_needs_words_and_is_marked() -> None:
    allowed = uses_of_standing(FORM, {"contact_me"})
    assert for_record(Reason("ask", "part two"), allowed) == (
        "To ask about what they wrote: part two"
    )
    assert for_record(Reason("other", "They rang"), allowed, other=OUTSIDE) == (
        f"{OUTSIDE}: They rang"
    )
    for refused in (Reason("invite"), Reason("other"), Reason(""), Reason("nothing", "words")):
        with pytest.raises(NotWhatItIsFor):
            for_record(refused, allowed, other=OUTSIDE)


def test_danger_is_no_reason_for_a_whole_list() -> None:
    wording = FORM.consents[0]
    assert uses_of_export(wording) == (ASK, OTHER)


def test_every_reason_fits_the_record() -> None:
    # Given the longest words, and a consent as long as it may be
    data = FORM.model_dump()
    data["consents"][0].update({"purpose": "interview", "text": {"en": "Yes, you may. " * 14}})
    form = FormDefinition.model_validate(data)
    allowed = uses_of_standing(form, {"interview"})
    for use in allowed:
        words = for_record(Reason(use.key, "ä" * 140), allowed, other=OUTSIDE)
        assert len(words) <= LONGEST
        assert words.endswith(": " + "ä" * 140)
    assert for_record(Reason("purpose:interview"), allowed)[-1] in "…”"
