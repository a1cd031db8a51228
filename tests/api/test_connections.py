"""Connections: what the operations do."""

import json

import pytest

from harness import admin_workspace
from test_fields_connection import BASE, CONFIG

MASK = "*" * 9


def make(client, name="c", **members):
    answer = client.post("/connections", {**BASE, "name": name, **members})
    assert (answer.status, answer.body) == (204, b""), answer


def show(client, name="c"):
    answer = client.get("/connections/" + name)
    assert answer.status == 200, answer
    return answer.json


def test_the_example_of_the_contract(client):
    body = {"name": "dws_main", "type": "DWS", "config": {
        "clusterName": "wh1", "userName": "etl", "password": "S3cret!", "sslEnable": False,
        "kmsKey": "k1", "agentName": "cdm1"}, "description": "warehouse"}
    assert client.post("/connections", body).status == 204
    body["config"]["password"] = MASK
    assert show(client, "dws_main") == body
    answer = client.put("/connections/dws_main?ischeck=false",
                        {"name": "dws_main", "type": "DLI"})
    assert (answer.code, answer.json["error_msg"]) == \
        ("DLF.6323", "The connection type cannot be modified.")
    answer = client.post("/connections/export")
    assert answer.names == ["connections/dws_main.conn"]
    assert client.delete("/connections/dws_main").status == 204
    assert client.get("/connections/dws_main").code == "DLF.6322"


def test_a_name_is_taken_once(client):
    make(client)
    answer = client.post("/connections", BASE)
    assert (answer.code, answer.json["error_msg"]) == ("DLF.6309", "The name already exists.")


def test_a_workspace_has_one_dli_connection(server, client):
    dli = {"name": "a", "type": "DLI"}
    assert client.post("/connections", dli).status == 204
    assert client.post("/connections", {**dli, "name": "b"}).code == "DLF.6271"
    assert client.post("/connections", dli).code == "DLF.6309"
    made = admin_workspace(server, "create", "other", project=client.project).stdout.strip()
    other = server.client(project=client.project, workspace=made)
    assert other.post("/connections", dli).status == 204
    assert client.delete("/connections/a").status == 204
    assert client.post("/connections", {**dli, "name": "b"}).status == 204


@pytest.mark.parametrize("operate", [
    lambda c: c.get("/connections/gone"), lambda c: c.put("/connections/gone", {}),
    lambda c: c.delete("/connections/gone"), lambda c: c.get("/connections/a%20b"),
    lambda c: c.post("/connections/export")])
def test_what_is_unknown(client, operate):
    answer = operate(client)
    assert (answer.status, answer.code) == (400, "DLF.6322")


def test_the_words_of_routes_are_names_too(client):
    for name in ("export", "import"):
        make(client, name)
        assert show(client, name)["name"] == name
        assert client.delete("/connections/" + name).status == 204


def test_an_update_merges_members_and_keys(client):
    make(client)
    update = {"config": {"userName": "bob", "new": 1.50, "extra": None}, "more": True}
    assert client.put("/connections/c", json.dumps(update)).status == 204
    shown = show(client)
    expected = {**CONFIG, "userName": "bob", "new": 1.5, "password": MASK}
    del expected["extra"]
    assert shown["config"] == expected
    assert (shown["description"], shown["unknown"], shown["more"]) == ("d", [1], True)
    assert client.put("/connections/c").status == 204
    assert show(client) == shown


def test_what_is_required_stays_required(client):
    make(client)
    answer = client.put("/connections/c", {"config": {"userName": None}})
    assert answer.code == "DLF.3051" and "config.userName" in answer.detail
    assert show(client)["config"]["userName"] == "etl"


@pytest.mark.parametrize("query, status", [
    ("", 204), ("?ischeck=false", 204), ("?ischeck=true", 400), ("?ischeck=x", 400)])
def test_connections_are_not_tested(client, query, status):
    make(client)
    answer = client.put("/connections/c" + query, {"description": "new"})
    assert answer.status == status
    if query.endswith("true"):
        assert answer.code == "DLF.6423" and "not tested by this version" in answer.detail
    assert (show(client)["description"] == "new") == (status == 204)


def test_the_list(client):
    for i in range(12):
        make(client, f"c{i:02}", description=str(i))
    page = client.get("/connections").json
    assert (page["total"], len(page["connections"])) == (12, 10)
    page = client.get("/connections?limit=100&offset=10").json
    assert (page["total"], len(page["connections"])) == (12, 2)
    page = client.get("/connections?connectionName=c0&limit=100").json
    assert (page["total"], len(page["connections"])) == (10, 10)
    assert all(row["config"]["password"] == MASK for row in page["connections"])
    assert client.get("/connections?limit=0").code == "DLF.3051"
    assert client.get("/connections?offset=99").json == {"total": 12, "connections": []}


# ---- export ----

def test_an_export_holds_all_without_secrets(client):
    for name in ("b", "a"):
        make(client, name)
    client.post("/connections", {"name": "z", "type": "DLI"})
    answer = client.post("/connections/export")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == \
        'attachment; filename="DLF_All_DataConnections.zip"'
    assert answer.headers["X-Dlf-Export-Counts"] == "connections=3"
    assert answer.names == [f"connections/{n}.conn" for n in "abz"]
    stored = json.loads(answer.zip.read("connections/a.conn"))
    expected = {**BASE, "name": "a", "config": {**CONFIG}}
    del expected["config"]["password"]
    assert stored == expected and list(stored) == list(expected)
    assert client.post("/connections/export", {"ignored": 1}).body == answer.body


def test_its_tag_is_that_of_the_definitions(client):
    make(client)
    first = client.post("/connections/export")
    answer = client.post("/connections/export",
                         headers={"If-None-Match": first.headers["ETag"]})
    assert answer.status == 412
    client.put("/connections/c", {"config": {"password": "another"}})
    assert client.post("/connections/export").headers["ETag"] == first.headers["ETag"]
    client.put("/connections/c", {"description": "new"})
    assert client.post("/connections/export").headers["ETag"] != first.headers["ETag"]


def test_the_go_sdk_gets_202(client):
    make(client)
    answer = client.post("/connections/export", headers={"User-Agent": "golangsdk/2.0.0"})
    assert answer.status == 202


def test_an_export_of_jobs_has_no_connections(client):
    make(client)
    client.make_job("j")
    assert client.export(["j"]).names == ["jobs/j/j.job"]


def test_a_workspace_with_a_connection_is_not_empty(server, client):
    made = admin_workspace(server, "create", "other", project=client.project).stdout.strip()
    make(server.client(project=client.project, workspace=made))
    gone = admin_workspace(server, "delete", "other", project=client.project)
    assert gone.returncode == 1 and "--force" in gone.stderr
    gone = admin_workspace(server, "delete", "other", "--force", project=client.project)
    assert gone.returncode == 0


def test_conditional_saves(client):
    make(client)
    tag = client.get("/connections/c").headers["ETag"]
    assert client.put("/connections/c", {"description": "x"},
                      headers={"If-Match": tag}).status == 204
    for answer in (client.put("/connections/c", {}, headers={"If-Match": tag}),
                   client.delete("/connections/c", headers={"If-Match": tag})):
        assert answer.status == 412


def test_an_update_of_very_many_keys(server, client):
    """Time is not their number squared."""
    impatient = server.client(project=client.project, timeout=30)
    config = {f"k{i}": "old" for i in range(60_000)}
    assert impatient.post("/connections", {"name": "many", "type": "DLI", "config": config}).status == 204
    new = {**{f"k{i}": "new" for i in range(0, 60_000, 2)}, **{f"n{i}": "new" for i in range(60_000)}}
    assert impatient.put("/connections/many", {"name": "many", "type": "DLI", "config": new}).status == 204
    held = impatient.get("/connections/many").json["config"]
    assert list(held) == list(config) + [key for key in new if key[0] == "n"]
    assert held["k0"] == "new" and held["k1"] == "old"
