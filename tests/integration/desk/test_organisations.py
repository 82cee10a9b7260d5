"""Member organisations at the desk: added, renamed, ended, the chair and the host handed over; two owners at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask

from tests.integration.desk.worker import Worker
from tests.pages import words
from webapp.rules import clock
from webapp.rules.organisations import Standing
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.keys import organisation_changes, organisations
from webapp.services.keys.organisation_changes import IsHost, NameTaken, NotAMember, NotSuchADay
from webapp.services.keys.organisations import Known

OWNER = UUID("5eed0000-0000-4000-8000-000000000001")


def known(name: str) -> Known:
    return next(one for one in organisations.coalition().everyone if one.name == name)


def member(name: str) -> UUID:
    """The period during which it is a member."""
    term = known(name).going_on(Standing.MEMBER)
    assert term
    return term.id


def chair() -> str | None:
    found = organisations.coalition().one(Standing.CHAIR)
    return found.name if found else None


# Pages


def test_a_member_is_added_renamed_and_ended(worker: Worker) -> None:
    # Given the coalition of one
    page = worker.get("/desk/organisations")
    assert "Demo coalition Host, Member" in page.text.replace(" ,", ",")
    # When an owner adds a member
    page = worker.press("Add this organisation", name="Harbour House")
    assert "It is a member from today on" in page.text
    # And gives it another name
    worker.follow("Harbour House")
    page = worker.press("Save the name", name="Harbour Houses")
    assert "Every page has the new name now" in page.text
    # And ends its membership today
    for_good = "What was shared with it is deleted. It does not come back with a new membership."
    assert for_good in page.text
    assert "Files that were made for it do not come back by themselves. Ask for them" in page.text
    page = worker.press("End its membership", last=f"{clock.today():%d/%m/%Y}")
    assert f"Its membership ends on the day that you entered. {for_good}" in page.text
    assert "Files that were made" not in page.text
    # Then all of it is in the record, with the name of now, and nothing else
    page = worker.get("/desk/record?kind=coalition")
    for line in (
        "Added a member organisation",
        "Renamed an organisation",
        "Ended an organisation’s membership",
    ):
        assert any(line in words(row) and "Harbour Houses" in words(row) for row in page.all("li"))
    # And tomorrow it is among those that left
    with worker.later(days=1):
        worker.sign_in()
        page = worker.get("/desk/organisations")
        assert "Not members now" in page.text
        worker.follow("Harbour Houses")
        assert "Saved. It is a member again." in worker.press("Make it a member again").text


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "Enter the name of the organisation"),
        ("demo COALITION", "There is an organisation with this name already"),
        ("x" * 121, "Make this 1 letter shorter"),
    ],
)
def test_a_name_that_cannot_be(page_worker: Worker, name: str, said: str) -> None:
    page_worker.get("/desk/organisations")
    page = page_worker.press("Add this organisation", name=name)
    assert page_worker.status == 400
    assert said in page.text


def test_the_host_cannot_leave_and_is_handed_over(page_worker: Worker) -> None:
    # Given a host and a member
    page_worker.get("/desk/organisations")
    page_worker.press("Add this organisation", name="Harbour House")
    page_worker.follow("Demo coalition")
    assert "The host cannot leave" in page_worker.page.text
    # When the member becomes the host and the chair
    with page_worker.app.app_context():
        other = known("Harbour House").id.hex
    page_worker.get("/desk/organisations")
    page_worker.press("Change the chair", to=other)
    assert "The chair has changed from today on" in page_worker.page.text
    page = page_worker.press("Change the host", to=other)
    # Then it is both, and the page says what the settings still say
    assert "It is the host from today on" in page.text
    assert "That is not the host’s name here" in page.text
    # And the organisation whose people can sign in stays until they have left
    page_worker.follow("Demo coalition")
    page = page_worker.press("End its membership", last=f"{clock.today():%d/%m/%Y}")
    assert "can still sign in: Ana. End their accounts first" in page.text


# Two owners at once, and days


def test_what_another_owner_changed_meanwhile_is_not_overwritten(app: Flask) -> None:
    with app.app_context():
        # Given two members, and two owners who look at the same page
        first = organisation_changes.add(OWNER, "Harbour House")
        second = organisation_changes.add(OWNER, "Lantern")
        # When both change the name
        organisation_changes.rename(OWNER, first, "Harbour Houses", was="Harbour House")
        with pytest.raises(EditConflict):
            organisation_changes.rename(OWNER, first, "The Harbour", was="Harbour House")
        # And both make another the chair
        organisation_changes.hand_over(OWNER, Standing.CHAIR, first, seen=None)
        with pytest.raises(EditConflict):
            organisation_changes.hand_over(OWNER, Standing.CHAIR, second, seen=None)
        # Then what was first stands
        assert chair() == "Harbour Houses"
        # And a name is taken, in capitals or not
        with pytest.raises(NameTaken):
            organisation_changes.rename(OWNER, second, "HARBOUR HOUSES", was="Lantern")


def test_the_slower_of_two_owners_is_told_that_nothing_was_changed(page_worker: Worker) -> None:
    # Given an owner who looks at a member
    with page_worker.app.app_context():
        member_id = organisation_changes.add(OWNER, "Harbour House")
        seen = member("Harbour House")
    meanwhile = "someone else changed this at the same time"
    # When another owner renames it, then the first one's name is not taken
    page_worker.get(f"/desk/organisations/{member_id}")
    with page_worker.app.app_context():
        organisation_changes.rename(OWNER, member_id, "The Harbour", was="Harbour House")
    page = page_worker.press("Save the name", name="Harbour Houses")
    assert meanwhile in page.text
    assert page.h1 == "The Harbour"
    # When another owner makes it the chair, then the first one's chair is not
    page_worker.get("/desk/organisations")
    with page_worker.app.app_context():
        organisation_changes.hand_over(OWNER, Standing.CHAIR, member_id, seen=None)
        host = known("Demo coalition").id.hex
    assert meanwhile in page_worker.press("Change the chair", to=host).text
    # When another owner ends its membership and begins a new one, then the first one's end counts for neither
    page_worker.get(f"/desk/organisations/{member_id}")
    yesterday = clock.today() - timedelta(days=1)
    with page_worker.app.app_context():
        organisation_changes.end_membership(OWNER, member_id, clock.today(), seen=seen)
        organisation_changes.begin_again(OWNER, member_id)
    page = page_worker.press("End its membership", last=f"{yesterday:%d/%m/%Y}")
    assert meanwhile in page.text


def test_the_sheet_of_joint_controllers_is_made_from_the_coalition(page_worker: Worker) -> None:
    # Given a member without people, and one that has left
    with page_worker.app.app_context():
        organisation_changes.add(OWNER, "Lantern")
        left = organisation_changes.add(OWNER, "Harbour House")
        seen = member("Harbour House")
        organisation_changes.end_membership(OWNER, left, clock.today(), seen=seen)
    with page_worker.later(days=1):
        page_worker.sign_in()
        page_worker.get("/desk/organisations")
        page = page_worker.follow("A sheet to print: who decides, and who does what")
    # Then each is there with what it is and what its people open, and nobody's name is
    rows = [words(one) for one in page.all("tr")]
    assert any("Demo coalition Host, Member" in one.replace(" ,", ",") for one in rows)
    assert any("Lantern" in one and "Nobody works at the desk Nothing" in one for one in rows)
    assert "Harbour House" not in page.text
    assert "Ana" not in " ".join(rows)


def test_there_is_never_a_second_host_or_chair(app: Flask) -> None:
    # Given eight members, and as many owners who each make another one the chair
    with app.app_context():
        ids = [organisation_changes.add(OWNER, f"Member {n}") for n in range(8)]

    def make_chair(organisation_id: UUID) -> bool:
        with app.app_context():
            try:
                organisation_changes.hand_over(OWNER, Standing.CHAIR, organisation_id, seen=None)
            except EditConflict:
                return False
            return True

    # When they do it at once
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(make_chair, ids))
    # Then one of them did
    assert done.count(True) == 1
    with app.app_context():
        found = organisations.coalition().everyone
        assert len([one for one in found if one.going_on(Standing.CHAIR)]) == 1


def test_periods_end_and_begin_by_days(app: Flask) -> None:
    with app.app_context():
        today = clock.today()
        member_id = organisation_changes.add(OWNER, "Harbour House")
        organisation_changes.hand_over(OWNER, Standing.CHAIR, member_id, seen=None)
        seen = member("Harbour House")
        # A membership ends on no day to come, and on none before it began
        for day in (today + timedelta(days=1), today - timedelta(days=1)):
            with pytest.raises(NotSuchADay):
                organisation_changes.end_membership(OWNER, member_id, day, seen=seen)
        # It ends with the chair, twice is once, and it goes on to the end of its last day
        for _ in range(2):
            organisation_changes.end_membership(OWNER, member_id, today, seen=seen)
        assert known("Harbour House").term(Standing.MEMBER, today)
        assert not known("Harbour House").going_on(Standing.CHAIR)
        # What is over cannot be handed anything
        with pytest.raises(NotAMember):
            organisation_changes.hand_over(OWNER, Standing.CHAIR, member_id, seen=None)
        # A new membership begins on the day after
        organisation_changes.begin_again(OWNER, member_id)
        term = known("Harbour House").going_on(Standing.MEMBER)
        assert term
        assert term.period.began_on == today + timedelta(days=1)
        # The host neither leaves nor is nobody
        host = known("Demo coalition")
        with pytest.raises(IsHost):
            organisation_changes.end_membership(
                OWNER, host.id, today, seen=member("Demo coalition")
            )
        now = host.going_on(Standing.HOST)
        assert now
        with pytest.raises(IsHost):
            organisation_changes.hand_over(OWNER, Standing.HOST, None, seen=now.id)


def test_a_page_of_no_organisation(page_worker: Worker) -> None:
    page_worker.get(f"/desk/organisations/{uuid4()}")
    assert page_worker.status == 404
