"""Promise of the state branch: what is written of a binding is what is read."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.binding import (
    Binding,
    BindingState,
    Component,
    EvictionTask,
    ReplicaRequirements,
    Requirer,
    ResourceRef,
    Target,
)
from reconciler.model.cluster import Condition
from reconciler.model.identity import ObjectKey
from reconciler.model.policy import PolicyKind, PolicyRef, Suspension
from reconciler.parse.decode import decode_binding_state, decode_placement, encode_binding_state

NAME = st.text("abcdefghij-", min_size=1, max_size=8)
TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
TIME = st.sampled_from(["", "2026-01-01T00:00:00Z", "2026-02-03T04:05:06Z"])
COUNT = st.integers(0, 2**31 - 1)
TARGETS = st.lists(
    st.builds(
        Target,
        name=NAME,
        replicas=COUNT,
        components=st.lists(st.tuples(NAME, COUNT), max_size=2).map(tuple),
    ),
    max_size=3,
).map(tuple)
CLAIMS = st.one_of(
    st.none(),
    st.builds(PolicyRef, st.just(PolicyKind.PROPAGATION), NAME, NAME),
    st.builds(PolicyRef, st.just(PolicyKind.CLUSTER_PROPAGATION), st.just(""), NAME),
)
PLACEMENTS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {},
        {"clusterAffinity": {}},
        {"clusterAffinity": {"clusterNames": ["a"], "exclude": ["b"]}},
        {"clusterAffinities": [{"affinityName": "x", "labelSelector": {}}]},
        {"replicaScheduling": {"replicaSchedulingType": "Duplicated"}},
    ]
)
TASKS = st.builds(
    EvictionTask,
    from_cluster=NAME,
    purge_mode=st.sampled_from(["", "Gracefully"]),
    replicas=st.one_of(st.none(), COUNT),
    reason=TEXT,
    message=TEXT,
    producer=TEXT,
    grace_period_seconds=st.one_of(st.none(), COUNT),
    suppress_deletion=st.one_of(st.none(), st.booleans()),
    preserved_labels=st.dictionaries(NAME, TEXT, max_size=2),
    created=TIME,
    clusters_before_failover=st.lists(NAME, max_size=2).map(tuple),
)
CONDITIONS = st.builds(
    Condition,
    type=st.just("Scheduled"),
    status=st.sampled_from(["True", "False"]),
    reason=TEXT,
    message=TEXT,
    last_transition=TIME,
)
REQUIREMENTS = st.sampled_from(
    [
        None,
        ReplicaRequirements.decode({}),
        ReplicaRequirements.decode({"resourceRequest": {"cpu": "100m"}, "namespace": "n"}),
    ]
)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[BindingState, Binding]:
    """A state and the binding it is of."""
    resource = ResourceRef(
        api_version=draw(st.sampled_from(["v1", "apps/v1"])),
        kind=draw(st.sampled_from(["Deployment", "ConfigMap"])),
        namespace=draw(st.sampled_from(["", "shop"])),
        name=draw(NAME),
        uid=draw(TEXT),
    )
    group = "apps" if "/" in resource.api_version else ""
    key = ObjectKey(group, resource.kind, resource.namespace, resource.name)
    claim = draw(CLAIMS)
    binding = Binding(
        key=key,
        resource=resource,
        claim=claim,
        placement=draw(st.one_of(st.none(), PLACEMENTS.map(decode_placement))),
        replicas=draw(COUNT),
        requirements=draw(REQUIREMENTS),
        components=draw(
            st.lists(
                st.builds(Component, name=NAME, replicas=COUNT, requirements=REQUIREMENTS),
                max_size=2,
            ).map(tuple)
        ),
        propagate_deps=draw(st.booleans()),
        conflict_resolution=draw(st.sampled_from(["Abort", "Overwrite"])),
        suspension=draw(
            st.builds(Suspension, dispatching=st.booleans(), on_clusters=st.frozensets(NAME))
        ),
        is_scheduling_suspended=draw(st.booleans()),
        preserve_on_deletion=draw(st.one_of(st.none(), st.booleans())),
        schedule_priority=draw(COUNT),
        affinity_group=draw(TEXT),
        anti_affinity_group=draw(TEXT),
        failover=draw(st.sampled_from([None, {"cluster": {"purgeMode": "Directly"}}])),
        template_digest=draw(NAME),
    )
    state = BindingState(
        key=key,
        claim=claim,
        targets=draw(TARGETS),
        applied_placement=draw(st.one_of(st.none(), PLACEMENTS)),
        template_digest=draw(NAME),
        generation=draw(COUNT),
        observed_affinity=draw(TEXT),
        last_scheduled=draw(TIME),
        reschedule_triggered=draw(TIME),
        eviction_tasks=draw(st.lists(TASKS, max_size=2).map(tuple)),
        requirers=draw(
            st.lists(
                st.builds(Requirer, namespace=TEXT, name=NAME, targets=TARGETS), max_size=2
            ).map(tuple)
        ),
        scheduled=draw(st.one_of(st.none(), CONDITIONS)),
    )
    return state, binding


@given(pairs())
def test_reading_gives_back_the_state_and_the_binding(pair: tuple[BindingState, Binding]) -> None:
    state, binding = pair
    read = decode_binding_state(orjson.loads(orjson.dumps(encode_binding_state(state, binding))))
    assert read == state
    assert read.recorded == binding


@given(pairs())
def test_writing_what_was_read_writes_the_same(pair: tuple[BindingState, Binding]) -> None:
    document = encode_binding_state(*pair)
    read = decode_binding_state(document)
    assert read.recorded is not None
    assert encode_binding_state(read, read.recorded) == document
