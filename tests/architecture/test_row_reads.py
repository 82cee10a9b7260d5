"""What is read and written of authenticated rows past their MAC: each place is listed, with its reason.

A MAC covers a whole row, and is checked when the ORM loads one. A statement that reads single columns, or that writes
past the ORM, goes around it. So a new one must be added here, with the reason why a false value in it does no harm.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from webapp.models.authenticated import Authenticated

PACKAGE = Path(__file__).parents[2] / "webapp"
MODELS = {table.__name__ for table in Authenticated.__subclasses__()}
#: Names under which modules import a model, or take one as an argument.
ALIASES = {"CallRow": "Call", "EventRow": "Event"}
ANY_TABLE = {"table", "kind"}

IDS = "ids, which are read whole or locked next: a false id finds nothing"
EXISTS = "whether a row is there: one can be deleted as well"
COUNT = "a count for a page; what is used is read whole"
TAKEN = "a false row's seat is taken: the index is unique; a seat is given to rows that are checked"
FILTER = "SQL chooses what is read; each row is checked when it is"

#: Statements that read single columns, by module and function.
READS: Mapping[str, str] = {
    # Answers
    "services.answers.consents._has_contact: Part.id": EXISTS,
    "services.answers.consents.change: Submission.id": IDS,
    "services.answers.consents.who_agree: Consent.submission_id": COUNT,
    "services.answers.consents.who_agree: Submission.id": COUNT,
    "services.answers.desk_submissions._rows: Part.submission_id": EXISTS,
    "services.answers.desk_submissions.count_by_call: Call.id": COUNT,
    "services.answers.erasing._erase: OwnCopy.id": "which version is there: erased in any case",
    "services.answers.erasing.is_there: Submission.id": EXISTS,
    "services.answers.erasing.remove_empty_submissions: OwnCopy.id": EXISTS,
    "services.answers.erasing.remove_empty_submissions: Part.id": EXISTS,
    "services.answers.own_copies.<module>: OwnCopy.submission_id": "idempotency: who makes the post has the code",
    "services.answers.setting_aside._still_aside: Submission.call_id, Submission.set_aside_id": COUNT,
    "services.answers.submission_filters._newest_by_group: Submission.language, Submission.typed_by": COUNT,
    "services.answers.submission_filters.matching: Submission.id": IDS,
    "services.answers.shared_with._uncovered: SharedContact.id, SharedContact.submission_id": FILTER,
    "services.answers.shared_with.end_uncovered_in_turn: SharedContact.id": IDS,
    "services.answers.submission_locks.lock_submissions: Submission.id": IDS,
    "services.opening.answer_selection.choose: Submission.id": FILTER,
    "services.opening.answer_selection.how_many: Submission.id": COUNT,
    "services.opening.export_selection._ids: Submission.id": IDS,
    "services.opening.export_selection.locked: Part.row_mac, Part.submission_id": (
        "compared with the MACs of the rows that were read whole and checked: a false one is read again"
    ),
    "services.opening.export_selection.locked: Submission.id, Submission.row_mac": (
        "compared with the MACs of the rows that were read whole and checked: a false one is read again"
    ),
    "services.opening.resealed_rows._lock_registrations: Event.id": IDS,
    "services.opening.resealed_rows._lock_registrations: Registration.id": IDS,
    "services.opening.resealed_rows._lock_registrations: RegistrationPart.registration_id": IDS,
    "services.opening.resealed_rows._locked: Part.submission_id": IDS,
    "services.opening.resealing._older_ids: table.id": IDS,
    "services.opening.sharing._held: Part.secret_id, Part.submission_id": (
        "whether a part that was checked and opened is still the newest; reading what is shared checks it again"
    ),
    "services.opening.sharing_offers._calls_sealed_to: Submission.call_id": COUNT,
    "services.opening.sharing_offers._how_many: SharedContact.submission_id": COUNT,
    "services.opening.sharing_offers.agreed: Submission.id": FILTER,
    "services.opening.exported_lists._found_by_check: Part.submission_id": FILTER,
    "services.opening.exported_lists._left_out: Submission.id": FILTER,
    "services.opening.line_changes._newest_part: Part.id": FILTER,
    "services.opening.lines_in_question._changed: Consent.submission_id": FILTER,
    "services.opening.lines_in_question._changed: Submission.id": FILTER,
    "services.opening.lines_in_question._changed: Tombstone.id": FILTER,
    "services.opening.lines_in_question._may_have_changed: Consent.submission_id": FILTER,
    "services.opening.lines_in_question._may_have_changed: Submission.id": FILTER,
    "services.phone_requests.caller_acts.find: Part.purpose": EXISTS,
    "services.phone_requests.caller_search._leave_looks: Submission.call_id, Submission.id": (
        "of locked rows: the call decides which role a look names"
    ),
    "services.forms.publishing.check_address: table.id": EXISTS,
    # Retention
    "services.backup.packing._last_due_day: kind.due_on": "a day to be told; deleting goes by the rows",
    "services.retention.expiry._erase_registrations: Registration.event_id": IDS,
    "services.retention.expiry._erase_these: table.submission_id": IDS,
    "services.retention.expiry.due_soon: Part.call_id, Part.due_on, Part.purpose": COUNT,
    "services.retention.expiry.due_soon: Submission.id": FILTER,
    "services.retention.expiry.registrations_due_soon: Registration.due_on, Registration.event_id": COUNT,
    "services.retention.expiry._erase_drafts: table.id": IDS,
    "services.retention.expiry._forget_addresses: Registration.id": IDS,
    "services.retention.expiry.erase_due: Part.id": IDS,
    "services.retention.expiry.erase_due: Registration.id": IDS,
    "services.retention.expiry.erase_due: table.submission_id": IDS,
    "services.retention.false_rows._other_call: Part.call_id": FILTER,
    "services.retention.false_rows.kept_too_long: Call.id": FILTER,
    "services.retention.false_rows.kept_too_long: OwnCopy.id, OwnCopy.purpose, Submission.call_id": FILTER,
    "services.retention.false_rows.kept_too_long: Part.call_id, Part.id, Part.purpose, Submission.call_id": FILTER,
    "services.retention.restored_rows._batches: kind.id, kind.secret_id": "a row without a secret opens nothing",
    "services.retention.restored_rows._lock_owners: kind.submission_id": IDS,
    "services.retention.restored_rows._remove_registrations: RegistrationPart.registration_id": IDS,
    # Events
    "services.desk_home.new_things.any_between: Call.id": FILTER,
    "services.desk_home.concerns._want_a_yes: Registration.event_id": COUNT,
    "services.desk_home.concerns._mails_that_came_back: Registration.event_id": COUNT,
    "services.events.desk_registrations.needs_not_arranged: Registration.event_id": COUNT,
    "services.events.duplicate_addresses.forget_over: Event.id": IDS,
    "services.events.event_messages._drop_mails: Registration.id": "mails of a false row are not sent either",
    "services.events.event_messages.send: EventMessage.n": "the next number in the order; a false one makes a gap",
    "services.events.own_registrations.find_ticket: Registration.id": EXISTS,
    "services.events.own_registrations.id_of: Registration.id": IDS,
    "services.events.occupancy.<module>: Registration.event_id, Registration.state": COUNT,
    "services.events.occupancy.<module>: Registration.seat": TAKEN,
    "services.events.occupancy._first_gap: Registration.seat": TAKEN,
    "services.events.registrations.<module>: Registration.id": "whether it is there; then it is read whole",
    "services.events.registrations.kept_until: Registration.due_on": "a day for a page; erasing goes by the row",
    "services.events.waiting_list._event_of: Registration.event_id": IDS,
    # Keys, the record, the worker
    "services.infrastructure.audit.link_notes: AuditNote.id": EXISTS,
    "services.infrastructure.audit_reading._belongs_to: Registration.id": EXISTS,
    "services.infrastructure.audit_reading._belongs_to: Submission.id": EXISTS,
    "services.infrastructure.audit_reading.still_here: table.id": EXISTS,
    "services.infrastructure.deletions_due.amounts: Event.id": COUNT,
    "services.infrastructure.look_check.<module>: Look.id, Look.kind, Look.submission_id": (
        "ids, to be compared with the record; the daily check reads the rows whole as well"
    ),
    "services.infrastructure.look_check._crossed_out: Submission.id": EXISTS,
    "services.infrastructure.look_check._entries: Submission.id": EXISTS,
    "services.infrastructure.look_check._in_no_file: Look.id, Look.looked_on, Look.submission_id, Submission.call_id": (
        "ids, to be compared with the record; the daily check reads the rows whole as well"
    ),
    "services.infrastructure.look_check._lines: Submission.id": EXISTS,
    "services.opening.looks._add_new: Look.id": EXISTS,
    "services.opening.looks.left_by: Look.id": "who was told by the first press: ids are derived under the key of rows",
    "services.infrastructure.page_rewriting._move: table.columns": "rows as they were, their MACs among the columns",
    "services.infrastructure.row_verification._consents_that_do_not_add_up: Consent.submission_id": COUNT,
    "services.infrastructure.row_verification._consents_that_do_not_add_up: Submission.id": COUNT,
    "services.keys.key_rotations._renewed: Call.id": "which word the record has for it",
    "services.keys.key_rotations._renewed: Organisation.id": "which word the record has for it",
    "services.sealed.older_stores._has_erased_row: kind.id": "whether one is there: a false one says so as well",
    "services.sealed.tombstones.<module>: Tombstone.id": "whether it is there; then it is read whole",
    "services.sealed.ended_shares.forget: Share.id": "all of an erased person's go, false ones too",
    "services.keys.key_holders.sweep_seals: Coordinator.id": IDS,
    "services.keys.role_changes._loss: Coordinator.id": "the holders of a key are under its MAC",
    "services.keys.bootstrap.is_founded: Coordinator.id": EXISTS,
    "services.keys.joining.is_taken: Coordinator.id": EXISTS,
    "services.keys.organisation_keys._was_shared_with: SharedContact.id": EXISTS,
    "services.infrastructure.outbox.backlog: OutboxMessage.attempts, OutboxMessage.made_on, OutboxMessage.not_before": (
        COUNT
    ),
    "services.worker.mail_claims._due: OutboxMessage.id": "beside the whole row, by which a false one is taken out",
    "services.worker.equality_batches._written_or_erased: Part.id": EXISTS,
    "services.worker.mail_claims._still_mine: Registration.id": IDS,
}
#: Statements that write past the ORM.
WRITES: Mapping[str, str] = {
    "services.infrastructure.new_rows._into: insert table": "new rows, each signed before it is written",
    "services.infrastructure.page_rewriting._move: insert table": "rows as they were, their MACs among the columns",
    "services.infrastructure.visit_rows.<module>: update table": "rows of sessions, which are sealed",
    "services.worker.mail_claims._take_out: update OutboxMessage": "false rows, which stay false and are never sent",
    "services.sealed.tombstones.mark_done: update table": "signs each row, where it is still as it was when checked",
    "services.retention.expiry._bring_near: update table": "drafts, which are sealed under keys of their owners",
}


def test_each_read_past_the_mac_is_listed() -> None:
    found = {place for path in sources() for place in reads_in(path)}
    assert found == set(READS)
    assert all(READS.values())


def test_each_write_past_the_orm_is_listed() -> None:
    found = {place for path in sources() for place in writes_in(path)}
    assert found == set(WRITES)
    assert all(WRITES.values())


def test_the_test_sees_both_kinds(tmp_path: Path) -> None:
    """A new statement is found, whatever its shape."""
    module = tmp_path / "new.py"
    module.write_text(
        "def one(main):\n"
        "    return main.scalars(select(Part.due_on).where(Part.id == 1))\n"
        "def two(main):\n"
        "    return main.scalar(select(func.max(EventRow.ends_at)))\n"
        "def three(main):\n"
        "    return main.scalars(select(Part).where(Part.purpose == 'contact'))\n"
        "def four(main):\n"
        "    main.execute(update(Consent).values(granted=True))\n"
    )
    assert set(reads_in(module)) == {"new.one: Part.due_on", "new.two: Event.ends_at"}
    assert set(writes_in(module)) == {"new.four: update Consent"}


def sources() -> Iterator[Path]:
    yield from sorted(PACKAGE.rglob("*.py"))


def reads_in(path: Path) -> Iterator[str]:
    aliases = ALIASES | aliased_in(path)
    for where, call in calls_in(path, {"select", "with_only_columns"}):
        columns = sorted({column for arg in call.args for column in columns_in(arg, aliases)})
        if columns:
            yield f"{where}: {', '.join(columns)}"


def writes_in(path: Path) -> Iterator[str]:
    for where, call in calls_in(path, {"insert", "update", "delete"}):
        if call.args and isinstance(call.args[0], ast.Name):
            name = ALIASES.get(call.args[0].id, call.args[0].id)
            verb = name_of(call.func)
            if name in MODELS | ANY_TABLE and verb != "delete":
                yield f"{where}: {verb} {name}"


def calls_in(path: Path, names: set[str]) -> Iterator[tuple[str, ast.Call]]:
    """Each call of one of these functions, with its module and the function that it is in."""
    module = path.stem
    if path.is_relative_to(PACKAGE):
        module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    for statement in ast.parse(path.read_text()).body:
        where = [statement]
        if isinstance(statement, ast.ClassDef):
            where = list(statement.body)
        for part in where:
            name = getattr(part, "name", "") or "<module>"
            for node in ast.walk(part):
                if isinstance(node, ast.Call) and name_of(node.func) in names:
                    yield f"{module}.{name}", node


def name_of(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def columns_in(expression: ast.expr, aliases: Mapping[str, str]) -> Iterator[str]:
    """The columns of authenticated tables that an expression names."""
    for node in ast.walk(expression):
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
            continue
        table = aliases.get(node.value.id, node.value.id)
        if table in MODELS | ANY_TABLE and node.attr != "label":
            yield f"{table}.{node.attr}"


def aliased_in(path: Path) -> dict[str, str]:
    """Names that a module gives to `aliased(Model)` or to a column of any table, with what they stand for."""
    found = {}
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Assign):
            continue
        targets, values = node.targets[0], node.value
        names = targets.elts if isinstance(targets, ast.Tuple) else [targets]
        given = values.elts if isinstance(values, ast.Tuple) else [values]
        for name, value in zip(names, given, strict=False):
            if not isinstance(name, ast.Name) or not isinstance(value, ast.Call):
                continue
            if name_of(value.func) == "aliased" and isinstance(value.args[0], ast.Name):
                found[name.id] = value.args[0].id
    return found
