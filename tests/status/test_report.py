"""One truthful status per template over all its clusters (karmada-semantics §2.14)."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.diff.redact import SecretValues
from reconciler.interpret.chain import Interpreter
from reconciler.model.binding import EvictionTask
from reconciler.model.decision import Decision, ScheduleReason
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.report import FleetReport, Health, MemberStatus, TemplateStatus
from reconciler.model.world import Observed, Outcome
from tests.interpret.bodies import a_customization
from tests.status.builders import (
    LATER,
    NOW,
    WEB,
    a_deployment,
    a_secret,
    an_outcome,
    observed_deployment,
    reported,
    seen,
    with_frozen,
)


def web(report: FleetReport) -> TemplateStatus:
    return report.templates[WEB]


def members(report: FleetReport) -> dict[str, MemberStatus]:
    return {one.cluster: one for one in web(report).members}


def test_a_divided_deployment_sums_and_says_where_pods_are_missing() -> None:
    observed = seen(eu=observed_deployment(2, 1), us=observed_deployment(1, 1))
    report = reported(an_outcome(a_deployment()), observed)
    assert web(report).is_fully_applied
    assert web(report).health is Health.UNHEALTHY
    assert web(report).status["replicas"] == 3
    assert web(report).status["readyReplicas"] == 2
    assert members(report)["eu"].message == "1 of 2 replicas available"
    assert members(report)["us"] == MemberStatus(
        cluster="us",
        applied=True,
        health=Health.HEALTHY,
        replicas=1,
        status=members(report)["us"].status,
        since=NOW,
    )


def test_conditions_are_folded_and_the_generation_is_that_of_the_template() -> None:
    def condition(status: str) -> dict[str, Any]:
        return {"conditions": [{"type": "Available", "status": status, "message": status}]}

    observed = seen(
        eu=observed_deployment(2, 2, generation=7, **condition("False")),
        us=observed_deployment(1, 1, generation=9, **condition("True")),
    )
    status = web(reported(an_outcome(a_deployment()), observed)).status
    assert status["observedGeneration"] == 1
    found = {one["type"]: one for one in status["conditions"]}
    assert found["Available"]["status"] == "False"
    assert found["Available"]["message"] == "eu: False"


def test_a_stateful_set_has_a_true_generation_too() -> None:
    def stateful(body: dict[str, Any]) -> dict[str, Any]:
        return body | {"kind": "StatefulSet"}

    observed = seen(
        eu=stateful(observed_deployment(2, 2, generation=7)),
        us=stateful(observed_deployment(1, 1, generation=9)),
    )
    report = reported(an_outcome(stateful(a_deployment())), observed)
    (template,) = report.templates.values()
    assert template.status["observedGeneration"] == 1


def test_an_object_that_is_not_there_is_not_applied_and_of_unknown_health() -> None:
    observed = seen(eu=observed_deployment(3, 3)) | {"us": Observed()}
    report = reported(an_outcome(a_deployment()), observed)
    assert not web(report).is_fully_applied
    assert members(report)["us"].health is Health.UNKNOWN
    assert members(report)["us"].message == "not applied yet"


def test_an_object_that_was_refused_says_why_though_an_earlier_version_is_there() -> None:
    observed = seen(eu=observed_deployment(3, 3), us=observed_deployment(3, 3))
    failures = {("us", WEB): "us answered 422: spec.selector is immutable"}
    report = reported(an_outcome(a_deployment()), observed, failures=failures)
    assert members(report)["us"].applied is False
    assert members(report)["us"].health is Health.UNKNOWN
    assert members(report)["us"].message == failures["us", WEB]
    assert members(report)["us"].replicas == 3


def test_a_target_without_a_work_is_not_applied() -> None:
    problem = Diagnostic(code="RC301", message="no such path", subject=str(WEB))
    outcome = an_outcome(a_deployment(), unrendered=frozenset({"us"}), diagnostics=(problem,))
    observed = seen(eu=observed_deployment(3, 3), us=observed_deployment(3, 3))
    report = reported(outcome, observed)
    assert members(report)["us"].message == "no such path"
    assert not web(report).is_fully_applied


def test_a_cluster_that_is_being_left_counts_until_it_is_left() -> None:
    task = EvictionTask(from_cluster="ap")
    outcome = an_outcome(a_deployment(), tasks=(task,))
    healthy = observed_deployment(3, 3)
    report = reported(outcome, seen(ap=healthy, eu=healthy, us=healthy))
    assert web(report).is_fully_applied
    assert set(members(report)) == {"ap", "eu", "us"}
    purged = an_outcome(
        a_deployment(), tasks=(EvictionTask(from_cluster="ap", purge_mode="Directly"),)
    )
    assert set(members(reported(purged, seen(eu=healthy, us=healthy)))) == {"eu", "us"}


def test_a_silent_member_keeps_its_last_status_with_unknown_health() -> None:
    outcome = an_outcome(a_deployment(), frozen_clusters={"us": "no answer"})
    healthy = observed_deployment(3, 3)
    first = reported(an_outcome(a_deployment()), seen(eu=healthy, us=healthy))
    second = reported(outcome, seen(eu=healthy, us=None), first.templates, now=LATER)
    us = members(second)["us"]
    assert (us.applied, us.health, us.message) == (True, Health.UNKNOWN, "no answer")
    assert us.status == members(first)["us"].status
    assert us.since == LATER
    assert members(second)["eu"].since == NOW
    unknown = reported(outcome, seen(eu=healthy, us=None))
    assert members(unknown)["us"].applied is False


def test_since_is_the_time_of_the_state_not_of_the_message() -> None:
    outcome = an_outcome(a_deployment(), clusters=["eu"])
    first = reported(outcome, seen(eu=observed_deployment(3, 0)))
    second = reported(outcome, seen(eu=observed_deployment(3, 1)), first.templates, now=LATER)
    assert members(second)["eu"].message == "1 of 3 replicas available"
    assert members(second)["eu"].since == NOW
    third = reported(outcome, seen(eu=observed_deployment(3, 3)), second.templates, now=LATER)
    assert members(third)["eu"].since == LATER


def test_an_unscheduled_template_says_so() -> None:
    decision = Decision(reason=ScheduleReason.NO_CLUSTER_FIT, message="0/2 clusters fit")
    outcome = an_outcome(a_deployment(), clusters=[], decision=decision)
    template = web(reported(outcome, {}))
    assert template.scheduled_reason == "NoClusterFit"
    assert template.scheduled_message == "0/2 clusters fit"
    assert template.health is Health.UNKNOWN


def test_a_frozen_template_is_named_with_what_its_members_have() -> None:
    placed = an_outcome(a_deployment())
    bare = Outcome(fleet=placed.fleet, state=placed.state)
    healthy = observed_deployment(3, 3)
    report = reported(with_frozen(bare, WEB), seen(eu=healthy, us=healthy))
    assert report.frozen == (WEB,)
    assert web(report).is_frozen
    assert web(report).health is Health.HEALTHY
    assert set(members(report)) == {"eu", "us"}


def test_a_kind_that_nobody_described_is_judged_by_its_conditions() -> None:
    body = {
        "apiVersion": "example.io/v1",
        "kind": "Gadget",
        "metadata": {"name": "g", "namespace": "shop"},
    }
    bad = body | {"status": {"conditions": [{"type": "Ready", "status": "False"}]}}
    report = reported(an_outcome(body, clusters=["eu"]), seen(eu=bad))
    (template,) = report.templates.values()
    assert template.members[0].health is Health.UNHEALTHY
    assert template.members[0].message == "Ready: it is not ready"
    assert template.members[0].status == bad["status"]
    assert template.status is None


# Scripts and secrets.


def deployments(**scripts: str) -> Interpreter:
    document = a_customization(scripts, api_version="apps/v1", kind="Deployment")
    return Interpreter([document])


@pytest.mark.parametrize("field", ["healthInterpretation", "statusReflection"])
def test_a_failing_script_marks_its_object_and_is_said_once(field: str) -> None:
    function = {"healthInterpretation": "InterpretHealth", "statusReflection": "ReflectStatus"}
    script = f"function {function[field]}(obj) error('no idea') end"
    healthy = observed_deployment(3, 3)
    report = reported(
        an_outcome(a_deployment()),
        seen(eu=healthy, us=healthy),
        interpreter=deployments(**{field: script}),
    )
    assert web(report).is_fully_applied
    is_health = field == "healthInterpretation"
    assert web(report).health is (Health.UNKNOWN if is_health else Health.HEALTHY)
    (diagnostic,) = report.diagnostics
    assert diagnostic.code == "RC056"
    assert "on eu, us cannot be read" in diagnostic.message
    assert "no idea" in diagnostic.message


def test_a_failing_reflection_keeps_what_was_collected_last() -> None:
    outcome = an_outcome(a_deployment(), clusters=["eu"])
    first = reported(outcome, seen(eu=observed_deployment(3, 1)))
    broken = deployments(statusReflection="function ReflectStatus(o) return 1 end")
    second = reported(
        outcome, seen(eu=observed_deployment(3, 2)), first.templates, interpreter=broken
    )
    assert members(second)["eu"].status == members(first)["eu"].status
    assert members(second)["eu"].message == "2 of 3 replicas available"


def test_a_failing_aggregation_keeps_the_last_one() -> None:
    healthy = observed_deployment(3, 3)
    outcome, observed = an_outcome(a_deployment()), seen(eu=healthy, us=healthy)
    first = reported(outcome, observed)
    broken = deployments(statusAggregation="function AggregateStatus(o, i) return 1 end")
    second = reported(outcome, observed, first.templates, interpreter=broken)
    assert web(second).status == web(first).status
    assert [one.code for one in second.diagnostics] == ["RC056"]


def test_a_webhook_that_was_not_asked_is_a_question() -> None:
    webhook = {
        "metadata": {"name": "w"},
        "webhooks": [
            {
                "name": "health.example.io",
                "clientConfig": {"url": "https://example.io"},
                "rules": [
                    {
                        "operations": ["InterpretHealth"],
                        "apiGroups": ["apps"],
                        "apiVersions": ["v1"],
                        "kinds": ["Deployment"],
                    }
                ],
            }
        ],
    }
    outcome = an_outcome(a_deployment(), clusters=["eu"])
    observed = seen(eu=observed_deployment(3, 3))
    report = reported(outcome, observed, interpreter=Interpreter(webhooks=[webhook]))
    (question,) = report.questions
    assert question.request["operation"] == "InterpretHealth"
    assert members(report)["eu"].health is Health.UNKNOWN
    answers = {question.digest: {"successful": True, "healthy": True}}
    interpreter = Interpreter(webhooks=[webhook], answers=answers)
    again = reported(outcome, observed, interpreter=interpreter)
    assert again.questions == ()
    assert members(again)["eu"].health is Health.HEALTHY


def test_nothing_of_a_secret_is_repeated_whatever_a_script_does() -> None:
    hidden = a_secret(token="aHVudGVyMi1odW50ZXIy")
    scripts = {
        "statusReflection": "function ReflectStatus(obj) return obj.data end",
        "healthInterpretation": "function InterpretHealth(obj) error(obj.data.token) end",
        "statusAggregation": (
            "function AggregateStatus(obj, items) obj.status = obj.data return obj end"
        ),
    }
    document = a_customization(scripts, api_version="v1", kind="Secret")
    report = reported(
        an_outcome(hidden, clusters=["eu"]),
        seen(eu=hidden | {"status": {"copy": "aHVudGVyMi1odW50ZXIy"}}),
        interpreter=Interpreter([document]),
    )
    (template,) = report.templates.values()
    assert template.status is None
    assert template.members[0].status is None
    assert template.members[0].health is Health.UNKNOWN
    assert "aHVudGVyMi1odW50ZXIy" not in repr(report)


def test_a_value_of_a_secret_is_redacted_wherever_a_member_repeats_it() -> None:
    redact = SecretValues(["hunter2-hunter2"]).redact
    told = {"type": "Available", "status": "False", "message": "login with hunter2-hunter2 failed"}
    observed = seen(eu=observed_deployment(3, 3, conditions=[told]), us=observed_deployment(3, 3))
    outcome = an_outcome(a_deployment(), frozen_clusters={"ap": "said hunter2-hunter2"})
    report = reported(
        outcome,
        observed,
        failures={("us", WEB): "cannot use hunter2-hunter2"},
        redact=redact,
    )
    assert "hunter2-hunter2" not in repr(report)
    assert members(report)["us"].message == "cannot use (sensitive)"
