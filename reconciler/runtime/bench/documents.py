"""Documents of a made-up fleet: applications, policies, overrides and clusters, as people write.

Rules: every application is a workload, its Service, and what it mounts and runs as, which travel
with it as dependencies; three workloads of five are duplicated, the rest is divided. Numbers alone
decide what a document says, so that the same fleet is made everywhere.
"""

from __future__ import annotations

from typing import Any, Final

Document = dict[str, Any]

REGIONS: Final = ("eu", "us", "ap", "sa")
PROVIDERS: Final = ("alpha-cloud", "beta-cloud")
#: Objects of one application, in this order.
OBJECTS_OF_AN_APP: Final = 5
APPS_OF_A_TEAM: Final = 10
_DIVIDED_OF_FIVE: Final = (1, 3)


def cluster(number: int) -> Document:
    """One member cluster."""
    region = REGIONS[number % len(REGIONS)]
    return {
        "apiVersion": "cluster.karmada.io/v1alpha1",
        "kind": "Cluster",
        "metadata": {
            "name": cluster_name(number),
            "labels": {"env": "prod" if number % 5 else "staging", "ring": str(number % 3)},
        },
        "spec": {
            "syncMode": "Push",
            "apiEndpoint": f"https://{cluster_name(number)}.members.example:6443",
            "secretRef": {"namespace": "fleet", "name": cluster_name(number)},
            "provider": PROVIDERS[number % len(PROVIDERS)],
            "region": region,
            "zones": [f"{region}-{number % 3}"],
        },
    }


def cluster_name(number: int) -> str:
    """`c0042`."""
    return f"c{number:04}"


def team_name(number: int) -> str:
    """The namespace of one team."""
    return f"team-{number:04}"


def app_name(number: int) -> str:
    """The name that everything of one application has."""
    return f"app-{number:05}"


def is_divided(number: int) -> bool:
    """Whether the application's replicas are divided among the clusters."""
    return number % OBJECTS_OF_AN_APP in _DIVIDED_OF_FIVE


def app(number: int, clusters: int, *, image: str = "1.0.0") -> tuple[Document, ...]:
    """The objects of one application."""
    last = (_disruption_budget, _autoscaler, _cron_job)[number % 3]
    return (
        _workload(number, clusters, image),
        _service(number),
        _config_map(number),
        _service_account(number),
        last(number),
    )


def namespace(team: int) -> Document:
    """The namespace of a team."""
    metadata = {"name": team_name(team), "labels": {"team": team_name(team)}}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def policies(team: int, *, excluded: tuple[str, ...] = ()) -> tuple[Document, ...]:
    """What a team propagates: everywhere, and divided over everything by region."""
    affinity = {"exclude": list(excluded)} if excluded else {}
    everywhere = [
        {"apiVersion": "apps/v1", "kind": "Deployment", **_labelled(split="no")},
        {"apiVersion": "v1", "kind": "Service"},
        {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget"},
        {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler"},
        {"apiVersion": "batch/v1", "kind": "CronJob"},
    ]
    divided = [{"apiVersion": "apps/v1", "kind": "Deployment", **_labelled(split="yes")}]
    weights = [
        {
            "targetCluster": {"fieldSelector": {"matchExpressions": [_of_region(region)]}},
            "weight": 1,
        }
        for region in REGIONS
    ]
    scheduling = {
        "replicaSchedulingType": "Divided",
        "replicaDivisionPreference": "Weighted",
        "weightPreference": {"staticWeightList": weights},
    }
    return (
        _policy(team, "everywhere", everywhere, {"clusterAffinity": affinity}),
        _policy(
            team, "divided", divided, {"clusterAffinity": affinity, "replicaScheduling": scheduling}
        ),
    )


def registries() -> Document:
    """Shared by all workloads: images come from the region's registry."""
    return {
        "apiVersion": "policy.karmada.io/v1alpha1",
        "kind": "ClusterOverridePolicy",
        "metadata": {"name": "registries"},
        "spec": {
            "resourceSelectors": [{"apiVersion": "apps/v1", "kind": "Deployment"}],
            "overrideRules": [
                {
                    "targetCluster": {"fieldSelector": {"matchExpressions": [_of_region(region)]}},
                    "overriders": {
                        "imageOverrider": [
                            {
                                "component": "Registry",
                                "operator": "replace",
                                "value": f"registry.{region}.example",
                            }
                        ]
                    },
                }
                for region in REGIONS
            ],
        },
    }


def team_override(team: int) -> Document:
    """Shared by a team: workloads of one ring of clusters get a label."""
    rule = {
        "targetCluster": {"labelSelector": {"matchLabels": {"ring": str(team % 3)}}},
        "overriders": {"labelsOverrider": [{"operator": "add", "value": {"ring": "inner"}}]},
    }
    return {
        "apiVersion": "policy.karmada.io/v1alpha1",
        "kind": "OverridePolicy",
        "metadata": {"name": "ring", "namespace": team_name(team)},
        "spec": {
            "resourceSelectors": [{"apiVersion": "apps/v1", "kind": "Deployment"}],
            "overrideRules": [rule],
        },
    }


def own_override(number: int, clusters: int, *, level: str = "info") -> Document:
    """One object's own: another value on every cluster."""
    return {
        "apiVersion": "policy.karmada.io/v1alpha1",
        "kind": "OverridePolicy",
        "metadata": {"name": app_name(number), "namespace": team_of(number)},
        "spec": {
            "resourceSelectors": [
                {"apiVersion": "v1", "kind": "Service", "name": app_name(number)}
            ],
            "overrideRules": [
                {
                    "targetCluster": {"clusterNames": [cluster_name(cluster)]},
                    "overriders": {
                        "annotationsOverrider": [
                            {
                                "operator": "add",
                                "value": {"example.com/site": f"{cluster_name(cluster)}-{level}"},
                            }
                        ]
                    },
                }
                for cluster in range(clusters)
            ],
        },
    }


def team_of(number: int) -> str:
    """The namespace that an application lives in."""
    return team_name(number // APPS_OF_A_TEAM)


def config(*, percent: int = 5) -> Document:
    """Settings of the fleet."""
    return {
        "apiVersion": "fleet-reconciler.io/v1alpha1",
        "kind": "FleetConfig",
        "fleetId": "bench",
        "guards": {"perFleet": {"count": 50, "percent": percent}},
    }


def _policy(team: int, name: str, selectors: list[Document], placement: Document) -> Document:
    return {
        "apiVersion": "policy.karmada.io/v1alpha1",
        "kind": "PropagationPolicy",
        "metadata": {"name": name, "namespace": team_name(team)},
        "spec": {"resourceSelectors": selectors, "propagateDeps": True, "placement": placement},
    }


def _labelled(**labels: str) -> Document:
    return {"labelSelector": {"matchLabels": labels}}


def _of_region(region: str) -> Document:
    return {"key": "region", "operator": "In", "values": [region]}


def _metadata(number: int, **labels: str) -> Document:
    name = app_name(number)
    return {"name": name, "namespace": team_of(number), "labels": {"app": name, **labels}}


def _workload(number: int, clusters: int, image: str) -> Document:
    name, is_split = app_name(number), is_divided(number)
    container = {
        "name": "main",
        "image": f"registry.example/{name}:{image}",
        "args": ["serve", "--port=8080"],
        "ports": [{"name": "http", "containerPort": 8080}],
        "env": [{"name": "LEVEL", "valueFrom": _from_map(name)}],
        "resources": {
            "requests": {"cpu": f"{100 + number % 7 * 50}m", "memory": "128Mi"},
            "limits": {"memory": "256Mi"},
        },
        "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}},
        "volumeMounts": [{"name": "settings", "mountPath": "/etc/settings"}],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _metadata(number, split="yes" if is_split else "no"),
        "spec": {
            "replicas": clusters * 2 if is_split else 1 + number % 3,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {
                    "serviceAccountName": name,
                    "containers": [container],
                    "volumes": [{"name": "settings", "configMap": {"name": name}}],
                },
            },
        },
    }


def _from_map(name: str) -> Document:
    return {"configMapKeyRef": {"name": name, "key": "level"}}


def _service(number: int) -> Document:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(number),
        "spec": {
            "selector": {"app": app_name(number)},
            "ports": [{"name": "http", "port": 80, "targetPort": "http"}],
        },
    }


def _config_map(number: int) -> Document:
    text = "".join(f"option-{line}: {number + line}\n" for line in range(10))
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": _metadata(number),
        "data": {"level": "info", "settings.yaml": text},
    }


def _service_account(number: int) -> Document:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": _metadata(number)}


def _disruption_budget(number: int) -> Document:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": _metadata(number),
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": app_name(number)}}},
    }


def _autoscaler(number: int) -> Document:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": app_name(number)}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": _metadata(number),
        "spec": {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 10},
    }


def _cron_job(number: int) -> Document:
    container = {"name": "main", "image": f"registry.example/{app_name(number)}-job:1.0.0"}
    pod = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": _metadata(number),
        "spec": {"schedule": f"{number % 60} * * * *", "jobTemplate": {"spec": {"template": pod}}},
    }
