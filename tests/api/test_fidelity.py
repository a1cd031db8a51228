"""What a client sent comes back: the bytes of exported files."""

import json

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from harness import job, quote, resource, script

HEAD = '{"name":"j","processType":"BATCH","schedule":{"type":"EXECUTE_ONCE"},"nodes":[]'
HEAD_STORED = """{
  "name": "j",
  "processType": "BATCH",
  "schedule": {
    "type": "EXECUTE_ONCE"
  },
  "nodes": []"""


def save(client, body, path="/jobs"):
    answer = client.post(path, body)
    assert answer.status in (200, 204), answer
    return answer


def stored(client, name="j"):
    archive = client.export([name]).zip
    return archive.read(f"jobs/{name}/{name}.job").decode()


def script_file(client):
    """The file of the script s, by way of a job that names it."""
    client.delete("/jobs/reads")
    client.make_job("reads", nodes=[{"name": "n", "type": "Shell", "properties": [
        {"name": "scriptName", "value": "s"}]}])
    return client.export(["reads"]).zip.read("jobs/reads/s.script").decode()


def unknown(client, text):
    """How the JSON `text` comes out under an unknown member of a job."""
    save(client, HEAD + ',"x":' + text + "}")
    out = stored(client)
    assert out.startswith(HEAD_STORED + ',\n  "x": ') and out.endswith("\n}\n")
    return out[len(HEAD_STORED + ',\n  "x": '):-len("\n}\n")]


def test_numbers_to_the_letter(client):
    assert unknown(client, "[0.1, 120.10, 1E5, 12345678901234567890, -0]") == (
        "[\n    0.1,\n    120.10,\n    1E5,\n    12345678901234567890,\n    -0\n  ]")


@pytest.mark.parametrize("given_text, comes_out", [
    (r'"\u00e9\u4e2d\ud83d\ude00"', '"é中😀"'), (r'"a\/b"', '"a/b"'),
    (r'"\"\\"', r'"\"\\"'), (r'"\b\f\n\r\t"', r'"\b\f\n\r\t"'),
    (r'"\u0008\u000a\u0001\u001F"', r'"\b\n\u0001\u001f"'),
    ('"\x7f\u2028\uffff"', '"\x7f\u2028\uffff"'), ("{}", "{}"), ("[]", "[]"), ("null", "null"),
    ("[ [ ] , { } ]", "[\n    [],\n    {}\n  ]"), ("true", "true"),
    ('{"b":1,"a":{"c":[null]}}',
     '{\n    "b": 1,\n    "a": {\n      "c": [\n        null\n      ]\n    }\n  }')])
def test_text_of_an_unknown_member(client, given_text, comes_out):
    assert unknown(client, given_text) == comes_out


def test_unknown_members_stay_in_order_at_each_level(client):
    body = """{"z": 1, "name": "j", "processType": "BATCH", "a": {"y": 2},
      "schedule": {"q": 1, "type": "CRON", "cron": {"w": [], "startTime":
      "2024-03-01T00:00:00+08", "expression": "0 0 1 * * ?", "dependJobs": {"k": 1.0}}},
      "basicConfig": {"u": 1e1, "owner": "ann"}, "params": [{"v": 1, "name": "p", "value": ""}],
      "nodes": [{"o": "p", "name": "n", "type": "T", "i": {}, "properties":
      [{"u": 1, "name": "a", "t": [1.50], "value": "x"}], "location": {"z": 0, "x": "1.0"},
      "maxExecutionTime": 5, "retryTimes": 1, "retryInterval": 5}]}"""
    save(client, body)
    assert pairs(stored(client)) == pairs(body)


def pairs(text):
    """JSON with the order of members, and numbers as texts."""
    return json.loads(text, object_pairs_hook=list, parse_int=str, parse_float=str)


def test_the_servers_members_are_dropped_at_the_top_only(client):
    servers = {"id": 5, "createTime": 1, "createUser": "x", "status": "y", "lastUpdateUser": "z",
               "lastUpdateTime": 2, "targetStatus": "SAVED",
               "approvers": [{"approverName": "a"}], "downstreamJobs": []}
    node = {"name": "n", "type": "T", "status": 1, "id": 2, "createUser": 3,
            "maxExecutionTime": 5, "retryTimes": 0, "retryInterval": 5}
    save(client, job("j", **{**servers, "nodes": [node]}))
    assert json.loads(stored(client)) == job("j", nodes=[node])


def test_owner_and_execute_user_stay(client):
    config = {"owner": "ann", "executeUser": "bob"}
    save(client, job("j", basicConfig=config))
    assert json.loads(stored(client))["basicConfig"] == config


@pytest.mark.parametrize("members, comes_out", [
    ('"jobType":"BATCH","u":1', {"processType": "BATCH", "u": 1}),
    ('"jobType":"REAL_TIME","processType":"BATCH"', {"processType": "BATCH"}),
    ('"processType":"BATCH","jobType":"REAL_TIME"', {"processType": "BATCH"}),
    ('"processType":null,"jobType":"REAL_TIME"', {"processType": "REAL_TIME"}),
    ('"jobType":"BATCH","params":[{"name":"p","paramType":"constants","value":"v"}]',
     {"processType": "BATCH", "params": [{"name": "p", "type": "constants", "value": "v"}]})])
def test_aliases_are_renamed_where_they_stand(client, members, comes_out):
    save(client, '{"name":"j",' + members + ',"schedule":{"type":"EXECUTE_ONCE"},"nodes":[]}')
    got = json.loads(stored(client))
    assert list(got.items())[1:1 + len(comes_out)] == list(comes_out.items())
    assert "jobType" not in got


def test_an_alias_of_a_resource(client):
    save(client, resource("r", depend_packages=[{"type": "jar", "location": "obs://b/x"}]),
         "/resources")
    client.make_job("j", nodes=[{"name": "n", "type": "T", "properties": [
        {"name": "resourcePath", "value": "r"}]}])
    got = json.loads(client.export(["j"]).zip.read("jobs/j/r.resource"))
    assert got["dependPackages"] == [{"type": "jar", "location": "obs://b/x"}]
    assert "depend_packages" not in got


def test_known_nulls_are_dropped_and_unknown_ones_stay(client):
    node = ('{"name":"n","type":"T","pollingInterval":null,"u":null,"maxExecutionTime":5,'
            '"retryTimes":0,"retryInterval":5,"location":{"x":null,"v":null}}')
    save(client, '{"name":"j","processType":"BATCH","schedule":{"type":"EXECUTE_ONCE",'
                 '"cron":null},"description":null,"w":null,"nodes":[' + node + ']}')
    got = json.loads(stored(client))
    assert got == {"name": "j", "processType": "BATCH", "schedule": {"type": "EXECUTE_ONCE"},
                   "w": None, "nodes": [{"name": "n", "type": "T", "u": None,
                                         "maxExecutionTime": 5, "retryTimes": 0,
                                         "retryInterval": 5, "location": {"v": None}}]}


def test_what_readers_need_is_added_at_the_end(client):
    save(client, '{"name":"j","processType":"BATCH","schedule":{"type":"CRON","cron":'
                 '{"startTime":"2024-03-01T00:00:00+08","expression":"0 0 1 * * ?","u":1}},'
                 '"nodes":[{"name":"n","type":"T","retryTimes":2,"u":1}]}')
    got = json.loads(stored(client))
    assert list(got["schedule"]["cron"].items())[-2:] == [("u", 1), ("dependJobs", {"jobs": []})]
    assert list(got["nodes"][0].items())[2:] == [
        ("retryTimes", 2), ("u", 1), ("maxExecutionTime", 60), ("retryInterval", 120)]


def test_nodes_are_added_and_empty_depend_jobs_stay(client):
    save(client, '{"name":"j","processType":"BATCH","schedule":{"type":"CRON","cron":{'
                 '"startTime":"2024-03-01T00:00:00+08","expression":"0 0 1 * * ?",'
                 '"dependJobs":{}}},"v":1}')
    got = json.loads(stored(client))
    assert got["schedule"]["cron"]["dependJobs"] == {}
    assert list(got)[-2:] == ["v", "nodes"]


def test_an_exported_file_creates_the_same_file(client, server):
    save(client, '{"b":1.0,"name":"j","jobType":"BATCH","schedule":{"type":"CRON","cron":{'
                 '"startTime":"2024-03-01T00:00:00+08","expression":"0 0 1 * * ?"}},'
                 '"nodes":[{"name":"n","type":"T"}]}')
    text = stored(client)
    other = server.client(project=client.project + "b")
    save(other, text)
    assert stored(other) == text


def test_the_order_of_a_job_after_an_update(client):
    save(client, {"directory": "/d", "u": 1, **job("j"), "logPath": "obs://l",
                  "basicConfig": {"owner": "o"}})
    body = {"v": 2, "schedule": {"type": "EXECUTE_ONCE"}, "processType": "BATCH", "nodes": []}
    assert client.put("/jobs/j", body).status == 204
    assert list(json.loads(stored(client))) == [
        "v", "schedule", "processType", "nodes", "directory", "name", "logPath", "basicConfig"]


def test_the_order_of_a_script_after_an_update(client):
    save(client, {"u": 1, **script("s"), "w": 2}, "/scripts")
    before = list(json.loads(script_file(client)))
    assert client.put("/scripts/s", {"w": 3, "new": 4, "content": "x"}).status == 204
    after = json.loads(script_file(client))
    assert list(after) == [*before, "new"]
    assert (after["u"], after["w"], after["content"]) == (1, 3, "x")


def test_what_is_shown_can_be_sent_back(client):
    save(client, job("j", nodes=[{"name": "n", "type": "T"}]))
    shown = client.get("/jobs/j").json
    assert client.put("/jobs/j", shown).status == 204
    assert {k: v for k, v in client.get("/jobs/j").json.items()} == shown


REFUSED = [
    '{"a":1,"a":2}', r'{"a":1,"\u0061":2}', '{"x":{"b":1,"b":2}}', '[{"c":1,"c":1}]',
    "[" * 64 + "]" * 64, "01", "1.", ".5", "+1", "1e", "NaN", "Infinity", "-", "'a'", '"\t"',
    r'"\ud800"', r'"\udc00"', r'"\ud800\u0041"', r'"\x"', r'"\u12g4"', "[1,]", '{"a":1,}',
    "// c\n1", "[1 2]", '{"a" 1}', "{1:2}", "tru", r'"\u0000"', "nul", "1,"]


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_refused(client, text):
    answer = client.post("/jobs", HEAD + ',"x":' + text + "}")
    assert (answer.status, answer.code) == (400, "DLF.3051")


def test_depth_64_is_taken(client):
    assert unknown(client, "[" * 63 + "]" * 63).count("[") == 63


@pytest.mark.parametrize("body", [
    b"\xef\xbb\xbf{}", HEAD.encode() + b"} x", HEAD.encode() + b',"x":"\xc0\x80"}',
    HEAD.encode() + b',"x":"\xed\xa0\x80"}', HEAD.encode() + b',"x":"\x00"}', b"", b"  "])
def test_bodies_that_are_refused(client, body):
    answer = client.post("/jobs", body)
    assert (answer.status, answer.code) == (400, "DLF.3051")


NUMBERS = st.from_regex(r"\A-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,10})?([eE][+-]?[0-9]{1,4})?\Z")
STRINGS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"),
                  max_size=20)
SCALARS = st.one_of(st.sampled_from(["null", "true", "false"]), NUMBERS,
                    STRINGS.map(json.dumps), STRINGS.map(lambda s: json.dumps(
                        s, ensure_ascii=False)))


def containers(inner):
    members = st.dictionaries(STRINGS, inner, max_size=4).map(
        lambda d: "{" + ",".join(json.dumps(k) + ": " + v for k, v in d.items()) + "}")
    return members | st.lists(inner, max_size=4).map(lambda v: "[" + " ,".join(v) + "]")


@settings(max_examples=150, deadline=None, database=None,
          suppress_health_check=list(HealthCheck))
@given(text=st.recursive(SCALARS, containers, max_leaves=25))
def test_any_json_comes_back_and_again(server, text):
    client = server.client(project="any-json")
    client.delete("/jobs/j")
    out = unknown(client, text)
    assert pairs(out) == pairs(text)
    whole = stored(client)
    assert client.put("/jobs/j", whole).status == 204
    assert stored(client) == whole


def test_names_outside_ascii(client):
    save(client, job("每日_作业.1"))
    answer = client.export(["每日_作业.1"])
    assert answer.names == ["jobs/每日_作业.1/每日_作业.1.job"]
    assert client.get("/jobs/" + quote("每日_作业.1")).status == 200
