"""Promises of reports: members may send anything, and it stays their own trouble."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reconciler.interpret import kinds
from reconciler.model.emit import emit_yaml
from reconciler.status.documents import encode_template_status, status_files
from tests.status.builders import an_outcome, reported, seen

TEXT = st.text(st.characters(codec="utf-8"), max_size=6)
NUMBER = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
FIELDS = st.sampled_from(
    [
        *("conditions", "replicas", "readyReplicas", "availableReplicas", "updatedReplicas"),
        *("observedGeneration", "phase", "containerStatuses", "loadBalancer", "active"),
        *("desiredNumberScheduled", "numberAvailable", "desiredHealthy", "disruptedPods"),
        *("startTime", "completionTime", "currentHealthy", "generation"),
    ]
)
CONDITIONS = st.lists(
    JSON
    | st.fixed_dictionaries(
        {"type": TEXT | JSON, "status": st.sampled_from(["True", "False", 7, None])}
    ),
    max_size=3,
)
STATUS = JSON | st.dictionaries(FIELDS, JSON | CONDITIONS, max_size=5)
KINDS = st.sampled_from(
    [*sorted(kinds.BY_KIND), ("example.io/v1", "Gadget"), ("apps.kruise.io/v1alpha1", "CloneSet")]
)


def a_body(kind: tuple[str, str], **fields: Any) -> dict[str, Any]:
    return {
        "apiVersion": kind[0],
        "kind": kind[1],
        "metadata": {"name": "x", "namespace": "shop", "generation": 1},
        "spec": {"replicas": 2},
        **fields,
    }


@given(KINDS, STATUS, STATUS, JSON)
def test_any_status_of_any_kind_makes_a_report(
    kind: tuple[str, str], one: Any, two: Any, spec: Any
) -> None:
    outcome = an_outcome(a_body(kind))
    observed = seen(eu=a_body(kind, status=one), us=a_body(kind, status=two, spec=spec))
    report = reported(outcome, observed)
    (template,) = report.templates.values()
    assert [member.cluster for member in template.members] == ["eu", "us"]
    assert all(member.applied for member in template.members)
    assert emit_yaml(encode_template_status(template))
    again = reported(outcome, observed, report.templates)
    assert set(status_files(again, report.templates)) == {"summary.yaml"}
