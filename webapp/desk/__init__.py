"""Door 2: the desk, for coordinators. Signing in aside, nothing here answers anybody who is not signed in."""

from webapp.desk.calls import call, call_list, submission
from webapp.desk.contacts import contacts
from webapp.desk.events import (
    event,
    event_messages,
    names_and_needs,
    registrant_address,
    registration,
)
from webapp.desk.home import bare_host, today
from webapp.desk.languages import language_offer, languages
from webapp.desk.on_behalf import check_answers, drafts, question_page
from webapp.desk.people import me, sign_in
from webapp.desk.phone_requests import caller_acts, caller_search, contact_correction
from webapp.desk.record import record
from webapp.desk.retention import deleting
from webapp.desk.shared.blueprint import blueprint
from webapp.desk.sharing import share_links
