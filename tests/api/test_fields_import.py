"""Each field of the bodies of both imports and of check-file.

They are sent as dry runs, so that the answer is at hand.
"""

import uuid

import pytest

from fields import Field, assert_refused, cases, to_bytes, with_value
from harness import dlfd, node
from test_fields_connection import BASE as CONNECTION

PATH = Field("path", "string", required=True, wrong="DLF.0803", empty="DLF.0803",
             bad=("x", "b/k", "/b/k", "s3://b/k", "obs:/b/k", "obs://", "obs://fields", "obs://fields/",
                  "obs://fields/a//k", "obs://fields/../k",
                  "obs://fields/" + "k" * 1025, "obs://fields/k/"))
SHARED = [
    PATH,
    Field("sameNamePolicy", "string", empty="DLF.3051", enum=("SKIP", "OVERWRITE")),
    Field("onError", "string", empty="DLF.3051", enum=("rollback", "continue")),
    Field("dryRun", "bool", good=(True,)),
]
TEXTS = ({"a": "b", "": "", "字": "字" * 300},)
NAMES = ({"a": "b", "": "b", "字": "字" * 300},)
MAPPINGS = ("connections", "databases", "queues", "clusters", "streams")
IMPORT = SHARED + [
    Field("params", "object", good=TEXTS),
    Field("jobsParam", "array", item="object", good=([{"name": "j"}, {"name": "none"}],)),
    Field("jobsParam[0].name", "string", required=True, empty="DLF.3051", good=("j", "a b")),
    Field("jobsParam[0].params", "object", good=TEXTS),
    Field("executeUser", "string", good=("ann",)),
    Field("targetStatus", "string", empty="DLF.3051",
          enum=("SAVED", "SUBMITTED", "PRODUCTION")),
    Field("approvers", "array", item="object"),
    Field("approvers[0].approverName", "string", required=True),
    Field("resources", "array", item="object"),
    Field("resources[0].name", "string", required=True, empty="DLF.3051"),
    Field("resources[0].type", "string", required=True, empty="DLF.3051",
          good=("DWS_CONNECTION", "GES_GRAPH", "x")),
    Field("resources[0].replace", "string", good=("d",)),
    Field("mapping", "object"),
    *(Field(f"mapping.{name}", "object", good=NAMES) for name in MAPPINGS),
    Field("mapping.directories", "object", good=({"/": "/a", "/字/b": "/"},)),
]
CONNECTIONS = SHARED + [
    Field("params", "array", item="object", good=([{"name": "c", "connectionType": "DWS"}],)),
    Field("params[0].name", "string", required=True, empty="DLF.3051"),
    Field("params[0].type", "string", required=True, empty="DLF.3051", good=("DWS", "x")),
    Field("params[0].params", "object", good=TEXTS),
]
BASE = {"path": "obs://fields/jobs.zip", "sameNamePolicy": "SKIP", "onError": "rollback", "dryRun": True,
        "params": {}, "jobsParam": [{"name": "j", "params": {}}], "executeUser": "u",
        "targetStatus": "SAVED", "approvers": [{"approverName": "a"}],
        "resources": [{"name": "c", "type": "DWS_CONNECTION", "replace": "d"}],
        "mapping": {**{name: {"a": "b"} for name in MAPPINGS}, "directories": {"/a": "/b"}},
        "unknown": [1]}
CONNECTIONS_BASE = {
    "path": "obs://fields/connections.zip", "sameNamePolicy": "SKIP", "onError": "rollback",
    "dryRun": True, "params": [{"name": "c", "type": "DWS", "params": {"password": "p"}}]}


@pytest.fixture(scope="module")
def held(server):
    """A client whose bucket `fields` has an archive of each kind."""
    client = server.client(project=uuid.uuid4().hex)
    client.make_script("s")
    client.make_job("j", nodes=[node("n", "DWSSQL", {"scriptName": "s"})],
                    params=[{"name": "a", "value": "b"}])
    assert client.post("/connections", CONNECTION).status == 204
    assert dlfd("admin", "bucket", "create", "fields", "--data", server.data).returncode == 0
    bucket = server.data / "obs/fields"
    (bucket / "jobs.zip").write_bytes(client.export(["j"]).body)
    (bucket / "connections.zip").write_bytes(client.post("/connections/export").body)
    return client


def check(client, case, route, base, counted):
    answer = client.post(route, to_bytes(with_value(base, case.path, case.value)))
    if case.code:
        assert_refused(answer, case.code, case.detail)
        return
    assert answer.status == 200, answer
    if "taskId" not in answer.json:
        assert len(answer.json["objects"]) == counted


def without_absence_of_dry_run(rows):
    """Else the row would import, and the next one find it."""
    return cases([f for f in rows if f.path != "dryRun"]) + \
        cases([f for f in rows if f.path == "dryRun"], without=("absence",))


@pytest.mark.parametrize("case", without_absence_of_dry_run(IMPORT))
def test_import(held, case):
    check(held, case, "/jobs/import", BASE, 2)


@pytest.mark.parametrize("case", without_absence_of_dry_run(CONNECTIONS))
def test_import_of_connections(held, case):
    check(held, case, "/connections/import", CONNECTIONS_BASE, 1)


@pytest.mark.parametrize("case", cases([PATH]))
def test_check_file(held, case):
    body = with_value({"path": "obs://fields/jobs.zip"}, case.path, case.value)
    assert_refused(held.post("/jobs/check-file", to_bytes(body)), case.code, case.detail)


@pytest.mark.parametrize("member", ["params", "jobsParam[0].params",
                                    *(f"mapping.{name}" for name in MAPPINGS),
                                    "mapping.directories"])
@pytest.mark.parametrize("value", [1, None, True, [], {}])
def test_values_of_maps_are_texts(held, member, value):
    body = with_value(BASE, member, {"/k": value})
    assert_refused(held.post("/jobs/import", body), "DLF.3051", f"{member}./k")


@pytest.mark.parametrize("member", MAPPINGS + ("directories",))
def test_another_name_is_not_empty(held, member):
    body = with_value(BASE, f"mapping.{member}", {"/a": "/b", "/k": ""})
    assert_refused(held.post("/jobs/import", body), "DLF.3051", f"mapping.{member}./k")


@pytest.mark.parametrize("old, new", [("a", "/a"), ("/a", "a"), ("/a", "/a b"),
                                      ("/a", "/a" * 11), ("/a/..", "/a")])
def test_directories_that_are_none(held, old, new):
    body = with_value(BASE, "mapping.directories", {old: new})
    answer = held.post("/jobs/import", body)
    assert (answer.status, answer.code) == (400, "DLF.3051"), answer
    assert answer.detail.startswith("mapping.directories." + old), answer.detail


@pytest.mark.parametrize("member", ["directory", "Connections", "connection", "params"])
def test_a_mapping_of_what_is_not_known(held, member):
    body = with_value(BASE, f"mapping.{member}", {})
    assert_refused(held.post("/jobs/import", body), "DLF.3051", f"mapping.{member}")


@pytest.mark.parametrize("route", ["/jobs/import", "/connections/import", "/jobs/check-file"])
@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"x"', b"{", b'{"path":"obs://b/k"'])
def test_a_body_that_is_no_object(held, route, body):
    answer = held.post(route, body)
    assert (answer.status, answer.code) == (400, "DLF.3051"), answer


@pytest.mark.parametrize("route", ["/jobs/import", "/connections/import", "/jobs/check-file"])
@pytest.mark.parametrize("path, code", [("obs://nobody/x.zip", "DLF.1242"),
                                        ("obs://fields/none.zip", "DLF.0815"),
                                        ("obs://fields/jobs", "DLF.0815")])
def test_an_object_that_is_not_there(held, route, path, code):
    answer = held.post(route, {"path": path})
    assert (answer.status, answer.code) == (400, code), answer
