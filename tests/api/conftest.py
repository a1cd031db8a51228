"""Fixtures: one shared server a test session, a fresh project a test."""

import pathlib
import sys
import uuid

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import Server  # noqa: E402


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The shared dlfd.  A test that needs options of its own uses `start`."""
    running = Server(tmp_path_factory.mktemp("data"))
    yield running
    status = running.stop()
    assert status == 0, running.log


@pytest.fixture
def client(server):
    """A client in a project that no other test has seen."""
    return server.client(project=uuid.uuid4().hex)


@pytest.fixture
def start(tmp_path):
    """start(*args): a dlfd of the test's own, stopped (with exit 0) after it."""
    running = []

    def launch(*args, data=None, **kw):
        one = Server(data or tmp_path / f"data{len(running)}", *args, **kw)
        running.append(one)
        return one

    yield launch
    for one in running:
        if one.process.poll() is None:
            assert one.stop() == 0, one.log
