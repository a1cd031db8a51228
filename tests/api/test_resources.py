"""Resources: create, update, list, show, delete.

What each field takes is in test_fields_resource.py; here is what the operations do.
"""

import json
import re
import uuid

import pytest

from fields import assert_refused
from harness import node, resource

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
JAR = {"type": "jar", "location": "obs://libs/p.jar"}
ZIP = {"type": "file", "location": "hdfs://h/z.zip"}


def show(client, uid):
    answer = client.get("/resources/" + uid)
    assert answer.status == 200, answer
    return answer.json


def exported(client, uid):
    """The resource's file, out of the export of a job that needs it."""
    location = show(client, uid)["location"]
    client.make_job("j", nodes=[node("n", "MRSSpark", {"resourcePath": location})])
    archive = client.export_one("j").zip
    assert client.delete("/jobs/j").status == 204
    file, = (n for n in archive.namelist() if n.startswith("resources/"))
    return archive.read(file).decode()


def stored(client, uid):
    return json.loads(exported(client, uid))


def update(client, uid, members):
    answer = client.put("/resources/" + uid, members)
    assert (answer.status, answer.body) == (204, b""), answer


def listed(client, query=""):
    answer = client.get("/resources" + query)
    assert answer.status == 200, answer
    return answer.json


def names(rows):
    return [row["name"] for row in rows["resources"]]


# ---- create ----

def test_the_examples_of_the_contract(client):
    answer = client.post("/resources", {
        "name": "udf_pack", "type": "jar", "location": "obs://libs/udf.jar",
        "dependFiles": ["obs://libs/a.jar"], "desc": "", "directory": "/spark"})
    assert answer.status == 200 and list(answer.json) == ["resourceId"]
    uid = answer.json["resourceId"]
    assert UUID.fullmatch(uid)
    update(client, uid, {"name": "udf_pack2", "type": "jar",
                         "location": "obs://libs/udf2.jar", "directory": "/spark"})
    shown = {"id": uid, "resourceId": uid, "name": "udf_pack2", "type": "jar",
             "location": "obs://libs/udf2.jar", "dependFiles": ["obs://libs/a.jar"],
             "dependPackages": [], "desc": "", "directory": "/spark"}
    assert show(client, uid) == shown
    assert listed(client, "?resourceName=udf&limit=10&offset=0") == {
        "total": 1, "resources": [shown]}


@pytest.mark.parametrize("operate, status", [
    (lambda c, uid: c.put("/resources/" + uid, {"desc": "d"}), 204),
    (lambda c, uid: c.delete("/resources/" + uid), 204),
], ids=["update", "delete"])
def test_success_without_a_body(client, operate, status):
    answer = operate(client, client.make_resource("r"))
    assert (answer.status, answer.body) == (status, b"")
    assert "Content-Type" not in answer.headers


def test_a_name_is_taken_once_in_a_directory(client):
    first = client.make_resource("r", directory="/spark")
    again = client.post("/resources", resource("r", directory="/spark", type="file"))
    assert (again.status, again.code) == (400, "DLF.6259")
    assert again.json["error_msg"] == "Files of the same name exist in the directory."
    second = client.make_resource("r", directory="/flink")
    third = client.make_resource("r")
    assert len({first, second, third}) == 3


@pytest.mark.parametrize("one, same", [("/spark", "/spark/"), ("/a/b/", "/a/b"),
                                       (None, "/")])
def test_directories_are_compared_without_the_last_slash(client, one, same):
    uid = client.make_resource("r", directory=one)
    assert client.post("/resources", resource("r", directory=same)).code == "DLF.6259"
    assert show(client, uid)["directory"] == (one or "/")


def test_names_are_case_sensitive(client):
    client.make_resource("r")
    client.make_resource("R")
    assert listed(client)["total"] == 2


# ---- dependFiles and dependPackages ----

@pytest.mark.parametrize("sent, files, packages", [
    ({}, [], []),
    ({"dependFiles": ["obs://a/b"]}, ["obs://a/b"], []),
    ({"dependPackages": [JAR, ZIP]}, [JAR["location"], ZIP["location"]], [JAR, ZIP]),
    ({"depend_packages": [JAR]}, [JAR["location"]], [JAR]),
    ({"dependFiles": ["obs://a/b"], "dependPackages": [ZIP]}, [ZIP["location"]], [ZIP]),
    ({"dependPackages": [JAR], "depend_packages": [ZIP]}, [JAR["location"]], [JAR]),
    ({"dependFiles": ["obs://a/b"], "dependPackages": []}, ["obs://a/b"], []),
])
def test_packages_are_shown_as_files_too(client, sent, files, packages):
    uid = client.make_resource("r", **sent)
    shown = show(client, uid)
    assert (shown["dependFiles"], shown["dependPackages"]) == (files, packages)
    assert "depend_packages" not in shown


def test_the_other_spelling_is_renamed_where_it_stands(client):
    uid = client.post("/resources", {
        "depend_packages": [JAR], "name": "r", "type": "jar", "location": "obs://l/r.jar",
        "desc": None, "x": 1}).json["resourceId"]
    assert stored(client, uid) == {"dependPackages": [JAR], "name": "r", "type": "jar",
                                   "location": "obs://l/r.jar", "x": 1}
    assert list(stored(client, uid))[0] == "dependPackages"


@pytest.mark.parametrize("value, path", [
    (1, "depend_packages"), ([1], "depend_packages[0]"),
    ([{"location": "obs://l/p.jar"}], "depend_packages[0].type"),
    ([{**JAR, "type": "archive"}], "depend_packages[0].type")])
def test_the_other_spelling_is_checked_and_named_as_it_stands(client, value, path):
    answer = client.post("/resources", resource("r", depend_packages=value))
    assert_refused(answer, "DLF.3051", path)


@pytest.mark.parametrize("before, sent, files", [
    ({"dependFiles": ["obs://a/1"]}, {"dependFiles": ["obs://a/2"]}, ["obs://a/2"]),
    ({"dependPackages": [JAR]}, {"depend_packages": [ZIP]}, [ZIP["location"]]),
    ({"dependFiles": ["obs://a/1"]}, {"dependPackages": [JAR]}, [JAR["location"]]),
    ({"dependPackages": [JAR]}, {"dependFiles": ["obs://a/2"]}, ["obs://a/2"]),
    ({"dependPackages": [JAR]}, {"dependPackages": []}, []),
    ({"dependFiles": ["obs://a/1"]}, {"dependFiles": []}, []),
])
def test_an_update_of_what_a_resource_depends_on(client, before, sent, files):
    uid = client.make_resource("r", **before)
    update(client, uid, sent)
    assert show(client, uid)["dependFiles"] == files


# ---- update ----

@pytest.mark.parametrize("body", [None, b"", b"null", {}])
def test_an_update_without_members_changes_nothing(client, body):
    uid = client.make_resource("r", desc="d", unknown=[1])
    before = exported(client, uid)
    update(client, uid, body)
    assert exported(client, uid) == before


@pytest.mark.parametrize("member, value", [
    ("name", "new"), ("name", "r"), ("location", "hdfs://h/new.jar"), ("desc", "new"),
    ("desc", ""), ("dependFiles", ["obs://a/b"]), ("dependFiles", []), ("unknown", {"x": 1})])
def test_an_update_changes_the_members_that_it_has(client, member, value):
    uid = client.make_resource("r", desc="d", dependFiles=["obs://old/f"], unknown=1,
                               directory="/a")
    before = stored(client, uid)
    update(client, uid, {member: value})
    assert stored(client, uid) == {**before, member: value}


def test_the_order_of_members_after_an_update(client):
    uid = client.post("/resources", {"zz": 1, "desc": "old", "location": "obs://l/r.jar",
                                     "type": "jar", "name": "r"}).json["resourceId"]
    update(client, uid, {"new": 1, "dependFiles": [], "name": "r2", "desc": "new", "zz": 2})
    assert list(stored(client, uid).items()) == [
        ("zz", 2), ("desc", "new"), ("location", "obs://l/r.jar"), ("type", "jar"),
        ("name", "r2"), ("new", 1), ("dependFiles", [])]


@pytest.mark.parametrize("directory", ["/other", "/", "/spark"])
def test_the_directory_is_never_changed(client, directory):
    uid = client.make_resource("r", directory="/spark")
    update(client, uid, {"name": "r", "type": "jar", "directory": directory})
    assert show(client, uid)["directory"] == "/spark"
    assert stored(client, uid)["directory"] == "/spark"


def test_a_directory_that_was_not_sent_is_not_added(client):
    uid = client.make_resource("r")
    update(client, uid, {"directory": "/spark"})
    assert "directory" not in stored(client, uid)


def test_a_name_of_the_same_directory_is_refused(client):
    client.make_resource("taken", directory="/a")
    client.make_resource("free", directory="/b")
    uid = client.make_resource("r", directory="/a")
    before = show(client, uid)
    refused = client.put("/resources/" + uid, {"name": "taken", "desc": "new"})
    assert (refused.status, refused.code) == (400, "DLF.6259")
    assert show(client, uid) == before
    update(client, uid, {"name": "free"})


def test_a_rename_frees_the_old_name(client):
    uid = client.make_resource("old")
    update(client, uid, {"name": "new"})
    assert client.make_resource("old") != uid
    assert show(client, uid)["name"] == "new"


def test_the_type_is_immutable(client):
    uid = client.make_resource("r", type="jar")
    refused = client.put("/resources/" + uid, {"type": "file"})
    assert (refused.status, refused.code) == (400, "DLF.6263")
    assert refused.detail.startswith("type:")
    assert show(client, uid)["type"] == "jar"


# ---- ids in paths ----

ON_ONE_RESOURCE = pytest.mark.parametrize("method, body, status", [
    ("GET", None, 200), ("PUT", {"desc": "x"}, 204), ("DELETE", None, 204)],
    ids=["show", "update", "delete"])


@ON_ONE_RESOURCE
@pytest.mark.parametrize("tail", ["%20", "%20%20", "/", "%20/"])
def test_blanks_and_a_slash_behind_the_id_are_let_go(client, method, body, status, tail):
    uid = client.make_resource("r")
    assert client.call(method, f"/resources/{uid}{tail}", body).status == status


@ON_ONE_RESOURCE
@pytest.mark.parametrize("uid", [str(uuid.uuid4()), "r", "..", "1", "%20", "x" * 300,
                                 "%E5%AD%97"])
def test_an_unknown_id(client, method, body, status, uid):
    client.make_resource("r")
    answer = client.call(method, "/resources/" + uid, body)
    assert (answer.status, answer.code) == (400, "DLF.6241")
    assert answer.json["error_msg"] == "The resource information does not exist."


@ON_ONE_RESOURCE
@pytest.mark.parametrize("uid", ["%00", "%FF"])
def test_an_id_that_is_no_text(client, method, body, status, uid):
    answer = client.call(method, "/resources/" + uid, body)
    assert (answer.status, answer.code) == (400, "DLF.3051")


def test_ids_are_of_one_project(server, client):
    uid = client.make_resource("r")
    other = server.client(project=uuid.uuid4().hex)
    other.make_resource("r")
    assert other.get("/resources/" + uid).code == "DLF.6241"
    assert other.delete("/resources/" + uid).code == "DLF.6241"
    assert show(client, uid)["name"] == "r"


# ---- show and list ----

def test_show_adds_the_documented_defaults(client):
    uid = client.make_resource("r", unknown=[1], desc=None)
    assert show(client, uid) == {
        "id": uid, "resourceId": uid, "name": "r", "type": "jar", "unknown": [1],
        "location": "obs://libs/r.jar", "dependFiles": [], "dependPackages": [],
        "desc": "", "directory": "/"}


def test_a_list_of_nothing(client):
    assert listed(client) == {"total": 0, "resources": []}


def test_a_row_is_what_show_gives(client):
    uid = client.make_resource("r", dependPackages=[JAR], unknown=1)
    assert listed(client) == {"total": 1, "resources": [show(client, uid)]}


@pytest.fixture(scope="module")
def twelve(server):
    """A client in a project with 12 resources, and their names as lists order
    them: newest first, and in one millisecond by name."""
    client = server.client(project="twelve-resources")
    created = [f"lib_{i:02}" for i in reversed(range(12))]
    for i, name in enumerate(created):
        client.make_resource(name, directory=f"/d{i % 3}")
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
    ("lib_0", 10), ("_1", 2), ("lib_07", 1), ("LIB", 0), ("%25", 0), ("", 12)])
def test_resource_name_is_a_part_of_the_name(twelve, part, found):
    client, _ = twelve
    rows = listed(client, f"?resourceName={part}&limit=2")
    assert (rows["total"], len(rows["resources"])) == (found, min(found, 2))


# ---- delete ----

@pytest.mark.parametrize("body", [None, b"null", {}])
def test_a_deleted_resource_is_gone(client, body):
    uid = client.make_resource("r")
    assert client.delete("/resources/" + uid, body=body).status == 204
    for answer in (client.get("/resources/" + uid), client.delete("/resources/" + uid)):
        assert (answer.status, answer.code) == (400, "DLF.6241")
    assert listed(client)["total"] == 0
    assert client.make_resource("r") != uid


def test_a_resource_that_a_job_needs_can_be_deleted(client):
    uid = client.make_resource("r")
    client.make_job("j", nodes=[node("n", "MRSSpark", {"resourcePath": "r"})])
    assert client.delete("/resources/" + uid).status == 204
    answer = client.export_one("j")
    assert (answer.status, answer.names) == (200, ["jobs/j.job"])


def test_terraforms_header_is_ignored(client):
    uid = client.make_resource("r")
    assert client.get("/resources/" + uid, headers={"Dlm-Type": "EXCLUSIVE"}).status == 200
