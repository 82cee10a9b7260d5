"""Publishing a call: its form frozen as a version, its consent wordings stored, its purpose keys made."""

import re
from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import select

from webapp.models import Call, ConsentStatement, FormVersion
from webapp.rules import clock
from webapp.rules.form_definition import FormDefinition
from webapp.rules.publishing import Override, Problem, gives_away, publish_problems
from webapp.services import audit, purpose_key_making, stores

ADDRESS = re.compile("[a-z0-9][a-z0-9-]{0,59}")


class AddressRefused(ValueError):
    """The address is no neutral word in small letters, digits and hyphens, or another call has it."""


class NotPublishable(Exception):
    """The form breaks a rule about what may be asked; `problems` says which."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(", ".join(f"{problem.key} {problem.params}" for problem in problems))
        self.problems = problems


def publish_call(
    form: FormDefinition,
    *,
    slug: str,
    closes_on: date,
    actor: str | UUID,
    overrides: tuple[Override, ...] = (),
) -> UUID:
    """Open a new call. Returns its id. Every override is audited with its reason.

    Raises `NotPublishable`, `AddressRefused`.
    """
    _check_address(slug)
    problems = publish_problems(form, overrides)
    if problems:
        raise NotPublishable(tuple(problems))
    call_id = uuid4()
    keys = purpose_key_making.make_for(call_id, tuple(form.parts))
    with stores.writing() as main:
        main.add(Call(id=call_id, slug=slug, state="open", closes_on=closes_on, form_version=1))
        main.flush()
        main.add(
            FormVersion(
                owner_id=call_id,
                number=1,
                definition=form.model_dump_json(),
                published_on=clock.today(),
            )
        )
        main.add_all(_statements(call_id, form))
        main.add_all(keys)
        for override in overrides:
            audit.enter(
                main,
                actor,
                "publish check overridden",
                call_id,
                f"{override.question}: {override.reason}"[:200],
            )
        audit.enter(main, actor, "call published", call_id)
    return call_id


def _check_address(slug: str) -> None:
    """Addresses show in histories and are typed by hand. Raises `AddressRefused`."""
    if not ADDRESS.fullmatch(slug) or gives_away(slug):
        raise AddressRefused(
            "the address must be a neutral word of small letters, digits and hyphens"
        )
    with stores.reading() as main:
        if main.scalar(select(Call.id).where(Call.slug == slug)) is not None:
            raise AddressRefused("another call has this address")


def _statements(call_id: UUID, form: FormDefinition) -> list[ConsentStatement]:
    return [
        ConsentStatement(
            id=uuid4(),
            owner_id=call_id,
            purpose=consent.purpose,
            version=consent.version,
            language=language,
            wording=wording,
        )
        for consent in form.consents
        for language, wording in consent.text.items()
    ]
