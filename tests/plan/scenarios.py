"""Plans that reviewers meet, each with the name of its golden files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from reconciler.model.change import Action, Plan
from reconciler.model.diagnostic import Diagnostic, Effect, Position, Severity
from reconciler.model.world import Deletion, State
from reconciler.plan.formats import Context
from tests.plan.builders import (
    NOW,
    STRICT,
    a_change,
    a_delete,
    a_key,
    a_placement,
    a_plan,
    an_edit,
    many,
)

CONTEXT: Final = Context(
    base="main@1a2b3c4",
    head="pr/42@9f8e7d6",
    clusters=37,
    objects=412,
    width=100,
    key="pr-42",
    artifact="https://ci.example.org/artifacts/plan.html",
)
MANIFEST = Position("manifests/web.yaml", 22, 9)
YES = True
EDGE_RULE = Position("policies/edge.yaml", 18, 5)


def nothing() -> Plan:
    return a_plan(a_change(Action.UNCHANGED))


def image_bump() -> Plan:
    edit = an_edit("spec.template.spec.containers[name=web].image", "web:1.4.1", "web:1.5.0")
    return a_plan(
        *(a_change(Action.UPDATE, name, edits=(edit,), position=MANIFEST) for name in many(3))
    )


def image_bump_on_a_thousand_clusters() -> Plan:
    edit = an_edit("spec.template.spec.containers[name=web].image", "web:1.4.1", "web:1.5.0")
    return a_plan(
        *(a_change(Action.UPDATE, name, edits=(edit,), position=MANIFEST) for name in many(1000))
    )


def weights_edited() -> Plan:
    split = {"a": (6, 4), "b": (3, 3), "c": (1, 3)}
    return a_plan(
        *(
            a_change(
                Action.UPDATE,
                name,
                edits=(an_edit("spec.replicas", before, after),),
                reason="PropagationPolicy shop/web",
                position=Position("policies/web.yaml", 14, 5),
            )
            for name, (before, after) in split.items()
            if before != after
        ),
        placements=(a_placement({"a": 6, "b": 3, "c": 1}, {"a": 4, "b": 3, "c": 3}),),
    )


def cluster_drained() -> Plan:
    return a_plan(
        a_delete("eu-2", a_key(), reason="the taint maintenance:NoExecute evicts it"),
        a_change(Action.UPDATE, "eu-1", edits=(an_edit("spec.replicas", 2, 5),)),
        placements=(a_placement({"eu-1": 2, "eu-2": 3}, {"eu-1": 5}, cause="Cluster eu-2"),),
    )


def cluster_added() -> Plan:
    return a_plan(
        a_change(Action.CREATE, "us-9"),
        a_change(Action.CREATE, "us-9", a_key("ConfigMap", "settings")),
        placements=(a_placement({"eu-1": 2}, {"eu-1": 2, "us-9": 2}, cause="Cluster us-9"),),
    )


def policy_swapped() -> Plan:
    return a_plan(
        a_delete("b", a_key(), reason="ClusterPropagationPolicy all now claims it"),
        a_change(Action.CREATE, "c"),
        placements=(
            a_placement({"a": 2, "b": 2}, {"a": 2, "c": 2}, cause="ClusterPropagationPolicy all"),
        ),
    )


def overrides_reordered() -> Plan:
    edit = an_edit("metadata.labels.tier", "gold", "silver")
    return a_plan(
        *(
            a_change(
                Action.UPDATE,
                name,
                edits=(edit,),
                reason="OverridePolicy shop/edge rule 2",
                position=EDGE_RULE,
            )
            for name in ("edge-1", "edge-2", "edge-9")
        )
    )


def some_clusters_differ() -> Plan:
    bump = an_edit("spec.template.spec.containers[name=web].image", "web:1.4.1", "web:1.5.0")
    fewer = an_edit("spec.replicas", 2, 1)
    return a_plan(
        *(a_change(Action.UPDATE, name, edits=(bump,), position=MANIFEST) for name in many(34)),
        *(
            a_change(Action.UPDATE, name, edits=(bump, fewer), position=EDGE_RULE)
            for name in ("edge-1", "edge-2", "edge-9")
        ),
    )


def renamed() -> Plan:
    old, new = a_key("ConfigMap", "settings"), a_key("ConfigMap", "settings-v2")
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings"},
        "data": {"a": "b"},
    }
    return a_plan(
        *(a_delete(cluster, old) for cluster in ("a", "b")),
        *(
            a_change(Action.CREATE, cluster, new, content={"data": {"a": "b"}})
            for cluster in ("a", "b")
        ),
        removed={("a", old): body, ("b", old): body},
    )


def policies_and_their_override_deleted() -> Plan:
    return a_plan(
        *(a_delete(cluster, a_key("ConfigMap", "settings")) for cluster in ("b", "d")),
        *(a_delete(cluster, a_key()) for cluster in ("b", "d")),
        placements=(a_placement({"b": 1, "d": 1}, {}, cause="no policy selects it any more"),),
    )


def deletions_over_budget() -> Plan:
    return a_plan(
        *(
            a_delete("eu-1", a_key("ConfigMap", f"old-{number}"), uid=f"u{number}")
            for number in range(3)
        ),
        a_change(Action.CREATE, "eu-1"),
        config_new=STRICT,
        managed={"eu-1": 100},
    )


def a_namespace_deleted() -> Plan:
    return a_plan(
        a_delete(
            "eu-1",
            a_key("Namespace", "shop", ""),
            uid="u1",
            is_protected=True,
            reason="its document is gone; known Works in it: 12, and whatever else is inside",
        ),
        a_delete("eu-1", a_key("ConfigMap", "settings"), uid="u2"),
    )


def deletions_sliced_over_commits() -> Plan:
    before = tuple(
        Deletion(cluster="eu-1", key=a_key("ConfigMap", f"gone-{n}"), at="2026-08-21T11:30:00Z")
        for n in range(2)
    )
    return a_plan(a_delete("eu-1"), config_new=STRICT, state=State(deletions=before), now=NOW)


def deletions_approved() -> Plan:
    key = a_key("Namespace", "shop", "")
    return a_plan(
        a_delete("eu-1", key, uid="u1", is_protected=True),
        state=State(approved_deletes=frozenset({("eu-1", key, "u1")})),
    )


def a_secret_changed() -> Plan:
    mark = "(sensitive, changed) #"
    return a_plan(
        a_change(
            Action.UPDATE,
            "eu-1",
            a_key("Secret", "db"),
            edits=(
                an_edit("data.password", f"{mark}1", f"{mark}2", is_sensitive=True),
                an_edit("data.replica", None, f"{mark}2", is_added=True, is_sensitive=True),
            ),
        )
    )


def an_immutable_field() -> Plan:
    edit = an_edit("spec.clusterIP", "10.0.0.1", "None", is_immutable=True)
    return a_plan(
        a_change(Action.UPDATE, "eu-1", a_key("Service", "web"), edits=(edit,), position=MANIFEST)
    )


def a_recreation() -> Plan:
    edit = an_edit("spec.selector.matchLabels.app", "web", "web2", is_immutable=True)
    reason = "spec.selector.matchLabels.app cannot be changed in place"
    return a_plan(
        *(
            a_change(
                Action.RECREATE, name, edits=(edit,), reason=reason, position=MANIFEST, uid="u"
            )
            for name in ("eu-1", "eu-2")
        )
    )


def a_conflict() -> Plan:
    reason = "it belongs to another fleet; it is not touched"
    return a_plan(a_change(Action.CONFLICT, "eu-1", reason=reason, position=MANIFEST))


def adoption() -> Plan:
    return a_plan(a_change(Action.ADOPT, "eu-1", reason="it is equal to what is desired"))


def an_override_that_fails() -> Plan:
    problem = Diagnostic(
        code="RC301",
        message="OverridePolicy shop/edge rule 1: replace at '/spec/nothing' does not apply: the"
        " path is not there; on edge-1, edge-2",
        effect=Effect.NONE,
        position=EDGE_RULE,
        hint="the last rendered object stays on these clusters",
        subject="apps/Deployment shop/web",
    )
    return a_plan(
        a_change(Action.UPDATE, edits=(an_edit("spec.replicas", 1, 2),)), diagnostics=[problem]
    )


def warnings_only() -> Plan:
    problem = Diagnostic(
        code="RC120",
        message="the policy selects nothing",
        severity=Severity.WARNING,
        effect=Effect.NONE,
        position=Position("policies/idle.yaml", 1, 1),
    )
    return a_plan(diagnostics=[problem])


def no_inventory() -> Plan:
    note = "2 clusters have no inventory: assumed ready, every API served, capacity unknown"
    return a_plan(a_change(Action.CREATE, "new-1"), notes=[note])


def crds_and_webhooks() -> Plan:
    return a_plan(
        a_change(Action.CREATE, key=a_key("ValidatingWebhookConfiguration", "guard", "")),
        a_change(Action.CREATE, key=a_key("Widget", "w")),
        a_change(Action.CREATE, key=a_key("CustomResourceDefinition", "widgets.example.org", "")),
        a_change(Action.CREATE, key=a_key("Namespace", "shop", "")),
        a_change(Action.CREATE, key=a_key("ServiceAccount", "web")),
    )


def values_of_all_kinds() -> Plan:
    edits = (
        an_edit("metadata.annotations.note", "", " leading"),
        an_edit("spec.list", [1, 2], None, is_removed=True),
        an_edit("spec.map", None, {"b": 1, "a": [True, None]}, is_added=True),
        an_edit("spec.number", 1, 1.5),
        an_edit("spec.quoted", "true", YES),
        an_edit("spec.text", "a\nb", "x" * 300),
        an_edit("spec.unicode", "grün", "緑"),
    )

    return a_plan(a_change(Action.UPDATE, edits=edits))


def everything_at_once() -> Plan:
    bump = an_edit("spec.template.spec.containers[name=web].image", "web:1.4.1", "web:1.5.0")
    return a_plan(
        *(a_change(Action.UPDATE, name, edits=(bump,), position=MANIFEST) for name in many(34)),
        *(a_delete(name, uid="u") for name in ("b", "d")),
        a_delete("b", a_key("Service", "old"), uid="v"),
        a_change(Action.CONFLICT, "c", a_key("Service", "web"), reason="it belongs to Karmada"),
        a_change(Action.CREATE, "c", position=MANIFEST),
        config_new=STRICT,
        managed={"b": 10, "d": 10},
        placements=(
            a_placement({"a": 6, "b": 2}, {"a": 4, "c": 2}),
            a_placement({"a": 1}, {"a": 1}, key=a_key("Job", "import"), cause="Cluster a"),
        ),
        notes=["1 cluster has no inventory"],
    )


SCENARIOS: Final[tuple[Callable[[], Plan], ...]] = (
    nothing,
    image_bump,
    image_bump_on_a_thousand_clusters,
    weights_edited,
    cluster_drained,
    cluster_added,
    policy_swapped,
    overrides_reordered,
    some_clusters_differ,
    renamed,
    policies_and_their_override_deleted,
    deletions_over_budget,
    a_namespace_deleted,
    deletions_sliced_over_commits,
    deletions_approved,
    a_secret_changed,
    an_immutable_field,
    a_recreation,
    a_conflict,
    adoption,
    an_override_that_fails,
    warnings_only,
    no_inventory,
    crds_and_webhooks,
    values_of_all_kinds,
    everything_at_once,
)
