"""Settings sources for pydantic-settings: the environment first, then the configuration files that `CONFIG` names.

What comes out is either valid settings or a `WrongSetting`. pydantic's own error holds the values that it refused;
it is never shown, logged or chained, because a value may be a secret.
"""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError, ValidationInfo, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticUseDefault
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from webapp import env_files
from webapp.settings.values import WRONG_TOGETHER, WRONG_VALUE

# With PYDANTIC_SETTINGS_DEBUG set it would log every value at this level, secrets included.
logging.getLogger("pydantic_settings").setLevel(logging.INFO)

#: An empty value is the same as none, but not for these: an empty `DOORS` must not open the default, both doors.
NEVER_EMPTY = {"doors"}


class WrongSetting(ValueError):
    """A setting is missing or wrong; the message names it, says how it must look, and never holds its value."""


class Declared(BaseModel):
    """A group of settings: immutable, each named in capitals after its field, an empty value the same as none."""

    model_config = SettingsConfigDict(
        frozen=True,
        alias_generator=str.upper,
        hide_input_in_errors=True,
        validate_default=False,
        extra="forbid",
    )

    @field_validator("*", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: Any, info: ValidationInfo) -> Any:
        if value == "" and info.field_name not in NEVER_EMPTY:
            raise PydanticUseDefault
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        # pydantic's own refusal would repeat the value.
        raise AttributeError(f"settings are frozen: {name} cannot be set")


Schema = TypeVar("Schema", bound=BaseSettings)


def names_of(schema: type[BaseModel]) -> set[str]:
    """The name of every setting of a schema, those in its groups included."""
    return set().union(*(names for _, names in _by_field(schema)))


def load(schema: type[Schema], environ: Mapping[str, str], known: set[str]) -> Schema:
    """Read and validate; the environment wins over the files. Raises `WrongSetting`, with the file and the line."""
    files = _in_files(environ.get("CONFIG", ""), known)
    sources = (
        Source(schema, environ),
        Source(schema, {name: found.value for name, (_, found) in files.items()}),
    )
    try:
        return schema(_build_sources=(sources, {}))
    except ValidationError as error:
        message = _sentence(error.errors(include_url=False, include_input=False)[0])
    # Raised out here: in the handler, pydantic's error and all its values would stay in __context__.
    raise WrongSetting(message + _place(message, files, environ))


class Source(PydanticBaseSettingsSource):
    """The settings in one mapping of names to texts; a group's settings are gathered under its field."""

    def __init__(self, schema: type[BaseSettings], values: Mapping[str, str]) -> None:
        super().__init__(schema)
        self.values = values

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The text of one setting, its name, and that it is not JSON."""
        return self.values.get(str(field.alias)), str(field.alias), False

    def __call__(self) -> dict[str, Any]:
        """Every setting that is set here."""
        found: dict[str, Any] = {}
        for field, names in _by_field(self.settings_cls):
            given = {name: self.values[name] for name in names if name in self.values}
            if _group(field) is not None:
                found[str(field.alias)] = given
            else:
                found |= given
        return found


def find_in_file(path: Path, known: set[str]) -> dict[str, env_files.Found]:
    """The settings in one configuration file, each with its line. Raises `WrongSetting`."""
    try:
        return env_files.find(path, known)
    except env_files.NotReadable as problem:
        raise WrongSetting(str(problem)) from None


def _group(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _by_field(schema: type[BaseModel]) -> Iterator[tuple[FieldInfo, set[str]]]:
    """Each field with the names of its settings: one, or those of a group."""
    for field in schema.model_fields.values():
        group = _group(field)
        yield field, names_of(group) if group is not None else {str(field.alias)}


def _in_files(config: str, known: set[str]) -> dict[str, tuple[str, env_files.Found]]:
    """For each setting in the files, the last file that sets it, and what was found there."""
    return {
        setting: (name, found)
        for name in filter(None, config.split(":"))
        for setting, found in find_in_file(Path(name), known).items()
    }


def _sentence(error: ErrorDetails) -> str:
    """What is wrong, beginning with the setting's name. A sentence of pydantic's own could repeat the value."""
    if error["type"] == WRONG_TOGETHER:
        return error["msg"]
    what = error["msg"] if error["type"] == WRONG_VALUE else "is not as it must be"
    # Of a value that is missing, pydantic names the field and not its alias.
    return f"{str(error['loc'][-1]).upper()} {what}"


def _place(
    message: str, files: Mapping[str, tuple[str, env_files.Found]], environ: Mapping[str, str]
) -> str:
    """The file and the line of the setting that a message begins with, unless the environment gave it."""
    name = message.partition(" ")[0]
    if name in environ or name not in files:
        return ""
    file, found = files[name]
    return f" ({file}, line {found.line})"
