"""The release (semantic versioning): the newest numbered section of CHANGELOG.md. Nothing else says it."""

from typing import Final

VERSION: Final = "1.0.0"
