"""What every operation shares: routes, statuses, headers, languages, workspaces."""

import json
import re
import uuid
from urllib.parse import unquote

import pytest

from harness import Server, admin_workspace, job, node, resource, script

PROJECT = "b384b9e9ab9b4ee8994c8633aabc9505"
MIB_12 = 12 * 1024 * 1024


# ---- routes ----

NOT_SERVED = """
POST /v1/{p}/jobs/j/run-immediate
POST /v1/{p}/jobs/j/start
POST /v1/{p}/jobs/j/stop
GET /v1/{p}/jobs/j/status
GET /v1/{p}/jobs/instances/detail?limit=10
GET /v1/{p}/jobs/j/instances/34801
POST /v1/{p}/jobs/j/instances/34801/stop
POST /v1/{p}/jobs/j/instances/34801/restart
POST /v1/{p}/scripts/s/execute
GET /v1/{p}/scripts/s/instances/0f3e5f1e
POST /v1/{p}/scripts/s/instances/0f3e5f1e/stop
GET /v1.0/{p}/directory/tree?limit=10
PUT /v1.1/{p}/clusters/c/cdm/job/j/start
GET /v1.1/{p}/clusters/c/cdm/job/j/start
PUT /cdm/v1.1/{p}/clusters/c/cdm/job/j/stop
POST /v1.1/{p}/clusters/job
POST /v1.1/{p}/clusters
DELETE /v1.1/{p}/clusters/c
POST /v1.1/{p}/clusters/c/action
""".split("\n")[1:-1]

UNKNOWN = """
GET /v1
GET /v1/
GET /v1/{p}
GET /v1/{p}/
GET /v1/{p}/nothing
GET /v1/{p}/Jobs
GET /v1//jobs
GET //v1/{p}/jobs
GET /v1/{p}/job
GET /v2/{p}/jobs
GET /v1.0/{p}/jobs
GET /v11/{p}/jobs
GET /v1/{p}/jobs/j/unknown
GET /v1/{p}/jobs/j/unknown/more
POST /v1/{p}/jobs/j/unknown
GET /v1/{p}/scripts/s/versions
GET /v1/{p}/resources/r/x
GET /v1/{p}/jobs/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t
GET /healthz/x
GET /cdm/v3/{p}/jobs
GET /cdm
GET /dayu-dlf/v1
GET /evs/v2/{p}
GET /favicon.ico
""".split("\n")[1:-1]


def ask(client, line, body=None, **headers):
    method, path = line.format(p=client.project).split(" ")
    return client.request(method, path, body, headers)


@pytest.mark.parametrize("line", NOT_SERVED)
@pytest.mark.parametrize("body", [None, {}])
def test_what_is_not_served_yet_says_so(client, line, body):
    answer = ask(client, line, body)
    assert (answer.status, answer.code) == (404, "APIGW.0101"), answer
    assert answer.detail == "not served by this version"


@pytest.mark.parametrize("line", UNKNOWN)
def test_what_the_contract_does_not_know_is_404(client, line):
    answer = ask(client, line)
    assert (answer.status, answer.code) == (404, "APIGW.0101"), answer
    assert answer.detail != "not served by this version"


@pytest.mark.parametrize("path", [
    "/dayu-dlf/v1/{p}/jobs", "/dayu-dlf/v2/{p}/factory/scripts", "/cdm/v1.1/{p}/clusters"])
def test_a_path_may_begin_with_its_services_name(client, path):
    assert ask(client, f"GET {path}").status == 200


@pytest.mark.parametrize("project", [
    "%7Bproject_id%7D", "{project_id}", "a%20b", "x" * 65, "a.b", "%E9%A1%B9", "a%2Fb", "a%3A"])
@pytest.mark.parametrize("line", [
    "GET /v1/{p}/jobs", "POST /v1/{p}/jobs/batch-export", "GET /v1/{p}/scripts/s",
    "DELETE /v1/{p}/resources/r"])
def test_a_malformed_project_id(server, project, line):
    answer = ask(server.client(project=project), line)
    assert (answer.status, answer.code) == (404, "APIGW.0101")
    assert answer.detail == "project id not set"


@pytest.mark.parametrize("project", ["x" * 64, "A-b_9", "0", "%61bc"])
def test_a_project_id_is_opaque(server, project):
    assert server.client(project=project).get("/jobs").status == 200


@pytest.mark.parametrize("line, allowed", [
    ("PUT /v1/{p}/jobs", "GET POST"), ("DELETE /v1/{p}/jobs", "GET POST"),
    ("PATCH /v1/{p}/jobs", "GET POST"),
    ("POST /v1/{p}/jobs/j", "DELETE GET PUT"), ("PATCH /v1/{p}/jobs/j", "DELETE GET PUT"),
    ("PATCH /v1/{p}/jobs/batch-export", "DELETE GET POST PUT"),
    ("GET /v1/{p}/jobs/j/export", "POST"), ("DELETE /v1/{p}/jobs/j/export", "POST"),
    ("PUT /v1/{p}/scripts", "GET POST"), ("POST /v1/{p}/scripts/s", "DELETE GET PUT"),
    ("OPTIONS /v1/{p}/scripts/s", "DELETE GET PUT"),
    ("DELETE /v1/{p}/resources", "GET POST"), ("POST /v1/{p}/resources/r", "DELETE GET PUT"),
    ("FOO /v1/{p}/resources/r", "DELETE GET PUT"), ("POST /healthz", "GET"),
    ("DELETE /readyz", "GET"),
])
def test_a_route_of_other_methods_says_which(client, line, allowed):
    answer = ask(client, line)
    assert (answer.status, answer.code) == (405, "APIGW.0101"), answer
    assert answer.json["error_msg"] == "The API does not exist."
    assert sorted(re.split(r",\s*", answer.headers["Allow"])) == allowed.split(" ")


def test_head_is_no_method_of_the_contract(client):
    answer = ask(client, "HEAD /v1/{p}/jobs/batch-export")
    assert (answer.status, answer.body) == (405, b"")


def test_get_on_the_batch_export_shows_a_job_of_that_name(client):
    assert client.get("/jobs/batch-export").code == "DLF.0100"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.parametrize("headers", [{}, {"workspace": "gone"}, {"X-Language": "zh_cn"}])
def test_health(client, path, headers):
    answer = client.request("GET", path, headers=headers)
    assert answer.status == 200 and isinstance(answer.json, dict)
    assert answer.headers["Content-Type"].startswith("application/json")


# ---- every answer ----

ANSWERS = {
    "200-list": lambda c: c.get("/jobs"),
    "200-show": lambda c: c.get("/jobs/j"),
    "200-create-resource": lambda c: c.post("/resources", resource("new")),
    "200-export": lambda c: c.export(["j"]),
    "200-single": lambda c: c.export_one("j"),
    "200-health": lambda c: c.request("GET", "/healthz"),
    "204-create": lambda c: c.post("/jobs", job("new")),
    "204-update": lambda c: c.put("/jobs/j", job("j")),
    "204-delete": lambda c: c.delete("/jobs/j"),
    "400": lambda c: c.get("/jobs/gone"),
    "400-json": lambda c: c.post("/jobs", b"{"),
    "400-path": lambda c: c.get("/jobs/%FF"),
    "404": lambda c: c.request("GET", "/nothing"),
    "405": lambda c: c.call("PATCH", "/jobs"),
    "405-head": lambda c: c.call("HEAD", "/jobs"),
    "412": lambda c: c.post("/jobs/batch-export", {"jobList": ["j"]},
                            headers={"If-None-Match": "*"}),
    "413": lambda c: c.post("/jobs", b" " * (MIB_12 + 1)),
    "415": lambda c: c.post("/jobs", "x", headers={"Content-Type": "text/plain"}),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_every_answer_has_a_request_id_of_its_own(client, kind):
    client.make_job("j")
    answers = [ANSWERS[kind](client), client.get("/jobs"), ANSWERS[kind](client)]
    assert answers[0].status == int(kind[:3]), answers[0]
    ids = [answer.headers["X-Request-Id"] for answer in answers]
    assert all(re.fullmatch("[0-9a-f]{32}", one) for one in ids)
    assert len(set(ids)) == 3


@pytest.mark.parametrize("kind", [k for k in ANSWERS if k[0] in "45"
                                  and k not in ("405-head", "412")])
def test_every_failure_is_json_with_code_and_text(client, kind):
    client.make_job("j")
    answer = ANSWERS[kind](client)
    assert answer.headers["Content-Type"].lower().startswith("application/json")
    assert answer.headers["Content-Length"] == str(len(answer.body))
    body = answer.json
    assert set(body) <= {"error_code", "error_msg", "error_detail", "request_id"}
    assert list(body)[:2] == ["error_code", "error_msg"]
    assert all(isinstance(text, str) and text for text in body.values())


def test_the_gateways_errors_carry_the_request_id(client):
    answer = client.request("GET", "/nothing")
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]
    assert "request_id" not in client.get("/jobs/gone").json


@pytest.mark.parametrize("kind", ["200-list", "200-show", "200-create-resource"])
def test_success_with_a_body_is_json_in_utf8(client, kind):
    client.make_job("j")
    answer = ANSWERS[kind](client)
    assert answer.headers["Content-Type"].lower() == "application/json;charset=utf-8"
    assert answer.headers["Content-Length"] == str(len(answer.body))


def test_several_requests_on_one_connection(server):
    connection = server.http(timeout=30)
    ids = set()
    for body in (b"{", None, b'{"a":', b"x" * 100_000, None):
        connection.request("POST" if body else "GET", f"/v1/{PROJECT}/jobs", body)
        response = connection.getresponse()
        assert response.read()
        assert response.status == (400 if body else 200)
        ids.add(response.headers["X-Request-Id"])
    connection.close()
    assert len(ids) == 5


# ---- request headers ----

@pytest.mark.parametrize("content_type", [
    "application/json", "APPLICATION/JSON", "application/json;charset=UTF-8",
    "application/json; charset=utf-8", 'application/json; charset="utf-8"',
    "application/json; x=y; charset=Utf-8", "application/json ; a=b",
    "application/x-www-form-urlencoded", "Application/X-WWW-Form-Urlencoded",
    "application/x-www-form-urlencoded; charset=UTF-8", None])
def test_content_types_of_a_body_that_is_read_as_json(client, content_type):
    answer = client.post("/jobs", job("j"), headers={"Content-Type": content_type})
    assert answer.status == 204, answer
    assert client.get("/jobs/j").status == 200


@pytest.mark.parametrize("content_type", [
    "text/plain", "text/json", "application/xml", "application/octet-stream",
    "multipart/form-data; boundary=x", "application/jsonp", "application/json-patch+json",
    "json", "application/json;charset=gbk", "application/json; charset=utf-16"])
@pytest.mark.parametrize("line", [
    "POST /v1/{p}/jobs", "PUT /v1/{p}/scripts/s", "POST /v1/{p}/jobs/batch-export",
    "POST /v1/{p}/jobs/j/export", "DELETE /v1/{p}/jobs/j"])
def test_other_content_types(client, content_type, line):
    answer = ask(client, line, b"{}", **{"Content-Type": content_type})
    assert (answer.status, answer.code) == (415, "DLF.3051")


@pytest.mark.parametrize("line, status", [
    ("GET /v1/{p}/jobs/j", 200), ("POST /v1/{p}/jobs/j/export", 200),
    ("DELETE /v1/{p}/jobs/j", 204), ("POST /v1/{p}/jobs", 400)])
def test_the_content_type_of_no_body_is_not_looked_at(client, line, status):
    client.make_job("j")
    answer = ask(client, line, b"", **{"Content-Type": "text/plain"})
    assert answer.status == status


@pytest.mark.parametrize("path", ["/jobs", "/scripts", "/resources", "/jobs/batch-export"])
@pytest.mark.parametrize("body", [None, b"", b"null", b"null\n", b" \n"])
def test_a_body_is_needed_where_a_member_is(client, path, body):
    answer = client.post(path, body)
    assert (answer.status, answer.code) == (400, "DLF.3051")


@pytest.mark.parametrize("body", [None, b"", b"null"])
@pytest.mark.parametrize("path", ["/jobs/j", "/scripts/s"])
def test_a_body_is_needed_for_an_update(client, path, body):
    client.make_job("j")
    client.make_script("s")
    answer = client.put(path, body)
    assert (answer.status, answer.code) == (400, "DLF.3051")


@pytest.mark.parametrize("body", [None, b"", b"null", b"null\n", b"{}", b" {} \n"])
def test_a_single_export_needs_no_body(client, body):
    client.make_job("j")
    assert client.export_one("j", body).names == ["jobs/j.job"]


@pytest.mark.parametrize("path", ["/jobs", "/jobs/j", "/scripts", "/resources"])
@pytest.mark.parametrize("body, content_type", [
    (b"{", "application/json"), (b"x", "text/plain"), (b"\xff" * 100_000, None)])
def test_a_body_on_get_is_ignored(client, path, body, content_type):
    client.make_job("j")
    assert client.get(path, body=body, headers={"Content-Type": content_type}).status == 200


@pytest.mark.parametrize("accept", ["application/json", "application/octet-stream",
                                    "text/html", "image/png;q=0", "nonsense", "*/*"])
def test_accept_is_never_refused(client, accept):
    client.make_job("j")
    for answer in (client.get("/jobs", headers={"Accept": accept}),
                   client.post("/jobs/j/export", headers={"Accept": accept}),
                   client.post("/jobs/batch-export", {"jobList": ["j"]},
                               headers={"Accept": accept})):
        assert answer.status == 200, answer


@pytest.mark.parametrize("name, value", [
    ("X-Auth-Token", "tok"), ("X-Project-Id", PROJECT), ("X-Dlm-Type", "EXCLUSIVE"),
    ("Dlm-Type", "EXCLUSIVE"), ("X-Sdk-Date", "20240301T000000Z"),
    ("X-Unknown", "字".encode()), ("Expect", "100-continue"), ("Cookie", "a=b"),
    ("Accept-Encoding", "gzip"),
    ("Authorization", "SDK-HMAC-SHA256 Access=a, SignedHeaders=host, Signature=00")])
def test_other_headers_are_ignored(client, name, value):
    headers = {name: value}
    assert client.post("/jobs", job("j"), headers=headers).status == 204
    assert client.get("/jobs/j", headers=headers).json["name"] == "j"


@pytest.mark.parametrize("agent, status", [
    ("golangsdk/2.0.0", 202), ("golangsdk/", 202), ("golangsdk", 200), ("x golangsdk/2", 200),
    ("terraform-provider-iac/1.0", 200), ("huaweicloud-usdk-python/3.0", 200), (None, 200)])
def test_one_client_gets_202_for_a_batch_export(client, agent, status):
    client.make_job("j")
    headers = {"User-Agent": agent}
    answer = client.post("/jobs/batch-export", {"jobList": ["j"]}, headers=headers)
    assert (answer.status, answer.names) == (status, ["jobs/j/j.job"])


@pytest.mark.parametrize("line, body, status", [
    ("POST /v1/{p}/jobs/j/export", None, 200), ("GET /v1/{p}/jobs", None, 200),
    ("POST /v1/{p}/jobs", job("k"), 204), ("POST /v1/{p}/resources", resource("r"), 200),
    ("POST /v1/{p}/jobs/batch-export", {"jobList": ["gone"]}, 400)])
def test_and_for_nothing_else(client, line, body, status):
    client.make_job("j")
    assert ask(client, line, body, **{"User-Agent": "golangsdk/2.0.0"}).status == status


# ---- sizes ----

def test_a_body_of_12_mb_is_read(client):
    text = json.dumps(script("s")).ljust(MIB_12)
    assert client.post("/scripts", text).status == 204


@pytest.mark.parametrize("line", [
    "POST /v1/{p}/jobs", "PUT /v1/{p}/jobs/j", "POST /v1/{p}/scripts",
    "POST /v1/{p}/resources", "POST /v1/{p}/jobs/batch-export", "POST /v1/{p}/jobs/j/export"])
def test_a_byte_more_is_refused(client, line):
    client.make_job("j")
    answer = ask(client, line, b"{}".ljust(MIB_12 + 1))
    assert (answer.status, answer.code) == (413, "DLF.3051")
    assert "12582912" in answer.detail


def test_a_body_in_chunks(client):
    pieces = [json.dumps(job("j"))[i:i + 10].encode() for i in range(0, 200, 10)]
    connection = client.server.http(timeout=30)
    connection.request("POST", f"/v1/{client.project}/jobs",
                       iter([p for p in pieces if p]), {"Content-Type": "application/json"})
    assert connection.getresponse().status == 204
    connection.close()
    assert client.get("/jobs/j").status == 200


# ---- the JSON dialect ----

def with_member(text):
    """A job's body with one member more, as bytes."""
    return json.dumps(job("j")).encode()[:-1] + b', ' + text + b'}'


def nested(depth):
    """A job's body that is `depth` levels deep."""
    return with_member(b'"x": ' + b'[' * (depth - 1) + b']' * (depth - 1))


def counted(values):
    """A job's body with so many values, itself among them."""
    others = 7  # the body, its four members and the schedule's one, the list
    return with_member(b'"x": [' + b','.join([b'0'] * (values - others)) + b']')


ACCEPTED_JSON = {
    "blanks": b" \t\r\n" + with_member(b'"x": 1') + b" \r\n",
    "escapes": with_member(rb'"x": "\u5b57\ud83d\ude00\"\\\/\b\f\n\r\t\u0001"'),
    "numbers": with_member(b'"x": [0, -0, 1e5, 1E-5, 0.10, 12345678901234567890]'),
    "empty name": with_member(b'"": 1'),
    "same name elsewhere": with_member(b'"x": {"name": 1, "x": {"x": 1}}'),
    "delete": with_member(b'"x": "\x7f"'),
    "depth": nested(64),
    "values": counted(1_000_000),
}
REFUSED_JSON = {
    "bad utf-8 in a name": with_member(b'"\xff": 1'),
    "overlong utf-8": with_member(b'"x": "\xc0\xaf"'),
    "a surrogate in utf-8": with_member(b'"x": "\xed\xa0\x80"'),
    "beyond unicode": with_member(b'"x": "\xf4\x90\x80\x80"'),
    "cut utf-8": with_member(b'"x": "\xe5\xad"'),
    "utf-16": json.dumps(job("j")).encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + with_member(b'"x": 1'),
    "nul in a name": with_member(rb'"a\u0000": 1'),
    "nul as it is": with_member(b'"x": "a\0b"'),
    "nul behind": with_member(b'"x": 1') + b"\0",
    "lone surrogate": with_member(rb'"x": "\ud83d"'),
    "low surrogate first": with_member(rb'"x": "\ude00\ud83d"'),
    "line end in a string": with_member(b'"x": "a\nb"'),
    "unknown escape": with_member(rb'"x": "\a"'),
    "short escape": with_member(rb'"x": "\u12"'),
    "same name twice": with_member(b'"x": {"a": 1, "b": 2, "a": 3}'),
    "same name spelled twice": with_member(rb'"x": {"a": 1, "\u0061": 3}'),
    "a comma too many": with_member(b'"x": [1,]'),
    "a comma missing": with_member(b'"x": [1 2]'),
    "leading zero": with_member(b'"x": 01'),
    "plus": with_member(b'"x": +1'),
    "bare point": with_member(b'"x": .5'),
    "point without digits": with_member(b'"x": 1.'),
    "exponent without digits": with_member(b'"x": 1e'),
    "hexadecimal": with_member(b'"x": 0x1'),
    "NaN": with_member(b'"x": NaN'),
    "True": with_member(b'"x": True'),
    "single quotes": with_member(b"'x': 1"),
    "comment": with_member(b'"x": 1 /* y */'),
    "two values": with_member(b'"x": 1') + b"{}",
    "cut": with_member(b'"x": 1')[:-1],
    "depth": nested(65),
    "values": counted(1_000_001),
    "very deep": b"[" * 1_000_000,
}


@pytest.mark.parametrize("kind", ACCEPTED_JSON)
def test_json_that_is_accepted(client, kind):
    answer = client.post("/jobs", ACCEPTED_JSON[kind])
    assert answer.status == 204, answer
    assert client.get("/jobs/j").json["name"] == "j"
    assert json.loads(client.export_one("j").zip.read("jobs/j.job"))["name"] == "j"


@pytest.mark.parametrize("kind", REFUSED_JSON)
@pytest.mark.parametrize("path", ["/jobs", "/scripts", "/resources", "/jobs/batch-export"])
def test_json_that_is_refused(client, kind, path):
    answer = client.post(path, REFUSED_JSON[kind])
    assert (answer.status, answer.code) == (400, "DLF.3051"), answer
    assert answer.detail


# ---- languages ----

def provoke(method, path, body=None):
    return lambda client: client.call(method, path, body)


# code: (what provokes it, English, Chinese)
TEXTS = {
    "DLF.0100": (provoke("GET", "/jobs/gone"), "The job does not exists.", "作业不存在。"),
    "DLF.0102": (provoke("POST", "/jobs", job("j")), "The job name already exists.",
                 "作业名称已经被其他作业占用。"),
    "DLF.0201": (provoke("POST", "/scripts", script("new", type="NOPE")),
                 "The script fails to be created.", "创建脚本失败。"),
    "DLF.0202": (provoke("POST", "/scripts", script("s")),
                 "The script name has been used by another script.",
                 "脚本名称已经被其他脚本占用。"),
    "DLF.0203": (provoke("PUT", "/scripts/s", {"name": "t"}),
                 "The script fails to be modified.", "修改脚本失败。"),
    "DLF.0803": (provoke("POST", "/jobs", job("new", logPath="x")),
                 "The OBS path is invalid.", "OBS路径不合法。"),
    "DLF.0819": (lambda client: client.get("/jobs", headers={"workspace": "gone"}),
                 "Operation failed, detail msg Workspace does not exists.", None),
    "DLF.1242": (provoke("POST", "/jobs/j/export", {"obsPath": "obs://gone/x"}),
                 "The OBS bucket does not exist.", "OBS桶不存在。"),
    "DLF.3004": (provoke("POST", "/jobs", job("")),
                 "The job name cannot be left blank.", "作业名称不能为空。"),
    "DLF.3018": (provoke("POST", "/jobs", job("a b")), "The job name is invalid.",
                 "作业名称不合法。"),
    "DLF.3025": (provoke("POST", "/jobs", job("new", schedule={"type": "NEVER"})),
                 "The job scheduling parameter is invalid.", "作业的调度参数不合法。"),
    "DLF.3050": (provoke("POST", "/jobs", job("new", description="x" * 256)),
                 "The job description is invalid.", "作业的描述不合法。"),
    "DLF.3051": (provoke("POST", "/jobs/batch-export", {}),
                 "The request parameter is invalid.", "请求参数不合法。"),
    "DLF.6201": (provoke("GET", "/scripts/gone"), "The script does not exist.",
                 "脚本不存在。"),
    "DLF.6241": (provoke("GET", "/resources/gone"),
                 "The resource information does not exist.", "查询的资源不存在。"),
    "DLF.6247": (provoke("POST", "/scripts", {"name": "x", "content": "y"}),
                 "The script type is not specified.", "脚本类型没有指定。"),
    "DLF.6259": (provoke("POST", "/resources", resource("r")),
                 "Files of the same name exist in the directory.",
                 "目录下已经存在同名的资源。"),
    "DLF.6263": (provoke("POST", "/resources", resource("new", type="x")),
                 "The resource type is invalid.", "资源类型不合法。"),
    "DLF.6264": (provoke("POST", "/resources", resource("new", location="x")),
                 "The OBS path of the resource file is invalid.",
                 "资源文件所在的OBS路径不合法。"),
    "DLF.6265": (provoke("POST", "/resources", resource("new", desc="x" * 256)),
                 "The resource description is invalid.", "资源描述不合法。"),
    "DLF.0101": (lambda client: client.request("POST", "/v1/full/jobs", job("new")),
                 "The job quota has reached the upper limit.", "作业配额已达上限。"),
    "DLF.6253": (lambda client: client.request("POST", "/v1/full/scripts", script("new")),
                 "The script quota has reached the upper limit.", "脚本配额已达上限。"),
    "APIGW.0101": (lambda client: client.request("GET", "/nothing"),
                   "The API does not exist or has not been published in the environment.",
                   None),
}
CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """A server with a workspace that has room left, and one that has none."""
    running = Server(tmp_path_factory.mktemp("full"), "--max-jobs", "2", "--max-scripts", "2")
    client = running.client()
    client.make_job("j")
    client.make_script("s")
    client.make_resource("r")
    other = running.client(project="full")
    for name in ("a", "b"):
        other.make_job(name)
        other.make_script(name)
    yield running
    assert running.stop() == 0, running.log


class Speaking:
    """A client that adds one header to all that it sends."""

    def __init__(self, client, **headers):
        self.client = client
        self.headers = headers

    def request(self, method, path, body=None, headers=None):
        return self.client.request(method, path, body, {**self.headers, **(headers or {})})

    def call(self, method, path, body=None, headers=None):
        return self.request(method, f"/v1/{self.client.project}{path}", body, headers)

    def get(self, path, headers=None):
        return self.call("GET", path, headers=headers)


@pytest.mark.parametrize("code", TEXTS)
@pytest.mark.parametrize("language, chinese", [
    (None, False), ("en_us", False), ("", False), ("de_de", False),
    ("zh_cn", True), ("zh-cn", True)])
def test_the_texts_of_errors(full, code, language, chinese):
    provoked, english, translated = TEXTS[code]
    answer = provoked(Speaking(full.client(), **{"X-Language": language}))
    assert answer.code == code, answer
    text = answer.json["error_msg"]
    if not chinese:
        assert text == english
    elif translated:
        assert text == translated
    else:
        assert CHINESE.search(text)


@pytest.mark.parametrize("language, word", [(None, "given"), ("zh_cn", "实际为")])
def test_details_are_in_the_language_of_the_request(client, language, word):
    nodes = [node("a"), node("b", retryTimes=9)]
    detail = Speaking(client, **{"X-Language": language}).call(
        "POST", "/jobs", job("j", nodes=nodes)).detail
    assert detail.startswith("nodes[1].retryTimes") and "9" in detail and word in detail
    assert bool(CHINESE.search(detail)) == (language == "zh_cn")


# ---- the option error-detail ----

DETAILED = [
    (provoke("POST", "/jobs/batch-export", {"jobList": ["字"] * 101}), "jobList"),
    (provoke("POST", "/jobs", job("j", nodes=[node("字", retryTimes=6)])),
     "nodes[0].retryTimes"),
    (provoke("POST", "/jobs/j/run-immediate"), "not served by this version"),
]


@pytest.fixture(scope="module", params=["body", "header", "off"])
def detailing(request, tmp_path_factory):
    """(the option's value, a client of a server with it)"""
    running = Server(tmp_path_factory.mktemp("detail"), "--error-detail", request.param)
    yield request.param, running.client()
    assert running.stop() == 0, running.log


def unquoted(text):
    assert re.fullmatch("[!-~]*", text), text
    return unquote(text, errors="strict")


@pytest.mark.parametrize("provoked, detail", DETAILED)
def test_where_the_detail_stands(detailing, provoked, detail):
    where, client = detailing
    answer = provoked(client)
    header = answer.headers["X-Dlf-Error-Detail"]
    own = {"error_code", "error_msg"} | ({"request_id"} & set(answer.json))
    if where == "body":
        assert set(answer.json) == own | {"error_detail"}
        assert answer.detail.startswith(detail) and header is None
    else:
        assert set(answer.json) == own
        assert (header is None) == (where == "off")
        assert where == "off" or unquoted(header).startswith(detail)


def test_a_chinese_detail_in_the_header_is_percent_encoded(detailing):
    where, client = detailing
    answer = Speaking(client, **{"X-Language": "zh_cn"}).call(
        "POST", "/jobs/batch-export", {"jobList": []})
    if where == "header":
        text = unquoted(answer.headers["X-Dlf-Error-Detail"])
        assert text.startswith("jobList") and CHINESE.search(text)
    else:
        assert "X-Dlf-Error-Detail" not in answer.headers


def test_a_long_detail_in_the_header_is_cut(detailing):
    where, client = detailing
    names = [f"{i:02}" + "字" * 126 for i in range(100)]
    answer = client.export(names)
    assert answer.code == "DLF.0100"
    if where == "header":
        value = answer.headers["X-Dlf-Error-Detail"]
        assert 2000 < len(value) <= 3000
        assert names[0] in unquoted(value)
    elif where == "body":
        assert all(name in answer.detail for name in names)


@pytest.mark.parametrize("provoked", [provoke("GET", "/jobs"), provoke("GET", "/jobs?limit=1")])
def test_success_has_no_detail(detailing, provoked):
    answer = provoked(detailing[1])
    assert answer.status == 200 and "X-Dlf-Error-Detail" not in answer.headers


# ---- workspaces ----

@pytest.fixture
def workspaces(server, client):
    """(a client of the default workspace, one of another in the same project)"""
    made = admin_workspace(server, "create", "other", project=client.project)
    assert made.returncode == 0, made.stderr
    return client, server.client(project=client.project, workspace=made.stdout.strip())


@pytest.mark.parametrize("make, path", [
    (lambda c: c.make_job("same"), "/jobs"),
    (lambda c: c.make_script("same"), "/scripts"),
    (lambda c: c.make_resource("same"), "/resources"),
])
def test_workspaces_hold_things_of_their_own(workspaces, make, path):
    default, other = workspaces
    make(default)
    assert (default.get(path).json["total"], other.get(path).json["total"]) == (1, 0)
    make(other)
    assert (default.get(path).json["total"], other.get(path).json["total"]) == (1, 1)


@pytest.mark.parametrize("line, body, code", [
    ("GET /v1/{p}/jobs/j", None, "DLF.0100"), ("PUT /v1/{p}/jobs/j", job("j"), "DLF.0100"),
    ("DELETE /v1/{p}/jobs/j", None, "DLF.0100"),
    ("POST /v1/{p}/jobs/j/export", None, "DLF.0100"),
    ("POST /v1/{p}/jobs/batch-export", {"jobList": ["j"]}, "DLF.0100"),
    ("GET /v1/{p}/scripts/s", None, "DLF.6201"),
    ("PUT /v1/{p}/scripts/s", {"content": "x"}, "DLF.6201"),
    ("DELETE /v1/{p}/scripts/s", None, "DLF.6201"),
])
def test_what_is_in_another_workspace_is_unknown(workspaces, line, body, code):
    default, other = workspaces
    default.make_job("j")
    default.make_script("s")
    answer = ask(other, line, body)
    assert (answer.status, answer.code) == (400, code)
    assert default.get("/jobs/j").status == default.get("/scripts/s").status == 200


def test_a_resource_of_another_workspace_is_unknown(workspaces):
    default, other = workspaces
    uid = default.make_resource("r")
    for answer in (other.get("/resources/" + uid), other.put("/resources/" + uid, {}),
                   other.delete("/resources/" + uid)):
        assert (answer.status, answer.code) == (400, "DLF.6241")


def test_an_export_takes_dependencies_of_its_own_workspace(workspaces):
    default, other = workspaces
    default.make_script("s")
    other.make_job("j", nodes=[node("n", "DWSSQL", {"scriptName": "s"})])
    assert other.export(["j"]).names == ["jobs/j/j.job"]
    other.make_script("s")
    assert other.export(["j"]).names == ["jobs/j/j.job", "jobs/j/s.script"]


@pytest.mark.parametrize("value", ["", "   "])
def test_an_empty_header_means_the_default_workspace(server, client, value):
    client.make_job("j")
    same = server.client(project=client.project, workspace=value)
    assert same.get("/jobs/j").status == 200


WITH_WORKSPACE = pytest.mark.parametrize("line, body", [
    ("GET /v1/{p}/jobs", None), ("POST /v1/{p}/jobs", job("j")),
    ("GET /v1/{p}/jobs/j", None), ("PUT /v1/{p}/jobs/j", job("j")),
    ("DELETE /v1/{p}/jobs/j", None), ("POST /v1/{p}/jobs/j/export", None),
    ("POST /v1/{p}/jobs/batch-export", {"jobList": ["j"]}),
    ("GET /v1/{p}/scripts", None), ("POST /v1/{p}/scripts", script("s")),
    ("GET /v1/{p}/scripts/s", None), ("PUT /v1/{p}/scripts/s", {}),
    ("DELETE /v1/{p}/scripts/s", None),
    ("GET /v1/{p}/resources", None), ("POST /v1/{p}/resources", resource("r")),
    ("GET /v1/{p}/resources/r", None), ("PUT /v1/{p}/resources/r", {}),
    ("DELETE /v1/{p}/resources/r", None),
])


@WITH_WORKSPACE
@pytest.mark.parametrize("value", ["f" * 32, "default", "other", "5f0c1c0d"])
def test_an_unknown_workspace(workspaces, line, body, value):
    default, _ = workspaces
    answer = ask(default, line, body, workspace=value)
    assert (answer.status, answer.code) == (400, "DLF.0819")
    assert (answer.json["error_msg"]
            == "Operation failed, detail msg Workspace does not exists.")


@WITH_WORKSPACE
def test_a_deleted_default_workspace(server, client, line, body):
    client.make_job("j")
    gone = admin_workspace(server, "delete", "default", "--force", project=client.project)
    assert gone.returncode == 0, gone.stderr
    answer = ask(client, line, body)
    assert (answer.status, answer.code) == (400, "DLF.0819")


def test_a_workspace_of_another_project_is_unknown(server, workspaces):
    _, other = workspaces
    stranger = server.client(project=uuid.uuid4().hex, workspace=other.workspace)
    assert stranger.get("/jobs").code == "DLF.0819"


def test_projects_hold_things_of_their_own(server, client):
    client.make_job("j")
    client.make_script("s")
    stranger = server.client(project=uuid.uuid4().hex)
    assert stranger.get("/jobs/j").code == "DLF.0100"
    assert stranger.get("/jobs").json["total"] == 0
    assert stranger.export(["j"]).code == "DLF.0100"
    stranger.make_job("j")


def test_reading_an_unknown_project_sees_an_empty_one(client):
    for path in ("/jobs", "/scripts", "/resources"):
        assert client.get(path).json["total"] == 0


@pytest.mark.parametrize("line, body, code", [
    ("POST /v1/{p}/jobs/batch-export", b"{", "DLF.0819"),
    ("POST /v1/{p}/jobs", b"{", "DLF.0819"),
])
def test_the_workspace_is_looked_at_before_the_body(client, line, body, code):
    assert ask(client, line, body, workspace="f" * 32).code == code
