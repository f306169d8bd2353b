"""Web addresses: what may be called from inside the council's network."""

import pytest

from domain.web_address import is_public, wrong_with


@pytest.mark.parametrize(
    "address",
    [
        "https://hooks.example.org",
        "https://hooks.example.org:443/outcomes",
        "https://hooks.example.org:1024/outcomes",
        "https://hooks.example.org:8443/outcomes/v1",
        "https://Hooks.Example.org/",
        "https://8.8.8.8/outcomes",
        "https://[2606:4700:4700::1111]/outcomes",
        "https://hooks.example.org/1234567890",
    ],
)
def test_an_address_on_the_internet_may_be_registered(address: str) -> None:
    assert wrong_with(address) is None


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("http://hooks.example.org/", "begins with https://"),
        ("ftp://hooks.example.org/", "begins with https://"),
        ("hooks.example.org", "begins with https://"),
        ("https://user:word@hooks.example.org/", "no user"),
        ("https://@hooks.example.org/", "no user"),
        ("https://hooks.example.org\\@127.0.0.1/", "no user"),
        ("https://hooks.example.org:0/", "port 0"),
        ("https://hooks.example.org:99999/", "no address"),
        ("https://hooks.example.org:22/", "port is 443"),
        ("https://hooks.example.org:25/", "port is 443"),
        ("https://hooks.example.org:80/", "port is 443"),
        ("https://hooks.example.org:1023/", "port is 443"),
        ("https://[::1/", "no address"),
        ("https://hooks.example.org/ x", "nothing about anybody"),
        ("https://hooks.example.org/\nx", "without spaces"),
        ("https://hooks.ex\u00e4mple.org/", "without spaces"),
        ("https://hooks.example.org/" + "x" * 500, "at most 500"),
        ("https://hooks.example.org/?child=Ann", "nothing about anybody"),
        ("https://hooks.example.org/?", "nothing about anybody"),
        ("https://hooks.example.org/#Ann", "nothing about anybody"),
        ("https://hooks.example.org/%41nn", "nothing about anybody"),
        ("https://hooks.example.org/9990000018", "NHS number"),
        ("https:///outcomes", "our own network"),
        ("https://localhost/", "our own network"),
        ("https://intranet/", "our own network"),
        ("https://127.0.0.1/", "our own network"),
        ("https://10.0.0.1/", "our own network"),
        ("https://169.254.169.254/latest/meta-data", "our own network"),
        ("https://168.63.129.16/machine", "our own network"),
        ("https://2130706433/", "our own network"),
        ("https://0x7f.0.0.1/", "our own network"),
        ("https://0177.0.0.1/", "our own network"),
        ("https://127.1/", "our own network"),
        ("https://[::1]/", "our own network"),
        ("https://[::ffff:127.0.0.1]/", "our own network"),
        ("https://[::ffff:169.254.169.254]/", "our own network"),
        ("https://[fe80::1%25eth0]/", "our own network"),
        ("https://hooks.example.org./", "our own network"),
    ],
)
def test_any_other_address_is_refused_with_a_sentence(address: str, why: str) -> None:
    assert why in str(wrong_with(address))


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:8080/", "http://127.0.0.1:80/", "https://localhost/", "http://[::1]/"],
)
def test_this_machine_is_meant_only_where_that_is_said(address: str) -> None:
    assert wrong_with(address)
    assert wrong_with(address, here=True) is None


@pytest.mark.parametrize("address", ["http://10.0.0.1/", "https://hooks.example.org/"])
def test_where_this_machine_is_meant_no_other_is(address: str) -> None:
    assert "This machine is called" in str(wrong_with(address, here=True))


INSIDE = """127.0.0.1 10.1.1.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.1.1 0.0.0.0 192.0.0.8
168.63.129.16 192.88.99.1
198.18.0.1 203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255 :: ::1 ::ffff:8.8.8.8 ::ffff:127.0.0.1
::127.0.0.1 64:ff9b::7f00:1 2002:7f00:1:: 2001:0:1::1 2001:db8::1 fe80::1 fd00::1 fec0::1 ff02::1"""


@pytest.mark.parametrize("address", INSIDE.split())
def test_what_leads_inside_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111"])
def test_an_address_of_a_machine_on_the_internet_is_public(address: str) -> None:
    assert is_public(address)
