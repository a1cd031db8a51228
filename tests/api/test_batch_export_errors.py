"""The errors of the exports, and which of two wins.

FAULTS has a row for each fault that stands in the body, in the contract's
order.  A request with two of them gets the answer of the earlier one.
"""

import itertools

import pytest

from harness import node

BODY_MAX = 12 * 1024 * 1024
MSG = "The request parameter is invalid."


@pytest.fixture(scope="module")
def held(server):
    client = server.client(project="errors")
    client.make_job("a")
    client.make_job("needs", nodes=[
        node("1", "Shell", {"scriptName": "s"}), node("2", "MRSSpark", {"resourcePath": "r"}),
        node("3", "CDMJob", {"clusterName": "k", "jobName": "c"})])
    return client


# Row of the table, members of the body, status, code, what the detail names.
FAULTS = [
    (8, {"jobList": None}, "DLF.3051", "jobList"),
    (9, {"jobList": "a"}, "DLF.3051", "jobList"),
    (10, {"jobList": []}, "DLF.3051", "jobList"),
    (11, {"jobList": ["a"] * 101}, "DLF.3051", "jobList"),
    (12, {"jobList": ["a", 1]}, "DLF.3051", "jobList[1]"),
    (13, {"jobList": ["a", "b/c"]}, "DLF.3051", "jobList[1]"),
    (14, {"exportDepend": "true"}, "DLF.3051", "exportDepend"),
    (15, {"exportStatus": "NEW"}, "DLF.3051", "exportStatus"),
    (15, {"missingDepend": "drop"}, "DLF.3051", "missingDepend"),
    (16, {"obsPath": "s3://x"}, "DLF.0803", "obsPath"),
    (16, {"obsPath": "obs://x/y"}, "DLF.1242", "obsPath"),
    (17, {"jobList": ["nope"]}, "DLF.0100", "jobList"),
    (18, {"exportStatus": "SUBMIT"}, "DLF.0100", "exportStatus"),
    (19, {"jobList": ["needs"], "missingDepend": "fail"}, "DLF.6201", "missingDepend"),
]
IDS = [f"row{row}-{code}-{where}" for row, _, code, where in FAULTS]


def post(client, members, **kw):
    return client.post("/jobs/batch-export", {"jobList": ["a"], **members}, **kw)


def refused(answer, code, where, status=400):
    assert (answer.status, answer.code) == (status, code), answer
    assert where in answer.detail


@pytest.mark.parametrize("row, members, code, where", FAULTS, ids=IDS)
def test_fault(held, row, members, code, where):
    refused(post(held, members), code, where)


PAIRS = [(a, b) for a, b in itertools.combinations(FAULTS, 2)
         if not set(a[1]) & set(b[1]) and a[0] < b[0]]


@pytest.mark.parametrize("first, second", PAIRS, ids=lambda f: f"{f[0]}{f[3]}")
def test_of_two_faults_the_earlier_wins(held, first, second):
    refused(post(held, {**second[1], **first[1]}), first[2], first[3])


@pytest.mark.parametrize("row, members, code, where", FAULTS, ids=IDS)
def test_an_unknown_workspace_wins_over_all_in_the_body(held, row, members, code, where):
    answer = post(held, members, headers={"workspace": "none"})
    refused(answer, "DLF.0819", "workspace")


@pytest.mark.parametrize("body, headers", [
    (b"x" * (BODY_MAX + 1), {}), (b"{", {"Content-Type": "text/plain"}), (b"{", {})])
def test_an_unknown_workspace_wins_over_the_body_itself(held, body, headers):
    answer = held.post("/jobs/batch-export", body, headers={"workspace": "none", **headers})
    refused(answer, "DLF.0819", "workspace")


def test_a_large_body_wins_over_its_type_and_text(held):
    answer = held.post("/jobs/batch-export", b"x" * (BODY_MAX + 1),
                       headers={"Content-Type": "text/plain"})
    refused(answer, "DLF.3051", "body", status=413)


def test_the_type_wins_over_the_text(held):
    answer = held.post("/jobs/batch-export", "{", headers={"Content-Type": "text/plain"})
    refused(answer, "DLF.3051", "text/plain", status=415)


@pytest.mark.parametrize("body", [
    b"", b"null", b"{", b"[]", b'"x"', b"1", b'{"jobList":["a"]', b'{"jobList":["a"]} x',
    b'{"jobList":["\xff"]}', b"\xef\xbb\xbf{}", b"{'jobList':[]}"])
def test_what_is_no_json_object(held, body):
    answer = held.post("/jobs/batch-export", body)
    assert (answer.status, answer.code, answer.json["error_msg"]) == (400, "DLF.3051", MSG)


@pytest.mark.parametrize("names", [[None], [""], ["."], [".."], [[]], [{}], [True], [1.5],
                                   ["a" * 129], ["a b"], ["a\u00e9"]])
def test_what_is_no_name(held, names):
    refused(held.export(names), "DLF.3051", "jobList[0]")


@pytest.mark.parametrize("method, status", [
    ("PATCH", 405), ("HEAD", 405), ("OPTIONS", 405), ("GET", 400), ("DELETE", 400)])
def test_other_methods(held, method, status):
    answer = held.call(method, "/jobs/batch-export")
    assert answer.status == status
    if status == 405:
        assert "POST" in answer.headers["Allow"]


def test_every_unknown_name_is_told(held):
    answer = held.export(["x1", "a", "x2", "\u4e00"])
    assert answer.detail == "jobList: not held: x1, x2, \u4e00"


def test_names_are_case_sensitive(held):
    assert held.export(["A"]).code == "DLF.0100"


def test_one_unknown_name_fails_the_whole(held):
    answer = held.export(["a", "nope"])
    assert answer.headers["Content-Type"].startswith("application/json")


@pytest.mark.parametrize("nodes, code", [
    ([("Shell", "scriptName"), ("MRSSpark", "resourcePath")], "DLF.6201"),
    ([("MRSSpark", "resourcePath")], "DLF.6241"),
    ([("CDMJob", "jobName")], "DLF.3051")])
def test_missing_depend_fails_by_kind(client, nodes, code):
    client.make_job("j", nodes=[node(f"n{i}", kind, {key: "gone", "clusterName": "k"})
                                for i, (kind, key) in enumerate(nodes)])
    answer = client.export(["j"], missingDepend="fail")
    assert (answer.status, answer.code) == (400, code)
    assert answer.detail.count("gone@j") == len(nodes)
    assert client.export(["j"], missingDepend="fail", exportDepend=False).status == 200
    assert client.export_one("j", {"missingDepend": "fail"}).code == code


def test_missing_depend_tells_every_name(held):
    answer = held.export(["needs"], missingDepend="fail")
    assert answer.detail == ("missingDepend: not held: script/s@needs, resource/r@needs, "
                             "cdm/k/c@needs")


LIMITS = [("--max-archive-bytes", "1024"), ("--max-archive-entries", "2"),
          ("--max-unpacked-bytes", "2048")]


@pytest.mark.parametrize("option, value", LIMITS)
def test_an_archive_over_a_limit_is_refused_with_the_figure(start, option, value):
    client = start(option, value).client()
    for i in range(9):
        client.make_job(f"j{i}", description=f"{i}" * 200)
    assert client.export(["j1"]).status == 200
    answer = client.export([f"j{i}" for i in range(9)])
    assert (answer.status, answer.code) == (400, "DLF.3051")
    assert value in answer.detail


@pytest.mark.parametrize("over", [0, 1])
def test_a_limit_itself_is_allowed(start, tmp_path, over):
    first = start(data=tmp_path / "d")
    first.client().make_job("j", unknown=[str(i) for i in range(2000)])
    size = len(first.client().export(["j"]).body)
    assert first.stop() == 0
    again = start("--max-archive-bytes", str(size - over), data=tmp_path / "d")
    assert again.client().export(["j"]).status == (400 if over else 200)


@pytest.mark.parametrize("body, code", [
    ("{", "DLF.3051"), ('{"exportDepend":"x"}', "DLF.3051"), ('{"obsPath":1}', "DLF.3051"),
    ('{"obsPath":"x"}', "DLF.0803"), ('{"obsPath":"obs://b/k"}', "DLF.1242"),
    ('{"exportStatus":"SUBMIT"}', "DLF.0100"), ('{"missingDepend":1}', "DLF.3051"),
    ("[]", "DLF.3051")])
def test_single_export_fault(held, body, code):
    assert held.post("/jobs/a/export", body).code == code


def test_faults_of_the_body_win_over_an_unknown_job_in_the_path(held):
    assert held.post("/jobs/nope/export", '{"exportDepend":1}').code == "DLF.3051"


def test_the_chinese_texts(held):
    answer = held.post("/jobs/batch-export", {}, headers={"X-Language": "zh_cn"})
    assert answer.json == {"error_code": "DLF.3051", "error_msg": "\u8bf7\u6c42\u53c2\u6570"
                           "\u4e0d\u5408\u6cd5\u3002",
                           "error_detail": "jobList\uff1a\u5fc5\u586b"}
