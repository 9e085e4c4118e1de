"""The connection that all downloads of a run share: its manners, and what can happen to it.

``requests`` finds proxies, certificates and redirects; urllib3 below it checks lengths and reads Retry-After. (pooch
neither resumes nor honours Retry-After, and fetches one file at a time.) Repeating is left to the caller, since it must
also cover what happens inside a body.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Lock
from typing import Any

from slipher import __version__
from slipher.extras import require

__all__ = ["BrokenError", "BusyError", "Line", "Patience", "RefusedError", "Reply", "StoppedError"]

CHUNK = 1 << 16
TRY_AGAIN = (408, 425, 429)
"""Statuses below 500 that a server does not mean for good."""


@dataclass(frozen=True)
class Patience:
    """How long to wait, and how often; seconds."""

    attempts: int = 6
    """Attempts in a row that bring nothing new."""
    connect: float = 15.0
    stall: float = 60.0
    """Silence in the middle of an answer."""
    first: float = 1.0
    """The pause before the second attempt; it doubles with each."""
    longest: float = 60.0
    """The longest such pause."""
    obedience: float = 900.0
    """A server that asks for a longer pause than this is left alone until the next run."""
    unheard: int = 3
    """Connections that fail in a row before the server counts as out of reach, if it never answered."""
    outage: float = 60.0
    """So long they must fail if it did answer before."""


class BrokenError(Exception):
    """No connection, or one that ended, before the answer was whole."""


class BusyError(Exception):
    """The server asks to come again later."""

    def __init__(self, message: str, pause: float) -> None:
        super().__init__(message)
        self.pause = pause
        """Seconds that it asks for; 0 if it does not say."""


class RefusedError(Exception):
    """The server will not answer otherwise another time."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP status {status}")
        self.status = status


class StoppedError(Exception):
    """The run is over: no further request is made."""


@dataclass(frozen=True)
class Reply:
    """An answer that begins; statuses but 200, 206 and 416 are exceptions."""

    status: int
    headers: Mapping[str, str]
    chunks: Iterator[bytes]


class Line:
    """One session for several threads.

    Args:
        connections: most requests at a time.
        patience: how long to wait.
        sleep: pauses for some seconds; True if the run was stopped meanwhile. For tests.
    """

    def __init__(
        self, connections: int, patience: Patience | None = None, sleep: Callable[[float], bool] | None = None
    ) -> None:
        requests = require("requests", "fetch")
        self.patience = patience or Patience()
        self.reason = ""
        """Why the run was stopped."""
        self.unreachable = False
        self._session = requests.Session()
        adapter = requests.adapters.HTTPAdapter(pool_connections=connections, pool_maxsize=connections, max_retries=0)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, adapter)
        # compressed on the way, a file has other lengths and ranges
        self._session.headers.update({"User-Agent": f"slipher/{__version__}", "Accept-Encoding": "identity"})
        self._stop = Event()
        self._sleep = sleep or self._stop.wait
        self._lock = Lock()
        self._open: set[Any] = set()
        self._held_until = 0.0
        self._unheard = 0
        self._heard: float | None = None

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop("it was interrupted")
        self._session.close()

    @property
    def stopped(self) -> bool:
        """Whether the run is over."""
        return self._stop.is_set()

    def stop(self, reason: str) -> None:
        """End every request under way and make no other."""
        with self._lock:
            self.reason = self.reason or reason
            self._stop.set()
            for raw in self._open:
                try:
                    raw.shutdown()
                except (ValueError, RuntimeError, OSError):
                    # it has ended by itself in this very moment
                    continue

    def rest(self, attempt: int) -> None:
        """Pause after an attempt that failed: exponential back-off, with jitter lest all come back at once.

        Args:
            attempt: how many have failed in a row.

        Raises:
            StoppedError: if the run is over.
        """
        pause = min(self.patience.first * 2 ** (attempt - 1), self.patience.longest)
        if self._sleep(pause * random.uniform(0.5, 1.0)):
            raise StoppedError

    def hold(self, seconds: float) -> None:
        """Keep all requests back for so long; the server asked for it.

        Raises:
            StoppedError: if it asks for too long.
        """
        if seconds > self.patience.obedience:
            self.stop(f"the server asks to come again in {seconds:,.0f} s")
            raise StoppedError
        with self._lock:
            self._held_until = max(self._held_until, time.monotonic() + seconds)

    @contextmanager
    def get(self, address: str, headers: Mapping[str, str] | None = None) -> Iterator[Reply]:
        """Ask for a file.

        Raises:
            BrokenError: if no answer comes, or the connection fails while it is read.
            BusyError: if the server asks to come again.
            RefusedError: if it has no such file, or does not give it.
            StoppedError: if the run is over.
        """
        self._wait()
        response = self._answer(address, headers or {})
        with response:
            self._judge(response)
            with self._listening(response.raw):
                yield Reply(response.status_code, response.headers, self._chunks(response.raw))

    def _wait(self) -> None:
        """Until requests are welcome again."""
        while (remaining := self._held_until - time.monotonic()) > 0:
            if self._sleep(remaining):
                raise StoppedError
        if self._stop.is_set():
            raise StoppedError

    def _answer(self, address: str, headers: Mapping[str, str]) -> Any:
        """The beginning of the answer to a request."""
        from requests import exceptions

        try:
            response = self._session.get(
                address, headers=headers, stream=True, timeout=(self.patience.connect, self.patience.stall)
            )
        except exceptions.TooManyRedirects as error:
            raise RefusedError(error.response.status_code if error.response is not None else 302) from error
        except exceptions.RequestException as error:
            self._count(_is_unreachable(error), _reason(error))
            raise BrokenError(_reason(error)) from error
        self._count(False)
        return response

    def _count(self, unreachable: bool, reason: str = "") -> None:
        """Stop when one connection after the other fails: thousands of files would take days to fail alone."""
        now = time.monotonic()
        with self._lock:
            self._unheard = self._unheard + 1 if unreachable else 0
            self._heard = self._heard if unreachable else now
            lasting = self._heard is None or now - self._heard >= self.patience.outage
            enough = lasting and self._unheard >= self.patience.unheard
        if enough:
            self.unreachable = True
            self.stop(reason)

    def _judge(self, response: Any) -> None:
        """Raise what a status means."""
        status = response.status_code
        if status in TRY_AGAIN or status >= 500:
            raise BusyError(f"HTTP status {status}", _retry_after(response.headers))
        if status not in (200, 206, 416):
            raise RefusedError(status)

    @contextmanager
    def _listening(self, raw: Any) -> Iterator[None]:
        """Let `stop` end a body under way."""
        with self._lock:
            if self._stop.is_set():
                raise StoppedError
            self._open.add(raw)
        try:
            yield
        finally:
            with self._lock:
                self._open.discard(raw)

    def _chunks(self, raw: Any) -> Iterator[bytes]:
        """The body as it comes in."""
        from urllib3.exceptions import HTTPError

        try:
            while chunk := raw.read1(CHUNK, decode_content=False):
                yield chunk
        except (HTTPError, OSError) as error:
            if self._stop.is_set():
                raise StoppedError from error
            raise BrokenError(_ending(error)) from error


def _retry_after(headers: Mapping[str, str]) -> float:
    """Seconds that Retry-After asks for, in seconds or as a date; 0 if it is absent or illegible."""
    from urllib3 import Retry
    from urllib3.exceptions import InvalidHeader

    try:
        return float(Retry().parse_retry_after(headers.get("Retry-After", "0")))
    except InvalidHeader:
        return 0.0


def _is_unreachable(error: Exception) -> bool:
    """Whether there was no connection at all, not even a broken one."""
    from requests import exceptions
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

    if isinstance(error, exceptions.ConnectTimeout | exceptions.ProxyError | exceptions.SSLError):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)


def _ending(error: Exception) -> str:
    """How a body came to an early end."""
    from urllib3.exceptions import ProtocolError, ReadTimeoutError

    if isinstance(error, ReadTimeoutError | TimeoutError):
        return "the server fell silent"
    return "the connection ended" if isinstance(error, ProtocolError) else _reason(error)


def _reason(error: BaseException) -> str:
    """The innermost cause in a few words: libraries wrap it three times."""
    while True:
        inner = next((each for each in (getattr(error, "reason", None), *error.args) if _is_error(each)), None)
        if inner is None:
            return " ".join(str(error).split()).split(": ", 1)[-1].rstrip(".") or type(error).__name__
        error = inner


def _is_error(value: object) -> bool:
    return isinstance(value, BaseException)
