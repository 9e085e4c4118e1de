"""The disk works while a file grows, and its errors are told."""

import os

import pytest

from slipher.survey import writeback
from slipher.survey.writeback import WriteBack


@pytest.fixture
def synced(monkeypatch):
    calls = []
    monkeypatch.setattr(os, "fsync", calls.append)
    monkeypatch.setattr(writeback, "EVERY", 100)
    return calls


def test_every_so_many_bytes(synced):
    back = WriteBack(7)
    for _ in range(5):
        back.wrote(60)
        if back._running is not None:
            back._running.result()
    assert synced == [7, 7]
    back.wait()
    assert synced == [7, 7, 7]
    back.close()


def test_errors_of_the_background_are_raised(monkeypatch, synced):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    back = WriteBack(7)
    back.wrote(100)
    monkeypatch.setattr(os, "fsync", synced.append)
    with pytest.raises(OSError, match="No space left"):
        back.wait()
    back.close()
