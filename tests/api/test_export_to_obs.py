"""Exports with obsPath: the archive becomes an object, and the answer says where."""

import concurrent.futures
import os
import re

import pytest

from harness import dlfd, job, node, quote


@pytest.fixture(scope="module")
def held(tmp_path_factory):
    from harness import Server
    server = Server(tmp_path_factory.mktemp("obs"))
    done = dlfd("admin", "bucket", "create", "backup", "--data", server.data)
    assert done.returncode == 0, done
    client = server.client()
    client.make_script("etl", content="select 1;")
    for name in ("j", "k", "作业"):
        client.make_job(name, nodes=[node("a", "DWSSQL", {"scriptName": "etl"})])
    client.make_job("lacks", nodes=[node("a", "Shell", {"scriptName": "gone"})])
    yield client
    assert server.stop() == 0, server.log


def objects(client):
    folder = client.server.data / "obs/backup"
    return {str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file()}


def written(client, answer):
    """(the object's path in the bucket, its bytes) of an export that succeeded."""
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/json;charset=UTF-8", answer
    assert list(answer.json) == ["obsPath"]
    folder = answer.json["obsPath"].removeprefix("obs://backup/")
    one, = (client.server.data / "obs/backup" / folder).iterdir()
    return f"{folder}/{one.name}", one.read_bytes()


@pytest.mark.parametrize("path, folder", [
    ("obs://backup/jobs/", "jobs/"), ("obs://backup/jobs", "jobs/"), ("obs://backup", ""),
    ("obs://backup/", ""), ("obs://backup/a/作业 b+%/c//", "a/作业 b+%/c/")])
def test_a_batch(held, path, folder):
    direct = held.export(["j", "k"])
    answer = held.export(["j", "k"], obsPath=path)
    name, content = written(held, answer)
    assert re.fullmatch(re.escape(folder) + r"jobs_exported/\d{13}/jobs\.zip", name)
    assert content == direct.body
    assert answer.headers["X-Dlf-Export-Counts"] == direct.headers["X-Dlf-Export-Counts"]


@pytest.mark.parametrize("name", ["j", "作业"])
def test_one_job(held, name):
    answer = held.export_one(name, {"obsPath": "obs://backup/single/", "exportDepend": False})
    path, content = written(held, answer)
    assert re.fullmatch(rf"single/{name}_exported/\d{{13}}/{name}\.zip", path)
    assert content == held.export_one(name, {"exportDepend": False}).body


def test_what_is_missing_is_told(held):
    answer = held.export(["lacks"], obsPath="obs://backup/x")
    assert answer.headers["X-Dlf-Missing-Depends"] == "1; script/gone@lacks"
    answer = held.export(["lacks"], obsPath="obs://backup/x", missingDepend="fail")
    assert answer.code == "DLF.6201"


@pytest.mark.parametrize("path, code", [
    ("obs://", "DLF.0803"), ("s3://backup/x", "DLF.0803"), ("backup/x", "DLF.0803"), ("", "DLF.0803"),
    ("obs://backup/../x", "DLF.0803"), ("obs://backup/a//b", "DLF.0803"), ("obs://backup/./a", "DLF.0803"),
    ("obs://backup/" + "a" * 2000, "DLF.0803"), ("obs://backup/" + "a" * 300, "DLF.0803"),
    ("obs://nobody/x", "DLF.1242")])
def test_a_path_that_is_refused(held, path, code):
    before = objects(held)
    answer = held.export(["j"], obsPath=path)
    assert (answer.status, answer.code) == (400, code) and answer.detail.startswith("obsPath"), answer
    assert held.export_one("j", {"obsPath": path}).code == code
    assert held.export(["gone"], obsPath=path).code == code, "it counts before an unknown job"
    assert objects(held) == before


def test_what_fails_leaves_no_object(held):
    before = objects(held)
    answer = held.export(["j", "gone"], obsPath="obs://backup/x")
    assert (answer.code, answer.detail) == ("DLF.0100", "jobList: not held: gone")
    assert held.export(["j"], obsPath="obs://backup/x", exportStatus="SUBMIT").code == "DLF.0100"
    assert objects(held) == before


def test_where_nothing_can_be_written(held):
    (held.server.data / "obs/backup/file").write_bytes(b"in the way")
    before = objects(held)
    answer = held.export(["j"], obsPath="obs://backup/file")
    assert (answer.status, answer.code, answer.json["error_msg"]) == (
        400, "DLF.0815", "Fail to read OBS file."), answer
    assert answer.detail.startswith("obsPath: ") and objects(held) == before


def test_many_at_once_have_objects_of_their_own(held):
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: held.export(["j"], obsPath="obs://backup/many"), range(40)))
    paths = {answer.json["obsPath"] for answer in answers if answer.status == 200}
    assert len(paths) == sum(answer.status == 200 for answer in answers) >= 30
    body = held.export(["j"]).body
    for answer in answers:
        assert answer.status in (200, 503)
        if answer.status == 200:
            assert written(held, answer)[1] == body


def test_what_was_submitted(held):
    held.post("/jobs", job("s", description="submitted", targetStatus="SUBMITTED"))
    held.put("/jobs/s", job("s", description="saved"))
    _, content = written(held, held.export(["s"], obsPath="obs://backup/s", exportStatus="SUBMIT"))
    assert content == held.export(["s"], exportStatus="SUBMIT").body != held.export(["s"]).body


def test_a_large_archive(start):
    """Above what is made whole in memory, and in bounded memory."""
    server = start()
    dlfd("admin", "bucket", "create", "backup", "--data", server.data)
    client = server.client()
    client.make_script("big", content=os.urandom(2_000_000).hex())
    names = [f"j{i}" for i in range(30)]
    for name in names:
        client.make_job(name, nodes=[node("a", "DWSSQL", {"scriptName": "big"})])
    before = server.memory_kib()
    _, content = written(client, client.export(names, obsPath="obs://backup/big"))
    assert len(content) > 50_000_000 and server.memory_kib() - before < 32 * 1024
    assert content == client.export(names).body


def test_roles_and_quoting(held):
    assert held.export_one("k", {"obsPath": "obs://backup/" + quote("x y")}).status == 200
