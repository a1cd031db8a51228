"""Secrets: sealed at rest, and never seen again.

`plants` puts a marker at each place that the table of model/secret_keys.def
makes a secret; then everything that the server wrote or said is searched for
the markers, in plain and in base64, with every blob and entry inflated.
"""

import base64
import io
import json
import os
import pathlib
import re
import sqlite3
import stat
import uuid
import zipfile
import zlib

import pytest

from harness import ROOT, SANITIZED, cdm_job, dlfd, job, link, node, values
from test_fields_connection import BASE, CONFIG

MASK = "*" * 9
LITERAL = "Add password here"
KEYS = re.findall(r'^SECRET_KEY\("(\w+)", \w+\)', (ROOT / "src/model/secret_keys.def").read_text(),
                  re.M)
FORMS = {
    "plain": lambda key: key,
    "upper": str.upper,
    "dotted": lambda key: "linkConfig." + key,
    "spread": lambda key: "_".join(key),
}


class Planted:
    """Markers, and what they were planted in."""

    def __init__(self):
        self.markers = []

    def __call__(self):
        self.markers.append(f"s3cret-{uuid.uuid4().hex}")
        return self.markers[-1]

    def needles(self):
        """Each marker in plain, as JSON, and in base64 at each offset."""
        for marker in self.markers:
            yield marker.encode()
            for shift in range(3):
                coded = base64.b64encode(b"x" * shift + marker.encode())
                yield coded[4 if shift else 0:-4]

    def assert_unseen(self, text, where):
        for needle in self.needles():
            assert needle not in text, (where, needle)


def connection(name, config, **members):
    return {**BASE, "name": name, "config": {**CONFIG, **config}, **members}


def plants(planted):
    """(how it is sent, path, body): bodies with secrets of every kind."""
    for i, key in enumerate(KEYS):
        for form, spell in FORMS.items():
            name = f"c-{i}-{form}"
            yield "/connections", connection(name, {spell(key): planted(),
                                                    "password": planted()})
            yield "/connections", connection(name + "-m", {}, **{spell(key): planted()})
            yield "/connections", connection(name + "-o", {},
                                             more={"deep": [{spell(key): planted()}]})
    yield "/connections", connection("c-escaped", {"password": "\u00e9\\\"" + planted()})
    yield "/connections", connection("c-input", {}, inputs=[
        {"name": "linkConfig.password", "value": planted()}])
    sensitive = [{"name": f"p{i}", "value": planted(), "value_is_sensitive": True}
                 for i in range(3)]
    nodes = [{**node("n"), "properties": sensitive}]
    yield "/jobs", job("j", nodes=nodes)
    yield "/jobs", job("j-object", nodes=[{**node("n"), "properties": [
        {"name": "p", "value": {"a": [planted()]}, "value_is_sensitive": True}]}])


def cdm_plants(planted):
    """(path, body) of links and CDM jobs: in inputs, inside objects, in base64."""
    for i, key in enumerate(KEYS):
        for form, spell in FORMS.items():
            extended = {"name": "x.extendedFields", "value": base64.b64encode(json.dumps(
                {spell(key): planted(), "deep": {spell(key): planted()}}).encode()).decode()}
            name = f"a-{i}-{form}"
            config = {**values("linkConfig", **{spell(key): planted(), "host": "h"}),
                      "extended-configs": extended}
            yield "/link", {"links": [link(name, **{"link-config-values": config,
                                                    "x": {spell(key): planted()}})]}
            config = values("toJobConfig", **{spell(key): planted(),
                                              "properties": {spell(key): planted()}})
            yield "/job", {"jobs": [cdm_job(name, **{"to-config-values": {
                **config, "extended-configs": extended}})]}


def files_of(folder):
    return {p: p.read_bytes() for p in pathlib.Path(folder).rglob("*") if p.is_file()}


def blobs(folder):
    """The definitions, inflated."""
    database = sqlite3.connect(f"file:{folder}/catalog.db?mode=ro", uri=True)
    for raw_size, stored in database.execute("SELECT raw_size, stored FROM blob"):
        yield zlib.decompress(stored, -15) if len(stored) < raw_size else stored
    database.close()


def sealed(folder):
    """{(object, path): what is stored}"""
    database = sqlite3.connect(f"file:{folder}/catalog.db?mode=ro", uri=True)
    rows = {(name, path): value for name, path, value in database.execute(
        "SELECT o.name, s.path, s.sealed FROM secret s JOIN object o ON o.id = s.object")}
    database.close()
    return rows


def entries(answer):
    archive = zipfile.ZipFile(io.BytesIO(answer.body))
    return b"".join(archive.read(name) for name in archive.namelist())


def test_nothing_that_the_server_keeps_or_says_has_a_secret(start, tmp_path):
    server = start("--error-detail", "body")
    client = server.client()
    planted = Planted()
    said = []

    def say(answer):
        said.append(answer.body + str(answer.headers).encode())
        return answer

    for path, body in plants(planted):
        assert say(client.post(path, body)).status == 204
        say(client.post(path, body))  # taken
        say(client.put(f"{path}/{body['name']}", body))
        say(client.put(f"{path}/{body['name']}", {**body, "type": 1, "processType": 1}))
        say(client.get(f"{path}/{body['name']}"))
        say(client.post(path, json.dumps(body)[:-1]))  # cut
        say(client.post(path, json.dumps(body)[:-1] + ',"name":"twice"}'))
    for path, body in cdm_plants(planted):
        name = next(iter(body.values()))[0]["name"]
        assert say(client.cdm("POST", path, body)).status == 200
        say(client.cdm("POST", path, body))  # taken
        say(client.cdm("PUT", f"{path}/{name}", body))
        say(client.cdm("PUT", f"{path}/other", body))
        say(client.cdm("GET", f"{path}/{name}"))
        say(client.cdm("POST", path, json.dumps(body)[:-1]))
    for page in (1, 2):
        say(client.cdm("GET", f"/job/all?page_size=100&page_no={page}"))
    say(client.cdm("GET", "/link/all"))
    client.make_job("uses", nodes=[node(f"n{i}", "CDMJob", {
        "clusterName": "default", "jobName": f"a-{i}-plain"}) for i in range(len(KEYS))])
    for offset in range(0, 200, 100):
        say(client.get(f"/connections?limit=100&offset={offset}"))
    exports = [say(client.post("/connections/export")), say(client.export(["j", "j-object", "uses"])),
               say(client.export_one("j"))]
    assert all(answer.status == 200 for answer in exports)
    assert len(planted.markers) > 500
    assert len(exports[1].names) == 3 + len(KEYS)
    assert len(sealed(server.data)) >= len(planted.markers)
    running = files_of(server.data)
    assert server.stop() == 0
    for name, text in {**running, **files_of(server.data)}.items():
        planted.assert_unseen(text, name)
    planted.assert_unseen(b"".join(blobs(server.data)), "blobs")
    planted.assert_unseen("\n".join(server.log).encode(), "log")
    planted.assert_unseen(b"".join(said), "answers")
    planted.assert_unseen(b"".join(map(entries, exports)), "archives")


def test_the_search_would_find_one(start):
    """A key that is no secret is found, in plain and inflated."""
    server = start()
    client = server.client()
    planted = Planted()
    client.post("/connections", connection("c", {"nothing": planted()}))
    with pytest.raises(AssertionError):
        planted.assert_unseen(client.get("/connections/c").body, "answer")
    with pytest.raises(AssertionError):
        planted.assert_unseen(entries(client.post("/connections/export")), "archive")
    with pytest.raises(AssertionError):
        planted.assert_unseen(b"".join(blobs(server.data)), "blobs")


# ---- placeholders ----

@pytest.mark.parametrize("again", [MASK, LITERAL, "", None, "absent"])
def test_a_placeholder_keeps_what_is_stored(start, again):
    server = start()
    client = server.client()
    client.post("/connections", connection("c", {"password": "first", "token": "other"}))
    before = sealed(server.data)
    assert set(before) == {("c", "config.password"), ("c", "config.token")}
    config = {} if again == "absent" else {"password": again}
    assert client.put("/connections/c", {"config": config}).status == 204
    assert sealed(server.data) == before
    assert client.get("/connections/c").json["config"]["password"] == MASK
    assert client.put("/connections/c", {"config": {"password": "second"}}).status == 204
    after = sealed(server.data)
    assert after["c", "config.password"] != before["c", "config.password"]
    assert after["c", "config.token"] == before["c", "config.token"]


def test_what_is_shown_can_be_sent_back(start):
    server = start()
    client = server.client()
    client.post("/connections", connection("c", {}))
    before = sealed(server.data)
    shown = client.get("/connections/c").json
    assert client.put("/connections/c", shown).status == 204
    assert (sealed(server.data), client.get("/connections/c").json) == (before, shown)


def test_a_mask_stands_only_where_a_secret_is_stored(start):
    client = start().client()
    config = {k: v for k, v in CONFIG.items() if k != "password"}
    client.post("/connections", {**BASE, "type": "CloudTable", "config": config})
    assert client.get("/connections/c").json["config"] == config


def test_a_placeholder_is_no_password(start):
    client = start().client()
    for value in (MASK, LITERAL):
        answer = client.post("/connections", connection("c", {"password": value}))
        assert answer.code == "DLF.3051" and "config.password" in answer.detail


def sensitive_job(**values):
    return job("j", nodes=[{**node("n"), "properties": [
        {"name": name, "value": value, "value_is_sensitive": True}
        for name, value in values.items()]}])


def test_properties_of_nodes(start):
    server = start()
    client = server.client()
    assert client.post("/jobs", sensitive_job(a="one", b="two")).status == 204
    first = sealed(server.data)
    assert {path for _, path in first} == {f"nodes.n.properties.{p}.value" for p in "ab"}
    shown = client.get("/jobs/j").json
    values = {p["name"]: p["value"] for p in shown["nodes"][0]["properties"]}
    assert values == {"a": "", "b": ""}
    exported = json.loads(client.export(["j"]).zip.read("jobs/j/j.job"))
    assert [p["value"] for p in exported["nodes"][0]["properties"]] == ["", ""]
    # empty comes back: it stays; another: replaced; gone: dropped
    assert client.put("/jobs/j", sensitive_job(a="")).status == 204
    assert sealed(server.data) == {k: v for k, v in first.items() if ".a." in k[1]}
    assert client.put("/jobs/j", sensitive_job(a="new")).status == 204
    assert sealed(server.data) != first
    assert client.put("/jobs/j", job("j")).status == 204
    assert sealed(server.data) == {}


def test_a_flag_that_is_written_with_escapes_is_one(start):
    server = start()
    client = server.client()
    text = json.dumps(sensitive_job(a="one")).replace("value_is", "value\\u005fis")
    assert client.post("/jobs", text).status == 204
    assert len(sealed(server.data)) == 1
    assert b"one" not in client.get("/jobs/j").body.replace(b"none", b"")


def test_many_members_beside_a_secret(start):
    """Time is not their number squared, which would be minutes."""
    client, many = start().client(), {f"k{i:06}": "" for i in range(200_000)}
    began = client.server.cpu_seconds()
    body = job("j", nodes=[{**node("a", "Shell"), **many, "value_is_sensitive": False}])
    assert client.post("/jobs", body).status == 204
    assert client.post("/connections", {"name": "li", "type": "DLI", "config": many}).status == 204
    client.make_cdm_job("load", **many)
    assert client.server.cpu_seconds() - began < (60 if SANITIZED else 15)


def test_a_property_that_is_not_sensitive_is_kept(start):
    client = start().client()
    client.post("/jobs", job("j", nodes=[{**node("n"), "properties": [
        {"name": "password", "value": "kept", "value_is_sensitive": False},
        {"name": "p", "value": "kept"}]}]))
    shown = client.get("/jobs/j").json["nodes"][0]["properties"]
    assert [p["value"] for p in shown] == ["kept", "kept"]


def test_secrets_go_with_their_object(start):
    server = start()
    client = server.client()
    client.post("/connections", connection("c", {}))
    client.post("/jobs", sensitive_job(a="one"))
    assert len(sealed(server.data)) == 2
    client.delete("/connections/c")
    client.delete("/jobs/j")
    assert sealed(server.data) == {}


# ---- the key ----

def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def filled(start, *args):
    server = start(*args)
    client = server.client()
    client.post("/connections", connection("c", {}))
    return server, client


def refused(data, *args):
    """What dlfd says when it does not start."""
    done = dlfd("--listen", "127.0.0.1:0", "--data", data, *args)
    assert done.returncode == 1 and not done.stdout
    return done.stderr


def test_the_key_file_is_made_at_the_first_start(start):
    server, _ = filled(start)
    key = server.data / "secret.key"
    assert re.fullmatch("[0-9a-f]{64}\n", key.read_text())
    assert mode(key) == 0o600
    assert server.stop() == 0
    again = start(data=server.data)
    assert again.client().get("/connections/c").json["config"]["password"] == MASK


def test_the_key_file_may_be_elsewhere(start, tmp_path):
    path = tmp_path / "keys"
    server, _ = filled(start, "--secret-key-file", str(path))
    assert mode(path) == 0o600 and not (server.data / "secret.key").exists()
    assert server.stop() == 0
    assert "--secret-key-file" in refused(server.data)
    assert not (server.data / "secret.key").exists()
    start("--secret-key-file", str(path), data=server.data)


def test_a_lost_key_is_told_and_no_other_is_made(start):
    server, _ = filled(start)
    assert server.stop() == 0
    (server.data / "secret.key").unlink()
    told = refused(server.data)
    assert "missing" in told and "put it back" in told
    assert not (server.data / "secret.key").exists()


def test_another_key_is_told(start):
    server, _ = filled(start)
    assert server.stop() == 0
    (server.data / "secret.key").write_text("0" * 64 + "\n")
    assert "another key" in refused(server.data)


@pytest.mark.parametrize("text", ["", "x", "0" * 64, "0" * 63 + "\n", "G" * 64 + "\n",
                                  "0" * 64 + "\n" + "0" * 10, ("0" * 64 + "\n") * 3])
def test_a_damaged_key_file_is_told(start, text):
    server, _ = filled(start)
    assert server.stop() == 0
    (server.data / "secret.key").write_text(text)
    assert "key file" in refused(server.data)


def test_a_key_file_that_others_may_read_is_refused(start):
    server, _ = filled(start)
    assert server.stop() == 0
    os.chmod(server.data / "secret.key", 0o640)
    assert "chmod 600" in refused(server.data)


def test_an_older_data_folder_is_brought_up_to_date(start, tmp_path):
    """As the first version wrote it: no key, no secrets, no clusters."""
    data = tmp_path / "older"
    data.mkdir()
    database = sqlite3.connect(data / "catalog.db")
    database.executescript((ROOT / "tests/data/catalog-0001.sql").read_text("utf-8"))
    database.close()
    client = start(data=data).client(project="demo")
    exported = client.export(["kept"])
    assert exported.names == ["jobs/kept/kept.job", "jobs/kept/load.script",
                              "jobs/kept/pack.resource"]
    assert mode(data / "secret.key") == 0o600
    assert client.post("/connections", connection("c", {})).status == 204
    client.make_cdm_job("load")
    assert client.delete("/jobs/kept").status == 204


# ---- another key ----

def rotate(data, *args):
    return dlfd("admin", "key", "rotate", "--data", data, *args)


def test_rotating_seals_all_secrets_anew(start):
    server, client = filled(start)
    for i in range(20):
        client.post("/connections", connection(f"c{i}", {"token": str(i)}))
    before, key = sealed(server.data), (server.data / "secret.key").read_text()
    assert server.stop() == 0
    done = rotate(server.data)
    assert (done.returncode, done.stdout) == (0, "41 secrets sealed with a new key\n"), done
    after = sealed(server.data)
    assert set(after) == set(before)
    assert all(after[k] != before[k] for k in after)
    new = (server.data / "secret.key").read_text()
    assert new != key and len(new) == 65 and mode(server.data / "secret.key") == 0o600
    assert rotate(server.data).returncode == 0  # opens what it has sealed
    (server.data / "secret.key").write_text(key)
    assert "another key" in refused(server.data)


def test_rotating_needs_the_server_to_stand_still(start):
    server, _ = filled(start)
    done = rotate(server.data)
    assert done.returncode == 1 and "another dlfd uses it" in done.stderr


@pytest.mark.parametrize("newest_first", [True, False])
def test_a_rotation_that_was_cut_short(start, newest_first):
    """The file has both keys; the catalogue was sealed with either."""
    server, _ = filled(start)
    assert server.stop() == 0
    path = server.data / "secret.key"
    key, other = path.read_text(), "ab" * 32 + "\n"
    path.write_text(key + other if newest_first else other + key)
    again = start(data=server.data)
    assert again.client().get("/connections/c").status == 200
    assert again.stop() == 0
    assert rotate(server.data).returncode == 0
    assert len(path.read_text()) == 65
    assert start(data=server.data).client().get("/connections/c").status == 200


def test_a_damaged_secret_is_told_and_nothing_changes(start):
    server, _ = filled(start)
    assert server.stop() == 0
    database = sqlite3.connect(server.data / "catalog.db")
    database.execute("UPDATE secret SET sealed = CAST(substr(sealed, 2) || x'00' AS BLOB)")
    database.commit()
    database.close()
    before = sealed(server.data)
    done = rotate(server.data)
    assert done.returncode == 1 and "cannot be opened" in done.stderr
    assert sealed(server.data) == before
    assert start(data=server.data).client().get("/connections/c").status == 200


@pytest.mark.parametrize("args", [["key"], ["key", "turn"], ["key", "rotate", "x"],
                                  ["key", "rotate", "--data"], ["keys", "rotate"]])
def test_malformed_calls(tmp_path, args):
    done = dlfd("admin", *args, env={"DLFD_DATA": str(tmp_path / "none")})
    assert done.returncode == 2 and "usage:" in done.stderr
    assert not (tmp_path / "none").exists()
