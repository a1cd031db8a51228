"""Whatever changes what a signed request asks is covered by its signature, or refused, in each of the
three forms: somebody on the way can change nothing.  A request is signed, then changed, then sent; its
answer is a refusal, or the same as without the change."""

import http.client
import json

import pytest

import contract
from harness import Answer, Server, admin_workspace, job
from signer import sign
from test_sign_in import House

FORMS = "ABC"
MOMENT = ("Date", "X-Request-Id")


class Signer:
    """Signs a request of a workspace that has jobs of other names than the default one."""

    def __init__(self, house):
        self.house, self.base = house, f"/v1/{house.project}"
        client = house.signer()
        for name in ("a", "b", "c"):
            client.make_job(name)
        made = admin_workspace(house.server, "create", "other", project=house.project)
        assert made.returncode == 0, made
        self.other = made.stdout.strip()
        client.workspace = self.other
        client.make_job("a")
        client.make_job("of_the_other")

    def headers(self, method, target, headers=(), body=b"", form="A", **kw):
        """[(name, value)] of a request that is signed whole."""
        fixed = {"Host": f"127.0.0.1:{self.house.server.port}", **dict(headers)}
        first = self.house.first
        return list(sign(first["Access Key Id"], first["Secret Access Key"], method, self.base + target,
                         fixed, body, form, **kw).items())

    def send(self, method, target, headers, body=b""):
        connection = http.client.HTTPConnection("127.0.0.1", self.house.server.port, timeout=60)
        connection.putrequest(method, self.base + target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        if body:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = Answer(connection.getresponse())
        connection.close()
        contract.check(method, self.base + target, answer)
        assert b"failed to reach the limit" not in answer.body, "it was not looked at"
        return answer


@pytest.fixture(scope="module")
def signer(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("signed"), "--auth", "on")
    yield Signer(House(server))
    assert server.stop() == 0, server.log


def seen(answer):
    """What is the same when the same is asked again."""
    return (answer.status, answer.body,
            sorted(pair for pair in answer.headers.items() if pair[0] not in MOMENT))


REQUESTS = {  # (method, target, body): all may be repeated
    "a list": ("GET", "/jobs?jobType=BATCH&limit=2&offset=1", b""),
    "a job": ("GET", "/jobs/a", b""),
    "a link": ("GET", "/jobs.zip?name=a", b""),
    "a link of many": ("GET", "/jobs.zip?name=a&name=b", b""),
    "a link by HEAD": ("HEAD", "/jobs.zip?name=b", b""),
    "an export": ("POST", "/jobs/batch-export", b'{"jobList":["a"]}'),
    "an export of one": ("POST", "/jobs/a/export", b""),
    "an update": ("PUT", "/jobs/b", json.dumps(job("b")).encode()),
    "a check": ("POST", "/jobs/check-file", b'{"path":"obs://none/a.zip"}'),
}
SIGNED = [(kind, form) for kind in REQUESTS for form in FORMS
          if not (kind == "a link of many" and form == "B")]  # see test_repeated_keys


def refused_or_same(signer, kind, form, change, changed):
    """`changed` is (method, target, headers, body) of the signed request after the change."""
    method, target, body = REQUESTS[kind]
    kept = seen(signer.send(method, target, signer.headers(method, target, (), body, form), body))
    answer = signer.send(*changed)
    if answer.status < 400 or answer.status == kept[0] and not answer.body.startswith(b'{"error_code":"APIGW.'):
        assert seen(answer) == kept, (change, answer)
    else:
        assert answer.status in (400, 401, 403, 404, 405), (change, answer)


def queries(query):
    """Changes of a query that a client could have meant otherwise."""
    pairs = query.split("&") if query else []
    yield from (query + "&" + pair.split("=")[0] + "=" for pair in pairs)
    for more in ("name=c", "limit=1", "offset=0", "jobType=REAL_TIME", "workspace=x", "exportDepend=false",
                 "jobName=a", "x=y", "version=1"):
        yield more + ("&" + query if query else "")
        yield (query + "&" if query else "") + more
    for i, pair in enumerate(pairs):
        yield "&".join(pairs[:i] + pairs[i + 1:])
        yield "&".join(pairs[:i] + [pair, pair] + pairs[i + 1:])
        yield "&".join(pairs[:i] + pairs[i + 1:] + [pair])
        yield "&".join(pairs[:i] + [f"%{ord(pair[0]):02x}" + pair[1:]] + pairs[i + 1:])
        yield "&".join(pairs[:i] + [pair[:-1] + f"%{ord(pair[-1]):02X}"] + pairs[i + 1:])
        yield "&".join(pairs[:i] + [pair + "0"] + pairs[i + 1:])
    yield query + "&&"
    yield ""


@pytest.mark.parametrize("kind, form", SIGNED)
def test_a_change_of_the_query(signer, kind, form):
    method, target, body = REQUESTS[kind]
    headers = signer.headers(method, target, (), body, form)
    path, _, query = target.partition("?")
    for change in queries(query):
        changed = path + ("?" + change if change else "")
        refused_or_same(signer, kind, form, change, (method, changed, headers, body))


@pytest.mark.parametrize("kind, form", SIGNED)
def test_a_change_of_method_path_and_body(signer, kind, form):
    method, target, body = REQUESTS[kind]
    headers = signer.headers(method, target, (), body, form)
    path, mark, query = target.partition("?")
    for other in {"GET", "HEAD", "POST", "PUT", "DELETE"} - {method}:
        refused_or_same(signer, kind, form, other, (other, target, headers, body))
    last = path.rindex("/")
    for other in (path + "/", path.replace("/a", "/b"), path[:last] + "%2F" + path[last + 1:],
                  path[:-1] + f"%{ord(path[-1]):02x}", "/scripts", path + "/export", "/%2e%2e" + path):
        refused_or_same(signer, kind, form, other, (method, other + mark + query, headers, body))
    for other in {b"{}", b"null", b'{"jobList":["c"]}', body + b" ", b""} - {body}:
        refused_or_same(signer, kind, form, other, (method, target, headers, other))


def added_headers(signer):
    """Each header that the contract knows, and what proxies and servers heed elsewhere."""
    known = {
        "workspace": [signer.other, "", "f" * 32], "If-Match": ["*", '"x"', ""], "If-None-Match": ["*", ""],
        "X-Project-Id": ["", "another"], "X-Subject-Token": ["dlft-x"], "X-Language": ["zh_cn"],
        "X-Auth-Token": ["dlft-x"], "Content-Type": ["text/plain", "application/json;charset=latin1", ""],
        "User-Agent": ["golangsdk/2.0.0"], "X-Sdk-Content-Sha256": ["UNSIGNED-PAYLOAD", "0" * 64],
        "X-Sdk-Date": ["20240101T000000Z"], "Accept": ["text/html"], "Accept-Language": ["zh"],
        "Accept-Encoding": ["gzip"], "Origin": ["https://evil.example"], "Range": ["bytes=0-1"],
        "X-HTTP-Method-Override": ["DELETE"], "X-Original-URL": ["/v1/x/jobs"], "X-Forwarded-Host": ["evil"],
        "X-Forwarded-For": ["10.0.0.1"], "X-Domain-Id": ["x"], "X-Security-Token": ["x"], "X-Cluster-Id": ["x"],
        "X-Dlm-Type": ["EXCLUSIVE"], "If-Modified-Since": ["Sat, 01 Jan 2050 00:00:00 GMT"],
        "If-Unmodified-Since": ["Sat, 01 Jan 2000 00:00:00 GMT"], "Content-Encoding": ["gzip"],
        "Authorization": ["SDK-HMAC-SHA256 Access=X"], "Host": ["localhost"]}
    contracts = {one["name"] for method, path, operation in contract.operations()
                 for one in contract.parameters(path, operation) if one["in"] == "header"}
    assert contracts <= set(known), contracts - set(known)
    return [(name, value) for name, values in known.items() for value in values]


@pytest.mark.parametrize("kind, form", SIGNED)
def test_a_header_more(signer, kind, form):
    """Before and behind those that are signed."""
    method, target, body = REQUESTS[kind]
    headers = signer.headers(method, target, (), body, form)
    for one in added_headers(signer):
        if one[0] == "X-Language" and kind == "a check":
            continue  # the text of an error: another language, and nothing else
        refused_or_same(signer, kind, form, one, (method, target, [*headers, one], body))
        refused_or_same(signer, kind, form, one, (method, target, [one, *headers], body))


@pytest.mark.parametrize("form", FORMS)
def test_a_header_is_left_out_or_changed(signer, form):
    """Each that was signed."""
    given = {"workspace": signer.other, "If-Match": "*", "Content-Type": "application/json",
             "User-Agent": "u", "X-Project-Id": signer.house.project}
    method, target, body = REQUESTS["an update"]
    body = json.dumps(job("a")).encode()
    headers = signer.headers(method, "/jobs/a", given, body, form)
    assert signer.send(method, "/jobs/a", headers, body).status == 204
    for i, (name, value) in enumerate(headers):
        for instead in ([], [(name, value + "0")], [(name, value), (name, value)], [(name, ""), (name, value)]):
            if name == "Host" and not instead:
                continue  # HTTP needs it
            assert signer.send(method, "/jobs/a", headers, body).status == 204, "failures are forgotten"
            answer = signer.send(method, "/jobs/a", headers[:i] + instead + headers[i + 1:], body)
            if name == "Authorization" and len(instead) == 2:
                assert answer.status in (204, 401), "the first is read, and is whole"
            else:
                assert answer.status in (400, 401), (name, instead, answer)


# ---- what is refused says why, and what is signed well is served ----

def not_signed(answer, said):
    assert (answer.status, answer.code) == (401, "APIGW.0301"), answer
    assert "part of the request is not signed" in answer.json["error_msg"]
    assert answer.detail.startswith(said), answer.detail


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name, value", [("workspace", "other"), ("If-Match", "*"), ("If-None-Match", "*"),
                                         ("X-Subject-Token", "dlft-x")])
def test_a_header_that_must_be_signed(signer, form, name, value):
    value = signer.other if value == "other" else value
    headers = signer.headers("GET", "/jobs/a", (), b"", form)
    not_signed(signer.send("GET", "/jobs/a", [*headers, (name, value)]), f"{name}: ")


@pytest.mark.parametrize("form", FORMS)
def test_a_workspace_that_is_signed(signer, form):
    headers = signer.headers("GET", "/jobs/of_the_other", {"workspace": signer.other}, b"", form)
    assert signer.send("GET", "/jobs/of_the_other", headers).status == 200
    headers = signer.headers("GET", "/jobs/of_the_other", (), b"", form)
    assert signer.send("GET", "/jobs/of_the_other", headers).code == "DLF.0100"


@pytest.mark.parametrize("form", FORMS)
def test_a_condition_that_is_signed(signer, form):
    body = json.dumps(job("c")).encode()
    for value, status in (("*", 204), ('"x"', 412)):
        headers = signer.headers("PUT", "/jobs/c", {"If-Match": value}, body, form)
        assert signer.send("PUT", "/jobs/c", headers, body).status == status


@pytest.mark.parametrize("form, query, served", [
    ("A", "name=a&name=b", True), ("C", "name=a&name=b", True), ("A", "name=b&name=a", False),
    ("C", "name=b&name=a", False), ("A", "name=a&name=c&name=b", False), ("B", "name=a&name=b", False),
    ("B", "name=a&name=a", False), ("B", "name=a", True), ("A", "name=a&name=b&exportDepend=true", True)])
def test_repeated_keys(signer, form, query, served):
    """Form B signs the first value alone; the others sign all of them, in the order of their bytes."""
    signed = "name=" + query[5] if form == "B" else query
    headers = signer.headers("GET", "/jobs.zip?" + signed, (), b"", form)
    answer = signer.send("GET", "/jobs.zip?" + query, headers)
    if served:
        assert answer.status == 200, answer
    else:
        not_signed(answer, "query: ")


@pytest.mark.parametrize("form", FORMS)
def test_a_body_without_its_hash(signer, form):
    body = b'{"jobList":["a"]}'
    given = {"X-Sdk-Content-Sha256": "UNSIGNED-PAYLOAD", "Content-Type": "application/json"}
    headers = signer.headers("POST", "/jobs/batch-export", given, body, form)
    not_signed(signer.send("POST", "/jobs/batch-export", headers, body), "body: ")
    headers = signer.headers("POST", "/jobs/a/export", given, b"", form)
    assert signer.send("POST", "/jobs/a/export", headers).status == 200, "there is none"


@pytest.mark.parametrize("form", FORMS)
def test_a_media_type_counts_when_it_is_signed(signer, form):
    body = b'{"jobList":["a"]}'
    target = "/jobs/batch-export"
    headers = signer.headers("POST", target, {"Content-Type": "text/plain"}, body, form)
    assert signer.send("POST", target, headers, body).status == 415
    headers = signer.headers("POST", target, (), body, form)
    assert signer.send("POST", target, [*headers, ("Content-Type", "text/plain")], body).status == 200


def test_an_escaped_key_is_that_key(signer):
    """With a token, too."""
    client = signer.house.client()
    assert len(client.get("/jobs?%6cimit=1").json["jobs"]) == 1
    assert client.get("/jobs?limi%74=0").code == "DLF.3051"
    assert client.get("/jobs?limi%zz=0").status == 200, "no key of ours"
