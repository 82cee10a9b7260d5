"""Sealing contact details to a member organisation: what is sealed, and what it is bound to."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from webapp import metrics
from webapp.models import ErasureSecret, Part, Share, SharedContact
from webapp.rules.contact.safe_channels import only_safe
from webapp.rules.languages.spoken_languages import kept_beside
from webapp.rules.roles import SHARED
from webapp.services.keys.key_macs import VerifiedClaim
from webapp.services.sealed import parts
from webapp.vault.contexts import SHARED_CONTACT, Context
from webapp.vault.shared_contacts import BothSecrets, seal_shared


def seal_to_organisation(
    share: Share, part: Part, part_secret: bytes, content: Mapping[str, Any], key: VerifiedClaim
) -> tuple[SharedContact, ErasureSecret]:
    """A new row, and its own erasure secret, which is stored first. Nothing is stored here."""
    secret = parts.new_secret()
    row = SharedContact(
        id=uuid4(),
        share_id=share.id,
        submission_id=share.submission_id,
        organisation_id=share.organisation_id,
        part_id=part.id,
        epoch=key.epoch,
        form_version=part.form_version,
        secret_id=secret.id,
    )
    row.envelope = seal_shared(
        parts.as_bytes(dict(content)),
        public_key=key.public_key,
        secrets=BothSecrets(secret.secret, part_secret),
        context=shared_context(row),
    )
    metrics.count_sealed(SHARED)
    return row, secret


def least_of(answers: Mapping[str, Any]) -> dict[str, Any]:
    """What of a person's contact details is shared: the name to use and the safe ways (data minimisation)."""
    return {**only_safe(answers), **kept_beside(answers)}


def seal_again(
    row: SharedContact, answers: Mapping[str, Any], secrets: BothSecrets, public_key: bytes
) -> bytes:
    """The envelope for the same row under the same key, with another secret of the part. Nothing is stored here."""
    content = parts.as_bytes(least_of(answers))
    return seal_shared(content, public_key=public_key, secrets=secrets, context=shared_context(row))


def shared_context(row: SharedContact) -> Context:
    """What it is bound to: the organisation and this row. The secret of the part binds it to the participant."""
    return Context(
        SHARED_CONTACT,
        owner_id=row.organisation_id,
        row_id=row.id,
        epoch=row.epoch,
        form_version=row.form_version,
    )
