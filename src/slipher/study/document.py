"""Plain documents (YAML, flags) to dataclasses and back, with errors a reader can act on."""

import dataclasses
import math
import re
import types
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import yaml

from slipher.errors import InputError
from slipher.options import check_size

__all__ = ["dump", "from_document", "read_yaml", "set_key", "to_document"]

T = TypeVar("T")

LONGEST = 1_000_000
"""Characters of a study file."""
MOST_NODES = 100_000
"""Entries of a study file, whatever it names again written out."""


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """YAML as people mean it: ``on`` is a word, 1e-3 a number (YAML 1.2), and a key is the text that stands there.

    So 1 and '1' are one key, and one that stands twice is an error.
    """

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """A mapping as it stands in the text, before anything is merged into it; its keys were found to differ."""
        node = super().compose_mapping_node(anchor)
        lines: dict[str, int] = {}
        for key, _ in node.value:
            name, line = _name(key), key.start_mark.line + 1
            if name in lines:
                where = f"in line {line}" if lines[name] == line else f"in lines {lines[name]} and {line}"
                raise _MisreadError(f"key {name} stands twice, {where}; rename or remove one")
            lines[name] = line
        return node

    def construct_document(self, node: yaml.Node) -> Any:
        """The document, unless what it names again and again (``*name``) would make it grow without bound."""
        _counted(node, {}, set())
        return super().construct_document(node)

    def construct_scalar(self, node: yaml.ScalarNode) -> Any:
        """A scalar; no path, name or number holds the character 0, at which the system cuts text off."""
        if "\0" in str(node.value):
            raise _MisreadError(f"the text in line {node.start_mark.line + 1} holds a NUL character; remove it")
        return super().construct_scalar(node)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[str, Any]:
        """The mapping; what is merged into it gives way to what it says itself."""
        self.flatten_mapping(node)
        return {_name(key): self.construct_object(value, deep) for key, value in node.value}


class _MisreadError(yaml.YAMLError):  # type: ignore[misc]
    """A document that says what it cannot mean."""


def _counted(node: yaml.Node, known: dict[int, int], above: set[int]) -> int:
    """How many nodes a node is when all that it names by ``*name`` is written out.

    Args:
        node: the node.
        known: those that were counted, by identity.
        above: those that it lies in: one that holds itself has no end.
    """
    if id(node) in above:
        raise _MisreadError(f"what is named in line {node.start_mark.line + 1} holds itself")
    if id(node) not in known and isinstance(node, yaml.CollectionNode):
        parts = chain.from_iterable(node.value) if isinstance(node, yaml.MappingNode) else node.value
        known[id(node)] = 1 + sum(_counted(part, known, above | {id(node)}) for part in parts)
        if known[id(node)] > MOST_NODES:
            raise _MisreadError(f"with all names (*name) written out it has more than {MOST_NODES:,} entries")
    return known.get(id(node), 1)


def _name(key: yaml.Node) -> str:
    """A key as it is written."""
    if not isinstance(key, yaml.ScalarNode):
        raise _MisreadError(f"the key in line {key.start_mark.line + 1} is no text")
    return str(key.value)


_CHANGED = ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:float")
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _CHANGED]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_CHANGED[0], re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))
_NUMBER = (
    _CHANGED[1],
    re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+|\.[0-9]+[eE][-+]?[0-9]+)$"),
    list("-+.0123456789"),
)
_Loader.add_implicit_resolver(*_NUMBER)


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]
    """Quotes words that YAML 1.1 or the loader would take for something else."""


_Dumper.add_implicit_resolver(*_NUMBER)


def read_yaml(text: str, where: str) -> Any:
    """The document a YAML text holds.

    Raises:
        InputError: if the text is no YAML, or names a key twice.
    """
    if len(text) > LONGEST:
        raise InputError(f"{where}: it has {len(text):,} characters, but a study file has at most {LONGEST:,}.")
    try:
        return yaml.load(text, Loader=_Loader)
    except RecursionError as error:
        raise InputError(f"{where}: not a YAML document that can be read: it is nested too deeply.") from error
    except _MisreadError as error:
        raise InputError(f"{where}: {error}.") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it cannot be parsed"
        raise InputError(f"{where}: not a YAML document{place}: {problem}.") from error
    except ValueError as error:
        raise InputError(f"{where}: not a YAML document: {error}.") from error


def dump(document: Any) -> str:
    """A document as YAML, keys in their order."""
    text = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=None, width=110)
    return str(text)


def set_key(document: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    """The document with the value at a dotted key replaced; mappings on the way are made where missing."""
    head, _, rest = key.partition(".")
    if not rest:
        return document | {head: value}
    below = document.get(head)
    return document | {head: set_key(below if isinstance(below, dict) else {}, rest, value)}


def to_document(value: Any) -> Any:
    """A dataclass (or anything in one) as plain mappings, lists, numbers and strings."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_document(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {key: to_document(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [to_document(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def from_document(kind: type[T], document: Any, where: str, key: str = "") -> T:
    """A dataclass read from a plain document; keys left out take their defaults.

    Args:
        kind: the dataclass.
        document: what was read.
        where: the file (or "command line") that errors name.
        key: where in the file the document lies.

    Raises:
        InputError: for an unknown key or a value that is not allowed; names the key and what is allowed.
    """
    if document is None:
        document = {}
    if not isinstance(document, Mapping):
        raise InputError(f"{where}: {key or 'the document'} is {document!r}, but must be a mapping of keys to values.")
    hints = get_type_hints(kind)
    names = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
    for name in document:
        if name not in names:
            raise InputError(f"{where}: unknown key {_join(key, name)}; allowed: {', '.join(names)}.")
    values = {name: _value(hints[name], item, where, _join(key, name)) for name, item in document.items()}
    try:
        return kind(**values)
    except InputError as error:
        raise InputError(f"{where}: {_placed(key, str(error))}") from error
    except TypeError as error:
        raise InputError(f"{where}: {key or 'the document'} lacks a key: {error}.") from error


def _placed(key: str, message: str) -> str:
    """What a dataclass says of its field, with the place of the dataclass before it."""
    above, _, last = key.rpartition(".")
    return _join(above if message.startswith(f"{last}.") else key, message)


def _join(key: str, name: Any) -> str:
    return f"{key}.{name}" if key else str(name)


def _value(kind: Any, value: Any, where: str, key: str) -> Any:
    """One value, converted to the type its field declares."""
    origin = get_origin(kind)
    if kind is Any:
        return value
    if origin in (Union, types.UnionType):
        return _one_of(get_args(kind), value, where, key)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return value if isinstance(value, kind) else from_document(kind, value, where, key)
    if origin is tuple and isinstance(value, list | tuple):
        return tuple(_value(get_args(kind)[0], item, where, f"{key}[{n}]") for n, item in enumerate(value))
    if origin is dict and isinstance(value, Mapping):
        _refuse_repeated(value, where, key)
        return {str(name): _value(get_args(kind)[1], item, where, _join(key, name)) for name, item in value.items()}
    return _plain(kind, value, where, key)


def _refuse_repeated(names: Mapping[Any, Any], where: str, key: str) -> None:
    """See that no two names of a mapping are one as text, as 1 and '1' are."""
    texts = [str(name) for name in names]
    for name in texts:
        if texts.count(name) > 1:
            raise InputError(f"{where}: {_join(key, name)} stands twice; rename or remove one.")


def _one_of(kinds: tuple[Any, ...], value: Any, where: str, key: str) -> Any:
    """The first alternative that takes the value; a mapping is meant for the dataclass that knows its first key."""
    if isinstance(value, Mapping):
        knows = [
            k for k in kinds if dataclasses.is_dataclass(k) and set(value) & {f.name for f in dataclasses.fields(k)}
        ]
        if knows:
            return _value(knows[0], value, where, key)
    for kind in kinds:
        try:
            return _value(kind, value, where, key)
        except InputError:
            continue
    raise _refused(Union[kinds], value, where, key)  # noqa: UP007


def _plain(kind: Any, value: Any, where: str, key: str) -> Any:
    """A number, a string, a truth value, or one of some words."""
    if get_origin(kind) is Literal and value in get_args(kind):
        return value
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    if kind is type(None) and value is None:
        return None
    if kind is int and isinstance(value, int):
        check_size(value, f"{where}: {key}")
    if kind in (int, bool, str) and type(value) is kind:
        return value
    if kind is Path and isinstance(value, str | Path):
        return Path(value)
    raise _refused(kind, value, where, key)


def _refused(kind: Any, value: Any, where: str, key: str) -> InputError:
    return InputError(f"{where}: {key} is {value!r}, but must be {_describe(kind)}.")


def _describe(kind: Any) -> str:
    """What a type allows, in words."""
    if get_origin(kind) in (Union, types.UnionType):
        return " or ".join(_describe(k) for k in get_args(kind))
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(map(str, get_args(kind)))
    if dataclasses.is_dataclass(kind):
        return "{" + ", ".join(f.name for f in dataclasses.fields(kind)) + "}"
    if get_origin(kind) is tuple:
        return f"a list, each of it {_describe(get_args(kind)[0])}"
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "text", Path: "a path"}
    return words.get(kind, "empty" if kind is type(None) else "a mapping of keys to values")
