"""Which hosts a public location cannot reach, as far as their spelling tells."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.config.address import endpoint, host, seclusion
from tocsin.config.fault import MistakeError
from tocsin.domain.egress import Egress, refusal

ZOO = [
    *("0.0.0.0", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254"),
    *("168.63.129.16", "169.254.169.254", "172.16.0.1", "192.0.0.8", "192.0.2.1", "192.88.99.1"),
    *("192.168.0.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1"),
    *("255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
    *("::ffff:169.254.169.254", "::ffff:0:10.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1"),
    *("2001::1", "2001:db8::1", "2002:a9fe:a9fe::", "3fff::1", "fc00::1", "fd00:ec2::254"),
    *("fe80::1", "fec0::1", "ff02::1"),
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "52.95.110.1", "2606:4700::1111", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", ZOO)
def test_no_address_of_the_zoo_is_a_public_target(address: str) -> None:
    assert seclusion(host(address)) is not None


@pytest.mark.parametrize("address", [*PUBLIC, "example.com", "localhost.example.com"])
def test_a_public_host_is_a_target(address: str) -> None:
    assert seclusion(host(address)) is None


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST", "localhost.", "db.localhost"])
def test_localhost_is_loopback_however_it_is_written(name: str) -> None:
    assert seclusion(host(name)) == "a loopback name"


@given(st.builds(IPv4Address, st.integers(0, 2**32 - 1)))
def test_an_ipv4_address_that_the_probe_would_refuse_is_not_applied(address: IPv4Address) -> None:
    if refusal(str(address), Egress.PUBLIC) is not None:
        assert seclusion(str(address)) is not None


@given(
    st.builds(
        lambda prefix, rest: IPv6Address(int(IPv6Address(prefix)) | rest),
        st.sampled_from([*(zoo for zoo in ZOO if ":" in zoo), "2600::", "::"]),
        st.integers(0, 2**64 - 1),
    )
)
def test_an_ipv6_address_that_the_probe_would_refuse_is_not_applied(address: IPv6Address) -> None:
    if refusal(str(address), Egress.PUBLIC) is not None:
        assert seclusion(str(address)) is not None


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("db.example.com:5432", ("db.example.com", 5432)),
        ("192.0.2.1:1", ("192.0.2.1", 1)),
        ("[2001:DB8::1]:65535", ("2001:db8::1", 65535)),
        ("db.example.com.:1", ("db.example.com.", 1)),
        ("my_service.example.com:1", ("my_service.example.com", 1)),
    ],
)
def test_an_endpoint_is_a_host_and_a_port(written: str, parts: tuple[str, int]) -> None:
    assert endpoint(written) == parts


@pytest.mark.parametrize(
    "written", ["", ":", ":80", "[]:80", "[::1]", "::1", "a:", "[a]:80", "a b:80"]
)
def test_what_is_no_endpoint_is_refused_with_a_mend(written: str) -> None:
    with pytest.raises(MistakeError) as refused:
        endpoint(written)

    assert refused.value.fix
