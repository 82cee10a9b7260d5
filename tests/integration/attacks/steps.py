"""What the tests of attacks share."""

from tests.factories import DEMO_CALL, TO_CALL
from tests.integration.desk.worker import PASSWORD
from webapp.services.calls import published_calls
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import contact_exports

OURS = "https://take-part.example.org"


def export(holder: Holder) -> contact_exports.ContactFile:
    return contact_exports.export_consented(
        holder,
        published_calls.find_call(DEMO_CALL),
        purpose="contact_me",
        reason=TO_CALL,
        file_format="csv",
        password=PASSWORD,
    )
