"""Door 2: the desk, for coordinators. Deny by default: without signing in, no address but the sign-in page answers.

Importing a view registers its routes. `import` without `from`: a name here would hide the package of the same name.
"""

import webapp.desk.calls.call
import webapp.desk.calls.call_list
import webapp.desk.calls.set_aside
import webapp.desk.calls.submission
import webapp.desk.coalition.invitations
import webapp.desk.coalition.joining
import webapp.desk.coalition.joint_controllers
import webapp.desk.coalition.keys
import webapp.desk.coalition.organisation
import webapp.desk.coalition.organisation_merging
import webapp.desk.coalition.organisations
import webapp.desk.coalition.people
import webapp.desk.coalition.person
import webapp.desk.coalition.person_less
import webapp.desk.coalition.person_move
import webapp.desk.coalition.person_reset
import webapp.desk.coalition.resealing
import webapp.desk.contacts.contacts
import webapp.desk.contacts.exported_list
import webapp.desk.contacts.member_sharing
import webapp.desk.contacts.shared_with_us
import webapp.desk.events.attendance
import webapp.desk.events.event
import webapp.desk.events.event_changes
import webapp.desk.events.event_list
import webapp.desk.events.event_messages
import webapp.desk.events.names_and_needs
import webapp.desk.events.registrant_address
import webapp.desk.events.registration
import webapp.desk.events.registration_changes
import webapp.desk.home.bare_host
import webapp.desk.home.today
import webapp.desk.languages.language
import webapp.desk.languages.language_offer
import webapp.desk.languages.languages
import webapp.desk.on_behalf.autosave
import webapp.desk.on_behalf.check_answers
import webapp.desk.on_behalf.drafts
import webapp.desk.on_behalf.heard
import webapp.desk.on_behalf.question_page
import webapp.desk.on_behalf.receipt
import webapp.desk.on_behalf.stop
import webapp.desk.people.authenticator
import webapp.desk.people.late_words
import webapp.desk.people.me
import webapp.desk.people.own_sessions
import webapp.desk.people.passkeys
import webapp.desk.people.passphrase
import webapp.desk.people.sign_in
import webapp.desk.people.stay
import webapp.desk.phone_requests.caller
import webapp.desk.phone_requests.caller_acts
import webapp.desk.phone_requests.caller_search
import webapp.desk.phone_requests.contact_correction
import webapp.desk.phone_requests.receipt_reissue
import webapp.desk.record.record
import webapp.desk.record.record_check
import webapp.desk.retention.deleting
import webapp.desk.shared.role_guard
import webapp.desk.shared.step_up
import webapp.desk.sharing.qr_pictures
import webapp.desk.sharing.share_links
from webapp.desk.shared.blueprint import blueprint
