"""Answers that drip, and answers that never end."""

import threading
import time

import pytest

from slipher.survey.fetch.line import BrokenError, Line, SilentError, StoppedError
from slipher.survey.fetch.watch import LEAST, Reception

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def read(server, act):
    def call(action):
        server.script["/a"] = [action]
        with Line(1, act.QUICK) as line, line.get(f"{server.base}/a") as reply:
            return b"".join(reply.chunks)

    return call


@pytest.mark.parametrize(
    ("start", "drop"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 ", b"2"),
        (HEAD, b"x"),
        (HEAD + b"X: ", b"y"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (HEAD + b"Content-Length: 100000\r\n\r\n", b"z"),
        (HEAD + b"\r\n", b"z"),
        (HEAD + CHUNKED, b"0"),
        (HEAD + CHUNKED, b"1\r\nz\r\n"),
        (HEAD + CHUNKED + b"1;x=", b"y"),
        (HEAD + CHUNKED + b"0\r\n", b"X: y\r\n"),
    ],
    ids=[
        "status",
        "number",
        "header",
        "value",
        "continue",
        "body",
        "endless",
        "length",
        "chunk",
        "extension",
        "trailer",
    ],
)
def test_drop_by_drop(read, act, start, drop):
    """Each drop comes in time for the socket: the answer as a whole does not."""
    with pytest.raises(SilentError, match="the server fell silent"):
        read(act.then(act.say(start), act.say(drop, pause=0.02, again=True)))


@pytest.mark.parametrize(
    ("start", "flood"),
    [(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 99), (HEAD + CHUNKED + b"0\r\n", b"X: y\r\n" * 99)],
    ids=["continue", "trailer"],
)
def test_floods_that_bring_nothing(read, act, start, flood):
    with pytest.raises(BrokenError):
        read(act.then(act.say(start), act.say(flood, again=True)))


@pytest.mark.parametrize("flood", [b"X: y\r\n", b"x" * 999], ids=["lines", "line"])
def test_heads_that_do_not_end(read, act, flood):
    with pytest.raises(BrokenError):
        read(act.then(act.say(HEAD), act.say(flood, again=True)))


def test_a_steady_answer_may_take_long(read, act):
    """Three times the patience, but every bit in its time."""
    pieces = [b"x" * LEAST] * 8
    assert read(act.then(act.say(HEAD + b"Content-Length: %d\r\n\r\n" % (8 * LEAST)), act.say(*pieces, pause=0.1)))


def test_what_is_done_with_the_bytes_takes_none_of_the_time(server, act):
    server.files["/a"] = bytes(5_000_000)
    with Line(1, act.QUICK) as line, line.get(f"{server.base}/a") as reply:
        count = len(next(reply.chunks))
        time.sleep(2 * act.QUICK.stall)
        assert count + sum(map(len, reply.chunks)) == 5_000_000


def test_what_comes_after_the_end_is_not_kept(server, act):
    """Bytes that lie in the socket already when the run ends."""
    server.files["/a"] = bytes(5_000_000)
    with Line(1, act.QUICK) as line, line.get(f"{server.base}/a") as reply:
        next(reply.chunks)
        line.stop("enough")
        with pytest.raises(StoppedError):
            next(reply.chunks)


def test_the_end_of_a_run_is_heard_while_waiting(server, act):
    patience = act.Patience(stall=60)
    server.script["/a"] = [act.say(b"", pause=60)]
    with Line(1, patience) as line:
        threading.Timer(0.2, line.stop, ["enough"]).start()
        with pytest.raises(StoppedError), line.get(f"{server.base}/a"):
            pass


def test_time_is_granted_for_bytes():
    reception = Reception(100.0)
    for _ in range(3):
        with reception.reading():
            due = reception.due
        reception.count(LEAST - 1)
    assert reception.due == float("inf")
    assert due - time.monotonic() < 100
    reception.count(1)
    with reception.reading():
        assert reception.due > due
