"""docs/reference/interpreters.md names every kind that is built in, with what it can answer."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from reconciler.interpret.chain import Interpreter, LayerName, Operation
from reconciler.interpret.kinds import NATIVE
from reconciler.interpret.lua.catalogue import catalogue

PAGE: Final = Path(__file__).parents[2] / "docs/reference/interpreters.md"
HEADINGS: Final = {
    LayerName.NATIVE: "## Native kinds",
    LayerName.THIRD_PARTY: "## Kinds of other projects",
}


def section(heading: str) -> str:
    """The text below a heading, up to the next of its level."""
    _, below = PAGE.read_text(encoding="utf-8").split(f"{heading}\n", 1)
    return below.split("\n## ", 1)[0]


def rows(layer: LayerName) -> dict[tuple[str, str], set[Operation]]:
    """The documented operations by (API version, kind)."""
    table = [line for line in section(HEADINGS[layer]).splitlines() if line.startswith("| ")]
    documented = {}
    for line in table[1:]:
        kind, api_version, *marks = (cell.strip() for cell in line.strip("|").split("|"))
        answered = zip(Operation, marks, strict=True)
        documented[api_version, kind] = {operation for operation, mark in answered if mark == "✓"}
    return documented


def answered(layer: LayerName, kind: tuple[str, str]) -> set[Operation]:
    """What the layer can answer about a kind."""
    interpreter = Interpreter(layers=(layer,))
    return {operation for operation in Operation if interpreter.handles(operation, *kind)}


@pytest.mark.parametrize(
    ("layer", "kinds"),
    [
        (LayerName.NATIVE, {(one.api_version, one.kind) for one in NATIVE}),
        (LayerName.THIRD_PARTY, {tuple(target) for target in catalogue()}),
    ],
)
def test_the_page_names_every_kind_and_what_it_can_answer(
    layer: LayerName, kinds: set[tuple[str, str]]
) -> None:
    assert rows(layer) == {kind: answered(layer, kind) for kind in kinds}
