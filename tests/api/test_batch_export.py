"""The batch export of the reference page, statement by statement, and its answer.

R1 to R20 are the statements of the vendor's page about batch export; the vectors are
those of section 8.
"""

import time

import pytest

from harness import node, quote

PAGE_PROJECT = "b384b9e9ab9b4ee8994c8633aabc9505"
PAGE_BODY = '{"jobList":["job_batch","job_stream"],"exportDepend":true}'
BATCH, STREAM = "jobs/job_batch/job_batch.job", "jobs/job_stream/job_stream.job"
SCRIPT = "jobs/job_batch/dws_sql.script"


def fill(client):
    """The fixture of section 8."""
    sql = {"scriptName": "dws_sql"}
    client.make_script("dws_sql")
    client.make_resource("pack")
    client.post("/connections", {"name": "dws_main", "type": "DWS", "config": {
        "clusterName": "wh1", "userName": "etl", "password": "p", "sslEnable": False,
        "kmsKey": "k1", "agentName": "cdm1"}})
    client.make_job("job_batch", nodes=[node("a", "DWSSQL", sql)])
    client.make_job("job_stream", processType="REAL_TIME")
    client.make_job("both", nodes=[node("a", "DWSSQL", sql),
                                   node("b", "MRSSpark", {"resourcePath": "pack"}),
                                   node("c", "DWSSQL", sql)])
    client.make_job("gone", nodes=[node("a", "DWSSQL", {"scriptName": "nope"})])
    return client


@pytest.fixture(scope="module")
def page(server):
    """The page's objects in the page's project; nothing here writes."""
    return fill(server.client(project=PAGE_PROJECT))


@pytest.fixture(scope="module")
def answer(page):
    return page.request("POST", f"/v1/{PAGE_PROJECT}/jobs/batch-export", PAGE_BODY)


def test_r01_several_jobs_are_exported_at_once(answer):
    assert {BATCH, STREAM} <= set(answer.names)


def test_r02_scripts_are_in_it_and_cdm_jobs_are_missing_until_they_are_held(page, client):
    assert SCRIPT in page.export(["job_batch"]).names
    client.make_job("c", nodes=[node("n", "CDMJob", {"clusterName": "k", "jobName": "x"})])
    answer = client.export(["c"])
    assert answer.names == ["jobs/c/c.job"]
    assert answer.headers["X-Dlf-Missing-Depends"] == "1; cdm/k%2Fx@c"


def test_r03_the_path_takes_post_and_no_query(page):
    path = f"/v1/{PAGE_PROJECT}/jobs/batch-export?jobList=nope&exportDepend=false"
    assert SCRIPT in page.request("POST", path, PAGE_BODY).names


def test_r04_the_project_stands_in_the_path(server, page):
    other = server.client(project="another")
    assert other.export(["job_batch"]).code == "DLF.0100"


def test_r05_the_workspace_header_is_optional(page):
    assert page.export(["job_batch"]).status == 200
    assert page.post("/jobs/batch-export", PAGE_BODY, headers={"workspace": ""}).status == 200


def test_r06_r07_another_workspace_needs_the_header(server, client):
    from harness import admin_workspace
    client.make_job("here")
    made = admin_workspace(server, "create", "dev", project=client.project)
    dev = server.client(project=client.project, workspace=made.stdout.strip())
    dev.make_job("there")
    assert client.export(["here"]).status == dev.export(["there"]).status == 200
    assert client.export(["there"]).code == dev.export(["here"]).code == "DLF.0100"


def test_r08_job_list_is_mandatory(page):
    assert page.post("/jobs/batch-export", {"exportDepend": True}).code == "DLF.3051"


def test_r09_at_most_100_jobs(client):
    names = [f"j{i}" for i in range(100)]
    for name in names:
        client.make_job(name)
    assert len(client.export(names).names) == 100
    for more in (["j0"], ["j100"]):
        answer = client.export(names + more)
        assert (answer.status, answer.code) == (400, "DLF.3051")
        assert answer.detail == "jobList: at most 100 names, 101 given"


@pytest.mark.parametrize("depend, files", [
    (True, 3), (False, 2), (None, 3), ("absent", 3)])
def test_r10_r11_export_depend_is_a_boolean_and_true_by_default(page, depend, files):
    members = {} if depend == "absent" else {"exportDepend": depend}
    answer = page.export(["job_batch", "job_stream"], **members)
    assert len(answer.names) == files


def test_r12a_the_answer_is_a_stream_to_store(answer):
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert int(answer.headers["Content-Length"]) == len(answer.body)


def test_r12b_it_is_a_zip(answer):
    assert answer.zip.testzip() is None


def test_r12c_to_e_files_hold_the_bodies_of_creation(page, client):
    archive = page.export(["both"]).zip
    for file, path in (("both.job", "/jobs"), ("dws_sql.script", "/scripts"),
                       ("pack.resource", "/resources")):
        assert client.post(path, archive.read(f"jobs/both/{file}")).status in (200, 204)
    again = client.export(["both"])
    assert [again.zip.read(n) for n in again.names] == [archive.read(n) for n in again.names]


def test_r13_r14_the_request_of_the_page(answer):
    assert answer.status == 200


def test_r15_the_file_is_named_jobs_zip(answer):
    assert answer.headers["Content-Disposition"] == 'attachment; filename="jobs.zip"'


def test_r16_the_tree_of_the_page(answer):
    assert answer.names == [SCRIPT, BATCH, STREAM]


def test_r17_job_files_are_definitions(answer):
    assert b'"name": "job_batch"' in answer.zip.read(BATCH)
    assert b'"processType": "REAL_TIME"' in answer.zip.read(STREAM)


def test_r18_the_script_file_is_the_one_that_the_job_uses(answer):
    assert b'"type": "DWSSQL"' in answer.zip.read(SCRIPT)


def test_r19_r20_failure_is_400_with_the_code_and_text_of_the_page(page, start):
    answer = page.post("/jobs/batch-export", "{}")
    assert answer.status == 400
    assert list(answer.json)[:2] == ["error_code", "error_msg"]
    assert answer.json["error_code"] == "DLF.3051"
    assert answer.json["error_msg"] == "The request parameter is invalid."
    strict = start("--error-detail", "off").client()
    assert strict.post("/jobs/batch-export", "{}").json == {
        "error_code": "DLF.3051", "error_msg": "The request parameter is invalid."}


VECTORS = [
    (["job_batch", "job_stream"], {}, [SCRIPT, BATCH, STREAM]),
    (["job_batch", "job_stream"], {"exportDepend": False}, [BATCH, STREAM]),
    (["job_batch", "job_stream"], {"exportDepend": None}, [SCRIPT, BATCH, STREAM]),
    (["both"], {}, ["jobs/both/both.job", "jobs/both/dws_sql.script",
                    "jobs/both/pack.resource"]),
    (["job_batch", "both"], {}, [SCRIPT, BATCH, "jobs/both/both.job",
                                 "jobs/both/dws_sql.script", "jobs/both/pack.resource"]),
    (["gone"], {}, ["jobs/gone/gone.job"]),
    (["job_batch", "job_batch"], {}, [SCRIPT, BATCH]),
    (["job_stream", "job_batch"], {}, [STREAM, SCRIPT, BATCH]),
]


@pytest.mark.parametrize("names, members, entries", VECTORS)
def test_vector(page, names, members, entries):
    answer = page.export(names, **members)
    assert (answer.status, answer.names) == (200, entries)


@pytest.mark.parametrize("body", [None, "null", "{}", '{"exportDepend":true}'])
def test_vector_single(page, body):
    answer = page.export_one("both", body)
    assert answer.names == ["jobs/both.job", "resources/pack.resource",
                            "scripts/dws_sql.script"]
    assert answer.headers["Content-Disposition"] == 'attachment; filename="DLF_both.zip"'
    assert answer.headers["Content-Type"] == "application/octet-stream"


def test_vector_single_without_depend(page):
    assert page.export_one("both", {"exportDepend": False}).names == ["jobs/both.job"]


def test_single_with_a_json_content_type_and_no_body(page):
    headers = {"Content-Type": "application/json; charset=UTF-8", "Content-Length": "0",
               "Accept": "application/octet-stream"}
    assert page.post("/jobs/both/export", headers=headers).status == 200


def test_vector_single_of_a_missing_job(page):
    assert page.export_one("missing").code == "DLF.0100"


def test_get_on_the_path_shows_a_job_of_that_name(page):
    assert page.get("/jobs/batch-export").code == "DLF.0100"


@pytest.mark.parametrize("headers", [
    {"Content-Type": "application/json;charset=UTF-8", "Accept": "application/json"},
    {"Content-Type": "application/x-www-form-urlencoded"},
    {"Content-Type": None}])
def test_headers_that_clients_send(page, headers):
    assert page.post("/jobs/batch-export", PAGE_BODY, headers=headers).status == 200


def test_single_export_of_a_chinese_name(client):
    client.make_job("每日_1")
    headers = client.export_one("每日_1").headers
    assert headers["Content-Disposition"] == (
        'attachment; filename="DLF_job.zip"; '
        "filename*=UTF-8''DLF_" + quote("每日_1") + ".zip")


def test_counts(page):
    counts = page.export(["both", "job_batch"]).headers["X-Dlf-Export-Counts"]
    assert counts == "jobs=2;scripts=2;resources=1;cdm=0"


def test_the_etag_is_strong_and_moves_with_the_content(client):
    client.make_script("s")
    client.make_job("a", nodes=[node("n", "Shell", {"scriptName": "s"})])
    client.make_job("b")
    etags = [client.export(["a"]).headers["ETag"], client.export(["b"]).headers["ETag"]]
    assert all(e[0] == e[-1] == '"' and len(e) == 66 for e in etags)
    client.put("/scripts/s", {"content": "select 2;"})
    assert client.export(["a"]).headers["ETag"] != etags[0]
    assert client.export(["b"]).headers["ETag"] == etags[1]
    assert client.export(["a", "b"]).headers["ETag"] not in etags


def test_the_same_request_gives_the_same_bytes(page):
    one, two = page.export(["both", "job_batch"]), page.export(["both", "job_batch"])
    assert (one.body, one.headers["ETag"]) == (two.body, two.headers["ETag"])


def test_saving_the_same_again_moves_nothing(client):
    client.make_job("a")
    before = client.export(["a"])
    body = before.zip.read("jobs/a/a.job")
    assert client.put("/jobs/a", body).status == 204
    after = client.export(["a"])
    assert (after.body, after.headers["ETag"]) == (before.body, before.headers["ETag"])


@pytest.mark.parametrize("form", ["{}", "W/{}", '"x", {}', '"x" , W/{}', "*"])
def test_if_none_match_is_412_without_a_body(page, form):
    etag = page.export(["both"]).headers["ETag"]
    answer = page.post("/jobs/batch-export", {"jobList": ["both"]},
                       headers={"If-None-Match": form.format(etag)})
    assert (answer.status, answer.body, answer.headers["ETag"]) == (412, b"", etag)


def test_if_none_match_of_another_tag_is_200(page):
    answer = page.post("/jobs/batch-export", {"jobList": ["both"]},
                       headers={"If-None-Match": '"0123"'})
    assert answer.status == 200


def test_the_go_sdk_gets_202_for_the_batch_only(page):
    agent = {"User-Agent": "golangsdk/2.0.0"}
    assert page.post("/jobs/batch-export", PAGE_BODY, headers=agent).status == 202
    assert page.post("/jobs/both/export", headers=agent).status == 200
    assert page.post("/jobs/batch-export", PAGE_BODY,
                     headers={"User-Agent": "terraform-provider-iac golangsdk/"}).status == 200


def test_missing_dependencies_are_reported_in_order(client):
    client.make_job("b", nodes=[node("1", "Shell", {"scriptName": "z"}),
                                node("2", "Shell", {"scriptName": "/dir/y"}),
                                node("3", "MRSSpark", {"resourcePath": "lib"}),
                                node("4", "CDM Job", {"clusterName": "k", "jobName": "一"})])
    client.make_job("a", nodes=[node("1", "Shell", {"scriptName": "z"})])
    header = client.export(["b", "a"]).headers["X-Dlf-Missing-Depends"]
    assert header == ("5; script/%2Fdir%2Fy@b, script/z@b, resource/lib@b, "
                      "cdm/k%2F%E4%B8%80@b, script/z@a")


def test_a_long_list_of_missing_dependencies_is_cut(client):
    client.make_job("j", nodes=[node(f"n{i}", "Shell", {"scriptName": f"script_{i:04}"})
                                for i in range(300)])
    count, names = client.export(["j"]).headers["X-Dlf-Missing-Depends"].split("; ")
    assert count == "300" and names.endswith(", ...")
    assert 2900 < len(names.removesuffix(", ...")) <= 3000


def test_missing_dependencies_stand_in_the_log(server, page):
    """The line is written when the answer has been sent: it may come a moment later."""
    request = page.export(["gone"]).headers["X-Request-Id"]
    deadline, lines = time.monotonic() + 20, []
    while not lines and time.monotonic() < deadline:
        lines = [line for line in list(server.log) if request in line]
    assert "script/nope@gone" in lines[0]
