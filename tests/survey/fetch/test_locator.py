"""Which addresses are asked, and where a server may send us on to."""

import ipaddress
import socket
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipher.survey.fetch import locator
from slipher.survey.fetch.locator import UnfitError, fit, redirected


@pytest.mark.parametrize(
    "address",
    [
        "http://a",
        "HTTPS://a.b/c",
        "http://127.0.0.1:8766",
        "http://[::1]:80/x",
        "https://bücher.example/ü",
        "http://a/%20",
    ],
)
def test_what_can_be_asked(address):
    assert fit(address).hostname


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("", "neither https"),
        ("mirror.example", "neither https"),
        ("ftp://a/b", "neither https"),
        ("file:///etc/passwd", "neither https"),
        ("//a/b", "neither https"),
        ("http://", "names no server"),
        ("http:///a", "names no server"),
        ("http://:80/a", "names no server"),
        ("http://[::1", "is no address"),
        ("http://[nonsense]/", "is no address"),
        ("http://a:99999/", "is no address"),
        ("http://a:b/", "is no address"),
        ("http://a..b/", "is no address"),
        (f"http://{'a' * 64}.org/", "is no address"),
        (f"http://a/{'b' * 3000}", "is no address"),
        ("http://a b/", "is no address"),
        ("http://a/b\nHost: c", "is no address"),
        ("http://a/\x1b[2J", "is no address"),
        ("http://a/\udcff", "is no address"),
        ("http://me:secret@a/", "name or password"),
        ("http://me@a/", "name or password"),
    ],
)
def test_what_cannot_be_asked(address, why):
    with pytest.raises(UnfitError, match=why) as caught:
        fit(address)
    assert str(caught.value).isprintable()
    assert "secret" not in str(caught.value)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=40), st.sampled_from(["", "http://", "https://a", "http://[", "http://a:"]))
def test_any_text_is_an_address_or_is_not(text, start):
    with suppress(UnfitError):
        assert fit(start + text).geturl().isprintable()


@pytest.fixture
def names(monkeypatch):
    """Names and their numbers, without any server of names."""
    known = {"public.example": "93.184.216.34", "other.example": "93.184.216.35", "inside.example": "10.1.2.3"}

    def getaddrinfo(host, *_, **__):
        number = known.get(host)
        if number is None:
            try:
                number = str(ipaddress.ip_address(host))
            except ValueError:
                try:
                    number = socket.inet_ntoa(socket.inet_aton(host))
                except OSError as error:
                    raise socket.gaierror from error
        return [(0, 0, 0, "", (number, 0))]

    monkeypatch.setattr(locator.socket, "getaddrinfo", getaddrinfo)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/b", "http://public.example/b"),
        ("c#part", "http://public.example/a/c"),
        ("https://other.example/x y", "https://other.example/x%20y"),
        ("//other.example/\xc3\xbc", "http://other.example/%C3%BC"),
        ("http://unknown.example/", "http://unknown.example/"),
    ],
)
def test_where_one_is_sent(names, target, expected):
    assert redirected("http://public.example/a", "http://public.example/a/b", target) == expected


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "[fe80::1]",
     "[fd00::1]", "2130706433", "0x7f.1", "127.1", "inside.example"],
)  # fmt: skip
def test_a_public_server_has_no_say_inside(names, host):
    place = "http://public.example/a"
    with pytest.raises(UnfitError, match="inside this network"):
        redirected(place, place, f"http://{host}/b")
    inside = "http://inside.example/a"
    assert redirected(inside, inside, f"http://{host}/b") == f"http://{host}/b"


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://a/b", "data:,x", "javascript:x", "http://[", "http://u:p@b/"]
)
def test_where_one_does_not_go(names, target):
    with pytest.raises(UnfitError):
        redirected("http://public.example/", "http://public.example/", target)


def test_an_encrypted_connection_stays_encrypted(names):
    with pytest.raises(UnfitError, match="not encrypted"):
        redirected("https://public.example/", "https://public.example/", "http://other.example/")
    assert redirected("http://public.example/", "http://public.example/", "https://other.example/b")
