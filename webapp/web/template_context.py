"""What every template may use: whose site this is, addresses of static files, languages."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from webapp.extensions import current_settings
from webapp.settings import SupportContact
from webapp.ui.fragment_cache import cached_fragment
from webapp.ui.page_language import is_draft_language, language_url, offered_languages, previewed
from webapp.web.static_files import asset_url


@dataclass(frozen=True)
class Site:
    """What every page says about whose site it is."""

    name: str
    organisation: str
    support: tuple[SupportContact, ...]
    #: None until an operator has said it.
    support_checked_on: date | None
    demo: bool
    #: How people reach the organisation by other ways than this site; empty when no operator has said it.
    reach_us: str
    #: Our address as a browser's history shows it; empty while it is not set.
    host: str


def for_templates() -> dict[str, Any]:
    """Names that every template knows."""
    settings = current_settings()
    site = Site(
        settings.site_name,
        settings.organisation,
        settings.support_contacts,
        settings.support_checked_on,
        settings.demo,
        settings.reach_us,
        urlsplit(settings.base_url).netloc,
    )
    return {
        "site": site,
        "asset_url": asset_url,
        "cached_fragment": cached_fragment,
        "offered_languages": offered_languages,
        "language_url": language_url,
        "is_draft_language": is_draft_language,
        "previewed": previewed,
    }
