"""Defaulted documents -> types of the model, and the state of bindings back to documents.

Every decoder takes a document that passed its schema and had its defaults filled in; a document
that did not is a broken promise, not input. Imports model and overriders.
"""

from __future__ import annotations

from reconciler.parse.decode.binding import decode_binding_spec
from reconciler.parse.decode.cluster import decode_cluster, decode_cluster_facts
from reconciler.parse.decode.override import decode_override_policy
from reconciler.parse.decode.placement import decode_placement
from reconciler.parse.decode.propagation import decode_propagation_policy
from reconciler.parse.decode.selectors import (
    decode_cluster_affinity,
    decode_label_selector,
    decode_resource_selector,
)
from reconciler.parse.decode.state import decode_binding_state, encode_binding_state

__all__ = [
    "decode_binding_spec",
    "decode_binding_state",
    "decode_cluster",
    "decode_cluster_affinity",
    "decode_cluster_facts",
    "decode_label_selector",
    "decode_override_policy",
    "decode_placement",
    "decode_propagation_policy",
    "decode_resource_selector",
    "encode_binding_state",
]
