"""Each table is authenticated row by row, or says why that would add nothing (deny by default)."""

from types import MappingProxyType

import pytest

from webapp import models
from webapp.extensions import db
from webapp.models.authenticated import MAC_COLUMN, Authenticated

#: What an attacker with the databases, and no key of the configuration, could do with a row of each other table.
REASONS = MappingProxyType(
    {
        "AuditEntry": "The chain's MACs, and the head's, authenticate every entry and their order.",
        "AuditHead": "Is the chain's end: a MAC that no entry of the attacker's leads to.",
        "CrossedOut": "Can be put in to hide that a list needs a line crossed out; deleting that line hides it, too.",
        "DailySalt": "Names buckets of rate limits, together with a key of the doors.",
        "DeskVisit": "Is sealed under a key of the desk's configuration, with its id, version, end and coordinator.",
        "EndedDeskVisit": "Only refuses. One that is put in signs a coordinator out.",
        "EntryDraft": "Is sealed under the coordinator's own key, with its id and version; its due day can be moved.",
        "ErasureSecret": "Is random: another one opens nothing, and none is believed for what it says.",
        "EventCount": "Counts registrations that were erased, without a person.",
        "Export": "Its entry in the record says what was exported, by whom, when and why.",
        "ExportedSubmission": "Says which consent a line rested on. Taking a line out hides as much as changing it.",
        "FailedSignIns": "Counts tries by day, for a warning; a lower count hides as much as a deleted one.",
        "LanguageOffer": "Has a MAC of its own, over all that it says.",
        "ListFinding": "Says which lines the worker found. One that is taken out is found again by the next round.",
        "NewsWish": "Is sealed to the mailer, whose public key is in no database: no address can be put in.",
        "PublicVisit": "Is sealed under a key of the public door's configuration, with its id, version and end.",
        "PurposeKey": "Has a MAC of its own, over what it says and its holders.",
        "PurposeKeyHolder": "Is under the MAC of its purpose key.",
        "PurposeKeySeal": "Opens only to the private half of a public key that has a MAC.",
        "RateBucket": "Counts requests; its name is a MAC under a key of the doors.",
        "RecordCheck": "Has a MAC of its own, over all that it says.",
        "RecoveryKey": "Has a MAC of its own, over all that it says.",
        "ReturnDraft": "Is sealed under a key that its code alone derives. Only its due day can be moved.",
        "SessionKeyring": "Is sealed under a key of its session, with its id and coordinator. Its end only deletes it.",
        "Slot": "What it opens to is compared with the coordinator's public key, which has a MAC.",
        "TextNote": "Has a MAC of its own, over all that it says.",
        "TextReview": "Has a MAC of its own, over all that it says.",
        "WaitingPart": "The part that is sealed in it carries its own MAC; its day can be moved, as it can be deleted.",
        "WorkerClock": "Has a MAC of its own, over all that it says.",
    }
)
ALL = {mapper.class_.__name__: mapper.class_ for mapper in db.Model.registry.mappers}


def test_every_model_is_authenticated_or_says_why_not() -> None:
    authenticated = {name for name, model in ALL.items() if issubclass(model, Authenticated)}
    assert authenticated | set(REASONS) == set(ALL) == set(models.__all__)
    assert not authenticated & set(REASONS)


@pytest.mark.parametrize("name", sorted(set(ALL) - set(REASONS)))
def test_no_column_is_left_out(name: str) -> None:
    columns = {column.name for column in ALL[name].__table__.columns}
    assert set(ALL[name].authenticated_columns()) == columns - {MAC_COLUMN}
    assert not ALL[name].__table__.columns[MAC_COLUMN].nullable
