"""Laws of plans over real commits: nothing from nothing, no secret, the same everywhere."""

from __future__ import annotations

import base64
import hashlib
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.plan.formats import FORMATS
from reconciler.runtime.offline import Planner
from reconciler.runtime.repository import FleetRepository
from tests.review.conftest import Planned, context_of, repo_of
from tests.review.repos import (
    GENEROUS,
    Files,
    FleetRepo,
    clusters,
    config,
    config_map,
    deployment,
    documents,
    override,
    patch,
    propagation,
    rule,
    secret,
    weighted,
)
from tests.review.scenarios import (
    CANARY,
    NEXT_CANARY,
    SCENARIOS,
    Story,
    a_secret_changed,
    a_secret_copied_into_a_deployment,
    a_secret_in_many_places,
    an_image_bumped_on_a_thousand_clusters,
    deletions_over_budget,
)

SMALL = [one for one in SCENARIOS if one is not an_image_bumped_on_a_thousand_clusters]
PLAN = """
import sys
from reconciler.plan.formats import FORMATS, Context
from reconciler.runtime.offline import Planner
from reconciler.runtime.repository import FleetRepository
from pathlib import Path
for folder, base, head in (line.split() for line in sys.stdin):
    plan = Planner(FleetRepository.local(Path(folder))).plan(base, head).head.plan
    for name, show in FORMATS.items():
        sys.stdout.write(show(plan, Context(width=90)))
assert "kubernetes" not in sys.modules, "a plan needs no Kubernetes"
"""


@pytest.mark.parametrize("scenario", SMALL, ids=lambda scenario: scenario.__name__)
def test_the_plan_of_a_commit_against_itself_is_empty(
    scenario: Callable[[], Story], tmp_path: Path
) -> None:
    repo, base, head = repo_of(scenario, tmp_path / "fleet")
    for commit in (base, head):
        plan = repo.plan(commit, commit).head.plan
        assert plan.is_empty, plan.changes


SECRET = [a_secret_changed, a_secret_copied_into_a_deployment, a_secret_in_many_places]


@pytest.mark.parametrize("scenario", SECRET)
@pytest.mark.parametrize("name", FORMATS)
def test_no_format_shows_a_secret(
    scenario: Callable[[], Story], name: str, planned: Planned
) -> None:
    found = planned(scenario)
    shown = FORMATS[name](found.head.plan, context_of(found))
    assert found.head.plan.changes
    for canary in (CANARY, NEXT_CANARY):
        assert canary not in shown
        assert base64.b64encode(canary.encode()).decode() not in shown


@pytest.mark.parametrize("scenario", SECRET)
def test_no_format_shows_a_digest_of_a_secret(
    scenario: Callable[[], Story], planned: Planned
) -> None:
    found = planned(scenario)
    digests = {
        digest
        for outcome in (found.base, found.head)
        for template in outcome.fleet.templates.values()
        if template.key.kind == "Secret"
        for digest in (template.digest, template.spec_digest)
    }
    digests |= {
        change.desired.body.digest
        for change in found.head.plan.changes
        if change.desired is not None
    }
    assert digests
    for show in FORMATS.values():
        shown = show(found.head.plan, context_of(found))
        assert not [digest for digest in digests if digest[:16] in shown]


def test_equal_secrets_have_equal_numbers_in_the_whole_plan(planned: Planned) -> None:
    edits = {
        (change.cluster, change.key.name, edit.path): (edit.before, edit.after)
        for change in planned(a_secret_in_many_places).head.plan.changes
        for edit in change.edits
    }
    one, two, three, four = (f"(sensitive, changed) #{number}" for number in range(1, 5))
    env = "spec.template.spec.containers[name=web].env"
    assert edits["eu-1", "copy", "data.key"] == (one, two)
    assert edits["eu-1", "token", "data.password"] == (one, two)
    assert edits["us-1", "token", "data.password"] == (two, one)
    assert edits["us-1", "web", f"{env}[name=PASSWORD].value"] == (one, two)
    assert edits["us-1", "web", f"{env}[name=USER].value"] == (three, four)


def test_a_plan_stands_for_one_content_of_a_secret(tmp_path: Path) -> None:
    repo, base, head = repo_of(a_secret_changed, tmp_path / "fleet")
    other = repo.commit({"shop/token.yaml": documents(secret(password="third", user="shop"))})
    assert repo.plan(base, head).head.plan.digest != repo.plan(base, other).head.plan.digest


def test_plans_are_the_same_under_every_hash_seed_and_load_no_kubernetes(tmp_path: Path) -> None:
    lines = []
    for scenario in SMALL:
        _, base, head = repo_of(scenario, tmp_path / scenario.__name__)
        lines.append(f"{tmp_path / scenario.__name__} {base} {head}")
    shown = {digest_of_plans("\n".join(lines), seed) for seed in range(5)}
    assert len(shown) == 1


def digest_of_plans(lines: str, seed: int) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PLAN],
        input=lines,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    return hashlib.sha256(done.stdout.encode()).hexdigest()


class Shuffled(FleetRepository):
    """A repository whose trees come in any order."""

    seed = 0

    def _files(self, *given: Any) -> Any:
        files = list(super()._files(*given).items())
        random.Random(self.seed).shuffle(files)  # noqa: S311 - any order will do
        return dict(files)


@pytest.mark.parametrize("scenario", SMALL, ids=lambda scenario: scenario.__name__)
def test_the_order_of_files_means_nothing(
    scenario: Callable[[], Story], tmp_path: Path, planned: Planned
) -> None:
    _, base, head = repo_of(scenario, tmp_path / "fleet")
    expected = planned(scenario)
    for seed in range(2):
        repository = Shuffled.local(tmp_path / "fleet")
        assert isinstance(repository, Shuffled)
        repository.seed = seed
        found = Planner(repository).plan(base, head)
        for name, show in FORMATS.items():
            shown, wanted = (show(one.head.plan, context_of(one)) for one in (found, expected))
            assert shown == wanted, name


def test_the_digest_says_what_is_done_and_not_how_it_is_told(planned: Planned) -> None:
    plan = planned(deletions_over_budget).head.plan
    assert len(plan.digest) == 64
    assert plan.is_blocked


NAMES = ("eu-1", "eu-2", "us-1")


@st.composite
def fleets(draw: st.DrawFn) -> Files:
    """A commit's files: some objects, a policy, perhaps an override."""
    objects = [
        deployment(
            name,
            replicas=draw(st.integers(0, 9)),
            image=f"registry.example/shop/{name}:{draw(st.integers(1, 3))}",
        )
        for name in draw(st.sets(st.sampled_from(("web", "cart", "search")), min_size=1))
    ]
    data = {draw(st.sampled_from("abc")): draw(st.sampled_from(("1", "yes", "x: y")))}
    weights = {name.replace("-", "_"): draw(st.integers(1, 3)) for name in NAMES}
    policy = propagation(
        "web", "Deployment", "ConfigMap", "Secret", placement=draw(placements(weights))
    )
    number = draw(st.integers(1, 4))
    target = (draw(st.sampled_from(NAMES)),)
    overridden = override("edge", rule(target, plaintext=patch("/spec/replicas", number)))
    return {
        "reconciler.yaml": config(guards=GENEROUS),
        **clusters(*draw(st.sets(st.sampled_from(NAMES), min_size=1))),
        "shop/objects.yaml": documents(*objects, config_map(**data)),
        "shop/secret.yaml": documents(secret(password=draw(st.sampled_from((CANARY, "")))))
        if draw(st.booleans())
        else None,
        "policies/web.yaml": documents(policy),
        "overrides/edge.yaml": documents(overridden) if draw(st.booleans()) else None,
    }


def placements(weights: dict[str, int]) -> st.SearchStrategy[dict[str, Any]]:
    divided = {"replicaSchedulingType": "Divided", "replicaDivisionPreference": "Aggregated"}
    return st.sampled_from(
        [
            {},
            weighted(**weights),
            {"clusterAffinity": {"clusterNames": ["eu-1", "us-1"]}},
            {"replicaScheduling": divided},
            {"spreadConstraints": [{"spreadByField": "cluster", "minGroups": 1, "maxGroups": 2}]},
        ]
    )


@given(before=fleets(), after=fleets())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_two_random_commits_plan_forth_and_back_without_a_secret(
    before: Files, after: Files, tmp_path_factory: pytest.TempPathFactory
) -> None:
    repo = FleetRepo(tmp_path_factory.mktemp("random") / "fleet")
    base, head = repo.commit(before), repo.commit(after)
    forth, back = repo.plan(base, head).head, repo.plan(head, base).head
    assert repo.plan(head, head).head.plan.is_empty
    assert {(one.cluster, one.key) for one in forth.plan.changes} == {
        (one.cluster, one.key) for one in back.plan.changes
    }
    for show in FORMATS.values():
        assert CANARY not in show(forth.plan, context_of(repo.plan(base, head)))
    assert all(one.position.path for one in forth.plan.changes)
