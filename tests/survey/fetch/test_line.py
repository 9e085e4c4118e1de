"""The connection: proxies, and how errors are named."""

import pytest

from slipher.survey.fetch.addresses import Remote
from slipher.survey.fetch.download import download
from slipher.survey.fetch.line import BrokenError, Line, StoppedError


def test_a_proxy_of_the_environment(server, act, tmp_path, monkeypatch):
    """The server plays the proxy: it is asked for whole addresses."""
    monkeypatch.setenv("HTTP_PROXY", server.base)
    monkeypatch.setenv("http_proxy", server.base)
    server.files["http://archive.invalid/a.fits"] = act.fits_bytes()
    with Line(1, act.QUICK) as line:
        entry = download(Remote("a.fits", "http://archive.invalid/a.fits", "fits"), tmp_path, line, lambda _: None)
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
