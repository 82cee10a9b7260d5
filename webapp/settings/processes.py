"""Least privilege between processes: which secrets each one is given, and which it must not hold."""

DOORS = ("public", "desk")
PROCESSES = (*DOORS, "worker")
#: The configuration file of each process, which `init` writes.
FILES = {"public": "public.env", "desk": "desk.env", "worker": "worker.env"}
#: The secrets (32 bytes, in hex) that each process needs. The public process must not hold the desk's.
SECRETS_OF = {
    "public": {
        *("FORM_KEY", "RECEIPT_SALT", "KEY_MAC_KEY", "SERVICE_KEY", "MAILER_PUBLIC_KEY"),
        *("ROW_KEY", "PUBLIC_VISIT_KEY"),
    },
    # The desk makes receipts, too, for participants who answered by phone or on paper. And it seals to the worker the
    # address that a registrant tells it.
    "desk": {
        *("FORM_KEY", "RECEIPT_SALT", "KEY_MAC_KEY", "SERVICE_KEY", "MAILER_PUBLIC_KEY"),
        *("ROW_KEY", "PEPPER", "AUDIT_KEY", "DESK_VISIT_KEY"),
    },
    "worker": {"ROW_KEY", "AUDIT_KEY", "MAILER_KEY"},
}
#: The secrets that no process may hold without needing them.
APART = {"PEPPER", "AUDIT_KEY", "MAILER_KEY", "DESK_VISIT_KEY"}
SECRET_BYTES = 32
PUBLIC_KEY_BYTES = 1216


def secrets_of(processes: tuple[str, ...]) -> set[str]:
    """The names of all secrets that these processes need together."""
    return set().union(*(SECRETS_OF[process] for process in processes))
