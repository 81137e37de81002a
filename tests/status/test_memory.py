"""Remembering statuses is only speed: the same report as without, and nothing stale."""

from __future__ import annotations

from reconciler.diff.redact import SecretValues
from reconciler.interpret.chain import Interpreter
from reconciler.model.report import Health
from reconciler.status.memory import StatusMemory
from tests.interpret.bodies import a_customization
from tests.status.builders import WEB, a_deployment, an_outcome, observed_deployment, reported, seen

OUTCOME = an_outcome(a_deployment(), clusters=["eu"])
FAILING = Interpreter(
    [
        a_customization(
            {"healthInterpretation": "function InterpretHealth(obj) error('no idea') end"},
            api_version="apps/v1",
            kind="Deployment",
        )
    ]
)


def test_the_same_body_says_the_same() -> None:
    memory, observed = StatusMemory(), seen(eu=observed_deployment(3, 1))
    first = reported(OUTCOME, observed, memory=memory, basis="a")
    second = reported(OUTCOME, observed, first.templates, memory=memory, basis="a")
    assert second == first == reported(OUTCOME, observed)
    before, after = (one.templates[WEB].members[0].status for one in (first, second))
    assert before is after


def test_another_body_is_read_anew() -> None:
    memory = StatusMemory()
    reported(OUTCOME, seen(eu=observed_deployment(3, 1)), memory=memory)
    report = reported(OUTCOME, seen(eu=observed_deployment(3, 3)), memory=memory)
    assert report.templates[WEB].health is Health.HEALTHY


def test_other_interpreters_read_anew() -> None:
    memory, observed = StatusMemory(), seen(eu=observed_deployment(3, 3))
    reported(OUTCOME, observed, memory=memory, basis="a")
    report = reported(OUTCOME, observed, memory=memory, basis="b", interpreter=FAILING)
    assert report.templates[WEB].health is Health.UNKNOWN


def test_other_secrets_read_anew() -> None:
    told = {"type": "Progressing", "status": "True", "message": "hunter2-hunter2"}
    memory, observed = StatusMemory(), seen(eu=observed_deployment(3, 3, conditions=[told]))
    reported(OUTCOME, observed, memory=memory, basis=SecretValues())
    secrets = SecretValues(["hunter2-hunter2"])
    report = reported(OUTCOME, observed, memory=memory, basis=secrets, redact=secrets.redact)
    assert "hunter2-hunter2" not in repr(report)


def test_what_went_wrong_is_said_again_at_every_report() -> None:
    memory, observed = StatusMemory(), seen(eu=observed_deployment(3, 3))
    for _ in range(2):
        report = reported(OUTCOME, observed, memory=memory, interpreter=FAILING)
        assert [one.code for one in report.diagnostics] == ["RC056"]


def test_what_is_not_asked_any_more_is_forgotten() -> None:
    memory, observed = StatusMemory(), seen(eu=observed_deployment(3, 3))
    reported(OUTCOME, observed, memory=memory)
    reported(OUTCOME, seen(eu=None), memory=memory)
    report = reported(OUTCOME, observed, memory=memory, interpreter=FAILING)
    assert report.templates[WEB].health is Health.UNKNOWN
