"""Build hooks of the wheel (hatchling): its dependencies, and the check that its translations are compiled."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface


class Dependencies(MetadataHookInterface):
    """What the wheel depends on: the lines of requirements.in, so that they are said once."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Fill in the dependencies."""
        lines = (Path(self.root) / "requirements.in").read_text().splitlines()
        metadata["dependencies"] = [line for line in lines if line and not line.startswith("#")]


class CompiledTranslations(BuildHookInterface):  # type: ignore[type-arg]  # its configuration is not ours
    """A wheel without its translations would speak English to everybody, without a word about it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Refuse to build where a catalogue is not compiled, or was changed since."""
        for source in sorted(Path(self.root, "webapp", "translations").glob("*/LC_MESSAGES/*.po")):
            compiled = source.with_suffix(".mo")
            if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
                raise SystemExit(f"{source} is not compiled. Give: make wheel")
