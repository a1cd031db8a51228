"""CDM v1.1: clusters, links, jobs, and CDM jobs in exports."""

import base64
import copy
import json

import pytest

from harness import Server, admin_workspace, cdm_job, dlfd, link, node, quote, values

LITERAL = "Add password here"
KINDS = {
    "link": ("/link", "links", link, "Cdm.0101", "Cdm.0315"),
    "job": ("/job", "jobs", cdm_job, "Cdm.0100", "Cdm.0104"),
}


def admin(server, client, verb, *args):
    return dlfd("admin", "cdm-cluster", verb, *args, "--project", client.project,
                "--data", server.data)


@pytest.fixture
def other(server, client):
    """The name of a second cluster."""
    made = admin(server, client, "create", "second")
    assert made.returncode == 0, made
    assert client.clusters()["second"] == made.stdout.strip()
    return "second"


@pytest.fixture(params=KINDS)
def kind(request):
    return KINDS[request.param]


def make(client, kind, *names, cluster="default", **members):
    path, key, body, *_ = kind
    answer = client.cdm("POST", path, {key: [body(n, **members) for n in names]}, cluster)
    assert answer.status == 200, answer
    return answer


def shown(client, kind, name, cluster="default"):
    answer = client.cdm("GET", f"{kind[0]}/{quote(name)}", cluster=cluster)
    assert answer.status == 200, answer
    return answer.json[kind[1]]


def refused(answer, code, word=""):
    assert answer.status == 400, answer
    body = answer.json
    assert body["code"] == body["errCode"] == code, answer
    assert body["message"] == body["externalMessage"]
    assert word in body["message"] + body.get("error_detail", ""), answer


# ---- clusters ----

def test_every_project_has_one_cluster(server, client):
    first = client.clusters()
    assert list(first) == ["default"]
    client.make_job("j")
    assert client.clusters() == first
    assert server.client(project=client.project + "0").clusters() != first
    answer = client.request("GET", f"/v1.1/{client.project}/clusters/{first['default']}")
    assert answer.json["name"] == "default" and answer.json["status"] == "200"


def test_the_path_may_begin_with_cdm(client):
    uid = client.clusters()["default"]
    for path in ("", f"/{uid}", f"/{uid}/cdm/job/all"):
        one, two = (client.request("GET", f"{prefix}/v1.1/{client.project}/clusters{path}")
                    for prefix in ("", "/cdm"))
        assert (one.status, one.body) == (two.status, two.body) == (200, one.body)


@pytest.mark.parametrize("uid", ["gone", "default", "26cadf9c-aeb6-4148-a58f-ee43c14fa60d"])
@pytest.mark.parametrize("path", ["", "/cdm/link/all", "/cdm/job/all", "/cdm/submissions",
                                  "/cdm/job/j/status"])
def test_an_unknown_cluster(client, uid, path):
    refused(client.request("GET", f"/v1.1/{client.project}/clusters/{uid}{path}"), "Cdm.0001")


@pytest.mark.parametrize("path", ["/%FF", "/%00", "/a/cdm/job/%C0%80"])
@pytest.mark.parametrize("prefix", ["", "/cdm"])
def test_a_malformed_path_has_the_form_of_cdm(client, prefix, path):
    refused(client.request("GET", f"{prefix}/v1.1/{client.project}/clusters{path}"),
            "Cdm.0014")


def test_clusters_are_made_and_deleted(server, client, other):
    assert admin(server, client, "create", other).returncode == 1
    assert admin(server, client, "create", "default").returncode == 1
    listed = admin(server, client, "list").stdout.splitlines()
    assert listed == [f"{uid}  {name}" for name, uid in client.clusters().items()]
    client.make_cdm_job("j", other)
    gone = admin(server, client, "delete", other)
    assert gone.returncode == 1 and "--force" in gone.stderr
    assert admin(server, client, "delete", other, "--force").returncode == 0
    assert list(client.clusters()) == ["default"]
    assert admin(server, client, "delete", other).returncode == 1
    assert admin(server, client, "delete", "default", "--force").returncode == 1
    for name in ("", "a b", "a.b", "字", "x" * 65):
        assert admin(server, client, "create", name).returncode == 2


def test_clusters_of_another_project_are_unknown(server, client, other):
    stranger = server.client(project=client.project + "0")
    uid = client.clusters()[other]
    refused(stranger.request("GET", f"/v1.1/{stranger.project}/clusters/{uid}"), "Cdm.0001")


# ---- links and jobs alike ----

def test_what_is_made_is_shown(client, kind):
    body = kind[2]("a", unknown={"kept": [1, 2.50]})
    answer = client.cdm("POST", kind[0], {kind[1]: [body]})
    assert answer.json == {"name": "a", "validation-result": [{}]}
    (row,) = shown(client, kind, "a")
    assert {"id", "creation-user", "creation-date", "update-user", "update-date"} <= set(row)
    assert row["unknown"] == {"kept": [1, 2.5]} and row["enabled"] is True
    assert [row] == shown(client, kind, "all")
    assert client.cdm("DELETE", f"{kind[0]}/a").json == {}
    refused(client.cdm("GET", f"{kind[0]}/a"), kind[3], "[a]")


def test_values_are_texts_and_percents_are_escaped(client, kind):
    section = "link-config-values" if kind[1] == "links" else "to-config-values"
    sent = {"a": 1, "b": True, "c": 1.50, "d": "100%", "e": {"k": "5%"}, "f": ""}
    make(client, kind, "a", **{section: values("x", **sent)})
    (row,) = shown(client, kind, "a")
    inputs = {i["name"][2:]: i["value"] for i in row[section]["configs"][0]["inputs"]}
    assert inputs == {"a": "1", "b": "true", "c": "1.5", "d": "100%25", "e": {"k": "5%"},
                      "f": ""}


def test_the_driver_s_inputs_are_escaped_where_clients_unescape(client):
    driver = {"configs": [{"name": "x", "inputs": [
        {"name": name, "value": "%"} for name in (
            "throttlingConfig.dirtyDataDirectory", "schedulerConfig.startDate",
            "schedulerConfig.stopDate", "throttlingConfig.obsBucket")]}]}
    make(client, KINDS["job"], "a", **{"driver-config-values": driver})
    (row,) = shown(client, KINDS["job"], "a")
    assert [i["value"] for i in row["driver-config-values"]["configs"][0]["inputs"]] == \
        ["%25", "%25", "%25", "%"]


@pytest.mark.parametrize("inputs", [[], {}, None])
def test_no_inputs_have_two_forms(client, kind, inputs):
    section = "link-config-values" if kind[1] == "links" else "to-config-values"
    config = {"name": "x", **({} if inputs is None else {"inputs": inputs})}
    make(client, kind, "a", **{section: {"configs": [config]}})
    (row,) = shown(client, kind, "a")
    shown_config = row[section]["configs"][0]
    assert shown_config == ({"name": "x"} if inputs is None else {"name": "x", "inputs": []})


def test_a_name_is_taken_once_in_a_cluster(client, kind, other):
    make(client, kind, "a")
    refused(client.cdm("POST", kind[0], {kind[1]: [kind[2]("a")]}), kind[4])
    make(client, kind, "a", cluster=other)
    assert len(shown(client, kind, "all", other)) == 1


def test_several_are_made_or_none(client, kind):
    make(client, kind, "a", "b", "c")
    assert len(shown(client, kind, "all")) == 3
    bodies = [kind[2](n) for n in ("d", "a", "e")]
    refused(client.cdm("POST", kind[0], {kind[1]: bodies}), kind[4])
    bodies[1] = kind[2]("d")  # twice in one call
    refused(client.cdm("POST", kind[0], {kind[1]: bodies}), kind[4])
    bodies[1] = {"name": "x"}
    refused(client.cdm("POST", kind[0], {kind[1]: bodies}), "Cdm.0014")
    assert len(shown(client, kind, "all")) == 3


def test_many_in_one_body_hold_nobody_up(start):
    """What their secrets stood in is wiped in time with the body, not with its square."""
    server = start()
    client = server.client()
    bodies = [cdm_job(f"j{i}") for i in range(8000)]
    assert client.cdm("POST", "/job", {"jobs": bodies}).status == 200
    used = server.cpu_seconds()
    assert server.stop() == 0
    assert server.used - used < 10


def test_an_update_replaces(client, kind):
    make(client, kind, "a", unknown=1)
    answer = client.cdm("PUT", f"{kind[0]}/a", {kind[1]: [kind[2]("a", other=2)]})
    assert (answer.status, answer.json) == (200, {"validation-result": [{}]})
    (row,) = shown(client, kind, "a")
    assert "unknown" not in row and row["other"] == 2
    refused(client.cdm("PUT", f"{kind[0]}/a", {kind[1]: [kind[2]("b")]}), "Cdm.0014", "name")
    refused(client.cdm("PUT", f"{kind[0]}/b", {kind[1]: [kind[2]("b")]}), kind[3], "[b]")
    two = {kind[1]: [kind[2]("a"), kind[2]("a")]}
    refused(client.cdm("PUT", f"{kind[0]}/a", two), "Cdm.0014")


def test_what_is_shown_can_be_sent_back(client, kind):
    make(client, kind, "a")
    rows = shown(client, kind, "a")
    assert client.cdm("PUT", f"{kind[0]}/a", {kind[1]: rows}).status == 200
    (again,) = shown(client, kind, "a")
    again["update-date"] = rows[0]["update-date"]
    assert [again] == rows


def test_the_go_sdk_wraps_twice_and_wants_202(client, kind):
    go = {"headers": {"User-Agent": "golangsdk/2.0.0"}}
    twice = {kind[1]: {kind[1]: [kind[2]("a")]}}
    is_job = kind[1] == "jobs"
    assert client.cdm("POST", kind[0], twice, **go).status == (202 if is_job else 200)
    assert client.cdm("PUT", f"{kind[0]}/a", twice, **go).status == 202
    assert client.cdm("DELETE", f"{kind[0]}/a", **go).status == (202 if is_job else 200)


@pytest.mark.parametrize("body", [{}, {"x": []}, {"links": [], "jobs": []},
                                  {"links": {}, "jobs": {}}, {"links": [1], "jobs": [1]},
                                  {"links": "x", "jobs": "x"}])
def test_a_body_is_a_list_of_objects(client, kind, body):
    refused(client.cdm("POST", kind[0], body), "Cdm.0014", kind[1])
    make(client, kind, "a")
    refused(client.cdm("PUT", f"{kind[0]}/a", body), "Cdm.0014", kind[1])


@pytest.mark.parametrize("text", [b"{", b"[]", b"", b"null", b'{"jobs":[],"jobs":[]}'])
def test_a_malformed_body(client, kind, text):
    refused(client.cdm("POST", kind[0], text), "Cdm.0014")


@pytest.mark.parametrize("name, good", [
    ("a", True), ("会员", True), ("x" * 240, True), ("字" * 240, True), ("a.b-c_d", True),
    ("x" * 241, False), ("", False), (".", False), ("..", False), ("a/b", False),
    ("a b", False), ("a%b", False), (1, False), (None, False), ([], False)])
def test_names(client, kind, name, good):
    answer = client.cdm("POST", kind[0], {kind[1]: [kind[2](name)]})
    if good:
        assert answer.json["name"] == name
        assert len(shown(client, kind, name)) == 1
    else:
        refused(answer, "Cdm.0014", "name")


@pytest.mark.parametrize("connector", ["nope", "", "OBS-connector", "obs-connector "])
def test_an_unknown_connector_is_named(client, connector):
    for kind, member in (("link", "connector-name"), ("job", "from-connector-name"),
                         ("job", "to-connector-name")):
        path, key, body, *_ = KINDS[kind]
        refused(client.cdm("POST", path, {key: [body("a", **{member: connector})]}),
                "Cdm.0102", f"[{connector}]")


REQUIRED = {"link": ["connector-name", "link-config-values"],
            "job": ["from-connector-name", "from-config-values", "to-config-values",
                    "driver-config-values"]}


@pytest.mark.parametrize("name, member", [(k, m) for k, ms in REQUIRED.items() for m in ms])
@pytest.mark.parametrize("value", ["absent", None, 1, "x", []])
def test_what_is_required(client, name, member, value):
    path, key, body, *_ = KINDS[name]
    sent = body("a", **{member: value})
    if value == "absent":
        del sent[member]
    if member.endswith("connector-name") and value == "x":
        return  # another test's
    refused(client.cdm("POST", path, {key: [sent]}), "Cdm.0014", member)


@pytest.mark.parametrize("configs, path", [
    (None, "configs"), ({}, "configs"), ([1], "configs[0]"), ([{}], "configs[0].name"),
    ([{"name": 1}], "configs[0].name"), ([{"name": "x", "inputs": 1}], "configs[0].inputs"),
    ([{"name": "x", "inputs": {"a": 1}}], "configs[0].inputs"),
    ([{"name": "x", "inputs": [1]}], "configs[0].inputs[0]"),
    ([{"name": "x", "inputs": [{"value": 1}]}], "configs[0].inputs[0].name")])
def test_the_shape_of_configs(client, kind, configs, path):
    section = "link-config-values" if kind[1] == "links" else "from-config-values"
    sent = kind[2]("a", **{section: {"configs": configs}})
    refused(client.cdm("POST", kind[0], {kind[1]: [sent]}), "Cdm.0014", f"{section}.{path}")


def test_conditional_saves(client, kind):
    make(client, kind, "a")
    stale = {"If-Match": '"x"'}
    assert client.cdm("PUT", f"{kind[0]}/a", {kind[1]: [kind[2]("a")]},
                      headers=stale).status == 412
    assert client.cdm("DELETE", f"{kind[0]}/a", headers=stale).status == 412
    assert len(shown(client, kind, "a")) == 1


def test_errors_that_are_no_400_have_the_gateway_s_form(client):
    uid = client.clusters()["default"]
    answer = client.request("PATCH", f"/v1.1/{client.project}/clusters/{uid}/cdm/job")
    assert (answer.status, answer.code) == (405, "APIGW.0101")
    answer = client.cdm("POST", "/job", "x", headers={"Content-Type": "text/plain"})
    assert (answer.status, answer.code) == (415, "DLF.3051")
    assert client.request("GET", "/v1.1/a%20b/clusters").status == 404


def test_the_workspace_header_means_nothing_here(server, client):
    make(client, KINDS["job"], "a")
    made = admin_workspace(server, "create", "w", project=client.project).stdout.strip()
    for workspace in (made, "gone", "cdm"):
        mine = server.client(project=client.project, workspace=workspace)
        assert len(shown(mine, KINDS["job"], "all")) == 1
    assert server.client(project=client.project, workspace="cdm").get("/jobs").code == \
        "DLF.0819"


@pytest.mark.parametrize("member", ["from-link-name", "to-link-name"])
def test_a_link_in_use_stays(client, other, member):
    make(client, KINDS["link"], "a", "b")
    make(client, KINDS["link"], "a", cluster=other)
    client.make_cdm_job("j", **{member: "a"})
    refused(client.cdm("DELETE", "/link/a"), "Cdm.0321", "in use")
    assert len(shown(client, KINDS["link"], "a")) == 1
    assert client.cdm("DELETE", "/link/b").status == 200
    assert client.cdm("DELETE", "/link/a", cluster=other).status == 200
    client.cdm("PUT", "/job/j", {"jobs": [cdm_job("j")]})
    assert client.cdm("DELETE", "/link/a").status == 200


def test_all_links_come_at_once(client):
    names = [f"l{i:03}" for i in range(250)]
    make(client, KINDS["link"], *names)
    assert sorted(row["name"] for row in shown(client, KINDS["link"], "all")) == names


def test_validate_creates_nothing_and_says_what_it_did_not_do(client):
    answer = client.cdm("POST", "/link?validate=true", {"links": [link("a")]})
    (row,) = answer.json["validation-result"][0]["linkConfig"]
    assert row["status"] == "WARNING" and "connects to nothing" in row["message"]
    assert shown(client, KINDS["link"], "all") == []
    refused(client.cdm("POST", "/link?validate=true", {"links": [{"name": "a"}]}), "Cdm.0014")
    refused(client.cdm("POST", "/link?validate=x", {"links": [link("a")]}), "Cdm.0014")


def test_what_is_cdm_s_is_no_workspace(server, client):
    make(client, KINDS["job"], "a")
    listed = dlfd("admin", "workspace", "list", "--project", client.project,
                  "--data", server.data).stdout.splitlines()
    assert [line.split()[1] for line in listed] == ["default"]
    gone = admin_workspace(server, "delete", "default", "--force", project=client.project)
    assert gone.returncode == 0
    assert len(shown(client, KINDS["job"], "all")) == 1


# ---- lists and runs of jobs ----

def test_lists_come_in_pages(client):
    make(client, KINDS["job"], *[f"j{i:02}" for i in range(25)])
    seen = []
    for page in (1, 2, 3, 4):
        answer = client.cdm("GET", f"/job/all?page_no={page}").json
        assert (answer["total"], answer["page_no"], answer["page_size"]) == (25, page, 10)
        seen += [row["name"] for row in answer["jobs"]]
    assert sorted(seen) == [f"j{i:02}" for i in range(25)]
    assert len(client.cdm("GET", "/job/all?page_size=100").json["jobs"]) == 25
    found = client.cdm("GET", "/job/all?filter=j0&page_size=100").json
    assert (found["total"], len(found["jobs"])) == (10, 10)


@pytest.mark.parametrize("query", ["page_no=0", "page_no=x", "page_size=9", "page_size=101",
                                   "filter=%FF"])
def test_bad_pages(client, query):
    refused(client.cdm("GET", "/job/all?" + query), "Cdm.0014", query.split("=")[0])


def test_lists_are_of_one_job_type(client):
    make(client, KINDS["job"], "n")
    make(client, KINDS["job"], "b", job_type="BATCH_JOB")
    for job_type, name in (("", "n"), ("NORMAL_JOB", "n"), ("BATCH_JOB", "b")):
        rows = client.cdm("GET", f"/job/all?jobType={job_type}").json["jobs"]
        assert [row["name"] for row in rows] == [name]
    assert client.cdm("GET", "/job/all?jobType=SCENARIO_JOB").json["total"] == 0
    refused(client.cdm("POST", "/job", {"jobs": [cdm_job("x", job_type="NOPE")]}),
            "Cdm.0014", "job_type")


def test_no_job_has_ever_run(client):
    make(client, KINDS["job"], "a")
    (run,) = client.cdm("GET", "/job/a/status").json["submissions"]
    assert (run["job-name"], run["status"]) == ("a", "NEVER_EXECUTED")
    assert shown(client, KINDS["job"], "a")[0]["status"] == "NEW"
    for query in ("", "?jname=a"):
        answer = client.cdm("GET", "/submissions" + query).json
        assert (answer["submissions"], answer["total"]) == ([], 0)
    refused(client.cdm("GET", "/job/gone/status"), "Cdm.0100", "[gone]")
    refused(client.cdm("GET", "/submissions?jname=gone"), "Cdm.0100", "[gone]")


# ---- exports ----

def using(client, name, cdm, cluster="default"):
    client.make_job(name, nodes=[node("n", "CDMJob", {"clusterName": cluster,
                                                      "jobName": cdm})])


def test_the_two_layouts(client, other):
    client.make_cdm_job("load")
    client.make_cdm_job("load", other)
    using(client, "j", "load", f"default,{other}")
    answer = client.export(["j"])
    assert answer.names == ["jobs/j/cdms/default/load.json", "jobs/j/cdms/second/load.json",
                            "jobs/j/j.job"]
    assert answer.headers["X-Dlf-Export-Counts"] == "jobs=1;scripts=0;resources=0;cdm=2"
    assert answer.headers["X-Dlf-Missing-Depends"] is None
    single = client.export_one("j")
    assert single.names == ["cdms/default/load.json", "cdms/second/load.json", "jobs/j.job"]
    assert single.zip.read("cdms/default/load.json") == \
        answer.zip.read("jobs/j/cdms/default/load.json")
    assert client.export(["j"], exportDepend=False).names == ["jobs/j/j.job"]


def test_a_file_can_be_posted_back_as_it_is(client, other):
    body = cdm_job("load", unknown=[1, {"a": 120.10}])
    text = json.dumps({"jobs": [body]}).replace("120.1", "120.10")
    assert client.cdm("POST", "/job", text).status == 200
    using(client, "a", "load")
    using(client, "b", "load", other)
    first = client.export(["a"]).zip.read("jobs/a/cdms/default/load.json")
    assert json.loads(first) == {"jobs": [body]} and b"120.10" in first
    assert client.cdm("POST", "/job", first, other).status == 200
    assert client.export(["b"]).zip.read("jobs/b/cdms/second/load.json") == first


def test_a_change_moves_the_tags_of_exports_that_hold_it(client):
    for name in ("one", "two"):
        client.make_cdm_job(name)
        using(client, f"j-{name}", name)
    tags = [client.export([f"j-{n}"]).headers["ETag"] for n in ("one", "two")]
    client.cdm("PUT", "/job/one", {"jobs": [cdm_job("one", **{"to-link-name": "new"})]})
    after = [client.export([f"j-{n}"]).headers["ETag"] for n in ("one", "two")]
    assert after[0] != tags[0] and after[1] == tags[1]


def test_one_that_is_deleted_is_missing(client):
    client.make_cdm_job("load")
    using(client, "j", "load")
    client.cdm("DELETE", "/job/load")
    answer = client.export(["j"])
    assert answer.headers["X-Dlf-Missing-Depends"] == "1; cdm/default%2Fload@j"
    assert client.export(["j"], missingDepend="fail").code == "DLF.3051"


def test_cdm_jobs_are_of_the_project_not_of_the_workspace(server, client):
    client.make_cdm_job("load")
    made = admin_workspace(server, "create", "w", project=client.project).stdout.strip()
    other = server.client(project=client.project, workspace=made)
    using(other, "j", "load")
    assert other.export(["j"]).names == ["jobs/j/cdms/default/load.json", "jobs/j/j.job"]
    stranger = server.client(project=client.project + "0")
    using(stranger, "j", "load")
    assert stranger.export(["j"]).names == ["jobs/j/j.job"]


def test_a_definition_inside_the_node_stays_there(client):
    inline = json.dumps({"jobs": [cdm_job("inline")]})
    client.make_job("j", nodes=[node("n", "CDMJob", {"clusterName": "default",
                                                     "jobMessage": inline})])
    archive = client.export(["j"])
    assert archive.names == ["jobs/j/j.job"]
    stored = json.loads(archive.zip.read("jobs/j/j.job"))
    assert stored["nodes"][0]["properties"][1]["value"] == inline


def test_many_jobs_share_one(client):
    client.make_cdm_job("load")
    for i in range(100):
        using(client, f"j{i}", "load")
    answer = client.export([f"j{i}" for i in range(100)])
    assert answer.headers["X-Dlf-Export-Counts"] == "jobs=100;scripts=0;resources=0;cdm=100"
    assert len(answer.names) == 200


# ---- secrets ----

def test_secrets_are_left_out_and_kept(start):
    server = start()
    client = server.client()
    extended = base64.b64encode(b'{"token":"S3cret","a":1}').decode()
    sent = link("l")
    sent["link-config-values"]["configs"][0]["inputs"].append(
        {"name": "linkConfig.password", "value": "S3cret"})
    sent["link-config-values"]["extended-configs"] = {
        "name": "linkConfig.extendedFields", "value": extended}
    assert client.cdm("POST", "/link", {"links": [sent]}).status == 200
    from test_secrets import sealed
    first = sealed(server.data)
    assert len(first) == 2
    (row,) = shown(client, KINDS["link"], "l")
    names = [i["name"] for i in row["link-config-values"]["configs"][0]["inputs"]]
    assert names == ["linkConfig.host", "linkConfig.port", "linkConfig.username"]
    assert base64.b64decode(row["link-config-values"]["extended-configs"]["value"]) == \
        b'{"a":1}'
    for value in (LITERAL, None):
        again = copy.deepcopy(sent)
        again["link-config-values"]["configs"][0]["inputs"][3]["value"] = value
        again["link-config-values"]["extended-configs"]["value"] = "e30="
        assert client.cdm("PUT", "/link/l", {"links": [again]}).status == 200
        assert sealed(server.data) == first
    again["link-config-values"]["configs"][0]["inputs"][3]["value"] = "another"
    client.cdm("PUT", "/link/l", {"links": [again]})
    assert sealed(server.data) != first


def test_what_is_kept_survives_a_restart(start):
    server = start()
    client = server.client()
    make(client, KINDS["job"], "a")
    make(client, KINDS["link"], "l")
    clusters = client.clusters()
    assert server.stop() == 0
    again = Server(server.data)
    client = again.client()
    try:
        assert client.clusters() == clusters
        assert len(shown(client, KINDS["job"], "all")) == 1
        assert len(shown(client, KINDS["link"], "all")) == 1
    finally:
        assert again.stop() == 0
