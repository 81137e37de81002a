"""Memory is only speed: whatever happens to a fleet, an engine with memory decides as a fresh one,
and so does a fresh one that is told which renderings succeeded before.

Strategy: files of a small fleet are edited at random, and after every edit all engines make the
offline plan from the commit before and the pass over members that hold what was last applied.
Everything that comes out is compared, down to bytes; texts of values tell 1 from true and 1.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.cycle import Engine
from reconciler.model.binding import EvictionTask
from reconciler.model.fleet import Fleet
from reconciler.model.source import EntryKind, SourceFile
from reconciler.model.world import Observed, Outcome, State, World
from reconciler.parse import ParseMemory, parse_fleet
from reconciler.parse.decode import encode_binding_state

Document = dict[str, Any]
Files = dict[str, Document | str]

CLUSTERS = [f"m{number}" for number in range(4)]
FEW = st.integers(0, 2)
NAMES = st.sampled_from(["a", "b", "c", "d"])
LABELS = st.fixed_dictionaries({}, optional={"tier": st.sampled_from(["web", "db"])})
SELECTED = st.sampled_from(
    [
        {"apiVersion": "apps/v1", "kind": "Deployment"},
        {"apiVersion": "apps/v1", "kind": "Deployment", "name": "a"},
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "labelSelector": {"matchLabels": {"tier": "web"}},
        },
        {"apiVersion": "v1", "kind": "ConfigMap"},
        {"apiVersion": "v1", "kind": "ConfigMap", "name": "b"},
        {"apiVersion": "v1", "kind": "ConfigMap", "labelSelector": {"matchLabels": {"new": "y"}}},
    ]
)
AFFINITY = st.sampled_from(
    [
        {},
        {"clusterNames": ["m0", "m2"]},
        {"exclude": ["m1"]},
        {"labelSelector": {"matchLabels": {"env": "prod"}}},
        {
            "fieldSelector": {
                "matchExpressions": [{"key": "region", "operator": "In", "values": ["eu"]}]
            }
        },
    ]
)
SCHEDULING = st.sampled_from(
    [
        None,
        {"replicaSchedulingType": "Duplicated"},
        {
            "replicaSchedulingType": "Divided",
            "replicaDivisionPreference": "Weighted",
            "weightPreference": {
                "staticWeightList": [
                    {
                        "targetCluster": {"labelSelector": {"matchLabels": {"env": "prod"}}},
                        "weight": 2,
                    },
                    {"targetCluster": {"clusterNames": ["m0", "m1"]}, "weight": 1},
                ]
            },
        },
    ]
)
SPREAD = st.sampled_from(
    [
        [],
        [{"spreadByField": "cluster", "minGroups": 1, "maxGroups": 2}],
        [{"spreadByField": "region"}],
    ]
)
OVERRIDERS = st.sampled_from(
    [
        {"labelsOverrider": [{"operator": "add", "value": {"new": "y"}}]},
        {"annotationsOverrider": [{"operator": "add", "value": {"note": "x"}}]},
        {"plaintext": [{"path": "/spec/replicas", "operator": "replace", "value": 7}]},
        {"plaintext": [{"path": "/data/absent/deep", "operator": "replace", "value": "x"}]},
        {"imageOverrider": [{"component": "Tag", "operator": "replace", "value": "9"}]},
    ]
)


@st.composite
def workloads(draw: st.DrawFn) -> tuple[str, Document]:
    """A Deployment that mounts a ConfigMap."""
    name = draw(NAMES)
    pod = {
        "containers": [{"name": "main", "image": f"shop/{name}:{draw(FEW)}"}],
        "volumes": [{"name": "v", "configMap": {"name": draw(NAMES)}}],
    }
    return f"workload-{name}.yaml", {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "shop", "labels": draw(LABELS)},
        "spec": {
            "replicas": draw(st.integers(0, 6)),
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": pod},
        },
    }


@st.composite
def config_maps(draw: st.DrawFn) -> tuple[str, Document]:
    """A ConfigMap."""
    name = draw(NAMES)
    return f"map-{name}.yaml", {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "shop", "labels": draw(LABELS)},
        "data": {"value": str(draw(FEW))},
    }


@st.composite
def namespaces(draw: st.DrawFn) -> tuple[str, Document]:
    """A Namespace, which goes everywhere by itself."""
    name = draw(st.sampled_from(["shop", "other"]))
    metadata = {"name": name, "labels": {"round": str(draw(FEW))}}
    return f"space-{name}.yaml", {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


@st.composite
def definitions(draw: st.DrawFn) -> tuple[str, Document]:
    """A custom resource definition: what is placed with it counts as served."""
    spec = {
        "group": "shop.example",
        "scope": "Namespaced",
        "names": {"kind": "Cart", "plural": "carts"},
        "versions": [
            {
                "name": "v1",
                "served": draw(st.booleans()),
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object"}},
            }
        ],
    }
    return "definition.yaml", {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "carts.shop.example"},
        "spec": spec,
    }


@st.composite
def policies(draw: st.DrawFn) -> tuple[str, Document]:
    """A propagation policy of either scope."""
    name, is_wide = draw(NAMES), draw(st.booleans())
    selectors = draw(st.lists(SELECTED, min_size=1, max_size=2))
    if is_wide:
        selectors = [
            *selectors,
            {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"},
        ]
    placement = {
        "clusterAffinity": draw(AFFINITY),
        "spreadConstraints": draw(SPREAD),
        **({"replicaScheduling": one} if (one := draw(SCHEDULING)) else {}),
    }
    spec = {
        "resourceSelectors": selectors,
        "placement": placement,
        "priority": draw(FEW),
        "propagateDeps": draw(st.booleans()),
        "conflictResolution": draw(st.sampled_from(["Abort", "Overwrite"])),
        **draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "activationPreference": st.just("Lazy"),
                    "dependentOverrides": st.just(["b"]),
                    "preserveResourcesOnDeletion": st.just(True),
                    "suspension": st.just({"dispatchingOnClusters": {"clusterNames": ["m0"]}}),
                },
            )
        ),
    }
    kind = "ClusterPropagationPolicy" if is_wide else "PropagationPolicy"
    metadata = {"name": name} if is_wide else {"name": name, "namespace": "shop"}
    return f"{kind}-{name}.yaml", {
        "apiVersion": "policy.karmada.io/v1alpha1",
        "kind": kind,
        "metadata": metadata,
        "spec": spec,
    }


@st.composite
def overrides(draw: st.DrawFn) -> tuple[str, Document]:
    """An override policy of either scope."""
    name, is_wide = draw(NAMES), draw(st.booleans())
    rules = draw(
        st.lists(
            st.fixed_dictionaries({"targetCluster": AFFINITY, "overriders": OVERRIDERS}),
            min_size=1,
            max_size=2,
        )
    )
    kind = "ClusterOverridePolicy" if is_wide else "OverridePolicy"
    selectors = draw(st.lists(SELECTED, max_size=2))
    return f"{kind}-{name}.yaml", {
        "apiVersion": "policy.karmada.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": name} if is_wide else {"name": name, "namespace": "shop"},
        "spec": {
            **({"resourceSelectors": selectors} if selectors else {}),
            "overrideRules": rules,
        },
    }


@st.composite
def clusters(draw: st.DrawFn) -> tuple[str, Document]:
    """A member, its labels, fields and taints."""
    name = draw(st.sampled_from(CLUSTERS))
    taint = {"key": "drain", "effect": draw(st.sampled_from(["NoSchedule", "NoExecute"]))}
    return f"cluster-{name}.yaml", {
        "apiVersion": "cluster.karmada.io/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": name, "labels": {"env": draw(st.sampled_from(["prod", "test"]))}},
        "spec": {
            "syncMode": "Push",
            "region": draw(st.sampled_from(["eu", "us"])),
            "taints": [taint] if draw(st.integers(0, 4)) == 0 else [],
        },
    }


@st.composite
def configs(draw: st.DrawFn) -> tuple[str, Document]:
    """Settings that decide, and some that do not."""
    gates = draw(
        st.dictionaries(
            st.sampled_from(["PropagateDeps", "WorkloadAffinity", "PriorityBasedScheduling"]),
            st.booleans(),
            max_size=1,
        )
    )
    return "reconciler.yaml", {
        "apiVersion": "fleet-reconciler.io/v1alpha1",
        "kind": "FleetConfig",
        "fleetId": "law",
        "policyClaim": draw(st.sampled_from(["best", "sticky"])),
        "namespaces": draw(st.sampled_from(["all", "used"])),
        "onPolicyRemoved": draw(st.sampled_from(["prune", "keep"])),
        "guards": {"perFleet": {"count": draw(st.sampled_from([1, 50])), "percent": 5}},
        "featureGates": gates,
        "limits": draw(st.sampled_from([[], [{"path": "/map-a.yaml", "clusters": ["m0"]}]])),
    }


@st.composite
def customizations(draw: st.DrawFn) -> tuple[str, Document]:
    """Another meaning of Deployments."""
    script = f"""
function GetReplicas(obj)
  return obj.spec.replicas + {draw(FEW)}, {{}}
end
"""
    return "customization.yaml", {
        "apiVersion": "config.karmada.io/v1alpha1",
        "kind": "ResourceInterpreterCustomization",
        "metadata": {"name": "deployments"},
        "spec": {
            "target": {"apiVersion": "apps/v1", "kind": "Deployment"},
            "customizations": {"replicaResource": {"luaScript": script}},
        },
    }


WRITTEN = st.one_of(
    workloads(),
    workloads(),
    config_maps(),
    namespaces(),
    definitions(),
    policies(),
    policies(),
    overrides(),
    overrides(),
    clusters(),
    configs(),
    customizations(),
)
EDITS = st.one_of(
    st.tuples(st.just("write"), WRITTEN),
    st.tuples(st.just("write"), WRITTEN),
    st.tuples(st.just("write"), WRITTEN),
    st.tuples(st.just("remove"), st.integers(0, 30)),
    st.tuples(st.just("move"), st.integers(0, 30)),
    st.tuples(st.just("break"), st.integers(0, 30)),
    st.tuples(st.just("apply"), st.none()),
    st.tuples(st.just("evict"), st.integers(0, 30)),
    st.tuples(st.just("forget"), st.integers(0, 30)),
)


@dataclass
class Side:
    """One way to reconcile: with everything remembered, or with nothing, or with nothing but what
    is known of renderings on disk.
    """

    remembers: bool
    disk: dict[str, Any] | None = None
    engine: Engine = field(default_factory=Engine)
    parsed: ParseMemory = field(default_factory=ParseMemory)
    last: Fleet | None = None

    def fleet(self, files: Files, revision: str, previous: Fleet | None) -> Fleet:
        """The fleet that files say."""
        parsed = self.parsed if self.remembers else ParseMemory()
        tree = source(files)
        return parse_fleet(
            tree,
            revision=revision,
            previous=previous,
            previous_paths=frozenset(tree),
            memory=parsed,
        )

    def reconcile(self, world: World, now: str) -> Outcome:
        """One cycle."""
        engine = self.engine if self.remembers else Engine()
        known = engine.memory.rendering.known
        if self.disk is not None:
            known.is_on, known.earlier = True, orjson.loads(orjson.dumps(self.disk))
        outcome = engine.reconcile(world, now)
        if self.disk is not None:
            self.disk |= known.used
        return outcome


def source(files: Files) -> dict[str, SourceFile]:
    """Files as a tree of blobs."""
    found = {}
    for path, document in files.items():
        data = document.encode() if isinstance(document, str) else orjson.dumps(document)
        found[path] = SourceFile(
            path=path, oid=sha256(data).hexdigest(), size=len(data), kind=EntryKind.BLOB, data=data
        )
    return found


def start() -> Files:
    """A fleet in which something happens."""
    files: Files = {}
    for name in CLUSTERS[:3]:
        files[f"cluster-{name}.yaml"] = {
            "apiVersion": "cluster.karmada.io/v1alpha1",
            "kind": "Cluster",
            "metadata": {"name": name, "labels": {"env": "prod" if name == "m0" else "test"}},
            "spec": {"syncMode": "Push", "region": "eu" if name == "m1" else "us"},
        }
    files["reconciler.yaml"] = {
        "apiVersion": "fleet-reconciler.io/v1alpha1",
        "kind": "FleetConfig",
        "fleetId": "law",
    }
    files["map-a.yaml"] = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "a", "namespace": "shop"},
        "data": {"value": "0"},
    }
    files["workload-a.yaml"] = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "a", "namespace": "shop", "labels": {"tier": "web"}},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "a"}},
            "template": {
                "metadata": {"labels": {"app": "a"}},
                "spec": {
                    "containers": [{"name": "main", "image": "shop/a:1"}],
                    "volumes": [{"name": "v", "configMap": {"name": "a"}}],
                },
            },
        },
    }
    files["PropagationPolicy-a.yaml"] = {
        "apiVersion": "policy.karmada.io/v1alpha1",
        "kind": "PropagationPolicy",
        "metadata": {"name": "a", "namespace": "shop"},
        "spec": {
            "resourceSelectors": [{"apiVersion": "apps/v1", "kind": "Deployment"}],
            "placement": {"clusterAffinity": {}},
            "propagateDeps": True,
        },
    }
    return files


def edited(files: Files, edit: tuple[str, Any]) -> Files:
    """The files after one edit; edits of the state leave them alone."""
    verb, subject = edit
    if verb == "write":
        path, document = subject
        return {**files, path: document}
    if verb not in {"remove", "move", "break"}:
        return files
    path = sorted(files)[subject % len(files)]
    rest = {name: document for name, document in files.items() if name != path}
    if verb == "move" and path != "reconciler.yaml":
        return {**rest, f"moved-{path}": files[path]}
    if verb == "break":
        return {**rest, path: "a: [\n"}
    return rest if path != "reconciler.yaml" else files


def stated(state: State, outcome: Outcome, edit: tuple[str, Any]) -> State:
    """The state after one edit; most leave it alone."""
    verb, subject = edit
    if verb == "apply":
        return outcome.state
    keys = sorted(state.bindings)
    if verb not in {"evict", "forget"} or not keys:
        return state
    key = keys[subject % len(keys)]
    bindings = dict(state.bindings)
    if verb == "forget":
        del bindings[key]
    else:
        task = EvictionTask(
            from_cluster=CLUSTERS[subject % len(CLUSTERS)],
            purge_mode="Graciously",
            created="2026-01-01T00:00:00Z",
        )
        bindings[key] = replace(bindings[key], eviction_tasks=(task,))
    return replace(state, bindings=bindings)


def observed(outcome: Outcome) -> dict[str, Observed | None]:
    """Members that hold exactly what an outcome rendered."""
    return {
        cluster.name: Observed(
            objects={
                key: orjson.loads(work.manifest_bytes())
                for key, work in outcome.works.get(cluster.name, {}).items()
            }
        )
        for cluster in outcome.clusters
    }


def said(outcome: Outcome) -> dict[str, Any]:
    """Everything that comes out of a cycle, as text and bytes."""
    return {
        "fleet": outcome.fleet.revision,
        "works": {
            cluster: {key: (repr(work), work.manifest_bytes()) for key, work in works.items()}
            for cluster, works in outcome.works.items()
        },
        "overrides": {
            key: {name: repr(applied) for name, applied in by_cluster.items()}
            for key, by_cluster in outcome.overrides.items()
        },
        "placed": [repr(one) for one in outcome.placed.values()],
        "bindings": {
            key: orjson.dumps(encode_binding_state(one.remembered, one.binding))
            for key, one in outcome.placed.items()
        },
        "claims": repr(outcome.claims),
        "clusters": repr(outcome.clusters),
        "plan": repr(outcome.plan),
        "payloads": [one.payload for one in outcome.plan.changes],
        "state": state_said(outcome.state),
        "rest": repr(
            (
                outcome.removed,
                sorted(outcome.frozen_keys),
                sorted(outcome.frozen_clusters.items()),
                outcome.is_held,
                outcome.diagnostics,
                outcome.questions,
                outcome.next_wake,
            )
        ),
    }


def state_said(state: State) -> tuple[Any, ...]:
    """A state as text."""
    return (
        repr(state.bindings),
        {name: sorted(keys) for name, keys in state.recorded.items()},
        repr((state.applied_revision, state.fleet_id, state.member_uids, state.deletions)),
        sorted(state.approved),
        sorted(state.approved_deletes),
        repr(state.clocks),
    )


def require_equal(mine: Mapping[str, Any], fresh: Mapping[str, Any]) -> None:
    """Part by part, for a short message."""
    for part, value in fresh.items():
        assert mine[part] == value, part


@settings(deadline=None)
@given(st.lists(EDITS, min_size=1, max_size=6))
def test_an_engine_with_memory_decides_as_a_fresh_one(edits: list[tuple[str, Any]]) -> None:
    cold = Side(remembers=False)
    sides = (cold, Side(remembers=True), Side(remembers=False, disk={}))
    files, state = start(), State()
    held: dict[str, Observed | None] = {}
    for number, edit in enumerate([("apply", None), *edits]):
        now = f"2026-01-01T00:0{number}:00Z"
        files = edited(files, edit)
        fresh: list[dict[str, Any]] = []
        for side in sides:
            last = side.last
            fleet = side.fleet(files, f"r{number}", last)
            before = World(fleet=last or Fleet(), state=state, is_offline=True)
            base = side.reconcile(before, now)
            offline = World(fleet=fleet, last_applied=last, state=state, base=base, is_offline=True)
            planned = side.reconcile(offline, now)
            passing = World(
                fleet=fleet, last_applied=last, state=state, observed=held, is_offline=True
            )
            applied = side.reconcile(passing, now)
            if side is cold:
                fresh, outcome = [said(planned), said(applied)], applied
            else:
                require_equal(said(planned), fresh[0])
                require_equal(said(applied), fresh[1])
            side.last = fleet if edit[0] == "apply" or last is None else last
        state = stated(state, outcome, edit)
        if edit[0] == "apply":
            held = observed(outcome)
