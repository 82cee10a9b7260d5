"""How people come in, as one text: it reads back as it was, a link of before there was anything else included."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.rules.events.joining_details import JoiningDetails, decoded

LINK = "https://meet.example.org/j/8412?key=Zm9v"


@given(
    st.builds(
        JoiningDetails,
        link=st.sampled_from(["", LINK]),
        phone=st.text(max_size=300),
        place=st.text(max_size=1_000),
    )
)
def test_it_reads_back_as_it_was(details: JoiningDetails) -> None:
    assert decoded(details.encoded()) == details


def test_a_link_alone_is_written_as_it_is() -> None:
    # Then what was sealed before there was anything else still reads
    assert JoiningDetails(link=LINK).encoded() == LINK
    assert decoded(LINK) == JoiningDetails(link=LINK)


@pytest.mark.parametrize("text", ["{", '{"link": ""}', '{"link": "", "phone": "", "door": ""}'])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        decoded(text)


def test_the_address_alone_opens_no_call() -> None:
    details = JoiningDetails(LINK, "0300 123", "1 High Street")
    assert details.place_alone == JoiningDetails(place="1 High Street")
    assert not details.place_alone.by_call
    assert not JoiningDetails()
