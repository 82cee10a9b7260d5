"""Which language a page is in: taken from its address, kept in its links, named in its switcher.

A language is offered when the code says that it was reviewed, or when the desk offers it and its words are still those
that were reviewed there. When an upgrade has changed one of them, it is not offered until that one was read again; who
comes to an address in it is led to the same page in English, because the link may stand in an e-mail of ours.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from flask import Flask, abort, current_app, g, redirect, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

from webapp.extensions import current_settings
from webapp.rules.languages.site_languages import DEFAULT, LANGUAGES, Language, offered
from webapp.ui import draft_previews
from webapp.ui.catalogues import catalogue_of

OFFERS = "hearth_offers"
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


class Offered(Protocol):
    """What the desk says about one language."""

    @property
    def words(self) -> bytes:
        """The fingerprint of the words that were reviewed."""

    @property
    def offered(self) -> bool:
        """Whether it is switched on."""


Offers = Callable[[], Mapping[str, Offered]]


def language_of_request() -> Language:
    """The language of the address, which `take_language` has checked."""
    return LANGUAGES[g.get("language", DEFAULT.code)]


def offered_languages() -> tuple[Language, ...]:
    """The languages that a visitor may choose here; in a preview, the previewed one too."""
    known = offered(drafts=current_settings().draft_languages)
    shown = {language.code for language in known} | {previewed()} | offered_at_the_desk()
    return tuple(language for language in LANGUAGES.values() if language.code in shown)


def offers_come_from(app: Flask, offers: Offers) -> None:
    """Say where the offers of the desk are read: this shelf knows no services."""
    app.extensions[OFFERS] = offers


def offered_at_the_desk() -> set[str]:
    """The codes of the languages that a coordinator has switched on, and whose words nobody changed since."""
    return {
        code
        for code, offer in _offers().items()
        if offer.offered and code in LANGUAGES and _still_says(LANGUAGES[code], offer.words)
    }


def _still_says(language: Language, words: bytes) -> bool:
    catalogue = catalogue_of(language)
    return catalogue.words_to_review == words and not catalogue.missing_protecting


def _offers() -> Mapping[str, Offered]:
    read: Offers = current_app.extensions[OFFERS]
    return read()


def preferred_language() -> str:
    """The code of the offered language that the visitor's device asks for first, or else the default's."""
    codes = [language.code for language in offered_languages() if not language.variant_of]
    return request.accept_languages.best_match(codes, DEFAULT.code) or DEFAULT.code


def locale() -> str:
    """For Flask-Babel, which fails on a language that it does not know."""
    return language_of_request().locale


def previewed() -> str | None:
    """The code of the draft that a coordinator lets somebody look at with this request, if any."""
    code: str | None = g.get("previewed")
    return code


def take_language(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Take the language out of the address; one that is not offered is no page of ours."""
    _speak(DEFAULT)
    g.previewed = draft_previews.language_in(request.args.get(draft_previews.PARAMETER))
    known = {language.code for language in offered_languages()}
    first = request.path.split("/", 2)[1]
    # An address that is no page of ours may still say which language to answer in.
    code = (values or {}).pop("language", first if first in known else DEFAULT.code)
    if code not in known:
        _leave_language(code)
    _speak(LANGUAGES[code])


def _leave_language(code: str) -> None:
    """To the same page in English, where a language was offered once. What is being sent is still taken."""
    if code not in LANGUAGES or code not in _offers():
        abort(404)
    if request.method not in UNSAFE:
        query = f"?{request.query_string.decode()}" if request.query_string else ""
        rest = request.path.removeprefix(f"/{code}/")
        abort(redirect(f"/{DEFAULT.code}/{rest}{query}", 303))


def speak_preferred() -> None:
    """Answer in the language that the visitor's device asks for first: the address says none."""
    _speak(LANGUAGES[preferred_language()])


def _speak(language: Language) -> None:
    g.language, g.language_tag, g.direction = language.code, language.tag, language.direction


def keep_language(endpoint: str, values: dict[str, Any]) -> None:
    """Links stay in the visitor's language; within a preview they stay in the preview."""
    if not current_app.url_map.is_endpoint_expecting(endpoint, "language"):
        return
    values.setdefault("language", g.get("language", DEFAULT.code))
    if previewed() == values["language"]:
        values.setdefault(draft_previews.PARAMETER, request.args[draft_previews.PARAMETER])


def language_url(code: str) -> str:
    """This page in another language; the home page where this one is not in any."""
    rule = request.url_rule
    endpoint = _page_at(rule) if rule is not None and "language" in rule.arguments else None
    if endpoint is None:
        return url_for("public.home", language=code)
    return url_for(endpoint, **{**(request.view_args or {}), "language": code})


def _page_at(rule: Rule) -> str | None:
    """The page at this address; where a form sent to it is answered at once, the page with that form."""
    if "GET" in (rule.methods or ()):
        return str(rule.endpoint)
    addresses = current_app.create_url_adapter(request)
    try:
        return str(addresses.match(method="GET")[0]) if addresses else None
    except HTTPException:
        return None


def is_draft_language() -> bool:
    """Whether the page's language still waits for its review."""
    language = language_of_request()
    return language.status == "draft" and language.code not in offered_at_the_desk()
