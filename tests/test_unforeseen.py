"""Errors that nobody foresaw."""

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from slipher import cli
from slipher.unforeseen import report
from slipher.verbs.answer import Answer


def raised(error):
    try:
        raise error
    except Exception as caught:
        return caught


@pytest.fixture
def reports(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def broken(what):
    def verb() -> Answer:
        """Fail."""
        return what()

    return verb


def test_one_sentence_and_a_report(reports, monkeypatch, capsys):
    monkeypatch.setitem(cli.VERBS, "list", broken(lambda: {}["a key\nof two lines"]))
    monkeypatch.setattr("slipher.unforeseen._users_own", lambda error: None)
    assert cli.main(["list"]) == 3
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    found = re.fullmatch(r"slipher list: something went wrong .*KeyError.* the report of it, (\S+)\.\n", said)
    text = Path(found[1]).read_text()
    assert "slipher list" in text
    assert "Traceback" in text
    assert "a key" in text


def test_debug_shows_where_it_came_from(reports, monkeypatch):
    monkeypatch.setitem(cli.VERBS, "list", broken(lambda: {}["key"]))
    with pytest.raises(KeyError):
        cli.main(["list", "--debug"])
    assert not list(reports.iterdir())


def test_where_no_report_can_be_written(monkeypatch):
    monkeypatch.setattr("slipher.unforeseen._users_own", lambda error: None)
    monkeypatch.setattr("tempfile.mkstemp", lambda *_: (_ for _ in ()).throw(OSError(errno.EROFS, "read only")))
    assert report(raised(ValueError("x")), ["list"]) == (
        3,
        "something went wrong that slipher did not foresee (ValueError: x); run the same with --debug, and tell the "
        "developers what it shows.",
    )


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "not enough memory"),
        (RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has"), "not enough memory"),
        (OSError(errno.ENOSPC, "No space left on device", "/d/f"), "/d/f: No space left on device"),
        (PermissionError(errno.EACCES, "Permission denied", "/d/f"), "/d/f: Permission denied"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory"), "No such file or directory; see to it"),
    ],
)
def test_what_is_the_users_to_mend(reports, monkeypatch, error, said):
    monkeypatch.setattr("slipher.unforeseen._users_own", lambda error: None)
    status, sentence = report(raised(error), [])
    assert status == 2
    assert said in sentence
    assert not list(reports.iterdir())


def test_memory_that_torch_lacks_is_the_users_to_mend(reports):
    torch = pytest.importorskip("torch")
    with pytest.raises(RuntimeError) as lacking:
        torch.empty(2**57)
    assert report(lacking.value, []) == report(MemoryError(), [])


def test_a_users_own_code_is_named(tmp_path):
    """File and line of a constraint that fails in the middle of a training."""
    file = tmp_path / "mine.py"
    file.write_text("def penalty():\n    return 1 / 0\n")
    scope = {}
    exec(compile(file.read_text(), str(file), "exec"), scope)
    try:
        scope["penalty"]()
    except ZeroDivisionError as error:
        status, sentence = report(error, [])
    assert status == 2
    assert sentence.startswith(f"{file}, line 2, raised ZeroDivisionError: division by zero; mend it")


def test_a_folder_that_is_gone(tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    program = (
        "import os, sys; from slipher.cli import main; os.rmdir(os.getcwd()); sys.exit(main(['study', '--dry-run']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=gone, capture_output=True, text=True, check=False, env=os.environ
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("slipher study: ")
    assert "is gone" in done.stderr or "No such file" in done.stderr
    assert done.stderr.count("\n") == 1


class MuteError(ValueError):
    """An error that cannot even be printed."""

    def __str__(self):
        raise RuntimeError("no words")


def test_an_error_that_cannot_say_what_it_is(reports):
    status, sentence = report(raised(MuteError()), [])
    assert status == 3
    assert "(MuteError, and RuntimeError while telling it)" in sentence


class PanicError(BaseException):
    """As libraries in Rust raise them."""


def test_an_error_that_is_no_exception(reports, monkeypatch, capsys):
    def panic():
        raise PanicError("index out of bounds")

    monkeypatch.setitem(cli.VERBS, "list", broken(panic))
    monkeypatch.setattr("slipher.unforeseen._users_own", lambda error: None)
    assert cli.main(["list"]) == 3
    assert "PanicError: index out of bounds" in capsys.readouterr().err


def test_a_report_that_finds_no_room_is_not_left_behind(reports, monkeypatch):
    monkeypatch.setattr("slipher.unforeseen._users_own", lambda error: None)
    monkeypatch.setattr("os.fdopen", lambda *_, **__: (_ for _ in ()).throw(OSError(errno.ENOSPC, "no room")))
    assert "run the same with --debug" in report(raised(ValueError("x")), [])[1]
    assert not list(reports.iterdir())


def test_a_library_that_speaks_of_the_system_in_its_own_words(monkeypatch):
    monkeypatch.setattr("slipher.unforeseen._users_own", lambda error: None)
    assert report(raised(OSError("Unable to open file")), []) == (
        2,
        "OSError: Unable to open file; see to it, and run the same again.",
    )


def test_a_link_to_itself_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("slipher.unforeseen._users_own", lambda error: None)
    status, sentence = report(RuntimeError(f"Symlink loop from {str(tmp_path / 'a.h5')!r}"), [])
    assert (status, sentence) == (2, f"{tmp_path / 'a.h5'} is a link to itself; remove it.")
