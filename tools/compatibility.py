"""Print the agreement table of docs/compatibility.md, or write it there with --write.

Runs every vector file of tests/vectors/karmada through the conformance runner; the figures are what
it counts.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.conformance.operations import OPS  # noqa: E402
from tests.conformance.runner import run_file  # noqa: E402

VECTORS = ROOT / "tests" / "vectors" / "karmada"
PAGE = ROOT / "docs" / "compatibility.md"
BEGIN, END = "<!-- agreement: begin -->", "<!-- agreement: end -->"
WHAT = {
    "yaml": "documents as kubectl reads them",
    "names": "names of bindings, Works and execution namespaces",
    "match": "which policy claims a template",
    "cluster-matches": "which clusters an affinity means",
    "estimate": "replicas a cluster can take",
    "schedule": "the whole scheduler",
    "schedule-gated": "the same behind feature gates",
    "override": "overrides of both scopes",
    "interpret": "native kinds",
    "interpret-lua": "customizations in Lua",
    "interpret-thirdparty": "kinds of other projects",
    "validate-propagation": "errors of propagation policies",
    "validate-override": "errors of override policies",
    "pipeline": "whole fleets through a live Karmada",
}


def table() -> str:
    """One row a file."""
    rows = ["| vectors | what | agree |", "|---|---|---|"]
    for name, what in WHAT.items():
        report = run_file(VECTORS / f"{name}.jsonl.gz", OPS)
        rows.append(f"| {name} | {what} | {report.passed}/{report.total} |")
    return "\n".join(rows)


def main() -> None:
    """Print or write."""
    made = table()
    if "--write" not in sys.argv:
        print(made)
        return
    text = PAGE.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{made}\n{END}{after}")


if __name__ == "__main__":
    main()
