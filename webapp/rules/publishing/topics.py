"""Forbidden topics (data minimisation), detected by keywords in the English questions.

People who hold power over others ask for exactly these things, and a leak of the answers could
cost participants their safety, their case or their freedom. Words can be used innocently, so an
operator may override a finding with a reason, which is audited.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

#: Sentences that ask participants to leave something out are not questions about it.
_LEAVES_OUT = re.compile(
    r"\b(do not|don't|never|please leave out|leave out)\s+(need to\s+|have to\s+)?"
    r"(tell|write|give|say|name|put|share|send|add|include|ask|want|names?|any)\b"
    r"|\bno need to\b|^\W*(please )?leave out\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")

_WORDS: Final[Mapping[str, str]] = {
    "exploitation": (
        r"exploit\w*|traffick(ed|ing)\b|enslav\w*|slavery|forced (to|into|you|labour|work)\b"
        r"|made you work|abus(e|ed|er|ers|ive)\b|what (was|were) done to you"
        r"|what happened to you|your (full |whole |own )?story\b|tell us your story"
        r"|sold (to|for)\b|prostitut\w*|domestic servitude|debt bondage|rap(e|ed)\b"
    ),
    "names_of_traffickers": (
        r"traffickers?\b|who (did this|hurt you|held you|controlled you|brought you|recruited you)"
        r"|perpetrators?\b|names? of (the |your )?(people|persons?|man|men|woman|boss\w*|gang\w*"
        r"|abuser\w*|owners?|employers?)\b|who (forced|exploited|sold|abused) you"
    ),
    "immigration_status": (
        r"immigra\w*|asylum|visas?\b|refugee status|leave to remain|right to remain|deport\w*"
        r"|settled status|overstay\w*|undocumented|nationality|citizenship|legal status"
        r"|residence permits?|how did you (come|get) (in)?to (the uk|britain|this country)"
    ),
    "case_numbers": (
        r"(case|reference|file|claim|nrm|home office|crime|application) (number|no\.|ref)\w*"
        r"|reference code|ho (number|ref)\w*"
    ),
    "addresses": (
        r"(?<!e-mail )(?<!email )\baddress(es)?\b|post ?codes?\b|where (do|did) you (live|stay)"
        r"|where are you (living|staying)|zip codes?\b|street name|which safe ?house"
        r"|your home town|name of (the|your) (street|safe ?house|hostel|shelter)"
    ),
    "dates_of_birth": (
        r"(date|day|month|year) of (your )?birth|birth ?(date|day)s?\b|when were you born|\bdob\b"
    ),
    "identity_papers": (
        r"passports?\b|identity (card|paper|document)s?\b|\bid (card|number|paper|document)s?\b"
        r"|national insurance|driving licen[cs]e|biometric|\bbrp\b|nhs number|birth certificate"
        r"|travel documents?\b|proof of identity"
    ),
    "bank_details": (
        r"bank (account|detail|card|name|statement)s?\b|your bank\b|sort code|\biban\b"
        r"|(credit|debit) card|card number|pay ?pal|account details"
    ),
    "medical_or_criminal_records": (
        r"medical|diagnos\w*|medicines?\b|medication\w*|prescri(bed|ptions?)\b|hospital\w*"
        r"|your (gp|doctor)('s)?\b|\bhiv\b|pregnan\w*|suicid\w*|self-harm\w*"
        r"|criminal\w*|convict(ed|ions?)\b|arrest(ed|s)?\b|offences?\b|in prison|police record"
        r"|court (case|record)s?\b|crimes? (have )?you"
    ),
    "file_uploads": (
        r"upload\w*|attach(ed|ment|ments)?\b|(send|add|share) (us )?(a |your |any )?"
        r"(photos?|pictures?|files?|scans?|copy|copies|documents?|recordings?)\b|scan of\b"
    ),
}

#: The names of the topics, in the order in which they are reported.
TOPICS: Final = tuple(_WORDS)
_PATTERNS = {
    topic: re.compile(rf"(?:(?<=\W)|(?<=^))(?:{words})", re.IGNORECASE | re.MULTILINE)
    for topic, words in _WORDS.items()
}


def topics_in(words: str) -> Iterator[tuple[str, str]]:
    """Yield (topic, the words that matched), at most once a topic, in the order of TOPICS."""
    asked = "\n".join(
        sentence for sentence in _SENTENCE_END.split(words) if not _LEAVES_OUT.search(sentence)
    )
    for topic, pattern in _PATTERNS.items():
        if found := pattern.search(asked):
            yield topic, found.group(0).lower()
