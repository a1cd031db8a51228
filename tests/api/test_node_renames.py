"""Secrets of a job's nodes when nodes are renamed, changed or dropped."""

import json
import sqlite3
import urllib.parse

import pytest

from archives import import_archive, imported, plan_of, zipped
from harness import dlfd, job, node

HEADER = "X-Dlf-Secrets-Lost"


def secret(name, value="", sensitive=True):
    return {"name": name, "value": value, "value_is_sensitive": sensitive}


def with_secrets(name, *properties, node_type="RestClient"):
    return node(name, node_type) | {"properties": list(properties)}


def plain(name, node_type="RestClient"):
    return with_secrets(name, {"name": "url", "value": "https://x"}, node_type=node_type)


def stored(client, name="j"):
    """The paths of what is stored of a job."""
    db = sqlite3.connect(f"file:{client.server.data}/catalog.db?mode=ro", uri=True)
    rows = db.execute(
        "SELECT s.path FROM secret s JOIN object o ON o.id = s.object JOIN workspace w ON w.id = "
        "o.workspace WHERE o.name = ? AND w.project = ? ORDER BY s.path", (name, client.project))
    paths = [path for (path,) in rows]
    (listed,) = db.execute("SELECT o.secret_paths FROM object o JOIN workspace w ON w.id = o.workspace "
                           "WHERE o.name = ? AND w.project = ?", (name, client.project)).fetchone()
    db.close()
    assert "\n".join(paths) == listed
    return paths


def path(node_name, name="auth"):
    node_name = node_name.replace(".", "\\.")
    return f"nodes.{node_name}.properties.{name}.value"


def make(client, *nodes, name="j"):
    assert client.post("/jobs", job(name, nodes=list(nodes))).status == 204


def put(client, *nodes):
    """The value of the header, or None."""
    answer = client.put("/jobs/j", job("j", nodes=list(nodes)))
    assert answer.status == 204, answer
    return answer.headers[HEADER]


def is_sound(client):
    """Each secret opens with the place that it is bound to."""
    done = dlfd("admin", "check", "--data", client.server.data)
    return done.returncode == 0 and "damaged: " not in done.stdout


CALL = with_secrets("call", secret("auth", "S3cr3t"))
FOLLOWS = [
    ("a node is renamed", [with_secrets("again", secret("auth"))]),
    ("the nodes of other types do not count",
     [with_secrets("again", secret("auth")), plain("call2", "Dummy"), plain("x", "Shell")]),
    ("the node has more properties than before",
     [with_secrets("again", secret("url", "u", False), secret("auth"))]),
]


@pytest.mark.parametrize("nodes", [one for _, one in FOLLOWS], ids=[name for name, _ in FOLLOWS])
def test_a_secret_follows_its_node(client, nodes):
    make(client, CALL, plain("y", "Dummy"))
    assert put(client, *nodes) is None
    assert stored(client) == [path("again")]
    assert is_sound(client)


def test_a_secret_follows_again_and_again(client):
    make(client, CALL, with_secrets("stays", secret("auth", "other")))
    for name in ("a", "作业", "a.b", "call"):
        assert put(client, with_secrets(name, secret("auth")), with_secrets("stays", secret("auth"))) is None
        assert stored(client) == sorted([path(name), path("stays")])
    assert is_sound(client)


def test_one_of_each_type_is_renamed(client):
    make(client, CALL, with_secrets("sh", secret("key", "k"), node_type="Shell"))
    assert put(client, with_secrets("sh2", secret("key"), node_type="Shell"),
               with_secrets("call2", secret("auth"))) is None
    assert stored(client) == [path("call2"), path("sh2", "key")]


LOST = [
    ("two came", [with_secrets("a", secret("auth")), with_secrets("b", secret("auth"))]),
    ("none came", [plain("x", "Dummy")]),
    ("another type came", [with_secrets("a", secret("auth"), node_type="Shell")]),
    ("the renamed node has no such property", [plain("a")]),
    ("the property of the renamed node is not sensitive", [with_secrets("a", secret("auth", "", False))]),
    ("the property went", [plain("call")]),
    ("the property is not sensitive any more", [with_secrets("call", secret("auth", "open", False))]),
    ("the property is called otherwise", [with_secrets("call", secret("auth2"))]),
]


@pytest.mark.parametrize("nodes", [one for _, one in LOST], ids=[name for name, _ in LOST])
def test_what_is_lost_is_told(client, nodes):
    make(client, CALL)
    assert put(client, *nodes) == "1; call.auth"
    assert stored(client) == []
    assert put(client, *nodes) is None, "it is told once"


def test_two_vanished_and_one_came(client):
    make(client, CALL, with_secrets("other", secret("auth", "2")))
    assert put(client, with_secrets("a", secret("auth"))) == "2; call.auth, other.auth"
    assert stored(client) == []


def test_a_secret_that_is_sent_anew_is_not_lost(client):
    make(client, CALL)
    assert put(client, with_secrets("call", secret("auth", "new"))) is None
    assert put(client, with_secrets("again", secret("auth", "newer"))) is None
    assert stored(client) == [path("again")]
    assert is_sound(client)


def test_a_job_without_secrets_tells_nothing(client):
    make(client, plain("call"))
    assert put(client, plain("again")) is None
    assert client.put("/jobs/j", job("j", nodes=[CALL])).headers[HEADER] is None
    assert client.put("/jobs/j", {"name": "k", "processType": "BATCH"}).headers[HEADER] is None


def test_a_save_that_is_refused_loses_nothing(client):
    make(client, CALL)
    answer = client.put("/jobs/j", job("j", nodes=[plain("a")], processType="NONE"))
    assert answer.status == 400 and HEADER not in answer.headers
    assert stored(client) == [path("call")]


def test_the_header_is_encoded_and_limited(client):
    names = ["a/b<c>", "作业", *(f"node-{n:03}-{'x' * 90}" for n in range(60))]
    make(client, *[with_secrets(name, secret("k, 1", "v")) for name in names])
    value = put(client, plain("none", "Dummy"))
    count, _, items = value.partition("; ")
    assert int(count) == len(names) and len(items) <= 3010 and items.endswith(", ...")
    shown = [urllib.parse.unquote(one) for one in items.split(", ")[:-1]]
    assert shown == sorted(f"{name}.k, 1" for name in names)[:len(shown)] and len(shown) > 10
    assert put(client, with_secrets("a/b<c>", secret("k, 1", "v"))) is None
    assert put(client, plain("none", "Dummy")) == "1; a%2Fb%3Cc%3E.k%2C%201"


# ---- imports ----

def archive(*nodes, name="j"):
    return zipped([(f"jobs/{name}/{name}.job", json.dumps(job(name, nodes=list(nodes))))])


def overwritten(client, *nodes):
    """What the plan and then the task say is lost."""
    data = archive(*nodes)
    planned = plan_of(client, data, sameNamePolicy="OVERWRITE")["secretsLost"]
    before = stored(client)
    task = imported(client, data, sameNamePolicy="OVERWRITE")
    assert task["secretsLost"] == planned
    return before, planned, task.get("message", "")


@pytest.mark.parametrize("nodes", [one for _, one in FOLLOWS], ids=[name for name, _ in FOLLOWS])
def test_a_secret_follows_its_node_in_an_import(client, nodes):
    make(client, CALL)
    assert overwritten(client, *nodes) == ([path("call")], [], "")
    assert stored(client) == [path("again")]
    assert is_sound(client)


@pytest.mark.parametrize("nodes", [one for _, one in LOST], ids=[name for name, _ in LOST])
def test_an_import_tells_what_is_lost(client, nodes):
    make(client, CALL)
    before, planned, message = overwritten(client, *nodes)
    assert before == [path("call")], "a plan drops nothing"
    assert planned == [{"kind": "job", "name": "j", "secret": "call.auth"}]
    assert "job/j: call.auth" in message
    assert stored(client) == []


def test_an_import_that_keeps_what_exists_loses_nothing(client):
    make(client, CALL)
    data = archive(plain("a"))
    assert plan_of(client, data)["secretsLost"] == []
    assert imported(client, data)["secretsLost"] == []
    assert stored(client) == [path("call")]


def test_an_import_that_is_undone_loses_nothing(client):
    make(client, CALL)
    data = zipped([("jobs/j/j.job", json.dumps(job("j", nodes=[plain("a")]))),
                   ("jobs/k/k.job", json.dumps(job("k", processType="NONE")))])
    task = import_archive(client, data, sameNamePolicy="OVERWRITE")
    assert task["status"] == "FAILED" and task["secretsLost"] == []
    assert stored(client) == [path("call")]
    task = import_archive(client, data, sameNamePolicy="OVERWRITE", onError="continue")
    assert task["secretsLost"] == [{"kind": "job", "name": "j", "secret": "call.auth"}]
    assert stored(client) == []
