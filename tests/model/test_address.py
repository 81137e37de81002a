"""Which hosts are addresses, in every form that a resolver reads."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.address import address_of, is_forbidden, is_loopback

METADATA = ("169.254.169.254", "0xa9fea9fe", "2852039166", "169.16689662", "0251.0376.0251.0376")


@pytest.mark.parametrize(
    "host", [*METADATA, "::ffff:169.254.169.254", "fe80::1%eth0", "fd00:ec2::254", "0.0.0.0", "::"]
)
def test_no_server_may_be_there(host: str) -> None:
    address = address_of(host)
    assert address is not None
    assert is_forbidden(address)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1", "0x7f000001", "::1"])
def test_these_are_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["10.0.0.1", "fd00::1", "example.com", "localhost.example", "10.2"]
)
def test_these_are_other_machines(host: str) -> None:
    assert not is_loopback(host)
    address = address_of(host)
    assert address is None or not is_forbidden(address)


@pytest.mark.parametrize(
    "host", ["", "a.b", "1.2.3.4.5", "256.1.1.1", "09.1.1.1", "1..2", "member1"]
)
def test_names_are_no_addresses(host: str) -> None:
    assert address_of(host) is None


_PART = st.one_of(
    st.integers(0, 2**33).map(str), st.integers(0, 2**33).map(hex), st.integers(0, 300).map(str)
)


@given(st.lists(_PART, min_size=1, max_size=5).map(".".join))
def test_numeric_forms_read_as_the_system_reads_them(host: str) -> None:
    try:
        expected = socket.inet_aton(host)
    except OSError:
        assert address_of(host) is None
        return
    found = address_of(host)
    assert found is not None
    assert found.packed == expected
