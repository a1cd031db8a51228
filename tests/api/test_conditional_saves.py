"""Two people save the same object: ETag on show, If-Match on PUT and DELETE."""

import threading

import pytest

from harness import job, node, resource, script


class Kind:
    """How one kind of object is made, addressed and changed."""

    def __init__(self, path, make, changed):
        self.path, self.make, self.changed = path, make, changed

    def create(self, client):
        """Makes one, and gives its path."""
        answer = client.post(self.path, self.make())
        assert answer.status in (200, 204), answer
        key = answer.json["resourceId"] if answer.body else "x"
        return f"{self.path}/{key}"


KINDS = {
    "job": Kind("/jobs", lambda: job("x"), lambda n: job("x", description=str(n))),
    "script": Kind("/scripts", lambda: script("x"), lambda n: {"content": f"-- {n}"}),
    "resource": Kind("/resources", lambda: resource("x"), lambda n: {"desc": str(n)}),
}


@pytest.fixture(params=KINDS)
def kind(request):
    return KINDS[request.param]


@pytest.fixture
def held(client, kind):
    return kind.create(client)


def etag(client, path):
    return client.get(path).headers["ETag"]


def test_show_has_a_strong_tag_of_the_definition(client, kind, held):
    tag = etag(client, held)
    assert len(tag) == 66 and tag[0] == tag[-1] == '"'
    assert client.put(held, kind.changed(1)).status == 204
    other = etag(client, held)
    assert other != tag
    assert client.put(held, kind.changed(1)).status == 204
    assert etag(client, held) == other


def test_the_same_definition_has_the_same_tag_anywhere(server, client, kind, held):
    stranger = server.client(project=client.project + "0")
    assert etag(stranger, kind.create(stranger)) == etag(client, held)


@pytest.mark.parametrize("form", ["{}", "W/{}", "*", '"x", {}'])
def test_show_answers_304_to_who_has_it(client, held, form):
    tag = etag(client, held)
    answer = client.get(held, headers={"If-None-Match": form.format(tag)})
    assert (answer.status, answer.body, answer.headers["ETag"]) == (304, b"", tag)
    assert client.get(held, headers={"If-None-Match": '"x"'}).status == 200


def test_downstream_jobs_are_always_told(client):
    client.make_job("up")
    tag = etag(client, "/jobs/up")
    client.make_job("down", schedule={"type": "CRON", "cron": {
        "startTime": "2024-03-01T00:00:00+08", "expression": "0 0 1 * * ?",
        "dependJobs": {"jobs": ["up"]}}})
    answer = client.get("/jobs/up?dependencies=true", headers={"If-None-Match": tag})
    assert answer.status == 200
    assert [row["jobName"] for row in answer.json["downstreamJobs"]] == ["down"]


@pytest.mark.parametrize("form", ["{}", "*", '"x", {}', '"x",{} , "y"'])
def test_a_match_lets_it_be_saved_and_deleted(client, kind, held, form):
    def header():
        return {"If-Match": form.format(etag(client, held))}
    assert client.put(held, kind.changed(1), headers=header()).status == 204
    assert client.put(held, kind.changed(2), headers=header()).status == 204
    assert client.delete(held, headers=header()).status == 204
    assert client.get(held).status == 400


@pytest.mark.parametrize("form", ['"0"', "W/{}", "{}x", "", ",", "abc"])
def test_no_match_is_412_and_changes_nothing(client, kind, held, form):
    tag = etag(client, held)
    header = {"If-Match": form.format(tag).replace('"x', 'x"')}
    for answer in (client.put(held, kind.changed(1), headers=header),
                   client.delete(held, headers=header)):
        assert (answer.status, answer.body, answer.headers["ETag"]) == (412, b"", tag)
    assert etag(client, held) == tag


def test_the_tag_of_an_older_definition_is_412(client, kind, held):
    old = {"If-Match": etag(client, held)}
    assert client.put(held, kind.changed(1)).status == 204
    assert client.put(held, kind.changed(2), headers=old).status == 412
    assert client.delete(held, headers=old).status == 412


@pytest.mark.parametrize("member", ["the body is wrong", "the object is gone"])
def test_other_faults_are_told_first(client, kind, held, member):
    header = {"If-Match": '"x"'}
    if member == "the body is wrong":
        answer = client.put(held, {"name": 1}, headers=header)
        assert (answer.status, answer.code) == (400, "DLF.3051")
    else:
        client.delete(held)
        for answer in (client.put(held, kind.changed(1), headers=header),
                       client.delete(held, headers=header)):
            assert answer.code in ("DLF.0100", "DLF.6201", "DLF.6241")


def test_without_the_header_the_last_one_wins(client, kind, held):
    assert client.put(held, kind.changed(1)).status == 204
    assert client.put(held, kind.changed(2)).status == 204
    assert client.delete(held).status == 204


def test_of_many_that_save_at_once_each_sees_the_one_before(server, client, kind, held):
    """Each thread adds one to a number by reading and saving on condition."""
    threads, times = 4, 10
    member = {"job": "description", "script": "content", "resource": "desc"}[
        next(name for name, one in KINDS.items() if one is kind)]
    assert client.put(held, kind.changed(0)).status == 204
    refused = []

    def number(shown):
        return int("".join(c for c in shown[member] if c.isdigit()))

    def count():
        mine = server.client(project=client.project)
        done = 0
        while done < times:
            now = mine.get(held)
            answer = mine.put(held, kind.changed(number(now.json) + 1),
                              headers={"If-Match": now.headers["ETag"]})
            assert answer.status in (204, 412), answer
            done += answer.status == 204
            refused.append(answer.status == 412)

    workers = [threading.Thread(target=count) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert number(client.get(held).json) == threads * times
    assert refused.count(False) == threads * times


def test_a_delete_on_condition_never_takes_another_definition(server, client):
    """Deleting and saving race; whoever is told 412 has changed nothing."""
    client.make_script("x")
    for n in range(30):
        tag = etag(client, "/scripts/x")
        answers = {}

        def remove():
            answers["delete"] = server.client(project=client.project).delete(
                "/scripts/x", headers={"If-Match": tag}).status

        racing = threading.Thread(target=remove)
        racing.start()
        answers["put"] = client.put("/scripts/x", {"content": f"-- {n}"}).status
        racing.join()
        if answers["delete"] == 204:
            # the put came after, and found nothing, or came before, and was not there
            assert answers["put"] == 400
            client.make_script("x")
        else:
            assert (answers["delete"], answers["put"]) == (412, 204)
            assert client.get("/scripts/x").json["content"] == f"-- {n}"


def test_a_job_of_the_tag_that_export_has_is_another_thing(client):
    client.make_job("x", nodes=[node("n")])
    assert client.export(["x"]).headers["ETag"] != etag(client, "/jobs/x")
