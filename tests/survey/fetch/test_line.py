"""The connection: proxies, and how errors are named."""

import gzip

import pytest

from slipher.survey.fetch.addresses import Remote
from slipher.survey.fetch.download import download
from slipher.survey.fetch.line import BrokenError, Line, RefusedError, SilentError, StoppedError


def test_a_proxy_of_the_environment(server, act, tmp_path, monkeypatch):
    """The server plays the proxy: it is asked for whole addresses."""
    monkeypatch.setenv("HTTP_PROXY", server.base)
    monkeypatch.setenv("http_proxy", server.base)
    server.files["http://archive.invalid/a.fits"] = act.fits_bytes()
    with Line(1, act.QUICK) as line:
        entry = download(
            Remote("a.fits", "http://archive.invalid/a.fits", "fits"), tmp_path, tmp_path, line, lambda _: None
        )
    assert entry.status == "good"
    assert (tmp_path / "a.fits").read_bytes() == act.fits_bytes()


def test_a_proxy_that_is_not_there(server, act, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with Line(1, act.QUICK) as line:
        for _ in range(3):
            with pytest.raises((BrokenError, StoppedError)), line.get("http://archive.invalid/a.fits"):
                pass
        assert line.unreachable
        with pytest.raises(StoppedError), line.get(f"{server.base}/a"):
            pass


def test_a_server_that_hangs_up_is_reachable(server, act):
    with Line(1, act.QUICK) as line:
        for _ in range(5):
            server.script["/a"] = [act.hang_up()]
            with pytest.raises(BrokenError, match="without response"), line.get(f"{server.base}/a"):
                pass
        assert not line.stopped


def test_a_short_outage_is_survived(server, act, monkeypatch):
    """Once a server has answered, it takes more than three connections that fail at one moment."""
    server.files["/a"] = b"abc"
    now = [0.0]
    monkeypatch.setattr("slipher.survey.fetch.line.time.monotonic", lambda: now[0])
    with Line(1, act.QUICK) as line:
        with line.get(f"{server.base}/a") as reply:
            assert b"".join(reply.chunks) == b"abc"
        for now[0] in (1.0, 2.0, 3.0, 59.0):
            with pytest.raises(BrokenError, match="refused"), line.get("http://127.0.0.1:9/a"):
                pass
            assert not line.stopped
        now[0] = 60.0
        with pytest.raises(BrokenError), line.get("http://127.0.0.1:9/a"):
            pass
        assert line.unreachable


def test_who_asks(server, act):
    seen = {}

    def look(handler, _):
        seen.update(handler.headers)
        handler.begin(200, 0)

    server.script["/a"] = [look]
    with Line(1, act.QUICK) as line, line.get(f"{server.base}/a") as reply:
        assert list(reply.chunks) == []
    assert seen["User-Agent"].startswith("slipher/")
    assert seen["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("length", ["-1", "x", "\xb2", "1, 2", "9" * 5000, "1e3", " ", "0x10"])
def test_lengths_that_are_none(server, act, tmp_path, length):
    """The file arrives or is broken off; nothing else comes of it."""
    body = act.fits_bytes()
    server.script["/a"] = [
        act.say(
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + length.encode("latin-1") + b"\r\n\r\n" + body
        )
    ] * 9
    with Line(1, act.QUICK) as line:
        entry = download(Remote("a.fits", f"{server.base}/a", "fits"), tmp_path, tmp_path, line, lambda _: None)
    assert (entry.status == "good") == (tmp_path / "a.fits").exists()
    assert entry.status in ("good", "failed", "bad")


@pytest.mark.parametrize(
    "answer",
    [b"", b"\r\n\r\n", b"garbage\r\n\r\n", b"HTTP/9.9 200 OK\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"SSH-2.0-x\r\n", b"\x00" * 999,
     b"HTTP/1.1 -5 x\r\n\r\n", b"HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nabc",
     b"HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc", b"HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nab",
     b"\x1b]0;owned\x07 \x1b[2J\r\n"],
)  # fmt: skip
def test_answers_that_are_none(server, act, answer):
    server.script["/a"] = [act.say(answer)]
    with Line(1, act.QUICK) as line, pytest.raises(BrokenError) as caught, line.get(f"{server.base}/a") as reply:
        list(reply.chunks)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) <= 200


@pytest.mark.parametrize(
    "target",
    ["file:///etc/passwd", "ftp://127.0.0.1/a", "gopher://a", "http://[", "http://u:p@127.0.0.1/", "http://a:b/"],
)
def test_where_it_does_not_follow(server, act, target):
    server.script["/a"] = [act.status(302, Location=target)]
    with Line(1, act.QUICK) as line, pytest.raises(RefusedError, match="sends us to"), line.get(f"{server.base}/a"):
        pass
    assert len(server.log) == 1


def test_what_comes_with_a_redirect_is_left_unread(server, act):
    """A body without end, packed so that a little of it fills the memory."""
    server.files["/b"] = b"abc"
    head = b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Encoding: gzip\r\n\r\n"
    server.script["/a"] = [act.then(act.say(head), act.say(gzip.compress(bytes(1 << 20)), again=True))]
    with Line(1, act.QUICK) as line, line.get(f"{server.base}/a") as reply:
        assert b"".join(reply.chunks) == b"abc"
    assert server.sent("/a") < 20_000_000


def test_no_cookies_are_kept(server, act):
    seen = []

    def look(handler, _):
        seen.append(handler.headers["Cookie"])
        handler.begin(200, 0, Set_Cookie="a=b; Path=/")

    server.script["/a"] = [look, look]
    with Line(1, act.QUICK) as line:
        for _ in range(2):
            with line.get(f"{server.base}/a") as reply:
                list(reply.chunks)
    assert seen == [None, None]


@pytest.mark.parametrize(
    ("variable", "value"),
    [("http_proxy", "http://"), ("http_proxy", "nonsense://a"), ("REQUESTS_CA_BUNDLE", "/nowhere/at/all")],
)
def test_settings_that_cannot_be_used_end_the_run(act, monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    monkeypatch.delenv("NO_PROXY", raising=False)
    scheme = "https" if "BUNDLE" in variable else "http"
    with Line(1, act.QUICK) as line:
        with pytest.raises(StoppedError), line.get(f"{scheme}://a.invalid/b"):
            pass
        assert line.reason


def test_a_server_that_never_says_a_word_is_out_of_reach(server, act):
    server.script["/a"] = [act.say(b"", pause=5)] * 9
    with Line(1, act.QUICK) as line:
        for _ in range(2):
            with pytest.raises(SilentError), line.get(f"{server.base}/a"):
                pass
        with pytest.raises(SilentError), line.get(f"{server.base}/a"):
            pass
        assert line.unreachable
        assert line.reason == "the server fell silent"
