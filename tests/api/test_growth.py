"""A workspace at its quota: 10,000 jobs and 10,000 scripts, which an import brings.

What requests cost then is measured by bench/growth, and counted in
tests/unit/catalog/test_export.c; here is that they work, and that the quotas hold.
"""

import importlib.machinery
import importlib.util
import json

import pytest

from archives import imported, zipped
from harness import ROOT, Server, job, node, script

FULL = 10_000


def load_bench():
    loader = importlib.machinery.SourceFileLoader("growth", str(ROOT / "bench/growth"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("growth", loader))
    loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """A client of a workspace with what bench/growth has in it; each test leaves it so."""
    server, bench = Server(tmp_path_factory.mktemp("full")), load_bench()
    client = server.client(project="bench")
    imported(client, zipped([(f"{i}.{suffix}", json.dumps(body(i))) for i in range(FULL)
                             for suffix, body in (("job", bench.job), ("script", bench.script))]))
    yield client
    assert server.stop() == 0, server.log


@pytest.mark.parametrize("path, rows, prefix", [
    ("/jobs", "jobs", "job"), ("/scripts", "scripts", "script")])
def test_pages_go_through_all_of_it_without_a_gap(full, path, rows, prefix):
    seen = []
    for offset in range(0, FULL + 100, 100):
        page = full.get(f"{path}?limit=100&offset={offset}").json
        assert page["total"] == FULL
        seen += [row["name"] for row in page[rows]]
    assert sorted(seen) == [f"{prefix}_{i:05}" for i in range(FULL)]


def test_a_part_of_the_name_finds_what_has_it(full):
    page = full.get("/jobs?jobName=_0999&limit=100").json
    assert sorted(row["name"] for row in page["jobs"]) == \
        [f"job_0999{i}" for i in range(10)]
    assert page["total"] == 10


def test_an_export_takes_jobs_from_all_over(full):
    names = [f"job_{i:05}" for i in range(0, FULL, 100)]
    answer = full.export(names)
    assert answer.headers["X-Dlf-Export-Counts"] == "jobs=100;scripts=100;resources=0;cdm=0"
    assert answer.headers["X-Dlf-Missing-Depends"] is None
    assert len(answer.names) == 200


@pytest.mark.parametrize("make, path, code", [
    (lambda: job("more"), "/jobs", "DLF.0101"),
    (lambda: job("more", processType="REAL_TIME"), "/jobs", "DLF.0101"),
    (lambda: script("more"), "/scripts", "DLF.6253"),
])
def test_nothing_more_goes_in(full, make, path, code):
    answer = full.post(path, make())
    assert (answer.status, answer.code) == (400, code)
    assert str(FULL) in answer.detail
    assert full.get(path).json["total"] == FULL


def test_what_is_there_can_be_saved_and_replaced(full):
    changed = job("job_00000", nodes=[node("other")])
    before = full.get("/jobs/job_00000").headers["ETag"]
    assert full.put("/jobs/job_00000", changed).status == 204
    assert full.get("/jobs/job_00000").headers["ETag"] != before
    assert full.delete("/jobs/job_00000").status == 204
    assert full.post("/jobs", job("job_00000", nodes=[
        node("n", "DWSSQL", {"scriptName": "script_00000"})])).status == 204
    assert full.post("/jobs", job("more")).code == "DLF.0101"


def test_a_name_in_use_is_told_before_a_full_workspace(full):
    assert full.post("/jobs", job("job_00001")).code == "DLF.0102"
    assert full.post("/scripts", script("script_00001")).code == "DLF.0202"


def test_the_quota_is_of_one_workspace(full):
    other = full.server.client(project="other")
    other.make_job("more")
    other.make_script("more")
    other.make_resource("more")
