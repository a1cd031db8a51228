"""CDM jobs belong to the workspace `default`: who has no role there gets none of them, and
does not learn which exist, by no export, cache, condition, plan or import."""

import json
import re
import uuid

import pytest

from archives import put_object, task_of, zipped
from harness import Server, cdm_job, job, node
from signer import admin, client_of, credentials, get_token

USERS = {"whole": ["default:viewer", "w2:developer"], "part": ["w2:viewer"],
         "importer": ["w2:developer"], "reader": ["default:viewer", "w2:developer"],
         "mover": ["default:developer", "w2:developer"]}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """client(who) in the workspace w2; in `default` with None."""
    server = Server(tmp_path_factory.mktemp("walls"), "--auth", "on")
    first = credentials(server.data)
    project = first["Project Id"]
    plain = server.client(project=project)
    w2 = admin(server, "workspace", "create", "w2", "--project", project).strip()
    tokens = {"admin": get_token(plain, "admin", first["Password"], project=project)}
    for who, roles in USERS.items():
        password = admin(server, "user", "create", who).strip()
        for role in roles:
            workspace, role = role.split(":")
            admin(server, "role", "grant", role, "--user", who, "--project", project,
                  "--workspace", workspace)
        tokens[who] = get_token(plain, who, password, project=project)

    def client(who, workspace=w2):
        return client_of(server, tokens[who], project, workspace)

    client("admin").make_cdm_job("there")
    yield client
    assert server.stop() == 0, server.log


def naming(name, *targets):
    return job(name, nodes=[node(f"n{i}", "CDMJob", {"clusterName": "default", "jobName": one})
                            for i, one in enumerate(targets)])


def make(client, name, *targets):
    """A job of w2, also in the version that was submitted."""
    answer = client("admin").post("/jobs", {**naming(name, *targets), "targetStatus": "SUBMITTED"})
    assert answer.status == 204, answer


@pytest.fixture
def name(house):
    one = "j" + uuid.uuid4().hex
    make(house, one, "there")
    return one


def link(name, more=""):
    return lambda client, **kw: client.get(f"/jobs.zip?name={name}{more}", **kw)


WAYS = {
    "batch": lambda name: lambda client, **kw: client.post(
        "/jobs/batch-export", {"jobList": [name], "exportDepend": True}, **kw),
    "submitted": lambda name: lambda client, **kw: client.post(
        "/jobs/batch-export", {"jobList": [name], "exportDepend": True, "exportStatus": "SUBMIT"}, **kw),
    "single": lambda name: lambda client, **kw: client.post(f"/jobs/{name}/export", **kw),
    "link": link,
}
# What the single export answers is in folders of kinds.
FILES = {"single": "cdms/default/there.json"}


def holds(answer, way, name):
    assert answer.status == 200, answer
    entry = FILES.get(way, f"jobs/{name}/cdms/default/there.json")
    missing = answer.headers["X-Dlf-Missing-Depends"]
    counted = re.search("cdm=([0-9]+)", answer.headers["X-Dlf-Export-Counts"])[1]
    whole = entry in answer.names
    assert (missing, counted) == ((None, "1") if whole else (f"1; cdm/default%2Fthere@{name}", "0"))
    assert (b"throttlingConfig" in b"".join(answer.zip.read(one) for one in answer.names)) == whole
    return whole


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("order", [("whole", "part"), ("part", "whole")], ids="-".join)
def test_an_export_holds_what_its_caller_may_read(house, name, way, order):
    """The same request, cold and from memory, in both orders."""
    ask = WAYS[way](name)
    whole = house("whole", None)
    path = f"/v1.1/{whole.project}/clusters/{whole.clusters()['default']}/cdm/job/there"
    assert house("part").request("GET", path).code == "APIGW.0302"
    assert whole.request("GET", path).status == 200
    for who in (*order, *order, *reversed(order)):
        assert holds(ask(house(who)), way, name) == (who == "whole"), who


@pytest.mark.parametrize("way", WAYS)
def test_a_condition_confirms_no_archive_that_may_not_be_read(house, name, way):
    ask = WAYS[way](name)
    etags = {who: ask(house(who)).headers["ETag"] for who in ("whole", "part")}
    assert etags["whole"] != etags["part"]
    for mine, other in (("whole", "part"), ("part", "whole")) * 2:
        same = ask(house(mine), headers={"If-None-Match": etags[mine]})
        assert same.status == (304 if way == "link" else 412), same
        assert holds(ask(house(mine), headers={"If-None-Match": etags[other]}), way, name) == (mine == "whole")


def test_head_of_a_link_tells_no_more(house, name):
    for who, etag in (("whole", None), ("part", None)):
        got = house(who).get(f"/jobs.zip?name={name}")
        head = house(who).request("HEAD", f"/v1/{house(who).project}/jobs.zip?name={name}")
        assert head.status == 200
        for header in ("ETag", "Content-Length", "X-Dlf-Export-Counts", "X-Dlf-Missing-Depends"):
            assert head.headers[header] == got.headers[header], header


def test_an_export_to_object_storage_has_no_more(house, name):
    client = house("part")
    put_object(client.server, b"")
    for who in ("whole", "part"):
        answer = house(who).export([name], exportDepend=True, obsPath="obs://archives/out")
        assert answer.status == 200, answer
        missing = answer.headers["X-Dlf-Missing-Depends"]
        assert missing == (None if who == "whole" else f"1; cdm/default%2Fthere@{name}")


def told(answer, *names):
    """What an answer says, without what is its own of each, and with names made alike."""
    text = repr(sorted((key, value) for key, value in answer.headers.items()
                       if key not in ("X-Request-Id", "Date", "ETag", "Content-Length")))
    body = answer.body if answer.status != 200 else repr(
        [(one, answer.zip.read(one)) for one in answer.names]).encode()
    text = f"{answer.status} {text} {body}"
    for one in names:
        text = text.replace(one, "X" * len(one))
    return re.sub(r'id.{1,4}:\d+', "id", text)


@pytest.mark.parametrize("members", [{}, {"missingDepend": "fail"}], ids=["report", "fail"])
def test_what_exists_and_what_does_not_are_told_alike(house, members):
    pairs = []
    for target in ("there", "never"):
        one = "k" + uuid.uuid4().hex
        make(house, one, target)
        answers = [house("part").export([one], exportDepend=True, **members) for _ in range(2)]
        assert told(answers[0], one, target) == told(answers[1], one, target)
        pairs.append(told(answers[0], one, target))
        if members:
            assert answers[0].status == 400 and f"cdm/default/{target}" in answers[0].detail
    assert pairs[0] == pairs[1]


def archive(*targets):
    return zipped({"j.job": json.dumps(naming("named", *targets))})


def test_a_plan_tells_no_more(house):
    for who, dangling in (("importer", {"default/there", "default/never"}),
                          ("reader", {"default/never"})) * 2:
        client = house(who)
        plan = client.post("/jobs/import", {"dryRun": True, "path": put_object(
            client.server, archive("there", "never"))})
        assert plan.status == 200, plan
        assert {one["name"] for one in plan.json["dangling"]} == dangling, who
        assert {one["kind"] for one in plan.json["dangling"]} == {"cdm"}


def test_an_import_tells_no_more(house):
    texts = []
    for target in ("there", "never"):
        client = house("importer")
        path = put_object(client.server, archive(target))
        task = task_of(client, client.post("/jobs/import", {"path": path, "sameNamePolicy": "OVERWRITE"}))
        assert task["status"] == "SUCCESSFUL", task
        texts.append(task["message"].replace(target, "X"))
    assert texts[0] == texts[1] and "cdm/default/X" in texts[0]


@pytest.mark.parametrize("who", ["importer", "reader"])
@pytest.mark.parametrize("policy", ["SKIP", "OVERWRITE"])
def test_cdm_jobs_in_an_archive_get_the_same_fault(house, who, policy):
    """Without the developer's role in `default` nothing tells whether one of the name exists."""
    client, seen = house(who), []
    for target in ("there", "never"):
        files = {f"cdms/default/{target}.json": json.dumps({"jobs": [cdm_job(target)]}),
                 "j.job": json.dumps(job("beside"))}
        body = {"path": put_object(client.server, zipped(files)), "sameNamePolicy": policy}
        plan = client.post("/jobs/import", {**body, "dryRun": True})
        assert plan.status == 200, plan
        row = next(one for one in plan.json["objects"] if one["kind"] == "cdm")
        assert row["action"] == "error" and "developer" in row["message"], row
        whole = task_of(client, client.post("/jobs/import", body))
        carried = task_of(client, client.post("/jobs/import", {**body, "onError": "continue"}))
        assert whole["status"] == carried["status"] == "FAILED"
        seen.append([text.replace(target, "X") for text in (
            json.dumps(plan.json), whole["message"], carried["message"],
            json.dumps(carried["counts"]))])
        assert client.delete("/jobs/beside").status == 204
    assert seen[0] == seen[1]


def test_who_is_a_developer_of_default_imports_them(house):
    client = house("mover")
    files = {"cdms/default/moved.json": json.dumps({"jobs": [cdm_job("moved")]})}
    task = task_of(client, client.post("/jobs/import", {"path": put_object(client.server, zipped(files))}))
    assert task["status"] == "SUCCESSFUL", task


def test_a_link_is_for_its_caller_alone(house, name):
    client = house("whole")
    got = client.get(f"/jobs.zip?name={name}")
    again = client.get(f"/jobs.zip?name={name}", headers={"If-None-Match": got.headers["ETag"]})
    head = client.request("HEAD", f"/v1/{client.project}/jobs.zip?name={name}")
    bad = client.get("/jobs.zip?name=none")
    assert [one.status for one in (got, again, head, bad)] == [200, 304, 200, 400]
    for one in (got, again, head, bad):
        assert one.headers.get_all("Cache-Control") == ["private, no-cache"], one
    assert client.export([name]).headers["Cache-Control"] is None
