"""What the tests of attacks share."""

from tests.factories import DEMO_CALL, TO_CALL
from tests.integration.desk.worker import PASSWORD
from webapp.services import calls, contacts
from webapp.services.coordinators import Holder

OURS = "https://take-part.example.org"


def export(holder: Holder, code: str) -> contacts.ContactFile:
    return contacts.export_consented(
        holder,
        calls.find_call(DEMO_CALL),
        purpose="contact_me",
        reason=TO_CALL,
        code=code,
        file_format="csv",
        password=PASSWORD,
    )
