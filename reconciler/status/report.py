"""The report of a pass: every template over all its members, from what was decided and what was
observed.

Rules (karmada-semantics §2.14): a template is expected on its targets, on those of what requires
it, and on clusters that it is being evicted from gracefully; it is fully applied when all of them
have its present version.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from reconciler.interpret.chain import Interpreter, InterpretError, Unanswered
from reconciler.model.diagnostic import Diagnostic, Effect, Position, Severity, in_order
from reconciler.model.identity import ObjectKey
from reconciler.model.report import FleetReport, MemberStatus, TemplateStatus
from reconciler.model.work import Work
from reconciler.model.world import Observed, Outcome
from reconciler.status.aggregate import aggregated
from reconciler.status.collect import Collector, dated
from reconciler.status.memory import StatusMemory
from reconciler.status.withhold import Redact, failure, is_withheld, said, without_secrets

UNREADABLE_STATUS = "RC056"
_DIRECTLY = "Directly"
_NAMED = 3
_REMEMBERED = 1 << 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a pass has seen: objects by cluster (None: unreadable), and what failed to apply, said
    in a sentence. `redact` takes secrets out of texts; `memory` is for speed, as long as `basis`,
    whatever interpreters and `redact` are made from, stays equal.
    """

    observed: Mapping[str, Observed | None]
    failures: Mapping[tuple[str, ObjectKey], str] = field(default_factory=dict)
    redact: Redact = str
    memory: StatusMemory = field(default_factory=StatusMemory)
    basis: object = None


def fleet_report(
    outcome: Outcome,
    evidence: Evidence,
    before: Mapping[ObjectKey, TemplateStatus],
    interpreter: Interpreter,
    now: str,
) -> FleetReport:
    """The report of one pass; `before` is the last one, `now` RFC 3339."""
    # Field names and messages repeat from member to member: each is searched for secrets once.
    redact = lru_cache(maxsize=_REMEMBERED)(evidence.redact)
    judge = _Judge(outcome, evidence, Collector(interpreter, redact, evidence.memory), now)
    evidence.memory.begin(evidence.basis)
    expected = expected_clusters(outcome)
    templates = {
        key: judge.template(key, clusters, before.get(key)) for key, clusters in expected.items()
    }
    diagnostics = in_order(list(judge.diagnostics()))
    hold = outcome.plan.hold
    return FleetReport(
        source_commit=outcome.fleet.revision,
        templates=templates,
        frozen_clusters={
            name: said(reason, redact) for name, reason in outcome.frozen_clusters.items()
        },
        holds=(hold.digest,) if hold else (),
        problems=tuple(said(str(one), redact) for one in (*outcome.diagnostics, *diagnostics)),
        frozen=tuple(sorted(outcome.frozen_keys & _known(outcome))),
        is_held=outcome.is_held,
        diagnostics=diagnostics,
        questions=tuple(judge.collector.questions),
    )


def expected_clusters(outcome: Outcome) -> dict[ObjectKey, list[str]]:
    """Where every template belongs, clusters sorted; templates in the order of their identity."""
    places: dict[ObjectKey, set[str]] = {}
    for cluster, works in outcome.works.items():
        for key in works:
            places.setdefault(key, set()).add(cluster)
    for key, placed in outcome.placed.items():
        names = places.setdefault(key, set())
        names |= {target.name for target in placed.targets} | set(_leaving(outcome, key))
    for key in outcome.frozen_keys - places.keys():
        state = outcome.state.bindings.get(key)
        if state is not None:
            places[key] = {target.name for target in state.targets}
    return {key: sorted(places[key]) for key in sorted(places)}


def _leaving(outcome: Outcome, key: ObjectKey) -> Iterator[str]:
    """Clusters that keep the object until its replacement runs elsewhere."""
    placed = outcome.placed.get(key)
    for task in placed.remembered.eviction_tasks if placed else ():
        if task.purge_mode != _DIRECTLY:
            yield task.from_cluster


def _known(outcome: Outcome) -> frozenset[ObjectKey]:
    return frozenset(outcome.fleet.templates) | frozenset(outcome.state.bindings)


@dataclass(frozen=True, slots=True)
class _Judge:
    outcome: Outcome
    evidence: Evidence
    collector: Collector
    now: str

    def template(
        self, key: ObjectKey, clusters: list[str], before: TemplateStatus | None
    ) -> TemplateStatus:
        """One template over the clusters that should have it."""
        last = {one.cluster: one for one in before.members} if before else {}
        members = tuple(
            dated(self._member(name, key, last.get(name)), last.get(name), self.now)
            for name in clusters
        )
        placed = self.outcome.placed.get(key)
        return TemplateStatus(
            key=key,
            api_version=self._api_version(key, before),
            members=members,
            expected=len(clusters),
            status=self._aggregated(key, members, before),
            scheduled_reason=str(placed.decision.reason) if placed else "",
            scheduled_message=said(placed.decision.message, self.collector.redact)
            if placed
            else "",
            is_frozen=key in self.outcome.frozen_keys,
        )

    def diagnostics(self) -> Iterator[Diagnostic]:
        """What interpreters made of reports that they could not read."""
        for (key, text), clusters in self.collector.failures.items():
            more = f" and {len(clusters) - _NAMED} more" if len(clusters) > _NAMED else ""
            where = f" on {', '.join(clusters[:_NAMED])}{more}" if clusters else ""
            template = self.outcome.fleet.templates.get(key)
            yield Diagnostic(
                code=UNREADABLE_STATUS,
                message=f"the status of {key}{where} cannot be read: {text}",
                severity=Severity.WARNING,
                effect=Effect.NONE,
                position=template.position if template else Position(),
                hint="correct the customization or webhook that interprets its kind",
                subject=str(key),
            )

    def _member(self, cluster: str, key: ObjectKey, last: MemberStatus | None) -> MemberStatus:
        observed = self.evidence.observed.get(cluster)
        if observed is None:
            reason = self.outcome.frozen_clusters.get(cluster, "the member was not asked")
            return self.collector.silent(cluster, reason, last)
        problem = self.evidence.failures.get((cluster, key), "") or self._unrendered(cluster, key)
        if observed.works is not None:
            return self._followed(cluster, key, observed.works, problem)
        body = observed.objects.get(key)
        if body is None:
            return self.collector.missing(cluster, problem or self._pending(cluster, key))
        if problem:
            return self.collector.outdated(cluster, key, body, problem)
        return self.collector.collected(cluster, key, body, last)

    def _followed(
        self, cluster: str, key: ObjectKey, held: Mapping[ObjectKey, Work], problem: str
    ) -> MemberStatus:
        """An object of a member that follows a branch: distributed there or not, no more is
        known.
        """
        config = self.outcome.fleet.config
        if key.is_secret and not (config is not None and config.write_back.has_secrets):
            problem = problem or "writeBack.secrets withholds it from its works branch"
        if key in held and not problem:
            return self.collector.distributed(cluster)
        return self.collector.missing(cluster, problem or self._pending(cluster, key))

    def _unrendered(self, cluster: str, key: ObjectKey) -> str:
        """Why a target has no Work, so that an earlier version stays there; `` where it has one."""
        has_work = key in self.outcome.works.get(cluster, {})
        if has_work or key not in self.outcome.placed or cluster in _leaving(self.outcome, key):
            return ""
        subject = str(key)
        said_of_it = [one.message for one in self.outcome.diagnostics if one.subject == subject]
        asked = [one.webhook for one in self.outcome.questions if one.subject == subject]
        if asked:
            return f"it waits for webhook {asked[0]}"
        return said_of_it[0] if said_of_it else "it could not be rendered"

    def _pending(self, cluster: str, key: ObjectKey) -> str:
        work = self.outcome.works.get(cluster, {}).get(key)
        is_suspended = work is not None and work.is_suspended
        return "dispatching is suspended" if is_suspended else "not applied yet"

    def _aggregated(
        self, key: ObjectKey, members: tuple[MemberStatus, ...], before: TemplateStatus | None
    ) -> object:
        template = self.outcome.fleet.templates.get(key)
        last = before.status if before else None
        if is_withheld(key.group, key.kind):
            return None
        if template is None:
            return last
        state = self.outcome.state.bindings.get(key)
        generation = state.generation if state else 0
        body, interpreter = template.manifest.body, self.collector.interpreter
        try:
            status = aggregated(body, generation, last, members, interpreter)
        except InterpretError as error:
            text = failure(str(error), key.group, key.kind, self.collector.redact)
            self.collector.failures.setdefault((key, text), [])
            return last
        except Unanswered as unanswered:
            self.collector.questions[unanswered.question] = None
            return last
        return without_secrets(status, self.collector.redact)

    def _api_version(self, key: ObjectKey, before: TemplateStatus | None) -> str:
        template = self.outcome.fleet.templates.get(key)
        if template is not None:
            return template.manifest.api_version
        if before is not None:
            return before.api_version
        versions = (works[key].api_version for works in self.outcome.works.values() if key in works)
        return next(versions, "")
