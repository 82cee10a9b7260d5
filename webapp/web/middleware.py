"""Request and response middleware: everything that a request passes before its view and an answer after it."""

from flask import Flask

from webapp.services.languages import language_offers
from webapp.ui.page_language import keep_language, offers_come_from, take_language
from webapp.web import behind_proxy, errors, health, measuring, refused_cookies, static_files
from webapp.web.guards import guard, machine
from webapp.web.headers import secure_headers
from webapp.web.template_context import for_templates
from webapp.web.turns import Turns, in_turn


def init_app(app: Flask) -> None:
    """Put all of this around the application's views. After-request functions run from the last to the first."""
    offers_come_from(app, language_offers.offers)
    app.url_value_preprocessor(take_language)
    app.url_defaults(keep_language)
    app.before_request(guard)
    behind_proxy.init_app(app)
    app.after_request(refused_cookies.mark)
    app.after_request(secure_headers)
    app.after_request(static_files.zip_page)
    app.add_url_rule("/static/<name>", "static_file", machine(static_files.send))
    health.init_app(app)
    errors.init_app(app)
    app.context_processor(for_templates)
    app.wsgi_app = in_turn(app.wsgi_app, Turns())  # type: ignore[method-assign, assignment]
    measuring.init_app(app)
