"""A Girder server names the file of an item."""

import gzip
import json
from hashlib import sha512

import numpy as np
import pytest

from slipher.survey.fetch import fetch as many
from slipher.survey.fetch.addresses import Remote
from slipher.survey.fetch.fetch import fetch
from slipher.survey.fetch.girder import resolve
from slipher.survey.fetch.line import Line

ITEM = "/api/v1/item/60ef/download"


@pytest.fixture
def archive(server, tmp_path, monkeypatch):
    """As the source of Girder has it: an item ignores Range, its file honours it; no validators."""
    np.savez(tmp_path / "made.npz", cube=np.zeros((30, 8, 8, 5), "f4"))
    body = (tmp_path / "made.npz").read_bytes()
    listing = [{"_id": "77aa", "name": "sdss.npz", "size": len(body), "sha512": sha512(body).hexdigest()}]
    server.files |= {
        "/api/v1/item/60ef/files": json.dumps(listing).encode(), "/api/v1/file/77aa/download": body, ITEM: body
    }  # fmt: skip
    monkeypatch.setattr(many, "GIRDER", server.base)
    return Remote("sdss.npz", server.base + ITEM, "npz")


def test_the_file_of_an_item_resumes(archive, server, act, tmp_path):
    path = "/api/v1/file/77aa/download"
    server.script[path] = [act.serve(tags=False, cut=9000), act.serve(tags=False)]
    document = fetch([archive], tmp_path / "out", 1, act.QUICK)
    assert document["good"] == 1
    assert [each.range for each in server.asked(path)] == [None, "bytes=9000-"]
    assert server.sent(path) == len(server.files[path])
    assert not server.asked(ITEM)


def test_its_digest_is_checked(archive, server, act, tmp_path):
    server.files["/api/v1/file/77aa/download"] = bytes(len(server.files[ITEM]))
    assert fetch([archive], tmp_path / "out", 1, act.QUICK)["absent"] == {"bad": 1}


@pytest.mark.parametrize("answer", [b"[]", b"{}", b"<html>", b'[{"name": "a"}]', b'[{"_id": 1}, {"_id": 2}]'])
def test_another_answer_leaves_the_item(archive, server, act, answer):
    server.files["/api/v1/item/60ef/files"] = answer
    with Line(1, act.QUICK) as line:
        assert resolve(archive, line) == archive


def test_no_list_leaves_the_item(archive, server, act, tmp_path):
    del server.files["/api/v1/item/60ef/files"]
    assert fetch([archive], tmp_path / "out", 1, act.QUICK)["good"] == 1
    assert len(server.asked(ITEM)) == 1


def test_a_server_that_is_down_is_not_worked_around(archive, server, act, tmp_path):
    server.script["/api/v1/item/60ef/files"] = [act.status(503)] * 9
    document = fetch([archive], tmp_path / "out", 1, act.QUICK)
    assert document["absent"] == {"waiting": 1}
    assert document["stopped"].endswith("item/60ef/files: HTTP status 503")
    assert not server.asked(ITEM)


@pytest.mark.parametrize(
    "answer",
    [
        b"[" * 100_000,
        b'[{"_id": ' + b"[" * 100_000,
        b'[{"_id": "../../elsewhere", "size": 5}]',
        b'[{"_id": "a\\nHost: b", "size": 5}]',
        b'[{"_id": "", "size": 5}]',
        b'[{"_id": "a", "size": -5}]',
        b'[{"_id": "a", "size": 0}]',
        b'[{"_id": "a", "size": Infinity}]',
        b'[{"_id": "a", "size": 1e400}]',
        b'[{"_id": "a", "size": true}]',
        b'[{"_id": "a", "size": "5"}]',
        b'[{"_id": "a", "size": ' + b"9" * 5000 + b"}]",
        b'[{"_id": "a", "size": 5, "sha512": "abc"}]',
        b'[{"_id": "a", "size": 5, "sha512": {"a": 1}}]',
        b"\xff\xfe",
        gzip.compress(b"[]", mtime=0),
    ],
)
def test_hostile_lists_leave_the_item(archive, server, act, answer):
    server.files["/api/v1/item/60ef/files"] = answer
    with Line(1, act.QUICK) as line:
        assert resolve(archive, line) == archive


def test_a_list_without_end(archive, server, act):
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    server.script["/api/v1/item/60ef/files"] = [act.then(act.say(head), act.say(b"[" * 9999, again=True))]
    with Line(1, act.QUICK) as line:
        assert resolve(archive, line) == archive
