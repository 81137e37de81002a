"""Rendered manifests are those of a live Karmada control plane, byte for value."""

from __future__ import annotations

import json

from tests.render.pipeline import cases, without_ids


def test_every_manifest_of_the_shared_fleets_is_rendered_as_karmada_renders_it() -> None:
    compared = 0
    for case in cases():
        rendered = {
            cluster: without_ids(json.loads(work.manifest_bytes()))
            for cluster, work in case.rendered.works.items()
        }
        assert rendered == case.expected, f"line {case.line}"
        compared += len(rendered)
    assert compared > 400


def test_bodies_are_shared_by_clusters_that_get_the_same() -> None:
    for case in cases():
        digests = {work.body.digest for work in case.rendered.works.values()}
        assert len(digests) == len({id(work.body) for work in case.rendered.works.values()})
