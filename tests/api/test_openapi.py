"""The contract as a document: api/openapi.yaml against the routes, the field
tables, the error table and the running server."""

import re
import subprocess

import pytest

import contract
import test_fields_connection as connection_fields
import test_fields_export as export_fields
import test_fields_import as import_fields
import test_fields_job as job_fields
import test_fields_resource as resource_fields
import test_fields_script as script_fields
from contract import DOCUMENT, operations, parameters, pointed
from fields import ABSENT
from harness import ALL, ROOT, SANITIZED, dlfd
from signer import credentials, get_token
from test_batch_export import fill

TOOLS = ROOT / "build-tools/bin"
BY_ID = {operation["operationId"]: (method, path, operation)
         for method, path, operation in operations()}


def table(name, pattern):
    return re.findall(pattern, (ROOT / name).read_text("utf-8"), re.M)


# ---- the document itself ----

def test_it_is_openapi_3_1():
    done = subprocess.run([TOOLS / "openapi-spec-validator", ROOT / "api/openapi.yaml"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_server_gives_it(client):
    answer = client.request("GET", "/openapi.json")
    assert answer.json == DOCUMENT


def test_its_operations_are_the_routes():
    routes = table("src/api/routes.def", r'^ROUTE\((\w+), (\w+), "([^"]+)"')
    assert sorted((key, method, path) for key, (method, path, _) in BY_ID.items()) == \
        sorted(routes)


BODIES = {"IAM": "MUST"}  # of routes.def


def test_its_bodies_are_those_of_the_routes():
    bodies = dict(table("src/api/routes.def", r"^ROUTE\((\w+), .*, (\w+)\)$"))
    for key, (_, _, operation) in BY_ID.items():
        body = pointed(operation.get("requestBody"))
        documented = "NONE" if body is None else "MUST" if body["required"] else "MAY"
        assert documented == BODIES.get(bodies[key], bodies[key]), key


def test_success_is_the_status_of_the_contract():
    statuses = {"CreateToken": "201", "RevokeToken": "204"}  # IAM's
    statuses |= dict(table("tests/operations.def", r"^OPERATION\((\w+), (\d+)"))
    for key, (_, _, operation) in BY_ID.items():
        assert statuses.get(key, "200") in operation["responses"], key


def test_its_error_codes_are_those_of_the_table():
    known = set(table("src/errors/errors.def", r'"((?:DLF|APIGW|Cdm)\.\d{4})"'))
    text = (ROOT / "api/openapi.yaml").read_text("utf-8")
    assert set(re.findall(r"(?:DLF|APIGW|Cdm)\.\d{4}", text)) == known


def test_all_that_is_defined_is_used():
    text = (ROOT / "api/openapi.yaml").read_text("utf-8")
    for kind, named in DOCUMENT["components"].items():
        for name in named if kind != "securitySchemes" else ():
            assert f"#/components/{kind}/{name}'" in text, (kind, name)


def test_no_reference_dangles():
    for reference in table("api/openapi.yaml", r"\$ref: '([^']+)'"):
        pointed({"$ref": reference})


# ---- its fields, and the rows of the field tests ----

def members(schema, prefix=""):
    """(path, schema) of each member below a schema; items are [0]."""
    schema = pointed(schema)
    for part in schema.get("allOf", []) + schema.get("oneOf", []):
        yield from members(part, prefix)
    for name, member in schema.get("properties", {}).items():
        path = f"{prefix}.{name}" if prefix else name
        yield path, pointed(member)
        yield from members(member, path)
    if "items" in schema:
        if "properties" not in pointed(schema["items"]):
            yield f"{prefix}[0]", pointed(schema["items"])
        yield from members(schema["items"], f"{prefix}[0]")


# Rows that the document has in words, or not at all.
WORDS = {
    "job": {"createUser", "status", "lastUpdateTime", "downstreamJobs"},  # the server's
    "script": set(),
    "resource": set(),
    "connection": set(),
    "export": set(),
    "batch": set(),
    "import": set(),
    "import of connections": set(),
    "check-file": set(),
}
FOLLOWS = {"database"}  # takes what the row's body has as currentDatabase
ROWS = {
    "job": ("Job", job_fields.FIELDS),
    "script": ("Script", script_fields.FIELDS),
    "resource": ("Resource", resource_fields.FIELDS + resource_fields.PACKAGES),
    "connection": ("Connection", connection_fields.FIELDS),
    "export": ("Export", export_fields.OPTIONS),
    "batch": ("BatchExport",
              export_fields.OPTIONS + export_fields.JOB_LIST + export_fields.ITEMS),
    "import": ("Import", import_fields.IMPORT),
    "import of connections": ("ImportOfConnections", import_fields.CONNECTIONS),
    "check-file": ("FileToCheck", [import_fields.PATH]),
}


def documented(kind):
    """{path: schema} of a body, an array's scalar items left to its own row."""
    schema = DOCUMENT["components"]["schemas"][ROWS[kind][0]]
    found = {}
    for path, member in members(schema):
        found.setdefault(path, member)
    return found


@pytest.mark.parametrize("kind", ROWS)
def test_each_field_has_a_row_in_the_field_tests(kind):
    rows = {f.path: f for f in ROWS[kind][1]}
    found = documented(kind)
    items = {f"{f.path}[0]" for f in rows.values() if f.item}
    for path in found:
        # an array of DependJobs: the same members as the single one's
        path = path.replace("cronTrigger.dependJobs[0]", "cronTrigger.dependJobs")
        assert path in rows or path in items, path
    assert set(rows) - set(found) == WORDS[kind]


@pytest.mark.parametrize("kind", ROWS)
def test_each_field_says_what_its_row_tests(kind):
    found = documented(kind)
    for f in ROWS[kind][1]:
        schema = found.get(f.path)
        if schema is None:
            continue
        if f.enum:
            assert set(schema["enum"]) == set(f.enum), f.path
        if f.between:
            assert (schema["minimum"], schema["maximum"]) == f.between, f.path
        if f.most:
            assert schema["maxLength"] == f.most, f.path
        if f.default is not ABSENT and "default" in schema and f.path not in FOLLOWS:
            assert schema["default"] == f.default, f.path


@pytest.mark.parametrize("kind", [kind for kind in ROWS if kind != "export"])
def test_what_is_required_is_what_its_row_tests(kind):
    schema = DOCUMENT["components"]["schemas"][ROWS[kind][0]]
    tested = {f.path for f in ROWS[kind][1]
              if f.required and "." not in f.path and "[" not in f.path}
    assert set(schema["required"]) == tested - {"connectionName", "config"}  # not of every type


# ---- its examples ----

def examples(holder):
    """The values of `example` and `examples` of a media type."""
    if "example" in holder:
        yield holder["example"]
    for one in holder.get("examples", {}).values():
        yield pointed(one)["value"]


def media_types():
    for key, (_, _, operation) in BY_ID.items():
        parts = [("request", pointed(operation.get("requestBody", {})))]
        parts += [(status, pointed(one)) for status, one in operation["responses"].items()]
        for name, part in parts:
            media = part.get("content", {}).get("application/json")
            if media:
                yield pytest.param(media, id=f"{key}-{name}")


@pytest.mark.parametrize("media", media_types())
def test_examples_keep_to_their_schemas(media):
    for value in examples(media):
        contract.validate(value, media["schema"])


def cluster_id(client):
    """The default cluster's, with what the examples name in it."""
    job = DOCUMENT["components"]["examples"]["CdmJobBody"]["value"]
    link = DOCUMENT["components"]["examples"]["LinkBody"]["value"]
    client.cdm("POST", "/job", job)
    client.cdm("POST", "/link", link)
    return client.clusters()["default"]


def keep_archives(server, client):
    """Those that the examples of imports name, of what `fill` made."""
    folder = server.data / "obs/backup/2024"
    dlfd("admin", "bucket", "create", "backup", "--data", server.data)
    folder.mkdir(exist_ok=True)
    jobs = client.export(["job_batch", "job_stream", "gone"])
    (folder / "jobs.zip").write_bytes(jobs.body)
    connections = client.post("/connections/export")
    (folder / "DLF_All_DataConnections.zip").write_bytes(connections.body)


@pytest.fixture(scope="module")
def archives(server):
    keep_archives(server, fill(server.client(project="archives")))


@pytest.mark.parametrize("key", [key for key, (_, _, operation) in BY_ID.items()
                                 if "requestBody" in operation and key != "CreateToken"])
def test_the_examples_of_requests_work(client, archives, key):
    method, path, operation = BY_ID[key]
    media = pointed(operation["requestBody"])["content"]["application/json"]
    values = list(examples(media))
    assert values
    for value in values:
        if method != "POST" or "{job_name}" in path or "batch-export" in path:
            fill(client)
        target = contract.target_of(path, operation, client.project)
        if "{cluster_id}" in path and method == "POST":
            target = target.replace("26cadf9c-aeb6-4148-a58f-ee43c14fa60d",
                                    client.clusters()["default"])
        elif "{cluster_id}" in path:
            target = target.replace("26cadf9c-aeb6-4148-a58f-ee43c14fa60d", cluster_id(client))
        if "{resource_id}" in path:
            uid = client.get("/resources").json["resources"][0]["id"]
            target = f"/v1/{client.project}/resources/{uid}"
        answer = client.request(method, target, value)
        assert str(answer.status) == min(operation["responses"]), answer
        client.project += "0"


def test_each_request_has_an_example():
    for key, (_, path, operation) in BY_ID.items():
        body = pointed(operation.get("requestBody"))
        assert body is None or list(examples(body["content"]["application/json"])), key
        for one in parameters(path, operation):
            assert one["in"] != "path" or "example" in one, (key, one["name"])


# ---- the live server, by schemathesis ----

CHECKS = ("not_a_server_error,status_code_conformance,content_type_conformance,"
          "response_headers_conformance,response_schema_conformance")


def schemathesis(document, url, *args):
    return subprocess.run(
        [TOOLS / "schemathesis", "run", document, "--url", url, "--checks", CHECKS,
         "--seed", "1", "--no-color", *args],
        capture_output=True, text=True, timeout=600, check=False)


@pytest.mark.skipif(SANITIZED, reason="takes a minute: runs in the other build, which has less to do")
def test_schemathesis_finds_no_fault(start):
    """Hundreds of requests that the document leads to, thousands in make check-all; those
    that the examples name are held.  The administrator sends them."""
    server = start()
    project = pointed(DOCUMENT["components"]["parameters"]["ProjectId"])["example"]
    keep_archives(server, fill(server.client(project=project)))
    server.stop()
    server = start("--auth", "on", data=server.data)
    token = get_token(server.client(), "admin", credentials(server.data)["Password"], project=project)
    url = f"http://127.0.0.1:{server.port}"
    few = ["--phases", "examples,fuzzing", "--max-examples", "2"]
    done = schemathesis(url + "/openapi.json", url, *(["--max-examples", "30"] if ALL else few),
                        "--continue-on-failure", "--header", f"X-Auth-Token: {token}")
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr
    sent = int(re.search(r"(\d+) generated, \1 passed", done.stdout).group(1))
    assert sent > (1000 if ALL else 200)
    selected, total = re.search(r"(\d+) selected / (\d+) total", done.stdout).groups()
    assert selected == total and int(total) >= len(BY_ID) - 1, done.stdout


@pytest.mark.parametrize("old, new", [
    ("const: ok", "const: fine"),                      # a schema violation
    ("'200': { $ref: '#/components/responses/Healthy' }",
     "'201': { $ref: '#/components/responses/Healthy' }"),  # an undocumented status
])
def test_schemathesis_would_find_a_fault(server, tmp_path, old, new):
    text = (ROOT / "api/openapi.yaml").read_text("utf-8")
    assert old in text
    wrong = tmp_path / "openapi.yaml"
    wrong.write_text(text.replace(old, new), "utf-8")
    done = schemathesis(wrong, f"http://127.0.0.1:{server.port}", "--include-path", "/healthz")
    assert done.returncode == 1, done.stdout


def test_the_check_of_answers_would_find_a_fault(client):
    """Client.request compares each answer with the document."""
    answer = client.get("/jobs")
    answer.body = b'{"total":"none","jobs":[]}'
    with pytest.raises(contract.jsonschema.ValidationError):
        contract.check("GET", "/v1/p/jobs", answer)
    answer.status = 418
    with pytest.raises(AssertionError):
        contract.check("GET", "/v1/p/jobs", answer)
