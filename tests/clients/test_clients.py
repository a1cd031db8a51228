"""Unmodified clients against a real dlfd: `make check-clients`.

The clients do what table.py says, and the newest version of each does it over TLS too.
Each operation that the record has is a test; that a run did what the record says, no
more and no less, is another.
"""

import os
import re
import subprocess
import zipfile

import pytest

import runs
from certificates import make_pair
from paths import ROOT
from service import Service

ROUTES = ROOT / "src/api/routes.def"

# Served, but by no SDK: for probes, links in browsers, Terraform, and those who spell as
# the reference's samples do.
WITHOUT_SDK = {"Health", "Ready", "OpenApi", "ExportJobsLink", "ExportJobsLinkHead",
               "ListScriptsV2", "ListSystemTasksAlias"}

# What the clients' TLS libraries say, in the order Python, Go, curl.
UNTRUSTED = "certificate verify failed|certificate signed by unknown authority|^curl: .60."

RECORDED = [(client, tls, operation, outcome) for client, tls in runs.RUNS
            for operation, outcome in
            runs.recorded().get((client.name, client.version), {}).items()]


def name_of(value):
    """A parameter's part of a test's name; of `tls`, how the client connects."""
    return {False: "http", True: "https"}.get(value, str(value))


def outcomes_of(results):
    return {name: one["outcome"] for name, one in results.items()}


@pytest.mark.parametrize("client, tls, operation, outcome", RECORDED, ids=name_of)
def test_operation(client, tls, operation, outcome):
    result = runs.run(client, tls).get(operation, {"outcome": "not tried", "why": ""})
    assert result["outcome"] == outcome, result["why"]


@pytest.mark.parametrize("client", runs.CLIENTS, ids=str)
def test_record(client):
    """When this fails the record has been rewritten: look at it, `make docs`, commit."""
    results = runs.run(client, False)
    failed = [one["why"] for one in results.values() if one["outcome"] == "FAILED"]
    outcomes = {name: outcome for name, outcome in outcomes_of(results).items()
                if outcome != "FAILED"}
    before = runs.recorded().get((client.name, client.version))
    if before != outcomes:
        runs.record(client, outcomes)
    assert not failed, "\n".join(failed)
    assert before == outcomes, f"{runs.RECORD} was of another run"


@pytest.mark.parametrize("client", runs.NEWEST, ids=str)
def test_a_client_refuses_a_certificate_that_it_does_not_trust(client, tmp_path):
    """So what passes over TLS has looked at the certificate."""
    other, _ = make_pair(tmp_path, "other")
    with Service(tmp_path, tls=True) as service:
        done = runs.start(client, service, trust=other)
    said = done.stdout.splitlines() or [done.stderr]
    assert all(re.search(UNTRUSTED, one) for one in said), said


@pytest.mark.parametrize("client, tls", [one for one in runs.RUNS if one[0].name == "Python dgc"],
                         ids=name_of)
def test_a_client_finds_its_project_by_the_region(client, tls):
    """Built without a project id, the SDK asks GET /v3/projects?name=REGION for it."""
    assert outcomes_of(runs.run(client, tls, by_region=True)) == outcomes_of(runs.run(client, tls))


@pytest.mark.parametrize("client", [one for one in runs.CLIENTS if one.name == "Python dgc"],
                         ids=str)
def test_the_example_of_the_readme(client, tmp_path):
    (tmp_path / "data").mkdir()
    keys = tmp_path / "data/credentials.csv"
    with Service(tmp_path / "data") as service:
        url = f"{service.endpoint}/v1/{service.keys['Project Id']}"

        def run(*command, **env):
            return subprocess.run(command, cwd=tmp_path, check=True, timeout=60, text=True,
                                  capture_output=True, env={**os.environ, **env}).stdout
        token = run(ROOT / "examples/token", keys, url).strip()
        run(ROOT / "examples/load", ROOT / "examples/retail-dws", url, DLF_TOKEN=token)
        run(client.command[0], ROOT / "examples/sdk/export.py", keys, service.endpoint,
            "dws_sales_daily")
    assert zipfile.ZipFile(tmp_path / "jobs.zip").namelist() == [
        "jobs/dws_sales_daily/dws_sales_daily.job", "jobs/dws_sales_daily/dws_sales_daily.script"]


def test_record_is_of_these_clients():
    known = {(client.name, client.version) for client in runs.CLIENTS}
    assert set(runs.recorded()) <= known


def test_some_client_passes_every_operation_that_is_served():
    served = set(re.findall(r"^ROUTE\((\w+)", ROUTES.read_text("utf-8"), re.M))
    passed = {operation for outcomes in runs.recorded().values()
              for operation, outcome in outcomes.items() if outcome == "PASSED"}
    iam = set(re.findall(r'^ROUTE\((\w+), \w+, "/(?:v3[/\w]*)?"', ROUTES.read_text("utf-8"), re.M))
    assert served - WITHOUT_SDK - iam == passed  # what looks up projects asks IAM by itself
