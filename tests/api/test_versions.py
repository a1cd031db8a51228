"""Versions of jobs and scripts: what is submitted, shown and exported."""

import concurrent.futures
import sqlite3

import pytest

from harness import dlfd, job, node, script


def submit(client, name, text, status="SUBMITTED"):
    """Creates or updates the job, and submits it."""
    body = job(name, description=text, targetStatus=status,
               nodes=[node("n", "DWSSQL", {"scriptName": "etl"})])
    answer = client.put(f"/jobs/{name}", body)
    if answer.status == 400:
        answer = client.post("/jobs", body)
    assert answer.status == 204, answer


def submit_script(client, content, name="etl"):
    body = script(name, content=content, targetStatus="SUBMITTED")
    answer = client.put(f"/scripts/{name}", body)
    if answer.status == 400:
        answer = client.post("/scripts", body)
    assert answer.status == 204, answer


def description(client, query=""):
    return client.get("/jobs/j" + query).json["description"]


def submitted(client, names=("j",), **members):
    return client.export(list(names), exportStatus="SUBMIT", **members)


def test_what_is_only_saved_has_no_version(client):
    for body in (job("j"), job("k", targetStatus="SAVED")):
        assert client.post("/jobs", body).status == 204
    client.make_script("etl")
    for query in ("?version=1", "?getJobSubmitVersion=true"):
        answer = client.get("/jobs/j" + query)
        assert (answer.code, answer.detail) == ("DLF.0100", "version: not one that was submitted, and is kept")
    assert client.get("/scripts/etl?version=1").code == "DLF.6201"
    assert "version" not in client.get("/scripts/etl").json
    answer = submitted(client, ["j", "k"])
    assert (answer.code, answer.detail) == ("DLF.0100", "exportStatus: never submitted: j, k")


@pytest.mark.parametrize("status", ["SUBMITTED", "PRODUCTION"])
def test_a_submit_makes_a_version(client, status):
    submit(client, "j", "one", status)
    assert client.put("/jobs/j", job("j", description="two")).status == 204
    assert description(client) == description(client, "?getJobSubmitVersion=false") == "two"
    assert description(client, "?version=1") == description(client, "?getJobSubmitVersion=true") == "one"
    submit(client, "j", "three", status)
    assert description(client, "?version=1") == "one"
    assert description(client, "?version=2") == description(client, "?getJobSubmitVersion=true") == "three"
    assert client.get("/jobs/j?version=3").code == "DLF.0100"
    assert description(client, "?version=1&getJobSubmitVersion=true") == "one"
    assert client.get("/jobs/gone?version=1").code == "DLF.0100"
    assert "targetStatus" not in client.get("/jobs/j").json


def test_the_same_submitted_again_is_no_version(client):
    for _ in range(3):
        submit(client, "j", "one")
        submit_script(client, "select 1;")
    assert client.get("/jobs/j?version=2").code == "DLF.0100"
    assert client.get("/scripts/etl").json["version"] == 1
    client.put("/jobs/j", job("j", description="two"))
    submit(client, "j", "one")
    assert client.get("/jobs/j?version=2").code == "DLF.0100", "the latest is the same"
    submit(client, "j", "two")
    submit(client, "j", "one")
    assert description(client, "?version=3") == "one"


def test_scripts_show_their_version(client):
    submit_script(client, "select 1;")
    submit_script(client, "select 2;")
    assert client.put("/scripts/etl", {"content": "select 3;"}).status == 204
    shown = client.get("/scripts/etl").json
    assert (shown["content"], shown["version"]) == ("select 3;", 2)
    assert client.get("/scripts/etl?version=1").json["content"] == "select 1;"
    assert client.get("/scripts/etl?version=2").json["content"] == "select 2;"
    assert client.get("/scripts").json["scripts"][0]["version"] == 2
    v2 = client.request("GET", f"/v2/{client.project}/factory/scripts").json
    assert v2["scripts"][0]["version"] == 2


@pytest.mark.parametrize("version", ["0", "x", "-1", "1.5", ""])
def test_a_bad_version(client, version):
    client.make_script("etl")
    assert client.get(f"/scripts/etl?version={version}").code == "DLF.3051"


def test_an_export_of_what_was_submitted(client):
    submit_script(client, "select 1;")
    submit(client, "j", "one")
    first = submitted(client)
    assert first.body == client.export(["j"]).body
    assert client.put("/scripts/etl", {"content": "select 2;"}).status == 204
    assert client.put("/jobs/j", job("j", description="two")).status == 204
    assert submitted(client).body == first.body, "plain saves do not change it"
    link = f"/v1/{client.project}/jobs.zip?name=j&exportStatus=SUBMIT"
    by_link = client.request("GET", link)
    assert by_link.body == first.body and by_link.headers["ETag"] == first.headers["ETag"]
    assert client.request("GET", link, headers={"If-None-Match": first.headers["ETag"]}).status == 304
    submit_script(client, "select 3;")
    second = submitted(client)
    assert b"select 3;" in second.zip.read("jobs/j/etl.script") and second.body != first.body
    assert b"one" in second.zip.read("jobs/j/j.job")
    single = client.export_one("j", {"exportStatus": "SUBMIT"})
    assert single.zip.read("scripts/etl.script") == second.zip.read("jobs/j/etl.script")


def test_dependencies_that_were_never_submitted_are_missing(client):
    client.make_script("etl")
    submit(client, "j", "one")
    answer = submitted(client)
    assert answer.names == ["jobs/j/j.job"]
    assert answer.headers["X-Dlf-Missing-Depends"] == "1; script/etl@j"
    assert submitted(client, missingDepend="fail").code == "DLF.6201"
    assert client.export(["j"]).names == ["jobs/j/etl.script", "jobs/j/j.job"]


def test_kinds_without_versions_count_as_submitted(client):
    client.make_resource("lib")
    client.make_cdm_job("load")
    body = job("j", targetStatus="SUBMITTED", nodes=[
        node("a", "MRSSpark", {"resourcePath": "lib"}),
        node("b", "CDMJob", {"clusterName": "default", "jobName": "load"})])
    assert client.post("/jobs", body).status == 204
    assert sorted(submitted(client).names) == ["jobs/j/cdms/default/load.json", "jobs/j/j.job",
                                               "jobs/j/lib.resource"]


def test_unknown_jobs_count_before_those_never_submitted(client):
    client.make_job("saved")
    answer = submitted(client, ["saved", "gone"])
    assert answer.detail == "jobList: not held: gone"
    submit(client, "j", "one")
    assert submitted(client, ["j", "saved"]).detail == "exportStatus: never submitted: saved"


def test_a_hundred_versions_are_kept(client):
    for i in range(105):
        submit(client, "j", f"number {i + 1}")
    assert client.get("/jobs/j?version=5").code == "DLF.0100"
    assert description(client, "?version=6") == "number 6"
    assert description(client, "?version=105") == "number 105"


def blobs(server):
    """(in use, orphaned) of the store."""
    with sqlite3.connect(server.data / "catalog.db") as db:
        return db.execute("SELECT count(*) - count(orphaned_at), count(orphaned_at) FROM blob").fetchone()


def test_versions_go_with_their_object(start):
    server = start()
    client = server.client()
    for text in ("one", "two", "three"):
        submit(client, "j", text)
        submit_script(client, text)
    client.put("/jobs/j", job("j", description="saved"))
    assert blobs(server) == (7, 0)
    assert client.delete("/jobs/j").status == 204
    assert blobs(server) == (3, 4)
    submit(client, "j", "two")
    assert blobs(server) == (4, 3), "one is used again"
    assert description(client, "?version=1") == "two", "another job, another count"
    assert client.delete("/scripts/etl").status == 204
    assert blobs(server) == (1, 6)
    assert dlfd("admin", "check", "--data", server.data).returncode == 0


def test_a_deleted_workspace_leaves_no_versions(start):
    server = start()
    client = server.client()
    submit(client, "j", "one")
    other = dlfd("admin", "workspace", "create", "w", "--project", client.project,
                 "--data", server.data).stdout.strip()
    there = server.client(workspace=other)
    for text in ("one", "two"):
        submit(there, "j", text)
    assert blobs(server) == (2, 0)
    done = dlfd("admin", "workspace", "delete", "w", "--force", "--project", client.project,
                "--data", server.data)
    assert done.returncode == 0, done
    assert blobs(server) == (1, 1), "what the other one uses stays"
    done = dlfd("admin", "project", "delete", client.project, "--force", "--data", server.data)
    assert done.returncode == 0 and blobs(server) == (0, 2), done


def test_reindex_makes_versions_anew(start):
    server = start()
    client = server.client()
    submit_script(client, "select 1;")
    submit(client, "j", "one")
    client.put("/jobs/j", job("j", description="two"))
    before = submitted(client).body, client.get("/jobs/j?version=1").json
    server.stop()
    with sqlite3.connect(server.data / "catalog.db") as db:
        db.execute("DELETE FROM ref")
    db.close()
    done = dlfd("admin", "reindex", "--data", server.data)
    assert (done.returncode, done.stdout) == (0, "2 objects made anew, 0 of them with other bytes; 0 definitions kept as they are\n"), done
    client = start(data=server.data).client()
    assert (submitted(client).body, client.get("/jobs/j?version=1").json) == before


def test_a_version_shows_no_secret(client):
    secret = {"name": "password", "value": "S3cr3t-of-a-node", "value_is_sensitive": True}
    nodes = [node("a") | {"properties": [secret]}]
    assert client.post("/jobs", job("j", nodes=nodes, targetStatus="SUBMITTED")).status == 204
    client.put("/jobs/j", job("j", description="two"))
    for answer in (client.get("/jobs/j?version=1"), submitted(client)):
        assert answer.status == 200 and b"S3cr3t" not in answer.body


def test_submits_are_atomic_with_the_save(client):
    """Two at once: each version is whole, and numbered once."""
    submit(client, "j", "text")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: submit(client, "j", f"text {i}"), range(40)))
    texts = [description(client, f"?version={n}") for n in range(1, 42)
             if client.get(f"/jobs/j?version={n}").status == 200]
    assert description(client, "?getJobSubmitVersion=true") == texts[-1]
    assert len(texts) >= 30 and all(a != b for a, b in zip(texts, texts[1:]))
