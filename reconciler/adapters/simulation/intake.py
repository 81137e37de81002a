"""Reading what a client sent: decode it as the kind's type, and check it against the URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.adapters.simulation import errors, validation
from reconciler.adapters.simulation.catalogue import Resource
from reconciler.adapters.simulation.decoding import Decoder
from reconciler.adapters.simulation.errors import ApiError
from reconciler.adapters.simulation.places import Manifest, Place, WriteOptions

if TYPE_CHECKING:
    from reconciler.adapters.simulation.cluster import SimulatedCluster


class Intake:
    """The way in of one cluster."""

    def __init__(self, cluster: SimulatedCluster) -> None:
        self._cluster = cluster

    def decoded(
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

    def decoded_patch(
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
                return self.decoded(resource, patched, options)
            except ApiError as error:
                if not loose and "strict decoding" in error.message:
                    raise
                reason = error.message
        else:
            reason = "the patch changes the kind"
        cause = validation.bad_value("patch", reason, reason)
        raise errors.invalid(resource.kind, resource.group, place.name, [cause])

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

    def addressed(self, place: Place, manifest: Manifest) -> Manifest:
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

    def check_name(self, place: Place, manifest: Manifest) -> None:
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


def configuration(place: Place, patch: Any) -> Manifest:
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


def blank(resource: Resource, place: Place) -> Manifest:
    metadata: Manifest = {"name": place.name}
    if resource.namespaced:
        metadata["namespace"] = place.namespace
    return {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata}
