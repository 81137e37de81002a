"""Print sizes of modules and functions: medians, 90th percentiles, the ten largest of each."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def functions(path: Path) -> Iterator[tuple[int, str]]:
    """(lines, place) of every function of a module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            yield lines, f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"


def show(title: str, rows: list[tuple[int, str]]) -> None:
    """One table: median, p90, the ten largest."""
    sizes = sorted(size for size, _ in rows)
    p90 = sizes[int(len(sizes) * 0.9)]
    print(f"{title}: {len(sizes)}, median {statistics.median(sizes):.0f}, p90 {p90}")
    for size, place in sorted(rows, reverse=True)[:10]:
        print(f"  {size:5d}  {place}")


def main() -> None:
    """Print both tables."""
    modules = sorted((ROOT / "reconciler").rglob("*.py"))
    sizes = [(len(path.read_text().splitlines()), str(path.relative_to(ROOT))) for path in modules]
    show("modules (lines)", sizes)
    show("functions (lines)", [row for path in modules for row in functions(path)])


if __name__ == "__main__":
    main()
