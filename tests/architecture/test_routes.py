"""Every address of the service, with who may use it. An address that is not listed here fails the tests."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tests.conftest import MakeApp
from webapp.rules.roles import Act
from webapp.web import guards

ROOT = Path(__file__).parents[2]
CALL = "/<language>/calls/<slug>"
EVENT = "/<language>/events/<slug>"
OWN = "/<language>/r/<ticket>"
CORRECT = "/<language>/choices/correct"
JOIN = "/desk/join/<secret>"

#: Pages of a draft at the desk, each with a form that is sent to its own address.
DRAFT_PAGES = (
    "start-page",
    "address",
    "page/<key>",
    "page/<key>/add",
    "add-page",
    "question/<key>",
    "readers",
    "permissions",
    "file",
    "check",
    "throw-away",
    "languages",
    "languages/<code>/words/<key>",
    "languages/<code>/file",
)

# (methods, address): guard
PUBLIC = {
    ("GET", "/"): "anyone",
    ("GET", "/<language>/"): "anyone",
    ("GET", f"{CALL}/"): "anyone",
    ("POST", f"{CALL}/begin"): "opens_visit",
    ("GET", f"{CALL}/leaving"): "in_visit",
    ("POST", f"{CALL}/leaving"): "in_visit",
    ("GET", f"{CALL}/page/<key>"): "in_visit",
    # Without a Visit it has expired: what was just typed is then kept in a new one.
    ("POST", f"{CALL}/page/<key>"): "anyone",
    # What the script keeps while a participant writes: without a Visit it does nothing.
    ("POST", f"{CALL}/page/<key>/words"): "anyone",
    ("POST", f"{EVENT}/register/words"): "anyone",
    ("POST", f"{OWN}/needs/words"): "anyone",
    ("GET", f"{CALL}/more"): "in_visit",
    ("POST", f"{CALL}/more"): "in_visit",
    ("GET", f"{CALL}/more/page/<key>"): "in_visit",
    # Without a Visit it has expired: what was just typed then waits for its own code.
    ("POST", f"{CALL}/more/page/<key>"): "anyone",
    ("POST", f"{CALL}/more/page/<key>/words"): "anyone",
    ("GET", f"{CALL}/more/check"): "in_visit",
    ("POST", f"{CALL}/more/check"): "in_visit",
    ("GET", f"{CALL}/check"): "in_visit",
    ("POST", f"{CALL}/check"): "in_visit",
    ("GET", f"{CALL}/agree"): "in_visit",
    ("POST", f"{CALL}/agree"): "in_visit",
    ("GET", f"{CALL}/agree/contact"): "in_visit",
    ("POST", f"{CALL}/agree/contact"): "in_visit",
    ("GET", f"{CALL}/pause"): "in_visit",
    ("POST", f"{CALL}/pause"): "in_visit",
    ("GET", f"{CALL}/pause/code"): "in_visit",
    ("POST", f"{CALL}/pause/code"): "in_visit",
    ("GET", f"{CALL}/unfinished"): "in_visit",
    ("POST", f"{CALL}/unfinished"): "in_visit",
    ("GET", f"{CALL}/unfinished/erased"): "in_visit",
    ("GET", f"{CALL}/done"): "in_visit",
    ("POST", f"{CALL}/done"): "in_visit",
    # The end: it shows nothing about any participant.
    ("GET", "/<language>/finished"): "anyone",
    ("GET", f"{CALL}/note"): "in_visit",
    ("POST", f"{CALL}/try"): "in_visit",
    ("GET", f"{CALL}/stop"): "anyone",
    ("GET", f"{CALL}/helped"): "in_visit",
    ("GET", f"{CALL}/yours"): "in_visit",
    ("POST", f"{CALL}/yours"): "in_visit",
    ("GET", f"{CALL}/ways"): "anyone",
    ("GET", f"{CALL}/paper"): "anyone",
    ("GET", f"{CALL}/paper/large"): "anyone",
    ("GET", f"{EVENT}/"): "anyone",
    ("POST", f"{EVENT}/begin"): "opens_visit",
    ("GET", f"{EVENT}/leaving"): "in_visit",
    ("POST", f"{EVENT}/leaving"): "in_visit",
    ("GET", f"{EVENT}/register"): "in_visit",
    # Without a Visit it has expired: what was just typed is then kept in a new one.
    ("POST", f"{EVENT}/register"): "anyone",
    ("GET", f"{EVENT}/registered"): "in_visit",
    ("POST", f"{EVENT}/registered"): "in_visit",
    ("GET", f"{EVENT}/address"): "in_visit",
    ("POST", f"{EVENT}/address"): "in_visit",
    ("GET", f"{EVENT}/stop"): "anyone",
    ("GET", f"{EVENT}/paper"): "anyone",
    ("GET", f"{EVENT}/paper/large"): "anyone",
    # The ticket in the address is the key: its holder needs no Visit.
    ("GET", OWN): "anyone",
    ("POST", f"{OWN}/room"): "anyone",
    ("GET", f"{OWN}/needs"): "anyone",
    ("POST", f"{OWN}/needs"): "anyone",
    ("GET", f"{OWN}/cancel"): "anyone",
    ("POST", f"{OWN}/cancel"): "anyone",
    ("POST", f"{OWN}/confirm"): "anyone",
    ("GET", f"{OWN}/delete"): "anyone",
    ("POST", f"{OWN}/delete"): "anyone",
    ("GET", f"{OWN}/list"): "anyone",
    ("POST", f"{OWN}/list"): "anyone",
    ("GET", f"{OWN}/calendar"): "anyone",
    ("GET", "/<language>/choices"): "anyone",
    ("POST", "/<language>/choices"): "opens_visit",
    ("GET", "/<language>/choices/held"): "in_visit",
    ("GET", "/<language>/choices/answers"): "in_visit",
    ("GET", "/<language>/choices/reach"): "in_visit",
    ("GET", "/<language>/choices/agreed"): "in_visit",
    ("GET", "/<language>/choices/looked"): "in_visit",
    ("GET", "/<language>/choices/file"): "in_visit",
    ("POST", CORRECT): "in_visit",
    ("GET", f"{CORRECT}/page/<key>"): "in_visit",
    # Without a Visit it has expired: what was just typed then waits for its own code.
    ("POST", f"{CORRECT}/page/<key>"): "anyone",
    ("POST", f"{CORRECT}/page/<key>/words"): "anyone",
    ("GET", f"{CORRECT}/more"): "in_visit",
    ("POST", f"{CORRECT}/more"): "in_visit",
    ("GET", f"{CORRECT}/check"): "in_visit",
    ("POST", f"{CORRECT}/check"): "in_visit",
    ("GET", f"{CORRECT}/agree"): "in_visit",
    ("POST", f"{CORRECT}/agree"): "in_visit",
    ("GET", f"{CORRECT}/agree/contact"): "in_visit",
    ("POST", f"{CORRECT}/agree/contact"): "in_visit",
    ("POST", "/<language>/choices/keep"): "in_visit",
    ("POST", "/<language>/choices/again"): "in_visit",
    ("POST", "/<language>/choices/consent"): "in_visit",
    ("GET", "/<language>/choices/copy"): "in_visit",
    ("GET", "/<language>/choices/document"): "in_visit",
    ("GET", "/<language>/choices/erase"): "in_visit",
    ("POST", "/<language>/choices/erase"): "in_visit",
    ("GET", "/<language>/choices/erased"): "in_visit",
    ("POST", "/<language>/choices/close"): "in_visit",
    ("GET", "/<language>/safety"): "anyone",
    ("GET", "/<language>/support"): "anyone",
    ("GET", "/<language>/privacy"): "anyone",
    ("GET", "/<language>/who"): "anyone",
    ("GET", "/<language>/after/<slug>"): "anyone",
    ("GET", "/<language>/accessibility"): "anyone",
    ("GET", "/<language>/sounds/<name>"): "anyone",
    ("GET", "/.well-known/security.txt"): "machine",
    ("GET", "/leave"): "anyone",
    ("POST", "/back-in"): "anyone",
}
DESK = {
    ("GET", "/desk/"): "coordinator",
    ("GET", "/desk/sign-in"): "anyone",
    ("POST", "/desk/sign-in"): "opens_visit",
    ("POST", "/desk/passkey-challenge"): "opens_visit",
    # A form that was sent after the session had ended.
    ("POST", "/desk/sign-in/again"): "opens_visit",
    ("POST", "/desk/sign-out"): "coordinator",
    ("POST", "/desk/stay"): "coordinator",
    ("GET", "/desk/confirm"): "coordinator",
    ("POST", "/desk/confirm"): "coordinator",
    ("GET", "/desk/calls"): "coordinator",
    ("GET", "/desk/designer"): "coordinator",
    **{
        (method, f"/desk/designer/{page}"): "coordinator"
        for method in ("GET", "POST")
        for page in ("start", *(f"<uuid:draft_id>/{one}" for one in DRAFT_PAGES))
    },
    ("GET", "/desk/designer/<uuid:draft_id>"): "coordinator",
    ("GET", "/desk/designer/<uuid:draft_id>/preview"): "coordinator",
    ("GET", "/desk/designer/<uuid:draft_id>/preview/<key>"): "coordinator",
    ("GET", "/desk/designer/<uuid:draft_id>/languages/<code>"): "coordinator",
    ("GET", "/desk/designer/<uuid:draft_id>/languages/<code>/file/download"): "coordinator",
    ("POST", "/desk/designer/<uuid:draft_id>/languages/<code>/reviewed"): "coordinator",
    ("POST", "/desk/designer/<uuid:draft_id>/languages/<code>/remove"): "coordinator",
    ("POST", "/desk/designer/<uuid:draft_id>/question/<key>/page"): "coordinator",
    ("POST", "/desk/designer/<uuid:draft_id>/arrange"): "coordinator",
    ("POST", "/desk/designer/<uuid:draft_id>/undo"): "coordinator",
    ("POST", "/desk/designer/<uuid:draft_id>/publish"): "coordinator",
    ("POST", "/desk/designer/<uuid:draft_id>/publish-version"): "coordinator",
    ("GET", "/desk/calls/<slug>/versions"): "coordinator",
    ("POST", "/desk/calls/<slug>/versions"): "coordinator",
    ("GET", "/desk/calls/<slug>/versions/<int:number>"): "coordinator",
    ("GET", "/desk/events"): "coordinator",
    ("GET", "/desk/calls/<slug>"): "coordinator",
    ("GET", "/desk/calls/<slug>/close"): "coordinator",
    ("POST", "/desk/calls/<slug>/close"): "coordinator",
    ("GET", "/desk/calls/<slug>/open-again"): "coordinator",
    ("POST", "/desk/calls/<slug>/open-again"): "coordinator",
    ("GET", "/desk/calls/<slug>/after"): "coordinator",
    ("GET", "/desk/calls/<slug>/after/month"): "coordinator",
    ("POST", "/desk/calls/<slug>/after/month"): "coordinator",
    ("GET", "/desk/calls/<slug>/after/in/<code>"): "coordinator",
    ("POST", "/desk/calls/<slug>/after/in/<code>"): "coordinator",
    ("POST", "/desk/calls/<slug>/after/in/<code>/publish"): "coordinator",
    ("GET", "/desk/events/new"): "coordinator",
    ("POST", "/desk/events/new"): "coordinator",
    ("POST", "/desk/events/new/publish"): "coordinator",
    ("GET", "/desk/events/<slug>/seats"): "coordinator",
    ("POST", "/desk/events/<slug>/seats"): "coordinator",
    ("GET", "/desk/calls/<slug>/poster"): "coordinator",
    ("GET", "/desk/calls/<slug>/square"): "coordinator",
    ("GET", "/desk/events/<slug>/poster"): "coordinator",
    ("GET", "/desk/events/<slug>/square"): "coordinator",
    ("GET", "/desk/entering"): "coordinator",
    ("GET", "/desk/calls/<slug>/on-behalf"): "coordinator",
    ("POST", "/desk/calls/<slug>/on-behalf"): "coordinator",
    ("GET", "/desk/calls/<slug>/on-behalf/stop"): "coordinator",
    ("GET", "/desk/calls/<slug>/on-behalf/<uuid:draft_id>/heard"): "coordinator",
    ("POST", "/desk/calls/<slug>/on-behalf/<uuid:draft_id>/heard"): "coordinator",
    ("GET", "/desk/calls/<slug>/on-behalf/<uuid:draft_id>/page/<key>"): "coordinator",
    ("POST", "/desk/calls/<slug>/on-behalf/<uuid:draft_id>/page/<key>"): "coordinator",
    ("POST", "/desk/calls/<slug>/on-behalf/<uuid:draft_id>/page/<key>/words"): "coordinator",
    ("GET", "/desk/calls/<slug>/on-behalf/<uuid:draft_id>/page/<key>/stop"): "coordinator",
    ("GET", "/desk/calls/<slug>/on-behalf/<uuid:draft_id>/check"): "coordinator",
    ("POST", "/desk/calls/<slug>/on-behalf/<uuid:draft_id>/check"): "coordinator",
    ("POST", "/desk/calls/<slug>/on-behalf/<uuid:draft_id>/check/sign-in"): "opens_visit",
    ("GET", "/desk/calls/<slug>/on-behalf/<uuid:draft_id>/code"): "coordinator",
    ("POST", "/desk/calls/<slug>/on-behalf/<uuid:draft_id>/code"): "coordinator",
    ("GET", "/desk/calls/<slug>/on-behalf/<uuid:draft_id>/throw-away"): "coordinator",
    ("POST", "/desk/calls/<slug>/on-behalf/<uuid:draft_id>/throw-away"): "coordinator",
    ("POST", "/desk/calls/<slug>/on-behalf/<uuid:draft_id>/page/<key>/sign-in"): "opens_visit",
    ("GET", "/desk/submissions/<uuid:submission_id>"): "coordinator",
    ("POST", "/desk/submissions/<uuid:submission_id>/answers"): "coordinator",
    ("POST", "/desk/submissions/<uuid:submission_id>/contact"): "coordinator",
    ("GET", "/desk/callers"): "coordinator",
    ("POST", "/desk/callers"): "coordinator",
    **{
        (method, f"/desk/submissions/<uuid:submission_id>/caller{act}"): "coordinator"
        for act, methods in {
            "": ("GET", "POST"),
            "/finish": ("POST",),
            "/take-back": ("GET", "POST"),
            "/no-contact": ("GET", "POST"),
            "/correct": ("GET", "POST"),
            "/save": ("POST",),
            "/new-code": ("GET", "POST"),
            "/code": ("GET", "POST"),
            "/code/sheet": ("GET",),
            "/delete": ("GET", "POST"),
        }.items()
        for method in methods
    },
    ("GET", "/desk/contacts"): "coordinator",
    ("POST", "/desk/contacts"): "coordinator",
    ("GET", "/desk/contacts/<slug>/members"): "coordinator",
    ("POST", "/desk/contacts/<slug>/members"): "coordinator",
    ("GET", "/desk/shared"): "coordinator",
    ("POST", "/desk/shared"): "coordinator",
    ("GET", "/desk/exports/<uuid:export_id>"): "coordinator",
    ("POST", "/desk/exports/<uuid:export_id>/crossed-out"): "coordinator",
    ("GET", "/desk/people"): "coordinator",
    ("GET", "/desk/people/invite"): "coordinator",
    ("POST", "/desk/people/invite"): "coordinator",
    ("GET", "/desk/people/invitations/<uuid:invitation_id>"): "coordinator",
    ("POST", "/desk/people/invitations/<uuid:invitation_id>"): "coordinator",
    ("POST", "/desk/people/invitations/<uuid:invitation_id>/take-back"): "coordinator",
    # The link of an invitation: looking at it changes nothing, and only its first button opens a session.
    ("GET", JOIN): "anyone",
    ("POST", JOIN): "opens_visit",
    **{
        (method, f"{JOIN}/{step}"): "in_visit"
        for method in ("GET", "POST")
        for step in ("name", "app", "code")
    },
    ("GET", "/desk/people/<uuid:person_id>"): "coordinator",
    ("POST", "/desk/people/<uuid:person_id>/give"): "coordinator",
    ("GET", "/desk/people/<uuid:person_id>/take-back/<role>/<place>"): "coordinator",
    ("POST", "/desk/people/<uuid:person_id>/take-back/<role>/<place>"): "coordinator",
    ("GET", "/desk/people/<uuid:person_id>/leaving"): "coordinator",
    ("POST", "/desk/people/<uuid:person_id>/leaving"): "coordinator",
    ("GET", "/desk/people/<uuid:person_id>/moving"): "coordinator",
    ("POST", "/desk/people/<uuid:person_id>/moving"): "coordinator",
    ("GET", "/desk/people/<uuid:person_id>/new-credentials"): "coordinator",
    ("POST", "/desk/people/<uuid:person_id>/new-credentials"): "coordinator",
    ("GET", "/desk/keys"): "coordinator",
    ("POST", "/desk/keys/give/<uuid:person_id>"): "coordinator",
    ("POST", "/desk/keys/new"): "coordinator",
    ("POST", "/desk/keys/go-on"): "coordinator",
    ("GET", "/desk/keys/anew/<uuid:place_id>"): "coordinator",
    ("POST", "/desk/keys/anew/<uuid:place_id>"): "coordinator",
    ("POST", "/desk/keys/anew/<uuid:place_id>/go-on"): "coordinator",
    ("GET", "/desk/organisations"): "coordinator",
    ("POST", "/desk/organisations"): "coordinator",
    ("GET", "/desk/organisations/sheet"): "coordinator",
    ("POST", "/desk/organisations/chair"): "coordinator",
    ("POST", "/desk/organisations/host"): "coordinator",
    ("GET", "/desk/organisations/<uuid:organisation_id>"): "coordinator",
    ("POST", "/desk/organisations/<uuid:organisation_id>/name"): "coordinator",
    ("POST", "/desk/organisations/<uuid:organisation_id>/end"): "coordinator",
    ("POST", "/desk/organisations/<uuid:organisation_id>/again"): "coordinator",
    ("GET", "/desk/organisations/<uuid:organisation_id>/merging"): "coordinator",
    ("POST", "/desk/organisations/<uuid:organisation_id>/merging"): "coordinator",
    ("GET", "/desk/record"): "coordinator",
    ("GET", "/desk/record/check"): "coordinator",
    ("POST", "/desk/record/check"): "coordinator",
    ("POST", "/desk/me/sessions/<uuid:session_id>/end"): "coordinator",
    ("POST", "/desk/me/sessions/end"): "coordinator",
    ("GET", "/desk/me"): "coordinator",
    ("POST", "/desk/me"): "coordinator",
    ("GET", "/desk/me/authenticator"): "coordinator",
    ("POST", "/desk/me/authenticator"): "coordinator",
    ("GET", "/desk/me/passphrase"): "coordinator",
    ("POST", "/desk/me/passphrase"): "coordinator",
    ("GET", "/desk/me/passkeys"): "coordinator",
    ("POST", "/desk/me/passkeys"): "coordinator",
    ("GET", "/desk/me/passkeys/new"): "coordinator",
    ("POST", "/desk/me/passkeys/new"): "coordinator",
    ("GET", "/desk/me/passkeys/<uuid:passkey_id>/remove"): "coordinator",
    ("POST", "/desk/me/passkeys/<uuid:passkey_id>/remove"): "coordinator",
    ("GET", "/desk/calls/<slug>/download"): "coordinator",
    ("POST", "/desk/calls/<slug>/download"): "coordinator",
    ("GET", "/desk/calls/<slug>/aside"): "coordinator",
    ("POST", "/desk/calls/<slug>/aside"): "coordinator",
    ("POST", "/desk/calls/<slug>/aside/<uuid:set_aside_id>/back"): "coordinator",
    ("POST", "/desk/submissions/<uuid:submission_id>/back"): "coordinator",
    ("GET", "/desk/deleting"): "coordinator",
    ("POST", "/desk/deleting"): "coordinator",
    ("GET", "/desk/languages"): "coordinator",
    ("GET", "/desk/languages/<code>"): "coordinator",
    ("POST", "/desk/languages/<code>"): "coordinator",
    ("GET", "/desk/languages/<code>/file"): "coordinator",
    ("GET", "/desk/languages/<code>/offer"): "coordinator",
    ("POST", "/desk/languages/<code>/offer"): "coordinator",
    ("GET", "/desk/events/<slug>"): "coordinator",
    ("POST", "/desk/events/<slug>/people"): "coordinator",
    ("POST", "/desk/events/<slug>/arranged"): "coordinator",
    ("POST", "/desk/events/<slug>/participants"): "coordinator",
    ("GET", "/desk/events/<slug>/write"): "coordinator",
    ("POST", "/desk/events/<slug>/write"): "coordinator",
    ("GET", "/desk/events/<slug>/messages/<uuid:message_id>"): "coordinator",
    ("POST", "/desk/events/<slug>/messages/<uuid:message_id>"): "coordinator",
    ("POST", "/desk/events/<slug>/messages/<uuid:message_id>/take-down"): "coordinator",
    ("GET", "/desk/events/<slug>/close"): "coordinator",
    ("POST", "/desk/events/<slug>/list"): "coordinator",
    ("POST", "/desk/events/<slug>/attendance"): "coordinator",
    ("GET", "/desk/events/<slug>/link"): "coordinator",
    ("POST", "/desk/events/<slug>/link"): "coordinator",
    ("GET", "/desk/events/<slug>/move"): "coordinator",
    ("POST", "/desk/events/<slug>/move"): "coordinator",
    ("POST", "/desk/events/<slug>/close"): "coordinator",
    ("GET", "/desk/events/<slug>/call-off"): "coordinator",
    ("POST", "/desk/events/<slug>/call-off"): "coordinator",
    ("GET", "/desk/registrations/<uuid:registration_id>"): "coordinator",
    ("POST", "/desk/registrations/<uuid:registration_id>/open"): "coordinator",
    ("POST", "/desk/registrations/<uuid:registration_id>/mark"): "coordinator",
    ("GET", "/desk/registrations/<uuid:registration_id>/address"): "coordinator",
    ("POST", "/desk/registrations/<uuid:registration_id>/address"): "coordinator",
    ("GET", "/desk/registrations/<uuid:registration_id>/link"): "coordinator",
    ("POST", "/desk/registrations/<uuid:registration_id>/link"): "coordinator",
    ("GET", "/desk/registrations/<uuid:registration_id>/promote"): "coordinator",
    ("POST", "/desk/registrations/<uuid:registration_id>/promote"): "coordinator",
    ("GET", "/desk/registrations/<uuid:registration_id>/first"): "coordinator",
    ("POST", "/desk/registrations/<uuid:registration_id>/first"): "coordinator",
    ("GET", "/desk/registrations/<uuid:registration_id>/cancel"): "coordinator",
    ("POST", "/desk/registrations/<uuid:registration_id>/cancel"): "coordinator",
    ("GET", "/desk/registrations/<uuid:registration_id>/confirm"): "coordinator",
    ("POST", "/desk/registrations/<uuid:registration_id>/confirm"): "coordinator",
}
# Only where the desk has a process, and so a host name, of its own.
DESK_ALONE = {("GET", "/"): "anyone"}
EVERYWHERE = {
    ("GET", "/healthz"): "machine",
    ("GET", "/livez"): "machine",
    ("GET", "/static/<name>"): "machine",
}
# The only addresses that a browser which has left is still served.
AFTER_LEAVING = {
    "/leave",
    "/back-in",
    # Answered with nothing.
    f"{CALL}/page/<key>/words",
    f"{CALL}/more/page/<key>/words",
    f"{CORRECT}/page/<key>/words",
    f"{EVENT}/register/words",
    f"{OWN}/needs/words",
}
#: Views that want a second factor confirmed within five minutes (step-up): what leaves as a list with personal data,
#: people, organisations and keys, and what cannot be undone.
FRESH = {
    # It makes keys, and cannot be taken back.
    "/desk/events/new/publish",
    # E-mails about the account go to the address that is entered there (OWASP ASVS 7.5.1).
    "/desk/me",
    "/desk/contacts/<slug>/members",
    "/desk/contacts",
    "/desk/events/<slug>/list",
    "/desk/events/<slug>/participants",
    "/desk/events/<slug>/people",
    "/desk/people/invite",
    "/desk/people/invitations/<uuid:invitation_id>/take-back",
    "/desk/people/<uuid:person_id>/give",
    "/desk/people/<uuid:person_id>/take-back/<role>/<place>",
    "/desk/people/<uuid:person_id>/leaving",
    "/desk/people/<uuid:person_id>/moving",
    "/desk/people/<uuid:person_id>/new-credentials",
    "/desk/keys/give/<uuid:person_id>",
    "/desk/keys/new",
    "/desk/keys/go-on",
    "/desk/me/authenticator",
    "/desk/keys/anew/<uuid:place_id>",
    "/desk/keys/anew/<uuid:place_id>/go-on",
    "/desk/me/passphrase",
    "/desk/organisations",
    "/desk/organisations/chair",
    "/desk/organisations/host",
    "/desk/organisations/<uuid:organisation_id>/name",
    "/desk/organisations/<uuid:organisation_id>/end",
    "/desk/organisations/<uuid:organisation_id>/again",
    "/desk/organisations/<uuid:organisation_id>/merging",
    "/desk/me/sessions/<uuid:session_id>/end",
    "/desk/me/sessions/end",
    "/desk/calls/<slug>/aside",
    "/desk/calls/<slug>/download",
    "/desk/languages/<code>/offer",
    "/desk/designer/<uuid:draft_id>/publish",
    "/desk/designer/<uuid:draft_id>/publish-version",
    "/desk/calls/<slug>/after/in/<code>/publish",
    "/desk/submissions/<uuid:submission_id>/caller/new-code",
    "/desk/submissions/<uuid:submission_id>/caller/delete",
}
#: Acts each of whose changes wants it, with the changes that do not, each with a reason.
FRESH_ACTS = {
    # The link is taken off the page: it protects, and gives nothing.
    Act.PEOPLE: {"/desk/people/invitations/<uuid:invitation_id>"},
    # It names lines in a list that was downloaded: nothing is opened.
    Act.EXPORT_CONTACTS: {"/desk/exports/<uuid:export_id>/crossed-out"},
    # What was arranged, by the page that showed it.
    Act.OPEN_NEEDS: {"/desk/events/<slug>/arranged"},
}
#: GETs whose answer does something: it follows from a person's own act alone, never from another site.
BY_ONESELF = {
    f"{CALL}/note": "public.done",
    "/<language>/choices/copy": "public.held_copy",
    "/<language>/choices/document": "public.held_copy",
}
#: Every module that hands out a file. Those with a view of `BY_ONESELF` first; the others each with a reason.
WITH_FILES = {
    "public/calls/receipt.py",
    "public/choices/own_copy.py",
    # The ticket in its address is the key, with which another site could show the page itself.
    "public/events/calendar.py",
    # A POST.
    "desk/shared/file_stream.py",
    # Nothing about any person is in them, and the desk's cookie is Strict: another site's link brings none.
    "desk/designer/translators_file.py",
    "desk/languages/language.py",
    "desk/sharing/qr_pictures.py",
}
#: POSTs whose button is on no page of its own, each with a reason.
BUTTON_EVERYWHERE: dict[str, set[str]] = {
    "public": set(),
    # Their buttons are in the frame of every page; the third is the script's, on each page that takes a passkey.
    "desk": {"sign_out", "stay", "passkey_challenge_post"},
}
#: What stands in quotes, looks like an endpoint and is the name of a file.
NO_ENDPOINTS = {"public.env", "desk.env", "desk.css"}
GUARDS = {"anyone", "opens_visit", "in_visit", "coordinator", "machine"}


def addresses(app: Flask) -> Counter[tuple[str, str]]:
    """Every method and address that the application answers."""
    return Counter(
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    )


def guard_of(app: Flask, rule: Rule) -> str | None:
    guard: str | None = getattr(app.view_functions[rule.endpoint], "guard", None)
    return guard


def test_every_address_is_listed_with_its_guard(page_app: Flask) -> None:
    # Given the addresses of both doors
    served = {
        (method, rule.rule): guard_of(page_app, rule)
        for rule in page_app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    # Then each is listed above, with the guard it has
    assert served == PUBLIC | DESK | EVERYWHERE
    # And none of them stands twice, where the second would never be reached
    assert set(addresses(page_app).values()) == {1}


def test_every_view_has_one_known_guard(page_app: Flask) -> None:
    guards = {guard_of(page_app, rule) for rule in page_app.url_map.iter_rules()}
    assert guards <= GUARDS


def is_way_in(address: str) -> bool:
    """Where a coordinator signs in: at the door, and where a form was open when the Visit ended; or joins."""
    beginnings = ("/sign-in", "/sign-in/again", "/passkey-challenge")
    return address.endswith(beginnings) or address.startswith(JOIN)


def test_the_desk_is_closed_by_default() -> None:
    # Given everything at the desk but the way in
    inside = {address: guard for address, guard in DESK.items() if not is_way_in(address[1])}
    # Then only a signed-in coordinator gets there
    assert set(inside.values()) == {"coordinator"}


def test_what_wants_a_fresh_second_factor_declares_it(page_app: Flask) -> None:
    # Given the changes at the desk, and what each is for
    posts = {
        rule.rule: page_app.view_functions[rule.endpoint]
        for rule in page_app.url_map.iter_rules()
        if guard_of(page_app, rule) == "coordinator" and "POST" in (rule.methods or set())
    }
    fresh = {address for address, view in posts.items() if getattr(view, "fresh", False)}
    # Then those that are listed above want it
    assert fresh == FRESH
    # And so does each change of these acts that has no reason not to
    for act, without in FRESH_ACTS.items():
        mine = {address for address, view in posts.items() if getattr(view, "act", None) is act}
        assert mine - fresh == without


def test_a_browser_that_has_left_is_served_nothing_else(page_app: Flask) -> None:
    served = {
        rule.rule
        for rule in page_app.url_map.iter_rules()
        if getattr(page_app.view_functions[rule.endpoint], "after_leaving", False)
    }
    assert served == AFTER_LEAVING


def test_every_file_is_only_for_whoever_asked_for_it(page_app: Flask) -> None:
    # Given the pages on which files are asked for
    pages = {
        rule.rule: page
        for rule in page_app.url_map.iter_rules()
        if (page := getattr(page_app.view_functions[rule.endpoint], "asked_for_on", None))
    }
    assert pages == BY_ONESELF
    assert set(pages.values()) <= set(page_app.view_functions)
    # And every module that hands one out is among theirs, or has a reason not to be
    package = ROOT / "webapp"
    found = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if "Content-Disposition" in path.read_text()
    }
    assert found == WITH_FILES


def test_a_view_without_a_guard_is_not_served(page_app: Flask) -> None:
    # Given a view that a developer forgot to guard
    page_app.add_url_rule("/forgotten", "forgotten", lambda: "everything")
    # When it is asked for
    answer = page_app.test_client().get("/forgotten")
    # Then there is no such page
    assert answer.status_code == 404


@pytest.mark.parametrize("door", ["public", "desk"])
def test_a_door_alone_serves_its_own_addresses_only(door: str, make_page_app: MakeApp) -> None:
    served = set(addresses(make_page_app(DOORS=door)))
    assert served == set({"public": PUBLIC, "desk": DESK | DESK_ALONE}[door]) | set(EVERYWHERE)


def test_guards_are_the_ones_that_http_offers() -> None:
    # `may` takes what a page is for, and lets coordinators with that act in
    offered = {name for name in GUARDS if callable(getattr(guards, name, None))}
    assert offered == GUARDS - {"coordinator"}
    assert all(guards.may(act)(lambda: None).guard == "coordinator" for act in Act)


def endpoints(app: Flask, door: str, method: str) -> dict[str, str]:
    """The addresses at a door that answer this method, with the names of their endpoints."""
    return {
        rule.rule: rule.endpoint.removeprefix(f"{door}.")
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith(f"{door}.") and method in (rule.methods or set())
    }


@pytest.mark.parametrize("door", ["public", "desk"])
def test_a_post_is_named_after_the_page_that_shows_its_button(page_app: Flask, door: str) -> None:
    # Given the pages of a door, and the addresses that take a POST
    pages, posts = endpoints(page_app, door, "GET"), endpoints(page_app, door, "POST")
    # Then a POST to a page's own address is named after that page
    own = {address: name for address, name in posts.items() if address in pages}
    assert own == {address: f"{pages[address]}_post" for address in own}
    # And one with an address of its own begins with the name of a page
    others = {name for address, name in posts.items() if address not in pages}
    begins = tuple(f"{page}_" for page in pages.values())
    assert {name for name in others if not name.startswith(begins)} == BUTTON_EVERYWHERE[door]


def test_every_endpoint_that_is_named_exists(page_app: Flask) -> None:
    # Given every endpoint that the code and the templates name in quotes
    sources = [*ROOT.glob("webapp/**/*.py"), *ROOT.glob("templates/**/*.html")]
    in_quotes = re.compile(r"""["']((?:desk|public)\.\w+)["']""")
    named = {name for source in sources for name in in_quotes.findall(source.read_text())}
    # Then each is served, and no link leads to nothing
    assert page_app.view_functions.keys() & named
    assert named - page_app.view_functions.keys() == NO_ENDPOINTS


def redirects(source: Path) -> set[str]:
    """The endpoints that `see_other` and `turn` are called with, either one of a conditional expression included."""
    calls = (node for node in ast.walk(ast.parse(source.read_text())) if isinstance(node, ast.Call))
    first = [
        node.args[0]
        for node in calls
        if node.args and ast.unparse(node.func) in {"see_other", "turn"}
    ]
    ends = [
        end
        for one in first
        for end in ([one.body, one.orelse] if isinstance(one, ast.IfExp) else [one])
    ]
    return {str(end.value) for end in ends if isinstance(end, ast.Constant)}


@pytest.mark.parametrize("door", ["public", "desk"])
def test_every_redirect_leads_to_an_endpoint(page_app: Flask, door: str) -> None:
    # Given the endpoints that a door redirects to, named without the door
    named = {
        name for source in (ROOT / "webapp" / door).rglob("*.py") for name in redirects(source)
    }
    # Then each is served
    assert named
    assert {f"{door}.{name}" for name in named} - page_app.view_functions.keys() == set()
