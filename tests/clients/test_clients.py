"""Unmodified clients against a real dlfd: `make check-clients`.

The clients do what table.py says.  Each operation that the record has is a test; that
a run did what the record says, no more and no less, is another.
"""

import re

import pytest

import runs
from service import ROOT

ROUTES = ROOT / "src/api/routes.def"

# Served, but by no SDK: for probes, links in browsers, and Terraform.
WITHOUT_SDK = {"Health", "Ready", "OpenApi", "ExportJobsLink", "ExportJobsLinkHead",
               "ListScriptsV2"}

RECORDED = [(client, operation, outcome) for client in runs.CLIENTS
            for operation, outcome in
            runs.recorded().get((client.name, client.version), {}).items()]


def ran(client, **how):
    results = runs.run(client, **how)
    if results is None:
        pytest.skip("this dlfd has no sign-in yet: no " +
                    (runs.PROJECTS if how else client.needs))
    return results


def outcomes_of(results):
    return {name: one["outcome"] for name, one in results.items()}


@pytest.mark.parametrize("client, operation, outcome", RECORDED, ids=str)
def test_operation(client, operation, outcome):
    result = ran(client).get(operation, {"outcome": "not tried", "why": ""})
    assert result["outcome"] == outcome, result["why"]


@pytest.mark.parametrize("client", runs.CLIENTS, ids=str)
def test_record(client):
    """When this fails the record has been rewritten: look at it, `make docs`, commit."""
    results = ran(client)
    failed = [one["why"] for one in results.values() if one["outcome"] == "FAILED"]
    outcomes = {name: outcome for name, outcome in outcomes_of(results).items()
                if outcome != "FAILED"}
    before = runs.recorded().get((client.name, client.version))
    if before != outcomes:
        runs.record(client, outcomes)
    assert not failed, "\n".join(failed)
    assert before == outcomes, f"{runs.RECORD} was of another run"


@pytest.mark.parametrize("client", [one for one in runs.CLIENTS if one.name == "Python dgc"],
                         ids=str)
def test_a_client_finds_its_project_by_the_region(client):
    """Built without a project id, the SDK asks GET /v3/projects?name=REGION for it."""
    assert outcomes_of(ran(client, by_region=True)) == outcomes_of(ran(client))


def test_record_is_of_these_clients():
    known = {(client.name, client.version) for client in runs.CLIENTS}
    assert set(runs.recorded()) <= known


def test_some_client_passes_every_operation_that_is_served():
    served = set(re.findall(r"^ROUTE\((\w+)", ROUTES.read_text("utf-8"), re.M))
    passed = {operation for outcomes in runs.recorded().values()
              for operation, outcome in outcomes.items() if outcome == "PASSED"}
    iam = set(re.findall(r'^ROUTE\((\w+), \w+, "/(?:v3[/\w]*)?"', ROUTES.read_text("utf-8"), re.M))
    assert served - WITHOUT_SDK - iam == passed  # what looks up projects asks IAM by itself
