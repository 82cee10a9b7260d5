"""Previews of the public pages in a draft language, by a signed, expiring link from a coordinator (bearer capability).

The URL itself carries the permission, for one language and a short time. So the desk's cookie stays at the desk, the
public door sets none, and the language is offered to no other visitor. A preview can submit nothing, because consent
must not be given to words without a review.
"""

from flask import request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from webapp.extensions import current_settings
from webapp.rules.languages.site_languages import LANGUAGES

#: The name of the query parameter. Neutral, as everything in an address is.
PARAMETER = "preview"
MINUTES = 60


def token_for(code: str) -> str:
    """Sign a token to preview the pages in this language for `MINUTES` minutes."""
    return _signer().dumps(code)


def language_in(token: str | None) -> str | None:
    """Verify a token and return its language code; None when the signature is not ours, or it has expired."""
    if not token:
        return None
    try:
        code: str = _signer().loads(token, max_age=MINUTES * 60)
    except BadSignature:
        return None
    return code if code in LANGUAGES else None


def is_preview() -> bool:
    """Whether this request is a preview, so that nothing may be submitted."""
    return language_in(request.args.get(PARAMETER)) is not None


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_settings().form_key, salt="preview of a language")
