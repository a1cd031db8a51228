"""Every number in the query of a list: the range that a refusal names is the range that is taken."""

import re

import pytest

from harness import resource

DLF = {"offset": (0, 2**53 - 1), "limit": (1, 100)}
LISTS = {  # path below the project's: (version, the list's member, {parameter: (min, max)})
    "/jobs": ("v1", "jobs", DLF),
    "/scripts": ("v1", "scripts", DLF),
    "/resources": ("v1", "resources", DLF),
    "/connections": ("v1", "connections", DLF),
    "/factory/scripts": ("v2", "scripts", DLF),
    "/cdm/job/all": ("v1.1", "jobs", {"page_no": (1, 2**31 - 1), "page_size": (10, 100)}),
}
SHOWN = {"/jobs/j": {"version": (1, 2**31 - 1)}, "/scripts/s": {"version": (1, 2**31 - 1)}}
HUGE = [2**31, 2**53, 10**18, 10**18 - 1, 2**63 - 1, 2**63, 2**64, 2**64 + 1, 10**40]


@pytest.fixture(scope="module")
def filled(server):
    client = server.client(project="list-bounds")
    client.make_job("j")
    client.make_script("s")
    client.post("/resources", resource("r"))
    assert client.post("/connections", {"name": "c", "type": "DWS", "config": {
        "clusterName": "x", "userName": "u", "password": "p", "sslEnable": False, "kmsKey": "k", "agentName": "a"}}).status == 204
    client.make_cdm_job("m")
    return client


def ask(client, path, query):
    version = LISTS[path][0] if path in LISTS else "v1"
    if version == "v1.1":
        return client.cdm("GET", path.removeprefix("/cdm") + query)
    return client.request("GET", f"/{version}/{client.project}{path}{query}")


def cases():
    tables = {**{path: row[2] for path, row in LISTS.items()}, **SHOWN}
    for path, parameters in tables.items():
        for name, bounds in parameters.items():
            yield path, name, bounds


@pytest.mark.parametrize("path, name, bounds", cases())
def test_a_refused_number_is_outside_the_range_that_is_named(filled, path, name, bounds):
    low, high = bounds
    for value in {low - 1, -1, -2**63, high + 1, *HUGE}:
        answer = ask(filled, path, f"?{name}={value}")
        if low <= value <= high:
            assert answer.status in (200, 404), (value, answer)
            continue
        assert answer.status == 400, (value, answer)
        said = answer.detail if "error_detail" in answer.json else answer.body.decode()
        named = re.search(rf"{name}: (-?\d+) to (-?\d+), (\S+?) given", said)
        assert named, said
        assert (int(named[1]), int(named[2]), named[3]) == (low, high, str(value)), said


@pytest.mark.parametrize("path, name, bounds", cases())
def test_both_ends_of_the_range_are_taken(filled, path, name, bounds):
    for value in (str(bounds[0]), str(bounds[1]), "0" * 30 + str(bounds[0]), "0" * 30 + str(bounds[1])):
        answer = ask(filled, path, f"?{name}={value}")
        assert answer.status == 200 or b"version: not one" in answer.body, (value, answer)


@pytest.mark.parametrize("path", LISTS)
def test_behind_the_last_row_is_an_empty_page_with_the_total(filled, path):
    _, member, parameters = LISTS[path]
    for skip in ("page_no", "offset"):
        if skip in parameters:
            last = ask(filled, path, f"?{skip}={parameters[skip][1]}").json
            first = ask(filled, path, f"?{skip}={parameters[skip][0]}").json
    assert (last[member], len(first[member])) == ([], 1)
    assert last["total"] == first["total"] == 1
