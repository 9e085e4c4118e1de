"""The connection that all downloads of a run share: its manners, and what can happen to it.

``requests`` finds proxies and certificates; urllib3 below it checks lengths and reads Retry-After. (pooch neither
resumes nor honours Retry-After, and fetches one file at a time.) Repeating is left to the caller, since it must also
cover what happens inside a body. Redirects are followed here: requests would read, and unpack, whatever body comes with
one.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, NoReturn

from slipher import __version__
from slipher.extras import require
from slipher.survey.fetch.locator import UnfitError, redirected

if TYPE_CHECKING:
    from slipher.survey.fetch.watch import Reception

__all__ = ["BrokenError", "BusyError", "Line", "Patience", "RefusedError", "Reply", "SilentError", "StoppedError"]

CHUNK = 1 << 16
SILENT = "the server fell silent"
TRY_AGAIN = (408, 425, 429)
"""Statuses below 500 that a server does not mean for good."""
MOVED = (301, 302, 303, 307, 308)
MOST_MOVES = 10
"""So often a file may be said to lie elsewhere."""
LONGEST = 200
"""Characters of an error that are shown: a server can make them up."""


@dataclass(frozen=True)
class Patience:
    """How long to wait, and how often; seconds."""

    attempts: int = 6
    """Attempts in a row that bring nothing new."""
    connect: float = 15.0
    stall: float = 30.0
    """An answer's head, and every 8 kB of its body, must come in that time."""
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


class SilentError(BrokenError):
    """No more, or hardly any, comes of an answer."""


class BusyError(Exception):
    """The server asks to come again later."""

    def __init__(self, message: str, pause: float) -> None:
        super().__init__(message)
        self.pause = pause
        """Seconds that it asks for; 0 if it does not say."""


class RefusedError(Exception):
    """The server will not answer otherwise another time."""

    def __init__(self, status: int, message: str = "") -> None:
        super().__init__(message or f"HTTP status {status}")
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
        from slipher.survey.fetch.watch import Adapter, Watch

        self.patience = patience or Patience()
        self.reason = ""
        """Why the run was stopped."""
        self.unreachable = False
        self._watch = Watch(self.patience.stall)
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, Adapter(self._watch, connections))
        # compressed on the way, a file has other lengths and ranges
        self._session.headers.update({"User-Agent": f"slipher/{__version__}", "Accept-Encoding": "identity"})
        self._stop = Event()
        self._sleep = sleep or self._stop.wait
        self._lock = Lock()
        self._held_until = 0.0
        self._unheard = 0
        self._heard: float | None = None

    def __enter__(self) -> "Line":
        self._watch.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop("it was interrupted")
        self._watch.__exit__()
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
        self._watch.end_all()

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
        with self._watch.reception() as reception, self._answer(address, headers or {}) as response:
            self._judge(response)
            yield Reply(response.status_code, response.headers, self._chunks(response.raw, reception))

    def _wait(self) -> None:
        """Until requests are welcome again."""
        while (remaining := self._held_until - time.monotonic()) > 0:
            if self._sleep(remaining):
                raise StoppedError
        if self._stop.is_set():
            raise StoppedError

    def _answer(self, address: str, headers: Mapping[str, str]) -> Any:
        """The beginning of the answer to a request, wherever the file was moved."""
        place = address
        for _ in range(MOST_MOVES + 1):
            response = self._request(place, headers)
            if response.status_code not in MOVED or "Location" not in response.headers:
                return response
            # whatever comes with it is left unread
            response.close()
            try:
                place = redirected(address, place, response.headers["Location"])
            except UnfitError as error:
                raise RefusedError(response.status_code, f"the server sends us to {error}") from error
        raise RefusedError(response.status_code, f"the server sends us elsewhere more than {MOST_MOVES} times")

    def _request(self, address: str, headers: Mapping[str, str]) -> Any:
        """The beginning of the answer of one place."""
        from requests import Request, exceptions
        from urllib3.exceptions import HTTPError

        unusable = (exceptions.InvalidURL, exceptions.InvalidSchema, exceptions.MissingSchema)
        waits = (self.patience.connect, self.patience.stall)
        try:
            request = self._session.prepare_request(Request("GET", address, headers))
            settings = self._session.merge_environment_settings(address, {}, True, None, None)
            response = self._session.get_adapter(address).send(request, timeout=waits, **settings)
        except (exceptions.RequestException, HTTPError, OSError, ValueError) as error:
            self._failed(error, isinstance(error, unusable) or not isinstance(error, exceptions.RequestException))
        self._count(False)
        return response

    def _failed(self, error: Exception, lasting: bool) -> NoReturn:
        """Say that there is no answer.

        Args:
            error: what became of the request.
            lasting: whether it is the address, a proxy's or the certificates of this machine that cannot be used.
        """
        reason = _reason(error)
        if self._stop.is_set():
            raise StoppedError from error
        if lasting:
            self.stop(reason)
            raise StoppedError from error
        silent = self._watch.mine().cut or _is_silent(error)
        self._count(_is_unreachable(error) or (silent and self._heard is None), SILENT if silent else reason)
        raise (SilentError(SILENT) if silent else BrokenError(reason)) from error

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

    def _chunks(self, raw: Any, reception: "Reception") -> Iterator[bytes]:
        """The body as it comes in."""
        while chunk := self._chunk(raw, reception):
            reception.count(len(chunk))
            yield chunk

    def _chunk(self, raw: Any, reception: "Reception") -> bytes:
        """What has come in; nothing at the end."""
        from urllib3.exceptions import HTTPError

        failure = None
        try:
            with reception.reading():
                chunk = bytes(raw.read1(CHUNK, decode_content=False))
        except (HTTPError, HTTPException, OSError, ValueError) as error:
            chunk, failure = b"", error
        # before all else: what was read after the end of a run is not the file's
        if self._stop.is_set():
            raise StoppedError from failure
        if reception.cut or _is_silent(failure):
            raise SilentError(SILENT) from failure
        if failure is not None:
            raise BrokenError(_ending(failure)) from failure
        return chunk


def _retry_after(headers: Mapping[str, str]) -> float:
    """Seconds that Retry-After asks for, in seconds or as a date; 0 if it is absent or illegible."""
    from urllib3 import Retry
    from urllib3.exceptions import InvalidHeader

    try:
        return float(Retry().parse_retry_after(headers.get("Retry-After", "0")))
    except (InvalidHeader, ValueError, OverflowError):
        return 0.0


def _is_unreachable(error: Exception) -> bool:
    """Whether there was no connection at all, not even a broken one."""
    from requests import exceptions
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

    if isinstance(error, exceptions.ConnectTimeout | exceptions.ProxyError | exceptions.SSLError):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)


def _is_silent(error: Exception | None) -> bool:
    """Whether nothing came for so long that a socket gave up."""
    from requests.exceptions import ReadTimeout
    from urllib3.exceptions import ReadTimeoutError

    return isinstance(error, ReadTimeout | ReadTimeoutError | TimeoutError)


def _ending(error: Exception) -> str:
    """How a body came to an early end."""
    from urllib3.exceptions import ProtocolError

    return "the connection ended" if isinstance(error, ProtocolError | HTTPException) else _reason(error)


def _reason(error: BaseException) -> str:
    """The innermost cause in a few words: libraries wrap it three times."""
    while True:
        inner = next((each for each in (getattr(error, "reason", None), *error.args) if _is_error(each)), None)
        if inner is None:
            # what a server says may be anything, also what steers a terminal
            words = "".join(each if each.isprintable() else " " for each in str(error)[: 10 * LONGEST]).split()
            return " ".join(words).split(": ", 1)[-1][:LONGEST].rstrip(".") or type(error).__name__
        error = inner


def _is_error(value: object) -> bool:
    return isinstance(value, BaseException)
