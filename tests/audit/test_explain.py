"""Why an object is where it is: the chain from policy to field, read from one outcome."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from reconciler.audit.explanation import Explanation
from reconciler.audit.subject import named, parsed
from reconciler.cli.program import program
from reconciler.model.errors import SettingsInvalid
from reconciler.model.identity import ObjectKey
from reconciler.model.pointers import ABSENT, at, field_pointer, pointer_of, shown_path, touches
from reconciler.runtime.explaining import Explainer
from tests.review.repos import (
    GENEROUS,
    Files,
    FleetRepo,
    cluster,
    cluster_propagation,
    clusters,
    config,
    config_map,
    deployment,
    documents,
    namespace,
    override,
    patch,
    propagation,
    rule,
    secret,
    selector,
    service,
    weighted,
)

CANARY = "canary-9d1f"
TAINT = {"key": "edge", "value": "yes", "effect": "NoSchedule"}
REGISTRY = [{"component": "Registry", "operator": "replace", "value": "registry.eu.example"}]
FLEET: Files = {
    "reconciler.yaml": config(guards=GENEROUS),
    **clusters("eu-1", "eu-2", "us-1"),
    "clusters/edge-1.yaml": cluster("edge-1", region="edge", taints=[TAINT]),
    "shop/web.yaml": documents(deployment(replicas=6, config_from="settings")),
    "shop/settings.yaml": documents(config_map(LOG_LEVEL="info")),
    "shop/lonely.yaml": documents(config_map("lonely", a="b")),
    "shop/namespace.yaml": documents(namespace()),
    "shop/token.yaml": documents(secret(password=CANARY)),
    "shop/service.yaml": documents(service()),
    "policies/web.yaml": documents(
        propagation(placement=weighted(eu_1=3, eu_2=2, us_1=1), propagateDeps=True, priority=3),
        propagation("secrets", "Secret"),
    ),
    "policies/all.yaml": documents(
        cluster_propagation("all", "Deployment"),
        propagation("spread", "Service", placement={}),
    ),
    "overrides/eu.yaml": documents(
        override(
            "eu",
            rule(("eu-1", "eu-2"), imageOverrider=REGISTRY),
            rule(("eu-1",), plaintext=patch("/spec/replicas", 9)),
        ),
        override(
            "hidden",
            rule(plaintext=patch("/stringData/password", f"{CANARY}-2")),
            kind="Secret",
        ),
    ),
}
WEB = ObjectKey("apps", "Deployment", "shop", "web")


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> FleetRepo:
    made = FleetRepo(tmp_path_factory.mktemp("explain") / "fleet")
    made.commit(FLEET)
    return made


@pytest.fixture(scope="module")
def explainer(repo: FleetRepo) -> Explainer:
    return Explainer(repo.repository)


def run(repo: FleetRepo, *arguments: str) -> Result:
    return CliRunner().invoke(program, [*arguments, "--repo", str(Path(repo.git.path))])


def of_cluster(found: Explanation, name: str) -> Any:
    return next(one for one in found.clusters if one.cluster == name)


def test_every_policy_that_wanted_it_says_why_it_lost(explainer: Explainer) -> None:
    found = explainer.explain("Deployment/web")
    winner, loser = found.candidates
    assert (str(winner.contender.policy), winner.contender.loss) == (
        "PropagationPolicy shop/web",
        "",
    )
    assert winner.position.path == "policies/web.yaml"
    assert str(loser.contender.policy) == "ClusterPropagationPolicy all"
    assert "belongs to its namespace" in loser.contender.loss


def test_every_cluster_has_a_verdict(explainer: Explainer) -> None:
    (attempt,) = explainer.explain("Deployment/web").attempts
    verdicts = {one.cluster: one for one in attempt.verdicts}
    assert set(verdicts) == {"edge-1", "eu-1", "eu-2", "us-1"}
    assert verdicts["edge-1"].plugin == "TaintToleration"
    assert verdicts["eu-1"].reason == ""
    assert any("Divide 6 replicas by StaticWeight" in step.title for step in attempt.steps)


def test_weights_and_shares_stand_beside_each_cluster(explainer: Explainer) -> None:
    found = explainer.explain("Deployment/web")
    rows = {one.cluster: (one.weight, one.replicas, one.is_target) for one in found.clusters}
    assert rows == {
        "edge-1": (0, 0, False),
        "eu-1": (3, 3, True),
        "eu-2": (2, 2, True),
        "us-1": (1, 1, True),
    }


def test_overrides_are_told_in_order_with_what_each_changed(explainer: Explainer) -> None:
    found = explainer.explain("Deployment/web", cluster="eu-1")
    first, second = of_cluster(found, "eu-1").overrides
    assert (first.rule, second.rule) == (1, 2)
    (image,) = first.operations
    assert image.before == "registry.example/shop/web:1.4.1"
    assert image.after == "registry.eu.example/shop/web:1.4.1"
    assert second.operations[0].after == 9
    lines = FLEET["overrides/eu.yaml"]
    assert lines is not None
    pointed = lines.splitlines()[second.position.line - 1]
    assert pointed.lstrip().startswith("- targetCluster") or "targetCluster" in pointed


def test_a_field_tells_everything_that_set_it(explainer: Explainer) -> None:
    found = explainer.explain("Deployment/web", path="spec.replicas")
    (on_eu,) = of_cluster(found, "eu-1").fields
    assert on_eu.value == 9
    assert [step.source for step in on_eu.steps] == ["template", "OverridePolicy shop/eu rule 2"]
    (on_us,) = of_cluster(found, "us-1").fields
    assert [(step.source, step.value) for step in on_us.steps] == [
        ("template", 6),
        ("placement by PropagationPolicy shop/web", 1),
    ]
    assert str(on_us.steps[0].position).startswith("shop/web.yaml:")


def test_what_nobody_wrote_is_a_default(explainer: Explainer) -> None:
    found = explainer.explain("Service/web", path="spec.ports[port=80].protocol")
    (field,) = of_cluster(found, "us-1").fields
    assert (field.value, field.steps[0].source) == ("TCP", "default of the API server")


def test_everything_below_a_field_is_told(explainer: Explainer) -> None:
    found = explainer.explain("Deployment/web", cluster="us-1", path="spec.template.spec")
    paths = [field.path for field in of_cluster(found, "us-1").fields]
    assert "spec.template.spec.containers[0].image" in paths
    assert paths == sorted(paths)


def test_a_dependency_names_what_requires_it(explainer: Explainer) -> None:
    found = explainer.explain("ConfigMap/settings")
    assert found.required_by == ("apps/Deployment shop/web",)
    assert "required by apps/Deployment shop/web" in of_cluster(found, "eu-1").why
    assert found.candidates == ()


def test_what_no_policy_selects_says_why(explainer: Explainer) -> None:
    found = explainer.explain("ConfigMap/lonely")
    assert found.unclaimed == ("no policy has a selector for v1 ConfigMap",)
    assert "stays in Git" in found.verdict


def test_a_namespace_goes_everywhere_by_itself(explainer: Explainer) -> None:
    found = explainer.explain("Namespace/shop")
    assert all(one.is_target for one in found.clusters)
    assert "by itself" in found.verdict


@pytest.mark.parametrize("output", ["text", "json"])
@pytest.mark.parametrize("field", ["stringData", "data", ""])
def test_no_secret_is_explained(repo: FleetRepo, field: str, output: str) -> None:
    result = run(repo, "explain", "Secret/token", "--field", field, "--output", output)
    assert result.exit_code == 0, result.output
    assert CANARY not in result.output


def test_why_not_names_the_filter(explainer: Explainer) -> None:
    found = explainer.why_not("Deployment/web", "edge-1")
    assert not found.is_there
    assert found.reasons[0].startswith("TaintToleration: ")
    assert found.position.path == "policies/web.yaml"


@pytest.mark.parametrize(
    ("subject", "place", "reason"),
    [
        ("Deployment/web", "eu-1", "it is placed there with 3 replicas"),
        ("Deployment/web", "mars-1", "the fleet has no cluster mars-1"),
        ("ConfigMap/lonely", "eu-1", "no policy claims it and nothing requires it"),
        ("ConfigMap/settings", "edge-1", "none of that goes there"),
    ],
)
def test_why_not_has_an_answer(explainer: Explainer, subject: str, place: str, reason: str) -> None:
    assert reason in " ".join(explainer.why_not(subject, place).reasons)


def test_why_not_names_what_a_selector_misses(repo: FleetRepo) -> None:
    narrow = propagation("narrow", "ConfigMap")
    narrow["spec"]["resourceSelectors"] = [selector("ConfigMap", name="other")]
    labelled = propagation("labelled", "ConfigMap")
    labels = {"matchLabels": {"a": "b"}}
    labelled["spec"]["resourceSelectors"] = [selector("ConfigMap", labelSelector=labels)]
    repo.commit({"policies/narrow.yaml": documents(narrow, labelled)})
    try:
        reasons = " ".join(Explainer(repo.repository).why_not("ConfigMap/lonely", "eu-1").reasons)
    finally:
        repo.commit({"policies/narrow.yaml": None})
    assert "it selects the name other" in reasons
    assert "its label selector does not match" in reasons


def test_why_not_tells_of_limits(repo: FleetRepo) -> None:
    limits = [{"path": "shop", "clusters": ["eu-*"]}]
    repo.commit({"reconciler.yaml": config(guards=GENEROUS, limits=limits)})
    try:
        reasons = " ".join(Explainer(repo.repository).why_not("Deployment/web", "us-1").reasons)
    finally:
        repo.commit({"reconciler.yaml": FLEET["reconciler.yaml"]})
    assert "RC090" in reasons


def test_impact_of_a_policy_is_what_it_claims_and_wants(explainer: Explainer) -> None:
    (own,) = explainer.impact("PropagationPolicy/web")
    assert [(str(one.key), one.how, one.clusters) for one in own.touched] == [
        (str(WEB), "claimed", ("eu-1", "eu-2", "us-1")),
        ("ConfigMap shop/settings", "brought along as a dependency", ("eu-1", "eu-2", "us-1")),
    ]
    (other,) = explainer.impact("ClusterPropagationPolicy/all")
    assert other.touched[0].how.startswith("wanted, but ")


def test_impact_of_an_override_names_rules_and_clusters(explainer: Explainer) -> None:
    (found,) = explainer.impact("OverridePolicy/eu")
    assert [(one.how, one.clusters) for one in found.touched] == [
        ("overridden by rule 1", ("eu-2",)),
        ("overridden by rules 1, 2", ("eu-1",)),
    ]


@pytest.mark.parametrize(
    ("path", "causes"),
    [
        ("policies/web.yaml", ["PropagationPolicy shop/web", "PropagationPolicy shop/secrets"]),
        ("clusters/eu-1.yaml", ["Cluster eu-1"]),
        ("shop/web.yaml", ["apps/Deployment shop/web"]),
        ("reconciler.yaml", ["FleetConfig"]),
    ],
)
def test_impact_of_a_file_is_that_of_its_documents(
    explainer: Explainer, path: str, causes: list[str]
) -> None:
    found = explainer.impact(path)
    assert [one.cause for one in found] == causes
    assert all(one.touched for one in found)


def test_impact_of_a_template_includes_what_it_brings_along(explainer: Explainer) -> None:
    (found,) = explainer.impact("shop/web.yaml")
    assert {str(one.key): one.how for one in found.touched} == {
        "apps/Deployment shop/web": "rendered",
        "ConfigMap shop/settings": "brought along as a dependency",
    }


HPA = {
    "apiVersion": "autoscaling.karmada.io/v1alpha1",
    "kind": "FederatedHPA",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "minReplicas": 1,
        "maxReplicas": 9,
        "metrics": [
            {
                "type": "Resource",
                "resource": {
                    "name": "cpu",
                    "target": {"type": "Utilization", "averageUtilization": 60},
                },
            }
        ],
    },
}
REBALANCER = {
    "apiVersion": "apps.karmada.io/v1alpha1",
    "kind": "WorkloadRebalancer",
    "metadata": {"name": "again"},
    "spec": {
        "workloads": [
            {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "namespace": "shop"}
        ]
    },
}
CUSTOMIZATION = {
    "apiVersion": "config.karmada.io/v1alpha1",
    "kind": "ResourceInterpreterCustomization",
    "metadata": {"name": "services"},
    "spec": {
        "target": {"apiVersion": "v1", "kind": "Service"},
        "customizations": {
            "healthInterpretation": {
                "luaScript": "function InterpretHealth(object) return true end"
            }
        },
    },
}
WEBHOOK = {
    "apiVersion": "config.karmada.io/v1alpha1",
    "kind": "ResourceInterpreterWebhookConfiguration",
    "metadata": {"name": "asked"},
    "webhooks": [
        {
            "name": "asked.shop.example",
            "clientConfig": {"url": "https://asked.shop.example"},
            "interpreterContextVersions": ["v1alpha1"],
            "rules": [
                {
                    "operations": ["InterpretHealth"],
                    "apiGroups": [""],
                    "apiVersions": ["v1"],
                    "kinds": ["Service"],
                }
            ],
        }
    ],
}
DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "promotions.shop.example"},
    "spec": {
        "group": "shop.example",
        "scope": "Namespaced",
        "names": {"plural": "promotions", "singular": "promotion", "kind": "Promotion"},
        "versions": [{"name": "v1", "served": True, "storage": True}],
    },
}
PROMOTION = {
    "apiVersion": "shop.example/v1",
    "kind": "Promotion",
    "metadata": {"name": "summer", "namespace": "shop"},
}


@pytest.mark.parametrize(
    ("document", "touched"),
    [
        (HPA, {"apps/Deployment shop/web": "scaled by it"}),
        (REBALANCER, {"apps/Deployment shop/web": "scheduled anew by it"}),
        (CUSTOMIZATION, {"Service shop/web": "interpreted by its scripts"}),
        (WEBHOOK, {"Service shop/web": "interpreted by its webhook"}),
        (DEFINITION, {"shop.example/Promotion shop/summer": "of the kind that it defines"}),
    ],
    ids=lambda one: one.get("kind", ""),
)
def test_impact_knows_every_kind_of_document(
    tmp_path: Path, document: dict[str, Any], touched: dict[str, str]
) -> None:
    repo = FleetRepo(tmp_path / "fleet")
    crd = {} if document is DEFINITION else {"crd.yaml": documents(DEFINITION)}
    more = {"one.yaml": documents(document), "summer.yaml": documents(PROMOTION)}
    repo.commit({**FLEET, **crd, **more})
    (found,) = Explainer(repo.repository).impact("one.yaml")
    assert touched.items() <= {str(one.key): one.how for one in found.touched}.items()


@pytest.mark.parametrize("subject", ["nope", "Deployment/nope", "/", "Deployment/"])
def test_what_is_not_there_is_refused(explainer: Explainer, subject: str) -> None:
    with pytest.raises(SettingsInvalid):
        explainer.explain(subject)


def test_json_says_what_text_says(repo: FleetRepo) -> None:
    document = json.loads(run(repo, "explain", "deployments/web", "--output", "json").stdout)
    assert document["policies"][0]["loss"] == ""
    assert {one["cluster"] for one in document["attempts"][0]["verdicts"]} >= {"edge-1", "eu-1"}
    text = run(repo, "explain", "Deployment/web").stdout
    assert "WON" in text
    assert "refused by TaintToleration" in text
    assert "is not on edge-1" in run(repo, "why-not", "Deployment/web", "edge-1").stdout
    assert "claimed on eu-1, eu-2, us-1" in run(repo, "impact", "policies/web.yaml").stdout


def test_an_explanation_tells_alike_clusters_once(repo: FleetRepo) -> None:
    lines = run(repo, "explain", "Service/web").stdout.splitlines()
    assert "  + eu-1, eu-2, us-1" in lines
    assert "Replicas: none; every chosen cluster gets the whole object" in lines
    assert not [line for line in lines if line.startswith("Divide")]


def test_a_question_about_a_field_is_answered_with_fields(repo: FleetRepo) -> None:
    lines = run(repo, "explain", "Deployment/web", "--field", "spec.replicas").stdout.splitlines()
    assert lines[1:4] == [
        "  eu-1:",
        "      spec.replicas = 9",
        "        template: 6  shop/web.yaml:9:3",
    ]
    assert not [line for line in lines if "Filters" in line]


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Deployment/web", ("", "Deployment", "web")),
        ("apps/Deployment/web", ("apps", "Deployment", "web")),
        ("deployments.apps/web", ("apps", "deployments", "web")),
    ],
)
def test_objects_are_named_in_the_usual_ways(subject: str, expected: tuple[str, str, str]) -> None:
    assert parsed(subject) == expected
    assert named([WEB, WEB._replace(name="other")], subject) == (WEB,)


BODY = {"spec": {"list": [{"name": "a", "x": 1}, {"name": "b", "x": 2}], "a.b/c": {"d": 3}}}


@pytest.mark.parametrize(
    ("path", "pointer", "value"),
    [
        ("spec.list[name=b].x", ("spec", "list", 1, "x"), 2),
        ("spec.list[0].x", ("spec", "list", 0, "x"), 1),
        ('spec["a.b/c"].d', ("spec", "a.b/c", "d"), 3),
        ("/spec/a.b~1c/d", ("spec", "a.b/c", "d"), 3),
        ("spec.list[name=z].x", ("spec", "list", "name=z", "x"), ABSENT),
        ("spec.list[9]", ("spec", "list", 9), ABSENT),
    ],
)
def test_paths_lead_to_fields(path: str, pointer: tuple[Any, ...], value: Any) -> None:
    assert field_pointer(path, BODY) == pointer
    assert at(BODY, pointer) == value


def test_paths_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="no path"):
        field_pointer("spec[", BODY)


def test_pointers_touch_what_is_above_and_below() -> None:
    assert touches(("spec",), ("spec", "replicas"))
    assert touches(("spec", "replicas"), ("spec",))
    assert not touches(("spec", "a"), ("spec", "b"))
    assert pointer_of("/spec/list/-", BODY) == ("spec", "list", 2)
    assert shown_path(("spec", "list", 0, "a.b")) == 'spec.list[0]["a.b"]'
