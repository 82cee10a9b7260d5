"""A stranger with `ls` and `grep` finds the right file first: twenty-five questions in the field's terms.

What is looked through is what `grep -r TERM` prints for `webapp/`, or a folder of it, and `.importlinter`. A file whose
name has the term comes first, then the others by how early their first sentence says it.
"""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = "webapp/services"
#: A question, the term to search for, where to search, and the file that answers it.
QUESTIONS = (
    ("where is the honeypot?", "honeypot", "webapp", "webapp/public/shared/bot_check.py"),
    ("where is a mail retried?", "retry", "webapp", "webapp/services/worker/delivery.py"),
    ("who may claim a mail?", "leases", "webapp", "webapp/services/worker/mail_claims.py"),
    ("what forbids the public door to open a seal?", "type = forbidden", "", ".importlinter"),
    ("where is the content security policy?", "CSP", "webapp", "webapp/web/headers.py"),
    ("what is against clickjacking?", "clickjacking", "webapp", "webapp/web/headers.py"),
    ("where is a CSRF token checked?", "csrf", "webapp", "webapp/web/csrf.py"),
    ("where is the hash chain?", "hash chain", SERVICES, f"{SERVICES}/infrastructure/audit.py"),
    ("what can be audited?", "audit events", "webapp", "webapp/rules/audit_events.py"),
    ("where do tombstones go?", "tombstone", "webapp", f"{SERVICES}/sealed/tombstones.py"),
    ("where are secrets shredded?", "shredding", "webapp", f"{SERVICES}/sealed/shredding.py"),
    ("who is next in line?", "waiting list", "webapp", f"{SERVICES}/events/waiting_list.py"),
    ("what prevents deadlocks?", "lock order", "webapp", f"{SERVICES}/answers/submission_locks.py"),
    ("a fixed session?", "session fixation", "webapp", "webapp/public/drafts/shared_device.py"),
    ("which keys may a session hold?", "session keys", "webapp", "webapp/sessions/keys.py"),
    ("where is a passphrase stretched?", "Argon2id", "webapp", "webapp/vault/stretching.py"),
    ("where is a passphrase's slot?", "key slot", "webapp", f"{SERVICES}/keys/key_slots.py"),
    ("where are domains separated?", "domain separation", "webapp", "webapp/vault/labels.py"),
    (
        "where are requests limited?",
        "token bucket",
        "webapp",
        f"{SERVICES}/infrastructure/limits.py",
    ),
    ("where is the quick exit?", "quick exit", "webapp", "webapp/public/quick_exit.py"),
    (
        "how are long lists paged?",
        "keyset",
        SERVICES,
        f"{SERVICES}/infrastructure/audit_reading.py",
    ),
    ("what may a role do?", "grants", "webapp", f"{SERVICES}/infrastructure/database_grants.py"),
    ("where is input autosaved?", "autosave", "webapp/public", "webapp/public/forms/autosave.py"),
    ("what if two edit?", "edit conflict", "webapp", f"{SERVICES}/infrastructure/edit_conflict.py"),
    (
        "how does a question kind look?",
        "class Scale",
        "webapp",
        "webapp/rules/forms/kinds/scale.py",
    ),
)


@cache
def sources() -> dict[str, tuple[str, str]]:
    """Each file with its whole text, and with the first sentences of its docstring."""
    found = {".importlinter": ((ROOT / ".importlinter").read_text(), "")}
    for path in ROOT.glob("webapp/**/*.py"):
        text = path.read_text()
        head = (ast.get_docstring(ast.parse(text)) or "").partition("\n\n")[0]
        found[str(path.relative_to(ROOT))] = (text, " ".join(head.split()))
    return found


def order(term: str, path: str) -> tuple[int, int, str]:
    """In which order a reader opens the files that `grep` names: a name first, then what a docstring begins with."""
    name, slug = Path(path).stem, term.lower().replace(" ", "_")
    if slug in name:
        return (0, len(name), path)
    at = sources()[path][1].lower().find(term.lower())
    return (2, 0, path) if at < 0 else (1, at, path)


def found_first(term: str, folder: str) -> str:
    """The file that a reader opens first, who searches for this term in this folder."""
    inside = {path: text for path, (text, _) in sources().items() if path.startswith(folder)}
    hits = [
        path for path in inside if order(term, path)[0] == 0 or term.lower() in inside[path].lower()
    ]
    return min(hits, key=lambda path: order(term, path))


@pytest.mark.parametrize(
    ("question", "term", "folder", "path"), QUESTIONS, ids=[one[0] for one in QUESTIONS]
)
def test_a_stranger_finds_it_first(question: str, term: str, folder: str, path: str) -> None:
    assert found_first(term, folder) == path
