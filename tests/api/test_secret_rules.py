"""What is a secret by its name or by its value is sealed: where it stands in bodies.

The names and values themselves are a table in tests/unit/model/test_secret_rules.c; here a few of
them go through every way in and out, and the folder is searched for them.
"""

import base64
import json
import uuid

import pytest

from archives import imported, zipped
from harness import cdm_job, job, link, node, values
from test_fields_connection import BASE, CONFIG
from test_secrets import MASK, Planted, blobs, entries, files_of, sealed

NAMES = ["dbPassword", "userPassword", "secretAccessKey", "apiKey", "clientSecret", "authToken",
         "truststorePassword", "db_password", "ssl.truststore.password", "fs.obs.secret.key",
         "ak", "dbpassword", "AWSSecretAccessKey"]
VALUES = ["jdbc:mysql://h:3306/db?user=a&password={}", "https://user:{}@host/path",
          "jdbc:sqlserver://h;user=a;password={}", "Server=h;User Id=u;Pwd={};",
          'x.PlainLoginModule required username="a" password="{}";',
          "Authorization: Bearer {}", "jdbc:oracle:thin:scott/{}@//h/x",
          "https://h/hook?a=b&access_token={}"]


def connection(name="c", **config):
    return {**BASE, "name": name, "config": {**CONFIG, "password": "pw", **config}}


def config_of(client, name="c"):
    return client.get(f"/connections/{name}").json["config"]


def lines_job(name="j", **properties):
    return job(name, nodes=[node("call", "RESTAPI", properties)])


def property_of(client, name, job_name="j"):
    properties = client.get(f"/jobs/{job_name}").json["nodes"][0]["properties"]
    return {p["name"]: p["value"] for p in properties}[name]


def assert_unseen_anywhere(server, planted, said):
    running = files_of(server.data)
    assert server.stop() == 0
    for name, text in {**running, **files_of(server.data)}.items():
        planted.assert_unseen(text, name)
    planted.assert_unseen(b"".join(blobs(server.data)), "blobs")
    planted.assert_unseen("\n".join(server.log).encode(), "log")
    planted.assert_unseen(b"".join(said), "answers")


def test_names_and_values_are_sealed_everywhere(start):
    """Create, show, save again, list, export: none of them, nor any file, has one."""
    server = start()
    client = server.client()
    planted = Planted()
    config = {name: planted() for name in NAMES}
    config |= {f"by{i}": text.format(planted()) for i, text in enumerate(VALUES)}
    extended = base64.b64encode(json.dumps(config).encode()).decode()
    section = {**values("linkConfig", **config, properties=config),
               "extended-configs": {"name": "linkConfig.extendedFields", "value": extended}}
    lines = "\n".join(f"{k}={v}" for k, v in config.items())
    arguments = " ".join(f"--{k}={v}" for k, v in config.items() if " " not in v)
    said = []

    def say(answer, status):
        assert answer.status == status, answer
        said.append(answer.body)
        return answer

    say(client.post("/connections", connection(**config)), 204)
    say(client.put("/connections/c", connection(**config)), 204)
    shown = say(client.get("/connections/c"), 200).json
    assert {k: v for k, v in shown["config"].items() if k in config} == dict.fromkeys(config, MASK)
    say(client.get("/connections?limit=10"), 200)
    say(client.cdm("POST", "/link", {"links": [link("l", **{"link-config-values": section})]}), 200)
    say(client.cdm("GET", "/link/l"), 200)
    say(client.cdm("POST", "/job", {"jobs": [cdm_job("load", **{"from-config-values": section})]}), 200)
    say(client.cdm("GET", "/job/load"), 200)
    body = job("j", nodes=[node("call", "RESTAPI", {"headers": lines, "scriptArgs": lines,
                                                    "arguments": arguments}),
                           node("cdm", "CDMJob", {"clusterName": "default", "jobName": "load"})])
    say(client.post("/jobs", body), 204)
    say(client.get("/jobs/j"), 200)
    exports = [say(client.export(["j"]), 200), say(client.post("/connections/export"), 200)]
    assert len(exports[0].names) == 2
    planted.assert_unseen(b"".join(map(entries, exports)), "archives")
    assert_unseen_anywhere(server, planted, said)


@pytest.mark.parametrize("value", VALUES)
def test_a_value_is_kept_replaced_and_made_plain(start, value):
    server = start()
    client = server.client()
    assert client.post("/connections", connection(url=value.format("one"))).status == 204
    first = sealed(server.data)
    assert ("c", "config.url") in first
    shown = client.get("/connections/c").json
    assert shown["config"]["url"] == MASK
    assert client.put("/connections/c", shown).status == 204  # what was shown
    assert client.put("/connections/c", {"config": {}}).status == 204
    assert (sealed(server.data), client.get("/connections/c").json) == (first, shown)
    assert client.put("/connections/c", {"config": {"url": value.format("two")}}).status == 204
    second = sealed(server.data)
    assert second["c", "config.url"] != first["c", "config.url"]
    assert second["c", "config.password"] == first["c", "config.password"]
    exported = json.loads(client.post("/connections/export").zip.read("connections/c.conn"))
    assert "url" not in exported["config"]


@pytest.mark.parametrize("plain", ["${db_password}", "#{Env.get(\"p\")}", "$[p]", 7, True])
def test_what_is_no_secret_takes_its_place_and_gives_way(start, plain):
    """A reference, a number and a boolean are shown as they are, under any name."""
    server = start()
    client = server.client()
    assert client.post("/connections", connection(dbPassword="one")).status == 204
    for value, shown in ((plain, plain), ("two", MASK), (plain, plain), ("three", MASK)):
        assert client.put("/connections/c", {"config": {"dbPassword": value}}).status == 204
        answer = client.get("/connections/c")
        assert answer.json["config"]["dbPassword"] == shown
        assert answer.body.count(b"dbPassword") == 1
        exported = entries(client.post("/connections/export"))
        assert (b"dbPassword" in exported) == (shown == plain)


def test_a_link_keeps_what_a_save_leaves_out(start):
    server = start()
    client = server.client()
    uri = "mongodb://u:first@h/db"
    body = link("l", **{"link-config-values": values("linkConfig", uri=uri, host="h")})
    assert client.cdm("POST", "/link", {"links": [body]}).status == 200
    before = sealed(server.data)
    assert len(before) == 1
    shown = client.cdm("GET", "/link/l").json["links"][0]
    assert [i["name"] for i in shown["link-config-values"]["configs"][0]["inputs"]] == [
        "linkConfig.host"]
    assert client.cdm("PUT", "/link/l", {"links": [shown]}).status == 200
    assert sealed(server.data) == before
    body["link-config-values"] = values("linkConfig", uri=uri.replace("first", "other"))
    assert client.cdm("PUT", "/link/l", {"links": [body]}).status == 200
    assert set(sealed(server.data)) == set(before) and sealed(server.data) != before


# ---- lines ----

PATH = "nodes.call.properties.headers.value"


def test_lines_are_sealed_one_by_one(start):
    server = start()
    client = server.client()
    text = "Accept=*/*\nAuthorization=Bearer one\nX-Api-Key: two\nX-Trace=1"
    clean = "Accept=*/*\nAuthorization=\nX-Api-Key: \nX-Trace=1"
    assert client.post("/jobs", lines_job(headers=text)).status == 204
    first = sealed(server.data)
    assert {path for _, path in first} == {f"{PATH}.Authorization", f"{PATH}.X-Api-Key"}
    assert property_of(client, "headers") == clean
    exported = json.loads(client.export(["j"]).zip.read("jobs/j/j.job"))
    assert exported["nodes"][0]["properties"][0]["value"] == clean
    # what was shown comes back, in another order, with a mask: both stay
    for again in (clean, "X-Api-Key: \nX-Trace=2\nAuthorization=",
                  f"Authorization={MASK}\nX-Api-Key: {MASK}"):
        assert client.put("/jobs/j", lines_job(headers=again)).status == 204
        assert sealed(server.data) == first
        assert MASK not in property_of(client, "headers")
    # one is replaced, one goes
    assert client.put("/jobs/j", lines_job(headers="Authorization=Bearer new\nX-Api-Key=")).status == 204
    second = sealed(server.data)
    assert second["j", f"{PATH}.Authorization"] != first["j", f"{PATH}.Authorization"]
    assert second["j", f"{PATH}.X-Api-Key"] == first["j", f"{PATH}.X-Api-Key"]
    assert client.put("/jobs/j", lines_job(headers="Authorization=Bearer ${t}")).status == 204
    assert sealed(server.data) == {}
    assert property_of(client, "headers") == "Authorization=Bearer ${t}"


def test_headers_that_are_json(start):
    server = start()
    client = server.client()
    text = json.dumps({"Accept": "*/*", "Authorization": "Bearer one"}, separators=(",", ":"))
    assert client.post("/jobs", lines_job(headers=text)).status == 204
    first = sealed(server.data)
    assert list(first) == [("j", f"{PATH}.Authorization")]
    shown = client.get("/jobs/j").json
    assert json.loads(property_of(client, "headers")) == {"Accept": "*/*", "Authorization": ""}
    assert client.put("/jobs/j", {k: shown[k] for k in ("name", "processType", "schedule", "nodes")}
                      ).status == 204
    assert sealed(server.data) == first


def test_a_text_without_names_is_sealed_as_a_whole(start):
    server = start()
    client = server.client()
    body = lines_job(arguments="load https://u:one@h/ now")
    assert client.post("/jobs", body).status == 204
    first = sealed(server.data)
    assert list(first) == [("j", "nodes.call.properties.arguments.value")]
    assert property_of(client, "arguments") == ""
    assert client.put("/jobs/j", lines_job(arguments="")).status == 204
    assert sealed(server.data) == first
    assert client.put("/jobs/j", lines_job(arguments="load")).status == 204
    assert sealed(server.data) == {} and property_of(client, "arguments") == "load"


def test_other_properties_are_never_looked_into(start):
    """They are what people write: it would vanish from exports."""
    server = start()
    client = server.client()
    marker = f"https://u:{uuid.uuid4().hex}@h/?password=x"
    properties = {k: marker for k in ("statement", "body", "url", "message", "parameters")}
    assert client.post("/jobs", lines_job(description=marker, **properties)).status == 204
    assert all(property_of(client, k) == marker for k in properties)
    client.make_script("s", content=marker, description=marker)
    client.post("/connections", {**connection(), "description": marker[:200]})
    assert client.get("/scripts/s").json["content"] == marker
    assert client.get("/connections/c").json["description"] == marker[:200]
    assert set(sealed(server.data)) == {("c", "config.password")}


# ---- switches of several types ----

def switched(value, flag):
    return job("j", nodes=[{**node("n"), "properties": [
        {"name": "p", "value": value, "value_is_sensitive": flag}]}])


@pytest.mark.parametrize("flag", [True, "true", "TRUE", "True", "1", 1])
def test_a_switch_that_is_on(start, flag):
    server = start()
    client = server.client()
    assert client.post("/jobs", switched("one", flag)).status == 204
    assert list(sealed(server.data)) == [("j", "nodes.n.properties.p.value")]
    shown = client.get("/jobs/j").json["nodes"][0]["properties"][0]
    assert shown == {"name": "p", "value": "", "value_is_sensitive": flag}
    assert b'"value": ""' in entries(client.export(["j"]))


@pytest.mark.parametrize("flag", [False, "false", "FALSE", "0", 0, "", None])
def test_a_switch_that_is_off(client, flag):
    assert client.post("/jobs", switched("one", flag)).status == 204
    assert client.get("/jobs/j").json["nodes"][0]["properties"][0]["value"] == "one"


@pytest.mark.parametrize("flag", ["yes", "on", "2", 2, -1, 1.0, "truee", " true", "真", [], [True],
                                  {}, {"a": 1}])
def test_a_switch_that_says_neither_is_refused(start, flag):
    """The message names it; the value was not written anywhere."""
    server = start()
    client = server.client()
    planted = Planted()
    said = [client.post("/jobs", switched(planted(), flag))]
    client.make_job("j")
    said.append(client.put("/jobs/j", switched(planted(), flag)))
    for answer in said:
        assert answer.code == "DLF.3051"
        assert "nodes[0].properties[0].value_is_sensitive" in answer.detail
    assert_unseen_anywhere(server, planted, [answer.body for answer in said])


# ---- extended configs ----

EXTENDED = "link-config-values.extended-configs.value"


def coded(value, url=False, unpadded=False):
    text = value if isinstance(value, str) else json.dumps(value)
    text = (base64.urlsafe_b64encode if url else base64.b64encode)(text.encode()).decode()
    return text.rstrip("=") if unpadded else text


def deep(value, layers):
    for _ in range(layers - 1):
        value = {"name": "x.extendedFields", "value": coded(value)}
    return coded(value)


def extended_link(value):
    return {"links": [link("l", **{"link-config-values": {
        **values("linkConfig", host="h"),
        "extended-configs": {"name": "linkConfig.extendedFields", "value": value}}})]}


def extended_of(client):
    configs = client.cdm("GET", "/link/l").json["links"][0]["link-config-values"]
    return configs["extended-configs"]


@pytest.mark.parametrize("url, unpadded", [(False, False), (False, True), (True, False), (True, True)])
def test_extended_configs_in_each_form_of_base64(start, url, unpadded):
    server = start()
    client = server.client()
    planted = Planted()
    for filler in ("", "?", "??", "???>>>~~~"):  # each length of padding, and + and /
        body = extended_link(coded({"a": filler, "dbPassword": planted()}, url, unpadded))
        assert client.cdm("POST", "/link", body).status == 200
        clean = coded('{"a":"%s"}' % filler, url)
        assert extended_of(client)["value"] in (clean, clean.rstrip("="))
        assert list(sealed(server.data)) == [("l", f"{EXTENDED}.dbPassword")]
        assert client.cdm("DELETE", "/link/l").status == 200
    assert_unseen_anywhere(server, planted, [])


@pytest.mark.parametrize("layers", [1, 2, 3, 4, 8, 9, 12])
def test_extended_configs_inside_each_other(start, layers):
    server = start()
    client = server.client()
    planted = Planted()
    body = extended_link(deep({"a": "b", "authToken": planted()}, layers))
    assert client.cdm("POST", "/link", body).status == 200
    before = sealed(server.data)
    assert len(before) == 1
    shown = client.cdm("GET", "/link/l")
    assert client.cdm("PUT", "/link/l", {"links": shown.json["links"]}).status == 200
    assert sealed(server.data) == before
    text = extended_of(client)["value"]
    while layers <= 8 and layers > 1:
        text, layers = json.loads(base64.b64decode(text))["value"], layers - 1
    assert layers > 8 or json.loads(base64.b64decode(text)) == {"a": "b"}
    assert_unseen_anywhere(server, planted, [shown.body])


@pytest.mark.parametrize("form", ["{}", "x {}", "[\"{}\"]", "\"{}\""])
@pytest.mark.parametrize("in_base64", [True, False])
def test_extended_configs_that_cannot_be_read_are_sealed_whole(start, form, in_base64):
    """A text, a list, no JSON: nobody knows what of it is a secret."""
    server = start()
    client = server.client()
    planted = Planted()
    text = form.format(planted())
    body = extended_link(coded(text) if in_base64 else text)
    assert client.cdm("POST", "/link", body).status == 200
    before = sealed(server.data)
    assert list(before) == [("l", EXTENDED)]
    shown = client.cdm("GET", "/link/l")
    assert extended_of(client) == {"name": "linkConfig.extendedFields"}
    assert client.cdm("PUT", "/link/l", {"links": shown.json["links"]}).status == 200
    assert sealed(server.data) == before
    assert_unseen_anywhere(server, planted, [shown.body])


def test_extended_configs_that_are_the_text_of_json(start):
    server = start()
    client = server.client()
    body = extended_link('{"a":"b","sk":"one"}')
    assert client.cdm("POST", "/link", body).status == 200
    assert extended_of(client)["value"] == '{"a":"b"}'
    assert list(sealed(server.data)) == [("l", f"{EXTENDED}.sk")]


def test_extended_configs_without_secrets_stay_as_they_came(client):
    for value in ("e30=", "e30", coded({"a": "??>"}, True, True), '{"a" : 1}', ""):
        client.cdm("DELETE", "/link/l")
        assert client.cdm("POST", "/link", extended_link(value)).status == 200
        assert extended_of(client)["value"] == value


# ---- imports ----

def archive(*files):
    return zipped([(name, json.dumps(body)) for name, body in files])


def test_an_import_seals_and_still_maps_names(start):
    """What an archive has in clear is sealed; a mapping reaches what stands beside it."""
    server = start()
    client = server.client()
    planted = Planted()
    url = f"jdbc:mysql://h/d?user=a&password={planted()}"
    headers = f"Authorization=Bearer {planted()}\nX-Trace=1"
    body = job("j", nodes=[node("call", "HiveSQL", {
        "scriptName": "s", "connectionName": "dev", "headers": headers,
        "scriptArgs": f"db_password={planted()}\ndt=1"})])
    data = archive(("j.job", body), ("dev.conn", connection("dev", url=url, apiKey=planted(),
                                                            clusterName="wh_dev")))
    imported(client, data, sameNamePolicy="OVERWRITE", mapping={"connections": {"dev": "prod"}})
    assert property_of(client, "connectionName") == "prod"
    assert property_of(client, "headers") == "Authorization=\nX-Trace=1"
    config = config_of(client, "prod")
    assert (config["url"], config["apiKey"], config["clusterName"]) == (MASK, MASK, "wh_dev")
    before = sealed(server.data)
    assert {path for _, path in before} == {
        "config.password", "config.url", "config.apiKey", f"{PATH}.Authorization",
        "nodes.call.properties.scriptArgs.value.db_password"}
    # an export of it, imported over it, keeps what is stored
    again = client.post("/connections/export").body
    imported(client, again, "/connections", sameNamePolicy="OVERWRITE")
    imported(client, client.export(["j"]).body, sameNamePolicy="OVERWRITE")
    assert sealed(server.data) == before
    (server.data / "obs/archives/x.zip").unlink()
    assert_unseen_anywhere(server, planted, [again])
