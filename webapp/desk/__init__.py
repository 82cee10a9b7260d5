"""Door 2: the desk, for coordinators. Signing in aside, nothing here answers anybody who is not signed in."""

from webapp.desk.calls import sharing, submission, submission_list
from webapp.desk.contacts import exports
from webapp.desk.events import (
    attendance_lists,
    event,
    event_messages,
    registrant_address,
    registration,
)
from webapp.desk.home import bare_host, indexes, today
from webapp.desk.languages import language_offer, languages
from webapp.desk.on_behalf import drafts, question_pages, review
from webapp.desk.people import me, sign_in
from webapp.desk.phone_requests import caller_acts, caller_resealing, caller_search
from webapp.desk.record import deleting, record
from webapp.desk.shared.blueprint import blueprint
