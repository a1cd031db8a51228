"""Every route with every role and with none; projects and workspaces as walls."""

import re

import pytest

import contract
from contract import operations
from harness import ROOT, cdm_job, job
from signer import SigningClient, admin, client_of, credentials, get_token

ROUTES = re.findall(r'^ROUTE\((\w+), (\w+), "([^"]+)", \w+, \w+, [^,]+, (\w+), \w+\)$',
                    (ROOT / "src/api/routes.def").read_text("utf-8"), re.M)
OPERATIONS = {(method, path): operation for method, path, operation in operations()}
ROLES = ["viewer", "operator", "developer", "administrator"]
NEEDS = {"VIEW": "viewer", "EXPORT": "viewer", "WRITE": "developer", "ADMIN": "administrator"}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A server with a user of each role, one with none, and another domain."""
    from harness import Server
    server = Server(tmp_path_factory.mktemp("roles"), "--auth", "on")
    first = credentials(server.data)
    project = first["Project Id"]
    plain = server.client(project=project)
    tokens = {"admin": get_token(plain, "admin", first["Password"], project=project)}
    admin(server, "workspace", "create", "other", "--project", project)
    for role in ROLES + ["none"]:
        password = admin(server, "user", "create", role).strip()
        workspace = "other" if role == "none" else "default"
        admin(server, "role", "grant", "administrator" if role == "none" else role, "--user", role,
              "--project", project, "--workspace", workspace)
        tokens[role] = get_token(plain, role, password, project=project)
    password = admin(server, "user", "create", "eve", "--domain", "evil", "--admin").strip()
    evil = admin(server, "project", "create", "evil", "--domain", "evil").strip()
    tokens["stranger"] = get_token(plain, "eve", password, domain="evil", project=evil)
    yield server, project, tokens, evil
    assert server.stop() == 0, server.log


def ask(client, method, path):
    target = contract.target_of(path, OPERATIONS[method, path], client.project)
    body = {} if method in ("POST", "PUT") else None
    return client.request(method, target, body)


def test_every_route_has_a_permission_that_is_known():
    assert len(ROUTES) > 40
    assert {row[3] for row in ROUTES} == set(NEEDS) | {"OPEN", "SIGNED"}
    assert {row[2] for row in ROUTES if row[3] == "OPEN"} == {
        "/healthz", "/readyz", "/openapi.json", "/", "/v3", "/v3/auth/tokens"}


@pytest.mark.parametrize("route", ROUTES, ids=lambda row: row[0])
def test_a_route_with_all_roles_and_with_none(house, route):
    server, project, tokens, _ = house
    _, method, path, permission = route
    answers = {who: ask(client_of(server, token, project), method, path)
               for who, token in {**tokens, "nobody": None}.items()}
    for who, answer in answers.items():
        if permission == "OPEN" or (permission == "SIGNED" and who != "nobody"):
            assert answer.status not in (401, 403), (who, answer)
        elif who == "nobody":
            assert answer.status == 401, (who, answer)
        elif who == "stranger":
            denied(method, answer, "APIGW.0306", who)
        elif who == "admin" or (who != "none" and
                                ROLES.index(who) >= ROLES.index(NEEDS[permission])):
            assert answer.status not in (401, 403), (who, answer)
        else:
            denied(method, answer, "APIGW.0302", who)


def denied(method, answer, code, who):
    assert answer.status == 403, (who, answer)
    if method != "HEAD":
        assert answer.code == code and answer.detail, (who, answer)


def test_a_role_holds_in_its_workspace_only(house):
    server, project, tokens, _ = house
    other = admin(server, "workspace", "list", "--project", project)
    uid = re.search(r"^(\w+)  other ", other, re.M).group(1)
    mine, theirs = (client_of(server, tokens["none"], project, w) for w in (uid, None))
    assert mine.post("/jobs", job("walled")).status == 204
    assert theirs.get("/jobs/walled").code == "APIGW.0302"
    boss = client_of(server, tokens["admin"], project)
    boss.make_job("in_default")
    developer = client_of(server, tokens["developer"], project)
    assert developer.get("/jobs/in_default").status == 200
    for target in (f"/v1/{project}/jobs.zip?name=walled&workspace={uid}",
                   f"/v1/{project}/jobs.zip?workspace={uid}&name=walled"):
        assert developer.request("GET", target).code == "APIGW.0302"
        assert client_of(server, tokens["none"], project).request("GET", target).status == 200
    # Who may use the other one cannot reach the default one by a link either.
    assert mine.request("GET", f"/v1/{project}/jobs.zip?name=in_default&workspace=").code == "APIGW.0302"
    assert mine.request("GET", f"/v1/{project}/jobs.zip?name=walled").status == 200


def test_a_path_in_other_letters_is_the_same_route(house):
    """/v1%2E1/ is CDM's, too: the role in the default workspace counts, and no header."""
    server, project, tokens, _ = house
    other = admin(server, "workspace", "list", "--project", project)
    uid = re.search(r"^(\w+)  other ", other, re.M).group(1)
    outsider = client_of(server, tokens["none"], project, uid)
    for version in ("v1.1", "v1%2E1", "%761%2e1"):
        answer = outsider.request("GET", f"/{version}/{project}/clusters")
        assert (answer.status, answer.code) == (403, "APIGW.0302"), (version, answer)
    boss = client_of(server, tokens["admin"], project, uid)
    cluster = boss.clusters()["default"]
    made = boss.request("POST", f"/v1%2E1/{project}/clusters/{cluster}/cdm/job", {"jobs": [cdm_job("m")]})
    assert made.status == 200, made
    assert boss.cdm("GET", "/job/m").status == 200, "it is where CDM's jobs are"


def test_an_unknown_workspace_is_the_catalogues_to_say(house):
    server, project, tokens, _ = house
    unknown = "0" * 32
    assert client_of(server, tokens["viewer"], project, unknown).get("/jobs").code == "DLF.0819"
    assert client_of(server, tokens["stranger"], project, unknown).get("/jobs").code == "APIGW.0306"


def test_projects_are_walls(house):
    """A project that is not there, and one of another domain, are told alike."""
    server, project, tokens, evil = house
    for other in (evil, "f" * 32):
        for who in ("admin", "viewer"):
            for _, method, path, permission in ROUTES:
                if permission in NEEDS:
                    answer = ask(client_of(server, tokens[who], other), method, path)
                    denied(method, answer, "APIGW.0306", (who, path))
    listed = client_of(server, tokens["stranger"], evil).request("GET", "/v3/projects")
    assert [row["id"] for row in listed.json["projects"]] == [evil]


def test_a_signature_does_not_reach_over_the_walls(house):
    """It names no project, unlike a token: the path's is judged by the account alone."""
    server, project, _, evil = house
    second = admin(server, "project", "create", "second").strip()
    _, access, secret = admin(server, "key", "create", "viewer").split()[-1].split(",")

    def signing(where):
        client = SigningClient(server, project=where)
        client.access, client.secret = access, secret
        return client
    assert signing(project).get("/jobs").status == 200
    for other, code in ((evil, "APIGW.0306"), ("f" * 32, "APIGW.0306"), (second, "APIGW.0302")):
        for _, method, path, permission in ROUTES:
            if permission in NEEDS:
                denied(method, ask(signing(other), method, path), code, (other, path))


def test_a_role_can_be_changed_and_taken_away(house):
    server, project, tokens, _ = house
    client = client_of(server, tokens["operator"], project)
    where = ["--user", "operator", "--project", project]
    assert client.post("/jobs", job("j")).status == 403
    admin(server, "role", "grant", "developer", *where)
    assert client.post("/jobs", job("j")).status == 204
    admin(server, "role", "revoke", *where)
    assert client.get("/jobs/j").code == "APIGW.0302"
    assert "no role" in admin(server, "role", "revoke", *where, status=1)
    admin(server, "role", "grant", "operator", *where)
    assert client.get("/jobs/j").status == 200
    shown = admin(server, "role", "list", "--project", project)
    assert re.search(r"^operator  default  operator$", shown, re.M)
