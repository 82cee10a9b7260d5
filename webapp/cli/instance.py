"""The instance that a command works on: its folder, its configuration, and the application made from both."""

import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
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


@contextmanager
def without_reminders() -> Iterator[None]:
    """Suppress the start-up reminders, where an application is made that serves nobody."""
    log = logging.getLogger("webapp")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)


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
    there = (config_folder() / FILES["public"]).exists()
    return {**(_files_of(config_folder(), processes) if there else {}), **os.environ}


def environ_with(config: Path, processes: tuple[str, ...]) -> dict[str, str]:
    """The environment, with the files of another folder of configuration, whatever it names itself."""
    return {**os.environ, **_files_of(config, processes), "DOORS": ",".join(processes)}


def _files_of(config: Path, processes: tuple[str, ...]) -> dict[str, str]:
    return {"CONFIG": ":".join(str(config / FILES[process]) for process in processes)}


def in_environment(names: Iterable[str]) -> dict[str, str]:
    """The subset of these settings that the environment sets, for `init` to write to files."""
    return {name: os.environ[name] for name in names if os.environ.get(name)}


def config_folder() -> Path:
    """The folder of the processes' configuration files, which `init` writes."""
    return Path(os.environ.get("CONFIG_FOLDER") or instance_folder() / "config").resolve()


def instance_folder() -> Path:
    """The folder of the data."""
    return Path(os.environ.get("INSTANCE") or "instance").resolve()
