"""What is expensive and always comes out the same is made once in a test run (memoization). Nothing is made cheaper.

Tests make thousands of applications with the same addresses and templates, and sign in thousands of times with the
passphrases of two templates of stores. What a process of its own does, as in journeys, is not touched.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import MethodType
from typing import Any

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy.util import LRUCache
from werkzeug.routing import Map, Rule

from webapp.extensions import db
from webapp.vault import keyring, stretching


class CompiledOnce(BytecodeCache):
    """Templates as Jinja compiled them for the first application of a run: the next ones have the same.

    Jinja compares the source's hash, so a changed template is compiled anew.
    """

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


COMPILED_TEMPLATES = CompiledOnce()


BUILDERS = ("_build", "_build_unknown")
COMPILED_OF_A_RULE = ("_parts", "_trace", "_converters", "arguments", *BUILDERS)


@contextmanager
def addresses_compiled_once() -> Iterator[None]:
    """For a while, a rule for an address is compiled when an application has it first, and not for each application.

    Tests make thousands of applications with the same rules, and compiling those is nine tenths of making one.
    """
    compile_afresh = Rule.compile
    known: dict[tuple[str, ...], dict[str, Any]] = {}

    def compile_once(rule: Rule) -> None:
        same = (rule.rule, *map(repr, (rule.subdomain, rule.host, rule.defaults, rule.is_leaf)))
        if same not in known:
            compile_afresh(rule)
            known[same] = {name: getattr(rule, name) for name in COMPILED_OF_A_RULE}
            return
        for name, value in known[same].items():
            setattr(rule, name, MethodType(value.__func__, rule) if name in BUILDERS else value)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "compile", compile_once)
        yield


_ROUTES: dict[tuple[str, ...], Map] = {}


def with_routes_made_once(doors: tuple[str, ...], make: Callable[[], Flask]) -> Flask:
    """Make an application that shares its routes with the first one of a run that opens the same doors.

    Its views are its own. A test that adds a route to it gets a copy of the others first.
    """
    shared = _ROUTES.get(doors)
    if shared is None:
        app = make()
        shared = _ROUTES[doors] = app.url_map
    else:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Flask, "add_url_rule", _add_the_view_alone)
            app = make()
        app.url_map = shared

    def add_to_ones_own(*rule: Any, **options: Any) -> None:
        del app.add_url_rule
        app.url_map = _copy_of(shared)
        app.add_url_rule(*rule, **options)

    app.add_url_rule = add_to_ones_own  # type: ignore[method-assign]
    return app


def _add_the_view_alone(
    app: Flask, rule: str, endpoint: str | None = None, view_func: Any = None, **options: Any
) -> None:
    app.view_functions[endpoint or view_func.__name__] = view_func


def _copy_of(shared: Map) -> Map:
    own = Map(host_matching=shared.host_matching)
    for rule in shared.iter_rules():
        copied = rule.empty()
        # Flask keeps its note whether it answers OPTIONS there.
        copied.provide_automatic_options = rule.provide_automatic_options  # type: ignore[attr-defined]
        own.add(copied)
    return own


class StretchedOnce:
    """Argon2id with the real parameters, which gives what it gave before for the same passphrase, salt and pepper."""

    known: dict[tuple[Any, ...], bytes] = {}  # noqa: RUF012 (what all have in common)

    def __init__(self, **parameters: Any) -> None:
        self.parameters = parameters

    def derive(self, typed: bytes) -> bytes:
        same = (typed, *sorted(self.parameters.items()))
        if same not in self.known:
            self.known[same] = Argon2id(**self.parameters).derive(typed)
        return self.known[same]


@contextmanager
def passphrases_stretched_once() -> Iterator[None]:
    """For a while, one passphrase with one salt is derived once: each takes a seventh of a second of one processor."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stretching, "Argon2id", StretchedOnce)
        yield


class Salts:
    """The `secrets` of a key slot, but for its salt, which is this one."""

    choice = staticmethod(secrets.choice)

    def __init__(self, salt: bytes) -> None:
        self.salt = salt

    def token_bytes(self, size: int) -> bytes:
        """As much of the salt as is asked for."""
        return self.salt[:size]


_RUN = secrets.token_bytes(16)


@contextmanager
def salt_of(name: str) -> Iterator[None]:
    """For a while, new key slots have the salt of this person in this run: who has one passphrase in every test has it
    stretched once."""
    with pytest.MonkeyPatch.context() as patch:
        salt = hashlib.sha256(_RUN + name.encode()).digest()
        patch.setattr(keyring, "secrets", Salts(salt))
        yield


class StatementsOf(LRUCache[Any, Any]):
    """SQL as SQLAlchemy compiled it for the first engine of this kind of database; the next engines have the same."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(key[1:], default)

    def __setitem__(self, key: Any, value: Any) -> None:
        # The first is the engine's own dialect, of which there are as many as engines.
        super().__setitem__(key[1:], value)


_STATEMENTS: dict[str, StatementsOf] = {}


def compile_statements_once(app: Flask) -> None:
    """Compile a statement once for each kind of database, and not for the engines of each application.

    Compiling was a fifth of a test at the desk. All engines of a kind have the same driver, and talk to one server.
    """
    with app.app_context():
        for engine in db.engines.values():
            known = _STATEMENTS.setdefault(engine.dialect.name, StatementsOf(20_000))
            engine._compiled_cache = known
