"""Where the commands work: the instance's folder, its configuration, and the application made from both."""

import os
from collections.abc import Iterable
from pathlib import Path

from flask import Flask

from webapp import create_app
from webapp.services.founding import FILES
from webapp.settings import Settings


def application(*processes: str) -> Flask:
    """The application with the keys of these processes; with every key there is when none is named."""
    named = processes or tuple(FILES)
    return create_app(Settings.from_environment({**environ(named), "DOORS": ",".join(named)}))


def environ(processes: tuple[str, ...]) -> dict[str, str]:
    """The environment, with the instance's own configuration files when no others are named."""
    config = ":".join(str(config_folder() / FILES[process]) for process in processes)
    there = (config_folder() / FILES["public"]).exists()
    return {**({"CONFIG": config} if there else {}), **os.environ}


def in_environment(names: Iterable[str]) -> dict[str, str]:
    """Those of these settings that the environment has, for `init`, which writes them down."""
    return {name: os.environ[name] for name in names if os.environ.get(name)}


def config_folder() -> Path:
    """Where `init` puts one configuration file for each process."""
    return Path(os.environ.get("INSTANCE") or "instance").resolve() / "config"
