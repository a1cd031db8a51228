"""Whoever loses what they may, while their request is under way, gets nothing and writes
nothing: the body is held open, or the writer is, or the import waits behind another one."""

import json
import threading
import time
import uuid

import pytest

from archives import put_object, task_of, zipped
from harness import Server, cdm_job, job
from held import Held, catalogue, held, large, until_writer_waits
from signer import SigningClient, admin, client_of, credentials, get_token, sign


class House:
    def __init__(self, server):
        self.server = server
        first = credentials(server.data)
        self.project, self.password = first["Project Id"], first["Password"]
        self.plain = server.client(project=self.project)
        self.admin = client_of(server, get_token(self.plain, "admin", self.password,
                                                 project=self.project), self.project)
        self.admin.make_job("there")
        self.admin.make_cdm_job("there")
        put_object(server, zipped({"j.job": json.dumps(job("imported"))}))

    def somebody(self, role="administrator", project=None):
        """Another user, who has the role; `user`, `token`, `access` and `secret` of a client."""
        project = project or self.project
        user = "u" + uuid.uuid4().hex[:12]
        password = admin(self.server, "user", "create", user).strip()
        admin(self.server, "role", "grant", role, "--user", user, "--project", project)
        client = client_of(self.server, get_token(self.plain, user, password, project=project), project)
        client.user, client.password = user, password
        return client

    def signer(self, client):
        _, access, secret = admin(self.server, "key", "create", client.user).split()[-1].split(",")
        signing = SigningClient(self.server, project=client.project)
        signing.access, signing.secret, signing.user = access, secret, client.user
        return signing


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("ends"), "--auth", "on")
    yield House(server)
    assert server.stop() == 0, server.log


# What ends, and what is answered from then on.
def role_revoked(house, client):
    admin(house.server, "role", "revoke", "--user", client.user, "--project", client.project)
    return 403, "APIGW.0302"


def role_lowered(house, client):
    admin(house.server, "role", "grant", "viewer", "--user", client.user, "--project", client.project)
    return 403, "APIGW.0302"


def token_revoked(house, client):
    answer = client.request("DELETE", "/v3/auth/tokens", headers={"X-Subject-Token": client.token})
    assert answer.status == 204
    return 401, "APIGW.0307"


def password_changed(house, client):
    admin(house.server, "user", "password", client.user)
    return 401, "APIGW.0307"


def user_deleted(house, client):
    admin(house.server, "user", "delete", client.user)
    return 401, "APIGW.0301"


def project_deleted(house, client):
    admin(house.server, "project", "delete", client.project, "--force")
    return 401, "APIGW.0301"


def token_expired(house, client):
    with catalogue(house.server) as db:
        db.execute("UPDATE token SET expires = 1 WHERE account = (SELECT id FROM account WHERE name = ?)",
                   (client.user,))
        db.execute("COMMIT")
    return 401, "APIGW.0301"


ENDS = [role_revoked, token_revoked, password_changed, user_deleted, project_deleted, token_expired]


def refused(answer, expected):
    assert answer.status == expected[0], answer
    found = answer.json.get("error_code", answer.json.get("errCode"))
    assert found == expected[1], answer


# ---- the body is held open ----

def export(name):
    return "POST", "/jobs/batch-export", {"jobList": [name], "exportDepend": True}


UNDER_WAY = {
    "create": ("POST", "/jobs", job("written")),
    "update": ("PUT", "/jobs/there", job("there", description="written")),
    "delete": ("DELETE", "/jobs/there", {"approvers": []}),
    "connection": ("POST", "/connections", {"name": "written", "type": "DLI", "config": {}}),
    "export": export("there"),
    "single": ("POST", "/jobs/there/export", {}),
    "connections": ("POST", "/connections/export", {}),
    "to object storage": ("POST", "/jobs/batch-export", {"jobList": ["there"], "obsPath": "obs://archives/out"}),
    "import": ("POST", "/jobs/import", {"path": "obs://archives/x.zip"}),
    "dry run": ("POST", "/jobs/import", {"path": "obs://archives/x.zip", "dryRun": True}),
    "check-file": ("POST", "/jobs/check-file", {"path": "obs://archives/x.zip"}),
    "list": ("GET", "/jobs", {}),
    "show": ("GET", "/jobs/there", {}),
    "link": ("GET", "/jobs.zip?name=there", {}),
    "task": ("GET", "/system-tasks/" + "0" * 32, {}),
}
VIEWS = ("export", "single", "connections", "to object storage", "list", "show", "link", "task")


def state(house):
    """What a write could have changed."""
    with catalogue(house.server) as db:
        return [db.execute(f"SELECT * FROM {table} ORDER BY id").fetchall()
                for table in ("object", "version", "task", "project", "workspace")], sorted(
                    str(one) for one in (house.server.data / "obs").rglob("*"))


@pytest.mark.parametrize("what", UNDER_WAY)
@pytest.mark.parametrize("ends", [role_lowered, token_revoked], ids=lambda one: one.__name__)
def test_nothing_comes_of_a_request_whose_caller_lost_it(house, what, ends):
    if ends is role_lowered and what in VIEWS:
        ends = role_revoked  # a viewer may
    client = house.somebody()
    under_way = held(client, *UNDER_WAY[what])
    before = state(house)
    expected = ends(house, client)
    refused(under_way.finish(), expected)
    assert state(house) == before


@pytest.mark.parametrize("what", ["create", "export"])
@pytest.mark.parametrize("ends", ENDS, ids=lambda one: one.__name__)
def test_whatever_it_is_that_ends(house, what, ends):
    project = admin(house.server, "project", "create", "p" + uuid.uuid4().hex[:12]).strip()
    client = house.somebody(project=project)
    client.make_job("there")
    under_way = held(client, *UNDER_WAY[what])
    expected = ends(house, client)
    refused(under_way.finish(), expected)


@pytest.mark.parametrize("ends", [role_revoked, token_revoked, user_deleted], ids=lambda one: one.__name__)
def test_an_export_from_memory_is_judged_like_any(house, ends):
    client = house.somebody("viewer")
    whole = [client.post(*export("there")[1:]) for _ in range(3)]
    assert len({one.body for one in whole}) == 1 and whole[0].status == 200
    under_way = [held(client, *export("there")), held(client, "GET", "/jobs.zip?name=there", {}, {
        "If-None-Match": whole[0].headers["ETag"]})]
    expected = ends(house, client)
    for one in under_way:
        refused(one.finish(), expected)


@pytest.mark.parametrize("method, path, body", [
    ("POST", "/link", {"links": [{}]}), ("POST", "/job", {"jobs": [cdm_job("written")]}),
    ("PUT", "/job/there", {"jobs": [cdm_job("there", description="written")]}),
    ("DELETE", "/job/there", {}), ("GET", "/job/there", {}), ("GET", "/job/there/status", {})])
def test_cdm_is_judged_likewise(house, method, path, body):
    client = house.somebody()
    cluster = client.clusters()["default"]
    under_way = Held(client, method, f"/v1.1/{client.project}/clusters/{cluster}/cdm{path}", body)
    before = state(house)
    expected = role_revoked(house, client)
    refused(under_way.finish(), expected)
    assert state(house) == before


@pytest.mark.parametrize("method, path", [
    ("GET", "/v3/projects"), ("GET", "/v3/auth/domains"), ("GET", "/v3/auth/catalog"),
    ("GET", "/v3/auth/tokens"), ("DELETE", "/v3/auth/tokens")])
@pytest.mark.parametrize("by", ["token", "key"])
def test_iam_is_judged_likewise(house, method, path, by):
    client, other = house.somebody(), house.admin.token
    caller, headers = client, {"X-Subject-Token": client.token}
    if by == "key":
        caller = house.signer(client)
        headers = sign(caller.access, caller.secret, method, path, {
            "Host": f"127.0.0.1:{house.server.port}", **headers}, b"{}")
    under_way = Held(caller, method, path, {}, headers)
    user_deleted(house, client)
    answer = under_way.finish()
    assert answer.status == 401 and answer.json["error"]["code"] == 401, answer
    assert client_of(house.server, other, house.project).get("/jobs").status == 200


# ---- the writer is held ----

SQL = {
    "role": ("DELETE FROM member WHERE account = ?1", (403, "APIGW.0302"), None),
    "lowered": ("UPDATE member SET role = 1 WHERE account = ?1", (403, "APIGW.0302"), None),
    "revoked": ("UPDATE token SET revoked = 1 WHERE account = ?1", (401, "APIGW.0307"), "token"),
    "expired": ("UPDATE token SET expires = 1 WHERE account = ?1", (401, "APIGW.0301"), "token"),
    "key": ("DELETE FROM access_key WHERE account = ?1", (401, "APIGW.0301"), "key"),
    "account": ("DELETE FROM account WHERE id = ?1", (401, "APIGW.0301"), None),
    "domain": ("UPDATE project SET domain = NULL WHERE ?1 <> '' AND id = (SELECT project FROM workspace w "
               "JOIN member m ON m.workspace = w.id WHERE m.account = ?1)", (403, "APIGW.0306"), None),
}


@pytest.mark.parametrize("what, by", [(what, by) for what in SQL for by in ("token", "key")
                                      if SQL[what][2] in (None, by)])
def test_a_write_is_judged_in_its_own_transaction(house, what, by):
    sql, expected, _ = SQL[what]
    project = admin(house.server, "project", "create", "p" + uuid.uuid4().hex[:12]).strip()
    token_client = house.somebody(project=project)
    token_client.make_job("there")
    client = house.signer(token_client) if by == "key" else token_client
    with catalogue(house.server) as db:
        account, = db.execute("SELECT id FROM account WHERE name = ?", (token_client.user,)).fetchone()
        answers, threads = [], []
        for request in (("POST", "/jobs", job("written")), ("DELETE", "/jobs/there", None)):
            threads.append(sent(lambda r=request: answers.append(client.call(*r))))
        until_writer_waits(house.server)
        assert not answers
        db.execute(sql, (account,))
        db.execute("COMMIT")
        for one in threads:
            one.join()
        for answer in answers:
            refused(answer, expected)
        names = db.execute("SELECT o.name FROM object o JOIN workspace w ON w.id = o.workspace "
                           "WHERE w.project = ?", (project,)).fetchall()
        assert len(answers) == 2 and names == [("there",)]


def sent(call):
    thread = threading.Thread(target=call)
    thread.start()
    return thread


@pytest.mark.parametrize("sql", ["DELETE FROM member WHERE account = ?1",
                                 "UPDATE account SET domain = 'gone' WHERE id = ?1"])
def test_no_token_for_a_project_that_is_not_theirs_any_more(house, sql):
    client = house.somebody()
    with catalogue(house.server) as db:
        db.execute("INSERT INTO domain VALUES ('gone', ?, 9e15) ON CONFLICT DO NOTHING", (client.user,))
        account, before = db.execute(
            "SELECT id, (SELECT count(*) FROM token) FROM account WHERE name = ?", (client.user,)).fetchone()
        answers = []
        body = {"auth": {"identity": {"methods": ["token"], "token": {"id": client.token}},
                         "scope": {"project": {"id": client.project}}}}
        thread = sent(lambda: answers.append(house.plain.request("POST", "/v3/auth/tokens", body)))
        until_writer_waits(house.server)
        assert not answers
        db.execute(sql, (account,))
        db.execute("COMMIT")
        thread.join()
        assert answers[0].status == 404, answers
        assert db.execute("SELECT count(*) FROM token").fetchone() == (before,)


# ---- imports ----

TOLD = {
    "token": ("the token or access key that started the import is no longer valid: nothing was imported",
              "发起导入的Token或访问密钥已失效：未导入任何内容"),
    "role": ("who started the import no longer has the role that it needs: nothing was imported",
             "发起导入的用户已不再具有导入所需的角色：未导入任何内容"),
}


def message(house, task, language):
    answer = house.admin.get(f"/system-tasks/{task}", headers={"X-Language": language})
    assert answer.status == 200, answer
    return answer.json["status"], answer.json.get("message")


@pytest.mark.parametrize("sql, told", [
    ("UPDATE token SET revoked = 1 WHERE account = ?", "token"), ("DELETE FROM account WHERE id = ?", "token"),
    ("UPDATE token SET expires = 1 WHERE account = ?", "token"), ("DELETE FROM member WHERE account = ?", "role"),
    ("UPDATE member SET role = 1 WHERE account = ?", "role")])
@pytest.mark.parametrize("queued", [True, False], ids=["that waits", "that runs"])
def test_an_import_whose_starter_lost_it(house, sql, told, queued):
    """One that waits behind another; and one that runs, and cannot write."""
    client, boss = house.somebody("developer"), house.admin
    path = put_object(house.server, large(1500), "large.zip")
    first = boss.post("/jobs/import", {"path": path, "sameNamePolicy": "OVERWRITE"}) if queued else None
    mine = client.post("/jobs/import", {"path": path if not queued else "obs://archives/x.zip",
                                        "sameNamePolicy": "OVERWRITE"}).json["taskId"]
    with catalogue(house.server) as db:
        for task in [mine] + ([first.json["taskId"]] if first else []):
            assert boss.get(f"/system-tasks/{task}").json["status"] == "RUNNING"
        account, = db.execute("SELECT id FROM account WHERE name = ?", (client.user,)).fetchone()
        db.execute(sql, (account,))
        before = db.execute("SELECT name, update_user FROM object ORDER BY id").fetchall()
        db.execute("COMMIT")
    if first:
        assert task_of(boss, first)["status"] == "SUCCESSFUL"
    while message(house, mine, "en-us")[0] == "RUNNING":
        time.sleep(0.05)
    assert message(house, mine, "en-us") == ("FAILED", TOLD[told][0])
    assert message(house, mine, "zh-cn") == ("FAILED", TOLD[told][1])
    with catalogue(house.server) as db:
        after = db.execute("SELECT name, update_user FROM object ORDER BY id").fetchall()
    assert client.user not in {user for _, user in after}
    assert after == before or queued


@pytest.mark.parametrize("kind", ["connection", "cdm"])
def test_an_import_needs_the_roles_of_what_it_writes_to_the_end(house, kind):
    """A developer is left to whoever was administrator; nobody to whoever was in `default`."""
    w2 = admin(house.server, "workspace", "create", "w" + uuid.uuid4().hex[:8], "--project",
               house.project).strip()
    client, boss = house.somebody(), house.admin
    client.workspace = w2
    name = next(line.split()[1] for line in admin(
        house.server, "workspace", "list", "--project", house.project).splitlines() if line.startswith(w2))
    admin(house.server, "role", "grant", "administrator", "--user", client.user, "--project",
          house.project, "--workspace", name)
    more = {"connection": ("c.conn", {"name": "carried", "type": "DLI", "config": {}}),
            "cdm": ("cdms/default/carried.json", {"jobs": [cdm_job("carried")]})}[kind]
    files = [(f"s{i}.job", json.dumps(job(f"carried{i}", description="d" * 200))) for i in range(3000)]
    path = put_object(house.server, zipped([*files, (more[0], json.dumps(more[1]))]), "more.zip")
    task = client.post("/jobs/import", {"path": path}).json["taskId"]
    with catalogue(house.server) as db:
        where = boss.get(f"/system-tasks/{task}", headers={"workspace": w2})
        assert where.json["status"] == "RUNNING", where
        account, = db.execute("SELECT id FROM account WHERE name = ?", (client.user,)).fetchone()
        db.execute("UPDATE member SET role = 3 WHERE account = ?", (account,))
        if kind == "cdm":
            db.execute("DELETE FROM member WHERE account = ? AND workspace IN (SELECT id FROM workspace "
                       "WHERE name = 'default')", (account,))
        db.execute("COMMIT")
    while (ended := boss.get(f"/system-tasks/{task}", headers={"workspace": w2}).json)["status"] == "RUNNING":
        time.sleep(0.05)
    assert ended["status"] == "FAILED" and "role" in ended["message"], ended
    with catalogue(house.server) as db:
        assert db.execute("SELECT count(*) FROM object WHERE name LIKE 'carried%'").fetchone() == (0,)
