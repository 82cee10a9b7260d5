"""The yardstick: the least that Flask can do. Every figure of a page is told as a share of this one's."""

from flask import Flask

app = Flask(__name__)


@app.get("/")
def hello() -> str:
    """Eleven letters, no store, no template."""
    return "Hello there"
