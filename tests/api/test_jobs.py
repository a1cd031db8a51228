"""Jobs: create, update, list, show, delete.

What each field takes is in test_fields_job.py; here is what the operations do.
"""

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from fields import assert_refused
from harness import Server, admin_workspace, job, node, quote


def show(client, name="j", query=""):
    answer = client.get(f"/jobs/{quote(name)}{query}")
    assert answer.status == 200, answer
    return answer.json


def exported(client, name="j"):
    """The text of the job's file."""
    archive = client.export_one(name).zip
    return archive.read(f"jobs/{name}.job").decode()


def update(client, name="j", **members):
    """An update that must be done; name and all kept members are left out."""
    body = {"processType": "BATCH", "schedule": {"type": "EXECUTE_ONCE"}, **members}
    answer = client.put("/jobs/" + quote(name), body)
    assert answer.status == 204, answer


def listed(client, query=""):
    answer = client.get("/jobs" + query)
    assert answer.status == 200, answer
    return answer.json


def names(rows):
    return [row["name"] for row in rows["jobs"]]


def after(name, *before, **members):
    """A node that comes after others."""
    return node(name, preNodeName=list(before), **members)


def depending(*jobs):
    """A schedule that waits for other jobs."""
    return {"type": "CRON", "cron": {
        "startTime": "2024-03-01T00:00:00+08", "expression": "0 0 1 * * ?",
        "dependJobs": {"jobs": list(jobs)}}}


def triggered(depend_jobs):
    """A node with a trigger that waits for other jobs."""
    return node("n", cronTrigger={"startTime": "2024-03-01T00:00:00+08",
                                  "expression": "0 0 1 * * ?",
                                  "dependJobs": depend_jobs})


# ---- create ----

@pytest.mark.parametrize("operate", [
    lambda c: c.post("/jobs", job("new")),
    lambda c: c.put("/jobs/j", job("j")),
    lambda c: c.delete("/jobs/j"),
], ids=["create", "update", "delete"])
def test_success_without_a_body(client, operate):
    client.make_job("j")
    answer = operate(client)
    assert (answer.status, answer.body) == (204, b"")
    assert "Content-Type" not in answer.headers


def test_the_example_of_the_contract(client):
    body = {"name": "nightly", "processType": "BATCH", "directory": "/etl",
            "schedule": {"type": "CRON", "cron": {"startTime": "2024-03-01T00:00:00+08",
                                                  "expression": "0 0 1 * * ?"}},
            "nodes": [{"name": "say", "type": "Shell", "location": {"x": 10, "y": 11},
                       "properties": [{"name": "scriptName", "value": "say_hi"},
                                      {"name": "connectionName", "value": "box1"}]}],
            "basicConfig": {"owner": "ann", "priority": 1}}
    assert client.post("/jobs", body).status == 204
    again = client.post("/jobs", body)
    assert (again.status, again.json["error_code"], again.json["error_msg"]) == (
        400, "DLF.0102", "The job name already exists.")


def test_the_least_body(client):
    body = {"name": "testJob", "schedule": {"type": "EXECUTE_ONCE"}, "processType": "BATCH"}
    assert client.post("/jobs", body).status == 204
    assert show(client, "testJob")["nodes"] == []


@pytest.mark.parametrize("schedule", [
    {"type": "CRON"}, {"type": "EVENT"},
    {"type": "EXECUTE_ONCE", "cron": depending()["cron"]},
])
def test_the_schedule_may_lack_its_details(client, schedule):
    client.make_job("j", schedule=schedule)
    assert show(client)["schedule"]["type"] == schedule["type"]


@pytest.mark.parametrize("members", [
    {"nodes": [node("n", "DLISQL")]},
    {"nodes": [node("n", "DWSSQL", {"scriptName": "gone", "connectionName": "gone"})]},
    {"nodes": [node("n", "MRSSpark", {"resourcePath": "gone", "clusterName": "gone"})]},
    {"nodes": [{"name": "n", "type": "Dummy"}]},
    {"nodes": [node("n", "SomethingNew", {"x": "y"})]},
])
def test_what_nodes_name_is_not_checked(client, members):
    client.make_job("j", **members)
    assert show(client)["nodes"][0]["name"] == "n"


def test_names_are_case_sensitive(client):
    client.make_job("j")
    client.make_job("J")
    assert listed(client)["total"] == 2


@pytest.mark.parametrize("alias", [{"jobType": "REAL_TIME", "processType": None},
                                   {"jobType": "BATCH", "processType": "REAL_TIME"}])
def test_job_type_is_an_alias(client, alias):
    client.make_job("j", **alias)
    shown = show(client)
    assert shown["processType"] == "REAL_TIME"
    assert "jobType" not in shown


@pytest.mark.parametrize("types", [{"paramType": "constants"},
                                   {"paramType": "constants", "type": None},
                                   {"paramType": "variable", "type": "constants"}])
def test_a_param_type_has_an_alias(client, types):
    client.make_job("j", params=[{"name": "p", "value": "v", **types}])
    assert show(client)["params"] == [{"name": "p", "value": "v", "type": "constants"}]


@pytest.mark.parametrize("members, path", [
    ({"jobType": 1, "processType": None}, "jobType"),
    ({"jobType": "batch", "processType": None}, "jobType"),
    ({"params": [{"name": "p", "value": "v", "paramType": "x"}]}, "params[0].paramType"),
    ({"params": [{"name": "p", "value": "v", "paramType": []}]}, "params[0].paramType"),
])
def test_an_alias_is_checked_and_named_as_it_stands(client, members, path):
    assert_refused(client.post("/jobs", job("j", **members)), "DLF.3051", path)


def test_aliases_are_renamed_where_they_stand(client):
    body = {"name": "j", "jobType": "BATCH", "schedule": {"type": "EXECUTE_ONCE"},
            "params": [{"paramType": "constants", "name": "p", "value": "v"}]}
    assert client.post("/jobs", body).status == 204
    stored = json.loads(exported(client))
    assert list(stored) == ["name", "processType", "schedule", "params", "nodes"]
    assert list(stored["params"][0]) == ["type", "name", "value"]


def test_what_is_null_is_not_stored(client):
    client.make_job("j", description=None, params=None, unknown=None,
                    nodes=[node("n", failPolicy=None)])
    stored = json.loads(exported(client))
    assert "description" not in stored and "params" not in stored
    assert stored["unknown"] is None
    assert "failPolicy" not in stored["nodes"][0]


# ---- the nodes among themselves ----

@pytest.mark.parametrize("process_type", ["BATCH", "REAL_TIME"])
@pytest.mark.parametrize("nodes, path", [
    ([node("a"), node("a")], "nodes[1].name"),
    ([node("a"), node("b"), node("c"), node("b")], "nodes[3].name"),
    ([node("a"), after("b", "A")], "nodes[1].preNodeName[0]"),
    ([node("a"), after("b", "a", "zzz")], "nodes[1].preNodeName[1]"),
    ([after("a", "a")], "nodes[0].preNodeName[0]"),
    ([node("a"), node("b", conditions=[{"preNodeName": "c", "expression": "x"}])],
     "nodes[1].conditions[0].preNodeName"),
])
def test_nodes_name_other_nodes(client, process_type, nodes, path):
    answer = client.post("/jobs", job("j", processType=process_type, nodes=nodes))
    assert_refused(answer, "DLF.3051", path)


CIRCLES = [
    [after("a", "b"), after("b", "a")],
    [after("a", "c"), after("b", "a"), after("c", "b")],
    [node("start"), after("a", "start", "c"), after("b", "a"), after("c", "b"),
     after("end", "c")],
]


@pytest.mark.parametrize("nodes", CIRCLES)
def test_a_batch_job_has_no_circle(client, nodes):
    assert_refused(client.post("/jobs", job("j", nodes=nodes)), "DLF.3051", "nodes")


@pytest.mark.parametrize("nodes", CIRCLES)
def test_a_real_time_job_may_have_one_until_it_becomes_a_batch_job(client, nodes):
    client.make_job("j", processType="REAL_TIME", nodes=nodes)
    assert_refused(client.put("/jobs/j", job("j", nodes=nodes)), "DLF.3051", "nodes")
    assert show(client)["processType"] == "REAL_TIME"


@pytest.mark.parametrize("nodes", [
    [node("a"), after("b", "a"), after("c", "a"), after("d", "b", "c")],
    [after("b", "a"), node("a")],
    [node("a"), after("b", "a", "a")],
])
def test_forks_and_joins_are_no_circles(client, nodes):
    client.make_job("j", nodes=nodes)
    assert [n["name"] for n in show(client)["nodes"]] == [n["name"] for n in nodes]


def test_a_long_chain_of_nodes(client):
    chain = [node("n0")] + [after(f"n{i}", f"n{i - 1}") for i in range(1, 3000)]
    client.make_job("j", nodes=chain)
    chain[0]["preNodeName"] = ["n2999"]
    assert_refused(client.put("/jobs/j", job("j", nodes=chain)), "DLF.3051", "nodes")


# ---- jobs that depend on jobs ----

WAYS_TO_DEPEND = pytest.mark.parametrize("way", [
    lambda *jobs: {"schedule": depending(*jobs)},
    lambda *jobs: {"nodes": [triggered({"jobs": list(jobs)})]},
    lambda *jobs: {"nodes": [triggered([{}, {"jobs": list(jobs)}])]},
], ids=["schedule", "trigger", "triggers-list"])


@WAYS_TO_DEPEND
def test_a_job_depends_on_held_jobs_only(client, way):
    refused = client.post("/jobs", job("j", **way("up", "gone")))
    assert (refused.status, refused.code) == (400, "DLF.3025")
    assert "dependJobs" in refused.detail and "gone" in refused.detail
    client.make_job("up")
    client.make_job("gone")
    client.make_job("j", **way("up", "gone"))


@WAYS_TO_DEPEND
def test_an_update_keeps_names_that_are_gone(client, way):
    client.make_job("up")
    client.make_job("j", **way("up"))
    assert client.delete("/jobs/up").status == 204
    update(client, **way("up"))
    refused = client.put("/jobs/j", job("j", **way("up", "other")))
    assert (refused.code, "other" in refused.detail) == ("DLF.3025", True)


def test_an_update_that_lets_a_name_go_cannot_take_it_back(client):
    client.make_job("up")
    client.make_job("j", schedule=depending("up"))
    client.delete("/jobs/up")
    update(client, schedule=depending())
    assert client.put("/jobs/j", job("j", schedule=depending("up"))).code == "DLF.3025"


def test_jobs_of_other_workspaces_are_unknown(server, client):
    other = admin_workspace(server, "create", "other", project=client.project).stdout.strip()
    server.client(project=client.project, workspace=other).make_job("up")
    assert client.post("/jobs", job("j", schedule=depending("up"))).code == "DLF.3025"


@pytest.mark.parametrize("depend_jobs", [
    {}, {"jobs": []}, {"jobs": [], "x": 1}, {"dependPeriod": "PRE_PERIOD"},
    {"dependFailPolicy": "FAIL", "jobs": []},
])
def test_depend_jobs_are_echoed_as_sent(client, depend_jobs):
    schedule = depending()
    schedule["cron"]["dependJobs"] = depend_jobs
    client.make_job("j", schedule=schedule, nodes=[triggered(depend_jobs)])
    shown = show(client)
    assert shown["schedule"]["cron"]["dependJobs"] == depend_jobs
    assert shown["nodes"][0]["cronTrigger"]["dependJobs"] == depend_jobs


def test_a_list_of_depend_jobs_is_echoed_as_sent(client):
    client.make_job("j", nodes=[triggered([{"jobs": []}, {}])])
    assert show(client)["nodes"][0]["cronTrigger"]["dependJobs"] == [{"jobs": []}, {}]


# ---- show ----

def test_show_adds_the_servers_members(client):
    before = int(time.time() * 1000)
    client.make_job("j")
    shown = show(client)
    assert type(shown["id"]) is int and 0 < shown["id"] < 2 ** 53
    assert shown["lastUpdateUser"] == "local"
    assert before - 1000 <= shown["createTime"] <= int(time.time() * 1000) + 1000


def test_show_adds_the_documented_defaults(client):
    assert client.post("/jobs", {"name": "j", "processType": "BATCH",
                                 "schedule": {"type": "CRON"}}).status == 204
    shown = show(client)
    defaults = {"nodes": [], "params": [], "directory": "/", "version": "1.0",
                "resources": [], "emptyRunningJob": "0", "singleNodeJobFlag": False,
                "description": ""}
    assert {k: shown.get(k) for k in defaults} == defaults
    assert not {"targetStatus", "approvers", "downstreamJobs", "basicConfig",
                "logPath"} & set(shown)


def test_show_adds_the_defaults_of_nodes(client):
    client.make_job("j", nodes=[{"name": "n", "type": "Dummy"}])
    assert show(client)["nodes"] == [{
        "name": "n", "type": "Dummy", "preNodeName": [], "properties": [],
        "pollingInterval": 10, "maxExecutionTime": 60, "retryTimes": 0,
        "retryInterval": 120, "failPolicy": "FAIL", "resources": []}]


def test_only_some_defaults_are_stored(client):
    schedule = depending()
    del schedule["cron"]["dependJobs"]
    body = {"name": "j", "processType": "BATCH", "schedule": schedule,
            "nodes": [{"name": "n", "type": "Dummy"}], "basicConfig": {}}
    assert client.post("/jobs", body).status == 204
    schedule["cron"]["dependJobs"] = {"jobs": []}
    body["nodes"][0].update(maxExecutionTime=60, retryTimes=0, retryInterval=120)
    assert json.loads(exported(client)) == body


def test_unknown_members_come_back(client):
    client.make_job("j", zz={"a": [1, None]}, nodes=[node("n", yy=[], x1="y")])
    shown = show(client)
    assert shown["zz"] == {"a": [1, None]}
    assert (shown["nodes"][0]["yy"], shown["nodes"][0]["x1"]) == ([], "y")


def test_show_with_dependencies_names_the_jobs_downstream(client):
    for name, needed in (("up", []), ("down", ["up"]), ("far", ["down"])):
        client.make_job(name, schedule=depending(*needed))
    downstream = show(client, "up", "?dependencies=true")["downstreamJobs"]
    assert [(d["jobName"], d["jobId"]) for d in downstream] == [
        ("down", show(client, "down")["id"])]
    assert "downstreamJobs" not in show(client, "up", "?dependencies=false")


# ---- update ----

def test_an_update_replaces_the_definition(client):
    client.make_job("j", description="d", params=[{"name": "p", "value": "v"}],
                    nodes=[node("n")], unknown=1, emptyRunningJob="1")
    update(client)
    shown = show(client)
    assert (shown["description"], shown["params"], shown["nodes"]) == ("", [], [])
    assert shown["emptyRunningJob"] == "0" and "unknown" not in shown


KEPT = {"directory": "/etl", "logPath": "obs://logs/a", "basicConfig": {"owner": "ann"}}


@pytest.mark.parametrize("member", KEPT)
def test_an_update_keeps_some_members(client, member):
    client.make_job("j", **KEPT)
    update(client, **{k: v for k, v in KEPT.items() if k != member})
    assert json.loads(exported(client))[member] == KEPT[member]


@pytest.mark.parametrize("member, value", [
    ("directory", "/new"), ("logPath", "obs://new"), ("basicConfig", {"priority": 2})])
def test_an_update_replaces_what_it_names(client, member, value):
    client.make_job("j", **KEPT)
    update(client, **{member: value})
    assert json.loads(exported(client))[member] == value


def test_the_order_of_members_after_an_update(client):
    client.make_job("j", logPath="obs://l", x=1, directory="/d", basicConfig={})
    assert client.put("/jobs/j", {
        "zz": 1, "schedule": {"type": "EXECUTE_ONCE"}, "basicConfig": {"priority": 1},
        "params": [], "processType": "BATCH"}).status == 204
    assert list(json.loads(exported(client))) == [
        "zz", "schedule", "basicConfig", "params", "processType",  # the body's
        "name", "logPath", "directory",                           # kept, as stored
        "nodes"]                                                  # added


def test_an_update_keeps_id_and_time_of_creation(client):
    client.make_job("j")
    before = show(client)
    update(client, id=before["id"])
    shown = show(client)
    assert (shown["id"], shown["createTime"]) == (before["id"], before["createTime"])


def test_an_update_moves_the_time_of_the_last_update(client):
    client.make_job("j")
    first = listed(client)["jobs"][0]
    update(client, description="new")
    second = listed(client)["jobs"][0]
    assert first["lastUpdateTime"] >= first["createTime"] == second["createTime"]
    assert second["lastUpdateTime"] >= first["lastUpdateTime"]


@pytest.mark.parametrize("there, back", [("BATCH", "REAL_TIME"), ("REAL_TIME", "BATCH")])
def test_an_update_changes_the_process_type(client, there, back):
    client.make_job("j", processType=there)
    assert client.put("/jobs/j", job("j", processType=back)).status == 204
    assert names(listed(client, f"?jobType={there}")) == []
    assert names(listed(client, f"?jobType={back}")) == ["j"]
    assert listed(client, f"?jobType={there}")["total"] == 0
    assert listed(client, f"?jobType={back}")["total"] == 1


def test_a_refused_update_changes_nothing(client):
    client.make_job("j", description="old")
    before = exported(client)
    assert client.put("/jobs/j", job("j", description="x" * 256)).code == "DLF.3050"
    assert exported(client) == before


# ---- names in paths ----

ON_ONE_JOB = pytest.mark.parametrize("method, below, body", [
    ("GET", "", None), ("PUT", "", job("j")), ("DELETE", "", None),
    ("POST", "/export", None),
], ids=["show", "update", "delete", "export"])


@ON_ONE_JOB
@pytest.mark.parametrize("name", [
    "gone", "J", "n" * 129, "a%20b", ".", "..", "%2E%2E", "j%2Fx", "a%2Fb", "%C3%A9",
    "j%0A"])
def test_an_unknown_or_impossible_name(client, method, below, body, name):
    client.make_job("j")
    answer = client.call(method, f"/jobs/{name}{below}", body)
    assert (answer.status, answer.code) == (400, "DLF.0100")
    assert answer.json["error_msg"] == "The job does not exists."


@ON_ONE_JOB
@pytest.mark.parametrize("name", ["j%00", "%FF", "%C0%80", "%ED%A0%80", "a%E5%AD"])
def test_a_name_that_is_no_text(client, method, below, body, name):
    answer = client.call(method, f"/jobs/{name}{below}", body)
    assert (answer.status, answer.code) == (400, "DLF.3051")


@pytest.mark.parametrize("name, path", [
    ("j", "%6A"), ("作业", "%E4%BD%9C%E4%B8%9A"), ("作业", "%e4%bd%9c%e4%b8%9a"),
    ("a.b", "a%2Eb"), ("a-b_c", "a%2db%5fc"), ("n" * 128, "n" * 128),
])
def test_names_in_paths_are_decoded_once(client, name, path):
    client.make_job(name)
    assert client.get(f"/jobs/{path}").json["name"] == name
    assert client.put(f"/jobs/{path}", job(name, description="d")).status == 204
    assert client.delete(f"/jobs/{path}").status == 204
    assert client.get(f"/jobs/{path}").code == "DLF.0100"


@pytest.mark.parametrize("name", ["batch-export", "import", "check-file", "instances"])
def test_words_of_the_routes_are_names_too(client, name):
    client.make_job(name)
    assert show(client, name)["name"] == name
    update(client, name, description="d")
    assert client.delete(f"/jobs/{name}").status == 204


@pytest.mark.parametrize("method, path, status", [
    ("GET", "/jobs/", 200), ("GET", "/jobs/j/", 200), ("POST", "/jobs/j/export/", 200),
    ("PUT", "/jobs/j/", 204), ("DELETE", "/jobs/j/", 204), ("GET", "/jobs/?limit=1", 200),
])
def test_one_trailing_slash_is_accepted(client, method, path, status):
    client.make_job("j")
    body = job("j") if method == "PUT" else None
    assert client.call(method, path, body).status == status


# ---- list ----

def test_a_list_of_nothing(client):
    assert listed(client) == {"total": 0, "jobs": []}


def test_a_row_of_the_list(client):
    cron = {"startTime": "2024-03-01T00:00:00+08", "endTime": "2034-03-01T00:00:00+08",
            "expression": "0 0 1 * * ?"}
    client.make_job("j", directory="/etl/", schedule={"type": "CRON", "cron": cron},
                    basicConfig={"owner": "ann", "priority": 2}, singleNodeJobFlag=True)
    row = listed(client)["jobs"][0]
    created, updated = row.pop("createTime"), row.pop("lastUpdateTime")
    assert created == show(client)["createTime"] and type(updated) is int
    assert row == {
        "name": "j", "jobType": "BATCH", "status": "STOPPED", "createUser": "local",
        "owner": "ann", "priority": 2, "endTime": 2024755200000, "path": "/etl/",
        "lastUpdateUser": "local", "singleNodeJobFlag": True}


def test_a_row_without_what_is_unknown(client):
    client.make_job("j", processType="REAL_TIME")
    row = listed(client, "?jobType=REAL_TIME")["jobs"][0]
    assert not {"startTime", "endTime", "lastInstanceStatus", "lastInstanceEndTime"} & set(row)
    assert (row["priority"], row["path"], row["status"]) == (0, "/", "STOPPED")
    assert None not in row.values()


def test_batch_jobs_are_the_default(client):
    client.make_job("b")
    client.make_job("r", processType="REAL_TIME")
    assert names(listed(client)) == names(listed(client, "?jobType=BATCH")) == ["b"]
    assert names(listed(client, "?jobType=REAL_TIME")) == ["r"]


@pytest.fixture(scope="module")
def twelve(server):
    """A client in a project with 12 jobs, and their names as lists order them:
    newest first, and in one millisecond by name."""
    client = server.client(project="twelve-jobs")
    created = [f"job_{i:02}" for i in reversed(range(12))]
    for name in created:
        client.make_job(name)
    return client, created[::-1]


def test_ten_rows_are_the_default(twelve):
    client, ordered = twelve
    rows = listed(client)
    assert (rows["total"], names(rows)) == (12, ordered[:10])


@pytest.mark.parametrize("offset, limit", [
    (0, 1), (0, 100), (5, 3), (10, 10), (11, 1), (12, 10), (1000, 1)])
def test_offset_skips_rows(twelve, offset, limit):
    client, ordered = twelve
    rows = listed(client, f"?offset={offset}&limit={limit}")
    assert (rows["total"], names(rows)) == (12, ordered[offset:offset + limit])


@pytest.mark.parametrize("part, found", [
    ("job_0", 10), ("_1", 2), ("job_07", 1), ("b_0", 10), ("JOB", 0), ("%25", 0),
    ("job*", 0), ("job_%5F", 0), ("", 12), ("%6Fb_1", 2)])
def test_job_name_is_a_part_of_the_name(twelve, part, found):
    client, _ = twelve
    rows = listed(client, f"?jobName={part}&limit=2&offset=0")
    assert (rows["total"], len(rows["jobs"])) == (found, min(found, 2))


def test_the_marks_of_like_are_plain_characters(client):
    client.make_job("a_b")
    client.make_job("axb")
    assert names(listed(client, "?jobName=a_b")) == ["a_b"]


def test_a_chinese_part_of_a_name(client):
    client.make_job("每日作业")
    client.make_job("每周")
    assert names(listed(client, "?jobName=" + quote("日作"))) == ["每日作业"]


def test_newest_first(client):
    for name in ("m", "z", "a"):
        client.make_job(name)
    rows = listed(client)["jobs"]
    assert rows == sorted(rows, key=lambda r: (-r["createTime"], r["name"]))


# ---- delete ----

@pytest.mark.parametrize("body", [None, b"", b"null", b"null\n", {}, {"approvers": None},
                                  {"approvers": [{"approverName": "bob"}]}, {"x": 1}])
def test_delete_takes_an_optional_body(client, body):
    client.make_job("j")
    assert client.delete("/jobs/j", body=body).status == 204
    again = client.delete("/jobs/j", body=body)
    assert (again.status, again.code) == (400, "DLF.0100")


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', {"approvers": "bob"},
                                  {"approvers": ["bob"]}, {"approvers": [{}]},
                                  {"approvers": [{"approverName": 1}]}])
def test_delete_refuses_a_bad_body(client, body):
    client.make_job("j")
    answer = client.delete("/jobs/j", body=body)
    assert (answer.status, answer.code) == (400, "DLF.3051")
    assert show(client)["name"] == "j"


def test_a_job_that_others_depend_on_can_be_deleted(client):
    client.make_job("up")
    client.make_job("j", schedule=depending("up"))
    assert client.delete("/jobs/up").status == 204
    assert show(client)["schedule"]["cron"]["dependJobs"]["jobs"] == ["up"]


def test_ids_are_never_used_again(client):
    client.make_job("j")
    first = show(client)["id"]
    client.delete("/jobs/j")
    client.make_job("j")
    assert show(client)["id"] > first


def test_delete_leaves_the_other_jobs(client):
    for name in ("a", "b", "c"):
        client.make_job(name)
    client.delete("/jobs/b")
    assert sorted(names(listed(client))) == ["a", "c"]
    assert listed(client)["total"] == 2


# ---- several at once ----

def at_once(calls):
    """The answers to calls that are made at the same time."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(lambda call: call(), calls))


def outcomes(answers):
    return Counter(a.status if a.status == 204 else a.code for a in answers)


def test_one_of_many_creates_of_a_name_is_done(client):
    answers = at_once([lambda: client.post("/jobs", job("j"))] * 16)
    assert outcomes(answers) == {204: 1, "DLF.0102": 15}
    assert listed(client)["total"] == 1


def test_one_of_many_deletes_is_done(client):
    client.make_job("j")
    answers = at_once([lambda: client.delete("/jobs/j")] * 16)
    assert outcomes(answers) == {204: 1, "DLF.0100": 15}
    assert listed(client)["total"] == 0


def test_all_of_many_updates_are_done(client):
    client.make_job("j")
    bodies = [job("j", description=str(i)) for i in range(16)]
    answers = at_once([lambda b=b: client.put("/jobs/j", b) for b in bodies])
    assert outcomes(answers) == {204: 16}
    assert show(client)["description"] in [b["description"] for b in bodies]


def test_many_creates_of_different_names(client):
    answers = at_once([lambda i=i: client.post("/jobs", job(f"j{i}")) for i in range(32)])
    assert outcomes(answers) == {204: 32}
    assert listed(client)["total"] == 32


# ---- quota ----

@pytest.fixture(scope="module")
def three(tmp_path_factory):
    """A server where a workspace holds at most three jobs."""
    running = Server(tmp_path_factory.mktemp("three"), "--max-jobs", "3")
    yield running
    assert running.stop() == 0, running.log


def test_the_quota_of_jobs(three):
    client = three.client(project="quota")
    client.make_job("a")
    client.make_job("b", processType="REAL_TIME")
    client.make_job("c")
    full = client.post("/jobs", job("d"))
    assert (full.status, full.code) == (400, "DLF.0101")
    assert full.json["error_msg"] == "The job quota has reached the upper limit."
    update(client, "a", description="updates go on")
    assert client.delete("/jobs/b").status == 204
    client.make_job("d")
    assert client.post("/jobs", job("e")).code == "DLF.0101"


def test_each_workspace_has_its_quota(three):
    other = admin_workspace(three, "create", "other", project="each").stdout.strip()
    for workspace in (None, other):
        client = three.client(project="each", workspace=workspace)
        for name in ("a", "b", "c"):
            client.make_job(name)
        assert client.post("/jobs", job("d")).code == "DLF.0101"


def test_the_quota_holds_when_many_create_at_once(three):
    client = three.client(project="at-once")
    answers = at_once([lambda i=i: client.post("/jobs", job(f"j{i}")) for i in range(16)])
    assert outcomes(answers) == {204: 3, "DLF.0101": 13}
    assert listed(client)["total"] == 3


def test_scripts_do_not_count_as_jobs(three):
    client = three.client(project="scripts")
    for name in ("a", "b", "c", "d"):
        client.make_script(name)
    client.make_job("j")
