"""Benchmarks without the cost of starting processes."""

import pytest

from slipher.bench.apart import Run, _timed


class Here:
    """What Apart does, in this process: starting one takes longer than what a test runs there."""

    def __init__(self, prepare, *args):
        self.function = prepare(*args)
        self.last = Run(0.0, 0, None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def __call__(self):
        self.last = _timed(self.function)
        return self.last


@pytest.fixture
def here(monkeypatch):
    """Has a module's processes run in this one."""
    return lambda module: monkeypatch.setattr(module, "Apart", Here)
