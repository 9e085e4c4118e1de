"""The command line: verbs to calls, nothing else.

A verb is a function in slipher.verbs: its signature is its options, its docstring its help. Results go to standard
output; progress, messages and errors go to standard error.
"""

import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from slipher import __version__
from slipher.errors import InputError, printable
from slipher.streams import answer, standing
from slipher.verbs import (
    bench,
    catalog,
    cutouts,
    data,
    dust,
    fetch,
    flux,
    hayat,
    images,
    inventory,
    pasquet,
    pretrain,
    spectra,
    study,
)
from slipher.verbs.answer import BAD_INPUT, Answer

__all__ = ["main"]

INTERRUPTED = 130
DEBUG = "--debug"
"""Shows where an error came from, in place of a sentence."""

VERBS: dict[str, Callable[..., Answer]] = {
    "study": study.study,
    "report": study.report,
    "train": study.train,
    "pretrain": pretrain.pretrain,
    "predict": study.predict,
    "evaluate": study.evaluate,
    "data simulate": data.data_simulate,
    "data import images": images.data_import_images,
    "data import pasquet": pasquet.data_import_pasquet,
    "data import hayat": hayat.data_import_hayat,
    "data import catalog": catalog.data_import_catalog,
    "data cutouts": cutouts.data_cutouts,
    "data spectra": spectra.data_spectra,
    "data dust": dust.data_dust,
    "data fetch": fetch.data_fetch,
    "data measure": data.data_measure,
    "data info": data.data_info,
    "data check": data.data_check,
    "flux": flux.flux,
    "bench": bench.bench,
    "list": inventory.list_,
}
JSON = {"evaluate", "data spectra", "data dust", "data fetch", "data info", "data check", "flux", "bench", "list"}
"""Verbs that answer with a document."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit status: 0, 2 for input that cannot be used, 3 for what slipher did not foresee, 130 when interrupted.
    """
    with standing():
        return _status(_asked(list(sys.argv[1:] if argv is None else argv)))


def _status(words: list[str]) -> int:
    """Run one command; whatever it raises becomes a sentence and an exit status."""
    debug = DEBUG in words
    words = [word for word in words if word != DEBUG]
    name = next((verb for verb in VERBS if words[: len(verb.split())] == verb.split()), None)
    try:
        _check(words)
        if name is None:
            return _without_verb(words)
        return _run(name, words[len(name.split()) :])
    except InputError as error:
        return _complaint(name, str(error), BAD_INPUT)
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted; the same command continues.\n")
        return INTERRUPTED
    except (SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # libraries in other languages have errors of theirs that are no Exception
        if debug:
            raise
        from slipher.unforeseen import report

        status, sentence = report(error, words)
        return _complaint(name, sentence, status)


def _complaint(name: str | None, sentence: str, status: int) -> int:
    if progress := sys.modules.get("slipher.progress"):
        progress.end_bars()
    sys.stderr.write(f"slipher{f' {name}' if name else ''}: {printable(sentence)}\n")
    return status


def _check(words: Sequence[str]) -> None:
    """See that every word is text.

    Raises:
        InputError: if one is empty, as an unset variable of a shell leaves it, or holds bytes that are no text.
    """
    for word in words:
        if not word:
            raise InputError("an argument is empty; leave it out, or say what it shall be.")
        if any(c == "\0" or "\ud800" <= c <= "\udfff" for c in word):
            raise InputError(f"the argument {word!r} is no text in UTF-8; rename what it names.")


def _run(name: str, words: list[str]) -> int:
    """Parse, call, answer."""
    from slipher.arguments import parse

    _check_folder()
    call, as_json = parse(name, VERBS[name], words, name in JSON)
    found = call()
    answer(_json(found.document) if as_json else found.text)
    return found.status


def _check_folder() -> None:
    """See that the working folder is there: without one libraries of arithmetic end the process, with words of theirs.

    Raises:
        InputError: if it was removed.
    """
    try:
        os.getcwd()  # noqa: PTH109
    except OSError as error:
        raise InputError("the folder that this was run in is gone; change to one that is there.") from error


def _json(document: Any) -> str:
    """A document, in letters that standard output has."""
    only_ascii = not (getattr(sys.stdout, "encoding", None) or "utf-8").lower().startswith("utf")
    return json.dumps(document, indent=2, allow_nan=False, ensure_ascii=only_ascii)


def _asked(words: list[str]) -> list[str]:
    """The words of a command line; ``help VERB`` asks for what ``VERB --help`` does."""
    return [*words[1:], "--help"] if words[:1] == ["help"] else words


def _without_verb(words: list[str]) -> int:
    """Help of all verbs or of a group of them, the version, or an error that names the verbs there are."""
    if words == ["--version"]:
        answer(f"slipher {__version__}")
        return 0
    group = words[:-1] if words[-1:] in (["--help"], ["-h"]) else words
    if below := _below(group):
        answer(_help(group, below))
        return 0
    least = max((words[:size] for size in range(len(words)) if _below(words[:size])), key=len)
    raise InputError(
        f"there is no command {' '.join(words[: len(least) + 1])!r}; there are {', '.join(_below(least))}."
    )


def _below(group: list[str]) -> list[str]:
    """The verbs that begin with some words and go on."""
    return [verb for verb in VERBS if verb.split()[: len(group)] == group and len(verb.split()) > len(group)]


def _help(group: list[str], verbs: list[str]) -> str:
    """Verbs, each with the first line of its docstring."""
    width = max(map(len, verbs))
    lines = [f"  {name:{width}}  {(VERBS[name].__doc__ or '').splitlines()[0]}" for name in verbs]
    start = "" if group else "; slipher study is the place to start"
    return "\n".join(
        [
            f"usage: slipher {' '.join([*group, 'VERB'])} [OPTIONS]",
            "",
            "Photometric redshifts from galaxy images as calibrated conditional densities.",
            "",
            *lines,
            "",
            f"slipher {' '.join([*group, 'VERB'])} --help shows the options of a verb{start}.",
            "--debug shows where an error comes from.",
        ]
    )
