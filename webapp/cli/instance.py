"""The instance that a command works on: its folder, its configuration, and the application made from both."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from webapp import create_app
from webapp.settings import FILES, Settings, WrongSetting

if TYPE_CHECKING:
    from flask import Flask


def application(*processes: str) -> "Flask":
    """The application with the configuration of these processes; of all of them when none is named."""
    named = processes or tuple(FILES)
    return create_app(settings({**environ(named), "DOORS": ",".join(named)}))


def settings(environment: Mapping[str, str]) -> Settings:
    """Validate the settings; raises `WrongSetting`, or ClickException when this is not the folder of an instance.

    An operator who forgot `INSTANCE` must not be told that a secret was lost.
    """
    try:
        return Settings.from_environment(environment)
    except WrongSetting as wrong:
        folder = config_folder()
        if environment.get("CONFIG"):
            raise
        if any((folder / name).exists() for name in FILES.values()):
            raise click.ClickException(
                f"{folder / FILES['public']} is missing. Put it back from a copy of config/ (docs/operating.md, "
                "Restore)."
            ) from None
        raise click.ClickException(
            f"There is no instance in {instance_folder()}: no configuration is in {folder} "
            f"({str(wrong).partition(':')[0]}). Say which one you mean, like INSTANCE=/srv/hearth "
            "CONFIG_FOLDER=/etc/hearth before the command, or found one with init."
        ) from None


def environ(processes: tuple[str, ...]) -> dict[str, str]:
    """The environment, with the instance's own configuration files when no others are named."""
    config = ":".join(str(config_folder() / FILES[process]) for process in processes)
    there = (config_folder() / FILES["public"]).exists()
    return {**({"CONFIG": config} if there else {}), **os.environ}


def in_environment(names: Iterable[str]) -> dict[str, str]:
    """The subset of these settings that the environment sets, for `init` to write to files."""
    return {name: os.environ[name] for name in names if os.environ.get(name)}


def config_folder() -> Path:
    """The folder of the processes' configuration files, which `init` writes."""
    return Path(os.environ.get("CONFIG_FOLDER") or instance_folder() / "config").resolve()


def instance_folder() -> Path:
    """The folder of the data."""
    return Path(os.environ.get("INSTANCE") or "instance").resolve()
