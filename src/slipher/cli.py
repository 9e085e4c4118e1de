"""The command line: verbs to calls, nothing else.

A verb is a function in slipher.verbs: its signature is its options, its docstring its help. Results go to standard
output; progress, messages and errors go to standard error.
"""

import json
import sys
from collections.abc import Callable, Sequence

from slipher import __version__
from slipher.errors import InputError
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
        The exit status: 0, 2 for input that cannot be used, 130 when interrupted.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    name = next((verb for verb in VERBS if words[: len(verb.split())] == verb.split()), None)
    try:
        if name is None:
            return _without_verb(words)
        return _run(name, words[len(name.split()) :])
    except InputError as error:
        sys.stderr.write(f"slipher{f' {name}' if name else ''}: {error}\n")
        return BAD_INPUT
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted; the same command continues.\n")
        return INTERRUPTED
    except BrokenPipeError:
        # the reader of our output has seen enough; nothing more must be written, not even when Python ends
        sys.stdout = None
        return 0


def _run(name: str, words: list[str]) -> int:
    """Parse, call, answer."""
    from slipher.arguments import parse

    call, as_json = parse(name, VERBS[name], words, name in JSON)
    answer = call()
    text = json.dumps(answer.document, indent=2, allow_nan=False, ensure_ascii=False) if as_json else answer.text
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
    return answer.status


def _without_verb(words: list[str]) -> int:
    """Help, the version, or an error that names the verbs."""
    if words in ([], ["--help"], ["-h"]):
        sys.stdout.write(_help())
        return 0
    if words == ["--version"]:
        sys.stdout.write(f"slipher {__version__}\n")
        return 0
    below = [verb for verb in VERBS if verb.split()[0] == words[0]]
    raise InputError(f"there is no command {' '.join(words[:2])!r}; there are {', '.join(below or VERBS)}.")


def _help() -> str:
    """The verbs, each with the first line of its docstring."""
    width = max(map(len, VERBS))
    lines = [f"  {name:{width}}  {(verb.__doc__ or '').splitlines()[0]}" for name, verb in VERBS.items()]
    return "\n".join(
        [
            "usage: slipher VERB [OPTIONS]",
            "",
            "Photometric redshifts from galaxy images as calibrated conditional densities.",
            "",
            *lines,
            "",
            "slipher VERB --help shows the options of a verb; slipher study is the place to start.",
            "",
        ]
    )
