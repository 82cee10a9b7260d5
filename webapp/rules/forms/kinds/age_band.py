"""Age in bands."""

from collections.abc import Mapping
from typing import ClassVar

from webapp.rules.forms.kinds.fixed_choice import FixedChoice

#: Declining is an answer of its own, last in the list.
PREFER_NOT_TO_SAY = "prefer_not_to_say"


class AgeBand(FixedChoice):
    """Ten-year age bands, from 18 up, as UK statistics count adults: enough for totals, too coarse to identify a
    participant by (data minimisation).

    The age in years, or a date of birth, would tell more than any figure needs.
    """

    name = "age_band"
    labels: ClassVar[Mapping[str, str]] = {
        "18_24": "age-18-24",
        "25_34": "age-25-34",
        "35_44": "age-35-44",
        "45_54": "age-45-54",
        "55_64": "age-55-64",
        "65_74": "age-65-74",
        "75_up": "age-75-up",
        PREFER_NOT_TO_SAY: "answer-prefer-not-to-say",
    }
    english: ClassVar[Mapping[str, str]] = {
        "18_24": "18 to 24",
        "25_34": "25 to 34",
        "35_44": "35 to 44",
        "45_54": "45 to 54",
        "55_64": "55 to 64",
        "65_74": "65 to 74",
        "75_up": "75 or over",
        PREFER_NOT_TO_SAY: "I prefer not to say",
    }
