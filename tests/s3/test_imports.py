"""Imports and check-file of objects that a service keeps, by a real dlfd with --obs-endpoint."""

import concurrent.futures
import os
import time
import uuid

import pytest

from archives import task_of
from harness import Client, node
from s3_server import Storage
from test_exports import (  # noqa: F401: fixtures
    FAILED, SLOW, client, gateway, object_of, refusal, shared, start, way)


@pytest.fixture
def elsewhere(client):
    """A client of the same server, in a project that has nothing yet."""
    return Client(client.server, project=uuid.uuid4().hex)


@pytest.fixture
def exported(client, way):
    """The path of an archive that was exported to the service."""
    path = object_of(client.export(["j", "作业"], obsPath="obs://backup/作业 a+b/100%/a%20b"))
    way.requests = []
    return path


def imported(client, path):
    """The task of an import, when it has ended."""
    return task_of(client, client.post("/jobs/import", {"path": path}))


def test_what_was_exported_is_imported(client, elsewhere, exported):
    assert [one["status"] for one in imported(elsewhere, exported)["subtasks"]] == ["SUCCESSFUL"] * 2
    assert elsewhere.export(["j", "作业"]).body == client.export(["j", "作业"]).body
    answer = elsewhere.post("/jobs/check-file", {"path": exported})
    assert answer.status == 200, answer


def test_a_large_archive(gateway, start, way):
    client = start(way.url)
    client.make_script("big", content=os.urandom(1_900_000).hex())
    names = [f"big{i}" for i in range(8)]
    for name in names:
        client.make_job(name, nodes=[node("a", "DWSSQL", {"scriptName": "big"})])
    path = object_of(client.export(names, obsPath="obs://backup/big"))
    other = Client(client.server, project="other")
    way.plan = ["pass", ("cut", 3_000_000), ("cut", 3_000_000)]  # HEAD; what is cut is read on
    assert imported(other, path)["status"] == "SUCCESSFUL"
    assert other.export(names).body == client.export(names).body


@pytest.mark.parametrize("fault", ["refuse", 503, ("cut", 0), ("cut", 100), ("cut", 600), SLOW])
def test_what_passes_is_tried_again(client, elsewhere, exported, way, fault):
    way.plan = [fault, "pass", fault]
    assert imported(elsewhere, exported)["status"] == "SUCCESSFUL"
    assert elsewhere.export(["j", "作业"]).body == client.export(["j", "作业"]).body


@pytest.mark.parametrize("path, code", [("obs://nobody/x.zip", "DLF.1242"), ("obs://backup/gone.zip", "DLF.0815"),
                                        ("obs://backup/../x", "DLF.0803")])
def test_what_is_not_there(elsewhere, path, code):
    for where in ("/jobs/import", "/jobs/check-file"):
        answer = elsewhere.post(where, {"path": path})
        assert (answer.status, answer.code) == (400, code) and answer.detail.startswith("path"), answer


def test_what_does_not_pass_is_told(elsewhere, exported, way):
    way.plan = [503] * 4
    answer = elsewhere.post("/jobs/import", {"path": exported})
    assert refusal(answer) == FAILED and answer.detail.startswith("path: ") and "503" in answer.detail, answer
    way.plan = ["pass"] + [503] * 4
    task = imported(elsewhere, exported)
    assert task["status"] == "FAILED" and "503" in str(task), task
    assert elsewhere.get("/jobs").json["total"] == 0
    assert imported(elsewhere, exported)["status"] == "SUCCESSFUL"


def test_a_wrong_key(gateway, way, start, exported):
    client = start(way.url, secret="wrongSecretKey/0123")
    for where in ("/jobs/import", "/jobs/check-file"):
        answer = client.post(where, {"path": exported})
        assert refusal(answer) == FAILED
        assert answer.detail == "path: obs://backup: the storage answered 403 SignatureDoesNotMatch", answer


def test_an_object_that_is_none(gateway, elsewhere, tmp_path):
    (tmp_path / "in").write_bytes(b"no archive")
    assert Storage(gateway.url)("put", "obs://backup/none.zip", tmp_path / "in")[0] == 0
    assert imported(elsewhere, "obs://backup/none.zip")["status"] == "FAILED"


def test_a_service_that_hangs_does_not_hold_up_a_stop(start, way, exported):
    client = start(way.url, timeout="1m")
    way.plan = ["pass"] + ["hang"] * 100
    task = client.post("/jobs/import", {"path": exported}).json["taskId"]
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        check = pool.submit(client.post, "/jobs/check-file", {"path": exported})
        while len(way.requests) < 3:
            time.sleep(0.01)
        started = time.monotonic()
        assert client.server.stop() == 0
        assert time.monotonic() - started < 35
        assert refusal(check.result()) == FAILED
    assert len(task) == 32
