"""Which function answers which `op`: one row each, the function in the module of its family.

An operation takes the `in` of a vector and returns what has to equal `out`; it raises `Refused`
where the reference fails.
"""

from __future__ import annotations

from typing import Final

from tests.conformance import interpret, override, parsing, pipeline, placement
from tests.conformance.runner import Operation

OPS: Final[dict[str, Operation]] = {
    "clusterMatches": placement.cluster_matches,
    "estimate": placement.estimate,
    "interpret": interpret.interpret,
    "match": placement.match,
    "names": placement.names,
    "override": override.override,
    "pipeline": pipeline.pipeline,
    "schedule": placement.schedule,
    "validateOverride": parsing.validate_override,
    "validatePropagation": parsing.validate_propagation,
    "yaml": parsing.yaml,
}
