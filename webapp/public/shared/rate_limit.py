"""Rate limiting at the public door."""

from flask import request

from webapp.services.infrastructure.limits import take


def limit(name: str) -> None:
    """Count this request against its network's token bucket. Raises `TooMany`. The IP address is not stored."""
    take(name, request.remote_addr or "")
