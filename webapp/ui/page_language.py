"""The language of a page: parsed from the URL, preserved in its links, and changed with the language switcher.

A language is offered when the code marks it as reviewed, or when the desk offers it and its texts are still those
that were reviewed there. When an upgrade has changed one of them, the language is withdrawn until it is reviewed again;
its addresses redirect to the same page in English, because links to them may be in e-mails of ours.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from flask import Flask, abort, current_app, g, redirect, request, url_for
from flask_babel import refresh
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

from webapp.extensions import current_settings
from webapp.rules.languages.site_languages import DEFAULT, LANGUAGES, Language, offered
from webapp.ui import draft_previews
from webapp.ui.catalogues import catalogue_of

OFFERS = "hearth_offers"
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


class Offered(Protocol):
    """The desk's offer of one language."""

    @property
    def words(self) -> bytes:
        """The fingerprint of the texts that were reviewed."""

    @property
    def offered(self) -> bool:
        """Whether a coordinator has switched it on."""


Offers = Callable[[], Mapping[str, Offered]]


def language_of_request() -> Language:
    """The language of the URL, validated by `take_language`."""
    return LANGUAGES[g.get("language", DEFAULT.code)]


def offered_languages() -> tuple[Language, ...]:
    """The languages that a visitor may choose here; in a preview, the previewed one too."""
    known = offered(drafts=current_settings().draft_languages)
    shown = {language.code for language in known} | {previewed()} | offered_at_the_desk()
    return tuple(language for language in LANGUAGES.values() if language.code in shown)


def offers_come_from(app: Flask, offers: Offers) -> None:
    """Inject the function that reads the desk's offers: the ui may not import services (dependency inversion)."""
    app.extensions[OFFERS] = offers


def offered_at_the_desk() -> set[str]:
    """The codes of the languages that a coordinator has switched on and whose texts have not changed since."""
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
    """The first offered language of the Accept-Language header, or else the default: its code."""
    codes = [language.code for language in offered_languages() if not language.variant_of]
    return request.accept_languages.best_match(codes, DEFAULT.code) or DEFAULT.code


def locale() -> str:
    """The locale for Flask-Babel, which fails on an unknown language."""
    return language_of_request().locale


def previewed() -> str | None:
    """The code of the draft language that this request may preview, if any."""
    code: str | None = g.get("previewed")
    return code


def take_language(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Remove the language from the view's arguments and set it for the request; a 404 where it is not offered."""
    _speak(DEFAULT)
    g.previewed = draft_previews.language_in(request.args.get(draft_previews.PARAMETER))
    known = {language.code for language in offered_languages()}
    first = request.path.split("/", 2)[1]
    # A 404 page is shown in the language of the URL where it has one.
    code = (values or {}).pop("language", first if first in known else DEFAULT.code)
    if code not in known:
        _leave_language(code)
    _speak(LANGUAGES[code])


def _leave_language(code: str) -> None:
    """Redirect to the same page in English, where a language was offered once. A POST is still accepted."""
    if code not in LANGUAGES or code not in _offers():
        abort(404)
    if request.method not in UNSAFE:
        query = f"?{request.query_string.decode()}" if request.query_string else ""
        rest = request.path.removeprefix(f"/{code}/")
        abort(redirect(f"/{DEFAULT.code}/{rest}{query}", 303))


def speak_preferred() -> None:
    """Set the language by the Accept-Language header, where the URL has none."""
    _speak(LANGUAGES[preferred_language()])


def speak_in_preview(language: Language) -> None:
    """Set the language of a preview at the desk, which has none in its address and speaks English until then."""
    _speak(language)
    refresh()


def _speak(language: Language) -> None:
    g.language, g.language_tag, g.direction = language.code, language.tag, language.direction


def keep_language(endpoint: str, values: dict[str, Any]) -> None:
    """Add the language to the links of a page; within a preview, add its token too."""
    if not current_app.url_map.is_endpoint_expecting(endpoint, "language"):
        return
    values.setdefault("language", g.get("language", DEFAULT.code))
    if previewed() == values["language"]:
        values.setdefault(draft_previews.PARAMETER, request.args[draft_previews.PARAMETER])


def language_url(code: str) -> str:
    """The URL of this page in another language; the home page where this one has no language."""
    rule = request.url_rule
    endpoint = _page_at(rule) if rule is not None and "language" in rule.arguments else None
    if endpoint is None:
        return url_for("public.home", language=code)
    return url_for(endpoint, **{**(request.view_args or {}), "language": code})


def _page_at(rule: Rule) -> str | None:
    """The page at this URL; for an endpoint that only takes POST, the page with its form."""
    if "GET" in (rule.methods or ()):
        return str(rule.endpoint)
    addresses = current_app.create_url_adapter(request)
    try:
        return str(addresses.match(method="GET")[0]) if addresses else None
    except HTTPException:
        return None


def is_draft_language() -> bool:
    """Whether the page's language is a draft without a review."""
    language = language_of_request()
    return language.status == "draft" and language.code not in offered_at_the_desk()
