"""Each field of a script's body, on create and on update."""

import uuid

import pytest

from fields import UNTOLD, Field, cases, changed, check
from harness import quote

MIB_4 = 4 * 1024 * 1024
TYPES = ("DWSSQL", "DLISQL", "RDSSQL", "SparkSQL", "HiveSQL", "PRESTO", "Shell",
         "ClickHouseSQL", "HetuEngineSQL", "ImpalaSQL", "PYTHON", "Spark Python",
         "SparkPython", "FlinkSQL")
DEEP = "/" + "/".join("abcdefghij")

BASE = {
    "name": "s", "type": "DWSSQL", "content": "select 1;", "directory": "/ops",
    "connectionName": "dws", "database": "sales", "queueName": "q",
    "configuration": {"spark.sql.x": "1"}, "description": "d", "currentDatabase": "sales",
    "targetStatus": "SAVED", "approvers": [{"approverName": "bob"}], "owner": "ann",
    "id": "x", "version": 1, "createUser": "eve", "autoAcquireLock": False,
}

FIELDS = [
    Field("name", "string", required=True, empty="DLF.3051",
          good=("n" * 128, "字" * 128, "a.b-c_D9", "..."),
          bad=("n" * 129, ".", "..", "a b", "a/b", "é")),
    Field("type", "string", required=True, missing="DLF.6247", empty="DLF.6247",
          wrong="DLF.0201", enum=TYPES),
    Field("content", "string", required=True, missing="DLF.0201", wrong="DLF.0201",
          good=("x" * MIB_4, "é" * (MIB_4 // 2)),
          bad=("x" * (MIB_4 + 1), "字" * (MIB_4 // 3 + 1))),
    Field("directory", "string", default="/",
          good=("/", "/a", "/dir/a/", DEEP, "/" + "d" * 64),
          bad=("a", "/a b", "/a//b", "/..", DEEP + "/k", "/" + "d" * 65)),
    Field("connectionName", "string", required=True, missing="DLF.0201",
          empty="DLF.0201", good=("no_such_connection",)),
    Field("database", "string", default="sales", good=("other",)),
    Field("queueName", "string", default="", good=("q2",)),
    Field("configuration", "object", default={}, good=({"k": "v", "n": 1, "o": {}},)),
    Field("description", "string", default="", most=255, wrong="DLF.0201"),
    Field("currentDatabase", "string", default="sales", good=("other",)),
    Field("targetStatus", "string", hidden=True, empty="DLF.3051",
          enum=("SAVED", "SUBMITTED", "PRODUCTION")),
    Field("approvers", "array", hidden=True, item="object"),
    Field("approvers[0].approverName", "string", required=True, hidden=True, empty=UNTOLD),
    Field("owner", "string", default="local", empty=UNTOLD, good=("bob",)),
]

# On update the stored value stays where the body has none, "" and {} clear,
# name and type cannot change, and DLF.0201 becomes DLF.0203.
UPDATE = changed(
    FIELDS,
    name=dict(required=False, default="s", wrong="DLF.0203", empty="DLF.0203",
              good=("s",), bad=("t", "S", "a b")),
    type=dict(required=False, default="DWSSQL", wrong="DLF.0203", empty="DLF.0203",
              enum=(), good=("DWSSQL",), bad=("DLISQL", "NOPE", "dwssql")),
    content=dict(required=False, default="select 1;", wrong="DLF.0203"),
    directory=dict(default="/ops"),
    connectionName=dict(required=False, default="dws", empty="DLF.0203"),
    queueName=dict(default="q"),
    configuration=dict(default={"spark.sql.x": "1"}),
    description=dict(default="d", wrong="DLF.0203"),
    owner=dict(default="ann"))


def shown_script(client, name):
    answer = client.get("/scripts/" + quote(name))
    assert answer.status == 200, answer
    return answer.json


@pytest.mark.parametrize("case", cases(FIELDS))
def test_create(client, case):
    check(case, BASE, lambda body: client.post("/scripts", body),
          lambda body: shown_script(client, body["name"]))


@pytest.fixture(scope="module")
def held(server):
    """A client in a project that holds the script."""
    client = server.client(project=uuid.uuid4().hex)
    assert client.post("/scripts", BASE).status == 204
    return client


@pytest.mark.parametrize("case", cases(UPDATE))
def test_update(held, case):
    if not case.code:
        assert held.put("/scripts/s", BASE).status == 204
    check(case, BASE, lambda body: held.put("/scripts/s", body),
          lambda body: shown_script(held, "s"))


@pytest.mark.parametrize("member", ["id", "version", "createUser", "autoAcquireLock"])
@pytest.mark.parametrize("value", ["eve", 7, False, [1], {"a": 1}])
def test_the_servers_members_are_ignored(held, client, member, value):
    for answer in (client.post("/scripts", {**BASE, member: value}),
                   held.put("/scripts/s", {member: value})):
        assert answer.status == 204, answer
    for shown in (shown_script(client, "s"), shown_script(held, "s")):
        assert shown.get(member) != value


@pytest.mark.parametrize("script_type", TYPES)
def test_only_flink_needs_no_connection(client, script_type):
    answer = client.post("/scripts", {"name": "s", "type": script_type, "content": "x"})
    if script_type == "FlinkSQL":
        assert answer.status == 204, answer
    else:
        assert (answer.code, answer.detail[:15]) == ("DLF.0201", "connectionName:")


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"x"', b"{", b'{"name":"s",}',
                                  b'{"a":1,"a":1}', b"{} {}"])
def test_the_body_is_one_object_of_strict_json(client, body):
    answer = client.post("/scripts", body)
    assert (answer.status, answer.code) == (400, "DLF.3051")


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"{", b'{"a":1,"a":1}', b"{} {}"])
def test_an_updates_body_is_strict_json(held, body):
    answer = held.put("/scripts/s", body)
    assert (answer.status, answer.code) == (400, "DLF.3051")
