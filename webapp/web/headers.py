"""Security headers: CSP, HSTS, against clickjacking and MIME sniffing, cross-origin isolation, no caching of pages."""

from functools import cache

from flask import Response, g

from webapp import sessions
from webapp.extensions import current_settings
from webapp.web.request_target import at_desk, current_view

HEADERS = {
    # "frame-ancestors" is against clickjacking, "base-uri" against injected addresses.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    # "no-referrer" would make browsers send "Origin: null" with our own forms.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=(), "
    "browsing-topics=(), clipboard-write=(self)",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
#: CSP of the public door beside that: its one script, which may connect to this host alone, and recordings of its
#: words. The desk loads neither.
PUBLIC_POLICY = "script-src 'self'; media-src 'self'; connect-src 'self'"
#: Passkeys, which coordinators alone have: no page of the public door can ask a browser for one.
NO_PASSKEYS = "publickey-credentials-get=(), publickey-credentials-create=()"
PASSKEYS = "publickey-credentials-get=(self), publickey-credentials-create=(self)"
#: CSP of the pages of a coordinator who is signed in, and of those where they sign in with a passkey
#: (`guards.runs_script`): the scripts that warn before the session ends, save what is entered for a participant, and
#: use a passkey. Other pages of the desk load none.
DESK_SCRIPT_POLICY = "script-src 'self'; connect-src 'self'"
HSTS = "max-age=31536000; includeSubDomains"


def secure_headers(response: Response) -> Response:
    """The headers of every answer. Pages are never stored, so that Back shows nothing after `/leave`."""
    headers = response.headers
    if "Cache-Control" not in headers:
        headers.add("Cache-Control", "no-store")
    if response.mimetype == "text/html" and "language_tag" in g:
        headers.setdefault("Content-Language", g.language_tag)
    # No view sets one of these: a test of every page compares them. Adding is linear, replacing is not.
    for name, value in _fixed(at_desk(), _runs_script(), current_settings().secure):
        headers.add(name, value)
    return response


@cache
def _fixed(at_desk: bool, runs_script: bool, secure: bool) -> tuple[tuple[str, str], ...]:
    """The headers that depend on nothing else."""
    passkeys = PASSKEYS if at_desk else NO_PASSKEYS
    more = PUBLIC_POLICY if not at_desk else DESK_SCRIPT_POLICY if runs_script else None
    policy = HEADERS["Content-Security-Policy"]
    changed = {
        "Content-Security-Policy": f"{policy}; {more}" if more else policy,
        "Permissions-Policy": f"{HEADERS['Permissions-Policy']}, {passkeys}",
        **({"Strict-Transport-Security": HSTS} if secure else {}),
    }
    return tuple({**HEADERS, **changed}.items())


def _runs_script() -> bool:
    """Whether this page of the desk runs its scripts."""
    if not at_desk():
        return False
    is_in = "coordinator_id" in sessions.current()
    return is_in or getattr(current_view(), "runs_script", False)
