"""Sign-in: the first account, tokens, signatures, guessing, the audit log."""

import concurrent.futures
import contextlib
import http.client
import json
import os
import re
import signal
import sqlite3
import stat
import time
import urllib.request

import pytest

from harness import ROOT, Answer, audit_rows, dlfd, job, node, script
from held import until_writer_waits
from signer import (SigningClient, admin, client_of, credentials, get_token, now,
                    password_body, sign)

TEXT_0301 = "Incorrect IAM authentication information: "


def files(data):
    return [path for path in data.rglob("*") if path.is_file()]


class House:
    """A server that asks for sign-in, and what its first start wrote."""

    def __init__(self, server):
        self.server, self.first = server, credentials(server.data)
        self.project = self.first["Project Id"]
        self.plain = server.client(project=self.project)
        self.password = self.first["Password"]

    def token(self, **kw):
        kw.setdefault("project", self.project)
        return get_token(self.plain, "admin", self.password, **kw)

    def client(self):
        return client_of(self.server, self.token(), self.project)

    def signer(self, form="A"):
        client = SigningClient(self.server, project=self.project)
        client.access, client.secret = (self.first["Access Key Id"],
                                        self.first["Secret Access Key"])
        client.form = form
        return client

    def ask(self, body, headers=None, **kw):
        return self.plain.request("POST", "/v3/auth/tokens", body, headers, **kw)

    def audit(self, enough):
        return audit_rows(self.server.data / "audit.log", enough)


@pytest.fixture
def house(start):
    return House(start("--auth", "on"))


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    from harness import Server
    server = Server(tmp_path_factory.mktemp("sign"), "--auth", "on")
    yield House(server)
    assert server.stop() == 0, server.log


def iam_error(answer, status):
    assert answer.status == status, answer
    assert answer.json["error"]["code"] == status and answer.json["error"]["message"]
    assert answer.headers["X-IAM-Trace-Id"] == answer.headers["X-Request-Id"]
    return answer.json["error"]["message"]


# ---- where it may be served ----

def test_beyond_loopback_plain_http_is_to_be_allowed(start):
    with pytest.raises(RuntimeError, match="allow-plain-http"):
        start("--auth", "on", listen="0.0.0.0:0")
    server = start("--auth", "on", "--allow-plain-http", "yes", listen="0.0.0.0:0")
    assert any("listening on http://0.0.0.0:" in line for line in server.start_lines)


def test_any_host_may_be_named_where_sign_in_is_asked_for(shared):
    for host in ("dlf.example.com", "10.1.2.3:8430"):
        answer = shared.plain.get("/jobs", headers={"Host": host})
        assert answer.code == "APIGW.0301", "not refused for its Host"
    token = shared.ask(password_body("admin", shared.password, project=shared.project),
                       headers={"Host": "dlf.example.com"})
    assert "http://dlf.example.com/evs/v2/" in token.body.decode()


# ---- the first account ----

def test_the_first_start_writes_credentials_once(house):
    path = house.server.data / "credentials.csv"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    header, row = path.read_text().splitlines()
    assert header == ("User Name,Password,Access Key Id,Secret Access Key,Project Id,"
                      "Project Name,Region")
    assert re.fullmatch(r"admin,[A-Za-z0-9]{24},[A-Z0-9]{20},[A-Za-z0-9]{40},[0-9a-f]{32},"
                        "region-1,region-1", row)
    for secret in (house.password, house.first["Secret Access Key"]):
        assert not any(secret in line for line in house.server.log + house.server.start_lines)
        for file in files(house.server.data):
            assert file == path or secret.encode() not in file.read_bytes(), file
    assert all(stat.S_IMODE(file.stat().st_mode) & 0o077 == 0 for file in files(house.server.data))
    assert house.client().get("/jobs").json == {"total": 0, "jobs": []}


def test_a_later_start_makes_no_other(house, start):
    before, token = house.first, house.token()
    house.server.stop()
    again = start("--auth", "on", data=house.server.data)
    assert credentials(again.data) == before
    assert client_of(again, token, house.project).get("/jobs").status == 200, "tokens survive"


def test_it_takes_over_what_was_made_without_sign_in(start):
    old = start()
    client = old.client(project="old_one")
    client.make_job("j")
    time.sleep(0.01)
    old.client(project="another").make_job("k")
    old.stop()
    house = House(start("--auth", "on", "--region", "eu-de", data=old.data))
    assert (house.first["Project Id"], house.first["Project Name"]) == ("old_one", "eu-de")
    assert house.client().get("/jobs/j").status == 200
    listed = house.client().request("GET", "/v3/projects").json["projects"]
    assert [(row["id"], row["name"]) for row in listed] == [
        ("old_one", "eu-de"), ("another", "eu-de_another")]
    # And back: without sign-in everything is as before.
    house.server.stop()
    assert start(data=old.data).client(project="another").get("/jobs/k").status == 200


def test_a_catalogue_of_before_accounts_is_brought_up_to_date(start, tmp_path):
    """What the third schema held, secrets too, is there with sign-in."""
    data = tmp_path / "old"
    data.mkdir(mode=0o700)
    (data / "secret.key").write_text("0123456789abcdef" * 4 + "\n")
    (data / "secret.key").chmod(0o600)
    db = sqlite3.connect(data / "catalog.db")
    db.executescript((ROOT / "tests/data/catalog-0003.sql").read_text(encoding="utf-8"))
    db.close()
    house = House(start("--auth", "on", data=data))
    assert (house.project, house.first["Project Name"]) == ("demo", "region-1")
    client = house.client()
    assert "X-Dlf-Missing-Depends" not in (kept := client.export(["kept"])).headers
    assert len(kept.names) == 3, kept.names
    assert client.post("/connections/export").names
    client.make_script("new")
    signer = house.signer()
    assert signer.request("GET", "/v1/demo/scripts/new").status == 200
    assert signer.request("GET", "/v1/other/scripts/load").status == 200
    assert house.plain.get("/jobs").status == 401
    house.server.stop()
    assert " 0 damaged" in admin(house.server, "check")
    # The connection's password, as it was sealed then, and the access key's secret.
    assert admin(house.server, "key", "rotate").startswith("2 secrets")


def test_a_user_who_was_made_before_owns_what_is_there(start):
    old = start()
    old.client(project="old").make_job("j")
    old.stop()
    password = admin(old, "user", "create", "ann", "--admin").strip()
    server = start("--auth", "on", data=old.data)
    assert not (server.data / "credentials.csv").exists()
    assert server.process.stdout.readline().startswith("data in "), "and it names none"
    token = get_token(server.client(), "ann", password, domain="ann", project="old")
    assert client_of(server, token, "old").get("/jobs/j").status == 200


def test_no_account_where_its_credentials_cannot_be_written(start, tmp_path):
    data = tmp_path / "data"
    (data / "credentials.csv.new").mkdir(parents=True)
    with pytest.raises(RuntimeError, match="credentials.csv"):
        start("--auth", "on", data=data)
    with sqlite3.connect(data / "catalog.db") as db:
        assert db.execute("SELECT count(*) FROM account").fetchone() == (0,)
    (data / "credentials.csv.new").rmdir()
    assert House(start("--auth", "on", data=data)).client().get("/jobs").status == 200


# ---- nobody ----

@pytest.mark.parametrize("headers,code,text", [
    ({}, "APIGW.0301", TEXT_0301 + "x-auth-token not found"),
    ({"X-Auth-Token": ""}, "APIGW.0301", TEXT_0301 + "x-auth-token not found"),
    ({"X-Auth-Token": "garbage"}, "APIGW.0301", TEXT_0301 + "decrypt token fail"),
    ({"X-Auth-Token": "dlft-" + "A" * 43}, "APIGW.0301", TEXT_0301 + "decrypt token fail"),
    ({"X-Auth-Token": "dlft-" + "A" * 5000}, "APIGW.0301", TEXT_0301 + "decrypt token fail"),
    ({"Authorization": "Bearer x"}, "APIGW.0305", "Incorrect authentication information."),
    ({"Authorization": "Basic YTpi"}, "APIGW.0305", "Incorrect authentication information."),
    ({"Authorization": "SDK-HMAC-SHA256 Access=A"}, "APIGW.0305", "Incorrect authentication information."),
])
def test_without_credentials_that_hold(shared, headers, code, text):
    answer = shared.plain.get("/jobs", headers=headers)
    assert (answer.status, answer.code, answer.json["error_msg"]) == (401, code, text)
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]


def test_nothing_of_the_catalogue_is_told_to_nobody(shared):
    for path in (f"/v1/{shared.project}/jobs", f"/v1/{'0' * 32}/jobs"):
        answer = shared.plain.request("GET", path, headers={"workspace": "0" * 32})
        assert answer.code == "APIGW.0301", answer
    assert shared.plain.post("/jobs", "{not json").code == "APIGW.0301"
    assert shared.plain.get("/jobs", headers={"X-Language": "zh_cn"}).json["error_msg"].startswith("IAM认证")


def test_a_body_of_nobody_is_not_kept(shared):
    answer = shared.plain.post("/scripts", b"x" * (13 << 20))
    assert (answer.status, answer.code) == (401, "APIGW.0301")


# ---- tokens ----

def test_a_token_of_a_project(shared):
    answer = shared.ask(password_body("admin", shared.password, project=shared.project))
    token = answer.json["token"]
    assert answer.status == 201 and re.fullmatch(r"dlft-[\w-]{43}", answer.headers["X-Subject-Token"])
    assert token["project"]["id"] == shared.project and token["project"]["name"] == "region-1"
    assert token["methods"] == ["password"] and "domain" not in token
    assert token["user"]["name"] == token["user"]["domain"]["name"] == "admin"
    urls = {row["type"]: row["endpoints"][0] for row in token["catalog"]}
    base = f"http://127.0.0.1:{shared.server.port}"
    assert urls["volumev2"]["url"] == f"{base}/evs/v2/{shared.project}"
    assert urls["volumev2"]["region"] == "region-1" and urls["identity"]["url"] == f"{base}/v3"
    for url in (urls["volumev2"]["url"].replace("v2", "v1").replace("evs", "dayu-dlf"),
                urls["dayu-dlf"]["url"]):
        assert url == f"{base}/dayu-dlf/v1/{shared.project}"
    client = client_of(shared.server, answer.headers["X-Subject-Token"], shared.project)
    assert client.request("GET", f"/dayu-dlf/v1/{shared.project}/jobs").status == 200
    assert client.request("GET", f"/cdm/v1.1/{shared.project}/clusters").status == 200


@pytest.mark.parametrize("scope", [None, {}, "unscoped", {"domain": {"name": "admin"}}])
def test_a_token_of_a_domain(shared, scope):
    answer = shared.ask(password_body("admin", shared.password, scope=scope))
    token = answer.json["token"]
    assert token["domain"]["name"] == "admin" and "project" not in token
    assert {row["type"] for row in token["catalog"]} == {"iam", "identity"}
    client = client_of(shared.server, answer.headers["X-Subject-Token"], shared.project)
    assert client.get("/jobs").code == "APIGW.0306"
    assert client.request("GET", "/v3/projects").json["projects"][0]["id"] == shared.project


def test_other_ways_to_name_user_and_project(shared):
    token = shared.ask(password_body("admin", shared.password)).json["token"]
    for user in ({"id": token["user"]["id"]},
                 {"name": "admin", "domain": {"id": token["user"]["domain"]["id"]}}):
        body = password_body("", shared.password, scope={"project": {"name": "region-1"},
                                                         "domain": {"name": "x"}})
        body["auth"]["identity"]["password"]["user"] = {**user, "password": shared.password}
        answer = shared.ask(body)
        assert answer.json["token"]["project"]["id"] == shared.project
    answer = shared.plain.request("POST", "/v3/auth/tokens?nocatalog=1",
                                  password_body("admin", shared.password, project=shared.project))
    assert answer.json["token"]["catalog"] == []


def access_key_body(access, secret, **scope):
    return {"auth": {"identity": {"methods": ["hw_ak_sk"], "hw_ak_sk": {
        "access": {"key": access}, "secret": {"key": secret}}}, "scope": {"project": scope}}}


def test_a_token_for_an_access_key(shared):
    keys = shared.first["Access Key Id"], shared.first["Secret Access Key"]
    answer = shared.ask(access_key_body(*keys, name="region-1"))
    assert answer.json["token"]["methods"] == ["hw_ak_sk"]
    assert client_of(shared.server, answer.headers["X-Subject-Token"],
                     shared.project).get("/jobs").status == 200
    iam_error(shared.ask(access_key_body(keys[0], keys[1].swapcase(), id=shared.project)), 401)
    iam_error(shared.ask(access_key_body("NOBODY", keys[1], id=shared.project)), 401)


def test_a_token_for_a_token_does_not_outlive_it(shared):
    first = shared.token(project=None)
    body = {"auth": {"identity": {"methods": ["token"], "token": {"id": first}},
                     "scope": {"project": {"id": shared.project}}}}
    answer = shared.ask(body)
    shown = shared.plain.request("GET", "/v3/auth/tokens", headers={
        "X-Auth-Token": first, "X-Subject-Token": first})
    assert answer.json["token"]["expires_at"] <= shown.json["token"]["expires_at"]
    assert client_of(shared.server, answer.headers["X-Subject-Token"],
                     shared.project).get("/jobs").status == 200
    body["auth"]["identity"]["token"] = {}
    assert shared.ask(body, headers={"X-Auth-Token": first}).status == 201
    iam_error(shared.ask(body), 401)


BAD = [
    ({}, "auth.identity.methods"), ({"auth": 1}, "auth.identity.methods"), ({"auth": {"identity": []}}, "auth.identity.methods"),
    ({"auth": {"identity": {"methods": []}}}, "methods"),
    ({"auth": {"identity": {"methods": ["password", "totp"]}}}, "methods"),
    ({"auth": {"identity": {"methods": ["assume_role"]}}}, "methods"),
    ({"auth": {"identity": {"methods": [1]}}}, "methods"),
    ({"auth": {"identity": {"methods": ["password"]}}}, "user.name"),
    ({"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "a"}}}}}, "domain.name"),
    ({"auth": {"identity": {"methods": ["password"], "password": {"user": {"id": "a"}}}}}, "user.password"),
    ({"auth": {"identity": {"methods": ["password"], "password": {"user": {"id": "a", "password": 5}}}}}, "user.password"),
    ({"auth": {"identity": {"methods": ["hw_ak_sk"]}}}, "access.key"),
    ({"auth": {"identity": {"methods": ["hw_ak_sk"], "hw_ak_sk": {"access": {"key": "x"}}}}}, "secret.key"),
    ({"auth": {"identity": {"methods": ["token"]}, "scope": {"project": {}}}}, "project.id"),
    ("{", ""), ("[]", ""), ("null", ""), ("", ""), (b"\xff", ""),
]


@pytest.mark.parametrize("body,detail", BAD, ids=[f"{i}" for i in range(len(BAD))])
def test_a_bad_token_request(shared, body, detail):
    answer = shared.ask(body)
    assert iam_error(answer, 400) == "The request body is invalid"
    assert detail in answer.json["error_detail"], answer


def test_a_token_request_that_is_too_large(shared):
    body = password_body("admin", shared.password)
    body["more"] = "x" * 65536
    assert iam_error(shared.ask(body), 413)


def test_who_does_not_get_a_token(house):
    wrong = house.ask(password_body("admin", "x" * 24))
    assert iam_error(wrong, 401) == "The username or password is wrong."
    for body in (password_body("nobody", house.password),
                 password_body("admin", house.password, domain="other"),
                 password_body("admin", "\u4e2d" * 5000)):
        assert house.ask(body).json == wrong.json, "a user who is not there is told alike"
    assert iam_error(house.ask(password_body("admin", house.password, project="0" * 32)), 404)
    assert iam_error(house.ask(password_body(
        "admin", house.password, scope={"project": {"name": "gone"}})), 404)


def test_tokens_are_looked_at_and_revoked(house):
    mine, other = house.token(), house.token()
    both = {"X-Auth-Token": mine, "X-Subject-Token": other}
    shown = house.plain.request("GET", "/v3/auth/tokens", headers=both)
    assert shown.status == 200 and shown.headers["X-Subject-Token"] == other
    assert house.plain.request("HEAD", "/v3/auth/tokens", headers=both).status == 200
    assert house.plain.request("DELETE", "/v3/auth/tokens", headers=both).status == 204
    assert house.plain.request("HEAD", "/v3/auth/tokens", headers=both).status == 404
    iam_error(house.plain.request("GET", "/v3/auth/tokens", headers=both), 404)
    iam_error(house.plain.request("DELETE", "/v3/auth/tokens", headers={"X-Auth-Token": mine}), 404)
    gone = client_of(house.server, other, house.project)
    assert gone.get("/jobs").code == "APIGW.0307"
    iam_error(gone.request("GET", "/v3/projects"), 401)
    assert client_of(house.server, mine, house.project).get("/jobs").status == 200
    # Another user's: seen by the administrator of the domain alone.
    password = admin(house.server, "user", "create", "bob").strip()
    bob = get_token(house.plain, "bob", password)
    iam_error(house.plain.request("GET", "/v3/auth/tokens", headers={
        "X-Auth-Token": bob, "X-Subject-Token": mine}), 403)
    assert house.plain.request("GET", "/v3/auth/tokens", headers={
        "X-Auth-Token": mine, "X-Subject-Token": bob}).status == 200


def test_a_token_expires(start):
    house = House(start("--auth", "on", "--token-age", "60s"))
    client = house.client()
    with sqlite3.connect(house.server.data / "catalog.db") as db:
        db.execute("UPDATE token SET expires = expires - 61000")
    answer = client.get("/jobs")
    assert answer.code == "APIGW.0301"
    assert re.search(r"token expires, expires_at: \d{4}-\d\d-\d\dT", answer.json["error_msg"])
    house.token()
    with sqlite3.connect(house.server.data / "catalog.db") as db:
        assert db.execute("SELECT count(*) FROM token").fetchone() == (1,), "the old one is removed"


def test_a_new_password_ends_all_tokens(house):
    token = house.token()
    new = admin(house.server, "user", "password", "admin").strip()
    assert client_of(house.server, token, house.project).get("/jobs").code == "APIGW.0307"
    iam_error(house.ask(password_body("admin", house.password)), 401)
    house.password = new
    assert house.client().get("/jobs").status == 200
    done = admin(house.server, "user", "password", "admin", "--password-stdin", status=1)
    assert "8 to 256 bytes" in done


@pytest.mark.parametrize("how,sql", [
    ("password", "UPDATE account SET password = 'x'"),
    ("password", "DELETE FROM account"),
    ("hw_ak_sk", "DELETE FROM access_key"),
    ("token", "UPDATE token SET revoked = 1"),
    ("token", "DELETE FROM token")])
def test_what_ends_while_a_token_is_made_makes_none(house, how, sql):
    """The catalogue is held until the sign-in waits to write its token."""
    body = {"password": password_body("admin", house.password),
            "hw_ak_sk": access_key_body(house.first["Access Key Id"],
                                        house.first["Secret Access Key"], id=house.project),
            "token": {"auth": {"identity": {"methods": ["token"],
                                            "token": {"id": house.token()}}}}}[how]
    db = sqlite3.connect(house.server.data / "catalog.db", isolation_level=None)
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("BEGIN IMMEDIATE")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        answer = pool.submit(house.ask, body)
        until_writer_waits(house.server)
        assert not answer.done()
        before = db.execute("SELECT count(*) FROM token").fetchone()
        db.execute(sql)
        db.execute("COMMIT")
        iam_error(answer.result(), 401)
    after = db.execute("SELECT count(*) FROM token WHERE NOT revoked").fetchone()
    assert after <= before and (how != "token" or after == (0,))
    db.close()


def test_tokens_are_stored_as_hashes_only(house):
    token = house.token()
    house.client()
    for file in files(house.server.data):
        assert token.encode() not in file.read_bytes(), file
    assert not any(token in line for line in house.server.log)


# ---- what clients look up ----

def test_projects_domains_and_versions(shared):
    client = shared.client()
    mine, = client.request("GET", "/v3/projects?name=region-1").json["projects"]
    assert (mine["id"], mine["enabled"], mine["is_domain"]) == (shared.project, True, False)
    assert client.request("GET", "/v3/projects?name=region").json["projects"] == []
    assert client.request("GET", "/v3/auth/projects").json["projects"] == [mine]
    domain, = client.request("GET", "/v3/auth/domains").json["domains"]
    assert (domain["name"], domain["id"]) == ("admin", mine["domain_id"])
    assert client.request("GET", "/v3/auth/domains?name=x").json["domains"] == []
    for path in ("/", "/v3", "/v3/"):
        assert "v3.6" in shared.plain.request("GET", path).body.decode()
    catalog = shared.signer().request("GET", "/v3/auth/catalog").json["catalog"]
    assert any(shared.project in row["endpoints"][0]["url"] for row in catalog)


def test_the_catalogue_by_public_url(start):
    house = House(start("--auth", "on", "--public-url", "https://dlf.example.com"))
    answer = house.ask(password_body("admin", house.password, project=house.project))
    assert {row["endpoints"][0]["url"].split("/")[2] for row in answer.json["token"]["catalog"]} == {
        "dlf.example.com"}


def test_iam_is_not_served_without_sign_in(client):
    for method, path in (("POST", "/v3/auth/tokens"), ("GET", "/v3/projects"),
                         ("POST", "/%763/auth/tokens"), ("GET", "/%763/projects")):
        body = password_body("admin", "password") if method == "POST" else None
        answer = client.request(method, path, body)
        assert (answer.status, answer.code) == (404, "APIGW.0101")
        assert answer.detail == "not served while --auth is off"


# ---- signatures ----

@pytest.mark.parametrize("form", "ABC")
def test_signed_requests(shared, form):
    client = shared.signer(form)
    name = f"作业.{form}"
    assert client.post("/scripts", script("s" + form, content="select '中';")).status == 204
    assert client.post("/jobs", job(name, nodes=[node("n", "DWSSQL", {"scriptName": "s" + form})])).status == 204
    shown = client.get(f"/jobs/%E4%BD%9C%E4%B8%9A.{form}")
    assert shown.json["name"] == name and shown.json["lastUpdateUser"] == "admin"
    assert sorted(client.export([name]).names) == [f"jobs/{name}/s{form}.script",
                                                   f"jobs/{name}/{name}.job"]
    assert client.request("GET", f"/v1/{shared.project}/jobs?limit=10&jobType=BATCH").status == 200
    assert client.delete(f"/jobs/%E4%BD%9C%E4%B8%9A.{form}").status == 204


def signed(house, method="GET", path="/jobs", body=None, sent=None, headers=None, **kw):
    """A request that is signed with `body`, and sent with `sent`."""
    target = f"/v1/{house.project}{path}"
    fixed = {"Host": f"127.0.0.1:{house.server.port}", "Content-Type": "application/json",
             **(headers or {})}
    kw.setdefault("access", house.first["Access Key Id"])
    kw.setdefault("secret", house.first["Secret Access Key"])
    ready = sign(method=method, target=target, headers=fixed, body=(body or "").encode(), **kw)
    return house.plain.request(method, target, sent if sent is not None else body, ready)


def test_a_wrong_signature_shows_the_canonical_request(house):
    answer = signed(house, secret="x" * 40)
    assert answer.code == "APIGW.0301"
    assert answer.json["error_msg"].startswith(
        TEXT_0301 + f"verify aksk signature fail, canonicalRequest:GET|/v1/{house.project}/jobs/||")
    assert signed(house).status == 200


def test_a_body_that_was_changed_on_the_way(house):
    body = json.dumps(job("good"))
    assert signed(house, "POST", "/jobs", body, sent=json.dumps(job("evil"))).code == "APIGW.0301"
    assert signed(house, "POST", "/jobs", body, sent="").code == "APIGW.0301"
    assert signed(house, "GET", "/jobs", None, sent="{}").code == "APIGW.0301", "also where it is ignored"
    assert signed(house, "POST", "/jobs", body).status == 204


@pytest.mark.parametrize("offset,ok", [(-890, True), (890, True), (-910, False), (910, False)])
def test_the_clock(shared, offset, ok):
    answer = signed(shared, date=now(offset))
    assert answer.status == (200 if ok else 401), answer
    if not ok:
        assert "calc ak sk signature fail:signature expired" in answer.json["error_msg"]
        assert "server time:" in answer.json["error_msg"]


def test_an_unknown_access_key(shared):
    answer = signed(shared, access="NOSUCHKEY")
    assert answer.json["error_msg"] == TEXT_0301 + "Get secretKey failed,ak:NOSUCHKEY,err:ak not exist"


def test_a_signed_body_that_is_too_large(shared):
    answer = signed(shared, "POST", "/scripts", "x" * (12 * 1024 * 1024 + 1))
    assert (answer.status, answer.code) == (413, "APIGW.0201")


def test_another_project_in_the_header(shared):
    headers = {"X-Project-Id": "0" * 32}
    assert signed(shared, headers=headers).code == "APIGW.0306"
    assert shared.client().get("/jobs", headers=headers).code == "APIGW.0306"
    for same in (shared.project, ""):
        assert shared.client().get("/jobs", headers={"X-Project-Id": same}).status == 200


def test_access_keys_are_made_and_deleted(house):
    made = admin(house.server, "key", "create", "admin").splitlines()
    assert made[0] == "User Name,Access Key Id,Secret Access Key"
    _, access, secret = made[1].split(",")
    assert signed(house, access=access, secret=secret).status == 200
    assert "two access keys" in admin(house.server, "key", "create", "admin", status=1)
    assert access in admin(house.server, "key", "list")
    admin(house.server, "key", "delete", access)
    assert "ak not exist" in signed(house, access=access, secret=secret).json["error_msg"]


def test_the_tokens_of_an_access_key_end_with_it(house):
    _, access, secret = admin(house.server, "key", "create", "admin").splitlines()[1].split(",")
    by_key = house.ask(access_key_body(access, secret, id=house.project)).headers["X-Subject-Token"]
    by_password = house.token()
    assert client_of(house.server, by_key, house.project).get("/jobs").status == 200
    admin(house.server, "key", "delete", access)
    assert client_of(house.server, by_key, house.project).get("/jobs").code == "APIGW.0307"
    assert client_of(house.server, by_password, house.project).get("/jobs").status == 200


def test_keys_are_sealed_anew_when_the_folders_key_is_rotated(house, start):
    house.server.stop()
    admin(house.server, "key", "rotate")
    house.server = start("--auth", "on", data=house.server.data)
    house.plain = house.server.client(project=house.project)
    assert signed(house).status == 200


def test_a_key_that_cannot_be_opened_is_found(house):
    """Moved to another id: the signature of neither is checked with it."""
    assert " 0 damaged" in admin(house.server, "check")
    with contextlib.closing(sqlite3.connect(house.server.data / "catalog.db")) as db, db:
        db.execute("UPDATE access_key SET id = 'MOVED'")
    done = dlfd("admin", "check", "--data", house.server.data)
    assert done.returncode == 1, done
    assert "damaged: the key does not open access key MOVED of user admin\n" in done.stdout


# ---- guessing ----

def from_address(house, address, body):
    """A token request from another address of this machine."""
    connection = http.client.HTTPConnection("127.0.0.1", house.server.port, timeout=60,
                                            source_address=(address, 0))
    connection.request("POST", "/v3/auth/tokens", json.dumps(body), {"Content-Type": "application/json"})
    answer = Answer(connection.getresponse())
    connection.close()
    return answer


def test_guessing_is_slowed_by_account_and_address(house):
    wrong, right = password_body("admin", "wrong"), password_body("admin", house.password)
    assert [house.ask(wrong).status for _ in range(5)] == [401] * 5
    for body in (wrong, right):
        answer = house.ask(body)
        assert "try again in" in iam_error(answer, 429)
        assert 0 < int(answer.headers["Retry-After"]) <= 301
    assert house.ask(password_body("bob", "wrong")).status == 401, "other accounts are not held up"
    assert from_address(house, "127.0.0.2", right).status == 201, "the owner gets in from elsewhere"
    assert house.signer().get("/jobs").status == 200, "access keys go on working"


@pytest.mark.parametrize("more", [{"domain": {"name": "admin", "id": "%d"}}, {"id": "%d"}])
def test_guessing_does_not_tell_who_is_there(house, more):
    """However a user is named: one who is there is not refused sooner than one who is not."""
    def statuses(user):
        for i in range(7):
            body = password_body(user, "wrong")
            body["auth"]["identity"]["password"]["user"].update(json.loads(json.dumps(more) % i))
            yield house.ask(body).status
    assert list(statuses("admin")) == list(statuses("nobody"))


def test_success_forgets_failures(house):
    for _ in range(3):
        assert [house.ask(password_body("admin", "wrong")).status for _ in range(4)] == [401] * 4
        assert house.ask(password_body("admin", house.password)).status == 201


def test_many_guesses_at_once_are_not_more(house):
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda i: house.ask(password_body("admin", f"guess{i}")).status, range(40)))
    assert statuses.count(401) == 5 and statuses.count(429) == 35, statuses


def test_guessing_from_many_addresses_is_slowed_too(house):
    for host in range(20):
        for _ in range(5):
            assert from_address(house, f"127.0.1.{host + 1}", password_body("admin", "no")).status == 401
    assert from_address(house, "127.0.2.1", password_body("admin", house.password)).status == 429


def test_one_address_does_not_lock_out_the_others(house):
    statuses = [house.ask(password_body("admin", "wrong")).status for _ in range(120)]
    assert statuses == [401] * 5 + [429] * 115
    assert from_address(house, "127.0.0.2", password_body("admin", house.password)).status == 201


def test_an_access_key_is_locked_where_it_was_guessed(house):
    for _ in range(6):
        answer = signed(house, secret="y" * 40)
        assert "verify aksk signature fail" in answer.json["error_msg"]
    answer = signed(house)
    assert answer.json["error_msg"] == TEXT_0301 + "AK access failed to reach the limit,forbidden."


def test_sign_ins_beyond_what_waits_are_put_off(house):
    """And they hold up nobody else: other requests are answered meanwhile."""
    client = house.signer()
    with concurrent.futures.ThreadPoolExecutor(120) as pool:
        flood = [pool.submit(from_address, house, f"127.0.3.{i % 8 + 1}", password_body(f"user{i}", "wrong"))
                 for i in range(120)]
        others = [client.get("/jobs").status for _ in range(20)]
        waiting = sum(not one.done() for one in flood)
        answers = [one.result() for one in flood]
    assert others == [200] * 20 and waiting > 0
    assert {one.status for one in answers} <= {401, 503}
    for one in answers:
        if one.status == 503:
            assert one.headers["Retry-After"] and one.json


def test_one_address_does_not_put_off_the_others(house):
    keys = access_key_body(house.first["Access Key Id"], house.first["Secret Access Key"], id=house.project)
    with concurrent.futures.ThreadPoolExecutor(120) as pool:
        flood = [pool.submit(from_address, house, "127.0.3.1", password_body(f"user{i}", "wrong"))
                 for i in range(240)]
        for _ in range(4):
            assert house.ask(password_body("admin", house.password)).status == 201
            assert house.ask(keys).status == 201
        assert 503 in {one.result().status for one in flood}


def test_a_sign_in_that_was_put_off_does_not_count_as_a_failure(house):
    right, put_off = password_body("admin", house.password), 0
    with concurrent.futures.ThreadPoolExecutor(150) as pool:
        for turn in range(20):
            flood = [pool.submit(house.ask, password_body(f"u{turn}.{i}", "wrong")) for i in range(150)]
            while put_off < 7 and not all(one.done() for one in flood):
                answer = house.ask(right)
                assert answer.status in (201, 503), answer
                put_off += answer.status == 503
            if put_off == 7:
                break
    assert put_off == 7
    assert house.ask(right).status == 201


# ---- rate limit, audit log ----

def test_the_rate_limit_is_each_users_own(start):
    house = House(start("--auth", "on", "--rate-limit", "5"))
    client = house.client()
    statuses = [client.get("/jobs") for _ in range(30)]
    refused = [one for one in statuses if one.status == 429]
    assert refused and refused[0].code == "APIGW.0308" and refused[0].headers["Retry-After"] == "1"
    assert 4 <= sum(one.status == 200 for one in statuses) < 30  # the token was one, too
    time.sleep(1.1)
    assert client.get("/jobs").status == 200


def test_metrics_know_every_status(start):
    house = House(start("--auth", "on", "--rate-limit", "1", "--metrics-listen", "127.0.0.1:0"))
    token = house.token()
    house.plain.get("/jobs")
    while client_of(house.server, token, house.project).get("/jobs").status != 429:
        pass
    url = re.search(r"metrics on (http://\S+)", house.server.process.stdout.readline()).group(1)
    time.sleep(0.2)  # it is counted when the answer is sent
    with urllib.request.urlopen(url) as answer:
        page = answer.read().decode()
    for operation, status in (("CreateToken", 201), ("ListJobs", 401), ("ListJobs", 429)):
        assert f'dlf_http_requests_total{{operation="{operation}",status="{status}"}} ' in page
    assert 'status="503"' not in page
    errors = (ROOT / "src/errors/errors.def").read_text("utf-8")
    counted = re.search(r"statuses\[\] = {([^}]*)}", (ROOT / "src/api/metrics.c").read_text("utf-8"))
    assert {status for status in re.findall(r'^ERROR\(\w+, "[^"]+", (\d+),', errors, re.M)} <= set(
        re.findall(r"\d+", counted.group(1)))


def test_the_audit_log(house):
    client = house.client()
    client.make_job("j")
    client.get("/jobs/j")
    client.export(["j"])
    house.signer().delete("/jobs/j")
    house.plain.get("/jobs")
    house.ask(password_body("mallory", "S3cr3t-guess"))
    rows = house.audit(6)
    told = [(r["operation"], r["user"], r["credential"], r["object"], r["status"]) for r in rows]
    assert told == [
        ("CreateToken", "admin", "password", "", 201),
        ("CreateJob", "admin", "token", "j", 204),
        ("ExportJobList", "admin", "token", '{"jobList": ["j"]}', 200),
        ("DeleteJob", "admin", house.first["Access Key Id"], "j", 204),
        ("ListJobs", "", "", "", 401),
        ("CreateToken", "mallory", "", "", 401)]
    assert {r["address"] for r in rows} == {"127.0.0.1"}
    assert rows[1]["project"] == house.project and rows[1]["domain"] == "admin"
    assert all(re.fullmatch(r"[0-9a-f]{32}", r["request_id"]) for r in rows)
    text = (house.server.data / "audit.log").read_text()
    assert not any(secret in text for secret in ("S3cr3t-guess", house.password, "dlft-"))
    assert stat.S_IMODE((house.server.data / "audit.log").stat().st_mode) == 0o600


def test_the_audit_log_is_opened_anew_on_sighup(house):
    log = house.server.data / "audit.log"
    house.token()
    house.audit(1)
    os.rename(log, house.server.data / "audit.log.1")
    house.server.process.send_signal(signal.SIGHUP)
    for _ in range(100):
        if log.exists():
            break
        time.sleep(0.05)
    house.client().make_job("j")
    assert [r["operation"] for r in house.audit(2)] == ["CreateToken", "CreateJob"]
    assert len((house.server.data / "audit.log.1").read_text().splitlines()) == 1


def test_the_audit_log_can_be_elsewhere_or_off(start, tmp_path):
    house = House(start("--auth", "on", "--audit-log", tmp_path / "a.log"))
    house.token()
    assert audit_rows(tmp_path / "a.log", 1)[0]["operation"] == "CreateToken"
    off = House(start("--auth", "on", "--audit-log", "off"))
    off.token()
    assert not (off.server.data / "audit.log").exists()
    with pytest.raises(RuntimeError, match="audit-log: /nonexistent/a.log"):
        start("--auth", "on", "--audit-log", "/nonexistent/a.log")


def test_hostile_texts_in_the_audit_log(house):
    house.ask(password_body("x\u202e\n\"}", "wrong"))
    house.plain.request("GET", f"/v1/{house.project}/jobs/%1b%5b2J", headers={"workspace": "\x9b\xff"})
    house.client().export(["j\u2028" * 2000])
    rows = house.audit(4)
    assert [r["status"] for r in rows] == [401, 401, 201, 400]
    text = (house.server.data / "audit.log").read_bytes()
    assert re.findall("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]", text.decode()) == []
    assert all(len(line) < 1024 for line in text.split(b"\n"))
    assert rows[0]["user"] == "x\u202e\n\"}" and rows[3]["object"].endswith("\u2026")


# ---- looking after accounts ----

def test_users_projects_and_roles_by_the_command_line(house):
    server = house.server
    done = admin(server, "user", "create", "ann", "--password-stdin", status=1)
    assert "8 to 256" in done
    password = admin(server, "user", "create", "ann").strip()
    assert "already" in admin(server, "user", "create", "ann", status=1)
    admin(server, "user", "create", "a b", status=2)
    assert re.search(r"^\w{32}  ann  admin  $", admin(server, "user", "list"), re.M)
    project = admin(server, "project", "create", "second").strip()
    assert "already" in admin(server, "project", "create", "second", status=1)
    admin(server, "role", "grant", "developer", "--user", "ann", "--project", project)
    token = get_token(house.plain, "ann", password, project=project)
    ann = client_of(server, token, project)
    ann.make_job("j")
    assert [row["name"] for row in ann.request("GET", "/v3/projects").json["projects"]] == ["second"]
    assert "no such workspace" in admin(server, "role", "grant", "viewer", "--user", "ann",
                                        "--project", project, "--workspace", "x", status=1)
    admin(server, "role", "grant", "king", "--user", "ann", "--project", project, status=2)
    assert "no user" in admin(server, "role", "grant", "viewer", "--user", "zed",
                              "--project", project, status=1)
    assert "not empty" in admin(server, "project", "delete", project, status=1)
    assert ann.get("/jobs/j").status == 200
    admin(server, "project", "delete", project, "--force")
    assert ann.get("/jobs/j").status == 401, "its tokens are gone"
    admin(server, "user", "delete", "ann")
    assert "no user" in admin(server, "user", "delete", "ann", status=1)
    iam_error(house.ask(password_body("ann", password)), 401)
    server.stop()
    admin(server, "check")


def test_a_password_is_shown_when_it_holds(house):
    for call in (["create", "admin"], ["password", "nobody"]):
        done = dlfd("admin", "user", *call, "--data", house.server.data)
        assert done.returncode == 1 and done.stdout == "", done


def test_lists_of_one_domain(house):
    server = house.server
    admin(server, "user", "create", "eve", "--domain", "other")
    admin(server, "project", "create", "theirs", "--domain", "other")
    for noun, own, other in (("user", "admin", "eve"), ("project", house.first["Project Name"], "theirs"),
                             ("key", house.first["Access Key Id"], None)):
        every, mine, theirs = (admin(server, noun, "list", *domain).split() for domain in (
            [], ["--domain", "admin"], ["--domain", "other"]))
        assert own in every and own in mine and own not in theirs
        assert other is None or (other in every and other in theirs and other not in mine)
        assert not admin(server, noun, "list", "--domain", "typo")


def test_a_project_that_is_not_there(house):
    """A typo makes no project, as the first workspace of one does without sign-in."""
    for call in (["workspace", "create", "w"], ["workspace", "list"], ["cdm-cluster", "create", "c"],
                 ["role", "grant", "viewer", "--user", "admin"], ["role", "list"]):
        assert "dlfd admin project list" in admin(house.server, *call, "--project", "typo", status=1)
    assert "no project of that id" in admin(house.server, "project", "delete", "typo", status=1)
    assert len(admin(house.server, "project", "list").splitlines()) == 1


def test_a_restore_revives_no_token(house, start, tmp_path):
    token, revoked = house.token(), house.token()
    admin(house.server, "backup", tmp_path / "backup.db")
    house.plain.request("DELETE", "/v3/auth/tokens", headers={
        "X-Auth-Token": token, "X-Subject-Token": revoked})
    house.server.stop()
    admin(house.server, "restore", tmp_path / "backup.db", "--force")
    again = House(start("--auth", "on", data=house.server.data))
    assert client_of(again.server, revoked, again.project).get("/jobs").code == "APIGW.0301"
    assert again.client().get("/jobs").status == again.signer().get("/jobs").status == 200


def test_a_user_who_is_deleted_is_nobody(house):
    password = admin(house.server, "user", "create", "ann", "--admin").strip()
    _, access, secret = admin(house.server, "key", "create", "ann").splitlines()[1].split(",")
    token = get_token(house.plain, "ann", password, project=house.project)
    assert client_of(house.server, token, house.project).get("/jobs").status == 200
    admin(house.server, "user", "delete", "ann")
    assert client_of(house.server, token, house.project).get("/jobs").status == 401
    assert signed(house, access=access, secret=secret).status == 401


def test_an_export_that_is_remembered_is_not_for_everybody(house):
    client = house.client()
    client.make_job("j")
    for _ in range(3):
        assert client.export(["j"]).status == 200
    assert house.plain.export(["j"]).status == 401
    password = admin(house.server, "user", "create", "ann").strip()
    token = get_token(house.plain, "ann", password)
    assert client_of(house.server, token, house.project).export(["j"]).status == 403


def test_health_needs_nobody(shared):
    assert {shared.plain.request("GET", path).status for path in ("/healthz", "/readyz", "/openapi.json")} == {200}
