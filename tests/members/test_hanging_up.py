"""A simulated fleet that ends while clients arrive leaves no connection behind."""

from __future__ import annotations

import contextlib
import gc
import socket
import threading
import time
import warnings

from reconciler.adapters.simulation import SimulatedFleet


def test_a_fleet_that_ends_while_clients_arrive_closes_every_connection() -> None:
    gc.collect()  # what others left is theirs
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        for _ in range(5):
            _end_in_a_crowd()
        gc.collect()
    assert [str(one.message) for one in caught if "unclosed" in str(one.message)] == []


def _end_in_a_crowd() -> None:
    fleet = SimulatedFleet(["one"], controllers=False)
    port = int(fleet.start()["one"].url.split(":")[2].partition("/")[0])
    clients: list[socket.socket] = []

    def arrive() -> None:
        with contextlib.suppress(OSError):
            while len(clients) < 200:
                clients.append(socket.create_connection(("127.0.0.1", port), timeout=1))

    crowd = threading.Thread(target=arrive)
    crowd.start()
    time.sleep(0.003)  # in the middle of them
    fleet.stop()
    crowd.join()
    for client in clients:
        client.close()
