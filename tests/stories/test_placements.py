"""Fleet repos as Karmada users write them, and where they go."""

from __future__ import annotations

import hashlib
import textwrap

import orjson

from reconciler.cycle import Engine
from reconciler.model.binding import BindingState
from reconciler.model.cluster import ClusterFacts, Condition, ResourceSummary
from reconciler.model.diagnostic import Severity
from reconciler.model.identity import ObjectKey
from reconciler.model.quantity import Quantity
from reconciler.model.source import SourceFile
from reconciler.model.world import Outcome, State, World
from reconciler.parse import parse_fleet

NOW = "2026-01-01T00:00:00Z"
APIS = {
    "v1": ("ConfigMap", "Secret", "Namespace", "Service"),
    "apps/v1": ("Deployment",),
    "apiextensions.k8s.io/v1": ("CustomResourceDefinition",),
}
CONFIG = """
apiVersion: fleet-reconciler.io/v1alpha1
kind: FleetConfig
fleetId: placements
"""
NGINX = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: nginx, namespace: default, labels: {app: nginx}}
spec:
  replicas: 3
  selector: {matchLabels: {app: nginx}}
  template:
    metadata: {labels: {app: nginx}}
    spec:
      containers:
        - name: nginx
          image: registry.example/nginx:1.27
          resources: {requests: {cpu: "1"}}
"""
DEPLOYMENT = ObjectKey("apps", "Deployment", "default", "nginx")


def facts(cpu: str = "64") -> ClusterFacts:
    """A ready cluster with that much room."""
    room = {
        "cpu": Quantity.parse(cpu),
        "memory": Quantity.parse("256Gi"),
        "pods": Quantity.parse("110"),
    }
    return ClusterFacts(
        enablements=APIS,
        conditions=(Condition(type="Ready", status="True"),),
        resource_summary=ResourceSummary(allocatable=room),
    )


def cluster(name: str, region: str = "") -> str:
    """A Cluster document."""
    return textwrap.dedent(f"""
        apiVersion: cluster.karmada.io/v1alpha1
        kind: Cluster
        metadata: {{name: {name}}}
        spec: {{syncMode: Push, apiEndpoint: "https://{name}.example", region: "{region}"}}
        """)


def placement(text: str, name: str = "nginx") -> str:
    """A PropagationPolicy for every Deployment of namespace default."""
    body = textwrap.indent(textwrap.dedent(text).strip(), "    ")
    return (
        "apiVersion: policy.karmada.io/v1alpha1\nkind: PropagationPolicy\n"
        f"metadata: {{name: {name}, namespace: default}}\nspec:\n"
        "  resourceSelectors: [{apiVersion: apps/v1, kind: Deployment}]\n"
        f"  placement:\n{body}\n"
    )


def outcome(
    *documents: str, inventory: dict[str, ClusterFacts], state: State | None = None
) -> Outcome:
    """The whole cycle over a repository of these documents."""
    files = {}
    for number, text in enumerate((CONFIG, *documents)):
        path = f"{number}.yaml" if number else "reconciler.yaml"
        data = text.encode()
        oid = hashlib.sha1(data).hexdigest()  # noqa: S324 - as Git names blobs
        files[path] = SourceFile(path=path, oid=oid, size=len(data), data=data)
    fleet = parse_fleet(files, revision="1" * 40, inventory=inventory)
    done = Engine().reconcile(World(fleet=fleet, facts=inventory, state=state or State()), NOW)
    assert not [one for one in done.diagnostics if one.severity is Severity.ERROR]
    return done


def replicas(done: Outcome, key: ObjectKey = DEPLOYMENT) -> dict[str, int]:
    """Replicas by cluster, as rendered."""
    return {
        name: orjson.loads(works[key].manifest_bytes())["spec"]["replicas"]
        for name, works in done.works.items()
        if key in works
    }


def places(done: Outcome, kind: str, name: str) -> set[str]:
    """Clusters that get an object of that kind and name."""
    return {
        cluster_name
        for cluster_name, works in done.works.items()
        if any((key.kind, key.name) == (kind, name) for key in works)
    }


def test_two_named_clusters_get_all_replicas_each() -> None:
    done = outcome(
        NGINX,
        cluster("member1"),
        cluster("member2"),
        cluster("member3"),
        placement("clusterAffinity: {clusterNames: [member1, member2]}"),
        inventory={name: facts() for name in ("member1", "member2", "member3")},
    )
    assert replicas(done) == {"member1": 3, "member2": 3}


def test_three_replicas_divided_one_to_one_leave_one_over() -> None:
    done = outcome(
        NGINX,
        cluster("member1"),
        cluster("member2"),
        placement("""
            clusterAffinity: {clusterNames: [member1, member2]}
            replicaScheduling:
              replicaSchedulingType: Divided
              replicaDivisionPreference: Weighted
              weightPreference:
                staticWeightList:
                  - {targetCluster: {clusterNames: [member1]}, weight: 1}
                  - {targetCluster: {clusterNames: [member2]}, weight: 1}
            """),
        inventory={name: facts() for name in ("member1", "member2")},
    )
    assert sorted(replicas(done).values()) == [1, 2]


def test_two_regions_with_one_cluster_each() -> None:
    regions = {"eu-1": "eu", "eu-2": "eu", "us-1": "us", "us-2": "us", "ap-1": "ap"}
    done = outcome(
        NGINX,
        *(cluster(name, region) for name, region in regions.items()),
        placement("""
            replicaScheduling: {replicaSchedulingType: Duplicated}
            spreadConstraints:
              - {spreadByField: region, minGroups: 2, maxGroups: 2}
              - {spreadByField: cluster, minGroups: 2, maxGroups: 2}
            """),
        inventory={name: facts() for name in regions},
    )
    chosen = replicas(done)
    assert len(chosen) == 2
    assert len({regions[name] for name in chosen}) == 2


PRIMARY_BACKUP = placement("""
    clusterAffinities:
      - {affinityName: primary, clusterNames: [main]}
      - {affinityName: backup, clusterNames: [spare]}
    replicaScheduling:
      replicaSchedulingType: Divided
      replicaDivisionPreference: Aggregated
    """)


def test_everything_is_on_primary_and_moves_to_backup_when_it_no_longer_fits() -> None:
    fleet = (NGINX, cluster("main"), cluster("spare"), PRIMARY_BACKUP)
    first = outcome(*fleet, inventory={"main": facts("8"), "spare": facts("8")})
    assert replicas(first) == {"main": 3}
    grown = (NGINX.replace("replicas: 3", "replicas: 20"), *fleet[1:])
    room = {"main": facts("8"), "spare": facts("64")}
    second = outcome(*grown, inventory=room, state=first.state)
    assert replicas(second) == {"spare": 20}
    state = second.state.bindings[DEPLOYMENT]
    assert isinstance(state, BindingState)
    assert state.observed_affinity == "backup"


GUESTBOOK = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: guestbooks.example.io}
spec:
  group: example.io
  scope: Namespaced
  names: {plural: guestbooks, singular: guestbook, kind: Guestbook, listKind: GuestbookList}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
---
apiVersion: example.io/v1
kind: Guestbook
metadata: {name: visitors, namespace: default}
spec: {size: 3}
---
apiVersion: policy.karmada.io/v1alpha1
kind: ClusterPropagationPolicy
metadata: {name: guestbook-crd}
spec:
  resourceSelectors:
    - apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      name: guestbooks.example.io
  placement: {clusterAffinity: {clusterNames: [member1, member2]}}
---
apiVersion: policy.karmada.io/v1alpha1
kind: PropagationPolicy
metadata: {name: guestbook, namespace: default}
spec:
  resourceSelectors: [{apiVersion: example.io/v1, kind: Guestbook}]
  placement: {clusterAffinity: {clusterNames: [member1, member2]}}
"""


def test_a_definition_and_its_instance_go_to_the_same_clusters_in_one_commit() -> None:
    names = ("member1", "member2", "member3")
    done = outcome(GUESTBOOK, *map(cluster, names), inventory={name: facts() for name in names})
    assert places(done, "CustomResourceDefinition", "guestbooks.example.io") == {
        "member1",
        "member2",
    }
    assert places(done, "Guestbook", "visitors") == {"member1", "member2"}


def test_config_maps_and_secrets_follow_the_deployment_that_reads_them() -> None:
    reader = NGINX + (
        "          envFrom:\n"
        "            - configMapRef: {name: settings}\n"
        "            - secretRef: {name: token}\n"
    )
    followers = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: default}
data: {a: b}
---
apiVersion: v1
kind: Secret
metadata: {name: token, namespace: default}
stringData: {a: b}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: unrelated, namespace: default}
"""
    text = placement("clusterAffinity: {clusterNames: [member2]}")
    done = outcome(
        reader,
        followers,
        cluster("member1"),
        cluster("member2"),
        text.replace("spec:\n", "spec:\n  propagateDeps: true\n"),
        inventory={name: facts() for name in ("member1", "member2")},
    )
    assert places(done, "ConfigMap", "settings") == {"member2"}
    assert places(done, "Secret", "token") == {"member2"}
    assert places(done, "ConfigMap", "unrelated") == set()


REGISTRY = """
apiVersion: policy.karmada.io/v1alpha1
kind: OverridePolicy
metadata: {name: z-general, namespace: default}
spec:
  resourceSelectors: [{apiVersion: apps/v1, kind: Deployment}]
  overrideRules:
    - targetCluster:
        fieldSelector: {matchExpressions: [{key: region, operator: In, values: [eu]}]}
      overriders:
        imageOverrider: [{component: Registry, operator: replace, value: general.example}]
---
apiVersion: policy.karmada.io/v1alpha1
kind: OverridePolicy
metadata: {name: a-specific, namespace: default}
spec:
  resourceSelectors: [{apiVersion: apps/v1, kind: Deployment, name: nginx}]
  overrideRules:
    - targetCluster:
        fieldSelector: {matchExpressions: [{key: region, operator: In, values: [eu]}]}
      overriders:
        imageOverrider: [{component: Registry, operator: replace, value: specific.example}]
"""


def test_the_more_specific_override_wins_and_only_in_its_region() -> None:
    done = outcome(
        NGINX,
        REGISTRY,
        cluster("eu-1", "eu"),
        cluster("us-1", "us"),
        placement("clusterAffinity: {}"),
        inventory={name: facts() for name in ("eu-1", "us-1")},
    )
    images = {
        name: orjson.loads(works[DEPLOYMENT].manifest_bytes())["spec"]["template"]["spec"][
            "containers"
        ][0]["image"]
        for name, works in done.works.items()
    }
    assert images == {"eu-1": "specific.example/nginx:1.27", "us-1": "registry.example/nginx:1.27"}
