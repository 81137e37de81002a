"""Which policy claims a template, why the others lost, and what may not be claimed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.match import PolicyIndex, claim, skip_reason
from reconciler.model.claim import Claim
from reconciler.model.config import FleetConfig
from reconciler.model.fleet import Template
from reconciler.model.policy import PolicyRef, PropagationPolicy
from tests.match.builders import a_policy, a_template, an_override

STICKY = FleetConfig(policy_claim="sticky")
PREEMPTING = replace(STICKY, feature_gates={"PropagationPolicyPreemption": True})


def claimed(
    *policies: PropagationPolicy,
    template: Template | None = None,
    previous: PolicyRef | None = None,
    config: FleetConfig | None = None,
) -> Claim | None:
    """The claim on a Deployment `shop/web`."""
    return claim(
        template or a_template(),
        PolicyIndex(policies),
        previous_claim=previous,
        config=config or FleetConfig(),
    )


def winner(*policies: PropagationPolicy, **more: Any) -> str:
    """Name of the policy that claims, `` for none."""
    found = claimed(*policies, **more)
    return found.policy.ref.name if found else ""


def test_explicit_priority_comes_before_how_specifically_a_policy_selects() -> None:
    assert winner(a_policy("general", priority=1), a_policy("named", {"name": "web"})) == "general"


def test_a_name_beats_labels_and_labels_beat_everything() -> None:
    by_label = a_policy("b-label", {"labelSelector": {"matchLabels": {"app": "web"}}})
    template = a_template(labels={"app": "web"})
    policies = [a_policy("a-all"), by_label]
    assert winner(*policies, template=template) == "b-label"
    assert winner(*policies, a_policy("c-name", {"name": "web"}), template=template) == "c-name"


def test_the_most_specific_selector_of_a_policy_counts() -> None:
    assert winner(a_policy("a"), a_policy("b", {}, {"name": "web"})) == "b"


def test_the_first_name_wins_among_equals() -> None:
    assert winner(a_policy("b"), a_policy("a"), a_policy("c")) == "a"


def test_policies_of_the_namespace_come_before_those_of_the_cluster() -> None:
    cluster = a_policy("cluster", {"name": "web"}, namespace="", priority=9)
    assert winner(cluster, a_policy("own")) == "own"
    assert winner(cluster, a_policy("other", namespace="elsewhere")) == "cluster"


def test_an_object_without_namespace_is_claimed_by_the_cluster_form_only() -> None:
    template = a_template(namespace="")
    assert winner(a_policy("own", namespace="x"), template=template) == ""
    assert winner(a_policy("cluster", namespace=""), template=template) == "cluster"


def test_a_frozen_policy_claims_nothing() -> None:
    assert winner(replace(a_policy("broken"), is_frozen=True)) == ""


def test_every_contender_says_why_it_lost() -> None:
    found = claimed(
        a_policy("winner", {"name": "web"}, priority=2),
        a_policy("lower", priority=1),
        a_policy("vaguer", priority=2),
        a_policy("zzz", {"name": "web"}, priority=2),
        a_policy("cluster", namespace="", priority=7),
    )
    assert found is not None
    ref = "PropagationPolicy shop/winner"
    assert {one.policy.name: one.loss for one in found.contenders} == {
        "winner": "",
        "zzz": f"{ref} comes first by name",
        "vaguer": f"{ref} selects it more specifically: by name over by kind",
        "lower": f"{ref} has a higher priority: 2 over 1",
        "cluster": f"{ref} selects it too and belongs to its namespace",
    }


def test_best_takes_the_template_from_the_policy_that_had_it() -> None:
    policies = a_policy("old"), a_policy("new", priority=1)
    assert winner(*policies, previous=policies[0].ref) == "new"


def test_sticky_leaves_the_template_where_it_is_and_says_so() -> None:
    old, new = a_policy("old"), a_policy("new", priority=1)
    found = claimed(old, new, previous=old.ref, config=STICKY)
    assert found is not None
    assert found.policy.ref.name == "old"
    assert found.contenders[0].loss == "PropagationPolicy shop/old has claimed it before"


def test_sticky_matches_afresh_when_the_policy_is_gone_or_selects_something_else() -> None:
    gone = a_policy("gone", {"name": "other"})
    assert winner(a_policy("new"), previous=gone.ref, config=STICKY) == "new"
    assert winner(gone, a_policy("new"), previous=gone.ref, config=STICKY) == "new"


def test_the_cluster_form_keeps_its_claim_when_it_sticks() -> None:
    held = a_policy("held", namespace="")
    found = claimed(held, a_policy("own"), previous=held.ref, config=STICKY)
    assert found is not None
    assert [one.loss for one in found.contenders] == [
        "ClusterPropagationPolicy held has claimed it before",
        "",
    ]


@pytest.mark.parametrize(
    ("challenger", "holder", "expected"),
    [
        (
            a_policy("new", {"name": "web"}, preemption="Always", priority=1),
            a_policy("old"),
            "new",
        ),
        (a_policy("new", {"name": "web"}, preemption="Always"), a_policy("old"), "old"),
        (a_policy("new", preemption="Always", priority=1), a_policy("old"), "old"),
        (a_policy("new", {"name": "web"}, priority=1), a_policy("old"), "old"),
        (
            a_policy("new", {"name": "web"}, preemption="Always"),
            a_policy("old", namespace="", priority=9),
            "new",
        ),
        (
            a_policy("new", {"name": "web"}, preemption="Always", priority=9, namespace=""),
            a_policy("old"),
            "old",
        ),
        (
            a_policy("new", {"name": "web"}, preemption="Always", priority=1, namespace=""),
            a_policy("old", namespace=""),
            "new",
        ),
    ],
)
def test_preemption_behind_its_gate(
    challenger: PropagationPolicy, holder: PropagationPolicy, expected: str
) -> None:
    assert winner(challenger, holder, previous=holder.ref, config=PREEMPTING) == expected
    assert winner(challenger, holder, previous=holder.ref, config=STICKY) == "old"


def test_a_claim_names_the_override_policies_that_are_missing() -> None:
    policy = a_policy("p", dependentOverrides=["there", "missing"])
    index = PolicyIndex([policy], [an_override("there"), an_override("missing", "elsewhere")])
    found = claim(a_template(), index, previous_claim=None, config=FleetConfig())
    assert found is not None
    assert found.missing_overrides == ("missing",)


@pytest.mark.parametrize(
    "template",
    [
        a_template(namespace="karmada-system"),
        a_template(namespace="karmada-es-member1"),
        a_template(namespace="kube-system"),
        a_template("Event", api_version="v1"),
        a_template("Event", api_version="events.k8s.io/v1"),
        a_template("Work", api_version="work.karmada.io/v1alpha1"),
        a_template(labels={"resourcetemplate.karmada.io/claimed-by": "mcs"}),
    ],
    ids=lambda template: str(template.key),
)
def test_what_no_policy_may_claim(template: Template) -> None:
    assert skip_reason(template, "kube-.*")
    selector = {"apiVersion": template.manifest.api_version, "kind": template.key.kind}
    assert winner(a_policy("p", selector, namespace=""), template=template) == ""


def test_skipped_namespaces_are_whole_names_and_may_be_none() -> None:
    assert skip_reason(a_template(namespace="my-kube-x"), "kube-.*") == ""
    assert skip_reason(a_template(namespace="kube-x"), "") == ""


def test_the_object_that_api_servers_make_themselves_is_never_claimed() -> None:
    template = a_template(
        "ConfigMap", "extension-apiserver-authentication", "kube-system", api_version="v1"
    )
    assert "itself" in skip_reason(template, "")
