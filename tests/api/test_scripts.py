"""Scripts: create, update, list, show, delete.

What each field takes is in test_fields_script.py; here is what the operations do.
"""

import json
import time

import pytest

from harness import Server, admin_workspace, job, node, quote, script


def show(client, name="s"):
    answer = client.get("/scripts/" + quote(name))
    assert answer.status == 200, answer
    return answer.json


def exported(client, name="s"):
    """The script's file, out of the export of a job that needs it."""
    client.make_job("j", nodes=[node("n", "DWSSQL", {"scriptName": name})])
    archive = client.export_one("j").zip
    assert client.delete("/jobs/j").status == 204
    return archive.read(f"scripts/{name}.script").decode()


def stored(client, name="s"):
    return json.loads(exported(client, name))


def update(client, members, name="s"):
    answer = client.put("/scripts/" + quote(name), members)
    assert answer.status == 204, answer


def listed(client, query=""):
    answer = client.get("/scripts" + query)
    assert answer.status == 200, answer
    return answer.json


def names(rows):
    return [row["name"] for row in rows["scripts"]]


# ---- create ----

@pytest.mark.parametrize("operate", [
    lambda c: c.post("/scripts", script("new")),
    lambda c: c.put("/scripts/s", script("s")),
    lambda c: c.delete("/scripts/s"),
], ids=["create", "update", "delete"])
def test_success_without_a_body(client, operate):
    client.make_script("s")
    answer = operate(client)
    assert (answer.status, answer.body) == (204, b"")
    assert "Content-Type" not in answer.headers


def test_the_examples_of_the_contract(client):
    body = {"name": "say_hi", "type": "Shell", "content": "echo hi $1",
            "connectionName": "box1", "directory": "/ops", "description": "greeting"}
    assert client.post("/scripts", body).status == 204
    refused = client.post("/scripts", {"name": "x", "content": "select 1"})
    assert (refused.status, refused.json["error_code"], refused.json["error_msg"]) == (
        400, "DLF.6247", "The script type is not specified.")
    update(client, {"content": "echo hello $1", "connectionName": "box1"}, "say_hi")
    shown = show(client, "say_hi")
    assert {k: shown[k] for k in body} == {**body, "content": "echo hello $1"}


def test_a_name_is_taken_once(client):
    client.make_script("s")
    again = client.post("/scripts", script("s", directory="/elsewhere"))
    assert (again.status, again.code) == (400, "DLF.0202")
    assert again.json["error_msg"] == "The script name has been used by another script."
    client.make_script("S")


def test_scripts_and_jobs_have_names_of_their_own(client):
    client.make_script("same")
    client.make_job("same")
    assert listed(client)["total"] == 1


@pytest.mark.parametrize("content", [
    "", "字 😀", 'a"b\\c/d', "tab\there\nand\r\n", "\x01\x1f\x7f", "\u2028", "</script>",
    "null", " "])
def test_content_comes_back_as_it_was(client, content):
    client.make_script("s", content=content)
    assert show(client)["content"] == content
    assert stored(client)["content"] == content


def test_what_is_null_is_not_stored(client):
    client.make_script("s", description=None, database=None, unknown=None)
    file = stored(client)
    assert not {"description", "database", "currentDatabase"} & set(file)
    assert file["unknown"] is None


# ---- currentDatabase ----

@pytest.mark.parametrize("sent, kept", [
    ({"database": "a"}, {"database": "a", "currentDatabase": "a"}),
    ({"currentDatabase": "b"}, {"currentDatabase": "b", "database": "b"}),
    ({"database": "a", "currentDatabase": "b"}, {"database": "a", "currentDatabase": "b"}),
    ({"database": ""}, {"database": "", "currentDatabase": ""}),
    ({}, {}),
])
def test_a_script_has_both_databases_or_none(client, sent, kept):
    body = {"name": "s", "type": "DWSSQL", "content": "x", "connectionName": "c", **sent}
    assert client.post("/scripts", body).status == 204
    assert list(stored(client).items())[4:] == list(kept.items())


def test_every_save_sets_the_current_database_that_it_does_not_have(client):
    client.make_script("s", database="a", currentDatabase="b")
    update(client, {"content": "new"})
    assert show(client)["currentDatabase"] == "a"


@pytest.mark.parametrize("sent, kept", [
    ({"database": "new"}, ("new", "new")),
    ({"database": "new", "currentDatabase": "other"}, ("new", "other")),
    ({"currentDatabase": "other"}, ("sales", "other")),
    ({"content": "x"}, ("sales", "sales")),
])
def test_an_update_moves_the_current_database_with_the_database(client, sent, kept):
    client.make_script("s", database="sales")
    update(client, sent)
    shown = show(client)
    assert (shown["database"], shown["currentDatabase"]) == kept


# ---- show ----

def test_show_has_every_member(client):
    assert client.post("/scripts", {"name": "s", "type": "FlinkSQL", "content": "x"}
                       ).status == 204
    shown = show(client)
    uid = shown.pop("id")
    shown.pop("version", None)  # of the latest submit, which there is none of
    assert isinstance(uid, str) and uid
    assert shown == {
        "name": "s", "type": "FlinkSQL", "content": "x", "directory": "/",
        "connectionName": "", "database": "", "queueName": "", "configuration": {},
        "description": "", "owner": "local", "createUser": "local",
        "autoAcquireLock": True}


def test_ids_tell_scripts_apart(client):
    client.make_script("a")
    client.make_script("b")
    assert show(client, "a")["id"] != show(client, "b")["id"]


def test_an_update_keeps_the_id(client):
    client.make_script("s")
    before = show(client)["id"]
    update(client, {"content": "new"})
    assert show(client)["id"] == before


def test_approval_is_never_returned(client):
    client.make_script("s", targetStatus="SUBMITTED", approvers=[{"approverName": "a"}])
    assert not {"targetStatus", "approvers"} & (set(show(client)) | set(stored(client)))


def test_the_servers_members_are_not_exported(client):
    client.make_script("s", id="1", version=2, owner="o", createUser="c",
                       autoAcquireLock=True)
    assert list(stored(client)) == ["name", "type", "content", "connectionName",
                                    "database", "currentDatabase"]


@pytest.mark.parametrize("workspace, code", [(None, "DLF.6201"), ("f" * 32, "DLF.0819")])
def test_show_says_in_an_array_that_a_script_is_gone(server, client, workspace, code):
    """Terraform's script resource reads nothing but this array."""
    answer = server.client(project=client.project, workspace=workspace).get("/scripts/gone")
    assert (answer.status, answer.code) == (400, code)
    assert answer.json["errors"] == [{"error_code": code,
                                      "error_msg": answer.json["error_msg"]}]


# ---- update ----

def test_an_update_without_members_changes_nothing(client):
    client.make_script("s", description="d", unknown=[1])
    before = exported(client)
    update(client, {})
    assert exported(client) == before


@pytest.mark.parametrize("member, value", [
    ("content", "new"), ("directory", "/update"), ("connectionName", "other"),
    ("queueName", "q"), ("configuration", {"a": "b"}), ("description", "new"),
    ("unknown", {"x": 1}), ("description", ""), ("configuration", {}), ("content", "")])
def test_an_update_changes_the_members_that_it_has(client, member, value):
    client.make_script("s", directory="/basic", description="d", configuration={"k": "v"},
                       queueName="old", unknown=1)
    before = stored(client)
    update(client, {member: value})
    assert stored(client) == {**before, member: value}


def test_the_order_of_members_after_an_update(client):
    assert client.post("/scripts", {
        "zz": 1, "content": "old", "name": "s", "type": "DWSSQL",
        "connectionName": "c"}).status == 204
    update(client, {"new": 1, "description": "d", "content": "new", "zz": 2})
    assert list(stored(client).items()) == [
        ("zz", 2), ("content", "new"), ("name", "s"), ("type", "DWSSQL"),
        ("connectionName", "c"), ("new", 1), ("description", "d")]


@pytest.mark.parametrize("member, value", [("name", "t"), ("name", "S"),
                                           ("type", "Shell"), ("type", "DWS SQL")])
def test_name_and_type_are_immutable(client, member, value):
    client.make_script("s")
    before = exported(client)
    refused = client.put("/scripts/s", {"content": "new", member: value})
    assert (refused.status, refused.code) == (400, "DLF.0203")
    assert refused.json["error_msg"] == "The script fails to be modified."
    assert refused.detail.startswith(member + ":")
    assert exported(client) == before


def test_a_flink_script_may_lose_its_connection(client):
    client.make_script("s", type="FlinkSQL", connectionName="c")
    update(client, {"connectionName": ""})
    assert show(client)["connectionName"] == ""


# ---- names in paths ----

ON_ONE_SCRIPT = pytest.mark.parametrize("method, body", [
    ("GET", None), ("PUT", {"content": "x"}), ("DELETE", None)],
    ids=["show", "update", "delete"])


@ON_ONE_SCRIPT
@pytest.mark.parametrize("name", ["gone", "S", "n" * 129, "a%20b", ".", "..", "%2E%2E",
                                  "a%2Fs", "%C3%A9"])
def test_an_unknown_or_impossible_name(client, method, body, name):
    client.make_script("s")
    answer = client.call(method, "/scripts/" + name, body)
    assert (answer.status, answer.code) == (400, "DLF.6201")
    assert answer.json["error_msg"] == "The script does not exist."


@ON_ONE_SCRIPT
@pytest.mark.parametrize("name", ["s%00", "%FF", "%C0%80"])
def test_a_name_that_is_no_text(client, method, body, name):
    answer = client.call(method, "/scripts/" + name, body)
    assert (answer.status, answer.code) == (400, "DLF.3051")


@pytest.mark.parametrize("name, path", [
    ("s", "%73"), ("脚本", "%E8%84%9A%E6%9C%AC"), ("a.b", "a%2Eb"), ("dws_sql", "dws%5Fsql")])
def test_names_in_paths_are_decoded_once(client, name, path):
    client.make_script(name)
    assert client.get(f"/scripts/{path}").json["name"] == name
    update(client, {"content": "new"}, name)
    assert client.delete(f"/scripts/{path}").status == 204
    assert client.get(f"/scripts/{path}").code == "DLF.6201"


@pytest.mark.parametrize("method, path, status", [
    ("GET", "/scripts/", 200), ("GET", "/scripts/s/", 200), ("PUT", "/scripts/s/", 204),
    ("DELETE", "/scripts/s/", 204)])
def test_one_trailing_slash_is_accepted(client, method, path, status):
    client.make_script("s")
    body = {"content": "new"} if method == "PUT" else None
    assert client.call(method, path, body).status == status


# ---- list ----

def test_a_list_of_nothing(client):
    assert listed(client) == {"total": 0, "scripts": []}


def test_a_row_is_what_show_gives_but_for_the_lock(client):
    client.make_script("s", unknown={"a": 1}, description="d")
    shown = show(client)
    assert shown.pop("autoAcquireLock") is True
    assert listed(client) == {"total": 1, "scripts": [shown]}


@pytest.fixture(scope="module")
def twelve(server):
    """A client in a project with 12 scripts, and their names as lists order them:
    newest first, and in one millisecond by name."""
    client = server.client(project="twelve-scripts")
    created = [f"sql_{i:02}" for i in reversed(range(12))]
    for name in created:
        client.make_script(name)
    return client, created[::-1]


def test_ten_rows_are_the_default(twelve):
    client, ordered = twelve
    rows = listed(client)
    assert (rows["total"], names(rows)) == (12, ordered[:10])


@pytest.mark.parametrize("offset, limit", [(0, 1), (0, 100), (5, 3), (11, 5), (12, 10)])
def test_offset_skips_rows(twelve, offset, limit):
    client, ordered = twelve
    rows = listed(client, f"?offset={offset}&limit={limit}")
    assert (rows["total"], names(rows)) == (12, ordered[offset:offset + limit])


@pytest.mark.parametrize("part, found", [
    ("sql_0", 10), ("_1", 2), ("sql_07", 1), ("SQL", 0), ("%25", 0), ("", 12)])
def test_script_name_is_a_part_of_the_name(twelve, part, found):
    client, _ = twelve
    rows = listed(client, f"?scriptName={part}&limit=2")
    assert (rows["total"], len(rows["scripts"])) == (found, min(found, 2))


def test_a_long_list_of_long_contents(client):
    content = "字" * 400_000
    for i in range(12):
        client.make_script(f"s{i:02}", content=content + str(i))
    rows = listed(client, "?limit=100")
    assert rows["total"] == 12
    assert sorted(row["content"][400_000:] for row in rows["scripts"]) == sorted(
        str(i) for i in range(12))


# ---- delete ----

@pytest.mark.parametrize("body", [None, b"", b"null", {}, {"x": 1},
                                  {"approvers": [{"approverName": "bob"}]}])
def test_delete_takes_an_optional_body(client, body):
    client.make_script("s")
    assert client.delete("/scripts/s", body=body).status == 204
    again = client.delete("/scripts/s", body=body)
    assert (again.status, again.code) == (400, "DLF.6201")


@pytest.mark.parametrize("body", [b"{", b"[]", {"approvers": "bob"}, {"approvers": [{}]}])
def test_delete_refuses_a_bad_body(client, body):
    client.make_script("s")
    answer = client.delete("/scripts/s", body=body)
    assert (answer.status, answer.code) == (400, "DLF.3051")
    assert show(client)["name"] == "s"


def test_a_script_that_a_job_needs_can_be_deleted(client):
    client.make_script("s")
    assert client.post("/jobs", job("j", nodes=[node("n", "DWSSQL", {"scriptName": "s"})])
                       ).status == 204
    assert client.delete("/scripts/s").status == 204
    answer = client.export_one("j")
    assert (answer.status, answer.names) == (200, ["jobs/j.job"])


# ---- quota ----

@pytest.fixture(scope="module")
def three(tmp_path_factory):
    """A server where a workspace holds at most three scripts."""
    running = Server(tmp_path_factory.mktemp("three"), "--max-scripts", "3")
    yield running
    assert running.stop() == 0, running.log


def test_the_quota_of_scripts(three):
    client = three.client(project="quota")
    for name in ("a", "b", "c"):
        client.make_script(name)
    full = client.post("/scripts", script("d"))
    assert (full.status, full.code) == (400, "DLF.6253")
    assert full.json["error_msg"] == "The script quota has reached the upper limit."
    update(client, {"content": "updates go on"}, "a")
    assert client.delete("/scripts/b").status == 204
    client.make_script("d")
    assert client.post("/scripts", script("e")).code == "DLF.6253"


def test_each_workspace_has_its_quota(three):
    other = admin_workspace(three, "create", "other", project="each").stdout.strip()
    for workspace in (None, other):
        client = three.client(project="each", workspace=workspace)
        for name in ("a", "b", "c"):
            client.make_script(name)
        assert client.post("/scripts", script("d")).code == "DLF.6253"


# ---- the list that Terraform reads: GET /v2/{project_id}/factory/scripts ----

def listed_v2(client, query=""):
    answer = client.request("GET", f"/v2/{client.project}/factory/scripts{query}")
    assert answer.status == 200, answer
    return answer.json


ROW_V2 = {"name": "s", "type": "DLISQL", "directory": "/a", "connection_name": "c",
          "database": "d", "queue_name": "q", "configuration": {"spark.sql.x": "1"},
          "description": "of a"}


def test_a_row_of_the_v2_list_has_all_members_in_snake_case(client):
    client.post("/scripts", {"name": "s", "type": "DLISQL", "content": "select 1;",
                             "directory": "/a", "connectionName": "c", "database": "d",
                             "queueName": "q", "configuration": {"spark.sql.x": "1"},
                             "description": "of a", "owner": "ann"})
    before = time.time()
    (row,) = listed_v2(client)["scripts"]
    assert row["id"] == show(client)["id"]
    assert abs(row.pop("modify_time") / 1000 - before) < 60
    assert row == {**ROW_V2, "id": row["id"], "create_user": "local", "owner": "ann",
                   "version": 0}


def test_a_row_of_the_v2_list_has_defaults(client):
    client.make_script("s", type="Shell", database=None)
    (row,) = listed_v2(client)["scripts"]
    assert {k: row[k] for k in ROW_V2} == {
        **dict.fromkeys(ROW_V2, ""), "name": "s", "type": "Shell", "directory": "/",
        "connection_name": "dws_main", "configuration": {}}
    assert row["owner"] == show(client)["owner"]


def test_the_v2_list_pages_as_terraform_does(client):
    for i in range(23):
        client.make_script(f"s{i:02}")
    seen, offset = [], 0
    while True:
        page = listed_v2(client, f"?limit=10&script_name=&offset={offset}")
        assert page["total"] == 23
        seen += names(page)
        offset += len(page["scripts"])
        if len(page["scripts"]) < 10:
            break
    assert sorted(seen) == [f"s{i:02}" for i in range(23)]
    assert seen == [row["name"] for row in listed(client, "?limit=100")["scripts"]]


def test_the_v2_list_filters_by_a_part_of_the_name(client):
    for name in ("load_a", "load_b", "other"):
        client.make_script(name)
    assert listed_v2(client, "?script_name=load")["total"] == 2
    assert listed_v2(client, "?scriptName=load")["total"] == 3


def test_the_v2_list_of_another_workspace(server, client):
    client.make_script("s")
    made = admin_workspace(server, "create", "other", project=client.project).stdout.strip()
    assert listed_v2(server.client(project=client.project, workspace=made)) == {
        "total": 0, "scripts": []}


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "offset=-1", "script_name=%FF"])
def test_bad_queries_of_the_v2_list(client, query):
    answer = client.request("GET", f"/v2/{client.project}/factory/scripts?{query}")
    assert (answer.status, answer.code) == (400, "DLF.3051")
