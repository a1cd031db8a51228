"""The round trip: what is exported is imported into an empty project, and exported from there
with the same bytes; archives of a release are imported by every later one."""

import base64
import json
import random
import uuid

import pytest
from hypothesis import HealthCheck, given, seed, settings, strategies as st

from archives import contents, imported, plan_of, put_object, task_of, zipped
from catalogues import catalogues
from harness import ALL, ROOT, SANITIZED, node
from test_memory import MIB, grown_mib, reset_peak

PARTS = 20 if ALL else 1  # what hypothesis remembers takes memory
EXAMPLES = (100 if SANITIZED else 500) if ALL else 50
MISSING = "X-Dlf-Missing-Depends"


def exported(client, names, single, members):
    """[(archive, what the answer says that it lacks)]"""
    answers = [client.export_one(name, members) for name in names] if single else \
        [client.export(names, **members)]
    for answer in answers:
        assert answer.status == 200, answer
    return [(answer.body, answer.headers[MISSING]) for answer in answers]


def assert_same(before, after):
    for (old, _), (new, _) in zip(before, after):
        assert contents(old) == contents(new)
    assert before == after


def always(examples, part):
    """The settings of hypothesis; the same seed draws the same."""
    def decorate(test):
        return seed(part)(settings(max_examples=examples, deadline=None, database=None,
                                   suppress_health_check=list(HealthCheck))(test))
    return decorate


@pytest.mark.parametrize("part", range(PARTS))
def test_an_import_is_exported_with_the_same_bytes(server, part):
    @always(EXAMPLES, part)
    @given(catalogue=catalogues(), single=st.booleans(), submitted=st.booleans(),
           depend=st.sampled_from([True, True, True, False]))
    def holds(**drawn):
        check(server, **drawn)

    holds()


def check(server, catalogue, single, submitted, depend):
    source, target = (server.client(project=uuid.uuid4().hex) for _ in range(2))
    catalogue.fill(source)
    submitted = submitted and catalogue.submitted
    names = catalogue.submitted if submitted else catalogue.jobs
    members = {"exportDepend": depend, "exportStatus": "SUBMIT" if submitted else "DEVELOP"}

    before = exported(source, names, single, members)
    for archive, _ in before:
        imported(target, archive)
    assert_same(before, exported(target, names, single, members))

    for archive, _ in before:
        counts = plan_of(target, archive, sameNamePolicy="OVERWRITE")["counts"]
        assert sum(counts.values()) == counts["same"] > 0
        imported(target, archive, sameNamePolicy="OVERWRITE")
    assert_same(before, exported(target, names, single, members))
    if catalogue.connections:
        assert_same_connections(source, target)


def assert_same_connections(source, target):
    before = source.post("/connections/export").body
    for policy in ("SKIP", "OVERWRITE"):
        imported(target, before, "/connections", sameNamePolicy=policy)
        after = target.post("/connections/export")
        assert after.status == 200 and contents(after.body) == contents(before)
        assert after.body == before


@pytest.mark.parametrize("part", range(PARTS))
def test_an_import_of_bodies_is_as_if_they_were_posted(server, part):
    """As clients write them: with aliases, nulls, and members that are the server's."""
    @always(EXAMPLES // 5, part)
    @given(catalogue=catalogues())
    def holds(catalogue):
        posted, target = (server.client(project=uuid.uuid4().hex) for _ in range(2))
        catalogue.requests = [one for one in catalogue.requests if one[0] == "POST"]
        catalogue.fill(posted)
        imported(target, zipped(catalogue.files()))
        assert_same(*(exported(one, catalogue.jobs, False, {}) for one in (posted, target)))
        if catalogue.connections:
            assert_same(*([(one.post("/connections/export").body, None)] for one in (posted, target)))

    holds()


# ---- by way of object storage ----

def written(client, answer, name):
    """(path, bytes) of the object that an export with obsPath made."""
    assert answer.status == 200, answer
    path = f"{answer.json['obsPath']}/{name}"
    return path, (client.server.data / "obs" / path.removeprefix("obs://")).read_bytes()


@pytest.mark.parametrize("single", [False, True])
def test_an_object_that_an_export_made_is_imported(server, client, single):
    other = server.client(project=client.project + "b")
    client.make_script("查询")
    client.make_job("作业", nodes=[node("n", "Shell", {"scriptName": "查询"})])
    bucket = {"obsPath": put_object(server, b"").rpartition("/")[0]}
    path, before = written(client, *(
        (client.export_one("作业", bucket), "作业.zip") if single else
        (client.export(["作业"], **bucket), "jobs.zip")))
    task = task_of(other, other.post("/jobs/import", {"path": path}))
    assert task["status"] == "SUCCESSFUL", task
    assert [(before, None)] == exported(other, ["作业"], single, {})


def test_a_large_archive_comes_back_in_little_memory(server, client):
    """20 jobs that share a script of 4 MiB which does not compress much."""
    other, names = server.client(project=client.project + "b"), [f"j{i:02}" for i in range(20)]
    client.make_script("big", content=base64.b64encode(random.Random(1).randbytes(3 * MIB)).decode())
    for name in names:
        client.make_job(name, nodes=[node("n", "Shell", {"scriptName": "big"})])
    bucket = put_object(server, b"").rpartition("/")[0]
    path, before = written(client, client.export(names, obsPath=bucket), "jobs.zip")
    assert len(before) > 55 * MIB
    idle = reset_peak(server)
    task = task_of(other, other.post("/jobs/import", {"path": path}))
    grown = grown_mib(server, idle)
    assert task["status"] == "SUCCESSFUL" and len(task["subtasks"]) == 20, task
    assert other.export(names).body == before
    assert SANITIZED or grown <= 100, f"{grown:.0f} MiB"


# ---- archives of releases, made by tests/data/make_archives ----

RELEASED = [pytest.param(path.parent / row["archive"], row, id=f"{path.parent.name}-{row['archive']}")
            for path in sorted(ROOT.glob("tests/data/archives/*/expected.json"))
            for row in json.loads(path.read_text("utf-8"))]


@pytest.mark.parametrize("archive, expected", RELEASED)
def test_an_archive_of_a_release_is_imported(client, archive, expected):
    imported(client, archive.read_bytes(), "/" + expected["path"].split("/")[1])
    again = client.post(expected["path"], expected["body"])
    assert again.status == 200
    assert contents(again.body) == list(expected["entries"].items())
