"""Each field of the two exports' bodies, and the query parameters of the lists."""

import uuid

import pytest

from fields import Field, assert_refused, cases, to_bytes, with_value
from harness import job, node, script

NAMES = [f"job_{i:03}" for i in range(101)]
BASE = {"jobList": ["job_000"], "exportDepend": True, "exportStatus": "DEVELOP",
        "missingDepend": "report", "obsPath": None}
SINGLE = {k: v for k, v in BASE.items() if k != "jobList"}
BAD_NAMES = ("n" * 129, "a b", "a/b", ".", "..", "é", "")

OPTIONS = [
    Field("exportDepend", "bool", good=(True, False)),
    # one bad row for each code: no bucket is held yet
    Field("obsPath", "string", wrong="DLF.0803", empty="DLF.0803",
          bad=("x", "b/k", "/b/k", "s3://b/k", "obs:/b/k", "obs://")),
    Field("exportStatus", "string", empty="DLF.3051", good=("DEVELOP",),
          bad=("NOPE", "develop", "SUBMITTED")),
    Field("missingDepend", "string", empty="DLF.3051", enum=("report", "fail")),
]
JOB_LIST = [
    Field("jobList", "array", required=True, item="string", empty="DLF.3051",
          good=(["job_000"], ["job_001", "job_000"], NAMES[:100], ["job_000"] * 100),
          bad=(NAMES, ["job_000"] * 101)),
]
ITEMS = [Field("jobList[0]", "string", empty="DLF.3051", good=("job_000",), bad=BAD_NAMES[:-1])]


@pytest.fixture(scope="module")
def held(server):
    """A client in a project with 101 jobs; the first names a script."""
    client = server.client(project=uuid.uuid4().hex)
    assert client.post("/scripts", script("s")).status == 204
    first = [node("n", "DWSSQL", {"scriptName": "s"})]
    for name in NAMES:
        nodes = first if name == NAMES[0] else []
        assert client.post("/jobs", job(name, nodes=nodes)).status == 204
    return client


def batch_entries(body):
    """The entries that an export of `body` has."""
    names = list(dict.fromkeys(body["jobList"]))
    entries = []
    for name in names:
        entries.append(f"jobs/{name}/{name}.job")
        if name == NAMES[0] and body.get("exportDepend") is not False:
            entries.append(f"jobs/{name}/s.script")
    return entries


def single_entries(body):
    depends = body.get("exportDepend") is not False
    return ["jobs/job_000.job"] + ["scripts/s.script"] * depends


def check_export(case, base, send, entries):
    body = with_value(base, case.path, case.value)
    answer = send(to_bytes(body))
    if case.code:
        assert_refused(answer, case.code, case.detail)
    else:
        assert answer.status == 200, answer
        assert answer.names == entries(body)


@pytest.mark.parametrize(
    "case", cases(JOB_LIST + OPTIONS) + cases(ITEMS, without=("absence",)))
def test_batch_export(held, case):
    check_export(case, BASE, lambda body: held.post("/jobs/batch-export", body),
                 batch_entries)


@pytest.mark.parametrize("case", cases(OPTIONS))
def test_single_export(held, case):
    check_export(case, SINGLE, lambda body: held.export_one("job_000", body),
                 single_entries)


@pytest.mark.parametrize("member, value, code", [
    ("exportStatus", "SUBMIT", "DLF.0100"),
    ("obsPath", "obs://no-bucket/jobs/", "DLF.1242"),
])
def test_good_values_that_nothing_answers_yet(held, member, value, code):
    for answer in (held.export(["job_000"], **{member: value}),
                   held.export_one("job_000", {member: value})):
        assert (answer.status, answer.code) == (400, code)


@pytest.mark.parametrize("index", [1, 50, 99])
@pytest.mark.parametrize("bad", [1, None, "a b"])
def test_the_item_at_fault_is_named(held, index, bad):
    names = list(NAMES[:100])
    names[index] = bad
    assert_refused(held.export(names), "DLF.3051", f"jobList[{index}]")


def test_too_many_names_are_counted(held):
    detail = held.export(NAMES).detail
    assert "100" in detail and "101" in detail


# ---- query parameters ----

LISTS = ["/jobs", "/scripts", "/resources"]
NAME_FILTER = {"/jobs": "jobName", "/scripts": "scriptName", "/resources": "resourceName"}
NO_INTS = ("", "x", "-1", "1.0", "1e1", "0x1", "1%20", "%2B1", "99999999999999999999")


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("query", ["", "limit=1", "limit=100", "offset=0", "offset=1000000",
                                   "limit=1&offset=1", "unknown=x", "limit=10&"])
def test_queries_that_lists_take(client, path, query):
    assert client.get(f"{path}?{query}").status == 200


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("parameter, value", [
    *(("limit", value) for value in ("0", "101", *NO_INTS)),
    *(("offset", value) for value in NO_INTS),
])
def test_limit_and_offset_are_integers_in_range(client, path, parameter, value):
    assert_refused(client.get(f"{path}?{parameter}={value}"), "DLF.3051", parameter)


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("value", ["%FF", "%00", "a%C0%80"])
def test_name_filters_are_utf8_without_nul(client, path, value):
    answer = client.get(f"{path}?{NAME_FILTER[path]}={value}")
    assert_refused(answer, "DLF.3051", NAME_FILTER[path])


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("value", ["", "a%20b", "%E5%AD%97", "a/b", "x" * 300])
def test_name_filters_take_any_text(client, path, value):
    answer = client.get(f"{path}?{NAME_FILTER[path]}={value}")
    assert (answer.status, answer.json["total"]) == (200, 0)


@pytest.mark.parametrize("value", ["", "batch", "STREAM", "BATCH%20", "%00"])
def test_job_type_is_batch_or_real_time(client, value):
    assert_refused(client.get(f"/jobs?jobType={value}"), "DLF.3051", "jobType")


@pytest.mark.parametrize("query", ["dependencies=true", "dependencies=false",
                                   "getJobSubmitVersion=false", "unknown=1"])
def test_queries_that_show_takes(held, query):
    assert held.get("/jobs/job_000?" + query).json["name"] == "job_000"


@pytest.mark.parametrize("parameter, value", [
    ("version", "x"), ("version", "1.0"), ("version", ""),
    ("dependencies", "maybe"), ("dependencies", "1"), ("dependencies", "TRUE"),
    ("getJobSubmitVersion", "maybe"), ("getJobSubmitVersion", "1"),
])
def test_bad_queries_of_show(held, parameter, value):
    answer = held.get(f"/jobs/job_000?{parameter}={value}")
    assert_refused(answer, "DLF.3051", parameter)
