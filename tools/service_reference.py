"""Write docs/reference/metrics.md and docs/reference/environment.md from the tables they describe.

python tools/service_reference.py
"""

from __future__ import annotations

from pathlib import Path

from reconciler.model.metric import BUCKETS, METRICS
from reconciler.runtime.service_settings import VARIABLES

REFERENCE = Path(__file__).resolve().parents[1] / "docs" / "reference"

_METRICS = f"""# Metrics

What `/metrics` says, in Prometheus' text format.
Names without the prefix `reconciler_` are Karmada's, where the meaning is the same.
Times are in seconds; histograms have {len(BUCKETS)} buckets from 1 ms, each twice the one before.
A metric has 20,000 series at most: what is over that is summed under `(other)`,
and counted in `reconciler_metric_series_dropped`.

| metric | kind | labels | meaning |
|---|---|---|---|
"""

_ENVIRONMENT = """# Environment of the service

What `reconciler run` reads beside its options. Secrets have no place on a command line or in Git.

| variable | says |
|---|---|
"""


def metrics() -> str:
    """The page of metrics."""
    rows = []
    for name, one in METRICS.items():
        labels = ", ".join(f"`{label}`" for label in one.labels) or "none"
        rows.append(f"| `{name}` | {one.kind} | {labels} | {one.help} |")
    return _METRICS + "\n".join(rows) + "\n"


def environment() -> str:
    """The page of variables."""
    rows = [f"| `{name}` | {text} |" for name, text in VARIABLES.items()]
    return _ENVIRONMENT + "\n".join(rows) + "\n"


PAGES = {"metrics.md": metrics, "environment.md": environment}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), encoding="utf-8")
