"""`dlfd admin check` names what objects name and the catalogue does not have, as an import's plan does."""

import json
import re

import pytest

from archives import put_object, zipped
from harness import Client, admin_workspace, dlfd, job, link, node, script, values


def check(data):
    done = dlfd("admin", "check", "--data", data)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout.splitlines()


def dangling(lines):
    """The lines of names, those of workspaces, and the number in the last line."""
    names = [line.removeprefix("dangling: ") for line in lines if line.startswith("dangling: ")]
    sums = [line for line in lines if line.startswith("dangling in")]
    return names, sums, int(re.search(r"(\d+) dangling", lines[-1]).group(1))


JOBS = {
    "script": lambda name: [node("a", "DWSSQL", {"scriptName": name})],
    "resource": lambda name: [node("a", "MRSSpark", {"resourcePath": name})],
    "CDM job": lambda name: [node("a", "CDMJob", {"clusterName": "default", "jobName": name})],
    "connection": lambda name: [node("a", "DWSSQL", {"statementOrScript": "STATEMENT", "statement": "select 1", "connectionName": name})],
}


def depending(name, on):
    return job(name, schedule={"type": "CRON", "cron": {
        "startTime": "2026-01-01T00:00:00+08", "expression": "0 0 0 * * ?", "expressionTimeZone": "GMT+8",
        "intervalType": "DAY", "dependPrePeriod": False,
        "dependJobs": {"jobs": [on], "dependPeriod": "SAME_PERIOD", "dependFailPolicy": "IGNORE"}}})


def leave(client, body):
    """Saves a job; one that waits for `gone` while that job exists yet."""
    waits = "dependJobs" in json.dumps(body)
    if waits:
        client.make_job("gone")
    assert client.post("/jobs", body).status == 204
    if waits:
        assert client.delete("/jobs/gone").status == 204


def test_what_is_named_and_exists_does_not_dangle(start):
    server = start()
    client = server.client()
    client.make_script("s", connectionName="dws")
    client.make_resource("r")
    client.make_cdm_job("c")
    for name in ("mysql", "obs"):
        assert client.cdm("POST", "/link", {"links": [link(name)]}).status == 200
    assert client.post("/connections", {"name": "dws", "type": "DWS", "config": {
        "clusterName": "c", "sslEnable": True, "userName": "u", "password": "p", "kmsKey": "k", "agentName": "a"}}).status == 204
    named = {"script": "s", "resource": "r", "CDM job": "c", "connection": "dws"}
    client.make_job("all", nodes=[{**make(named[kind])[0], "name": f"n{i}"} for i, (kind, make) in enumerate(JOBS.items())])
    assert client.post("/jobs", depending("later", "all")).status == 204
    assert dangling(check(server.data)) == ([], [], 0)


@pytest.mark.parametrize("kind", [*JOBS, "job"])
def test_a_job_names_what_does_not_exist(start, kind):
    server = start()
    client = server.client()
    leave(client, depending("j", "gone") if kind == "job" else job("j", nodes=JOBS[kind]("gone")))
    shown = "default/gone" if kind == "CDM job" else "gone"
    names, sums, n = dangling(check(server.data))
    assert names == [f"job j of project {client.project}, workspace default names {kind} {shown}"]
    assert sums == [f"dangling in workspace default of project {client.project}: 1 {kind}"] and n == 1


def test_a_script_names_a_connection_that_does_not_exist(start):
    server = start()
    client = server.client()
    client.make_script("s", connectionName="gone")
    assert dangling(check(server.data)) == (
        [f"script s of project {client.project}, workspace default names connection gone"],
        [f"dangling in workspace default of project {client.project}: 1 connection"], 1)


def test_a_cdm_job_names_links_that_do_not_exist(start):
    server = start()
    client = server.client()
    client.make_cdm_job("load")
    assert client.cdm("POST", "/link", {"links": [link("mysql", **{"link-config-values": values("linkConfig")})]}).status == 200
    assert dangling(check(server.data)) == (
        [f"CDM job load of project {client.project} names link default/obs"],
        [f"dangling in CDM of project {client.project}: 1 link"], 1)


def test_each_workspace_has_its_own(start):
    """What another workspace has does not count; an object that names one twice counts once."""
    server = start()
    uid = admin_workspace(server, "create", "dev").stdout.strip()
    here, there = server.client(), server.client(workspace=uid)
    here.make_script("s", connectionName="dws")
    twice = [node(n, "DWSSQL", {"scriptName": "s", "connectionName": "dws"}) for n in "ab"]
    for client in (here, there):
        client.make_job("j", nodes=twice)
    lines = check(server.data)
    project = here.project
    names, sums, n = dangling(lines)
    assert sorted(names) == sorted([
        f"job j of project {project}, workspace default names connection dws",
        f"script s of project {project}, workspace default names connection dws",
        f"job j of project {project}, workspace dev names connection dws",
        f"job j of project {project}, workspace dev names script s"])
    assert sums == [f"dangling in workspace default of project {project}: 2 connections",
                    f"dangling in workspace dev of project {project}: 1 script, 1 connection"]
    assert n == 4


def test_check_counts_what_a_plan_counts(start):
    """The plan of an import tells the same of the same jobs."""
    server = start()
    plain = server.client()
    bodies = [job(f"j{i}", nodes=make("gone")) for i, make in enumerate(JOBS.values())] + [depending("later", "gone")]
    files = {f"{body['name']}.job": json.dumps(body) for body in bodies}
    files["s.script"] = json.dumps(script("s", connectionName="gone"))
    planning = Client(server, project="f" * 32)
    path = put_object(server, zipped(files))
    plan = planning.post("/jobs/import", {"path": path, "dryRun": True}).json["dangling"]
    for body in bodies:
        leave(plain, body)
    plain.make_script("s", connectionName="gone")
    names, _, n = dangling(check(server.data))
    assert n == len(names) == len(plan) == 6
    shown = {"cdm": "CDM job"}
    assert sorted(re.search(r" names (.*)", line).group(1) for line in names) == sorted(
        f"{shown.get(one['kind'], one['kind'])} {one['name']}" for one in plan)


def test_a_hostile_name_is_shown_without_its_controls(start):
    server = start()
    server.client().make_job("j", nodes=[node("a", "DWSSQL", {"scriptName": "a\x1b[2J\u202eb\nc"})])
    names, _, n = dangling(check(server.data))
    assert n == 1 and re.search(r"names script a\\u001b\[2J\\u202eb\\u000ac", names[0]), names
