"""Passkeys (WebAuthn) of coordinators, as a second factor beside the six-digit codes."""

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from webapp.canonical_types import CanonicalBytes, CanonicalUuid
from webapp.extensions import Model
from webapp.models.authenticated import Authenticated


class Passkey(Authenticated, Model):
    """A passkey of one coordinator. Its name, id, public key and counter are sealed under the coordinator's own key."""

    __tablename__ = "passkeys"

    id: Mapped[UUID] = mapped_column(CanonicalUuid, primary_key=True)
    coordinator_id: Mapped[UUID] = mapped_column(CanonicalUuid, ForeignKey("coordinators.id"))
    envelope: Mapped[bytes] = mapped_column(CanonicalBytes)
    added_on: Mapped[date]
