"""A project that was deleted stays deleted, whatever was under way; and whose the projects
are that were written without sign-in."""

import time

import pytest

from archives import put_object, zipped
from harness import job, script
from held import catalogue, held, large, until_writer_waits
from signer import admin, client_of, credentials, get_token


@pytest.fixture
def house(start):
    server = start("--auth", "on")
    first = credentials(server.data)
    return server, first, admin(server, "project", "create", "second").strip()


def projects(server):
    return {line.split()[0]: line.split()[1:] for line in admin(server, "project", "list").splitlines()}


def client_in(server, first, project):
    token = get_token(server.client(), "admin", first["Password"], project=project)
    return client_of(server, token, project)


def status(client, task):
    return client.get(f"/system-tasks/{task}").json["status"]


@pytest.mark.parametrize("path, body", [
    ("/jobs", job("zombie")), ("/scripts", script("zombie")), ("/jobs/import", None)])
def test_what_is_under_way_brings_no_project_back(house, start, path, body):
    server, first, project = house
    client = client_in(server, first, project)
    if not body:
        body = {"path": put_object(server, zipped({"j.job": '{"name": "j", "nodes": []}'}))}
    under_way = held(client, "POST", path, body)
    admin(server, "project", "delete", project, "--force")
    assert under_way.finish().status in (401, 403)
    assert projects(server).keys() == {first["Project Id"]}
    assert server.stop() == 0
    again = start("--auth", "on", data=server.data)
    assert projects(again).keys() == {first["Project Id"]}
    mine = client_in(again, first, first["Project Id"]).request("GET", "/v3/projects").json
    assert [row["id"] for row in mine["projects"]] == [first["Project Id"]]


DELETE = ("DELETE FROM object WHERE workspace IN (SELECT id FROM workspace WHERE project = ?)",
          "DELETE FROM workspace WHERE project = ?", "DELETE FROM token WHERE project = ?",
          "DELETE FROM project WHERE id = ?")


def test_a_write_that_waits_brings_no_project_back(house):
    """The writer is held until the save waits for it, and the project is gone by then."""
    server, first, project = house
    client = client_in(server, first, project)
    under_way = held(client, "POST", "/jobs", job("zombie"))
    with catalogue(server) as db:
        under_way.send()
        until_writer_waits(server)
        for sql in DELETE:
            db.execute(sql, (project,))
        db.execute("COMMIT")
        assert under_way.finish().status in (401, 403)
        assert db.execute("SELECT count(*) FROM project WHERE id = ?", (project,)).fetchone() == (0,)


def test_a_queued_import_brings_no_project_back(house):
    server, first, project = house
    boss, client = client_in(server, first, first["Project Id"]), client_in(server, first, project)
    path = put_object(server, large(2000))
    before = boss.post("/jobs/import", {"path": path}).json["taskId"]
    queued = client.post("/jobs/import", {"path": put_object(server, large(1), "small.zip")}).json["taskId"]
    with catalogue(server) as db:
        assert status(boss, before) == status(client, queued) == "RUNNING", "the second one waits"
        for sql in DELETE:
            db.execute(sql, (project,))
        db.execute("COMMIT")
    after = boss.post("/jobs/import", {"path": path}).json["taskId"]
    while "RUNNING" in (status(boss, before), status(boss, after)):
        time.sleep(0.1)
    assert status(boss, before) == "SUCCESSFUL"
    assert projects(server).keys() == {first["Project Id"]}


@pytest.mark.parametrize("call", [("workspace", "create", "w"), ("cdm-cluster", "create", "c")])
def test_administration_makes_no_project_by_the_way(house, call):
    server, first, project = house
    admin(server, "project", "delete", project)
    assert "no project of that id" in admin(server, *call, "--project", project, status=1)
    assert projects(server).keys() == {first["Project Id"]}


def test_projects_are_adopted_at_the_first_sign_in_only(house, start):
    server, first, project = house
    assert server.stop() == 0
    without = start(data=server.data)
    without.client(project="late").make_job("j")
    assert without.stop() == 0
    again = start("--auth", "on", data=server.data)
    assert projects(again)["late"] == []
    client = client_in(again, first, first["Project Id"])
    assert client_of(again, client.token, "late").get("/jobs/j").code == "APIGW.0306"
    listed = client.request("GET", "/v3/projects").json["projects"]
    assert [row["id"] for row in listed] == [first["Project Id"], project]
    # Not even when nothing of the domain is left, or nobody.
    for one in (first["Project Id"], project):
        admin(again, "project", "delete", one, "--force")
    admin(again, "user", "delete", "admin")
    assert again.stop() == 0
    again = start("--auth", "on", data=server.data)
    found = projects(again)
    assert found.pop("late") == [] and len(found) == 1
    assert found.keys() == {credentials(again.data)["Project Id"]}
    # Without sign-in it is there as before.
    assert again.stop() == 0
    assert start(data=server.data).client(project="late").get("/jobs/j").status == 200


def test_without_sign_in_the_first_write_makes_a_project(client):
    client.make_job("j")
    assert client.get("/jobs/j").status == 200
