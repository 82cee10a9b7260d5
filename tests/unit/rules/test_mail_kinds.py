import re
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, fields
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jinja2 import Environment, FileSystemLoader, StrictUndefined, UndefinedError, meta

from tests.readability import grade, long_sentences
from tests.unit.rules.strategies import TYPED
from webapp.rules.mail_kinds import (
    CONFIRMATION_CONSENT,
    MAIL_KINDS,
    ConfirmAddress,
    Confirmation,
    Facts,
    MailKind,
    NoSuchMailKind,
    NotALink,
    NotThisMail,
    Registered,
    RegistrantMail,
    kind_named,
)
from webapp.rules.mail_values import LONGEST_LINK, LONGEST_WHEN
from webapp.rules.neutral_wording import gives_away
from webapp.rules.states import RegistrationState

TEMPLATES = Path(__file__).parents[3] / "templates"
LINK = "https://hearth.example.org/en/r/k7qf2m9xtc4r8zhdw3npk7qf2m9xtc4r"
START = datetime(2027, 7, 20, 13, 0, tzinfo=UTC)
DAY_BEFORE = datetime(2027, 7, 19, 9, 0, tzinfo=UTC)
EARLIER = START - timedelta(days=10)


BOOKING = "K7Q-M2X-HB4"
WHEN = (
    "Wednesday 30 September 2026, 10.30\N{NO-BREAK SPACE}am to 12.30\N{NO-BREAK SPACE}pm, UK time"
)
WHICH = {"booking": BOOKING, "when": WHEN}
#: The one that may reach a stranger says nothing about a booking.
ABOUT_A_BOOKING = sorted(set(MAIL_KINDS) - {"confirmation", "confirm_address"})


def values_for(name: str, *, says_which: bool = True) -> dict[str, str]:
    """What a mail of this kind may show: to a professional, or to anyone else."""
    which = WHICH if says_which else {"booking": "", "when": ""}
    return {one.name: which.get(one.name, LINK) for one in fields(MAIL_KINDS[name])}


def environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        extensions=["jinja2.ext.i18n"],
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701  (plain text: an escaped link would not open)
    )
    made.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    return made


def rendered(name: str, *, says_which: bool = True) -> tuple[str, str]:
    kind = MAIL_KINDS[name](**values_for(name, says_which=says_which))
    subject, body = (
        environment().get_template(template).render(kind.values())
        for template in (kind.subject_template, kind.body_template)
    )
    return subject, body


def asked_for(template: str) -> set[str]:
    """The names that a template, and what it includes, takes from outside."""
    tree = environment().parse((TEMPLATES / template).read_text())
    names = set(meta.find_undeclared_variables(tree))
    for included in meta.find_referenced_templates(tree):
        assert included is not None, "a mail never chooses what it includes"
        names |= asked_for(included)
    return names


# What a mail may carry


@pytest.mark.parametrize("name", MAIL_KINDS)
def test_a_mail_declares_nothing_but_a_link_and_which_booking_it_is(name: str) -> None:
    assert {field.name for field in fields(MAIL_KINDS[name])} <= {"link", "booking", "when"}


def test_some_mails_carry_nothing_at_all() -> None:
    assert Confirmation().values() == {}
    assert Registered(LINK).values() == {"link": LINK, "booking": "", "when": ""}


@pytest.mark.parametrize("name", ABOUT_A_BOOKING)
def test_a_professional_with_two_bookings_knows_which_it_is(name: str) -> None:
    _, body = rendered(name)
    assert f"Your booking number: {BOOKING}\nWhen: {WHEN}\n" in body


@pytest.mark.parametrize("name", MAIL_KINDS)
def test_where_survivors_may_come_a_mail_says_neither_number_nor_day(name: str) -> None:
    _, body = rendered(name, says_which=False)
    assert not re.search(r"[0-9]|booking number|When:", body.replace(LINK, ""))
    assert body == body.strip() and "\n\n\n" not in body


def test_a_mail_to_an_unconfirmed_address_says_nothing_about_a_booking() -> None:
    assert ConfirmAddress(LINK).values() == {"link": LINK}
    _, body = rendered("confirm_address")
    assert "Nothing is booked yet." in body


@pytest.mark.parametrize(
    ("booking", "when"),
    [
        (BOOKING, ""),
        ("", WHEN),
        ("Ana", WHEN),
        (f"{BOOKING}\n", WHEN),
        (BOOKING.lower(), WHEN),
        (BOOKING, "tomorrow\nBcc: a"),
        (BOOKING, "https://example.org/x"),
        (BOOKING, "ana@example.org"),
        (BOOKING, "{{ config }}"),
        (BOOKING, "\u202etomorrow"),
        (BOOKING, "x" * (LONGEST_WHEN + 1)),
        (BOOKING, 3),
        (None, WHEN),
    ],
)
def test_which_booking_it_is_is_a_number_and_words_about_a_day(booking: Any, when: Any) -> None:
    with pytest.raises(NotThisMail) as caught:
        Registered(LINK, booking, when)
    assert str(caught.value) == "Registered"


def test_a_mail_is_made_again_from_its_name_and_values() -> None:
    for name in MAIL_KINDS:
        kind = MAIL_KINDS[name](**values_for(name))
        assert MAIL_KINDS[kind.name](**kind.values()) == kind


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("confirmation", {"link": LINK}),
        ("registered", {}),
        ("registered", {"link": LINK, **WHICH, "name": "Ana"}),
        ("waiting", {"link": LINK, "place": "3"}),
        ("cancelled", {"title": "A round table"}),
    ],
)
def test_a_value_that_was_not_declared_cannot_come_along(
    name: str, values: Mapping[str, str]
) -> None:
    with pytest.raises(TypeError) as caught:
        MAIL_KINDS[name](**values)
    assert "Ana" not in str(caught.value)


def test_an_undeclared_mail_cannot_be_made() -> None:
    for name in ("", "newsletter", "__class__"):
        with pytest.raises(NoSuchMailKind):
            kind_named(name)


def test_a_mail_cannot_be_changed_or_added_to() -> None:
    with pytest.raises(FrozenInstanceError):
        Registered(LINK).link = "https://example.org/other"  # type: ignore[misc]
    with pytest.raises((AttributeError, TypeError)):
        Confirmation().title = "A round table"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "link",
    [
        "", "x", "javascript:alert(1)", "ftp://example.org/x", "//example.org/x", "https:///x",
        "https://ana@example.org/x", "https://example.org", "https://example.org/x?name=ana",
        "https://example.org/x#ana", "https://example.org/x y", "https://example.org/x\r\nBcc: a",
        "https://example.org/x\nBcc: a", "https://example.org/x\n", "https://example.org/\u202ex",
        "https://example.org/{{ config }}", "https://example.org/é", "https://[::1/x",
        "https://example.org/" + "x" * LONGEST_LINK, " https://example.org/x",
    ],
)  # fmt: skip
def test_only_the_address_of_a_page_is_a_link(link: str) -> None:
    with pytest.raises(NotALink) as caught:
        Registered(link)
    assert str(caught.value) == "Registered"


@pytest.mark.parametrize("link", [None, 3, b"https://example.org/x", ["https://example.org/x"]])
def test_a_link_is_text(link: Any) -> None:
    with pytest.raises(NotALink):
        Registered(link, **WHICH)


@pytest.mark.parametrize("host", ["http://127.0.0.1:8000", "https://[::1]:8443", "https://x.org"])
def test_a_page_of_a_demo_is_a_link_too(host: str) -> None:
    assert Registered(f"{host}/en/r/abc").link == f"{host}/en/r/abc"


@given(TYPED)
def test_whatever_is_typed_no_line_break_gets_into_a_link(typed: str) -> None:
    for link in (typed, f"https://example.org/{typed}"):
        try:
            made = Registered(link)
        except NotALink:
            continue
        assert made.link.isascii() and made.link.isprintable() and " " not in made.link


# The templates


def test_every_mail_has_its_templates_and_no_template_is_left_over() -> None:
    assert {path.name for path in (TEMPLATES / "emails").iterdir() if path.is_dir()} == set(
        MAIL_KINDS
    )
    for kind in MAIL_KINDS.values():
        assert kind.name == MAIL_KINDS[kind.name].name
        folder = TEMPLATES / "emails" / kind.name
        assert sorted(path.name for path in folder.iterdir()) == ["body.txt", "subject.txt"]


@pytest.mark.parametrize("name", MAIL_KINDS)
def test_a_template_asks_for_what_its_kind_declares_and_nothing_else(name: str) -> None:
    kind = MAIL_KINDS[name](**values_for(name))
    assert asked_for(kind.subject_template) <= {"_"}
    assert asked_for(kind.body_template) - {"_"} == set(kind.values())


def test_a_template_cannot_see_what_was_not_declared() -> None:
    template = environment().from_string("{{ title }}")
    with pytest.raises(UndefinedError):
        template.render(Registered(LINK).values())


@pytest.mark.parametrize("name", MAIL_KINDS)
def test_a_mail_gives_no_recipient_away(name: str) -> None:
    for words in rendered(name):
        words = words.replace(LINK, "")
        assert gives_away(words) is None
        assert not re.search(
            r"round.?table|group|meeting|event|talk|call|charit|police|support|interpreter|hearth"
            r"|answers|form\b|\bname\b",
            words.lower(),
        )


@pytest.mark.parametrize("name", MAIL_KINDS)
def test_a_subject_is_one_short_fixed_line(name: str) -> None:
    subject, _ = rendered(name)
    assert subject.isprintable() and subject == subject.strip() and 0 < len(subject) <= 40
    assert "http" not in subject


def test_subjects_tell_mails_apart() -> None:
    assert len({rendered(name)[0] for name in MAIL_KINDS}) == len(MAIL_KINDS)


@pytest.mark.parametrize("name", MAIL_KINDS)
def test_a_mail_says_what_its_reader_needs_to_know(name: str) -> None:
    _, body = rendered(name)
    assert "Please do not reply" in body
    assert "If this e-mail is not for you, you can ignore it." in body
    has_link = "link" in values_for(name)
    assert body.count(LINK) == has_link
    assert ("page" in body) is has_link
    assert ("only for you" in body) is has_link


@pytest.mark.parametrize("name", MAIL_KINDS)
def test_a_mail_is_plain_text_with_short_lines(name: str) -> None:
    _, body = rendered(name)
    assert all(len(line) <= 78 for line in body.splitlines())  # RFC 5322 2.1.1
    assert not re.search(r"<|>|&|\n\n\n|\{|\}", body) and body == body.strip()
    assert body.split("\n\n")[-1].startswith("Please do not reply")
    if LINK in body:
        assert f"\n\n{LINK}\n\n" in body


@pytest.mark.parametrize("name", MAIL_KINDS)
def test_a_mail_can_be_read_at_the_age_of_nine(name: str) -> None:
    subject, body = rendered(name)
    words = [subject, body.replace(LINK, "")]
    assert grade(words) <= 4
    assert long_sentences(words) == []


# Just before it is sent


def test_every_kind_has_its_rule() -> None:
    for kind in MAIL_KINDS.values():
        assert not kind.__abstractmethods__


def test_one_mail_ends_the_story_and_four_say_how_it_stands() -> None:
    registrants = [kind for kind in MAIL_KINDS.values() if issubclass(kind, RegistrantMail)]
    assert [kind.name for kind in registrants if kind.is_last] == ["cancelled"]
    assert {kind.name for kind in registrants if kind.says_how_it_stands} == {
        "confirm_address",
        "registered",
        "waiting",
        "moved_up",
    }
    assert [kind.name for kind in MAIL_KINDS.values() if kind.needs_sure_clock] == ["reminder"]


def wanted(name: str, **facts: Any) -> bool:
    values: dict[str, Any] = {
        "now": DAY_BEFORE,
        "registration": "confirmed",
        "event": "open",
        "starts_at": START,
    }
    return MAIL_KINDS[name].is_still_wanted(Facts(**(values | facts)))


def test_a_confirmation_goes_only_while_its_consent_stands() -> None:
    asked = frozenset([CONFIRMATION_CONSENT])
    assert Confirmation().is_still_wanted(Facts(DAY_BEFORE, consents=asked))
    assert not Confirmation().is_still_wanted(Facts(DAY_BEFORE))
    assert not Confirmation().is_still_wanted(Facts(DAY_BEFORE, consents=frozenset(["quote"])))


WANTED_IN: dict[str, tuple[RegistrationState, ...]] = {
    "confirm_address": ("requested",),
    "registered": ("confirmed",),
    "waiting": ("waiting",),
    "moved_up": ("confirmed",),
    "cancelled": ("cancelled",),
    "reminder": ("confirmed",),
    "event_changed": ("confirmed", "waiting"),
    "news": ("confirmed", "waiting"),
}


def test_every_mail_to_a_registrant_has_its_states() -> None:
    registrants = [kind for kind in MAIL_KINDS.values() if issubclass(kind, RegistrantMail)]
    assert set(WANTED_IN) == {kind.name for kind in registrants}


@pytest.mark.parametrize(("name", "state"), list(product(WANTED_IN, (*RegistrationState, None))))
def test_a_mail_goes_only_while_it_is_true(name: str, state: RegistrationState | None) -> None:
    assert wanted(name, registration=state) is (state in WANTED_IN[name])


@pytest.mark.parametrize("name", WANTED_IN)
def test_no_mail_goes_once_it_has_begun(name: str) -> None:
    state = WANTED_IN[name][0]
    assert wanted(name, registration=state)
    assert not wanted(name, registration=state, now=START)
    assert not wanted(name, registration=state, starts_at=None)


@pytest.mark.parametrize("name", sorted(set(WANTED_IN) - {"cancelled", "confirm_address"}))
def test_no_registrant_is_told_to_come_to_what_was_cancelled(name: str) -> None:
    state = WANTED_IN[name][0]
    assert wanted(name, registration=state, event="closed")
    assert not wanted(name, registration=state, event="cancelled")
    assert wanted("cancelled", registration="cancelled", event="cancelled")


def test_no_one_is_asked_to_confirm_what_is_called_off() -> None:
    assert wanted("confirm_address", registration="requested")
    # What was asked for while registration was open can be confirmed after it closed
    assert wanted("confirm_address", registration="requested", event="closed")
    assert not wanted("confirm_address", registration="requested", event="cancelled")


@pytest.mark.parametrize("name", sorted(set(WANTED_IN) - {"confirm_address"}))
def test_to_an_unconfirmed_address_goes_the_question_and_nothing_else(name: str) -> None:
    for state in WANTED_IN[name]:
        assert wanted(name, registration=state)
        assert not wanted(name, registration=state, is_unconfirmed=True)
    for state in ("confirmed", "waiting", "requested"):
        assert wanted("confirm_address", registration=state, is_unconfirmed=True)
    assert not wanted("confirm_address", registration="confirmed", is_unconfirmed=True, now=START)


@pytest.mark.parametrize(
    ("now", "is_tomorrow"),
    [
        (EARLIER, False),
        (datetime(2027, 7, 18, 22, 59, tzinfo=UTC), False),  # a minute to midnight in London
        (datetime(2027, 7, 18, 23, 0, tzinfo=UTC), True),
        (datetime(2027, 7, 19, 22, 59, tzinfo=UTC), True),
        (datetime(2027, 7, 19, 23, 0, tzinfo=UTC), False),
    ],
)
def test_tomorrow_means_tomorrow(now: datetime, is_tomorrow: bool) -> None:
    assert wanted("reminder", now=now) is is_tomorrow


def test_tomorrow_is_right_over_the_change_of_the_clocks() -> None:
    # The day has 25 hours: a reminder sent in its first one is still about tomorrow.
    start = datetime(2026, 10, 26, 14, 0, tzinfo=UTC)
    assert wanted("reminder", starts_at=start, now=datetime(2026, 10, 24, 23, 0, tzinfo=UTC))
    assert wanted("reminder", starts_at=start, now=datetime(2026, 10, 25, 23, 59, tzinfo=UTC))
    assert not wanted("reminder", starts_at=start, now=datetime(2026, 10, 26, 0, 0, tzinfo=UTC))


def test_rules_ask_the_kind_or_its_class() -> None:
    facts = Facts(DAY_BEFORE, "waiting", "open", START)
    kind: type[MailKind] = MAIL_KINDS["waiting"]
    made = kind(**values_for("waiting"))
    assert kind.is_still_wanted(facts) is made.is_still_wanted(facts)
