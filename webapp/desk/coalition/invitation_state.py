"""Links of new invitations in the owner's session: shown until they are passed on, and stored nowhere else."""

from uuid import UUID

from webapp import sessions

KEY = "invited"


def note(invitation_id: UUID, secret: str) -> None:
    """Keep a link until it is passed on."""
    visit = sessions.current()
    visit[KEY] = {**visit.get(KEY, {}), invitation_id.hex: secret}


def secret_of(invitation_id: UUID) -> str | None:
    """The secret of a link that was not passed on yet."""
    found: str | None = sessions.current().get(KEY, {}).get(invitation_id.hex)
    return found


def forget(invitation_id: UUID) -> None:
    """The link leaves the session. Idempotent."""
    visit = sessions.current()
    kept = visit.get(KEY, {})
    if invitation_id.hex in kept:
        visit[KEY] = {key: secret for key, secret in kept.items() if key != invitation_id.hex}
