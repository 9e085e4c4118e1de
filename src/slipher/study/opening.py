"""Whether a study may begin or go on in a folder, and its beginning."""

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from slipher.errors import InputError
from slipher.files import nearest_writable, write_text, writing
from slipher.locks import LOCK, held
from slipher.study.clearing import clear
from slipher.study.config import StudyConfig, check_name
from slipher.study.document import dump, read_yaml, to_document
from slipher.study.folder import Folder
from slipher.study.processes import clear_locks, others, present

__all__ = ["HEADER", "check_folder", "check_there", "open_folder", "study_text"]

HEADER = "# A study of slipher: everything that was chosen, every default written out."
"""First line of the study.yaml of a study that was begun, by which it is known."""
LONGEST = 1 << 24
"""Bytes of a study file that are looked at."""
PASSING = re.compile(rf"{re.escape(LOCK)}.*|\.partial-(study|timings)-.*")
"""Names that lie in a folder while a study begins there, and after one that was killed then."""


@contextmanager
def open_folder(path: Path, config: StudyConfig, overwrite: bool = False) -> Iterator[Folder]:
    """The folder for a study, new or one in which the very same study was begun, while this process works there.

    Raises:
        InputError: if something else lies there, another process works at it, or it cannot be written.
    """
    folder = Folder(path)
    check_folder(folder, config, overwrite)
    with writing(path):
        path.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        with held(folder.config, wait=True):
            _begin(folder, config, overwrite)
            stack.enter_context(present(path))
        try:
            yield folder
        finally:
            stack.close()
            _leave(folder, config)


def check_folder(folder: Folder, config: StudyConfig, overwrite: bool = False) -> None:
    """See that a study can begin or continue in a folder; nothing is written or removed.

    Only a study that slipher began is ever replaced: a folder of anything else, such as one with a study file of the
    user's own, is refused, told to overwrite or not. One that failed before it made anything is in nobody's way.

    Raises:
        InputError: if something else lies there, or it cannot be written.
    """
    nearest_writable(folder.config)
    if overwrite and isinstance(config.data, str) and Path(config.data).is_relative_to(folder.path.resolve()):
        raise InputError(
            f"{config.data} lies in the folder that --overwrite would replace; move it, or choose another --out."
        )
    there = _text(folder)
    if there is None:
        for name in _names(folder):
            raise InputError(f"{folder.path} is not empty (it holds {name}) and is no study; choose another --out.")
    elif not (overwrite or _is_bare(folder) or there == (text := study_text(config))):
        raise InputError(
            f"{folder.path} holds another study (its study.yaml differs: {_first_difference(there, text)}); "
            "choose another --out, or replace it with --overwrite."
        )


def check_there(folder: Folder, config: StudyConfig) -> None:
    """See that a study at work is still the one of its folder.

    Raises:
        InputError: if the folder was removed or replaced meanwhile.
    """
    if _text(folder) != study_text(config):
        raise InputError(f"{folder.path} was removed or replaced while the study was at work; run the same again.")


def study_text(config: StudyConfig) -> str:
    """The study file, every default written out."""
    return f"{HEADER}\n{dump(to_document(config))}"


def _begin(folder: Folder, config: StudyConfig, overwrite: bool) -> None:
    """Begin a study, or go on with it; the folder's lock is held, so that no other process does meanwhile."""
    check_folder(folder, config, overwrite)
    there, text, at_work = _text(folder), study_text(config), others(folder.path)
    if at_work and (overwrite or there != text):
        raise InputError(
            f"{folder.path} is being worked on by {' and '.join(at_work)}, so that its study cannot be replaced; wait "
            "until that ends, or choose another --out."
        )
    if there is not None and (overwrite or there != text):
        document = _document(folder, there)
        clear(folder, list(document["groups"]), own_survey=not isinstance(document.get("data"), str))
    _check_links(folder, config)
    if not at_work:
        clear_locks(folder.path, _own(folder, config))
    if there != text:
        write_text(folder.config, text)


def _check_links(folder: Folder, config: StudyConfig) -> None:
    """See that what the study writes lies in its folder, and not behind a link in it.

    Raises:
        InputError: if it does not: files of other people may lie there under the same names.
    """
    own = _own(folder, config)
    runs = (folder.run(group, seed) for group in config.groups for seed in config.seeds_of(group))
    within = (path for run in runs for path in (run.folder, run.checkpoint, run.pretraining.parent))
    for path in (*own, *within):
        if path.is_symlink():
            raise InputError(
                f"{path} is a link, and a study writes nothing behind one; put what it leads to in its place, or "
                "choose another --out."
            )


def _leave(folder: Folder, config: StudyConfig) -> None:
    """Remove what killed processes left behind, unless others are still at work.

    What was made in a folder that was removed meanwhile is a study too, which the same command takes up.
    """
    if not folder.path.is_dir():
        return
    with suppress(InputError), held(folder.config, wait=True):
        if not os.path.lexists(folder.config):
            write_text(folder.config, study_text(config))
        if not others(folder.path):
            clear_locks(folder.path, _own(folder, config))


def _own(folder: Folder, config: StudyConfig) -> list[Path]:
    """The folders that a study writes in, beside its own."""
    return [folder.figures, folder.responses, *(folder.path / name for name in config.groups)]


def _text(folder: Folder) -> str | None:
    """The study file of a study that was begun here; None if there is none, but at most one written by hand."""
    if not folder.config.is_file():
        return None
    with writing(folder.config), folder.config.open("rb") as file:
        text = file.read(LONGEST).decode("utf-8", errors="replace")
    return text if text.startswith(HEADER) else None


def _names(folder: Folder) -> list[str]:
    """What lies in a folder, but for what passes."""
    if not folder.path.is_dir():
        return []
    return sorted(item.name for item in folder.path.iterdir() if not PASSING.fullmatch(item.name))


def _is_bare(folder: Folder) -> bool:
    """Whether the study here ended, as by an error in its data, before it made anything but its study file."""
    return set(_names(folder)) <= {folder.config.name, folder.timings.name}


def _first_difference(there: str, text: str) -> str:
    """The first line in which two study files differ."""
    pairs = zip([*there.splitlines(), ""], [*text.splitlines(), ""], strict=False)
    before, after = next((pair for pair in pairs if pair[0] != pair[1]), ("", ""))
    return f"'{before.strip()}' there, '{after.strip()}' now"


def _document(folder: Folder, text: str) -> dict[str, Any]:
    """The study that lies in a folder.

    Raises:
        InputError: if its study file is none that slipher wrote: its groups might be any folders.
    """
    try:
        document = read_yaml(text, str(folder.config))
        if not isinstance(document, dict) or not isinstance(document.get("groups"), dict):
            raise InputError("it has no groups")
        for name in document["groups"]:
            check_name(str(name))
    except InputError as error:
        raise InputError(
            f"{folder.path} holds a study.yaml that slipher did not write ({str(error).rstrip('.')}); choose another "
            "--out."
        ) from error
    return document
