"""An end to answers that drip: each has so many seconds for its head, and for every few bytes of its body.

The time-out of a socket begins anew with every byte, and the heads of answers, the lengths of chunks and what follows
the last one are read inside the standard library, where a server could hold a download for ever.
"""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from math import inf
from threading import Event, Lock, Thread, local
from typing import Any

from requests.adapters import HTTPAdapter

__all__ = ["LEAST", "Adapter", "Reception", "Watch"]

LEAST = 8192
"""Bytes of a body that must come in the time that an answer has for its head: 270 a second."""
LOOKS = 8
"""Looks at an answer in that time."""


class Reception:
    """One answer that is being received.

    Args:
        patience: seconds for its head, and for every `LEAST` bytes of its body.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._left, self._new = patience, 0
        self._socket: socket.socket | None = None
        self.due = inf
        """When, by the monotonic clock, it is cut off."""
        self.cut = False
        """Whether it was: what is read after that is not the answer's."""

    @contextmanager
    def head(self, connection: socket.socket) -> Iterator[None]:
        """While the head of an answer is read from a socket."""
        self._socket = connection
        self._left, self._new = self._patience, 0
        if self.cut:
            raise ConnectionAbortedError("it was interrupted")
        with self.reading():
            yield
        self._left = self._patience

    @contextmanager
    def reading(self) -> Iterator[None]:
        """While one waits for bytes; what is done with them takes none of the answer's time."""
        start = time.monotonic()
        self.due = start + self._left
        try:
            yield
        finally:
            self.due = inf
            self._left -= time.monotonic() - start

    def count(self, bytes_: int) -> None:
        """Tell that some bytes have come."""
        self._new += bytes_
        if self._new >= LEAST:
            self._left, self._new = self._patience, 0

    def end(self) -> None:
        """Cut it off, also in the middle of a read by another thread."""
        self.cut = True
        if self._socket is not None:
            # TLS within that of a proxy is no socket, and ends by the time-out
            with suppress(OSError, TypeError):
                # not the method of a TLS socket, which would go on to read what is encrypted as if it were not
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


class Watch:
    """Cuts off what has had its time; a thread of its own, while its context lasts."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._over = Event()
        self._lock = Lock()
        self._under_way: set[Reception] = set()
        self._mine = local()
        self._thread = Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @contextmanager
    def reception(self) -> Iterator[Reception]:
        """Watch over the answer to what this thread asks for."""
        self._mine.reception = reception = Reception(self._patience)
        with self._lock:
            self._under_way.add(reception)
        try:
            yield reception
        finally:
            with self._lock:
                self._under_way.discard(reception)

    def mine(self) -> Reception:
        """What this thread receives."""
        reception: Reception = self._mine.reception
        return reception

    def end_all(self) -> None:
        """Cut off every answer under way."""
        with self._lock:
            for reception in self._under_way:
                reception.end()

    def _look(self) -> None:
        while not self._over.wait(self._patience / LOOKS):
            now = time.monotonic()
            with self._lock:
                for reception in self._under_way:
                    if reception.due < now:
                        reception.end()


class Adapter(HTTPAdapter):
    """Connections whose answers are watched over from their first byte."""

    def __init__(self, watch: Watch, connections: int) -> None:
        self._watch = watch
        super().__init__(pool_connections=connections, pool_maxsize=connections, max_retries=0)

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        """The connections to a server, as a proxy or none leads there."""
        pool = super().get_connection_with_tls_context(*args, **options)
        if not issubclass(pool.ConnectionCls, _Watched):
            # a mixin in front of the class, with or without TLS, that urllib3 has for the server
            pool.ConnectionCls = type("Watched", (_Watched, pool.ConnectionCls), {"watch": self._watch})
        return pool


class _Watched:
    watch: Watch

    def getresponse(self: Any) -> Any:
        with self.watch.mine().head(self.sock):
            return super().getresponse()  # type: ignore[misc]
