"""Work that lasts: a hidden folder beside its destination, taken up again after a kill, and given its names at the end.

Everything that a killed run would leave lies in that one folder, which nobody else may write to and which a marker in
it tells from anybody else's. Before the products get their names the marker says which file goes where: a run that is
killed between two renames is ended by the next one.
"""

import contextlib
import errno
import json
import os
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from slipher.errors import InputError
from slipher.files import State, give_name, nearest_writable, replacing, state_of, writing
from slipher.locks import held, hidden_name, signed

__all__ = ["Unfinished", "begun", "unfinished"]

KIND = ".unfinished-"
"""How the names of such folders begin."""
MARKER = "slipher.json"
NEW_MARKER = "slipher.json.new"
LONGEST_MARKER = 1 << 20
"""Bytes of a marker that are read."""


class Unfinished:
    """What is being made, in a folder of its own; ours alone while it is open.

    Args:
        folder: of the work; it need not be there.
        places: name in the folder to destination.
    """

    def __init__(self, folder: Path, places: Mapping[str, Path]) -> None:
        self._folder = folder
        self._places = places
        self._begun: dict[str, Any] = {}
        self.done = False
        """Whether all of it lies at its destination already, and nothing is left to do."""

    def path(self, name: str) -> Path:
        """A file or folder of the work; any name will do but the marker's."""
        return self._folder / name

    def folder(self, name: str) -> Path:
        """A folder of the work, made if it is not there.

        Raises:
            InputError: if it cannot be made.
        """
        with writing(self.path(name)):
            self.path(name).mkdir(exist_ok=True)
        return self.path(name)

    def publish(self) -> None:
        """Give every product that was made its name, as the user's mask allows, and remove the folder.

        Raises:
            InputError: if a destination was written by somebody else since the work began, or cannot be written.
        """
        self._mark({**self._begun, "made": [name for name in self._places if self.path(name).is_file()]})
        self._give_names(overwrite=False)

    def discard(self) -> None:
        """Remove all of it.

        Raises:
            InputError: if it cannot be removed.
        """
        if not self._folder.exists():
            return
        with writing(self._folder):
            self._empty()
            self.path(NEW_MARKER).unlink(missing_ok=True)
            self._folder.rmdir()

    def _begin(self, identity: str, restart: bool) -> None:
        """Take up the work of this identity, or begin anew."""
        found = self._marker().get("identity")
        if found != identity:
            if found and not restart and self._holds_work():
                raise InputError(
                    f"{next(iter(self._places.values()))}: something else was begun there and can go on, from "
                    f"{self._folder}; let it end, choose another destination, or replace it with --overwrite."
                )
            self._empty()
        before = {name: state_of(path) for name, path in self._places.items()}
        self._begun = {"identity": identity, "places": self._absolute(), "before": before}
        self._mark(self._begun)

    def _recover(self, identity: str, overwrite: bool) -> bool:
        """End the renaming in which a run of this identity was killed; whether there was one."""
        marker = self._marker()
        if marker.get("identity") != identity or "made" not in marker or marker["places"] != self._absolute():
            return False
        self._give_names(overwrite)
        return True

    def _give_names(self, overwrite: bool) -> None:
        """Rename what was made, over what somebody else wrote since only if that may be replaced."""
        marker = self._marker()
        for name in marker["made"]:
            if self.path(name).exists():
                place = self._places[name]
                _move(self.path(name), place, state_of(place) if overwrite else marker["before"][name])
        self.discard()

    def _absolute(self) -> dict[str, str]:
        """Which file goes where, whatever the working folder."""
        return {name: str(path.absolute()) for name, path in self._places.items()}

    def _end(self) -> None:
        """Keep what was made so far for the next run; a folder of nothing goes.

        So does one without a marker: somebody removed the folder, and what was written since made it anew.
        """
        if self._folder.exists() and not (self._holds_work() and self.path(MARKER).exists()):
            self.discard()

    def _holds_work(self) -> bool:
        return any(each.name not in (MARKER, NEW_MARKER) for each in self._folder.iterdir())

    def _empty(self) -> None:
        """Remove all but the marker, which lies where nobody reads it meanwhile: on a full disk nothing is written."""
        with contextlib.suppress(FileNotFoundError):
            self.path(MARKER).replace(self.path(NEW_MARKER))
        for each in self._folder.iterdir():
            if each.is_dir() and not each.is_symlink():
                shutil.rmtree(each)
            elif each.name != NEW_MARKER:
                each.unlink()

    def _mark(self, marker: Mapping[str, Any]) -> None:
        with writing(self._folder):
            self.path(NEW_MARKER).write_text(json.dumps({"slipher": marker}), encoding="utf-8")
            self.path(NEW_MARKER).replace(self.path(MARKER))

    def _marker(self) -> dict[str, Any]:
        """What the marker says; nothing where there is none."""
        return _said(self.path(MARKER)) or {}


@contextmanager
def unfinished(
    places: Mapping[str, Path],
    identity: str,
    identity_of: Callable[[Path], str | None],
    *,
    overwrite: bool = False,
    restart: bool = False,
    wait: bool = False,
) -> Iterator[Unfinished]:
    """Work on what lasts, alone: new, taken up where a run of the same identity was stopped, or done already.

        places = {"model.safetensors": out, "history.csv": out.with_suffix(".history.csv")}
        with unfinished(places, identity, read_identity) as work:
            if not work.done:
                ...  # writes work.path("model.safetensors") and whatever else helps
                work.publish()

    Leaving without `Unfinished.publish` keeps what lies in the folder for the next call.

    Args:
        places: name in the folder to destination, the first of which names the folder; one that is not made in the end
            is not published.
        identity: of everything that determines what is made.
        identity_of: reads the identity from what lies at the first destination; None where it is anything else.
        overwrite: whether others' files at the destinations are replaced, and a work of another identity is given up.
        restart: whether a work of another identity is given up unasked.
        wait: whether to wait for another process that works on a destination, rather than to give up.

    Raises:
        InputError: if a destination is taken, cannot be written, or another process works on it; if something that is
            not ours lies where the folder would; if another work was begun there.
    """
    main, *others = places.values()
    folder = _folder(main)
    for path in places.values():
        nearest_writable(path)
    with ExitStack() as locks:
        for path in sorted(path.absolute() for path in places.values()):
            with writing(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                locks.enter_context(held(path, wait))
        work = Unfinished(folder, places)
        _check_ours(folder, main)
        recovered = work._recover(identity, overwrite)
        own = recovered or (main.is_file() and identity_of(main) == identity)
        work.done = recovered or (own and not overwrite and all(path.exists() for path in others))
        try:
            if work.done:
                work.discard()
            else:
                _check_free(places.values(), overwrite or own)
                _make(folder, main)
                work._begin(identity, restart or overwrite)
            yield work
        finally:
            work._end()


def begun(path: Path) -> bool:
    """Whether work on a destination was begun that did not end, if only in the removal of its folder."""
    return os.path.lexists(_folder(path))


def _folder(path: Path) -> Path:
    """Where the work on a destination lies."""
    return path.absolute().with_name(hidden_name(KIND, path.name))


def _check_free(paths: Iterable[Path], replaced: bool) -> None:
    """See that what lies at the destinations may be replaced."""
    for path in paths:
        if path.is_dir():
            raise InputError(f"{path} is a folder; give the name of a file to write.")
        if not replaced and (path.exists() or path.is_symlink()):
            raise InputError(
                f"{path} is there already and was made from something else; choose another name, or replace it with "
                "--overwrite."
            )


def _check_ours(folder: Path, path: Path) -> None:
    """See that a folder of that name is ours: made by this user for nobody else, with a marker or nothing in it."""
    try:
        status = folder.lstat()
    except FileNotFoundError:
        return
    ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o022
    marked = ours and any(_said(folder / name) is not None for name in (MARKER, NEW_MARKER))
    if marked or (ours and {each.name for each in folder.iterdir()} <= {NEW_MARKER}):
        return
    raise InputError(
        f"{path} cannot be written: {folder} is there and is none of slipher's; remove it, or choose another "
        "destination."
    )


def _make(folder: Path, path: Path) -> None:
    """Make the folder, for this user alone, unless it is there."""
    with writing(path), contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)


def _said(marker: Path) -> dict[str, Any] | None:
    """What a marker of ours says; None if it is none of ours, or none is there."""
    with contextlib.suppress(OSError):
        descriptor = os.open(marker, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as stream:
            said = signed(stream.read(LONGEST_MARKER))
        return None if said is None else dict(said["slipher"])
    return None


def _move(source: Path, destination: Path, before: State | None) -> None:
    """Give a product its name, also on another file system, if nobody else wrote there."""
    with writing(destination):
        try:
            give_name(source, destination, before)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            with replacing(destination) as temporary:
                shutil.copyfile(source, temporary)
            source.unlink()
