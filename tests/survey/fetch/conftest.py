"""A server for each test, past any proxy."""

import importlib.util
import sys
from pathlib import Path

import pytest

spec = importlib.util.spec_from_file_location("slipher_tests_serving", Path(__file__).with_name("serving.py"))
serving = sys.modules.setdefault(spec.name, importlib.util.module_from_spec(spec))
spec.loader.exec_module(serving)


@pytest.fixture(scope="session")
def act():
    """What a server can be told to do, and how little patience the tests have."""
    return serving


@pytest.fixture
def server(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving.running() as server:
        yield server
