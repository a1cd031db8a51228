"""What an export follows, and how the files are named."""

import pytest

from harness import node

SQL_STATEMENT = "statementOrScript"


def files(client, *nodes, **members):
    """The entries beside the .job of a job with these nodes, and what is missing."""
    client.make_job("j", nodes=[{**n, "name": f"n{i}"} for i, n in enumerate(nodes)])
    answer = client.export(["j"], **members)
    names = [n.removeprefix("jobs/j/") for n in answer.names]
    names.remove("j.job")
    _, _, missing = (answer.headers["X-Dlf-Missing-Depends"] or "").partition("; ")
    assert client.delete("/jobs/j").status == 204
    return names, missing


def properties(*pairs):
    return {**node("n", "Shell"), "properties": [{"name": k, "value": v} for k, v in pairs]}


@pytest.mark.parametrize("kind", ["Shell", "DWSSQL", "Python", "NodeOfTomorrow", "CDMJob"])
def test_a_script_is_found_whatever_the_type(client, kind):
    client.make_script("s")
    assert files(client, node("n", kind, {"scriptName": "s"})) == (["s.script"], "")


@pytest.mark.parametrize("value, found", [
    ("SCRIPT", True), ("script", True), ("", True), ("STATEMENT", False),
    ("statement", False), ("Statement", False)])
def test_a_statement_is_no_script(client, value, found):
    client.make_script("s")
    names, missing = files(client, node("n", "DLISQL", {"scriptName": "s",
                                                        SQL_STATEMENT: value}))
    assert (names, missing) == (["s.script"] if found else [], "")


@pytest.mark.parametrize("pairs, wanted", [
    ([("scriptName", "x"), ("scriptName", "s")], "s"),
    ([("scriptName", "s"), ("scriptName", 5)], "s"),
    ([("scriptName", "s"), ("scriptName", {"a": 1})], "s"),
    ([("scriptName", "")], None),
    ([("scriptName", None)], None),
    ([("scriptname", "s")], None),
    ([("scriptName", "${x}")], None),
    ([("scriptName", "a#{Env.get(\"x\")}")], None),
    ([("scriptName", "$x")], "$x"),
    ([("scriptName", "/etl/deep/s")], "s"),
    ([("scriptName", "etl/s")], "s")])
def test_the_value_of_a_property(client, pairs, wanted):
    client.make_script("s")
    names, missing = files(client, properties(*pairs))
    if wanted == "s":
        assert (names, missing) == (["s.script"], "")
    else:
        assert names == [] and bool(missing) == bool(wanted)


@pytest.mark.parametrize("value", ["/etl/", "a/b/gone", "/"])
def test_a_path_that_is_not_held_is_missing_as_it_was_written(client, value):
    assert files(client, properties(("scriptName", value))) == (
        [], "script/" + value.replace("/", "%2F") + "@j")


def test_a_resource_by_name_and_by_location(client):
    client.make_resource("by_name", location="obs://b/one.jar")
    client.make_resource("by_place", location="obs://b/two.jar")
    assert files(client, node("n", "MRSSpark", {"resourcePath": "by_name"}),
                 node("n", "Any", {"resourcePath": "obs://b/two.jar"})) == (
        ["by_name.resource", "by_place.resource"], "")


@pytest.mark.parametrize("value, missing", [
    ("obs://b/none.jar", ""), ("hdfs://x/y.jar", ""), ("none", "resource/none@j"),
    ("/a/none.jar", "resource/%2Fa%2Fnone.jar@j"), ("#{x}", "")])
def test_a_resource_that_is_not_held(client, value, missing):
    assert files(client, node("n", "MRSSpark", {"resourcePath": value})) == ([], missing)


def test_resources_of_one_name_are_numbered_by_their_directory(client):
    for directory in ("/b", "/a", "/B", "/"):
        client.make_resource("lib", directory=directory, desc=directory)
    client.make_job("j", nodes=[node("n", "MRSSpark", {"resourcePath": "lib"})])
    archive = client.export(["j"]).zip
    found = {n.removeprefix("jobs/j/"): archive.read(n) for n in archive.namelist()}
    for name, directory in (("lib.resource", "/"), ("lib~2.resource", "/B"),
                            ("lib~3.resource", "/a"), ("lib~4.resource", "/b")):
        assert f'"desc": "{directory}"'.encode() in found[name]


def test_one_resource_by_name_and_location_is_one_file(client):
    client.make_resource("lib", location="obs://b/lib.jar")
    assert files(client, node("n", "A", {"resourcePath": "lib"}),
                 node("n", "A", {"resourcePath": "obs://b/lib.jar"})) == (
        ["lib.resource"], "")


@pytest.mark.parametrize("kind", ["CDMJob", "CDM Job", "cdm_job", "CDM-JOB", "Cdm Job"])
def test_a_cdm_job_in_each_spelling(client, kind):
    assert files(client, node("n", kind, {"clusterName": "k", "jobName": "c"})) == (
        [], "cdm/k%2Fc@j")


@pytest.mark.parametrize("kind, props, missing", [
    ("CDMJob", {"clusterName": "a,b", "jobName": "c"}, "cdm/a%2Fc@j, cdm/b%2Fc@j"),
    ("CDMJob", {"clusterName": "a", "jobName": "${c}"}, ""),
    ("CDMJob", {"clusterName": "#{a}", "jobName": "c"}, ""),
    ("CDMJob", {"clusterName": "a"}, ""),
    ("CDMJob", {"jobName": "c"}, ""),
    ("MRSSpark", {"clusterName": "a", "jobName": "c"}, ""),
    ("CDMJobs", {"clusterName": "a", "jobName": "c"}, "")])
def test_which_nodes_name_a_cdm_job(client, kind, props, missing):
    assert files(client, node("n", kind, props)) == ([], missing)


def test_the_same_target_twice_counts_once(client):
    client.make_script("s")
    assert files(client, properties(("scriptName", "s")), properties(("scriptName", "/a/s")),
                 properties(("scriptName", "gone")), properties(("scriptName", "gone"))) == (
        ["s.script"], "script/gone@j")


def test_connections_and_jobs_are_never_followed(client):
    client.make_job("up")
    client.make_job("j", nodes=[node("n", "SubJob", {"connectionName": "x", "job": "up"})],
                    schedule={"type": "CRON", "cron": {
                        "startTime": "2024-03-01T00:00:00+08", "expression": "0 0 1 * * ?",
                        "dependJobs": {"jobs": ["up"]}}})
    answer = client.export(["j"])
    assert answer.names == ["jobs/j/j.job"]
    assert answer.headers["X-Dlf-Missing-Depends"] is None


def test_dependencies_are_looked_for_in_the_same_workspace(server, client):
    from harness import admin_workspace
    made = admin_workspace(server, "create", "dev", project=client.project)
    dev = server.client(project=client.project, workspace=made.stdout.strip())
    dev.make_script("s")
    assert files(client, properties(("scriptName", "s"))) == ([], "script/s@j")


def test_a_deleted_script_is_missing_from_then_on(client):
    client.make_script("s")
    client.make_job("j", nodes=[properties(("scriptName", "s"))])
    assert len(client.export(["j"]).names) == 2
    assert client.delete("/scripts/s").status == 204
    answer = client.export(["j"])
    assert answer.headers["X-Dlf-Missing-Depends"] == "1; script/s@j"
    client.make_script("s")
    assert len(client.export(["j"]).names) == 2


def test_entries_stand_in_the_order_of_the_list_then_of_bytes(client):
    for name in ("Z", "a", "中"):
        client.make_script(name)
    props = [properties(("scriptName", name)) for name in ("中", "a", "Z")]
    nodes = [{**n, "name": f"n{i}"} for i, n in enumerate(props)]
    for job in ("m", "B"):
        client.make_job(job, nodes=nodes)
    assert client.export(["m", "B"]).names == [
        f"jobs/{job}/{file}" for job, files in (
            ("m", ["Z.script", "a.script", "m.job", "中.script"]),
            ("B", ["B.job", "Z.script", "a.script", "中.script"])) for file in files]
