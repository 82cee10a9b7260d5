"""Every message that a rule may send to a participant has its words."""

from webapp.rules.messages import ANSWER_MESSAGES, CONTACT_MESSAGES, LABEL_MESSAGES
from webapp.ui.messages import WORDS
from webapp.ui.plurals import COUNTED


def test_every_message_that_a_rule_names_has_words() -> None:
    assert {*ANSWER_MESSAGES, *LABEL_MESSAGES, *CONTACT_MESSAGES} <= {*WORDS, *COUNTED}
