"""Standard streams that are closed, full or without a reader."""

import os
import subprocess
import sys

import pytest

FULL = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")  # noqa: PTH110
PROGRAM = """
import sys
from slipher import cli
from slipher.progress import say, track
from slipher.verbs.answer import Answer

def verb(*, out: str) -> Answer:
    '''Work.

    Args:
        out: a file
    '''
    with open(out, "w") as file:
        for number in track(range(3), "working"):
            say("a message")
            file.write(str(number))
    return Answer("the answer", {"answer": "é"})

cli.VERBS["work"] = verb
cli.JSON.add("work")
sys.exit(cli.main(["work", *sys.argv[1:]]))
"""


def shell(redirections, out, *words, **environment):
    """Run the program above with its streams as a shell redirects them."""
    command = f'"$0" -c "$1" --out "$2" {" ".join(words)} {redirections}'
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command, sys.executable, PROGRAM, str(out)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )


@pytest.mark.parametrize("redirections", ["2>&-", "0<&- 2>&-", pytest.param("2>/dev/full", marks=FULL), "2> >(exit)"])
def test_the_work_is_done_where_nobody_hears_of_it(tmp_path, redirections):
    done = shell(redirections, tmp_path / "out")
    assert (done.returncode, done.stdout) == (0, "the answer\n")
    assert (tmp_path / "out").read_text() == "012"


@pytest.mark.parametrize(
    ("redirections", "why"),
    [(">&-", "is closed"), pytest.param(">/dev/full", "No space left on device", marks=FULL)],
)
def test_an_answer_that_is_lost_is_told(tmp_path, redirections, why):
    done = shell(redirections, tmp_path / "out")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("slipher work: standard output ")
    assert why in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert (tmp_path / "out").read_text() == "012"


def test_nothing_stands_open_at_all(tmp_path):
    assert shell(">&- 2>&- 0<&-", tmp_path / "out").returncode == 2
    assert (tmp_path / "out").read_text() == "012"


def test_a_reader_that_has_seen_enough(tmp_path):
    done = shell("2>/dev/null | true", tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "out").read_text() == "012"


def test_letters_that_standard_output_has_not(tmp_path):
    done = shell("2>/dev/null", tmp_path / "out", "--json", PYTHONIOENCODING="ascii")
    assert done.stdout == '{\n  "answer": "\\u00e9"\n}\n'
