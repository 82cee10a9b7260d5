"""Messages about numbers, most with plural forms (ngettext), by their message keys.

Each function takes the parameters of its key, and whether an answer is required.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from flask_babel import format_decimal, gettext, ngettext

Params = Mapping[str, Any]
_SEPARATED: Final = 10_000


def number(value: int) -> str:
    """Format a number for the language of this request, like 1,000."""
    return format_decimal(value)


def _date_not_in_month(params: Params, needed: bool) -> str:
    return ngettext(
        "That month has %(max)s day. Look at the day again",
        "That month has %(max)s days. Look at the day again",
        params["max"],
        max=number(params["max"]),
    )


def _email_too_long(params: Params, needed: bool) -> str:
    return ngettext(
        "Write an e-mail address with at most %(max)s letter",
        "Write an e-mail address with at most %(max)s letters",
        params["max"],
        max=number(params["max"]),
    )


def _number_range(params: Params, needed: bool) -> str:
    """A range has no plural. Years have no separators, so numbers have some from 10,000 on."""
    ends = {name: number(one) if one >= _SEPARATED else one for name, one in params.items()}
    if needed:
        return gettext("Write a whole number from %(min)s to %(max)s", **ends)
    return gettext("Write a whole number from %(min)s to %(max)s, or leave this empty", **ends)


def _phone_length(params: Params, needed: bool) -> str:
    digits = {name: number(value) for name, value in params.items()}
    if needed:
        return ngettext(
            "Write a phone number with %(min)s to %(max)s digit",
            "Write a phone number with %(min)s to %(max)s digits",
            params["max"],
            **digits,
        )
    return ngettext(
        "Write a phone number with %(min)s to %(max)s digit, or leave this empty",
        "Write a phone number with %(min)s to %(max)s digits, or leave this empty",
        params["max"],
        **digits,
    )


def _text_too_long(params: Params, needed: bool) -> str:
    return ngettext(
        "Make this %(over)s letter shorter",
        "Make this %(over)s letters shorter",
        params["over"],
        over=number(params["over"]),
    )


def _text_cut(params: Params, needed: bool) -> str:
    """How many letters of truncated input were dropped, for display beside its error."""
    return ngettext(
        "%(problem)s. We could not keep the last %(cut)s letter",
        "%(problem)s. We could not keep the last %(cut)s letters",
        params["cut"],
        problem=params["problem"],
        cut=number(params["cut"]),
    )


def _room(params: Params, needed: bool) -> str:
    return ngettext(
        "You can write up to %(limit)s letter (about %(words)s words).",
        "You can write up to %(limit)s letters (about %(words)s words).",
        params["limit"],
        limit=number(params["limit"]),
        words=number(params["words"]),
    )


COUNTED: Final[Mapping[str, Callable[[Params, bool], str]]] = MappingProxyType(
    {
        "date-not-in-month": _date_not_in_month,
        "email-too-long": _email_too_long,
        "number-range": _number_range,
        "phone-length": _phone_length,
        "text-too-long": _text_too_long,
        "text-cut": _text_cut,
        "room": _room,
    }
)
