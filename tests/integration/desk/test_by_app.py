"""Messages by app, the whole way: asked as safety, shown to their owner, entered for a participant, and on paper."""

import pytest

from tests.integration.desk import entering
from tests.integration.desk.worker import Worker
from tests.integration.public.steps import answer_to, correction_step, go_to_check, printed
from tests.people import come_back, send, shown_code
from tests.visitor import Value, Visitor

APP: dict[str, Value] = {
    "contact_wanted": "yes",
    "safe_ways": ["app"],
    "app": "signal",
    "app_name": "robin.42",
    "app_shared": "no",
    "app_say_who": "no",
}
WAY = "Only in the way you said is safe: by messages in an app."


def test_its_owner_sees_it_as_a_way_and_can_make_it_none(page_worker: Worker) -> None:
    visitor = Visitor(page_worker.app.test_client())
    go_to_check(visitor, **APP)
    assert answer_to(visitor, "Which app should we use?") == "Signal"
    code = send(visitor, ("contact_me",))
    come_back(visitor, code)
    visitor.follow("How we may reach you")
    assert WAY in visitor.page.text
    # When the app is not safe any more
    visitor.press("Change how we may reach you")
    visitor.press("Continue", contact_wanted="no")
    visitor.get(correction_step("check"))
    assert "your permission to get in touch ends as well" in visitor.page.text
    visitor.press("Save my changes")
    visitor.follow("How we may reach you")
    assert "You gave us no safe way" in visitor.page.text


@pytest.mark.parametrize(
    ("said", "warns"),
    [
        ({"app_shared": "yes"}, "someone else can see your messages in this app"),
        ({"app_name": ""}, "messages in an app are safe, but you gave no number or name"),
    ],
)
def test_what_could_go_wrong_with_it_is_said_before_sending(
    page_worker: Worker, said: dict[str, Value], warns: str
) -> None:
    visitor = Visitor(page_worker.app.test_client())
    go_to_check(visitor, **{**APP, **said})
    assert warns in visitor.page.text
    visitor.follow("Change this")
    assert visitor.path.endswith("/page/app")


def test_it_is_entered_for_a_participant_who_answered_on_paper(page_worker: Worker) -> None:
    page = printed(page_worker.app, "/en/calls/support-needs/paper")
    assert "What is your number or name in this app?" in page.text
    draft = entering.begin(page_worker, how="paper")
    entering.type_in(page_worker, draft, adult="yes", **APP)
    page_worker.get(f"{draft}/check")
    entering.send(page_worker, "contact_me", agreed="ticked")
    visitor = Visitor(page_worker.app.test_client())
    come_back(visitor, shown_code(page_worker))
    visitor.follow("How we may reach you")
    assert WAY in visitor.page.text
