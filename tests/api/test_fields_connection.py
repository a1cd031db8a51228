"""Each field of a connection's body, on create and on update."""

import uuid

import pytest

from fields import Field, cases, changed, check
from harness import quote

TYPES = ("DWS", "DLI", "SparkSQL", "HIVE", "RDS", "CloudTable", "HOST")
# All that any type needs, so that each type can be put into the base.
CONFIG = {"clusterName": "wh1", "userName": "etl", "password": "pass-word", "sslEnable": False,
          "kmsKey": "k1", "agentName": "cdm1", "ip": "10.0.0.1", "port": "8000",
          "connectionMethod": "agent", "driverName": "com.mysql.jdbc.Driver",
          "driverPath": "obs://libs/mysql.jar", "extra": "kept"}
BASE = {"name": "c", "type": "DWS", "config": CONFIG, "description": "d", "unknown": [1]}

FIELDS = [
    Field("name", "string", required=True, empty="DLF.3051",
          good=("c", "A-b_9", "x" * 100), bad=("x" * 101, "a b", "a.b", "字", "a/b", "..")),
    Field("type", "string", required=True, empty="DLF.3051", enum=TYPES),
    Field("config", "object", missing="DLF.6418", code="DLF.3051", required=True,
          empty="DLF.6418", missing_detail="config.clusterName", detail="config.clusterName"),
    Field("description", "string", most=255, default=""),
]


@pytest.fixture
def held(server):
    return server.client(project=uuid.uuid4().hex)


def shown(client, body):
    answer = client.get("/connections/" + quote(body.get("name") or "c"))
    assert answer.status == 200, answer
    return masked(answer.json)


def masked(connection):
    """With the base's password where the mask stands."""
    if connection["config"].get("password") == "*" * 9:
        connection["config"]["password"] = CONFIG["password"]
    return connection


@pytest.mark.parametrize("case", cases(FIELDS))
def test_create(held, case):
    check(case, BASE, lambda body: held.post("/connections", body),
          lambda body: shown(held, body))


UPDATE = changed(
    FIELDS,
    name=dict(required=False, default="c", good=("c",), bad=("d", "a b")),
    type=dict(required=False, default="DWS", enum=(), good=("DWS",), bad=("NOPE",)),
    config=dict(required=False, default=CONFIG, empty="", good=({},)),
    description=dict(default="d"))


@pytest.mark.parametrize("case", cases([f for f in UPDATE if f.path != "config"]))
def test_update(held, case):
    assert held.post("/connections", BASE).status == 204
    check(case, BASE, lambda body: held.put("/connections/c", body),
          lambda body: shown(held, {}))


REQUIRED = {
    "DWS": ("userName", "password", "sslEnable", "kmsKey", "agentName"),
    "DLI": (),
    "SparkSQL": ("clusterName", "connectionMethod", "userName", "password", "kmsKey",
                 "agentName"),
    "HIVE": ("clusterName", "connectionMethod", "userName", "password", "kmsKey", "agentName"),
    "RDS": ("ip", "port", "userName", "password", "kmsKey", "agentName", "driverName",
            "driverPath"),
    "CloudTable": ("clusterName",),
    "HOST": ("ip", "port", "userName", "password", "kmsKey", "agentName"),
}
ABSENT = object()


def without(kind, key, value=ABSENT, **more):
    config = {k: v for k, v in {**CONFIG, **more}.items() if k != key}
    if value is not ABSENT:
        config[key] = value
    return {**BASE, "type": kind, "config": config}


@pytest.mark.parametrize("kind, key", [(kind, key) for kind in TYPES for key in CONFIG])
@pytest.mark.parametrize("value", [ABSENT, None, ""])
def test_what_each_type_requires(held, kind, key, value):
    answer = held.post("/connections", without(kind, key, value))
    if key in REQUIRED[kind]:
        assert (answer.status, answer.code) == (400, "DLF.3051"), answer
        assert f"config.{key}" in answer.detail
    else:
        assert answer.status == 204, answer


@pytest.mark.parametrize("kind", ["SparkSQL", "HIVE"])
def test_direct_needs_less(held, kind):
    body = {**BASE, "type": kind,
            "config": {"clusterName": "m", "connectionMethod": "direct"}}
    assert held.post("/connections", body).status == 204
    body["config"]["connectionMethod"] = "other"
    answer = held.post("/connections", {**body, "name": "d"})
    assert answer.code == "DLF.3051" and "config.connectionMethod" in answer.detail


def test_a_host_may_have_a_key_instead_of_a_password(held):
    body = without("HOST", "password", keyLocation="obs://keys/id")
    assert held.post("/connections", body).status == 204


@pytest.mark.parametrize("keys, status", [
    (("clusterName",), 204), (("ip", "port"), 204), ((), 400), (("ip",), 400),
    (("port",), 400), (("clusterName", "ip"), 204)])
def test_dws_needs_a_cluster_or_an_address(held, keys, status):
    config = {k: v for k, v in CONFIG.items()
              if k in keys or k not in ("clusterName", "ip", "port")}
    answer = held.post("/connections", {**BASE, "config": config})
    assert answer.status == status
    assert status == 204 or answer.code == "DLF.6418"


@pytest.mark.parametrize("value, status", [
    ("x", 204), (1, 204), (1.5, 204), (True, 204), (None, 204), ([], 400), ({}, 400),
    ({"a": 1}, 400)])
def test_values_of_config(held, value, status):
    answer = held.post("/connections", without("DWS", "extra", value))
    assert answer.status == status
    if status == 400:
        assert answer.code == "DLF.3051" and "config.extra" in answer.detail
