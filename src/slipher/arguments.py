"""From the signature of a verb to its options: positional parameters are arguments, keyword ones are --options."""

import argparse
import inspect
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from jsonargparse import ArgumentParser

from slipher.errors import InputError
from slipher.options import check_size

__all__ = ["parse"]

T = TypeVar("T")

REFUSED = re.compile(r'Parser key "([^"]*)": .*Expected a ')
"""How jsonargparse begins to say that an option does not take a value."""
KINDS = re.compile(r"Expected a (?:<class '(?:\w+\.)*(\w+)'>|typing\.Literal\[([^]]*)\])")
WORDS = {"int": "a whole number", "float": "a number", "str": "text", "Path": "a path", "bool": "true or false"}
OVERRIDES = "overrides"
"""The parameter of a verb that takes any key of a study file."""


def parse(name: str, verb: Callable[..., T], words: Sequence[str], takes_json: bool) -> tuple[Callable[[], T], bool]:
    """The call that a command line asks for, and whether it wants JSON.

    Raises:
        InputError: for an unknown option, or a value that an option does not take.
    """
    words = list(words)
    parameters = inspect.signature(verb).parameters
    overrides: list[tuple[str, Any]] = []
    if OVERRIDES in parameters:
        words, overrides = _split_overrides(words)
    parser = _parser(name, verb, takes_json)
    given = _parsed(parser, words)
    as_json = bool(given.pop("json", False))
    positional = [
        value
        for key, parameter in parameters.items()
        if parameter.kind is parameter.VAR_POSITIONAL
        for value in given.pop(key)
    ]
    if overrides:
        given[OVERRIDES] = tuple(overrides)
    return partial(verb, *positional, **given), as_json


def _parser(name: str, verb: Callable[..., Any], takes_json: bool) -> ArgumentParser:
    about, described = _documented(verb)
    parser = ArgumentParser(
        prog=f"slipher {name}",
        description=about,
        exit_on_error=False,
        default_env=False,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for key, parameter in inspect.signature(verb).parameters.items():
        if key != OVERRIDES:
            _add(parser, key, parameter, described.get(key, ""))
    if takes_json:
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    return parser


def _add(parser: ArgumentParser, key: str, parameter: inspect.Parameter, about: str) -> None:
    """One parameter as an argument or an option."""
    default, kind = parameter.default, parameter.annotation
    required = default is parameter.empty
    shown = "" if required or default in (None, False) else f" (default: {default})"
    if parameter.kind is parameter.VAR_POSITIONAL:
        parser.add_argument(key, type=kind, nargs="*", default=[], help=about)
    elif parameter.kind is not parameter.KEYWORD_ONLY:
        optional = {} if required else {"nargs": "?", "default": default}
        parser.add_argument(key, type=kind, help=about + shown, **optional)
    elif kind is bool:
        parser.add_argument(_flag(key), action="store_true", help=about)
    elif required:
        parser.add_argument(_flag(key), type=kind, required=True, help=about)
    else:
        parser.add_argument(_flag(key), type=kind, default=default, help=about + shown)


def _flag(key: str) -> str:
    return "--" + key.rstrip("_").replace("_", "-")


def _parsed(parser: ArgumentParser, words: list[str]) -> dict[str, Any]:
    """The values by parameter name."""
    try:
        found = parser.parse_args(words).as_dict()
    except argparse.ArgumentError as error:
        raise InputError(_sentence(str(error))) from error
    for key, value in found.items():
        if isinstance(value, int):
            check_size(value, _flag(key))
    return {("from_" if key == "from" else key): value for key, value in found.items()}


def _sentence(message: str) -> str:
    """What the parser complains about, in one line a reader understands."""
    text = " ".join(message.split())
    refused = REFUSED.match(text)
    if refused is None:
        return f"{text.rstrip('.')}; --help shows the options."
    kinds = [word or _one_of(words) for word, words in KINDS.findall(text)]
    allowed = list(dict.fromkeys(WORDS.get(kind, kind) for kind in kinds if kind != "NoneType"))
    value = text.rpartition("value: ")[2]
    return f"{_flag(refused[1])} is {value!r}, but must be {' or '.join(allowed)}; --help shows the options."


def _one_of(words: str) -> str:
    return "one of " + ", ".join(word.strip().strip("'") for word in words.split(","))


def _documented(verb: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """A docstring's text, and what it says of each parameter."""
    text, _, arguments = inspect.cleandoc(verb.__doc__ or "").partition("\nArgs:\n")
    pairs = (line.strip().partition(": ") for line in arguments.splitlines() if line.strip())
    return text.strip(), {key: about for key, _, about in pairs}


def _split_overrides(words: list[str]) -> tuple[list[str], list[tuple[str, Any]]]:
    """The words that are keys of a study file, taken out of the command line; a flag without a value means true."""
    from dataclasses import fields

    from slipher.study.config import StudyConfig
    from slipher.study.document import read_yaml

    keys = {field.name for field in fields(StudyConfig)}
    rest: list[str] = []
    found: list[tuple[str, Any]] = []
    while words:
        word = words.pop(0)
        flag, equals, value = word.removeprefix("--").partition("=")
        head, dot, below = flag.partition(".")
        if not word.startswith("--") or head.replace("-", "_") not in keys:
            rest.append(word)
            continue
        if not equals:
            value = words.pop(0) if words and not words[0].startswith("--") else "true"
        found.append((head.replace("-", "_") + dot + below, read_yaml(value, word)))
    return rest, found
