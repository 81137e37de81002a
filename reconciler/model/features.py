"""Feature gates: Karmada's under its names with its defaults at v1.19 (karmada-semantics §3), and
those of our extensions, which can be switched off to get Karmada's behaviour.
"""

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

EXTENSIONS: Mapping[str, bool] = {
    # Spread constraints by zone and provider make groups, as region does (design §6).
    "SpreadByZoneAndProvider": True,
}


def enabled(overrides: Mapping[str, bool]) -> frozenset[str]:
    """Names of the gates that are on."""
    return frozenset(name for name, on in {**DEFAULTS, **EXTENSIONS, **overrides}.items() if on)
