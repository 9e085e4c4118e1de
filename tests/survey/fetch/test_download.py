"""One file from a server that drops, stalls, lies and changes its mind."""

import gzip
from hashlib import sha256, sha512

import numpy as np
import pytest

from slipher.errors import InputError
from slipher.survey.fetch import download as module
from slipher.survey.fetch.addresses import Remote
from slipher.survey.fetch.download import download
from slipher.survey.fetch.line import Line, StoppedError
from slipher.survey.fetch.partial import Partial, part_path

NAME = "0266/spec-0266-51602-0001.fits"
WORK = "work"


@pytest.fixture
def body(act):
    return act.fits_bytes()


@pytest.fixture
def get(server, act, tmp_path, body):
    """Fetch the file while the server does this and that; give what became of it."""
    server.files[f"/{NAME}"] = body

    def call(*script, sleep=None, patience=act.QUICK, folder=tmp_path, **about):
        server.script[f"/{NAME}"] = list(script)
        with Line(1, patience, sleep) as line:
            work = tmp_path / WORK
            work.mkdir(exist_ok=True)
            return download(Remote(NAME, f"{server.base}/{NAME}", "fits", **about), folder, work, line, lambda _: None)

    return call


def begun(folder):
    """What has arrived of the file."""
    (folder / WORK).mkdir()
    return Partial(part_path(folder / WORK, NAME))


def left(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_good_file_arrives_once(get, server, tmp_path, body):
    entry = get()
    assert (entry.status, entry.size, entry.attempts, entry.error) == ("good", len(body), 1, None)
    assert entry.sha256 == sha256(body).hexdigest()
    assert (tmp_path / NAME).read_bytes() == body
    assert server.sent(f"/{NAME}") == len(body)
    assert left(tmp_path) == [NAME]


def test_a_dropped_connection_continues_where_it_ended(get, server, act, tmp_path, body):
    entry = get(act.serve(cut=5000), act.serve(cut=3000))
    assert (entry.status, entry.attempts) == ("good", 3)
    assert [each.range for each in server.log] == [None, "bytes=5000-", "bytes=8000-"]
    assert [each.condition for each in server.log] == [None, act.tag(body), act.tag(body)]
    assert server.sent(f"/{NAME}") == len(body)
    assert (tmp_path / NAME).read_bytes() == body


def test_a_stall_is_a_drop(get, server, act, body):
    entry = get(act.serve(cut=5000, stall=True))
    assert (entry.status, entry.attempts, server.sent(f"/{NAME}")) == ("good", 2, len(body))


def test_without_ranges_it_starts_over(get, server, act, tmp_path, body):
    entry = get(act.serve(ranges=False, cut=5000), act.serve(ranges=False))
    assert (entry.status, entry.attempts) == ("good", 2)
    assert server.sent(f"/{NAME}") == 5000 + len(body)
    assert (tmp_path / NAME).read_bytes() == body


def test_without_validators_the_length_must_agree(get, server, act, tmp_path, body):
    entry = get(act.serve(tags=False, cut=5000), act.serve(tags=False))
    assert (entry.status, server.sent(f"/{NAME}")) == ("good", len(body))
    other = act.fits_bytes(1, rows=1000)
    (tmp_path / NAME).unlink()
    get(act.serve(tags=False, cut=5000), act.serve(tags=False, other=other), act.serve(tags=False, other=other))
    assert (tmp_path / NAME).read_bytes() == other


def test_a_file_that_changes_meanwhile_starts_over(get, server, act, tmp_path):
    newer = act.fits_bytes(seed=1)
    entry = get(act.serve(cut=5000), act.serve(other=newer))
    assert entry.sha256 == sha256(newer).hexdigest()
    assert (tmp_path / NAME).read_bytes() == newer
    assert server.sent(f"/{NAME}") == 5000 + len(newer)


@pytest.mark.parametrize("cut", [0, 1, 2880, 5761])
def test_any_place_to_drop(get, server, act, tmp_path, body, cut):
    assert get(act.serve(cut=cut)).status == "good"
    assert server.sent(f"/{NAME}") == len(body)
    assert (tmp_path / NAME).read_bytes() == body


def test_too_large_a_length(get, act, tmp_path, body):
    """The server promises bytes that it has not."""
    assert get(act.claim(2880)).status == "good"
    assert (tmp_path / NAME).read_bytes() == body
    entry = get(*[act.claim(2880)] * 9)
    assert entry.status == "failed"
    assert f"after {len(body):,} of {len(body) + 2880:,} bytes" in entry.error


def test_too_small_a_length(get, act, tmp_path, body):
    """The server ends too early, and says so: only the file itself tells."""
    entry = get(*[act.claim(-2880)] * 9)
    assert (entry.status, entry.attempts) == ("bad", 2)
    assert f"{len(body) - 2880:,} bytes, but {len(body):,}" in entry.error
    assert left(tmp_path) == []


def test_a_web_page_is_no_file(get, act, tmp_path):
    page = act.claim(0, b"<!DOCTYPE html><html><body>Sign in to the network</body></html>", Content_Type="text/html")
    entry = get(page, page)
    assert (entry.status, entry.attempts, entry.error) == ("bad", 2, "it is a web page, not fits")
    assert left(tmp_path) == []
    assert get(page).status == "good"


def test_a_flipped_bit_by_its_digest(get, server, act, tmp_path, body):
    flipped = bytearray(body)
    flipped[7000] ^= 1
    known = f"sha256:{sha256(body).hexdigest()}"
    entry = get(*[act.claim(0, bytes(flipped))] * 2, digest=known)
    assert (entry.status, entry.error) == ("bad", "its sha256 digest is not the one that is known")
    assert left(tmp_path) == []
    assert get(act.claim(0, bytes(flipped)), digest=f"sha512:{sha512(body).hexdigest()}").status == "good"
    assert server.asked(f"/{NAME}")[-2].range is None


def test_a_flipped_bit_in_a_header(get, act, body):
    flipped = bytearray(body)
    flipped[80 * 3 + 5] ^= 0x80
    assert get(*[act.claim(0, bytes(flipped))] * 2).status == "bad"


def test_another_size_than_published(get, body):
    entry = get(size=len(body) + 1)
    assert (entry.status, entry.error) == (
        "bad", f"the server has {len(body):,} bytes of it, not {len(body) + 1:,}"
    )  # fmt: skip


@pytest.mark.parametrize(("code", "word"), [(404, "missing"), (410, "missing"), (403, "refused"), (451, "refused")])
def test_what_is_not_there_is_asked_for_once(get, server, act, tmp_path, code, word):
    entry = get(act.status(code))
    assert (entry.status, entry.attempts, entry.error) == (word, 1, f"HTTP status {code}")
    assert len(server.log) == 1
    assert left(tmp_path) == []


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504, 408])
def test_what_passes_is_tried_again(get, server, act, code):
    assert get(act.status(code), act.status(code)).attempts == 3
    assert len(server.log) == 3


def test_it_gives_up(get, server, act, tmp_path, body):
    entry = get(*[act.serve(cut=700)] * 3)
    assert (entry.status, entry.attempts, len(server.log)) == ("failed", 3, 3)
    assert entry.error == f"the connection ended after 2,100 of {len(body):,} bytes"
    assert part_path(tmp_path / WORK, NAME).stat().st_size == 2100
    assert get().status == "good"
    assert server.sent(f"/{NAME}") == len(body)


def test_new_bytes_renew_its_patience(get, server, act, monkeypatch):
    monkeypatch.setattr("slipher.survey.fetch.persist.GAIN", 500)
    assert get(*[act.serve(cut=700)] * 12).attempts == 13


def test_retry_after_in_seconds_is_honoured(get, server, act):
    assert get(act.status(429, Retry_After="1")).status == "good"
    first, second = server.log
    assert second.time - first.time >= 1


def test_retry_after_as_a_date_is_honoured(get, server, act, monkeypatch):
    monkeypatch.setattr("time.time", lambda: 1_700_000_000.0)
    pauses, now = [], [0.0]

    def sleep(seconds):
        pauses.append(seconds)
        now[0] += seconds
        return False

    monkeypatch.setattr("slipher.survey.fetch.line.time.monotonic", lambda: now[0])
    patience = act.Patience(attempts=3, obedience=900)
    assert (
        get(act.status(503, Retry_After="Tue, 14 Nov 2023 22:13:50 GMT"), sleep=sleep, patience=patience).status
        == "good"
    )
    assert pauses == [30.0]


def test_back_off_grows_with_jitter(get, act):
    pauses = []
    patience = act.Patience(attempts=6, first=1, longest=5)
    get(*[act.status(500)] * 6, sleep=lambda seconds: pauses.append(seconds) or False, patience=patience)
    assert len(pauses) == 5
    for pause, most in zip(pauses, [1, 2, 4, 5, 5], strict=True):
        assert most / 2 <= pause <= most
    assert len(set(pauses)) == 5


def test_illegible_retry_after_is_none(get, act):
    assert get(act.status(429, Retry_After="soon")).status == "good"


def test_too_long_a_pause_ends_the_run(get, server, act):
    with pytest.raises(StoppedError):
        get(act.status(503, Retry_After="3600"))
    assert len(server.log) == 1


def test_redirects_are_followed(get, server, act, tmp_path, body):
    server.files["/elsewhere"] = body
    move = act.status(302, Location="/elsewhere")
    server.script["/elsewhere"] = [act.serve(cut=5000)]
    assert get(move, move).status == "good"
    assert (tmp_path / NAME).read_bytes() == body
    assert server.asked("/elsewhere")[1].range == "bytes=5000-"


def test_going_round_in_circles(get, act):
    entry = get(*[act.status(302, Location=f"/{NAME}")] * 40)
    assert (entry.status, entry.attempts) == ("refused", 1)


def test_compressed_on_the_way(get, act, tmp_path):
    assert get(act.claim(0, b"compressed", Content_Encoding="gzip")).status == "good"


def test_a_killed_run_continues(get, server, tmp_path, act, body):
    """What a run leaves that was killed: bytes and their note, and no more."""
    partial = begun(tmp_path)
    partial.begin(module.Origin(f"{server.base}/{NAME}", act.tag(body), len(body)))
    with partial.growing() as stream:
        partial.add(stream, body[:4321])
    assert get().status == "good"
    assert [each.range for each in server.log] == ["bytes=4321-"]
    assert (tmp_path / NAME).read_bytes() == body


def test_killed_before_the_name_was_given(get, server, tmp_path, act, body):
    partial = begun(tmp_path)
    partial.begin(module.Origin(f"{server.base}/{NAME}", act.tag(body), len(body)))
    with partial.growing() as stream:
        partial.add(stream, body)
    entry = get()
    assert (entry.status, entry.sha256) == ("good", sha256(body).hexdigest())
    assert server.log == []


def test_a_damaged_part_starts_over(get, server, tmp_path, act, body):
    partial = begun(tmp_path)
    partial.begin(module.Origin(f"{server.base}/{NAME}", act.tag(body), len(body)))
    with partial.growing() as stream:
        partial.add(stream, bytes(4000))
    assert get().status == "good"
    assert (tmp_path / NAME).read_bytes() == body


def test_a_part_without_its_note_is_nothing(get, server, tmp_path):
    begun(tmp_path).path.write_bytes(b"whatever")
    assert get().status == "good"
    assert [each.range for each in server.log] == [None]
    assert left(tmp_path) == [NAME]


def test_a_part_of_more_than_there_is(get, server, tmp_path, act, body):
    partial = begun(tmp_path)
    partial.begin(module.Origin("elsewhere", act.tag(body), 10**6))
    with partial.growing() as stream:
        partial.add(stream, np.random.default_rng(0).bytes(len(body) + 5))
    assert get().status == "good"
    assert (tmp_path / NAME).read_bytes() == body


def test_a_full_disk(get, monkeypatch):
    class Usage:
        free = 100

    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: Usage)
    with pytest.raises(InputError, match="bytes are still to come; make room"):
        get()


def test_a_folder_of_another_place(get, server, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "0266").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="0266 is a link or no folder"):
        get()
    assert (left(tmp_path), server.log) == ([], [])


def test_what_comes_to_lie_there_meanwhile_stays(get, act, tmp_path, body):
    def meanwhile(handler, body):
        (tmp_path / NAME).parent.mkdir()
        (tmp_path / NAME).write_text("the user's own")
        act.serve()(handler, body)

    with pytest.raises(InputError, match="written by somebody else meanwhile"):
        get(meanwhile)
    assert (tmp_path / NAME).read_text() == "the user's own"


def test_a_link_in_the_place_of_a_part_is_not_followed(get, tmp_path, body):
    (tmp_path / "mine").write_text("the user's own")
    part = begun(tmp_path).path
    part.symlink_to(tmp_path / "mine")
    assert get().status == "good"
    assert (tmp_path / "mine").read_text() == "the user's own"
    assert not (tmp_path / NAME).is_symlink()


def test_files_are_readable_as_others_are(get, tmp_path):
    get()
    (tmp_path / "plain").touch()
    assert (tmp_path / NAME).stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("tags", [True, False])
def test_only_what_can_be_continued_is_kept(get, act, tmp_path, tags):
    head = "HTTP/1.1 200 OK\r\n" + ('ETag: "a"\r\n' if tags else "") + "Transfer-Encoding: chunked\r\n\r\n"
    broken = act.say(head.encode(), b"3e8\r\n" + bytes(1000) + b"\r\nzz")
    assert get(*[broken] * 9).status == "failed"
    assert len(left(tmp_path)) == (2 if tags else 0)


def test_a_folder_that_cannot_be_written(get, tmp_path):
    (tmp_path / "0266").write_text("a file")
    with pytest.raises(InputError, match="0266 is a link or no folder"):
        get()


MOST = 100_000


def endless(act, *headers):
    head = "\r\n".join(["HTTP/1.1 200 OK", 'ETag: "a"', *headers, "", ""]).encode()
    return act.then(act.say(head), act.say(bytes(1 << 16), again=True))


def test_a_file_without_end(get, server, act, tmp_path):
    entry = get(*[endless(act)] * 9, most=MOST)
    assert (entry.status, entry.attempts) == ("bad", 1)
    assert f"but such a file has at most {MOST:,}" in entry.error
    assert server.sent(f"/{NAME}") < 100 * MOST
    assert left(tmp_path) == []


def test_a_file_without_end_in_chunks(get, act, tmp_path):
    chunk = b"10000\r\n" + bytes(0x10000) + b"\r\n"
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    entry = get(*[act.then(act.say(head), act.say(chunk, again=True))] * 9, most=MOST)
    assert (entry.status, entry.attempts) == ("bad", 1)
    assert left(tmp_path) == []


def test_a_length_beyond_all_bounds_is_not_waited_for(get, server, act, tmp_path):
    entry = get(act.claim(10**12), most=MOST)
    assert (entry.status, entry.attempts) == ("bad", 1)
    assert "1,000,000,0" in entry.error
    assert left(tmp_path) == []


def test_more_than_is_published(get, act, body, tmp_path):
    entry = get(*[endless(act)] * 9, size=len(body))
    assert (entry.status, entry.attempts) == ("bad", 1)
    assert entry.error.endswith(f"of it, not {len(body):,}")
    assert left(tmp_path) == []


def test_an_end_that_does_not_come_after_a_break(get, server, act, body, tmp_path):
    """A part, and then an answer to a range that goes on for ever."""
    ranged = [f"Content-Range: bytes 5000-{len(body) - 1}/{len(body)}", f"ETag: {act.tag(body)}"]
    head = "\r\n".join(["HTTP/1.1 206 Partial", *ranged, "", ""]).encode()
    flood = act.then(act.say(head), act.say(bytes(1 << 16), again=True))
    entry = get(act.serve(cut=5000), *[flood] * 9, most=MOST)
    assert (entry.status, entry.attempts) == ("bad", 2)
    assert left(tmp_path) == []


@pytest.mark.parametrize("packing", ["gzip", "deflate", "br", "zstd", "gzip, gzip", "GZIP"])
def test_packed_files_are_not_unpacked(get, act, tmp_path, packing):
    entry = get(*[act.claim(0, gzip.compress(bytes(1 << 20)), Content_Encoding=packing)] * 9)
    assert (entry.status, entry.error) == ("failed", "the server sends it compressed, though asked not to")
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    "ranged",
    ["bytes 0-9/20", "bytes 5001-11519/11520", "bytes 4999-11519/11520", "bytes 5000-11519/*", "bytes */11520", "x",
     "bytes 5000-11519/99999", f"bytes 5000-11519/{'9' * 5000}", "bytes -5-3/11520", "items 5000-11519/11520"],
)  # fmt: skip
def test_another_range_than_asked_for_starts_over(get, server, act, body, tmp_path, ranged):
    head = f"HTTP/1.1 206 Partial\r\nETag: {act.tag(body)}\r\nContent-Range: {ranged}\r\n\r\n".encode()
    entry = get(act.serve(cut=5000), act.say(head, body[5000:]))
    assert (entry.status, entry.attempts) == ("good", 3)
    assert server.log[2].range is None
    assert (tmp_path / NAME).read_bytes() == body


def test_another_tag_than_before_starts_over(get, server, act, body, tmp_path):
    head = f'HTTP/1.1 206 Partial\r\nETag: "other"\r\nContent-Range: bytes 5000-{len(body) - 1}/{len(body)}\r\n\r\n'
    assert get(act.serve(cut=5000), act.say(head.encode(), body[5000:])).status == "good"
    assert server.log[2].range is None
    assert (tmp_path / NAME).read_bytes() == body


def test_silence_is_paid_for_twice(get, server, act):
    """It has taken its time already: half as many are borne as of quick failures."""
    patience = act.Patience(attempts=6, stall=0.1, first=0.01, longest=0.01)
    assert get(*[act.serve(cut=700, stall=True)] * 9, patience=patience).attempts == 3
