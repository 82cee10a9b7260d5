"""Which consents stand, and which mean something."""

from collections.abc import Iterable

from webapp.rules.contact import safe_contact
from webapp.rules.form_definition import Answers, ConsentWording
from webapp.rules.mail_kinds import CONFIRMATION_CONSENT


def standing(history: Iterable[tuple[str, int, bool]]) -> frozenset[str]:
    """The purposes that a person agrees to now.

    `history` holds (purpose, number, granted) in any order; per purpose the highest number
    stands. Should two entries claim one number, the withdrawal wins: doubt never means yes.
    """
    latest: dict[str, tuple[int, bool]] = {}
    for purpose, number, granted in history:
        entry = (number, not granted)
        latest[purpose] = max(latest.get(purpose, entry), entry)
    return frozenset(purpose for purpose, (_, withdrawn) in latest.items() if not withdrawn)


def meaningful(consents: Iterable[ConsentWording], answers: Answers) -> list[ConsentWording]:
    """Those of a form's consents that can mean something to whoever gave these answers.

    Without a safe way to reach somebody, none about reaching them; and a confirmation goes by e-mail alone.
    """
    contact = safe_contact(answers)
    by_email = contact is not None and contact.email is not None
    return [
        wording
        for wording in consents
        if (
            by_email
            if wording.purpose == CONFIRMATION_CONSENT
            else contact is not None or not wording.uses_contact
        )
    ]
