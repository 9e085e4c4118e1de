"""What stands above the rows of a table of text: names, units, what parts the cells, and where the rows begin.

Known are csv of any separator, tables parted by spaces as SExtractor, EAZY, LePhare, BPZ, topcat and numpy write them,
ECSV, SkyServer's csv, VizieR's tsv and tables in frames. Lines that begin with # are comments, one of which may hold
the names; so are lines above the rows that begin with % or !, but for csv, where a name may.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import BufferedIOBase
from itertools import chain

from slipher.formats.cells import MISSING, as_floats
from slipher.formats.ecsv import HEAD, read_header

__all__ = ["Heading", "cells_of", "is_frame", "read_heading", "unboxed"]

SEPARATORS = ",;\t|"
"""What parts cells, likeliest first; if none does, spaces do."""
SUFFIXES = {".csv": ",;\t|", ".tsv": "\t;|,"}
"""Separators that a suffix promises; any, or spaces, in other files of text."""
COMMENTS = "#%!"
"""What comments above the rows begin with, where no suffix promises names."""
FRAME = re.compile(r"(?=.*(?:---|===))(?:\|[-=+:|]*\||[-=+:]*\+[-=+:]*)|\(\d+ rows?\)")
"""A line of a frame, as topcat, Markdown and psql draw them, and what psql writes below."""
UTF16 = (b"\xff\xfe", b"\xfe\xff")
LOOKED_AT = 3
"""Lines below the comments that tell names from rows."""

NUMBERED = re.compile(r"\s*(\d+)\s+(\S+)(?:\s.*?)?(?:\[([^][]*)\])?\s*")
"""SExtractor's ``  5 FLUX_AUTO   Flux within a Kron-like aperture   [count]``."""
PAIR = re.compile(r"(\S+)\s+(\d+)(?=[\s,]|$)")
"""LePhare's ``Z_BEST  2``."""
RULE, RULED = re.compile(r"[-=+ ]+"), 3
"""A line is drawn of these, in cells of which one is so long: one of VizieR may be as narrow as a missing value."""
PROSE = frozenset(
    [
        *("a", "an", "and", "are", "at", "by", "for", "from", "in"),
        *("is", "made", "of", "on", "or", "the", "this", "to", "was", "with"),
    ]
)
"""Words of sentences that no column is called."""
NAME = re.compile(r"[^\W\d][\w()\[\]/+-]*")
"""What a column is called: no ``$Rev:``, no ``1.0``."""
MARKED = re.compile(r".*[_\d].*|id|ra|dec|z|[ugrizy]|.*(?:mag|flux|err|redshift).*", re.IGNORECASE)
"""What little but a column is called."""


@dataclass(frozen=True)
class Heading:
    """How the rows of a file of text are to be read."""

    names: list[str]
    begin: int
    """Byte at which the rows begin."""
    line: int
    """Lines above the rows."""
    separator: str | None
    """None for spaces, in any number."""
    units: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    """Types that the file declares, as ECSV names them."""
    said: str | None = None
    """What a person should know about how the names were found."""
    boxed: bool = False
    """Whether rows stand between two ``|``."""


@dataclass(frozen=True)
class _Line:
    text: str
    number: int
    begin: int
    end: int


def read_heading(stream: BufferedIOBase, suffix: str) -> Heading:
    """The heading of a file of text, of which only the first lines are read.

    Args:
        stream: the file, from its first byte.
        suffix: what its name ends in, such as ``.csv``.

    Raises:
        ValueError: if there is none, or its content is not what its suffix promises.
    """
    if stream.read(2) in UTF16:
        raise ValueError("it is UTF-16: save the file as UTF-8")
    stream.seek(0)
    comments, lines = _top(stream, "#" if suffix in SUFFIXES else COMMENTS)
    declared = read_header([line.text for line in comments]) if comments and HEAD in comments[0].text else None
    if not lines:
        raise ValueError("it is empty; a first line of column names is needed")
    if declared is not None:
        separator = None if declared.separator == " " else declared.separator
        names = cells_of(lines[0].text, separator)
        return Heading(names, lines[0].end, lines[0].number, separator, declared.units, declared.types)
    if suffix == ".ecsv":
        raise ValueError("it has no header of ECSV: name it .csv or .txt")
    boxed = all(_is_boxed(line.text) for line in lines[:2])
    lines = [replace(line, text=unboxed(line.text)) for line in lines] if boxed else lines
    separator = "|" if boxed else _separator(lines, suffix)
    rows = [cells_of(line.text, separator) for line in lines]
    if all(len(cell) > 2 and cell[0] == cell[-1] == "'" for cell in rows[0]):
        raise ValueError("its cells are in single quotes: write them in double quotes, or in none")
    found = _named_in_comment(comments, lines, rows, separator) or _named_in_line(lines, rows, separator)
    return replace(found, boxed=boxed)


def cells_of(line: str, separator: str | None) -> list[str]:
    """The cells of one line, without the space around them."""
    if separator is None and '"' not in line:
        return line.split()
    line = line.strip() if separator is None else line
    cells = next(csv.reader([line], delimiter=separator or " ", skipinitialspace=True), [])
    return [cell.strip() for cell in cells]


def is_frame(line: str) -> bool:
    """Whether a line is part of a frame around a table whose cells are parted by ``|``."""
    return FRAME.fullmatch(line.strip()) is not None


def unboxed(line: str) -> str:
    """A line without the two ``|`` around it."""
    return line.strip().removeprefix("|").removesuffix("|")


def _is_boxed(line: str) -> bool:
    line = line.strip()
    return len(line) > 2 and line[0] == line[-1] == "|"


def _top(stream: BufferedIOBase, marks: str) -> tuple[list[_Line], list[_Line]]:
    """The comments that a file begins with, and the first lines below that are neither comments nor empty."""
    comments: list[_Line] = []
    lines: list[_Line] = []
    for line in _lines(stream):
        if line.text.lstrip().startswith(tuple(marks) if not lines else "#"):
            if not lines:
                comments.append(line)
        elif line.text.strip() and not is_frame(line.text):
            lines.append(line)
        if len(lines) == LOOKED_AT:
            break
    return comments, lines


def _lines(stream: BufferedIOBase) -> Iterator[_Line]:
    place = 0
    for number, raw in enumerate(stream, start=1):
        text = raw.decode("utf-8-sig" if number == 1 else "utf-8", errors="surrogateescape").strip("\r\n")
        yield _Line(text, number, place, place + len(raw))
        place += len(raw)


def _separator(lines: Sequence[_Line], suffix: str) -> str | None:
    """What parts the cells: what parts the first line, and the second one too."""
    promised = SUFFIXES.get(suffix, SEPARATORS)
    found = next((mark for mark in promised if all(mark in line.text for line in lines[:2])), None)
    if found is None and suffix in SUFFIXES:
        if len(lines[0].text.split()) > 1 and all(
            len(line.text.split()) == len(lines[0].text.split()) for line in lines
        ):
            raise ValueError(f"its cells are parted by spaces, which is no {suffix[1:]}: name it .txt")
        return promised[0]
    return found


def _named_in_line(lines: Sequence[_Line], rows: Sequence[list[str]], separator: str | None) -> Heading:
    """The heading whose names stand in the first line that is no comment; without any, columns are numbered."""
    if separator is None and _is_row(rows[0]):
        names = [f"col{number}" for number in range(1, len(rows[0]) + 1)]
        said = f"no line names its columns: they are called {names[0]} to {names[-1]}"
        return Heading(names, lines[0].begin, lines[0].number - 1, separator, said=said)
    names, last, units = rows[0], lines[0], {}
    if len(rows) > 1 and _is_rule(rows[1]):
        last = lines[1]
    elif len(rows) > 2 and _is_rule(rows[2]) and len(rows[1]) == len(names) and not _is_row(rows[1]):
        last, units = lines[2], {name: unit for name, unit in zip(names, rows[1], strict=True) if unit}
    return Heading(names, last.end, last.number, separator, units)


def _named_in_comment(
    comments: Sequence[_Line], lines: Sequence[_Line], rows: Sequence[list[str]], separator: str | None
) -> Heading | None:
    """The heading whose names stand in the comments, if the first line below is a row; None if they do not."""
    if not _is_row(rows[0]):
        return None
    count = len(rows[0])
    texts = [line.text.strip().lstrip(COMMENTS).strip() for line in comments]
    names, units = _numbered(texts, count)
    names = names or _paired(texts, count) or _in_one_line(texts, count, separator)
    if not names:
        return None
    return Heading(names, lines[0].begin, lines[0].number - 1, separator, units)


def _numbered(texts: Sequence[str], count: int) -> tuple[list[str], dict[str, str]]:
    """Names of columns with a number and a line each; a column that takes several numbers is told apart by _1, _2."""
    found = [match for match in map(NUMBERED.fullmatch, texts) if match]
    places = [int(match[1]) for match in found]
    if not places or places[0] != 1 or places != sorted(set(places)) or places[-1] > count:
        return [], {}
    names: list[str] = []
    units: dict[str, str] = {}
    for match, place, following in zip(found, places, [*places[1:], count + 1], strict=True):
        new = [match[2], *(f"{match[2]}_{more}" for more in range(1, following - place))]
        names += new
        units |= dict.fromkeys(new, match[3]) if match[3] else {}
    return names, units


def _paired(texts: Sequence[str], count: int) -> list[str]:
    """Names each followed by its number, over any number of lines."""
    names: list[str] = []
    for name, number in chain.from_iterable(PAIR.findall(text) for text in texts):
        if int(number) == len(names) + 1:
            names.append(name.strip(","))
    return names if len(names) == count else []


def _in_one_line(texts: Sequence[str], count: int, separator: str | None) -> list[str]:
    """The names of the comment that has as many as there are columns and looks most like them; of equals the last."""
    rows = [cells_of(text, separator) for text in reversed(texts)]
    fitting = [row for row in rows if len(row) == count == len(set(row)) and not _is_row(row)]
    return max(fitting, key=_likeness, default=[])


def _likeness(names: Sequence[str]) -> tuple[bool, int]:
    """How much words look like names of columns: whether all may be some, and how many can hardly be anything else."""
    possible = all(NAME.fullmatch(name) and name.lower() not in PROSE for name in names)
    return possible, sum(map(bool, map(MARKED.fullmatch, names)))


def _is_row(cells: Sequence[str]) -> bool:
    """Whether cells are those of a row, not names: one is a number."""
    return any(cell not in MISSING and as_floats([cell]) is not None for cell in cells)


def _is_rule(cells: Sequence[str]) -> bool:
    """Whether cells only draw a line."""
    return bool(cells) and all(map(RULE.fullmatch, cells)) and max(map(len, cells)) >= RULED
