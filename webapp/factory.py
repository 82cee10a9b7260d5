"""The application factory: settings decide which doors (blueprints) one process opens."""

from importlib import import_module
from urllib.parse import urlsplit

from flask import Flask

from webapp import resources, sessions
from webapp.extensions import babel, csrf, db, engine_options, migrate, tune_engines
from webapp.rules.forms.size_limits import SMALL_BODY
from webapp.services.infrastructure import secure_deletion, settings_warnings
from webapp.services.sealed import tombstone_file
from webapp.settings import Settings
from webapp.ui import catalogues, filters, page_language
from webapp.ui.gettext_domain import OwnWordsFirst, speak_in_templates
from webapp.web import log_redaction, middleware
from webapp.web.application import Application


def create_app(settings: Settings) -> Flask:
    """Application factory: the doors that the settings open, and nothing of the others imported (least privilege).

    Raises `catalogues.LanguageNotComplete` when a language is offered that lacks words it must have, and `WrongSetting`
    when nothing could be erased here.
    """
    catalogues.check_reviewed()
    app = Application("webapp", template_folder=resources.TEMPLATES, static_folder=None)
    app.extensions["hearth_settings"] = settings
    configure(app, settings)
    for extension in (db, csrf):
        extension.init_app(app)
    migrate.init_app(app, db, directory=str(resources.MIGRATIONS))
    babel.init_app(app, locale_selector=page_language.locale, default_timezone="Europe/London")
    babel.domain_instance = OwnWordsFirst()
    speak_in_templates(app)
    tune_engines(app)
    secure_deletion.init_app(app)
    sessions.init_app(app)
    log_redaction.init_app(app)
    middleware.init_app(app)
    filters.init_app(app)
    with app.app_context():
        tombstone_file.check_writable()
    warn_operator(app, settings)
    for door in settings.doors:
        if door != "worker":
            app.register_blueprint(import_module(f"webapp.{door}").blueprint)
    return app


def warn_operator(app: Flask, settings: Settings) -> None:
    """Log what the operator has still to set before participants are asked to trust the pages."""
    for reminder in settings_warnings.of(settings):
        app.logger.warning("%s", reminder)


def trusted_hosts(settings: Settings) -> list[str] | None:
    """Host names that are served, against host header injection; the supervisor asks on loopback.

    Without an address of its own, a real instance is for this machine alone; a demo goes by any name.
    """
    host = urlsplit(settings.base_url).hostname
    if host is None and settings.demo:
        return None
    return [*([host] if host else []), "127.0.0.1", "localhost"]


def configure(app: Flask, settings: Settings) -> None:
    """Flask's own switches, each for a reason given beside it."""
    app.config.update(
        SECRET_KEY=settings.form_key,
        SQLALCHEMY_ENGINE_OPTIONS={},
        SQLALCHEMY_DATABASE_URI=None,
        SQLALCHEMY_BINDS={
            None: engine_options(settings.database_url, through_pooler=settings.database_pooler),
            "erasure": engine_options(
                settings.erasure_database_url, through_pooler=settings.database_pooler
            ),
            "volatile": engine_options(
                settings.volatile_database_url, through_pooler=settings.database_pooler
            ),
        },
        # CSRF tokens are checked in guards.guard: a visitor without a Visit has none yet.
        WTF_CSRF_CHECK_DEFAULT=False,
        # So is the origin of a post (web.csrf). Flask-WTF would ask for a Referer over TLS; some browsers never send
        # one, and there no form could be sent at all.
        WTF_CSRF_SSL_STRICT=False,
        # A form lives as long as its Visit.
        WTF_CSRF_TIME_LIMIT=None,
        # Every message is in our own catalogue; WTForms has none for many of our languages.
        WTF_I18N_ENABLED=False,
        # Views with a long form say in guards.takes_words how much more they take.
        MAX_CONTENT_LENGTH=SMALL_BODY,
        MAX_FORM_PARTS=200,
        TRUSTED_HOSTS=trusted_hosts(settings),
        PREFERRED_URL_SCHEME="https" if settings.secure else "http",
        BABEL_TRANSLATION_DIRECTORIES="translations",
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
