"""Feature gates under Karmada's names, with its defaults at v1.19 (karmada-semantics §3)."""

from __future__ import annotations

from collections.abc import Mapping

DEFAULTS: Mapping[str, bool] = {
    "Failover": False,
    "GracefulEviction": True,
    "PropagateDeps": True,
    "CustomizedClusterResourceModeling": True,
    "PropagationPolicyPreemption": False,
    "MultiClusterService": False,
    "ResourceQuotaEstimate": False,
    "StatefulFailoverInjection": False,
    "PriorityBasedScheduling": True,
    "FederatedQuotaEnforcement": False,
    "MultiplePodTemplatesScheduling": False,
    "WorkloadAffinity": False,
    "SchedulingOvercommitProtection": False,
}


def enabled(overrides: Mapping[str, bool]) -> frozenset[str]:
    """Names of the gates that are on."""
    return frozenset(name for name, on in {**DEFAULTS, **overrides}.items() if on)
