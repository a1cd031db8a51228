"""Import: what an archive holds becomes objects of a workspace; tasks, plans, check-file.

The round trip is test_round_trip.py's, archives that attack are test_hostile_archives.py's.
"""

import concurrent.futures
import contextlib
import json
import signal
import sqlite3
import time

import pytest

from archives import contents, import_archive, imported, plan_of, put_object, task_of, zipped
from harness import SANITIZED, audit_rows, cdm_job, dlfd, job, node, resource, script
from signer import admin, client_of, credentials, get_token

DWS = {"name": "dws_main", "type": "DWS", "description": "", "config": {
    "clusterName": "wh1", "userName": "etl", "password": "Secret_1", "sslEnable": False,
    "kmsKey": "k", "agentName": "cdm1"}}
WITHOUT = {**DWS, "config": {k: v for k, v in DWS["config"].items() if k != "password"}}


PATH = "obs://archives/x.zip"
BROKEN = ("job", {**job("broken"), "processType": "NONE"})


def archive(*objects, **cdms):
    """The archive of (suffix, body) pairs; of CDM jobs cluster=body."""
    files = [(f"{n}.{suffix}", json.dumps(body)) for n, (suffix, body) in enumerate(objects)]
    return zipped(files + [(f"cdms/{cluster}/{body['name']}.json", json.dumps({"jobs": [body]}))
                           for cluster, body in cdms.items()])


def shown(client, path):
    answer = client.get(path)
    assert answer.status == 200, answer
    return answer.json


def rows(plan):
    return {(one["kind"], one["name"]): one["action"] for one in plan["objects"]}


# ---- what there is of a name ----

def test_skip_keeps_what_is_held(client):
    client.make_script("etl", content="select 'mine';")
    task = imported(client, archive(("script", script("etl", content="select 'theirs';")),
                                    ("job", job("j"))))
    assert shown(client, "/scripts/etl")["content"] == "select 'mine';"
    assert [one["status"] for one in task["subtasks"]] == ["SUCCESSFUL"]
    assert shown(client, "/jobs/j")["name"] == "j"


def test_overwrite_replaces_the_definition_and_merges_nothing(client):
    client.make_job("j", description="old", kept="no", params=[{"name": "a", "value": "1"}])
    before = shown(client, "/jobs/j")
    imported(client, archive(("job", job("j", directory="/new"))), sameNamePolicy="OVERWRITE")
    after = shown(client, "/jobs/j")
    assert "kept" not in after and after["directory"] == "/new" and not after.get("params")
    assert after["id"] == before["id"] and after["createTime"] == before["createTime"]


def test_a_script_of_another_type_is_replaced(client):
    client.make_script("etl")
    imported(client, archive(("script", script("etl", type="Shell", content="ls"))),
             sameNamePolicy="OVERWRITE")
    assert shown(client, "/scripts/etl")["type"] == "Shell"


def test_resources_are_told_by_directory_and_name(client):
    data = archive(*[("resource", resource("pack", directory=one, desc=one)) for one in ("/a", "/b")])
    imported(client, data)
    found = shown(client, "/resources?limit=100")["resources"]
    assert sorted(one["directory"] for one in found) == ["/a", "/b"]


@pytest.mark.parametrize("members, status", [
    ({}, "FAILED"), ({"onError": "continue"}, "FAILED"), ({"sameNamePolicy": "OVERWRITE"}, "FAILED")])
def test_what_is_not_imported_is_left_to_the_sweep(start, members, status):
    server = start()
    client = server.client()
    client.make_script("held", content="select 1;")
    data = archive(("script", script("held", content="select 2;")), ("script", script("new")), BROKEN)
    assert import_archive(client, data, **members)["status"] == status
    assert server.stop() == 0
    with contextlib.closing(sqlite3.connect(server.data / "catalog.db")) as db:
        used, orphans = db.execute("SELECT (SELECT count(*) FROM object), count(*) FROM blob "
                                   "WHERE orphaned_at IS NOT NULL").fetchone()
        assert db.execute("SELECT count(*) FROM staged").fetchone() == (0,)
        assert db.execute("SELECT count(*) FROM blob").fetchone() == (used + orphans,)
        assert orphans == (1 if "onError" in members else 2)


@pytest.mark.parametrize("policy", ["SKIP", "OVERWRITE"])
def test_the_plan_is_what_happens(client, policy):
    client.make_script("held", content="select 1;")
    client.make_script("same", content="select 2;", currentDatabase="sales")
    data = archive(("script", script("held", content="select 3;")), ("script", script("new")),
                   ("script", script("same", content="select 2;", currentDatabase="sales")),
                   ("resource", resource("pack")), ("job", job("j")), default=cdm_job("load"))
    plan = plan_of(client, data, sameNamePolicy=policy)
    assert rows(plan) == {
        ("script", "held"): "skip" if policy == "SKIP" else "overwrite",
        ("script", "new"): "create", ("script", "same"): "same", ("resource", "pack"): "create",
        ("job", "j"): "create", ("cdm", "load"): "create"}
    assert sum(plan["counts"].values()) == 6 and plan["counts"]["create"] == 4
    imported(client, data, sameNamePolicy=policy)
    wanted = "select 1;" if policy == "SKIP" else "select 3;"
    assert shown(client, "/scripts/held")["content"] == wanted
    again = rows(plan_of(client, data, sameNamePolicy=policy))
    assert again.pop(("script", "held")) == ("skip" if policy == "SKIP" else "same")
    assert set(again.values()) == {"same"}


def dump(server):
    with contextlib.closing(sqlite3.connect(f"file:{server.data}/catalog.db?mode=ro", uri=True)) as db:
        text = "\n".join(db.iterdump())
    assert "'j'" in text
    return text


def test_a_dry_run_writes_nothing(start):
    server = start()
    client = server.client()
    client.make_job("j")
    data = archive(("job", job("j", directory="/b")), ("job", job("k")), ("script", script("s")),
                   c2=cdm_job("load"))
    put_object(server, data)
    before = dump(server)
    assert plan_of(client, data, sameNamePolicy="OVERWRITE")["counts"]["create"] == 3
    assert dump(server) == before


def test_an_export_that_is_remembered_is_not_the_one_before(client):
    """Of a job whose CDM job, which is of another workspace, and whose script change."""
    client.make_cdm_job("load")
    client.make_script("etl")
    client.make_job("j", nodes=[node("a", "CDMJob", {"clusterName": "default", "jobName": "load"}),
                                node("b", "Shell", {"scriptName": "etl"})])
    before = [client.export(["j"]).body for _ in range(2)]  # the second is remembered
    imported(client, archive(default=cdm_job("load", description="new")), sameNamePolicy="OVERWRITE")
    between = client.export(["j"])
    assert before[0] == before[1] != between.body
    assert b'"description": "new"' in between.zip.read("jobs/j/cdms/default/load.json")
    imported(client, archive(("script", script("etl", content="select 'new';"))), sameNamePolicy="OVERWRITE")
    assert b"select 'new';" in client.export(["j"]).zip.read("jobs/j/etl.script")


# ---- versions ----

@pytest.mark.parametrize("status, submitted", [
    (None, True), ("SUBMITTED", True), ("PRODUCTION", True), ("SAVED", False)])
def test_an_import_submits(client, status, submitted):
    data = archive(("job", job("j", nodes=[node("a", "Shell", {"scriptName": "etl"})])),
                   ("script", script("etl")))
    members = {"targetStatus": status} if status else {}
    imported(client, data, **members)
    answer = client.export(["j"], exportStatus="SUBMIT")
    assert answer.status == (200 if submitted else 400), answer
    assert ("version" in shown(client, "/scripts/etl")) == submitted
    imported(client, data, sameNamePolicy="OVERWRITE")
    assert shown(client, "/scripts/etl")["version"] == 1  # the same is no new version


# ---- what a task says of it ----

def test_a_task_counts_what_it_did(client):
    client.make_script("held", content="select 1;")
    data = zipped([("a.script", json.dumps(script("held", content="select 2;"))),
                   ("a.job", json.dumps(job("j"))), ("README.md", "x"), ("jobs.txt", "{")])
    task = imported(client, data)
    assert task["counts"] == {"create": 1, "overwrite": 0, "skip": 1, "same": 0, "error": 0}
    assert task["passedOver"] == 2 == plan_of(client, data)["passedOver"]
    task = imported(client, data, sameNamePolicy="OVERWRITE")
    assert task["counts"] == {"create": 0, "overwrite": 1, "skip": 0, "same": 1, "error": 0}
    task = import_archive(client, archive(("job", job("k")), BROKEN))
    assert task["counts"] == {"create": 0, "overwrite": 0, "skip": 0, "same": 0, "error": 1}


def test_what_macos_adds_is_passed_over(client):
    apple_double = b"\0\5\26\7\0\2\0\0Mac OS X        "
    data = zipped([("x/a.job", json.dumps(job("j"))), ("__MACOSX/x/._a.job", apple_double),
                   ("x/._a.job", apple_double), ("x/.DS_Store", ""), ("__MACOSX/._.job", json.dumps(job("._")))])
    assert imported(client, data)["passedOver"] == 3
    assert shown(client, "/jobs")["total"] == 2  # an object may have such a name
    answer = client.post("/jobs/check-file", {"path": put_object(client.server, data)})
    assert [one["name"] for one in answer.json["jobs"]] == ["._", "j"]


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"])
def test_a_byte_order_mark_is_told(client, mark):
    task = import_archive(client, zipped([("a.job", mark + json.dumps(job("j")).encode())]))
    assert task["message"] == ("nothing was imported: a.job: body: begins with a byte order mark: "
                               "save it as UTF-8 without one")


@pytest.mark.parametrize("member, meant", [
    ("dry_run", "dryRun"), ("dryrun", "dryRun"), ("DryRun", "dryRun"), ("samenamepolicy", "sameNamePolicy"),
    ("on-error", "onError"), ("Mapping", "mapping"), ("target_status", "targetStatus")])
def test_a_member_that_is_misspelt(client, member, meant):
    answer = client.post("/jobs/import", {"path": PATH, member: True})
    assert (answer.status, answer.code) == (400, "DLF.3051")
    assert answer.detail == f"{member}: {meant} expected"


# ---- what is changed on the way in ----

def test_parameters_of_all_and_of_one_job(client):
    params = [{"name": "day", "value": "1", "type": "constants"}, {"name": "other", "value": "2"},
              {"name": "empty"}]
    data = archive(("job", job("a", params=params)), ("job", job("b", params=params)))
    imported(client, data, params={"day": "all", "empty": "filled", "unknown": "x"},
             jobsParam=[{"name": "b", "params": {"day": "b's"}}, {"name": "not there"}])
    assert shown(client, "/jobs/a")["params"] == [
        {"name": "day", "value": "all", "type": "constants"},
        {"name": "other", "value": "2", "type": "variable"},
        {"name": "empty", "value": "filled", "type": "variable"}]
    assert [one["value"] for one in shown(client, "/jobs/b")["params"]] == ["b's", "2", "filled"]


@pytest.mark.parametrize("config", [
    {}, {"basicConfig": None}, {"basicConfig": {"owner": "o"}},
    {"basicConfig": {"executeUser": "x", "owner": "o"}}])
def test_the_user_that_executes(client, config):
    imported(client, archive(("job", job("j", **config))), executeUser="张三")
    found = shown(client, "/jobs/j")["basicConfig"]
    assert found["executeUser"] == "张三"
    assert found.get("owner") == (config.get("basicConfig") or {}).get("owner")


NODES = [node("sql", "DWS SQL", {"scriptName": "etl", "connectionName": "dev", "database": "db",
                                 "queueName": "q"}),
         node("el", "DWSSQL", {"scriptName": "etl", "connectionName": "${dev}", "database": "#{dev}"}),
         node("engine", "MRSHetuEngine", {"Data Warehouse": "dev", "Database": "db", "Queue": "q",
                                          "clusterName": "c"}),
         node("spark", "DLISpark", {"clusterName": "q", "jobName": "dev"}),
         node("mrs", "MRS Spark", {"clusterName": "c"}),
         node("cdm", "CDM Job", {"clusterName": "c, d", "jobName": "load"}),
         node("rest", "RestClient", {"agentName": "c", "url": "dev"}),
         node("dis", "DISStream", {"streamName": "s"})]
MAPPING = {"connections": {"dev": "prod"}, "databases": {"db": "db2"}, "queues": {"q": "q2"},
           "clusters": {"c": "c2"}, "streams": {"s": "s2"},
           "directories": {"/": "/all", "/a/b": "/deep"}}


def properties(client):
    return {one["name"]: {p["name"]: p["value"] for p in one["properties"]}
            for one in shown(client, "/jobs/j")["nodes"]}


def test_a_mapping_renames_what_is_elsewhere(client):
    imported(client, archive(
        ("job", job("j", nodes=NODES, directory="/a/b/c/")),
        ("script", script("etl", connectionName="dev", database="db", queueName="q")),
        ("script", script("flat", connectionName="device", directory="/a/bc")),
        ("resource", resource("pack", directory="/a/b")),
        ("conn", {**WITHOUT, "name": "dev", "config": {**WITHOUT["config"], "clusterName": "c",
                                                       "agentName": "c"}}),
        c=cdm_job("load")), mapping=MAPPING)
    found = properties(client)
    assert found["sql"] == {"scriptName": "etl", "connectionName": "prod", "database": "db2",
                            "queueName": "q2"}
    assert found["el"] == {"scriptName": "etl", "connectionName": "${dev}", "database": "#{dev}"}
    assert found["engine"] == {"Data Warehouse": "prod", "Database": "db2", "Queue": "q2",
                               "clusterName": "c2"}
    assert found["spark"] == {"clusterName": "q2", "jobName": "dev"}
    assert found["mrs"] == {"clusterName": "c2"}
    assert found["cdm"] == {"clusterName": "c2, d", "jobName": "load"}
    assert found["rest"] == {"agentName": "c2", "url": "dev"} and found["dis"] == {"streamName": "s2"}
    assert shown(client, "/jobs/j")["directory"] == "/deep/c"
    etl, flat = shown(client, "/scripts/etl"), shown(client, "/scripts/flat")
    assert (etl["connectionName"], etl["database"], etl["currentDatabase"], etl["queueName"],
            etl["directory"]) == ("prod", "db2", "db2", "q2", "/all")
    assert (flat["connectionName"], flat["directory"]) == ("device", "/all/a/bc")
    assert shown(client, "/resources")["resources"][0]["directory"] == "/deep"
    assert shown(client, "/connections/prod")["config"]["clusterName"] == "c2"
    assert shown(client, "/connections/prod")["config"]["agentName"] == "c2"
    assert set(client.clusters()) == {"default", "c2"}
    assert client.cdm("GET", "/job/load", cluster="c2").status == 200


UNUSED = "in the request, but of nothing in the archive: "


def test_what_renames_or_sets_nothing_is_told(client):
    data = archive(("job", job("j", params=[{"name": "a"}, {"name": "b"}],
                               nodes=[node("n", "CDMJob", {"clusterName": "c", "jobName": "x"})])))
    members = {"mapping": {"connections": {"dve": "p"}, "clusters": {"c": "d", "e": "f"},
                           "directories": {"/retial": "/r", "/": "/x"}},
               "params": {"a": "1", "day": "2"},
               "jobsParam": [{"name": "j", "params": {"b": "1", "x": "2"}}, {"name": "k", "params": {"a": "1"}}]}
    wanted = ["clusters/e", "connections/dve", "directories//retial", "params/day", "params/j/x", "params/k/a"]
    plan = plan_of(client, data, **members)
    assert sorted(plan["warnings"]) == [UNUSED + one for one in wanted]
    message = imported(client, data, **members)["message"]
    assert sorted(message.split(UNUSED)[1].split("; ")) == wanted


def test_a_key_for_a_connection_that_is_not_there_is_told(client):
    data = archive(("conn", WITHOUT))
    params = [{"name": "dws_mian", "type": "DWS", "params": {"password": "x"}},
              {"name": "dws_main", "type": "HIVE", "params": {"password": "x"}},
              {"name": "dws_main", "type": "DWS", "params": {"clusterName": "x", "more": "1"}}]
    task = imported(client, data, "/connections", params=params)
    assert task["message"] == UNUSED + "params/dws_main/password; params/dws_mian/password"


@pytest.mark.parametrize("kind, changed", [
    ("DWS_CONNECTION", {"sql": "connectionName"}), ("MRS_HIVE_CONNECTION", {"sql": "connectionName"}),
    ("MRS_CLUSTER", {"mrs": "clusterName"}), ("CDM_CLUSTER", {"rest": "agentName"}),
    ("DLI_QUEUE", {"spark": "clusterName", "sql": "queueName"}), ("DIS_STREAM", {"dis": "streamName"}),
    ("DWS_CLUSTER", {}), ("GES_GRAPH", {})])
def test_resources_rename_by_their_type(client, kind, changed):
    old = {"DWS_CONNECTION": "dev", "MRS_HIVE_CONNECTION": "dev", "DLI_QUEUE": "q",
           "DIS_STREAM": "s"}.get(kind, "c")
    imported(client, archive(("job", job("j", nodes=NODES))),
             resources=[{"name": old, "type": kind, "replace": "new"},
                        {"name": "not there", "type": kind}])
    found = properties(client)
    renamed = {name for name, values in found.items() if "new" in " ".join(values.values())}
    for name, key in changed.items():
        assert found[name][key] == "new"
    assert set(changed) <= renamed and (changed or not renamed)


def test_a_mapping_wins_over_resources(client):
    imported(client, archive(("job", job("j", nodes=NODES))), mapping={"queues": {"q": "mapped"}},
             resources=[{"name": "q", "type": "DLI_QUEUE", "replace": "replaced"}])
    assert properties(client)["sql"]["queueName"] == "mapped"


# ---- all or nothing ----

def test_one_broken_object_and_nothing_is_written(client):
    data = archive(("job", job("sound")), BROKEN, ("script", script("s", type="Cobol")),
                   ("conn", WITHOUT), default=cdm_job("load"))
    task = import_archive(client, data)
    assert task["status"] == "FAILED"
    assert task["message"].startswith("nothing was imported: ")
    assert "1.job: processType" in task["message"] and "2.script: type" in task["message"]
    parts = {one["name"]: one for one in task["subtasks"]}
    assert {one["status"] for one in parts.values()} == {"FAILED"}
    assert "processType" in parts["Import the broken job."]["message"]
    assert "others" in parts["Import the sound job."]["message"] or \
        "other objects" in parts["Import the sound job."]["message"]
    for path in ("/jobs?limit=100", "/scripts", "/connections"):
        assert shown(client, path)["total"] == 0


def test_continue_imports_what_is_sound(client):
    data = archive(("job", job("sound")), BROKEN, ("script", script("s")))
    task = import_archive(client, data, onError="continue")
    assert task["status"] == "FAILED" and task["message"].startswith("not imported: 1.job: ")
    assert {one["name"]: one["status"] for one in task["subtasks"]} == {
        "Import the sound job.": "SUCCESSFUL", "Import the broken job.": "FAILED"}
    assert shown(client, "/jobs/sound") and shown(client, "/scripts/s")
    assert client.get("/jobs/broken").code == "DLF.0100"


def test_a_full_workspace(start):
    client = start("--max-jobs", "2").client()
    client.make_job("a")
    data = archive(*[("job", job(name)) for name in "abcd"])
    plan = plan_of(client, data)
    assert sorted(rows(plan).values()) == ["create", "error", "error", "same"]
    task = import_archive(client, data)
    assert task["status"] == "FAILED" and task["message"].count("at most 2 in a workspace") == 2
    assert shown(client, "/jobs")["total"] == 1
    task = import_archive(client, data, onError="continue")
    assert [one["status"] for one in task["subtasks"]] == ["SUCCESSFUL"] * 2 + ["FAILED"] * 2
    assert shown(client, "/jobs")["total"] == 2


# ---- connections ----

def test_a_connection_without_its_secret_is_taken(client):
    imported(client, archive(("conn", WITHOUT)), "/connections")
    assert "password" not in shown(client, "/connections/dws_main")["config"]
    assert client.put("/connections/dws_main", DWS).status == 204
    assert shown(client, "/connections/dws_main")["config"]["password"] == "*********"


def test_upkeep_of_a_connection_without_its_secret(start):
    server = start()
    imported(server.client(), archive(("conn", WITHOUT), ("job", job("j"))))
    assert server.stop() == 0
    for command in ("reindex", "check"):
        done = dlfd("admin", command, "--data", server.data)
        assert done.returncode == 0 and "required" not in done.stderr, done
    done = dlfd("admin", "key", "rotate", "--data", server.data)
    assert done.returncode == 0, done
    again = start(data=server.data)
    assert shown(again.client(), "/connections/dws_main")["config"]["clusterName"] == "wh1"


def test_overwriting_a_connection_keeps_its_stored_secret(client):
    assert client.post("/connections", DWS).status == 204
    changed = {**WITHOUT, "config": {**WITHOUT["config"], "clusterName": "wh2"}}
    imported(client, archive(("conn", changed)), "/connections", sameNamePolicy="OVERWRITE")
    config = shown(client, "/connections/dws_main")["config"]
    assert config["clusterName"] == "wh2" and config["password"] == "*********"


def test_another_secret_is_no_longer_the_same(client):
    data = archive(("conn", DWS))
    imported(client, data)
    assert rows(plan_of(client, data)) == {("connection", "dws_main"): "same"}
    overwrite = {"sameNamePolicy": "OVERWRITE"}
    assert rows(plan_of(client, data, **overwrite)) == {("connection", "dws_main"): "overwrite"}
    assert rows(plan_of(client, archive(("conn", WITHOUT)), **overwrite)) == {
        ("connection", "dws_main"): "same"}


def test_a_secret_in_an_archive_is_sealed(start):
    server = start()
    client = server.client()
    imported(client, archive(("conn", {**DWS, "config": {**DWS["config"], "password": "Marker_77"}})))
    assert shown(client, "/connections/dws_main")["config"]["password"] == "*********"
    (server.data / "obs/archives/x.zip").unlink()
    for path in server.data.rglob("*"):
        assert path.is_dir() or b"Marker_77" not in path.read_bytes(), path
    assert "Marker_77" not in "\n".join(server.log)


@pytest.mark.parametrize("second", [WITHOUT, {**DWS, "config": {**DWS["config"], "password": "Other_1"}}])
def test_one_connection_with_two_secrets(client, second):
    task = import_archive(client, archive(("conn", DWS), ("conn", second)))
    assert task["status"] == "FAILED" and "0.conn: another file" in task["message"]
    assert "1.conn: another file" in task["message"] and "_1" not in task["message"]
    imported(client, archive(("conn", DWS), ("conn", DWS)))


def test_connections_get_keys_on_their_way_in(client):
    task = imported(client, archive(("conn", WITHOUT), ("conn", {"name": "li", "type": "DLI"}),
                                    ("job", job("j"))), "/connections",
                    params=[{"name": "dws_main", "type": "DWS",
                             "params": {"clusterName": "wh2", "password": "new", "more": "1"}},
                            {"name": "li", "type": "DWS", "params": {"more": "1"}}])
    assert task["name"] == "Import the connections from obs://archives/x.zip."
    assert [one["name"] for one in task["subtasks"]] == [
        "Import the dws_main connection.", "Import the li connection."]
    config = shown(client, "/connections/dws_main")["config"]
    assert (config["clusterName"], config["more"], config["password"]) == ("wh2", "1", "*********")
    assert shown(client, "/connections/li")["config"] == {}
    assert shown(client, "/jobs")["total"] == 0  # of connections alone


def test_a_second_dli_connection_and_another_type(client):
    assert client.post("/connections", {"name": "li", "type": "DLI"}).status == 204
    data = archive(("conn", {"name": "second", "type": "DLI"}), ("conn", {**WITHOUT, "name": "li"}))
    plan = plan_of(client, data, sameNamePolicy="OVERWRITE")
    assert set(rows(plan).values()) == {"error"}
    task = import_archive(client, data, sameNamePolicy="OVERWRITE")
    assert task["status"] == "FAILED" and "already" in task["message"], task
    task = import_archive(client, data, sameNamePolicy="OVERWRITE", onError="continue")
    assert task["status"] == "FAILED" and shown(client, "/connections")["total"] == 1


# ---- what dangles, and what is alike ----

def test_references_that_dangle_are_named(client):
    client.make_job("upstream")
    nodes = [node("a", "Shell", {"scriptName": "gone", "connectionName": "host"}),
             node("b", "Shell", {"scriptName": "etl"}), node("c", "MRSSpark", {"resourcePath": "lib"}),
             node("d", "CDMJob", {"clusterName": "x", "jobName": "y"}),
             node("e", "MRSSpark", {"resourcePath": "obs://a/b"})]
    schedule = {"type": "CRON", "cron": {
        "startTime": "2024-03-01T00:00:00+08", "expression": "0 0 2 * * ?", "expressionTimeZone": "GMT+8",
        "dependJobs": {"jobs": ["upstream", "later", "never"]}}}
    data = archive(("job", job("j", nodes=nodes, schedule=schedule)), ("job", job("later")),
                   ("script", script("etl", connectionName="dws")), default=cdm_job("load"))
    wanted = [("script", "gone", "job/j"), ("connection", "dws", "script/etl"),
              ("connection", "host", "job/j"), ("cdm", "x/y", "job/j"), ("job", "never", "job/j"),
              ("link", "default/mysql", "cdm/default/load"), ("link", "default/obs", "cdm/default/load"),
              ("resource", "lib", "job/j")]
    plan = plan_of(client, data)
    assert sorted((one["kind"], one["name"], one["neededBy"]) for one in plan["dangling"]) == sorted(wanted)
    task = imported(client, data)
    for kind, name, by in wanted:
        assert f"{kind}/{name} ({by})" in task["message"]


def test_a_name_that_many_need_is_told_once(client):
    data = archive(*[("script", script(f"s{i}")) for i in range(5)])
    assert imported(client, data)["message"].endswith(": connection/dws_main (script/s0 +4)")
    assert len(plan_of(client, data)["dangling"]) == 5


def test_names_that_a_file_system_may_take_for_one(client):
    plan = plan_of(client, zipped([("é.job", json.dumps(job("a"))), ("e\u0301.job", json.dumps(job("b"))),
                                   ("1.job", json.dumps(job("Load"))), ("2.job", json.dumps(job("load"))),
                                   ("3.script", json.dumps(script("LOAD")))]))
    assert plan["counts"]["create"] == 5
    assert sorted(plan["warnings"]) == [
        "names that differ only in case or Unicode form: file e\u0301.job, é.job",
        "names that differ only in case or Unicode form: job Load, load"]


# ---- tasks ----

def test_a_task_in_both_languages(client):
    path = put_object(client.server, archive(("job", job("作业"))))
    started = client.post("/jobs/import", {"path": path})
    assert list(started.json) == ["taskId"] and len(started.json["taskId"]) == 32
    task = task_of(client, started)
    assert task["id"] == started.json["taskId"] and task["projectId"] == client.project
    assert task["name"] == f"Import the job from {path}." and "message" not in task
    assert task["startTime"] <= task["endTime"] == task["lastUpdate"]
    part, = task["subtasks"]
    assert part["name"] == "Import the 作业 job." and part["taskId"] == task["id"] != part["id"]
    for route in ("system-tasks", "systemTasks"):
        chinese = client.get(f"/{route}/{task['id']}", headers={"X-Language": "zh-cn"}).json
        assert chinese["name"] == f"从路径[{path}]导入作业。"
        assert chinese["subtasks"][0]["name"] == "导入作业[作业]。"


def test_a_task_is_its_workspaces(server, client):
    task = imported(client, archive(("job", job("j"))))
    for other in (server.client(project="somebody"), client):
        unknown = "0" * 32 if other is client else task["id"]
        answer = other.get("/system-tasks/" + unknown)
        assert (answer.status, answer.code) == (400, "DLF.0810")
        assert answer.json["error_msg"] == "Task does not exist"


def test_tasks_outlive_the_server(start, tmp_path):
    server = start(data=tmp_path / "d")
    task = imported(server.client(), archive(("job", job("j"))))
    assert server.stop() == 0
    client = start(data=tmp_path / "d").client()
    assert shown(client, "/system-tasks/" + task["id"]) == task


def test_tasks_that_ended_long_ago_are_forgotten(start, tmp_path):
    server = start(data=tmp_path / "d")
    data, month = archive(("job", job("j"))), 30 * 24 * 60 * 60 * 1000
    old, recent = (imported(server.client(), data)["id"] for _ in range(2))
    assert server.stop() == 0
    with contextlib.closing(sqlite3.connect(tmp_path / "d/catalog.db")) as db:
        for task, age in ((old, month + 60_000), (recent, month - 60_000)):
            db.execute("UPDATE task SET ended = ended - ? WHERE uid = ?", (age, task))
        db.commit()
    client = start(data=tmp_path / "d").client()
    imported(client, data)
    assert client.get("/system-tasks/" + old).code == "DLF.0810"
    assert client.get("/system-tasks/" + recent).status == 200


def large(jobs):
    """An archive that takes a while."""
    text = "select * from a_table where day = 1;\n" * 200
    return zipped([(f"{i}.script", json.dumps(script(f"s{i:05}", content=f"-- {i}\n{text}")))
                   for i in range(jobs)])


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_an_import_that_is_cut_off_leaves_nothing(start, tmp_path, how):
    server = start(data=tmp_path / "d")
    client = server.client()
    client.make_script("before")
    path = put_object(server, large(3000))
    task = client.post("/jobs/import", {"path": path}).json["taskId"]
    server.process.send_signal(how)
    assert server.process.wait(30) == (0 if how == signal.SIGTERM else -9)
    client = start(data=tmp_path / "d").client()
    found = shown(client, "/system-tasks/" + task)
    assert found["status"] == "FAILED" and "nothing was imported" in found["message"]
    assert "endTime" in found and shown(client, "/scripts")["total"] == 1
    assert sum(1 for one in (tmp_path / "d").iterdir() if one.name.startswith("scratch")) == 0


def test_a_stop_waits_for_no_check_of_files(start):
    server = start()
    long = '"content": "' + "x" * (20 << 20)
    path = put_object(server, zipped([
        (f"{i}.script", json.dumps(script(f"s{i}", content="")).replace('"content": "', long))
        for i in range(60)], level=1))
    idle = server.cpu_seconds()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(server.client().post, "/jobs/check-file", {"path": path}) for _ in range(8)]
        while server.cpu_seconds() - idle < 0.1:
            time.sleep(0.01)  # until they are looked at
        began = server.cpu_seconds()
        assert server.stop() == 0
        assert server.used - began < (10 if SANITIZED else 2)
        assert {(one.result().status, one.result().code) for one in answers} == {(503, "APIGW.0613")}


def test_others_save_while_an_import_goes_on(start):
    server = start()
    client, other = server.client(), server.client(project="other")
    path = put_object(server, large(2000))
    started = client.post("/jobs/import", {"path": path})
    saved = 0
    while shown(client, "/system-tasks/" + started.json["taskId"])["status"] == "RUNNING":
        assert shown(client, "/scripts")["total"] in (0, 2000)  # all at once
        other.make_script(f"o{saved}")
        saved += 1
    assert task_of(client, started)["status"] == "SUCCESSFUL" and saved > 3


def test_imports_wait_for_each_other(client):
    path = put_object(client.server, archive(*[("job", job(f"j{i}")) for i in range(50)]))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        tasks = list(pool.map(lambda _: task_of(client, client.post(
            "/jobs/import", {"path": path, "sameNamePolicy": "OVERWRITE"})), range(16)))
    assert {one["status"] for one in tasks} == {"SUCCESSFUL"}
    assert shown(client, "/jobs")["total"] == 50


# ---- requests that are refused ----


@pytest.mark.parametrize("route", ["/jobs/import", "/connections/import", "/jobs/check-file"])
@pytest.mark.parametrize("body, code, word", [
    ({}, "DLF.3051", "path: required"), ({"path": None}, "DLF.3051", "path"),
    ({"path": 1}, "DLF.3051", "path"), ({"path": ""}, "DLF.0803", "path"),
    ({"path": "/x.zip"}, "DLF.0803", "path"), ({"path": "obs://archives"}, "DLF.0803", "path"),
    ({"path": "obs://archives/../x.zip"}, "DLF.0803", "path"),
    ({"path": "obs://no-such-bucket/x.zip"}, "DLF.1242", "no-such-bucket"),
    ({"path": "obs://NO_BUCKET/x.zip"}, "DLF.1242", "NO_BUCKET"),
    ({"path": "obs://archives/none.zip"}, "DLF.0815", "path: no such object"),
    (None, "DLF.3051", ""), ("[]", "DLF.3051", "")])
def test_a_path_that_leads_nowhere(client, route, body, code, word):
    put_object(client.server, archive(("job", job("j"))))
    answer = client.post(route, body)
    assert (answer.status, answer.code) == (400, code), answer
    assert word in answer.detail


@pytest.mark.parametrize("members, field", [
    ({"sameNamePolicy": "REPLACE"}, "sameNamePolicy"), ({"sameNamePolicy": 1}, "sameNamePolicy"),
    ({"params": []}, "params"), ({"params": {"a": 1}}, "params.a"),
    ({"jobsParam": {}}, "jobsParam"), ({"jobsParam": [{}]}, "jobsParam[0].name"),
    ({"jobsParam": [{"name": "j", "params": {"a": None}}]}, "jobsParam[0].params.a"),
    ({"executeUser": 1}, "executeUser"), ({"targetStatus": "DONE"}, "targetStatus"),
    ({"approvers": [1]}, "approvers[0]"), ({"resources": [{"name": "a"}]}, "resources[0].type"),
    ({"onError": "stop"}, "onError"), ({"dryRun": "true"}, "dryRun"), ({"mapping": []}, "mapping"),
    ({"mapping": {"connection": {}}}, "mapping.connection"),
    ({"mapping": {"queues": {"a": 1}}}, "mapping.queues.a"),
    ({"mapping": {"directories": {"/a": "b c"}}}, "mapping.directories")])
def test_a_member_that_breaks_its_rule(client, members, field):
    answer = client.post("/jobs/import", {"path": PATH, **members})
    assert (answer.status, answer.code) == (400, "DLF.3051"), answer
    assert answer.detail.startswith(field), answer


@pytest.mark.parametrize("members, field", [
    ({"params": {}}, "params"), ({"params": [{"name": "a"}]}, "params[0].type"),
    ({"params": [{"name": "a", "connectionType": "DWS", "params": {"a": 1}}]}, "params[0].params.a"),
    ({"sameNamePolicy": "x"}, "sameNamePolicy")])
def test_a_member_of_an_import_of_connections(client, members, field):
    answer = client.post("/connections/import", {"path": PATH, **members})
    assert (answer.status, answer.code) == (400, "DLF.3051") and answer.detail.startswith(field)


def test_a_dry_run_of_no_archive(client):
    answer = client.post("/jobs/import", {"path": put_object(client.server, b"text"), "dryRun": True})
    assert (answer.status, answer.code, answer.detail) == (400, "DLF.0815", "not a zip archive")
    task = import_archive(client, b"text")
    assert (task["status"], task["message"], task["subtasks"]) == ("FAILED", "not a zip archive", [])


# ---- check-file ----

def test_check_file_lists_jobs_and_scripts(client):
    body = job("作业", directory="/etl", params=[{"name": "day", "value": "1"}, {"name": "n", "value": 1.50}])
    body["params"].append({"name": "day", "value": "2"})  # of two of one name the last
    data = archive(("job", body), ("job", job("b")), ("script", script("etl", directory="/sql")),
                   ("script", script("etl", directory="/sql")), ("resource", resource("pack")),
                   ("txt", {}))
    answer = client.post("/jobs/check-file", {"path": put_object(client.server, data)})
    assert answer.status == 200, answer
    assert answer.json == {
        "jobs": [{"name": "b", "path": "/", "params": {}},
                 {"name": "作业", "path": "/etl", "params": {"day": "2", "n": 1.5}}],
        "scripts": [{"name": "etl", "path": "/sql"}]}


def test_check_file_names_a_parameter_once(client):
    params = [{"name": "a", "value": str(i)} for i in range(3)]
    path = put_object(client.server, archive(("job", job("j", params=params))))
    answer = client.post("/jobs/check-file", {"path": path})
    assert b'"params":{"a":"2"}' in answer.body


@pytest.mark.parametrize("data, word", [
    (b"text", "not a zip archive"), (zipped([("a.job", "{")]), "a.job: "),
    (zipped([("a.job", "[]")]), "a.job: name"), (zipped([("a.script", '{"name": 1}')]), "a.script: name")])
def test_check_file_of_what_is_broken(client, data, word):
    answer = client.post("/jobs/check-file", {"path": put_object(client.server, data)})
    assert (answer.status, answer.code) == (400, "DLF.0815") and word in answer.detail, answer


# ---- who may ----

@pytest.fixture(scope="module")
def house(tmp_path_factory):
    from harness import Server
    server = Server(tmp_path_factory.mktemp("import-roles"), "--auth", "on")
    first = credentials(server.data)
    project = first["Project Id"]
    plain = server.client(project=project)
    tokens = {"admin": get_token(plain, "admin", first["Password"], project=project)}
    admin(server, "workspace", "create", "other", "--project", project)
    for user, role, workspace in (("dev", "developer", "default"), ("view", "viewer", "default"),
                                  ("guest", "developer", "other")):
        password = admin(server, "user", "create", user).strip()
        admin(server, "role", "grant", role, "--user", user, "--project", project,
              "--workspace", workspace)
        tokens[user] = get_token(plain, user, password, project=project)
    listed = admin(server, "workspace", "list", "--project", project)
    other = next(line.split()[0] for line in listed.splitlines() if line.split()[1] == "other")
    yield lambda who, workspace=None: client_of(server, tokens[who], project, workspace), other
    assert server.stop() == 0, server.log


def test_a_viewer_imports_nothing(house):
    client_for, _ = house
    for route in ("/jobs/import", "/jobs/check-file", "/connections/import"):
        assert client_for("view").post(route, {"path": PATH}).status == 403


def test_a_developer_imports_no_connections(house):
    client = house[0]("dev")
    data = archive(("conn", WITHOUT), ("job", job("j")), default=cdm_job("load"))
    task = import_archive(client, data)
    assert task["status"] == "FAILED"
    assert task["message"] == "nothing was imported: 0.conn: the role administrator is needed in the workspace to import it"
    assert client.post("/connections/import", {"path": PATH}).status == 403
    assert rows(plan_of(client, data))[("connection", "dws_main")] == "error"
    imported(house[0]("admin"), data)
    def begun(rows):
        return [one["object"] for one in rows if one["operation"] == "ImportJob" and one["status"] == 200][-3:]
    audit_rows(client.server.data / "audit.log", lambda rows: begun(rows) == [
        "obs://archives/x.zip", "dry run of obs://archives/x.zip", "obs://archives/x.zip"])


def test_cdm_jobs_are_the_default_workspaces(house):
    client_for, other = house
    data = archive(("job", job("j")), default=cdm_job("other_load"))
    task = import_archive(client_for("guest", other), data, onError="continue")
    assert task["status"] == "FAILED" and "developer is needed in the workspace default" in task["message"]
    assert shown(client_for("guest", other), "/jobs/j")
    imported(client_for("dev"), data)


# ---- many ----

def test_more_subtasks_than_are_listed(start):
    client = start("--max-jobs", "0").client()
    data = archive(*[("job", job(f"j{i:05}")) for i in range(10_003)])
    task = imported(client, data)
    assert len(task["subtasks"]) == 10_000
    assert task["message"] == "only the first 10000 of 10003 subtasks are listed"
    assert shown(client, "/jobs")["total"] == 10_003


def test_long_texts_of_what_is_wrong_are_cut(client):
    name = "长" * 100_000
    data = archive(("job", {**job("j"), "name": name}), ("job", {**job("k"), "processType": name}))
    for one in plan_of(client, data)["objects"]:
        assert one["action"] == "error" and len(one["name"]) < 400 and len(one["message"]) < 1100
    task = import_archive(client, data)
    assert task["status"] == "FAILED" and len(task["message"]) < 3000
