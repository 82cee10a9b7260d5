"""How people come in: the link of the video call, the number to dial in by phone, and the address of the place.

Serialised as one text, which is sealed as a whole (`vault.service_key`): a link alone as it is, so that a link that was
sealed before there was anything else still reads; anything more as a JSON object of strings.
"""

import json
from dataclasses import asdict, dataclass, replace

#: In letters.
LONGEST_LINK = 1_000
LONGEST_PHONE = 300
LONGEST_PLACE = 1_000


@dataclass(frozen=True)
class JoiningDetails:
    """What is not for everyone: each is empty where it was not given. `phone` and `place` may have several lines."""

    link: str = ""
    phone: str = ""
    place: str = ""

    @property
    def by_call(self) -> bool:
        """Whether people can join from where they are, by video or by phone."""
        return bool(self.link or self.phone)

    @property
    def place_alone(self) -> "JoiningDetails":
        """What people need to know before they set out; nothing that opens the call."""
        return replace(self, link="", phone="")

    def __bool__(self) -> bool:
        return self.by_call or bool(self.place)

    def encoded(self) -> str:
        """One text; `decoded` reads it."""
        if self.link and not self.phone and not self.place:
            return self.link
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)


def decoded(text: str) -> JoiningDetails:
    """What `JoiningDetails.encoded` wrote. Raises `ValueError` for anything else."""
    if not text.startswith("{"):
        return JoiningDetails(link=text)
    found = json.loads(text)
    if set(found) != set(asdict(JoiningDetails())):
        raise ValueError("not the details of how to join")
    return JoiningDetails(**{key: str(value) for key, value in found.items()})
