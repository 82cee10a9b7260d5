"""The room code as it was typed into a form: into the room, and to cancel, change or delete a booking that has one.

It is a second secret beside the link: the link is in mails, and others may read a mailbox.
"""

from flask import request

from webapp.services.events import own_registrations
from webapp.services.events.own_registrations import MistypedCode, OwnRegistration, WrongRoomCode
from webapp.ui.messages import words_for

#: A mistyped code is shown again up to this length.
LONGEST_TYPED_CODE = 200
#: Error messages for registrants without an e-mail address, who have one code for everything.
WORDS_OF_CODE = {"length": "code-length", "characters": "code-characters", "check": "code-check"}
WORDS_OF_PROBLEM = {
    "length": "room-code-length",
    "characters": "code-characters",
    "check": "code-check",
}
Problems = list[tuple[str, str]]


def typed_code() -> str:
    """The code in this request, as it was typed."""
    return request.form.get("code", "")[:LONGEST_TYPED_CODE]


def problems_with_code(own: OwnRegistration, ticket: str) -> Problems:
    """The error of the code in this request, for its field; empty where it is right or none is needed.

    Raises `TooMany`.
    """
    try:
        own_registrations.check_room_code(own, ticket, typed_code())
    except (MistypedCode, WrongRoomCode) as error:
        return refused_code(own, error)
    return []


def refused_code(own: OwnRegistration, error: MistypedCode | WrongRoomCode) -> Problems:
    """The words for a code that was refused, for its field."""
    if isinstance(error, WrongRoomCode):
        return [("code", words_for("room-code-wrong"))]
    words = WORDS_OF_PROBLEM if own.gets_mail else WORDS_OF_CODE
    return [("code", words_for(words[error.problem]))]
