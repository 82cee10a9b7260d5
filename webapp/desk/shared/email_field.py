"""An e-mail address typed at the desk, validated as at the public door (IDNA 2008)."""

from wtforms.validators import StopValidation

from webapp.rules.forms.kinds import NotAccepted, read_answer
from webapp.rules.forms.questions import Question
from webapp.ui.messages import words_for

_QUESTION = Question(key="address", kind="email", part="registrant", label={"en": "-"})


def checked_address(typed: str) -> str:
    """The address as it is mailed (IDNA 2008). Raises `StopValidation` with what to correct."""
    try:
        answer = read_answer([typed], _QUESTION)
    except NotAccepted as refused:
        words = words_for(refused.message_key, needed=True, **refused.params)
        raise StopValidation(words) from None
    if answer is None:
        raise StopValidation(words_for("email-not-an-address", needed=True))
    return str(answer)
