"""Cluster IPs and node ports of Services, handed out in order."""

from __future__ import annotations

from typing import Any, Final

Manifest = dict[str, Any]
_FIRST_PORT: Final = 30000
_LAST_PORT: Final = 32767
_NODE_PORT_TYPES: Final = ("NodePort", "LoadBalancer")


class Addresses:
    """What one cluster has given out so far."""

    def __init__(self) -> None:
        self._addresses = 1
        self._pods = 0
        self._balancers = 0
        self._port = _FIRST_PORT - 1

    def service(self, manifest: Manifest, *, families: bool) -> Manifest:
        """With an address and node ports where the type has them."""
        spec = dict(manifest.get("spec") or {})
        if spec.get("type") == "ExternalName":
            return {**manifest, "spec": spec}
        if not spec.get("clusterIP"):
            spec["clusterIP"] = self._address()
        spec.setdefault("clusterIPs", [spec["clusterIP"]])
        if families:
            spec.setdefault("ipFamilies", ["IPv4"])
            spec.setdefault("ipFamilyPolicy", "SingleStack")
        if spec.get("type") in _NODE_PORT_TYPES and spec.get("allocateLoadBalancerNodePorts", True):
            spec["ports"] = [
                port if port.get("nodePort") else {**port, "nodePort": self._node_port()}
                for port in spec.get("ports") or ()
            ]
        return {**manifest, "spec": spec}

    def pod(self) -> str:
        """The next pod address."""
        self._pods += 1
        return _dotted("10.244", self._pods)

    def balancer(self) -> str:
        """The next address of a load balancer."""
        self._balancers += 1
        return _dotted("203.0", self._balancers)

    def _address(self) -> str:
        self._addresses += 1
        return _dotted("10.0", self._addresses)

    def _node_port(self) -> int:
        self._port = _FIRST_PORT if self._port >= _LAST_PORT else self._port + 1
        return self._port


def _dotted(prefix: str, number: int) -> str:
    high, low = divmod(number, 256)
    return f"{prefix}.{high % 256}.{low}"
