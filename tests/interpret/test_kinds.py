"""Native kinds, where the shared vectors do not reach: rendered objects, edges of each rule."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.interpret.chain import Interpreter, InterpretError, LayerName
from reconciler.interpret.operation import Body
from tests.interpret.bodies import a_template, a_workload, items, rendered

NATIVE = Interpreter(layers=(LayerName.NATIVE,))


def aggregated(body: Body, *statuses: Body | None) -> Any:
    """The status over members with these statuses."""
    result = NATIVE.aggregate_status(body, items(*statuses))
    assert result is not None
    return result.get("status")


def counters(**more: int) -> Body:
    """A Deployment's status with two replicas up."""
    names = ("replicas", "readyReplicas", "updatedReplicas", "availableReplicas")
    return dict.fromkeys(names, 2) | more


class TestReflection:
    """Objects that were rendered from a template carry its generation."""

    def test_a_deployment_says_which_generations_its_counters_speak_of(self) -> None:
        status = {**counters(), "unavailableReplicas": 0, "observedGeneration": 2, "odd": 1}
        observed = rendered(a_workload("Deployment", status=status), 7)
        assert NATIVE.reflect_status(observed) == {
            **counters(),
            "observedGeneration": 2,
            "generation": 2,
            "resourceTemplateGeneration": 7,
        }

    def test_a_stateful_set_leaves_its_observed_generation_out(self) -> None:
        observed = rendered(a_workload("StatefulSet", status={"observedGeneration": 2}), 7)
        assert NATIVE.reflect_status(observed) == {
            "replicas": 0,
            "availableReplicas": 0,
            "generation": 2,
            "resourceTemplateGeneration": 7,
        }

    def test_a_daemon_set_writes_four_counters_though_zero(self) -> None:
        observed = rendered(a_workload("DaemonSet", status={}), 1)
        reflected = NATIVE.reflect_status(observed)
        assert reflected is not None
        assert [name for name, value in reflected.items() if value == 0] == [
            "currentNumberScheduled",
            "numberMisscheduled",
            "desiredNumberScheduled",
            "numberReady",
        ]

    def test_no_status_is_none(self) -> None:
        assert NATIVE.reflect_status(a_workload("Deployment")) is None
        assert NATIVE.reflect_status(a_workload("Job", "batch/v1")) is None

    @pytest.mark.parametrize("text", ["", "x", "1.5", "1_0", " 1", "9" * 19])
    def test_an_object_of_unknown_template_generation_is_an_error(self, text: str) -> None:
        body = a_workload("Deployment", status={})
        body["metadata"]["annotations"] = {"resourcetemplate.karmada.io/generation": text}
        with pytest.raises(InterpretError):
            NATIVE.reflect_status(body)


class TestGenerations:
    """The template's observedGeneration follows once every member has."""

    def test_it_advances_when_every_member_is_current(self) -> None:
        current = counters(observedGeneration=5, generation=5, resourceTemplateGeneration=2)
        status = aggregated(a_workload("Deployment"), current, current)
        assert status == counters() | {"observedGeneration": 2} | dict.fromkeys(counters(), 4)

    @pytest.mark.parametrize(
        "late",
        [
            counters(observedGeneration=4, generation=5, resourceTemplateGeneration=2),
            counters(observedGeneration=5, generation=5, resourceTemplateGeneration=1),
            None,
        ],
    )
    def test_it_stays_while_one_is_late(self, late: Body | None) -> None:
        current = counters(observedGeneration=5, generation=5, resourceTemplateGeneration=2)
        body = a_workload("Deployment", status={"observedGeneration": 1})
        assert aggregated(body, current, late)["observedGeneration"] == 1

    def test_what_says_nothing_new_returns_the_template_itself(self) -> None:
        body = a_workload("Deployment", status={"replicas": 2, "conditions": []})
        assert NATIVE.aggregate_status(body, items({"replicas": 2})) is body

    def test_other_fields_of_the_old_status_stay(self) -> None:
        body = a_workload("Deployment", status={"collisionCount": 3})
        assert aggregated(body, {"replicas": 2}) == {"collisionCount": 3, "replicas": 2}


class TestDeployment:
    """Replicas that belong to the member."""

    def labelled(self, value: str) -> Body:
        body = a_workload("Deployment")
        labels = {"resourcetemplate.karmada.io/retain-replicas": value}
        return body | {"metadata": body["metadata"] | {"labels": labels}}

    def test_they_are_retained_where_the_label_says_so(self) -> None:
        observed = a_workload("Deployment", spec={"replicas": 9})
        retained = NATIVE.retain(self.labelled("true"), observed)
        assert retained is not None
        assert retained["spec"]["replicas"] == 9
        assert NATIVE.retain(self.labelled("yes"), observed) == self.labelled("yes")

    def test_without_observed_replicas_there_is_nothing_to_retain(self) -> None:
        with pytest.raises(InterpretError):
            NATIVE.retain(self.labelled("true"), a_workload("Deployment", spec={}))

    def test_unset_replicas_are_none_and_stay_unset(self) -> None:
        body = a_workload("Deployment", spec={"template": a_template()})
        answer = NATIVE.get_replicas(body)
        assert answer is not None
        assert answer.replicas == 0
        assert NATIVE.revise_replica(body, 5) == body


class TestJob:
    """Many Jobs as one."""

    def condition(self, kind: str, at: str = "2026-01-01T00:00:00Z") -> Body:
        return {"type": kind, "status": "True", "lastTransitionTime": at}

    def test_success_criteria_count_when_all_members_met_them(self) -> None:
        met = {"conditions": [self.condition("SuccessCriteriaMet"), self.condition("Complete")]}
        plain = {"conditions": [self.condition("Complete")]}
        both = aggregated(a_workload("Job", "batch/v1"), met, met)["conditions"]
        one = aggregated(a_workload("Job", "batch/v1"), met, plain)["conditions"]
        assert [each["type"] for each in both] == ["SuccessCriteriaMet", "Complete"]
        assert [each["type"] for each in one] == ["Complete"]

    def test_its_conditions_carry_the_latest_time_that_a_member_reported(self) -> None:
        early = {"conditions": [self.condition("Complete", "2026-01-01T00:00:00Z")]}
        late = {"conditions": [self.condition("Complete", "2026-01-02T00:00:00Z")]}
        (condition,) = aggregated(a_workload("Job", "batch/v1"), late, early)["conditions"]
        assert condition["lastTransitionTime"] == "2026-01-02T00:00:00Z"

    def test_a_finished_job_stays_as_it_is(self) -> None:
        body = a_workload("Job", "batch/v1", status={"conditions": [self.condition("Failed")]})
        assert NATIVE.aggregate_status(body, items({"active": 1})) is body

    def test_start_is_the_earliest_and_completion_the_latest(self) -> None:
        one = {"startTime": "2026-01-01T00:00:00Z", "completionTime": "2026-01-01T05:00:00Z"}
        other = {"startTime": "2026-01-01T01:00:00Z", "completionTime": "2026-01-01T04:00:00Z"}
        assert aggregated(a_workload("Job", "batch/v1"), other, one) == one

    @pytest.mark.parametrize(
        ("spec", "replicas"),
        [({}, 0), ({"parallelism": 4}, 4), ({"parallelism": 4, "completions": 2}, 2)],
    )
    def test_no_more_pods_run_than_have_to_complete(self, spec: Body, replicas: int) -> None:
        answer = NATIVE.get_replicas(a_workload("Job", "batch/v1", spec=spec))
        assert answer is not None
        assert answer.replicas == replicas


class TestShapes:
    """Fields of another type than their kind gives them."""

    @pytest.mark.parametrize(
        ("kind", "status"),
        [
            ("Deployment", {"replicas": "2"}),
            ("Deployment", "up"),
            ("Deployment", {"replicas": [2]}),
        ],
    )
    def test_a_counter_that_is_no_number_is_an_error(self, kind: str, status: Any) -> None:
        with pytest.raises(InterpretError):
            NATIVE.aggregate_status(a_workload(kind), items(status))

    def test_a_list_that_is_none_is_an_error(self) -> None:
        with pytest.raises(InterpretError):
            NATIVE.get_dependencies(a_workload("Ingress", "networking.k8s.io/v1", spec={"tls": 1}))

    def test_a_text_that_is_none_is_an_error(self) -> None:
        body = a_workload("PersistentVolumeClaim", "v1", status={"phase": 1})
        with pytest.raises(InterpretError):
            NATIVE.interpret_health(body)

    def test_a_whole_number_may_be_written_with_a_point(self) -> None:
        answer = NATIVE.get_replicas(a_workload("Deployment", spec={"replicas": 3.0}))
        assert answer is not None
        assert (answer.replicas, type(answer.replicas)) == (3, int)

    @pytest.mark.parametrize("kind", ["PersistentVolumeClaim", "PersistentVolume", "Pod"])
    def test_a_phase_that_is_known_already_changes_nothing(self, kind: str) -> None:
        body = a_workload(kind, "v1", spec={}, status={"phase": "Pending"})
        assert NATIVE.aggregate_status(body, items({"phase": "Pending"})) is body

    def test_a_job_that_is_as_before_changes_nothing(self) -> None:
        body = a_workload("Job", "batch/v1", status={"active": 1})
        assert NATIVE.aggregate_status(body, items({"active": 1})) is body

    def test_a_pod_without_members_keeps_its_status(self) -> None:
        body = a_workload("Pod", "v1", spec={}, status={"phase": "Running"})
        assert NATIVE.aggregate_status(body, []) is body

    def test_a_member_without_made_up_selector_leaves_a_job_as_it_is(self) -> None:
        body = a_workload("Job", "batch/v1")
        assert NATIVE.retain(body, a_workload("Job", "batch/v1", spec={})) is body

    def test_a_member_without_references_leaves_an_account_as_it_is(self) -> None:
        body = a_workload("ServiceAccount", "v1", secrets=[{"name": "a"}])
        assert NATIVE.retain(body, a_workload("ServiceAccount", "v1")) is body


class TestOthers:
    """Smaller kinds."""

    def test_a_cron_job_gathers_what_is_active_and_the_latest_times(self) -> None:
        job = {"kind": "Job", "name": "j"}
        one = {"active": [job], "lastScheduleTime": "2026-01-01T00:00:00Z"}
        other = {"active": [job], "lastScheduleTime": "2026-01-02T00:00:00Z"}
        assert aggregated(a_workload("CronJob", "batch/v1", spec={}), other, one) == {
            "active": [job, job],
            "lastScheduleTime": "2026-01-02T00:00:00Z",
        }

    def test_disrupted_pods_are_named_with_their_cluster(self) -> None:
        body = a_workload("PodDisruptionBudget", "policy/v1", spec={})
        status = aggregated(
            body, {"disruptedPods": {"p": "2026-01-01T00:00:00Z"}, "expectedPods": 1}
        )
        assert status["disruptedPods"] == {"m1/p": "2026-01-01T00:00:00Z"}
        assert status["expectedPods"] == 1

    def test_addresses_are_gathered_once_and_in_order(self) -> None:
        body = a_workload("Service", "v1", spec={"type": "LoadBalancer"})

        def balancer(*entries: Body) -> Body:
            return {"loadBalancer": {"ingress": list(entries)}}

        status = aggregated(
            body, balancer({"ip": "2.2.2.2"}, {"ip": "1.1.1.1"}), balancer({"ip": "2.2.2.2"})
        )
        assert status == balancer({"ip": "1.1.1.1"}, {"ip": "2.2.2.2"})
        assert NATIVE.aggregate_status(body | {"status": status}, items(status)) == body | {
            "status": status
        }

    @pytest.mark.parametrize(
        ("status", "healthy"),
        [
            ({}, False),
            ({"loadBalancer": {"ingress": [{"hostname": "a"}]}}, True),
            ({"loadBalancer": {"ingress": [{}]}}, False),
        ],
    )
    def test_a_load_balancer_needs_an_address(self, status: Body, *, healthy: bool) -> None:
        body = a_workload("Service", "v1", spec={"type": "LoadBalancer"}, status=status)
        assert NATIVE.interpret_health(body) is healthy

    def test_a_stateful_set_does_not_depend_on_claims_it_makes(self) -> None:
        volumes = [
            {"name": name, "persistentVolumeClaim": {"claimName": name}}
            for name in ("own", "other")
        ]
        spec = {
            "template": a_template(volumes=volumes),
            "volumeClaimTemplates": [{"metadata": {"name": "own"}}],
        }
        assert NATIVE.get_dependencies(a_workload("StatefulSet", spec=spec)) == [
            {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": "shop",
                "name": "other",
            }
        ]

    def test_every_volume_type_that_takes_a_secret_is_a_dependency(self) -> None:
        volumes = [
            {"name": "1", "azureFile": {"secretName": "azure"}},
            {"name": "2", "csi": {"nodePublishSecretRef": {"name": "csi"}}},
            {"name": "3", "iscsi": {"secretRef": {"name": "iscsi"}}},
            {"name": "4", "projected": {"sources": [{"secret": {"name": "projected"}}]}},
            {"name": "5", "secret": {"secretName": "plain"}},
            {"name": "6", "rbd": {"secretRef": None}},
        ]
        spec = {"template": a_template(volumes=volumes, imagePullSecrets=[{"name": "pull"}, {}])}
        found = NATIVE.get_dependencies(a_workload("Deployment", spec=spec))
        assert found is not None
        names = [one["name"] for one in found if one["kind"] == "Secret"]
        assert names == ["azure", "csi", "iscsi", "plain", "projected", "pull"]

    @pytest.mark.parametrize(
        ("spec", "request_"),
        [
            ({"initContainers": [{"resources": {"requests": {"cpu": "1"}}}]}, {"cpu": "1"}),
            ({"overhead": {"cpu": "50m", "memory": "1Mi"}}, {"cpu": "150m", "memory": "1Mi"}),
            (
                {"containers": [{"resources": {"limits": {"cpu": "2"}, "requests": {"pods": 1}}}]},
                {"cpu": "2", "pods": "1"},
            ),
            (
                {
                    "containers": [
                        {
                            "resources": {
                                "requests": {
                                    "nvidia.com/gpu": 2,
                                    "hugepages-2Mi": "4Mi",
                                    "storage": "1Gi",
                                    "requests.x.io/y": 1,
                                    "bad name/x": 1,
                                    "memory": "1.5",
                                }
                            }
                        }
                    ]
                },
                {"nvidia.com/gpu": "2", "hugepages-2Mi": "4Mi", "memory": "2"},
            ),
        ],
    )
    def test_what_a_pod_asks_for(self, spec: Body, request_: Body) -> None:
        answer = NATIVE.get_replicas(
            a_workload("Deployment", spec={"template": a_template(**spec)})
        )
        assert answer is not None
        assert answer.requirements == {"resourceRequest": request_}

    def test_a_pod_keeps_what_its_member_filled_in(self) -> None:
        mounts = [{"name": "token", "mountPath": "/t"}]
        desired = a_workload("Pod", "v1", spec={"containers": [{"name": "a"}, {"name": "b"}]})
        observed = a_workload(
            "Pod",
            "v1",
            spec={"nodeName": "n", "containers": [{"name": "a", "volumeMounts": mounts}]},
        )
        retained = NATIVE.retain(desired, observed)
        assert retained is not None
        assert retained["spec"] == {
            "nodeName": "n",
            "containers": [
                {"name": "a", "resources": {}, "volumeMounts": mounts},
                {"name": "b", "resources": {}},
            ],
        }
