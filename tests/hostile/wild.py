"""Valid commands and files made wild: words by the verb's own parser, files by their format."""

import io
import json
import os
import random
import shutil
import zipfile
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import yaml

ROWS = 48
LINKED = "linked-"
"""How the names of files begin that a link leads to."""
WORDS = (
    "", " ", "-", "--", "-1", "0", "1", "2", "3.5", "-0.0", "1e-320", "nan", "inf", "-inf", "1e309", "1e3", "0x10", "1_0",
    "true", "null", "[1, 2]", "{a: 1}", "é", "z\u0301", "\u202e", "\n", "\t", "%s", "{}", "{band}", "{0.__class__}", "$HOME",
    "~", "*", ".", "..", "./", "../up", "a/b/c", "x" * 300, "y" * 5000, "no/such/file.h5", "name[0]", "name[-1]", "name[x]",
    "a:b", ":a", "a:", "u,g,r,i,z", "u,,z", "ugrizy", "zzz", "id", "redshift", "z", "@file", "=", "a=b", "!!python/none",
    "http://127.0.0.1:9/x.h5", "file:///dev/null", "out.h5", "out", "x.yaml", "x.safetensors", "x.hdf5", "x.fits", "x.csv",
    "x.parquet", "x.png", "10" * 30,
)  # fmt: skip
NUMBERS = (
    "-1",
    "0",
    "1",
    "2",
    "3",
    "0.5",
    "1e3",
    "1e-3",
    "nan",
    "-inf",
    "-0",
    "1e309",
    "9" * 25,
    str(2**31),
    str(2**63),
)
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 3.5, float("nan"), float("inf"), 10**18, -(2**63), 1e308, "", "x", "nan", "é" * 100,
    "n" * 300, "\0", "a\nb", "../up", "/", "catalogue.store.h5", [], {}, [[]], [1, "a", None], {"a": {"b": []}}, {"": 0}, [0] * 99,
)  # fmt: skip
DOCUMENTS = (
    "", "\0", "\t", "- 1", "42", "~", "{", "a: b: c", "a: &a [*a]", "a: *b", "%YAML 9.9\n---\n{}", "--- {}\n--- {}",
    "[" * 5000, "{a: " * 500 + "1" + "}" * 500, "data: !!python/object/apply:os.system ['touch made']", "\ufeffdata: x.h5",
    "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"{b}: &{b} [{','.join(['*' + a] * 9)}]\n" for a, b in pairwise("abcdefgh")),
    "groups: {../up: {}}", "groups: {'': {}}", "groups: {a/b: {method: trainz}}", "groups: {" + "g" * 300 + ": {method: trainz}}",
    "seeds: 1000000000", "data: {simulate: 1000000000}", "? [a, b]\n: c", "1: 2", "data: 2020-01-01", "<<: {a: 1}", "é: ï",
)  # fmt: skip
CELLS = (
    "",
    "nan",
    "inf",
    "-99",
    "1e999",
    "x",
    "é",
    '"',
    "'",
    ",",
    "\0",
    "\r",
    "--",
    "0x1",
    "1,5",
    "9" * 400,
    "NULL",
    "#",
    "<",
    "&",
    "\ud800",
)


def words_of(words: Sequence[str], actions: Sequence[Any], names: Sequence[str], rng: random.Random) -> list[str]:
    """A command line with something dropped, repeated, added or replaced.

    Args:
        words: one that works.
        actions: of the parser of its verb.
        names: files that are there.
        rng: draws what is done.
    """
    words, verb = list(words), sum(1 for _ in _verb_words(words))
    options = [index for index, word in enumerate(words) if word.startswith("--")]
    kind = rng.randrange(8)
    if kind == 0 and len(words) > verb:
        del words[rng.randrange(verb, len(words))]
    elif kind == 1 and options:
        index = rng.choice(options)
        words += words[index : index + 2]
    elif kind == 2 and options:
        index = rng.choice(options)
        del words[index : index + 2]
    elif kind == 3 and len(words) > verb:
        words[rng.randrange(verb, len(words))] = rng.choice((*WORDS, *NUMBERS, *names))
    elif kind == 4:
        words.insert(
            rng.randint(0, len(words)), rng.choice((*WORDS, "--help", "--debug", "--version", "--json", "help"))
        )
    elif actions:
        words += _option(rng.choice(actions), names, rng)
    return words


def _verb_words(words: Sequence[str]):
    from running import verb_of

    return verb_of(words).split()


def _option(action: Any, names: Sequence[str], rng: random.Random) -> list[str]:
    """An option of a parser, with a value that may or may not suit it."""
    flag = list(action.option_strings[-1:])
    if action.nargs == 0:
        return flag
    if action.choices and rng.random() < 0.7:
        return [*flag, str(rng.choice(list(action.choices)))]
    return [*flag, str(rng.choice(rng.choice((WORDS, NUMBERS, names or WORDS))))]


def file_of(path: Path, samples: Sequence[Path], rng: random.Random) -> None:
    """Make a file, or one somewhere in a folder, something else.

    Args:
        path: the file or folder.
        samples: other files that it may be swapped for.
        rng: draws what is done.
    """
    if path.is_dir() and not path.is_symlink() and rng.random() < 0.8:
        files = sorted(each for each in path.rglob("*") if each.is_file())
        path = rng.choice(files) if files else path
    if not path.is_file() and not path.is_dir():
        return
    own = FORMATS.get(path.suffix)
    change = own if own and rng.random() < 0.5 else rng.choice(ANY)
    try:
        change(path, samples, rng)
    except Exception:
        # no longer a file of its format, by an earlier change
        _remove(path)


def occupy(path: Path, samples: Sequence[Path], rng: random.Random) -> None:
    """Let something lie where a command would write."""
    if not os.path.lexists(path) and path.parent.is_dir():
        rng.choice((_folder, _fifo, _dangling, _loop, _swapped, _text))(path, samples, rng)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _flipped(path: Path, _, rng: random.Random) -> None:
    """Some bits flipped, half of the time near the beginning, where headers lie."""
    content = bytearray(path.read_bytes())
    reach = min(len(content), 2000) if rng.random() < 0.5 else len(content)
    for _ in range(rng.choice((1, 1, 4, 40))):
        if reach:
            content[rng.randrange(reach)] ^= 1 << rng.randrange(8)
    path.write_bytes(content)


def _overwritten(path: Path, _, rng: random.Random) -> None:
    """A run of bytes replaced by zeros, ones or noise."""
    content = bytearray(path.read_bytes())
    start, length = rng.randrange(len(content) + 1), rng.choice((1, 4, 8, 64, 512))
    length = min(length, len(content) - start)
    content[start : start + length] = rng.choice((bytes(length), b"\xff" * length, rng.randbytes(length)))
    path.write_bytes(content)


def _cut(path: Path, _, rng: random.Random) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: rng.randrange(len(content) + 1)])


def _emptied(path: Path, *_) -> None:
    path.write_bytes(b"")


def _longer(path: Path, _, rng: random.Random) -> None:
    with path.open("ab") as file:
        file.write(rng.randbytes(rng.choice((1, 100, 5000))))


def _swapped(path: Path, samples: Sequence[Path], rng: random.Random) -> None:
    other = rng.choice(samples)
    _remove(path)
    (shutil.copytree if other.is_dir() else shutil.copyfile)(other, path)


def _folder(path: Path, *_) -> None:
    _remove(path)
    path.mkdir()


def _fifo(path: Path, *_) -> None:
    _remove(path)
    os.mkfifo(path)


def _device(path: Path, _, rng: random.Random) -> None:
    """A device that gives nothing, or zeros for ever: a node of its own where that is allowed."""
    device = Path(rng.choice(("/dev/null", "/dev/zero", "/dev/full")))
    _remove(path)
    try:
        os.mknod(path, device.stat().st_mode, device.stat().st_rdev)
    except PermissionError:
        path.symlink_to(device)


def _dangling(path: Path, *_) -> None:
    _remove(path)
    path.symlink_to("nowhere")


def _loop(path: Path, *_) -> None:
    _remove(path)
    path.symlink_to(path.name)


def _linked(path: Path, *_) -> None:
    """The same file behind a link, from outside of the working folder."""
    outside = path.parents[1] / f"{LINKED}{path.name}"
    path.rename(outside)
    path.symlink_to(outside)


def _gone(path: Path, *_) -> None:
    _remove(path)


def _text(path: Path, *_) -> None:
    path.write_text("a file of the user's\n")


ANY: tuple[Callable[..., None], ...] = (
    _flipped, _flipped, _overwritten, _cut, _cut, _emptied, _longer, _swapped, _folder, _fifo, _device, _dangling, _loop,
    _linked, _gone,
)  # fmt: skip


def tree_of(tree: Any, rng: random.Random) -> Any:
    """A document of lists and mappings with one node dropped, replaced or added."""
    if isinstance(tree, dict) and tree and rng.random() < 0.85:
        key = rng.choice(list(tree))
        return {**tree, key: tree_of(tree[key], rng)} if rng.random() < 0.75 else _mapping(tree, key, rng)
    if isinstance(tree, list) and tree and rng.random() < 0.7:
        index = rng.randrange(len(tree))
        return [*tree[:index], tree_of(tree[index], rng), *tree[index + 1 :]]
    return rng.choice(VALUES)


def _mapping(tree: dict, key: Any, rng: random.Random) -> dict:
    rest = {name: value for name, value in tree.items() if name != key}
    return rng.choice((rest, {**rest, rng.choice(WORDS): tree[key]}, {**tree, rng.choice(WORDS): rng.choice(VALUES)}))


def _yaml(path: Path, _, rng: random.Random) -> None:
    if rng.random() < 0.3:
        text = rng.choice(DOCUMENTS)
        path.write_text(text if rng.random() < 0.5 else path.read_text() + text, encoding="utf-8")
    else:
        path.write_text(yaml.safe_dump(tree_of(yaml.safe_load(path.read_text()), rng), allow_unicode=True))


def _json(path: Path, _, rng: random.Random) -> None:
    path.write_text(json.dumps(tree_of(json.loads(path.read_text()), rng)))


def _json_lines(path: Path, _, rng: random.Random) -> None:
    lines = path.read_text().splitlines()
    index = rng.randrange(len(lines))
    lines[index] = json.dumps(tree_of(json.loads(lines[index]), rng))
    path.write_text("\n".join(lines))


def _safetensors(path: Path, _, rng: random.Random) -> None:
    """The header's document changed, or a document within it."""
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    about = header.get("__metadata__", {})
    if about and rng.random() < 0.7:
        key = rng.choice(list(about))
        try:
            about[key] = json.dumps(tree_of(json.loads(about[key]), rng))
        except ValueError:
            about[key] = str(rng.choice(VALUES))
    else:
        header = tree_of(header, rng)
    new = json.dumps(header).encode()
    path.write_bytes(len(new).to_bytes(8, "little") + new + content[8 + length :])


def _table(path: Path, _, rng: random.Random) -> None:
    """A cell, a line or the encoding of a table of text."""
    lines = path.read_text().split("\n")
    index = rng.choice((0, rng.randrange(len(lines))))
    cells = lines[index].split(",")
    kind = rng.randrange(5)
    if kind < 3:
        cells[rng.randrange(len(cells))] = rng.choice(CELLS)
        lines[index] = ",".join(cells)
    elif kind == 3:
        lines.insert(index, rng.choice((lines[index], ",".join(cells[:-1]), ",".join([*cells, "1"]), "", "# x")))
    else:
        lines = lines[:1]
    path.write_bytes("\n".join(lines).encode(rng.choice(("utf-8", "utf-8", "utf-16", "latin-1")), "replace"))


def _array(like: np.ndarray, rng: random.Random) -> np.ndarray:
    """An array of another shape, type or content."""
    n = like.shape[0] if like.shape else ROWS
    makers: tuple[Callable[[], np.ndarray], ...] = (
        lambda: np.zeros(0),
        lambda: np.array(5.0),
        lambda: np.full(n, np.nan),
        lambda: np.full(like.shape, np.inf),
        lambda: np.full(like.shape, -99.0),
        lambda: np.zeros(n + 1),
        lambda: np.zeros((n, 0)),
        lambda: np.zeros((n, 2, 2)),
        lambda: np.array([b"text"] * n),
        lambda: np.zeros(n, complex),
        lambda: np.ones(n, bool),
        lambda: np.full(n, 2**63, np.uint64),
        lambda: np.zeros(n, [("a", "f4"), ("b", "S3")]),
        lambda: np.repeat(like, 2, axis=0) if like.shape else like,
        lambda: np.asfortranarray(like),
        lambda: like.astype(">f8") if like.dtype.kind in "fiu" else like,
        lambda: like[::-1] if like.shape else like,
    )
    return rng.choice(makers)()


def _hdf5(path: Path, _, rng: random.Random) -> None:
    """A dataset or an attribute replaced, or dropped."""
    with h5py.File(path, "r+") as file:
        names: list[str] = []
        file.visit(names.append)
        name = rng.choice(names)
        item = file[name]
        kind = rng.randrange(6)
        if kind == 0 and item.attrs:
            item.attrs[rng.choice(list(item.attrs))] = rng.choice((0, -1, "x", np.nan, [1, 2], b"\xff", 2**62))
        elif kind == 1 and file.attrs:
            file.attrs[rng.choice(list(file.attrs))] = rng.choice((0, -1, "x", np.nan, [1, 2], b"\xff", 2**62))
        elif kind == 2:
            del file[name]
        elif isinstance(item, h5py.Dataset):
            values = np.asarray(item[()])
            del file[name]
            _replaced(file, name, values, rng)


def _replaced(file: h5py.File, name: str, values: np.ndarray, rng: random.Random) -> None:
    kind = rng.randrange(5)
    if kind == 0:
        file.create_dataset(name, (10**9, 10), "f8", chunks=(1000, 10))
    elif kind == 1:
        file.create_dataset(name, data=["a", "bc"] * 24, dtype=h5py.string_dtype())
    elif kind == 2:
        file[name] = h5py.SoftLink("/nowhere") if rng.random() < 0.5 else h5py.ExternalLink("other.h5", "/x")
    else:
        file.create_dataset(name, data=_array(values, rng))


def _npz(path: Path, _, rng: random.Random) -> None:
    """An array replaced; or its header alone, which then claims another."""
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files if file[name].nbytes < 1 << 20}
    name = rng.choice(list(arrays))
    arrays[name] = _array(arrays[name], rng)
    with zipfile.ZipFile(path, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as file:
        for key, values in arrays.items():
            member = io.BytesIO()
            np.save(member, values)
            content = member.getvalue()
            if key == name and rng.random() < 0.5:
                content = content.replace(b"'shape': (", b"'shape': (9999999", 1)
            file.writestr(f"{key}.npy", content)


def _npy(path: Path, _, rng: random.Random) -> None:
    np.save(path, _array(np.load(path), rng))


def _fits(path: Path, _, rng: random.Random) -> None:
    """The value of a card replaced, or the card dropped."""
    content = bytearray(path.read_bytes())
    cards = [at for at in range(0, min(len(content), 60_000), 80) if content[at + 8 : at + 10] == b"= "]
    at = rng.choice(cards)
    value = rng.choice(("0", "-1", "7", "T", "'x'", "1E999", "99999999999", "", "'1048576E'", "NaN", "é"))
    content[at + 10 : at + 80] = value.rjust(20).ljust(70).encode("latin-1")
    path.write_bytes(content)


def _parquet(path: Path, _, rng: random.Random) -> None:
    table = pd.read_parquet(path)
    name = rng.choice(list(table))
    n = len(table)
    values = (["x"] * n, [None] * n, [[1, 2]] * n, [np.inf] * n, [True] * n, [{"a": 1}] * n, pd.to_datetime([0] * n))
    table[name] = rng.choice(values)
    table.to_parquet(path)


FORMATS: dict[str, Callable[..., None]] = {
    ".yaml": _yaml,
    ".json": _json,
    ".jsonl": _json_lines,
    ".safetensors": _safetensors,
    **dict.fromkeys((".csv", ".txt", ".ecsv", ".vot"), _table),
    **dict.fromkeys((".h5", ".hdf5"), _hdf5),
    ".npz": _npz,
    ".npy": _npy,
    ".fits": _fits,
    ".parquet": _parquet,
}
