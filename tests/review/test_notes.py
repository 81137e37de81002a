"""What a plan says besides its changes."""

from __future__ import annotations

from pathlib import Path

from tests.review.repos import FleetRepo, clusters, config, config_map, documents, propagation


def test_a_plan_names_what_finds_no_place_once(tmp_path: Path) -> None:
    repo = FleetRepo(tmp_path)
    first = repo.commit({"reconciler.yaml": config(), **clusters("eu-1", "eu-2")})
    placement = {"spreadConstraints": [{"spreadByField": "cluster", "minGroups": 3}]}
    policy = propagation("all", "ConfigMap", placement=placement)
    second = repo.commit({"shop.yaml": documents(config_map(a="1"), policy)})
    third = repo.commit({"shop.yaml": documents(config_map(a="2"), policy)})
    notes = repo.plan(first, second).head.plan.notes
    assert [one for one in notes if one.startswith("ConfigMap shop/settings is not placed: ")]
    assert not repo.plan(second, third).head.plan.notes
