"""A look at the public pages in a language that is still a draft, for somebody whom a coordinator lets look.

The address itself carries the permission, signed, for one language and a short time. So the desk's cookie stays at
the desk, the public door sets none, and the language is offered to nobody else. Nothing can be sent from a preview:
nobody agrees to words that nobody has checked.
"""

from flask import request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from webapp.extensions import current_settings
from webapp.rules.languages.site_languages import LANGUAGES

#: The name in the address. Neutral, as everything in an address is.
PARAMETER = "preview"
MINUTES = 60


def token_for(code: str) -> str:
    """A permission to look at the pages in this language for `MINUTES` minutes."""
    return _signer().dumps(code)


def language_in(token: str | None) -> str | None:
    """The code of the language that this token lets somebody see; None when it is not ours, or too old."""
    if not token:
        return None
    try:
        code: str = _signer().loads(token, max_age=MINUTES * 60)
    except BadSignature:
        return None
    return code if code in LANGUAGES else None


def is_preview() -> bool:
    """Whether this request only looks: then nothing of it may be sent."""
    return language_in(request.args.get(PARAMETER)) is not None


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_settings().form_key, salt="preview of a language")
