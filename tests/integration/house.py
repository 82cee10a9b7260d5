"""One application that holds every key: what the public door, the desk and the worker do, in one test."""

from flask import Flask

from tests.conftest import MakeApp
from webapp.services.worker import smtp

BASE_URL = "https://take-part.example"
SENDER = "no-reply@mail.example"


def make_house(make_app: MakeApp, mail_port: int = 9, **changes: str) -> Flask:
    """Both doors and the worker. Nothing listens on port 9."""
    settings = {
        "DOORS": "public,desk,worker",
        "BASE_URL": BASE_URL,
        "MAIL_FROM": SENDER,
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(mail_port),
        **changes,
    }
    app = make_app(**settings)
    smtp.init_app(app)
    return app
