"""The export by link: GET and HEAD of jobs.zip, clause by clause."""

import json
import urllib.parse

import pytest

from fields import assert_refused
from harness import admin_workspace, node, quote

BAD_NAMES = ["n" * 129, "a b", "a/b", ".", "..", "é", ""]


def link(client, *names, method="GET", headers=None, **parameters):
    query = [("name", name) for name in names] + list(parameters.items())
    path = "/jobs.zip?" + urllib.parse.urlencode(query, quote_via=urllib.parse.quote)
    return client.call(method, path, headers=headers)


@pytest.fixture
def held(client):
    """a needs a script that is held, b one that is not; 作业 needs nothing."""
    client.make_script("s")
    client.make_job("a", nodes=[node("n", "DWSSQL", {"scriptName": "s"})])
    client.make_job("b", nodes=[node("n", "DWSSQL", {"scriptName": "nope"})])
    client.make_job("作业")
    return client


# ---- what comes back ----

@pytest.mark.parametrize("names", [["a"], ["b", "a"], ["a", "b", "作业"]])
@pytest.mark.parametrize("parameters", [{}, {"exportDepend": False}, {"exportDepend": True},
                                        {"exportStatus": "DEVELOP"},
                                        {"missingDepend": "report"}])
def test_it_is_the_same_answer_as_the_post(held, names, parameters):
    query = {k: str(v).lower() if isinstance(v, bool) else v for k, v in parameters.items()}
    got, posted = link(held, *names, **query), held.export(names, **parameters)
    assert (got.status, got.body) == (200, posted.body)
    for header in ("ETag", "Content-Type", "Content-Disposition", "Content-Length",
                   "X-Dlf-Export-Counts", "X-Dlf-Missing-Depends"):
        assert got.headers[header] == posted.headers[header], header


def test_parameters_in_any_order_and_unknown_ones_are_ignored(held):
    answer = held.get("/jobs.zip?x=1&name=a&exportDepend=false&name=b&&unknown=%FF&jobList=z")
    assert answer.names == ["jobs/a/a.job", "jobs/b/b.job"]


def test_a_name_that_stands_twice_is_exported_once_at_its_first_place(held):
    assert link(held, "b", "a", "b", exportDepend="false").names == \
        ["jobs/b/b.job", "jobs/a/a.job"]


def test_a_body_is_ignored(held):
    assert held.call("GET", "/jobs.zip?name=a", b"{").names == link(held, "a").names


def test_a_job_named_like_the_link_is_a_job(client):
    client.make_job("jobs.zip")
    assert client.get("/jobs/jobs.zip").json["name"] == "jobs.zip"
    assert link(client, "jobs.zip").names == ["jobs/jobs.zip/jobs.zip.job"]


@pytest.mark.parametrize("agent", ["golangsdk/2.0.0"])
def test_clients_of_the_post_change_nothing_here(held, agent):
    assert link(held, "a", headers={"User-Agent": agent}).status == 200


def test_a_hundred_names_of_the_longest(client):
    names = [f"{i:03}" + "x" * 125 for i in range(100)]
    for name in names:
        client.make_job(name)
    assert len(link(client, *names).names) == 100


# ---- HEAD ----

def test_head_has_the_headers_of_get_and_no_body(held):
    got, head = link(held, "a", "b"), link(held, "a", "b", method="HEAD")
    assert (head.status, head.body) == (200, b"")
    for header in ("ETag", "Content-Type", "Content-Disposition", "Content-Length",
                   "X-Dlf-Export-Counts", "X-Dlf-Missing-Depends"):
        assert head.headers[header] == got.headers[header], header


def test_head_of_a_large_archive_tells_its_size(client):
    client.make_script("s", content="".join(f"select {i * 7919};" for i in range(250_000))[:4 << 20])
    for i in range(12):
        client.make_job(f"j{i}", nodes=[node("n", "DWSSQL", {"scriptName": "s"})])
    names = [f"j{i}" for i in range(12)]
    got = link(client, *names)
    assert len(got.body) > 8 << 20
    assert link(client, *names, method="HEAD").headers["Content-Length"] == str(len(got.body))


@pytest.mark.parametrize("query, code", [("name=gone", "DLF.0100"), ("", "DLF.3051")])
def test_head_of_a_fault_has_its_status(held, query, code):
    answer = held.call("HEAD", "/jobs.zip?" + query)
    assert (answer.status, answer.body) == (400, b"")
    assert int(answer.headers["Content-Length"]) == len(held.get("/jobs.zip?" + query).body)


# ---- ETag ----

@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("form", ["{}", "W/{}", '"x", {}', '"x" , W/{}', "*"])
def test_if_none_match_is_304_without_a_body(held, method, form):
    etag = link(held, "a").headers["ETag"]
    answer = link(held, "a", method=method, headers={"If-None-Match": form.format(etag)})
    assert (answer.status, answer.body, answer.headers["ETag"]) == (304, b"", etag)


@pytest.mark.parametrize("change", [
    lambda c: c.put("/scripts/s", {"content": "select 2;"}),
    lambda c: c.make_script("nope"),
    lambda c: c.delete("/scripts/s"),
    lambda c: c.put("/jobs/a", {"processType": "BATCH", "schedule": {"type": "EXECUTE_ONCE"}}),
])
def test_what_changes_the_archive_changes_the_tag(held, change):
    etag = link(held, "a", "b").headers["ETag"]
    change(held)
    answer = link(held, "a", "b", headers={"If-None-Match": etag})
    assert answer.status == 200 and answer.headers["ETag"] != etag


def test_another_choice_has_another_tag(held):
    tags = {link(held, *names, **more).headers["ETag"]
            for names, more in ((["a"], {}), (["a"], {"exportDepend": "false"}),
                                (["b"], {}), (["a", "b"], {}), (["b", "a"], {}))}
    assert len(tags) == 5


# ---- the workspace ----

@pytest.fixture
def other(server, held):
    """The id of another workspace that has a job `only`."""
    made = admin_workspace(server, "create", "other", project=held.project).stdout.strip()
    server.client(project=held.project, workspace=made).make_job("only")
    return made


def test_the_query_names_the_workspace(held, other):
    assert link(held, "only", workspace=other).status == 200
    assert link(held, "only").code == "DLF.0100"


def test_the_query_wins_over_the_header(held, other):
    header = {"workspace": other}
    assert link(held, "only", headers=header).status == 200
    assert link(held, "a", workspace="", headers=header).status == 200
    assert link(held, "only", workspace=other, headers={"workspace": "gone"}).status == 200
    assert link(held, "a", workspace="gone", headers=header).code == "DLF.0819"


# ---- errors, in the order in which they are looked for ----

@pytest.mark.parametrize("name", BAD_NAMES)
@pytest.mark.parametrize("index", [0, 1])
def test_a_bad_name_is_named_by_its_place(held, name, index):
    names = ["a", name] if index else [name, "a"]
    assert_refused(link(held, *names), "DLF.3051", f"name[{index}]")


@pytest.mark.parametrize("count", [0, 101, 200])
def test_names_are_counted_with_those_that_stand_twice(held, count):
    answer = link(held, *["a"] * count)
    assert_refused(answer, "DLF.3051", "name")
    assert str(count) in answer.detail


@pytest.mark.parametrize("parameter, value", [
    *(("exportDepend", value) for value in ("", "1", "TRUE", "yes", "null")),
    *(("exportStatus", value) for value in ("", "develop", "SUBMITTED")),
    *(("missingDepend", value) for value in ("", "REPORT", "ignore")),
])
def test_a_bad_parameter_is_named(held, parameter, value):
    assert_refused(link(held, "a", **{parameter: value}), "DLF.3051", parameter)


@pytest.mark.parametrize("parameter", ["name", "exportDepend", "exportStatus",
                                       "missingDepend", "workspace"])
@pytest.mark.parametrize("value", ["%FF", "%00", "%", "%4"])
def test_parameters_are_utf8_without_nul(held, parameter, value):
    assert_refused(held.get(f"/jobs.zip?name=a&{parameter}={value}"), "DLF.3051", parameter)


def test_every_unknown_job_is_named(held):
    answer = link(held, "x1", "a", "x2")
    assert answer.code == "DLF.0100"
    assert "x1" in answer.detail and "x2" in answer.detail


def test_what_was_never_submitted_is_unknown(held):
    assert link(held, "a", exportStatus="SUBMIT").code == "DLF.0100"


def test_missing_depend_fail(held):
    answer = link(held, "a", "b", missingDepend="fail")
    assert answer.code == "DLF.6201" and "nope" in answer.detail
    assert link(held, "a", missingDepend="fail").status == 200


def test_an_archive_over_the_limit(start):
    client = start("--max-archive-bytes", "1KiB").client()
    client.make_job("j", description="".join(map(chr, range(0x4e00, 0x4e00 + 255))))
    client.make_script("s", content=json.dumps([i * 7919 for i in range(1000)]))
    client.make_job("k", nodes=[node("n", "DWSSQL", {"scriptName": "s"})])
    assert link(client, "j", "k").code == "DLF.3051"


FAULTS = [  # row of 2.4, what makes it, its code
    (4, {"workspace": "gone"}, "DLF.0819", ""),
    (11, {"name": ["a"] * 101}, "DLF.3051", "name"),
    (13, {"name": [".."]}, "DLF.3051", "name[0]"),
    (14, {"exportDepend": "1"}, "DLF.3051", "exportDepend"),
    (15, {"exportStatus": "x"}, "DLF.3051", "exportStatus"),
    (17, {"name": ["gone"]}, "DLF.0100", "gone"),
    (19, {"missingDepend": "fail", "name": ["b"]}, "DLF.6201", "nope"),
]


@pytest.mark.parametrize("i, j", [(i, j) for i in range(len(FAULTS))
                                  for j in range(i + 1, len(FAULTS))])
def test_of_two_faults_the_earlier_row_is_told(held, i, j):
    query = {"name": [], **FAULTS[j][1]}
    query = {**query, **{k: v for k, v in FAULTS[i][1].items() if k != "name"},
             "name": FAULTS[i][1].get("name", []) + query["name"]}
    query["name"] = query["name"] or ["a"]
    answer = held.get("/jobs.zip?" + urllib.parse.urlencode(query, doseq=True))
    assert answer.code == FAULTS[i][2] and FAULTS[i][3] in answer.detail, answer


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_405(held, method):
    answer = held.call(method, "/jobs.zip?name=a")
    assert answer.status == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD"}


def test_a_plus_is_a_blank_and_a_percent_is_a_byte(held):
    assert_refused(held.get("/jobs.zip?name=a+b"), "DLF.3051", "name[0]")
    assert held.get(f"/jobs.zip?name={quote('作业')}").names == ["jobs/作业/作业.job"]
