"""Declarative GitOps reconciler for federated Kubernetes state."""

from __future__ import annotations
