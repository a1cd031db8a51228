"""Where secrets are stored: each member has a path of its own, whatever its name is made of."""

import contextlib
import json
import sqlite3

import pytest

from archives import imported, zipped
from harness import ROOT, dlfd, job, link, node, values
from test_secret_rules import config_of, connection
from test_secrets import MASK, sealed

NAMES = ["password", "a.password", "a\nb.password", "a\\nb.password", "a\\.password", "\n.password",
         "a.\\n.password", "a\n\nb.token", "config.password", "\\", "é.\n.secret", "a.b\n.secret_key",
         "#.password", "\\#1.password", "\\0.password", "\t.password", "password\n"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_any_characters(start, name):
    """It is masked, by itself; what was shown can be sent back; another value replaces it."""
    server = start()
    client = server.client()
    key = name if name != "\\" else "\\.sk"
    body = connection(**{key: "one", "a": "kept", "b.x": "kept"})
    assert client.post("/connections", body).status == 204
    first = sealed(server.data)
    assert len(first) == len({"password", key})
    config = config_of(client)
    assert {k for k, v in config.items() if v == MASK} == {"password", key}
    assert config["a"] == config["b.x"] == "kept"
    assert client.put("/connections/c", {"config": config}).status == 204
    assert (sealed(server.data), config_of(client)) == (first, config)
    assert client.put("/connections/c", {"config": {key: "two"}}).status == 204
    second = sealed(server.data)
    assert set(second) == set(first)
    assert len({k for k in first if first[k] != second[k]}) == 1
    assert b"two" not in client.get("/connections/c").body


def test_members_that_look_alike_have_secrets_of_their_own(start):
    """A dot in a name, one between names, and an item's number: none takes another's place."""
    server = start()
    client = server.client()
    body = {**connection(), "a": {"b": {"password": "1"}, "b.password": "2"}, "a.b": {"password": "3"},
            "a.b.password": "4", "c": [{"token": "5"}, {"name": "0", "token": "6"},
                                       {"name": "#0", "token": "7"}, {"name": "1", "token": "8"}],
            "c.0": {"token": "9"}, "\\#0": {"token": "10"}, "": {"token": "11"}, "token": "12"}
    assert client.post("/connections", body).status == 204
    assert len(sealed(server.data)) == 12 + 1
    before = sealed(server.data)
    assert client.put("/connections/c", {"a": {"b.password": "new"}}).status == 204
    after = sealed(server.data)
    assert [k for k in before if before[k] != after[k]] == [("c", "a.b\\.password")]


def test_several_inputs_of_one_name(start):
    server = start()
    client = server.client()

    def body(*secrets):
        inputs = [{"name": "linkConfig.password", "value": v} for v in secrets]
        return {"links": [link("l", **{"link-config-values": {
            "configs": [{"name": "linkConfig", "inputs": inputs}]}})]}

    assert client.cdm("POST", "/link", body("one", "two", "three")).status == 200
    before = sealed(server.data)
    assert len(before) == 3
    assert client.cdm("PUT", "/link/l", body("", "other")).status == 200
    after = sealed(server.data)
    assert [path for _, path in before if before["l", path] != after["l", path]] == [
        "link-config-values.configs.linkConfig.inputs.linkConfig\\.password\\#1"]


def test_several_lines_of_one_name(start):
    server = start()
    client = server.client()

    def body(*tokens):
        return job("j", nodes=[node("n", "RESTAPI", {
            "headers": "\n".join(f"X-Token={one}" for one in tokens)})])

    assert client.post("/jobs", body("one", "two")).status == 204
    before = sealed(server.data)
    assert len(before) == 2
    assert client.put("/jobs/j", body("", "new")).status == 204
    after = sealed(server.data)
    assert [path for _, path in before if before["j", path] != after["j", path]] == [
        "nodes.n.properties.headers.value.X-Token\\#1"]


def test_nodes_and_properties_with_dots(start):
    """a with b.c, and a.b with c."""
    server = start()
    client = server.client()

    def body(first, second):
        return job("j", nodes=[
            {**node(name), "properties": [{"name": prop, "value": value, "value_is_sensitive": True}]}
            for name, prop, value in (("a", "b.properties.c", first), ("a.properties.b", "c", second))])

    assert client.post("/jobs", body("one", "two")).status == 204
    before = sealed(server.data)
    assert len(before) == 2
    assert client.put("/jobs/j", body("", "new")).status == 204
    after = sealed(server.data)
    assert len([k for k in before if before[k] == after[k]]) == 1


# ---- what is no secret any more ----

@pytest.mark.parametrize("plain", ["${p}", 5, False])
def test_what_was_replaced_does_not_come_back(start, plain):
    server = start()
    client = server.client()
    assert client.post("/connections", connection(dbPassword="one", url="https://u:p@h")).status == 204
    assert len(sealed(server.data)) == 3
    for key, value in (("dbPassword", plain), ("url", "https://h"), ("url", None)):
        assert client.put("/connections/c", {"config": {key: value}}).status == 204
    assert list(sealed(server.data)) == [("c", "config.password")]
    assert config_of(client)["dbPassword"] == plain and "url" not in config_of(client)


def test_an_import_replaces_a_secret_by_a_plain_value(start):
    server = start()
    client = server.client()
    assert client.post("/connections", connection(url="https://u:p@h")).status == 204
    changed = connection(url="https://h")
    imported(client, zipped([("c.conn", json.dumps(changed))]), "/connections",
             sameNamePolicy="OVERWRITE")
    body = client.get("/connections/c").body
    assert body.count(b'"url"') == 1 and config_of(client)["url"] == "https://h"
    assert client.put("/connections/c", {"config": {"url": None}}).status == 204
    assert "url" not in config_of(client)
    assert list(sealed(server.data)) == [("c", "config.password")]


def test_an_input_of_a_link_that_becomes_plain(start):
    server = start()
    client = server.client()
    for uri, stored in (("mongodb://u:p@h/", 1), ("mongodb://h/", 0), ("mongodb://u:q@h/", 1)):
        body = {"links": [link("l", **{"link-config-values": values("linkConfig", uri=uri)})]}
        done = client.cdm("PUT", "/link/l", body)
        assert done.status == 200 or client.cdm("POST", "/link", body).status == 200
        assert len(sealed(server.data)) == stored


# ---- older catalogues ----

UPGRADED = {
    ("c", "config.password"), ("c", "config.a\\.b\\.password"), ("c", "config.x\\ny\\.password"),
    ("c", "config.back\\\\slash\\.token"), ("j", "nodes.a\\.b.properties.c\\.d.value"),
    ("j", "nodes.call.properties.auth.value"),
    ("l", "link-config-values.configs.linkConfig.inputs.linkConfig\\.password"),
    ("l", "link-config-values.configs.linkConfig.inputs.linkConfig\\.properties.value."
          "ssl\\.key\\.password"),
    ("l", "link-config-values.extended-configs.value.x\\.password"),
    ("load", "to-config-values.configs.toJobConfig.inputs.toJobConfig\\.dek")}


def upkeep(data, *command):
    done = dlfd("admin", *command, "--data", data)
    assert done.returncode == 0, done
    return done.stdout


def test_an_older_catalogue_keeps_its_secrets(start, tmp_path):
    """Each is still there, masked where it was, opens, is kept, and is replaced."""
    data = tmp_path / "older"
    data.mkdir(mode=0o700)
    (data / "secret.key").write_text("0123456789abcdef" * 4 + "\n")
    (data / "secret.key").chmod(0o600)
    with contextlib.closing(sqlite3.connect(data / "catalog.db")) as db:
        db.executescript((ROOT / "tests/data/catalog-0006-names.sql").read_text("utf-8"))
    server = start(data=data)
    client = server.client(project="demo")
    before = sealed(data)
    assert set(before) == UPGRADED
    config = config_of(client)
    assert {k for k, v in config.items() if v == MASK} == {
        "password", "a.b.password", "x\ny.password", "back\\slash.token"}
    assert client.put("/connections/c", {"config": config}).status == 204
    shown = client.get("/jobs/j").json
    assert client.put("/jobs/j", {k: shown[k] for k in ("name", "processType", "schedule", "nodes")}
                      ).status == 204
    assert sealed(data) == before
    assert client.put("/connections/c", {"config": {"a.b.password": "new"}}).status == 204
    changed = sealed(data)
    assert [k for k in before if before[k] != changed[k]] == [("c", "config.a\\.b\\.password")]
    # a node that is renamed takes along what was sealed under the older path
    shown["nodes"][0]["name"] = "b.a"
    assert client.put("/jobs/j", {k: shown[k] for k in ("name", "processType", "schedule", "nodes")}
                      ).status == 204
    assert ("j", "nodes.b\\.a.properties.c\\.d.value") in sealed(data)
    assert server.stop() == 0
    assert " 0 damaged" in upkeep(data, "check")
    assert upkeep(data, "key", "rotate").startswith("10 secrets")
    assert " 0 damaged" in upkeep(data, "check")
    with contextlib.closing(sqlite3.connect(data / "catalog.db")) as db:
        assert db.execute("SELECT count(*) FROM secret WHERE bound IS NOT NULL").fetchone() == (0,)
