"""A server on the loopback that misbehaves as it is told to."""

import io
import re
import time
from collections import defaultdict
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import numpy as np
from astropy.io import fits

from slipher.survey.fetch.line import Patience

QUICK = Patience(attempts=3, connect=2, stall=0.25, first=0.01, longest=0.05, obedience=5)


@dataclass
class Request:
    path: str
    range: str | None
    condition: str | None
    time: float
    sent: int = 0


class Server(ThreadingHTTPServer):
    """Serves ``files`` by path; what ``script`` has for a path is done first, one action a request."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.script, self.log, self.over = {}, defaultdict(list), [], Event()

    @property
    def base(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def asked(self, path):
        return [each for each in self.log if each.path == path]

    def sent(self, path):
        return sum(each.sent for each in self.asked(path))

    def handle_error(self, request, client_address):
        """Clients that hang up are part of the tests."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        self.request_ = Request(self.path, self.headers.get("Range"), self.headers.get("If-Range"), time.monotonic())
        self.server.log.append(self.request_)
        actions = self.server.script[self.path]
        action = actions.pop(0) if actions else serve()
        if self.path not in self.server.files and action.__name__ == "served":
            action = status(404)
        action(self, self.server.files.get(self.path, b""))

    def begin(self, code, length, **headers):
        self.send_response(code)
        self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def body(self, content):
        # counted first: a client may be done, and the test ask, before this thread goes on
        self.request_.sent += len(content)
        self.wfile.write(content)
        self.wfile.flush()

    def hang_up(self):
        self.close_connection = True

    def log_message(self, *_):
        pass


def tag(body):
    return f'"{sha256(body).hexdigest()[:12]}"'


def serve(ranges=True, tags=True, cut=None, stall=False, other=None):
    """The file; with ``cut``, only so many bytes of what was asked for, then hang up, or stall."""

    def served(handler, body):
        body = body if other is None else other
        start = 0
        asked = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", ""))
        headers = {"ETag": tag(body)} if tags else {}
        if ranges and asked and handler.headers.get("If-Range") in (None, tag(body)):
            start = int(asked[1])
            if start >= len(body):
                return handler.begin(416, 0, Content_Range=f"bytes */{len(body)}")
            headers["Content_Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        handler.begin(206 if "Content_Range" in headers else 200, len(body) - start, **headers)
        handler.body(body[start:] if cut is None else body[start : start + cut])
        if stall:
            handler.server.over.wait(5)
        if cut is not None:
            handler.hang_up()
        return None

    return served


def status(code, **headers):
    """A status without a body."""

    def answered(handler, _):
        handler.begin(code, 0, **headers)

    return answered


def claim(length, content=None, **headers):
    """The file, or something else, under a wrong Content-Length or with other headers."""

    def claimed(handler, body):
        body = body if content is None else content
        handler.begin(200, len(body) + length, **headers)
        handler.body(body[: len(body) + length])
        handler.hang_up()

    return claimed


def hang_up():
    """Nothing at all."""

    def hung_up(handler, _):
        handler.hang_up()

    return hung_up


def say(*pieces, pause=0.0, again=False):
    """Bytes as they are, in the place of an answer, with pauses between them; ``again`` and again until one hangs up."""

    def said(handler, _):
        handler.hang_up()
        with suppress(OSError):
            while not handler.server.over.is_set():
                for piece in pieces:
                    handler.wfile.write(piece)
                    handler.request_.sent += len(piece)
                    if handler.server.over.wait(pause):
                        return
                if not again:
                    return

    return said


def then(*actions):
    """One thing after the other, in one answer."""

    def done(handler, body):
        for action in actions:
            action(handler, body)

    return done


@contextmanager
def running():
    with Server() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
            thread.join()


@cache
def fits_bytes(seed=0, rows=50):
    """A small FITS file with an image and a table's worth of bytes."""
    rng = np.random.default_rng(seed)
    table = fits.BinTableHDU.from_columns([fits.Column("flux", "E", array=rng.normal(size=rows))])
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(rng.normal(size=(8, 9))), table]).writeto(stream)
    return stream.getvalue()
