"""Commits that reviewers meet: a small fleet repo before, and what the commit changes in it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any, Final

from tests.review.repos import (
    GENEROUS,
    Files,
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

#: Before and after.
Story = tuple[Files, Files]

CANARY: Final = "canary-4f9b1c"
NEXT_CANARY: Final = "canary-77e0aa"
RECREATE: Final = "fleet-reconciler.io/recreate"

BASE: Final[Files] = {
    "reconciler.yaml": config(guards=GENEROUS),
    **clusters("eu-1", "eu-2", "us-1"),
    "shop/web.yaml": documents(deployment()),
    "shop/settings.yaml": documents(config_map(LOG_LEVEL="info")),
    "policies/web.yaml": documents(
        propagation(placement=weighted(eu_1=3, eu_2=2, us_1=1)),
        propagation("settings", "ConfigMap"),
    ),
}


def base(**files: str | None) -> Files:
    """The usual fleet; `policies__edge` stands for policies/edge.yaml."""
    more = {f"{name.replace('__', '/')}.yaml": text for name, text in files.items()}
    return {**BASE, **more}


def nothing_changes() -> Story:
    return BASE, {"README.md": "# Words\n"}


def the_first_commit() -> Story:
    return {"reconciler.yaml": config(guards=GENEROUS)}, BASE


def an_image_bumped() -> Story:
    image = "registry.example/shop/web:1.5.0"
    return BASE, {"shop/web.yaml": documents(deployment(image=image))}


def an_image_bumped_on_a_thousand_clusters() -> Story:
    names = [f"member-{number:04}" for number in range(1, 1001)]
    before = {
        "reconciler.yaml": config(guards=GENEROUS),
        **clusters(*names),
        "shop/web.yaml": documents(deployment()),
        "policies/web.yaml": documents(propagation()),
    }
    image = "registry.example/shop/web:1.5.0"
    return before, {"shop/web.yaml": documents(deployment(image=image))}


def weights_edited() -> Story:
    after = documents(
        propagation(placement=weighted(eu_1=1, eu_2=2, us_1=3)),
        propagation("settings", "ConfigMap"),
    )
    return BASE, {"policies/web.yaml": after}


def weights_edited_for_many() -> Story:
    names = [f"part-{number}" for number in range(1, 10)]
    objects = documents(*map(deployment, names))
    weights = weighted(eu_1=1, eu_2=2, us_1=3)
    after = documents(propagation(placement=weights), propagation("settings", "ConfigMap"))
    before = base(shop__web=objects, policies__web=BASE["policies/web.yaml"])
    return before, {"policies/web.yaml": after}


def a_policy_widened_to_many_clusters() -> Story:
    names = [f"edge-{number:02}" for number in range(1, 41)]

    def placed(*chosen: str) -> str:
        return documents(propagation(placement={"clusterAffinity": {"clusterNames": [*chosen]}}))

    before = {**BASE, **clusters(*names), "policies/web.yaml": placed(*names[:8])}
    return before, {"policies/web.yaml": placed(*names[7:])}


def a_cluster_drained() -> Story:
    taint = {"key": "maintenance", "value": "yes", "effect": "NoSchedule"}
    return BASE, {"clusters/eu-2.yaml": cluster("eu-2", region="eu", taints=[taint])}


def a_cluster_added() -> Story:
    return BASE, clusters("us-2")


def a_cluster_removed() -> Story:
    return BASE, {"clusters/eu-2.yaml": None}


def a_policy_swapped() -> Story:
    everywhere = cluster_propagation(
        "everywhere", placement={"clusterAffinity": {"clusterNames": ["eu-1", "us-1"]}}
    )
    after = documents(everywhere, propagation("settings", "ConfigMap"))
    return BASE, {"policies/web.yaml": after}


def a_priority_raised() -> Story:
    def narrow(priority: int) -> str:
        placement = {"clusterAffinity": {"clusterNames": ["us-1"]}}
        return documents(propagation("narrow", placement=placement, priority=priority))

    return base(policies__narrow=narrow(-1)), {"policies/narrow.yaml": narrow(7)}


def overrides_reordered() -> Story:
    gold = rule(labelsOverrider=[{"operator": "add", "value": {"tier": "gold"}}])
    silver = rule(
        ("eu-1", "eu-2"), labelsOverrider=[{"operator": "add", "value": {"tier": "silver"}}]
    )
    before = documents(override("tiers", gold, silver))
    return base(overrides__tiers=before), {
        "overrides/tiers.yaml": documents(override("tiers", silver, gold))
    }


def an_override_added() -> Story:
    one = rule(("eu-1",), plaintext=patch("/spec/replicas", 1))
    return BASE, {"overrides/edge.yaml": documents(override("edge", one))}


def an_override_removed() -> Story:
    registry = [{"component": "Registry", "operator": "replace", "value": "registry.eu.example"}]
    one = rule(("eu-1", "eu-2"), imageOverrider=registry)
    return base(overrides__eu=documents(override("eu", one))), {"overrides/eu.yaml": None}


def an_override_that_fails() -> Story:
    one = rule(("us-1",), plaintext=patch("/spec/nowhere/at/all", 1))
    return BASE, {"overrides/edge.yaml": documents(override("edge", one))}


def an_object_renamed() -> Story:
    return BASE, {"shop/settings.yaml": documents(config_map("settings-v2", LOG_LEVEL="info"))}


def an_object_deleted() -> Story:
    return BASE, {"shop/settings.yaml": None}


def policies_deleted_with_their_override() -> Story:
    one = rule(("eu-1",), plaintext=patch("/spec/replicas", 1))
    before = base(overrides__edge=documents(override("edge", one)))
    return before, {"policies/web.yaml": None, "overrides/edge.yaml": None}


def deletions_over_budget() -> Story:
    guards = {"perCluster": {"count": 1, "percent": 0}, "perFleet": {"count": 2, "percent": 0}}
    old = {f"shop/old-{number}.yaml": documents(config_map(f"old-{number}")) for number in range(3)}
    before = {**BASE, "reconciler.yaml": config(guards=guards), **old}
    return before, dict.fromkeys(old) | {"shop/web.yaml": documents(deployment(replicas=12))}


def deletions_over_budget_on_many_clusters() -> Story:
    guards = {"perCluster": {"count": 0, "percent": 0}, "perFleet": {"count": 2, "percent": 0}}
    names = [f"member-{number:03}" for number in range(1, 41)]
    before = {
        "reconciler.yaml": config(guards=guards),
        **clusters(*names),
        "shop/settings.yaml": documents(config_map(LOG_LEVEL="info")),
        "policies/settings.yaml": documents(propagation("settings", "ConfigMap")),
    }
    return before, {"shop/settings.yaml": None}


def a_namespace_deleted() -> Story:
    return base(shop__namespace=documents(namespace())), {"shop/namespace.yaml": None}


def a_namespace_declared() -> Story:
    return BASE, {"shop/namespace.yaml": documents(namespace(team="shop"))}


def a_secret_changed() -> Story:
    policy = documents(propagation("secrets", "Secret"))
    old, new = secret(password=CANARY, user="shop"), secret(password=NEXT_CANARY, user="shop")
    before = base(shop__token=documents(old), policies__secrets=policy)
    return before, {"shop/token.yaml": documents(new)}


def a_secret_copied_into_a_deployment() -> Story:
    policy = documents(propagation("secrets", "Secret"))
    before = base(shop__token=documents(secret(password=CANARY)), policies__secrets=policy)
    leak = deployment(env={"PASSWORD": CANARY, "URL": f"https://shop:{CANARY}@db.example"})
    return before, {"shop/web.yaml": documents(leak)}


def a_secret_in_many_places() -> Story:
    """The same two values in two Secrets, in a workload, and another one on one cluster."""
    policy = documents(propagation("secrets", "Secret"))

    def files(value: str, *, on_us: str, other: str) -> Files:
        encoded = base64.b64encode(on_us.encode()).decode()
        one = rule(("us-1",), plaintext=patch("/data/password", encoded))
        edge = override("token", one, kind="Secret")
        edge["spec"]["resourceSelectors"] = [selector("Secret", name="token")]
        return {
            "shop/token.yaml": documents(secret(password=value, user=other)),
            "shop/copy.yaml": documents(secret("copy", key=value)),
            "shop/web.yaml": documents(deployment(env={"PASSWORD": value, "USER": other})),
            "overrides/token.yaml": documents(edge),
        }

    before = files(CANARY, on_us=NEXT_CANARY, other="canary-user")
    after = files(NEXT_CANARY, on_us=CANARY, other="canary-user-2")
    return {**base(policies__secrets=policy), **before}, after


def an_immutable_field() -> Story:
    before = base(shop__service=documents(service()), policies__service=_services())
    return before, {
        "shop/service.yaml": documents(service(clusterIP="None")),
        "shop/web.yaml": documents(deployment(app="web2")),
    }


def a_recreation() -> Story:
    allowed = {RECREATE: "true"}
    before = base(shop__web=documents(deployment(annotations=allowed)))
    return before, {"shop/web.yaml": documents(deployment(annotations=allowed, app="web2"))}


def _services() -> str:
    return documents(propagation("services", "Service"))


def replicas_scaled() -> Story:
    return BASE, {"shop/web.yaml": documents(deployment(replicas=12))}


def divided_instead_of_duplicated() -> Story:
    before = base(policies__web=documents(propagation()))
    aggregated = {
        "replicaScheduling": {
            "replicaSchedulingType": "Divided",
            "replicaDivisionPreference": "Aggregated",
        }
    }
    return before, {"policies/web.yaml": documents(propagation(placement=aggregated))}


def a_spread_narrowed() -> Story:
    def spread(most: int) -> str:
        constraints = [{"spreadByField": "cluster", "minGroups": 1, "maxGroups": most}]
        return documents(propagation(placement={"spreadConstraints": constraints}))

    return base(policies__web=spread(3)), {"policies/web.yaml": spread(1)}


def a_dependency_brought_along() -> Story:
    placement = {"clusterAffinity": {"clusterNames": ["eu-1"]}}
    policy = documents(propagation(placement=placement, propagateDeps=True))
    before = base(policies__web=policy)
    return before, {"shop/web.yaml": documents(deployment(config_from="settings"))}


def a_definition_with_its_instance() -> Story:
    definition: dict[str, Any] = {
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
    instance = {
        "apiVersion": "shop.example/v1",
        "kind": "Promotion",
        "metadata": {"name": "summer", "namespace": "shop"},
        "spec": {"percent": 20},
    }
    return BASE, {
        "shop/promotions.yaml": documents(definition, instance),
        "policies/promotions.yaml": documents(
            cluster_propagation("promotions", "CustomResourceDefinition"),
            propagation("promotions", "Promotion"),
        ),
    }


def an_unreadable_document() -> Story:
    return BASE, {"shop/web.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: [}\n"}


def broken_settings() -> Story:
    broken = config(guards=GENEROUS, policyClame="best")
    return BASE, {
        "reconciler.yaml": broken,
        "shop/web.yaml": documents(deployment(replicas=12)),
    }


def a_folder_beyond_its_limits() -> Story:
    limits = [{"path": "shop", "clusters": ["eu-*"]}]
    return BASE, {
        "reconciler.yaml": config(guards=GENEROUS, limits=limits),
        "shop/web.yaml": documents(deployment(replicas=12)),
    }


def limits_loosened_by_who_needs_it() -> Story:
    def limited(*names: str) -> str:
        return config(guards=GENEROUS, limits=[{"path": "shop", "clusters": list(names)}])

    def placed(*names: str) -> str:
        return documents(propagation(placement={"clusterAffinity": {"clusterNames": [*names]}}))

    before = {**base(shop__settings=None), "reconciler.yaml": limited("eu-*")}
    return {**before, "policies/web.yaml": placed("eu-1")}, {
        "reconciler.yaml": limited("eu-*", "us-*"),
        "policies/web.yaml": placed("eu-1", "us-1"),
    }


def dispatching_suspended() -> Story:
    suspended = propagation(
        placement=weighted(eu_1=3, eu_2=2, us_1=1),
        suspension={"dispatchingOnClusters": {"clusterNames": ["us-1"]}},
    )
    return BASE, {
        "policies/web.yaml": documents(suspended, propagation("settings", "ConfigMap")),
        "shop/web.yaml": documents(deployment(image="registry.example/shop/web:1.5.0")),
    }


def ports_renumbered() -> Story:
    before = base(shop__service=documents(service()), policies__service=_services())
    return before, {"shop/service.yaml": documents(service(port=8080))}


def a_policy_that_selects_nothing() -> Story:
    wrong = propagation("orphan")
    wrong["spec"]["resourceSelectors"] = [selector("Deployment", name="wbe")]
    return BASE, {"policies/orphan.yaml": documents(wrong)}


SCENARIOS: Final[tuple[Callable[[], Story], ...]] = (
    nothing_changes,
    the_first_commit,
    an_image_bumped,
    an_image_bumped_on_a_thousand_clusters,
    weights_edited,
    weights_edited_for_many,
    a_policy_widened_to_many_clusters,
    a_cluster_drained,
    a_cluster_added,
    a_cluster_removed,
    a_policy_swapped,
    a_priority_raised,
    overrides_reordered,
    an_override_added,
    an_override_removed,
    an_override_that_fails,
    an_object_renamed,
    an_object_deleted,
    policies_deleted_with_their_override,
    deletions_over_budget,
    deletions_over_budget_on_many_clusters,
    a_namespace_deleted,
    a_namespace_declared,
    a_secret_changed,
    a_secret_copied_into_a_deployment,
    a_secret_in_many_places,
    an_immutable_field,
    a_recreation,
    replicas_scaled,
    divided_instead_of_duplicated,
    a_spread_narrowed,
    a_dependency_brought_along,
    a_definition_with_its_instance,
    an_unreadable_document,
    broken_settings,
    a_folder_beyond_its_limits,
    limits_loosened_by_who_needs_it,
    dispatching_suspended,
    ports_renumbered,
    a_policy_that_selects_nothing,
)
