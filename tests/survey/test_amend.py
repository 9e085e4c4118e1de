"""A store with columns added is the old one and more, whole or as it was before."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from slipher.errors import InputError
from slipher.survey.amend import already_amended, amend, amending
from slipher.survey.check import check
from slipher.survey.schema import Column
from slipher.survey.store import open_store


def doubled(galaxies, payload):
    """The new column: twice the redshift, and what was read."""
    extra = np.zeros(len(galaxies)) if payload is None else np.asarray(payload)
    return {"catalogue/double": 2 * galaxies.redshift, "catalogue/extra": extra}


COLUMNS = {"catalogue/double": Column("float64"), "catalogue/extra": Column("float64")}


@pytest.fixture
def store(image_store, tmp_path):
    path = tmp_path / "store.h5"
    path.write_bytes(image_store.read_bytes())
    return path


def test_old_columns_stay_and_new_ones_come(store, image_store):
    assert amend(store, doubled, stamp=("doubled", "1"), columns=COLUMNS, read=lambda a, b: np.arange(a, b))
    before, after = open_store(image_store), open_store(store)
    assert after.catalogue == ("double", "extra")
    np.testing.assert_array_equal(after.column("catalogue/double"), 2 * before.redshift)
    np.testing.assert_array_equal(after.column("catalogue/extra"), np.arange(len(before)))
    for name in ("id", "redshift", "ebv", "split", "flux", "flux_error", "sky_sigma"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))
    np.testing.assert_array_equal(after.images(), before.images())
    np.testing.assert_array_equal(after.valid(), before.valid())
    np.testing.assert_array_equal(after.sources(), before.sources())
    assert after.pixel_scale == before.pixel_scale
    assert after.attributes["identity"] == before.attributes["identity"]
    assert after.fingerprint != before.fingerprint
    assert check(store)["ok"]


def test_the_same_again_does_nothing_and_another_stamp_replaces(store):
    assert amend(store, doubled, stamp=("doubled", "1"), columns=COLUMNS)
    first = store.read_bytes()
    assert already_amended(store, ("doubled", "1"))
    assert not amend(store, doubled, stamp=("doubled", "1"), columns=COLUMNS)
    assert store.read_bytes() == first
    assert amend(store, doubled, stamp=("doubled", "2"), columns=COLUMNS, read=lambda a, b: np.ones(b - a))
    assert open_store(store).column("catalogue/extra").min() == 1


def test_a_failure_leaves_the_store_as_it_was_and_the_next_run_goes_on(store):
    before = store.read_bytes()

    def broken(galaxies, payload):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        amend(store, broken, stamp=("doubled", "1"), columns=COLUMNS)
    assert store.read_bytes() == before
    assert amend(store, doubled, stamp=("doubled", "1"), columns=COLUMNS)
    assert [item.name for item in store.parent.glob(".*")] == []


def test_who_opened_the_old_store_does_not_read_the_new_one_by_its_places(store):
    unread = open_store(store)
    read = open_store(store)
    before = read.redshift
    amend(store, doubled, stamp=("doubled", "1"), columns=COLUMNS)
    with pytest.raises(InputError, match="was replaced while it was in use"):
        unread.redshift  # noqa: B018
    np.testing.assert_array_equal(read.column("redshift"), before)


def test_damage_is_not_given_a_new_checksum(store):
    offset = open_store(store)._place("photometry/flux").offset
    content = bytearray(store.read_bytes())
    content[offset + 5] ^= 1
    store.write_bytes(content)
    with pytest.raises(InputError, match="damaged in photometry/flux"):
        amend(store, doubled, stamp=("doubled", "1"), columns=COLUMNS)


def test_a_simulated_store_keeps_its_truth_and_fixed_text(tmp_path):
    from slipher.survey.schema import galaxy_schema
    from slipher.survey.store import truth
    from slipher.survey.writer import StoreWriter

    schema = galaxy_schema(
        3, ("r",), source="a test", id_dtype="S4", photometry=False, truth={"mass": Column("float32", (2,))}
    )
    path = tmp_path / "small.h5"
    columns = {
        "id": np.array([b"a", b"bc", b"defg"]),
        "redshift": np.array([0.1, np.nan, 0.3]),
        "ebv": np.zeros(3, np.float32),
        "split": np.zeros(3, np.uint8),
        "truth/mass": np.arange(6, dtype=np.float32).reshape(3, 2),
    }
    with StoreWriter(path, schema, "one") as writer:
        writer.write(0, columns)
        writer.finish()
    assert amend(path, doubled, stamp=("doubled", "1"), columns=COLUMNS)
    assert open_store(path).id.tolist() == ["a", "bc", "defg"]
    np.testing.assert_array_equal(truth(path)["mass"], columns["truth/mass"])


def test_a_link_leads_to_the_store(store, image_store, tmp_path):
    link = tmp_path / "link.h5"
    link.symlink_to(store)
    assert amend(link, doubled, stamp=("doubled", "1"), columns=COLUMNS)
    assert link.is_symlink()
    np.testing.assert_array_equal(open_store(store).column("catalogue/double"), 2 * open_store(image_store).redshift)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["link.h5", "store.h5"]


def test_nobodys_columns_are_lost(store):
    """Who comes while a store is being changed is refused; who comes later adds to what is there then."""

    def third(galaxies, payload):
        return {"catalogue/third": galaxies.redshift / 3}

    def second():
        amend(store, third, stamp=("third", "1"), columns={"catalogue/third": Column("float64")})

    with ThreadPoolExecutor(1) as other:
        with amending(store) as work:
            with pytest.raises(InputError, match=f"is being written by process {os.getpid()}"):
                other.submit(second).result()
            amend(store, doubled, stamp=("doubled", "1"), columns=COLUMNS, work=work)
        other.submit(second).result()
    assert open_store(store).catalogue == ("double", "extra", "third")
    assert [each.name for each in store.parent.iterdir()] == ["store.h5"]


def test_where_there_is_no_store_nothing_is_made(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        amend(tmp_path / "folder" / "s.h5", doubled, stamp=("doubled", "1"), columns=COLUMNS)
    assert not list(tmp_path.iterdir())
