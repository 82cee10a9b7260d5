"""What old phones cannot read in a style sheet is not there, or stands after something that they can read.

The oldest engines for which the pages are made: Chromium 70 (Android, no longer updated) and Safari 12.1 (iOS 12, where
an iPhone 5s or 6 stays for ever). tests/journeys/test_old_phones.py sees the pages in the first.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

SHEETS = sorted((Path(__file__).parents[2] / "static").glob("*.css"))

#: Properties that the old engines lack, with the engines that brought them.
LATER_PROPERTIES = {
    "logical shorthand (Chromium 87, Safari 14.1)": r"(margin|padding|border)-(inline|block)",
    "inset (Chromium 87, Safari 14.1)": r"inset(-.*)?",
    "logical corner (Chromium 89, Safari 15)": r"border-(start|end)-(start|end)-radius",
    "transform of its own (Chromium 104, Safari 14.1)": r"rotate|translate|scale",
    "aspect-ratio (Chromium 88, Safari 15)": r"aspect-ratio",
    "logical scroll (Safari 15)": r"scroll-(margin|padding)-(inline|block).*",
}
CLAMP = "clamp(), min() or max() (Chromium 79, Safari 13.1)"
LATER_VALUES = {
    CLAMP: r"\b(clamp|min|max)\(",
    "newer colours (Chromium 111, Safari 16.2)": r"\b(color-mix|oklch|oklab|lab|lch)\(",
    "anywhere (Chromium 80, Safari 15.4)": r"\banywhere\b",
    "overflow: clip (Chromium 90, Safari 16)": r"^clip$",
    "newer lengths (Chromium 108, Safari 15.4)": r"\d(dvh|svh|lvh|dvw|cqi|cqw|lh|rlh)\b",
    "alternative text (Chromium 77, Safari 17.4)": r'" / "',
    "logical float (Chromium 118, Safari 15)": r"^inline-(start|end)$",
}
LATER_SELECTORS = {
    ":is() or :where() (Chromium 88, Safari 14)": r":(is|where)\(",
    "nesting (Chromium 112, Safari 16.5)": r"&",
    ":has() (Chromium 105, Safari 15.4)": r":has\(",
    ":focus-visible (Chromium 86, Safari 15.4)": r":focus-visible",
    ":not() of more than one thing (Chromium 88)": r":not\([^)]*[ ,~+>]",
}
#: Whole rules that an old engine may drop, and why nothing is missed. Each is a rule's exact selectors.
DROPPED = {
    ".cards:has(> :nth-child(4):last-child)": "three and one are as readable as two and two",
    ":focus:not(:focus-visible),.pick input:focus:not(:focus-visible) + label": (
        "the ring stays after a tap; :focus above draws it"
    ),
    ":focus-visible,.pick input:focus-visible + label": "the glow around the ring",
    ".pick input:checked:focus-visible + label": "the glow around the ring",
    ".pick input:focus-visible + label": "forced colours came later than :focus-visible",
    ":focus:not(:focus-visible)": "the ring stays after a tap; :focus above draws it",
}


@dataclass(frozen=True)
class Rule:
    """One rule: its selectors (none for @page), and its declarations in their order."""

    selectors: str
    declarations: tuple[tuple[str, str], ...]

    def has_before(self, place: int) -> bool:
        """Whether the same property is set earlier in the rule, for engines that drop the later one."""
        name = self.declarations[place][0]
        shorthand = name.partition("-")[0]
        return any(earlier in (name, shorthand) for earlier, _ in self.declarations[:place])


def rules(sheet: str) -> Iterator[Rule]:
    """Every innermost rule of a style sheet."""
    sheet = re.sub(r"/\*.*?\*/", "", sheet, flags=re.S)
    for found in re.finditer(r"([^{};]*)\{([^{}]*)\}", sheet):
        selectors = ",".join(part.strip() for part in found[1].split(","))
        pairs = (one.partition(":") for one in found[2].split(";") if ":" in one)
        yield Rule(selectors, tuple((name.strip(), value.strip()) for name, _, value in pairs))


def faults(sheet: str) -> list[str]:
    """What an old engine would drop, with nothing in its place."""
    found = []
    flex = {rule.selectors for rule in rules(sheet) if ("display", "flex") in rule.declarations}
    for rule in rules(sheet):
        found += [
            f"{rule.selectors}: {kind}"
            for kind, pattern in LATER_SELECTORS.items()
            if re.search(pattern, rule.selectors) and rule.selectors not in DROPPED
        ]
        for place, (name, value) in enumerate(rule.declarations):
            said = f"{rule.selectors} {{ {name}: {value} }}"
            if name.startswith("--") and re.search(LATER_VALUES[CLAMP], value):
                found.append(f"{said}: in a custom property, so it has no fallback")
            if name in ("gap", "row-gap", "column-gap") and (
                rule.selectors in flex or ("display", "inline-flex") in rule.declarations
            ):
                found.append(f"{said}: gap between flex items (Chromium 84, Safari 14.1)")
            found += [
                f"{said}: {kind}"
                for kind, pattern in LATER_PROPERTIES.items()
                if re.fullmatch(pattern, name)
            ]
            later = [kind for kind, what in LATER_VALUES.items() if re.search(what, value)]
            # With var() inside, a value is only found wrong when it is used: then the earlier one is gone, too.
            if later and ("var(" in value or not rule.has_before(place)):
                found.append(f"{said}: {later[0]}, without a fallback")
            if (name, value) == ("position", "sticky") and not rule.has_before(place):
                found.append(f"{said}: Safari 12 wants -webkit-sticky before it")
    return found


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_an_old_phone_can_read_every_rule_that_matters(sheet: Path) -> None:
    assert faults(sheet.read_text()) == []


def test_what_an_old_phone_may_drop_is_still_in_a_sheet() -> None:
    # The list of exceptions holds no rule that is gone
    here = {rule.selectors for sheet in SHEETS for rule in rules(sheet.read_text())}
    assert set(DROPPED) - here == set()


@pytest.mark.parametrize(
    "wrong",
    [
        "a { padding-inline: 1rem }",
        "a { margin-block: 0 1rem }",
        "a { inset-inline-start: 0 }",
        "a { display: flex; gap: 1rem }",
        "a { display: flex } @media (max-width: 9rem) { a { gap: 1rem } }",
        "a { font-size: clamp(1rem, 2vw, 2rem) }",
        "a { padding: 1rem; padding: max(1rem, var(--gutter)) }",
        ":root { --gutter: max(1rem, 2vw) }",
        ":is(h1, h2) { margin: 0 }",
        "a, b:focus-visible { outline: 0 }",
        "p:not(.a ~ p) { margin: 0 }",
        "a { rotate: 45deg }",
        "a { position: sticky }",
        "a { float: inline-start }",
        "a { overflow-wrap: anywhere }",
    ],
)
def test_the_check_finds_what_an_old_phone_cannot_read(wrong: str) -> None:
    assert len(faults(wrong)) >= 1


@pytest.mark.parametrize(
    "right",
    [
        "a { margin-inline-start: 1rem; padding-inline-end: 0; border-inline-start: 0 }",
        "a { display: grid; gap: 1rem }",
        "a { width: 9rem; width: min(100%, 9rem) }",
        "a { position: -webkit-sticky; position: sticky }",
        "a { clip-path: inset(50%); box-shadow: inset 0 0 1px }",
        "/* :is() { gap: 1rem } */ a:not(:focus) { margin: 0 }",
    ],
)
def test_the_check_lets_pass_what_an_old_phone_can_read(right: str) -> None:
    assert faults(right) == []
