"""Creating, updating, patching and deleting: one object through the stages of the API server.

Order of the stages: decode, address, default, admit (namespace), prepare (status, generation),
validate, own (managedFields), store. Source: apiserver endpoints/handlers and registry/generic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from reconciler.adapters.simulation import admission, errors, kinds, managed, scale, validation
from reconciler.adapters.simulation.catalogue import Resource
from reconciler.adapters.simulation.conversion import to_version
from reconciler.adapters.simulation.decoding import Decoder, zero
from reconciler.adapters.simulation.defaulting import with_defaults
from reconciler.adapters.simulation.errors import ApiError, Cause
from reconciler.adapters.simulation.features import Features
from reconciler.adapters.simulation.fieldset import FieldSet, parse
from reconciler.adapters.simulation.managed import Rules, Writer
from reconciler.adapters.simulation.patches import (
    json_patch,
    merge_patch,
    strategic_patch,
    unprocessable,
)

if TYPE_CHECKING:
    from reconciler.adapters.simulation.cluster import SimulatedCluster

Manifest = dict[str, Any]

JSON_PATCH: Final = "application/json-patch+json"
MERGE_PATCH: Final = "application/merge-patch+json"
STRATEGIC_PATCH: Final = "application/strategic-merge-patch+json"
APPLY_PATCH: Final = "application/apply-patch+yaml"
_UNCHANGED_LIMIT: Final = 20_000
_NAME_ALPHABET: Final = "bcdfghjklmnpqrstvwxz2456789"
_RESET_STATUS: Final[FieldSet] = parse({"f:status": {}})
# What a write of the status cannot change: of custom resources everything else, of built-in kinds
# the spec, of Deployments the labels too.
_RESET_OTHERS: Final[FieldSet] = parse({"f:spec": {}, "f:metadata": {}})
_RESET_SPEC: Final[FieldSet] = parse({"f:spec": {}})
_RESET_LABELLED: Final[FieldSet] = parse({"f:spec": {}, "f:metadata": {"f:labels": {}}})
_DEPLOYMENTS: Final = ("apps", "deployments")
_RESET_NOTHING: Final[FieldSet] = {}
# The server's own part of metadata: what a client sends for it is ignored.
_SERVER_METADATA: Final = (
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "selfLink",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOptions:
    """What the query string and headers of a write say."""

    manager: str = "unknown"
    dry_run: bool = False
    force: bool = False
    field_validation: str = "Warn"


@dataclass(slots=True)
class Outcome:
    """The object as answered, whether it is new, and warnings for the client."""

    manifest: Manifest
    created: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a write goes."""

    resource: Resource
    namespace: str
    name: str
    subresource: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return self.namespace, self.name


class Writes:
    """The write verbs of one cluster."""

    def __init__(self, cluster: SimulatedCluster) -> None:
        self._cluster = cluster
        self._unchanged: dict[tuple[Any, ...], tuple[Manifest, Any]] = {}

    # ---- verbs

    def create(self, place: Place, body: Any, options: WriteOptions) -> Outcome:
        """POST to a collection."""
        resource = place.resource
        manifest, warnings = self._decoded(resource, body, options)
        manifest = self._addressed(place, manifest)
        metadata = manifest["metadata"]
        if metadata.get("resourceVersion"):
            raise errors.bad_request("resourceVersion should not be set on objects to be created")
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = self._generated(metadata["generateName"])
        place = replace(place, name=metadata.get("name", ""))
        stored = self._new(place, manifest, options, None)
        return Outcome(stored, created=True, warnings=warnings)

    def update(self, place: Place, body: Any, options: WriteOptions) -> Outcome:
        """PUT of an object or of its subresource."""
        resource = place.resource
        manifest, warnings = self._decoded(resource, body, options)
        manifest = self._addressed(place, manifest)
        name = manifest["metadata"].get("name", "")
        if name != place.name:
            raise errors.bad_request(
                f"the name of the object ({name}) does not match the name on the URL ({place.name})"
            )
        old = self._existing(place)
        if old is None:
            creates = kinds.is_created_by_put(resource.key, self._cluster.features.minor)
            if not creates or place.subresource:
                raise errors.not_found(resource.plural, resource.group, place.name)
            manifest["metadata"].pop("resourceVersion", None)
            manifest["metadata"].pop("uid", None)
            stored = self._new(place, manifest, options, None)
            return Outcome(stored, created=True, warnings=warnings)
        if not manifest["metadata"].get("resourceVersion") and self._is_conditional(resource):
            cause = validation.bad_value(
                "metadata.resourceVersion", 0, "must be specified for an update"
            )
            raise errors.invalid(resource.kind, resource.group, place.name, [cause])
        stored = self._changed(place, old, manifest, options)
        return Outcome(stored, warnings=warnings)

    def patch(self, place: Place, patch: Any, media: str, options: WriteOptions) -> Outcome:
        """PATCH in any of the four languages."""
        if media == APPLY_PATCH:
            return self._apply(place, patch, options)
        resource = place.resource
        if media == STRATEGIC_PATCH and resource.custom is not None:
            raise errors.unsupported_media_type((JSON_PATCH, MERGE_PATCH, APPLY_PATCH))
        old = self._existing(place)
        if old is None:
            raise errors.not_found(resource.plural, resource.group, place.name)
        if place.subresource == "scale":
            seen = scale.of(old, resource)
            patched = _patched(seen, patch, media, resource, self._cluster.features)
            return Outcome(self.scale(place, patched, options))
        patched = _patched(old, patch, media, resource, self._cluster.features)
        manifest, warnings = self._decoded_patch(place, patched, options)
        manifest = self._addressed(place, manifest)
        self._check_name(place, manifest)
        if manifest["metadata"].get("uid", old["metadata"]["uid"]) != old["metadata"]["uid"]:
            cause = validation.bad_value(
                "metadata.uid", manifest["metadata"]["uid"], "field is immutable"
            )
            raise errors.invalid(resource.kind, resource.group, place.name, [cause])
        return Outcome(self._changed(place, old, manifest, options), warnings=warnings)

    def scale(self, place: Place, body: Any, options: WriteOptions) -> Manifest:
        """PUT of the scale subresource: the Scale after it."""
        resource = place.resource
        old = self._existing(place)
        if old is None:
            raise errors.not_found(resource.plural, resource.group, place.name)
        replicas = ((body or {}).get("spec") or {}).get("replicas", 0)
        if not isinstance(replicas, int) or isinstance(replicas, bool):
            raise errors.bad_request(
                "json: cannot unmarshal into Go struct field ScaleSpec.replicas"
            )
        if replicas < 0:
            cause = validation.bad_value(
                "spec.replicas", replicas, "must be greater than or equal to 0"
            )
            raise errors.invalid("Scale", "autoscaling", place.name, [cause])
        manifest = scale.scaled(old, resource, replicas)
        sent = (body.get("metadata") or {}).get("resourceVersion")
        metadata = {**manifest["metadata"]}
        if sent:
            metadata["resourceVersion"] = sent
        entries = None if self._cluster.features.subresource_entries else managed.owners(old)
        stored = self._changed(place, old, {**manifest, "metadata": metadata}, options, entries)
        return scale.of(stored, resource)

    def write_directly(self, place: Place, manifest: Manifest, options: WriteOptions) -> None:
        """A controller's update: on top of whatever is stored now."""
        old = self._existing(place)
        if old is not None:
            fresh = _without_metadata(manifest, "resourceVersion", "managedFields")
            self._changed(place, old, fresh, options)

    # ---- server-side apply

    def _apply(self, place: Place, patch: Any, options: WriteOptions) -> Outcome:
        resource = place.resource
        old = self._existing(place)
        subject = (place.resource.api_version, place.resource.plural, place.key, place.subresource)
        noted = self._unchanged.get((*subject, options.manager))
        if noted is not None and noted[0] is old and noted[1] == patch:
            return Outcome(noted[0])
        config = self._configuration(place, patch)
        live = old or self._blank(resource, place)
        writer = self._writer(place, options, "Apply")
        sent = config["metadata"].get("resourceVersion")
        if old is not None and sent and sent != old["metadata"]["resourceVersion"]:
            raise errors.conflict(resource.plural, resource.group, place.name, errors.STALE)
        checked = _without_metadata(config, "resourceVersion", "uid")
        merged, entries = managed.apply(
            live,
            checked,
            writer,
            self._cluster.timestamp(),
            self._rules(place),
            force=options.force,
            subject=f" ({place.namespace}/{place.name}; {resource.api_version}, {resource.kind})",
        )
        warnings: tuple[str, ...] = ()
        manifest, warnings = self._decoded(
            resource, merged, replace(options, field_validation="Ignore")
        )
        manifest = self._addressed(place, manifest)
        if old is None:
            if place.subresource:
                raise errors.not_found(resource.plural, resource.group, place.name)
            stored = self._new(place, manifest, options, entries)
            return Outcome(stored, created=True, warnings=warnings)
        self._check_name(place, manifest)
        stored = self._changed(place, old, manifest, options, entries)
        if stored is old:
            self._note_unchanged((*subject, options.manager), old, patch)
        return Outcome(stored, warnings=warnings)

    def _note_unchanged(self, subject: tuple[Any, ...], stored: Manifest, patch: Any) -> None:
        """The same configuration on the same object will change nothing again."""
        if len(self._unchanged) >= _UNCHANGED_LIMIT:
            self._unchanged.clear()
        self._unchanged[subject] = (stored, patch)

    def _configuration(self, place: Place, patch: Any) -> Manifest:
        if not isinstance(patch, dict):
            raise errors.bad_request("error decoding YAML: the body is not an object")
        resource = place.resource
        config = {**patch, "metadata": {**(patch.get("metadata") or {})}}
        if config["metadata"].get("managedFields") is not None:
            raise errors.bad_request("metadata.managedFields must be nil")
        if not config.get("kind") or not config.get("apiVersion"):
            raise errors.bad_request("Object 'Kind' is missing in the applied configuration")
        if config["kind"] != resource.kind or config["apiVersion"] != resource.api_version:
            raise errors.bad_request(
                f"{config['apiVersion']}, Kind={config['kind']} does not match the kind of the URL"
            )
        config["metadata"].setdefault("name", place.name)
        if resource.namespaced:
            config["metadata"].setdefault("namespace", place.namespace)
        config["metadata"].pop("managedFields", None)
        config["metadata"].pop("creationTimestamp", None)
        return config

    def _blank(self, resource: Resource, place: Place) -> Manifest:
        metadata: Manifest = {"name": place.name}
        if resource.namespaced:
            metadata["namespace"] = place.namespace
        return {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata}

    # ---- stages

    def _decoded(
        self, resource: Resource, body: Any, options: WriteOptions
    ) -> tuple[Manifest, tuple[str, ...]]:
        """The body as the kind's type. Raises ApiError 400."""
        if not isinstance(body, dict):
            raise errors.bad_request("the object provided is unrecognized: not a JSON object")
        kind, api_version = body.get("kind"), body.get("apiVersion")
        if kind and api_version and (kind, api_version) != (resource.kind, resource.api_version):
            raise errors.bad_request(
                f'{kind} in version "{str(api_version).rpartition("/")[2]}" cannot be handled as a '
                f"{resource.kind}"
            )
        body = {**body, "kind": resource.kind, "apiVersion": resource.api_version}
        decoder = Decoder(
            resource.kind,
            resource.version,
            null_template_time=not self._cluster.features.omits_template_time,
        )
        if resource.custom is None:
            manifest = decoder.decode(body, resource.shape)
            unknown = decoder.unknown
        else:
            metadata = decoder.metadata(body.get("metadata") or {}, self._cluster.object_meta)
            manifest, dropped = resource.custom.prune({**body, "metadata": metadata})
            unknown = decoder.unknown + dropped
        manifest["metadata"] = dict(manifest.get("metadata") or {})
        return manifest, self._field_warnings(resource, unknown, options)

    def _field_warnings(
        self, resource: Resource, unknown: list[str], options: WriteOptions
    ) -> tuple[str, ...]:
        if not unknown or not self._cluster.features.validates_fields:
            return ()
        texts = [f'unknown field "{path}"' for path in unknown]
        if options.field_validation == "Strict":
            raise errors.bad_request(
                f'{resource.kind} in version "{resource.version}" cannot be handled as a '
                f"{resource.kind}: strict decoding error: {', '.join(texts)}"
            )
        return tuple(texts) if options.field_validation == "Warn" else ()

    def _addressed(self, place: Place, manifest: Manifest) -> Manifest:
        """With the namespace of the URL. Raises ApiError 400 where the body names another."""
        metadata = manifest["metadata"]
        if not place.resource.namespaced:
            metadata.pop("namespace", None)
            return manifest
        if metadata.get("namespace", place.namespace) != place.namespace:
            raise errors.bad_request(
                "the namespace of the provided object does not match the namespace sent on the "
                "request"
            )
        metadata["namespace"] = place.namespace
        return manifest

    def _decoded_patch(
        self, place: Place, patched: Manifest, options: WriteOptions
    ) -> tuple[Manifest, tuple[str, ...]]:
        """A patch that makes an object its kind cannot be is invalid, not malformed."""
        resource = place.resource
        if (patched.get("kind"), patched.get("apiVersion")) == (
            resource.kind,
            resource.api_version,
        ):
            loose = options.field_validation != "Strict"
            try:
                return self._decoded(resource, patched, options)
            except ApiError as error:
                if not loose and "strict decoding" in error.message:
                    raise
                reason = error.message
        else:
            reason = "the patch changes the kind"
        cause = validation.bad_value("patch", reason, reason)
        raise errors.invalid(resource.kind, resource.group, place.name, [cause])

    def _check_name(self, place: Place, manifest: Manifest) -> None:
        """A patch may not take or change the name."""
        name = manifest["metadata"].get("name")
        if not name:
            raise errors.bad_request(
                f"the name of the object ({place.name} based on URL) was undeterminable: name must "
                "be provided"
            )
        if name != place.name:
            raise errors.bad_request(
                f"the name of the object ({name}) does not match the name on the URL ({place.name})"
            )

    def _generated(self, prefix: str) -> str:
        random = self._cluster.random
        return prefix + "".join(random.choice(_NAME_ALPHABET) for _ in range(5))

    def _existing(self, place: Place) -> Manifest | None:
        table = self._cluster.store.table(place.resource.key)
        stored = table.objects.get(place.key)
        return None if stored is None else to_version(stored, place.resource)

    def _is_conditional(self, resource: Resource) -> bool:
        return resource.custom is not None or resource.key in kinds.CONDITIONAL_PUT

    def _rules(self, place: Place) -> Rules:
        reset = _RESET_NOTHING
        resource = place.resource
        if self._cluster.features.subresource_entries:
            if place.subresource == "status":
                reset = _status_reset(resource)
            elif "status" in resource.subresources:
                reset = _RESET_STATUS
        return Rules(
            shape=resource.shape,
            reset=reset,
            interleave=self._cluster.features.interleaves_lists,
            owns_empty=self._cluster.features.owns_empty_maps,
        )

    def _writer(self, place: Place, options: WriteOptions, operation: str) -> Writer:
        named = self._cluster.features.subresource_entries
        return Writer(
            manager=options.manager,
            operation=operation,
            api_version=place.resource.api_version,
            subresource=place.subresource if named else "",
        )

    def _new(
        self,
        place: Place,
        manifest: Manifest,
        options: WriteOptions,
        entries: managed.Owners | None,
    ) -> Manifest:
        """A create, whatever verb asked for it."""
        resource, cluster = place.resource, self._cluster
        metadata = manifest["metadata"]
        for name in (*_SERVER_METADATA, "resourceVersion"):
            metadata.pop(name, None)
        sent = manifest
        manifest = self._defaulted(resource, manifest, None)
        if entries is None:
            manifest["metadata"].pop("managedFields", None)
            entries = managed.after_update(
                zero(resource.shape) if resource.custom is None else {"metadata": {}},
                _before_strategy(resource, sent, manifest),
                self._writer(place, options, "Update"),
                cluster.timestamp(),
                self._rules(place),
            )
        self._admit_namespace(place)
        manifest = self._prepared(resource, manifest)
        manifest["metadata"]["uid"] = cluster.new_uid()
        manifest["metadata"]["creationTimestamp"] = cluster.timestamp()
        if resource.custom is not None or kinds.counts_generations(
            resource.key, cluster.features.minor
        ):
            manifest["metadata"]["generation"] = 1
        if admit := admission.ADMIT.get(resource.key):
            manifest = admit(cluster, manifest)
        manifest = cluster.allocate(resource, manifest)
        self._validate(resource, manifest, None)
        manifest = managed.with_owners(manifest, entries)
        if place.key in cluster.store.table(resource.key).objects:
            raise errors.already_exists(resource.plural, resource.group, place.name)
        return manifest if options.dry_run else cluster.put(resource, place.key, manifest)

    def _defaulted(self, resource: Resource, manifest: Manifest, old: Manifest | None) -> Manifest:
        if resource.custom is not None:
            result: Manifest = resource.custom.default(manifest)
        else:
            result = with_defaults(manifest, self._cluster.features.minor)
            if complete := admission.COMPLETE.get(resource.key):
                result = complete(result, old)
        return {**result, "metadata": dict(result["metadata"])}

    def _prepared(self, resource: Resource, manifest: Manifest) -> Manifest:
        """Clients do not set the status of a new object."""
        if resource.custom is not None:
            if resource.custom.has_status:
                manifest.pop("status", None)
            return manifest
        fresh = kinds.NEW_STATUS.get(resource.key)
        if fresh is not None:
            return fresh(manifest)
        if "status" in resource.subresources:
            return {**manifest, "status": {}}
        return manifest

    def _admit_namespace(self, place: Place) -> None:
        """Source: plugin/namespace/lifecycle."""
        if not place.resource.namespaced:
            return
        namespace = self._cluster.store.table(("", "namespaces")).objects.get(("", place.namespace))
        if namespace is None:
            raise errors.not_found("namespaces", "", place.namespace)
        if namespace["metadata"].get("deletionTimestamp"):
            resource = place.resource
            error = errors.forbidden(
                resource.plural,
                resource.group,
                place.name,
                f"unable to create new content in namespace {place.namespace} because it is being "
                "terminated",
            )
            cause = Cause(
                reason="NamespaceTerminating",
                message=f"namespace {place.namespace} is being terminated",
                field="metadata.namespace",
            )
            raise ApiError(
                403,
                error.reason,
                error.message,
                {**(error.details or {}), "causes": [cause.as_dict()]},
            )

    def _validate(self, resource: Resource, manifest: Manifest, old: Manifest | None) -> None:
        """Raises ApiError 422."""
        causes: list[Cause] = []
        metadata = manifest["metadata"]
        if not metadata.get("name"):
            causes.append(validation.required("metadata.name", "name or generateName is required"))
        else:
            causes.extend(validation.metadata_causes(manifest, resource.key))
        if resource.custom is not None:
            causes.extend(resource.custom.causes(manifest))
        elif check := validation.CHECKS.get(resource.key):
            causes.extend(check(manifest))
        if old is not None:
            causes.extend(_finalizer_causes(old, manifest))
            if resource.custom is None:
                causes.extend(validation.change_causes(old, manifest, resource.key))
        if causes:
            raise errors.invalid(resource.kind, resource.group, metadata.get("name", ""), causes)

    def _changed(
        self,
        place: Place,
        old: Manifest,
        manifest: Manifest,
        options: WriteOptions,
        entries: managed.Owners | None = None,
    ) -> Manifest:
        """An update, whatever verb asked for it. `manifest` is decoded and addressed."""
        resource, cluster = place.resource, self._cluster
        self._check_preconditions(place, old, manifest)
        sent = manifest
        manifest = _carried(place, old, manifest)
        manifest = self._defaulted(resource, manifest, old)
        manifest = cluster.allocate(resource, manifest)
        self._validate(resource, manifest, old)
        if place.subresource != "status":
            self._count_generation(resource, old, manifest)
        if entries is None and not old["metadata"].get("managedFields"):
            entries = {}  # untracked objects stay so until somebody applies (skipNonApplied)
        elif entries is None:
            entries = managed.after_update(
                managed.with_sent_owners(old, sent),
                self._seen_by_owners(sent, manifest),
                self._writer(place, options, "Update"),
                cluster.timestamp(),
                self._rules(place),
            )
            if managed.is_reset(sent):
                entries = {}
        manifest = managed.with_owners(manifest, entries)
        if _is_same(old, manifest):
            return old
        metadata = manifest["metadata"]
        if (
            metadata.get("deletionTimestamp")
            and not metadata.get("finalizers")
            and _is_due(manifest)
        ):
            return self._finished(place, old, manifest, options)
        return manifest if options.dry_run else cluster.put(resource, place.key, manifest)

    def _finished(
        self, place: Place, old: Manifest, manifest: Manifest, options: WriteOptions
    ) -> Manifest:
        """The last finalizer is gone, and so is the object; its revision stays what it was."""
        last = {
            **manifest,
            "metadata": {
                **manifest["metadata"],
                "resourceVersion": old["metadata"]["resourceVersion"],
            },
        }
        if not options.dry_run:
            self._cluster.remove(place.resource, place.key)
        return last

    def _seen_by_owners(self, sent: Manifest, carried: Manifest) -> Manifest:
        """What ownership is decided on: before 1.22 the object as sent, whatever is kept of it."""
        if self._cluster.features.subresource_entries:
            return carried
        defaulted = with_defaults(sent, self._cluster.features.minor)
        return {**defaulted, "metadata": carried["metadata"]}

    def _check_preconditions(self, place: Place, old: Manifest, manifest: Manifest) -> None:
        resource = place.resource
        sent, current = manifest["metadata"], old["metadata"]
        if sent.get("uid") and sent["uid"] != current["uid"]:
            raise errors.conflict(
                resource.plural,
                resource.group,
                place.name,
                f"Precondition failed: UID in precondition: {sent['uid']}, UID in object meta: "
                f"{current['uid']}",
            )
        if sent.get("resourceVersion") not in (None, "", "0", current["resourceVersion"]):
            raise errors.conflict(resource.plural, resource.group, place.name, errors.STALE)

    def _count_generation(self, resource: Resource, old: Manifest, manifest: Manifest) -> None:
        generation = old["metadata"].get("generation")
        if generation is None:
            return
        counts = resource.custom is not None or kinds.counts_generations(
            resource.key, self._cluster.features.minor
        )
        if counts and _counted_part(old, resource) != _counted_part(manifest, resource):
            manifest["metadata"]["generation"] = generation + 1


def _before_strategy(resource: Resource, sent: Manifest, defaulted: Manifest) -> Manifest:
    """A new object as it is when ownership is decided: before storage adds its part.

    The finalizer of a new namespace is the server's: nobody owns it.
    """
    status = kinds.DEFAULT_STATUS.get(resource.key)
    if status is not None:
        defaulted = status(defaulted)
    if resource.key != ("", "namespaces"):
        return defaulted
    return {**defaulted, "spec": sent.get("spec") or {}}


def _status_reset(resource: Resource) -> FieldSet:
    if resource.custom is not None:
        return _RESET_OTHERS
    return _RESET_LABELLED if resource.key == _DEPLOYMENTS else _RESET_SPEC


def _patched(
    target: Manifest, patch: Any, media: str, resource: Resource, features: Features
) -> Manifest:
    if media == JSON_PATCH:
        return json_patch(target, patch)
    if not isinstance(patch, dict):
        raise unprocessable()
    if media == MERGE_PATCH:
        result: Manifest = merge_patch(target, patch)
        return result
    keeps = not features.strategic_drops_nulls
    merged: Manifest = strategic_patch(target, patch, resource.shape, keeps_nulls=keeps)
    return merged


def _carried(place: Place, old: Manifest, manifest: Manifest) -> Manifest:
    """What an update keeps of the stored object: the server's metadata and the other half."""
    if place.subresource == "status":
        kept = {**old}
        if "status" in manifest:
            kept["status"] = manifest["status"]
        else:
            kept.pop("status", None)
        metadata = old["metadata"] if place.resource.custom is not None else manifest["metadata"]
        manifest = {**kept, "metadata": dict(metadata)}
        if place.resource.key == _DEPLOYMENTS:
            manifest["metadata"].pop("labels", None)
            if "labels" in old["metadata"]:
                manifest["metadata"]["labels"] = old["metadata"]["labels"]
    else:
        manifest = {**manifest, "metadata": dict(manifest["metadata"])}
        if "status" in place.resource.subresources:
            if "status" in old:
                manifest["status"] = old["status"]
            else:
                manifest.pop("status", None)
    metadata = manifest["metadata"]
    metadata.pop("managedFields", None)
    for name in (*_SERVER_METADATA, "resourceVersion"):
        if name in old["metadata"]:
            metadata[name] = old["metadata"][name]
        else:
            metadata.pop(name, None)
    return manifest


def _finalizer_causes(old: Manifest, manifest: Manifest) -> list[Cause]:
    if not old["metadata"].get("deletionTimestamp"):
        return []
    before = old["metadata"].get("finalizers") or ()
    added = [name for name in manifest["metadata"].get("finalizers") or () if name not in before]
    if not added:
        return []
    message = (
        "no new finalizers can be added if the object is being deleted, found new finalizers "
        f"{added}"
    )
    return [validation.refused("metadata.finalizers", message)]


def _counted_part(manifest: Mapping[str, Any], resource: Resource) -> Mapping[str, Any]:
    """What a generation counts: everything outside metadata, and status where it is separate."""
    hidden = {"metadata", "apiVersion", "kind"}
    if resource.custom is None or resource.custom.has_status:
        hidden.add("status")
    counted = {name: value for name, value in manifest.items() if name not in hidden}
    if resource.key in kinds.COUNTS_ANNOTATIONS:
        counted["annotations"] = manifest["metadata"].get("annotations") or {}
    return counted


def _is_due(manifest: Manifest) -> bool:
    return not manifest["metadata"].get("deletionGracePeriodSeconds")


def _is_same(old: Manifest, new: Manifest) -> bool:
    """Equal but for the times of managedFields entries."""
    if old == new:
        return True
    return _timeless(old) == _timeless(new)


def _timeless(manifest: Manifest) -> Manifest:
    metadata = manifest["metadata"]
    entries = [
        {name: value for name, value in entry.items() if name != "time"}
        for entry in metadata.get("managedFields") or ()
    ]
    return {**manifest, "metadata": {**metadata, "managedFields": entries}}


def _without_metadata(manifest: Manifest, *names: str) -> Manifest:
    metadata = {key: value for key, value in manifest["metadata"].items() if key not in names}
    return {**manifest, "metadata": metadata}
