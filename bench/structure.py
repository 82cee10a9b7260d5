"""`python -m bench.structure [FOLDER]`: the size and the coupling of the code, in figures, for any checkout.

For each package: files, functions (from `def` to the last line, docstring and nested functions included), imports
among its files and among its sub-packages, and its files over 300 lines. Two imports between the same two count once.
Needs nothing but Python, so that `make structure CHECKOUT=../older` compares two states.
"""

import argparse
import ast
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PACKAGES = ("webapp", "webapp.services", "webapp.public", "webapp.desk")
LONG = 300


@dataclass(frozen=True)
class Module:
    """One file: its dotted name, and its syntax tree."""

    name: str
    path: Path

    @cached_property
    def text(self) -> str:
        return self.path.read_text()

    @cached_property
    def lines(self) -> int:
        return len(self.text.splitlines())

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def functions(self) -> Iterator[tuple[int, str]]:
        """Each function's length and where it is."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                yield length, f"{self.name}.{node.name}"

    @property
    def imported(self) -> Iterator[str]:
        """Dotted names that this file imports: of a module, or of a name in one."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


@dataclass(frozen=True)
class Figures:
    """What is printed of one package."""

    package: str
    modules: list[Module]

    @property
    def files(self) -> list[Module]:
        """Files with code in them: a docstring alone is no file to read."""
        return [module for module in self.modules if len(module.tree.body) > 1]

    @property
    def arrows(self) -> set[tuple[str, str]]:
        """Imports among the files, each pair once."""
        names = {module.name for module in self.modules}
        found = set()
        for module in self.modules:
            for target in module.imported:
                other = target if target in names else target.rpartition(".")[0]
                if other in names and other not in (module.name, self.package):
                    found.add((module.name, other))
        return found

    @property
    def children(self) -> set[str]:
        """What `ls` shows: sub-packages, and files beside them."""
        return {self._child(module.name) for module in self.modules} - {self.package}

    @property
    def child_arrows(self) -> set[tuple[str, str]]:
        """Imports among sub-packages, each pair once."""
        pairs = {(self._child(one), self._child(other)) for one, other in self.arrows}
        return {
            (one, other)
            for one, other in pairs
            if one != other and self.package not in (one, other)
        }

    def _child(self, name: str) -> str:
        return ".".join(name.split(".")[: self.package.count(".") + 2])


def read(folder: Path, package: str) -> Figures:
    """The figures of one package of a checkout."""
    modules = []
    for path in sorted(folder.joinpath(*package.split(".")).rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        modules.append(Module(name, path))
    return Figures(package, modules)


def told(figures: Figures) -> Iterator[str]:
    """One package in lines to print."""
    functions = sorted(pair for module in figures.modules for pair in module.functions)
    lengths = [length for length, _ in functions]
    p90 = statistics.quantiles(lengths, n=10)[-1]
    longest, where = functions[-1]
    yield figures.package
    yield f"  files with code        {len(figures.files)}, {sum(one.lines for one in figures.modules)} lines"
    yield f"  seen with ls           {len(figures.children)}"
    yield (
        f"  functions              {len(functions)}; lines: median {statistics.median(lengths):.0f}, "
        f"p90 {p90:.0f}, largest {longest} ({where.removeprefix('webapp.')})"
    )
    yield f"  imports among files    {len(figures.arrows)}"
    yield f"  among what ls shows    {len(figures.child_arrows)}"
    for module in sorted(figures.modules, key=lambda one: -one.lines):
        if module.lines > LONG:
            yield f"  over {LONG} lines         {module.lines} {module.path.name} ({module.name})"


def main() -> None:
    """Print the figures of a checkout."""
    parser = argparse.ArgumentParser(prog="python -m bench.structure")
    parser.add_argument("folder", nargs="?", type=Path, default=Path())
    folder = parser.parse_args().folder
    for package in PACKAGES:
        print("\n".join(told(read(folder, package))))


if __name__ == "__main__":
    main()
