"""Laws of rendering: sharing is only speed, and nothing that is given is changed."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.binding import Target
from reconciler.model.cluster import Cluster
from reconciler.model.policy import OverridePolicy, OverrideRule, PolicyKind, PolicyRef
from reconciler.model.selector import ClusterAffinity, LabelSelector, ResourceSelector
from reconciler.overriders import decode_overriders
from reconciler.render import OverrideIndex, Rendered, render
from tests.render.test_render import PlainReviser, a_binding, a_template

CLUSTERS = {
    f"c{number}": Cluster(name=f"c{number}", labels={"tier": "gold" if number % 2 else "silver"})
    for number in range(6)
}
NAMES = st.sampled_from(sorted(CLUSTERS))
LABELS = st.dictionaries(st.sampled_from(["app", "tier"]), st.sampled_from(["a", "b"]), max_size=2)

OVERRIDERS = st.one_of(
    st.builds(
        lambda operator, value: {"labelsOverrider": [{"operator": operator, "value": value}]},
        st.sampled_from(["add", "replace", "remove"]),
        LABELS,
    ),
    st.builds(
        lambda operator, value: {
            "plaintext": [{"operator": operator, "path": "/spec/x", "value": value}]
        },
        st.sampled_from(["add", "replace", "remove"]),
        st.integers(0, 2),
    ),
    st.just({"imageOverrider": [{"component": "Tag", "operator": "replace", "value": "2"}]}),
)
AFFINITIES = st.one_of(
    st.none(),
    st.builds(
        lambda names: ClusterAffinity(cluster_names=tuple(names)), st.lists(NAMES, max_size=3)
    ),
    st.just(ClusterAffinity(label_selector=LabelSelector((("tier", "gold"),)))),
)
SELECTORS = st.lists(
    st.builds(
        ResourceSelector,
        api_version=st.just("apps/v1"),
        kind=st.sampled_from(["Deployment", "StatefulSet"]),
        label_selector=st.one_of(
            st.none(),
            LABELS.map(lambda labels: LabelSelector(tuple(sorted(labels.items())))),
        ),
    ),
    max_size=2,
).map(tuple)


@st.composite
def policies(draw: st.DrawFn) -> list[OverridePolicy]:
    """Policies of both scopes with names of their own."""
    kinds = st.sampled_from([PolicyKind.OVERRIDE, PolicyKind.CLUSTER_OVERRIDE])
    drawn = []
    for number in range(draw(st.integers(0, 4))):
        kind = draw(kinds)
        rules = [
            OverrideRule(target=draw(AFFINITIES), uses=decode_overriders(draw(OVERRIDERS)))
            for _ in range(draw(st.integers(0, 2)))
        ]
        namespace = "shop" if kind is PolicyKind.OVERRIDE else ""
        ref = PolicyRef(kind, namespace, f"p{number}")
        drawn.append(OverridePolicy(ref=ref, selectors=draw(SELECTORS), rules=tuple(rules)))
    return drawn


TARGETS = st.dictionaries(NAMES, st.integers(0, 3), min_size=1).map(
    lambda counts: [Target(name=name, replicas=count) for name, count in counts.items()]
)


def rendered(some: list[OverridePolicy], targets: list[Target], labels: dict[str, str]) -> Rendered:
    containers = [{"name": "web", "image": "nginx:1"}]
    template = a_template(
        metadata={"labels": labels},
        spec={"replicas": 3, "template": {"spec": {"containers": containers}}},
    )
    before = json.dumps(template.manifest.body)
    result = render(
        template,
        a_binding(template, replicas=3),
        targets,
        overrides=OverrideIndex(some, CLUSTERS),
        reviser=PlainReviser(),
        generation=1,
    )
    assert json.dumps(template.manifest.body) == before
    return result


def told(result: Rendered) -> tuple[Any, ...]:
    """What a rendering says, cluster by cluster."""
    manifests = {name: work.manifest_bytes() for name, work in result.works.items()}
    return manifests, dict(result.applied), dict(result.failed)


@given(some=policies(), targets=TARGETS, labels=LABELS)
def test_each_cluster_gets_what_it_would_get_alone(
    some: list[OverridePolicy], targets: list[Target], labels: dict[str, str]
) -> None:
    manifests, applied, failed = told(rendered(some, targets, labels))
    for target in targets:
        alone = told(rendered(some, [target], labels))
        name = target.name
        assert alone[0].get(name) == manifests.get(name)
        assert alone[1].get(name) == applied.get(name)
        assert alone[2].get(name) == failed.get(name)
    assert manifests.keys() | failed.keys() == {target.name for target in targets}
    assert not manifests.keys() & failed.keys()


@given(some=policies(), targets=TARGETS, labels=LABELS)
def test_neither_the_order_of_policies_nor_of_targets_matters(
    some: list[OverridePolicy], targets: list[Target], labels: dict[str, str]
) -> None:
    forward = told(rendered(some, targets, labels))
    assert told(rendered(some[::-1], targets[::-1], labels)) == forward


@given(some=policies(), targets=TARGETS, labels=LABELS)
def test_bodies_are_shared_exactly_where_they_are_equal(
    some: list[OverridePolicy], targets: list[Target], labels: dict[str, str]
) -> None:
    bodies = [work.body for work in rendered(some, targets, labels).works.values()]
    assert len({id(body) for body in bodies}) == len({body.digest for body in bodies})
    assert len({body.pieces for body in bodies}) == len({body.digest for body in bodies})
