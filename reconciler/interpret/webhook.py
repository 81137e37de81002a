"""Interpreter webhooks as questions: what would be asked, and what an answer means.

Nothing is called here. An operation that a webhook claims looks its answer up by the digest of the
question and otherwise raises Unanswered; the runtime asks, and the cycle runs again.

Rules: Karmada `pkg/resourceinterpreter/customized/webhook`, `config/v1alpha1`
ResourceInterpreterRequest and ResourceInterpreterResponse; karmada-semantics §1.10.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import NAMESPACE_DNS, uuid5

import jsonpatch
import orjson

from reconciler.interpret.errors import InterpretError
from reconciler.interpret.operation import Body, KindInterpreter, Operation, ReplicaAnswer
from reconciler.model.question import Question, Unanswered

EVERYTHING: Final = "*"
DEFAULT_TIMEOUT_SECONDS: Final = 10

BAD_PATCH: Final = (
    ValueError,
    TypeError,
    binascii.Error,
    jsonpatch.JsonPatchException,
    jsonpatch.JsonPointerException,
)

# The names a webhook's rules and requests use.
WIRE_NAMES: Final = {
    Operation.GET_REPLICAS: "InterpretReplica",
    Operation.GET_COMPONENTS: "InterpretComponent",
    Operation.REVISE_REPLICA: "ReviseReplica",
    Operation.RETAIN: "Retain",
    Operation.INTERPRET_STATUS: "InterpretStatus",
    Operation.AGGREGATE_STATUS: "AggregateStatus",
    Operation.INTERPRET_HEALTH: "InterpretHealth",
    Operation.GET_DEPENDENCIES: "InterpretDependency",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Which operations on which kinds a webhook answers; `*` is any."""

    operations: frozenset[str]
    groups: frozenset[str]
    versions: frozenset[str]
    kinds: frozenset[str]

    def covers(self, operation: Operation, api_version: str, kind: str) -> bool:
        """Whether the webhook is to be asked."""
        group, _, version = api_version.rpartition("/")
        return all(
            EVERYTHING in allowed or value in allowed
            for allowed, value in (
                (self.operations, WIRE_NAMES[operation]),
                (self.groups, group),
                (self.versions, version),
                (self.kinds, kind),
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One webhook of a ResourceInterpreterWebhookConfiguration, whose name is `configuration`."""

    configuration: str
    name: str
    client: Mapping[str, Any]
    rules: tuple[Rule, ...]
    timeout_seconds: int


def decode(document: Body) -> list[Webhook]:
    """The webhooks of a configuration; InterpretError for another shape."""
    try:
        name = str(document["metadata"]["name"])
        return [decoded_webhook(name, raw) for raw in document.get("webhooks") or ()]
    except (KeyError, TypeError, AttributeError) as problem:
        raise InterpretError(
            f"not a ResourceInterpreterWebhookConfiguration: {problem}"
        ) from problem


def decoded_webhook(configuration: str, raw: Body) -> Webhook:
    """One webhook, named after its configuration too."""
    return Webhook(
        configuration=configuration,
        name=f"{configuration}/{raw['name']}",
        client=raw["clientConfig"],
        rules=tuple(
            Rule(
                operations=frozenset(rule.get("operations") or ()),
                groups=frozenset(rule.get("apiGroups") or ()),
                versions=frozenset(rule.get("apiVersions") or ()),
                kinds=frozenset(rule.get("kinds") or ()),
            )
            for rule in raw.get("rules") or ()
        ),
        timeout_seconds=int(raw.get("timeoutSeconds") or DEFAULT_TIMEOUT_SECONDS),
    )


class WebhookLayer:
    """The layer of all webhooks; `answers` maps the digest of a question to its response."""

    def __init__(self, documents: Iterable[Body], answers: Mapping[str, Any]) -> None:
        decoded = [decode(document) for document in documents]
        # By the configuration's name, then as listed in it.
        in_order = sorted(
            decoded, key=lambda webhooks: webhooks[0].configuration if webhooks else ""
        )
        self._webhooks = [webhook for webhooks in in_order for webhook in webhooks]
        self._answers = answers

    def find(self, api_version: str, kind: str) -> KindInterpreter | None:
        """The interpreter made of the first webhook for each operation."""
        handlers = {}
        for operation, (field, make) in MAKERS.items():
            for webhook in self._webhooks:
                if any(rule.covers(operation, api_version, kind) for rule in webhook.rules):
                    handlers[field] = make(Caller(webhook, operation, self._answers))
                    break
        if not handlers:
            return None
        return KindInterpreter(api_version=api_version, kind=kind, **handlers)


@dataclass(frozen=True, slots=True)
class Caller:
    """Asks one webhook one kind of question."""

    webhook: Webhook
    operation: Operation
    answers: Mapping[str, Any]

    def response(self, body: Body, **details: Any) -> Body:
        """The successful response for this body; Unanswered, or InterpretError for a refusal."""
        question = self.question(body, details)
        if question.digest not in self.answers:
            raise Unanswered(question)
        response = self.answers[question.digest]
        if not isinstance(response, dict) or response.get("successful") is not True:
            raise InterpretError(f"webhook {self.webhook.name}: {refusal(response)}")
        return response

    def question(self, body: Body, details: Mapping[str, Any]) -> Question:
        """The question, its digest taken over what would be sent and to whom."""
        group, _, version = str(body.get("apiVersion", "")).rpartition("/")
        metadata = body.get("metadata") or {}
        request = {
            "kind": {"group": group, "version": version, "kind": body.get("kind", "")},
            "name": metadata.get("name", ""),
            "namespace": metadata.get("namespace", ""),
            "operation": WIRE_NAMES[self.operation],
            "object": body,
            **details,
        }
        content = [self.webhook.name, dict(self.webhook.client), request]
        digest = hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
        return Question(
            digest=digest,
            webhook=self.webhook.name,
            client=self.webhook.client,
            request={"uid": str(uuid5(NAMESPACE_DNS, digest)), **request},
            timeout_seconds=self.webhook.timeout_seconds,
        )

    def patched(self, body: Body, response: Body) -> Body:
        """The body with the response's JSON patch; unchanged without one."""
        encoded = response.get("patch")
        if not encoded:
            return body
        try:
            operations = orjson.loads(base64.b64decode(encoded, validate=True))
            changed = jsonpatch.JsonPatch(operations).apply(body)
        except BAD_PATCH as problem:
            raise InterpretError(f"webhook {self.webhook.name}: bad patch: {problem}") from problem
        if not isinstance(changed, dict):
            raise InterpretError(f"webhook {self.webhook.name}: the patch leaves no object")
        return changed

    def typed(self, response: Body, name: str, kind: type) -> Any:
        """A field of the response, refused when of another type."""
        value = response.get(name)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise InterpretError(f"webhook {self.webhook.name}: {name} is missing or malformed")
        return value


def refusal(response: Any) -> str:
    """What an unsuccessful response says of itself."""
    status = response.get("status") if isinstance(response, dict) else None
    message = status.get("message") if isinstance(status, dict) else None
    return str(message)[:400] if message else "the answer was not successful"


def replicas_handler(caller: Caller) -> Callable[[Body], ReplicaAnswer]:
    """InterpretReplica."""

    def get_replicas(body: Body) -> ReplicaAnswer:
        response = caller.response(body)
        return ReplicaAnswer(
            replicas=caller.typed(response, "replicas", int),
            requirements=response.get("replicaRequirements"),
        )

    return get_replicas


def components_handler(caller: Caller) -> Callable[[Body], list[Body]]:
    """InterpretComponent."""
    return lambda body: list(caller.typed(caller.response(body), "components", list))


def revision_handler(caller: Caller) -> Callable[[Body, int], Body]:
    """ReviseReplica, answered by a patch."""
    return lambda body, replicas: caller.patched(body, caller.response(body, replicas=replicas))


def retention_handler(caller: Caller) -> Callable[[Body, Body], Body]:
    """Retain, answered by a patch of the desired object."""
    return lambda desired, observed: caller.patched(
        desired, caller.response(desired, observedObject=observed)
    )


def reflection_handler(caller: Caller) -> Callable[[Body], Body | None]:
    """InterpretStatus."""

    def reflect_status(observed: Body) -> Body | None:
        response = caller.response(observed)
        if response.get("rawStatus") is None:
            return None
        status: Body = caller.typed(response, "rawStatus", dict)
        return status

    return reflect_status


def aggregation_handler(caller: Caller) -> Callable[[Body, list[Body]], Body]:
    """AggregateStatus, answered by a patch of the template."""
    return lambda template, items: caller.patched(
        template, caller.response(template, aggregatedStatus=items)
    )


def health_handler(caller: Caller) -> Callable[[Body], bool]:
    """InterpretHealth."""
    return lambda observed: bool(caller.typed(caller.response(observed), "healthy", bool))


def dependencies_handler(caller: Caller) -> Callable[[Body], list[Body]]:
    """InterpretDependency."""
    return lambda body: list(caller.typed(caller.response(body), "dependencies", list))


MAKERS: Final[dict[Operation, tuple[str, Callable[[Caller], Callable[..., Any]]]]] = {
    Operation.GET_REPLICAS: ("get_replicas", replicas_handler),
    Operation.GET_COMPONENTS: ("get_components", components_handler),
    Operation.REVISE_REPLICA: ("revise_replica", revision_handler),
    Operation.RETAIN: ("retain", retention_handler),
    Operation.INTERPRET_STATUS: ("reflect_status", reflection_handler),
    Operation.AGGREGATE_STATUS: ("aggregate_status", aggregation_handler),
    Operation.INTERPRET_HEALTH: ("interpret_health", health_handler),
    Operation.GET_DEPENDENCIES: ("get_dependencies", dependencies_handler),
}
