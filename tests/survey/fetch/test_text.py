"""One sentence that says it all."""

import pytest

from slipher.survey.fetch.text import fetch_text


def document(good, errors, stopped=None, reachable=True):
    counts = {}
    for status in errors:
        counts[status] = counts.get(status, 0) + 1
    entries = [
        {
            "file": f"0266/{i}.fits",
            "address": f"https://sas.example/sas/dr17/0266/{i}.fits",
            "status": status,
            "error": "",
        }
        for i, status in enumerate(errors)
    ]
    return {
        "folder": "out dir", "manifest": "out dir/manifest.jsonl", "files": good + len(errors), "good": good, "fetched": 1,
        "bytes": 1_234_567, "reachable": reachable, "stopped": stopped, "absent": counts, "errors": entries,
    }  # fmt: skip


def test_all_there():
    assert fetch_text(document(1, [])).splitlines() == ["1 file, 1.2 MB, 1 of them new", "out dir"]


@pytest.mark.parametrize("count", [1, 3, 4, 2000])
def test_out_of_reach(count):
    text = fetch_text(document(0, ["waiting"] * count, "Name or service not known", False))
    assert text.startswith("sas.example cannot be reached (Name or service not known): ")
    assert f"{count:,} of {count:,} file" in text
    assert "https://sas.example/sas/dr17/0266/0.fits" in text
    assert "out dir/0266/0.fits" in text
    assert ("--cut-dirs=2 -P 'out dir' -i 'out dir/urls.txt'" in text) == (count > 3)
    assert text.count(". ") == 0


def test_some_absent():
    text = fetch_text(document(7, ["missing", "bad", "bad"]))
    assert "3 of 10 files are not in out dir (1 not on the server, 2 damaged, or something else" in text
    assert "out dir/manifest.jsonl says why for each" in text
    assert "0266/1.fits" in text
    assert "0266/0.fits" not in text


def test_nothing_more_to_fetch():
    assert fetch_text(document(7, ["missing"])).endswith("; there is nothing more to fetch.")


def test_ended_early():
    assert fetch_text(document(0, ["waiting"], "why")).startswith("the run ended early (why): 1 of 1 file is not in")
