"""Each field of a resource's body, on create and on update."""

import uuid

import pytest

from fields import UNTOLD, Field, cases, changed, check

FILES = ["obs://libs/a.jar", "obs://libs/b.jar"]
PACKAGE = {"type": "jar", "location": "obs://libs/p.jar"}
DEEP = "/" + "/".join("abcdefghij")

# dependPackages win over dependFiles, so each has a body of its own.
BASE = {"name": "r", "type": "jar", "location": "obs://libs/r.jar", "dependFiles": FILES,
        "desc": "d", "directory": "/spark"}
PACKED = {"name": "r", "type": "jar", "location": "obs://libs/r.jar",
          "dependPackages": [PACKAGE]}


def packages(total, count=20):
    """Packages whose locations have `total` characters together."""
    each = total // count
    sizes = [each] * (count - 1) + [total - each * (count - 1)]
    return [{"type": "jar", "location": "obs://libs/".ljust(n, "x")} for n in sizes]


FIELDS = [
    Field("name", "string", required=True, empty="DLF.3051",
          good=("n" * 32, "字" * 32, "a-b_C9"),
          bad=("n" * 33, "字" * 33, "a.b", "a b", "a/b", "..", "é")),
    Field("type", "string", required=True, missing="DLF.6263", wrong="DLF.6263",
          empty="DLF.6263", enum=("jar", "archive", "file", "pyFile")),
    Field("location", "string", required=True, missing="DLF.6264", wrong="DLF.6264",
          empty="DLF.6264",
          good=("obs://b/k", "hdfs://hacluster/x.jar", "obs://b/".ljust(1023, "x"),
                "obs://b/".ljust(1023, "字")),
          bad=("x.jar", "/x.jar", "http://b/k", "obs:/b/k", "obs://", "hdfs://",
               "obs://b/".ljust(1024, "x"))),
    Field("dependFiles", "array", default=[], item="string",
          good=(["x" * 10240], ["字" * 5120] * 2), bad=(["x" * 10240, "x"],)),
    Field("desc", "string", default="", most=255, wrong="DLF.6265"),
    Field("directory", "string", default="/",
          good=("/", "/a", "/dir/a/", DEEP, "/" + "d" * 32),
          bad=("a", "/a b", "/a//b", "/..", DEEP + "/k", "/" + "d" * 33)),
]
PACKAGES = [
    Field("dependPackages", "array", default=[], item="object",
          good=([PACKAGE, PACKAGE], packages(10240)), bad=(packages(10241),)),
    Field("dependPackages[0].type", "string", required=True, empty="DLF.3051",
          enum=("jar", "file", "pyFile"), bad=("archive",)),
    Field("dependPackages[0].location", "string", required=True, empty=UNTOLD,
          good=("obs://b/k", "hdfs://h/k")),
]

# On update the stored value stays where the body has none, and the directory
# whatever the body has.
UPDATE = changed(
    FIELDS,
    name=dict(required=False, default="r"),
    type=dict(required=False, default="jar", enum=(), good=("jar",),
              bad=("file", "NOPE", "Jar")),
    location=dict(required=False, default=BASE["location"]),
    dependFiles=dict(default=FILES),
    desc=dict(default="d"),
    directory=dict(default="/spark", empty=UNTOLD, good=("/spark",), bad=()))
UPDATE_PACKAGES = changed(PACKAGES, dependPackages=dict(default=[PACKAGE]))


def shown_resource(client, uid):
    answer = client.get("/resources/" + uid)
    assert answer.status == 200, answer
    return answer.json


class Creating:
    """Creates a resource and shows it."""

    def __init__(self, client):
        self.client = client

    def send(self, body):
        self.answer = self.client.post("/resources", body)
        return self.answer

    def show(self, _body):
        return shown_resource(self.client, self.answer.json["resourceId"])


@pytest.mark.parametrize("case", cases(FIELDS))
def test_create(client, case):
    creating = Creating(client)
    check(case, BASE, creating.send, creating.show)


@pytest.mark.parametrize("case", cases(PACKAGES))
def test_create_with_packages(client, case):
    creating = Creating(client)
    check(case, PACKED, creating.send, creating.show)


@pytest.fixture(scope="module")
def held(server):
    """A client in a project of its own."""
    return server.client(project=uuid.uuid4().hex)


@pytest.fixture(scope="module")
def uid(held):
    return held.post("/resources", BASE).json["resourceId"]


@pytest.fixture(scope="module")
def packed_uid(held):
    return held.post("/resources", PACKED).json["resourceId"]


def check_update(client, uid, base, case):
    if not case.code:
        assert client.put("/resources/" + uid, base).status == 204
    check(case, base, lambda body: client.put("/resources/" + uid, body),
          lambda body: shown_resource(client, uid))


@pytest.mark.parametrize("case", cases(UPDATE))
def test_update(held, uid, case):
    check_update(held, uid, BASE, case)


@pytest.mark.parametrize("case", cases(UPDATE_PACKAGES))
def test_update_with_packages(held, packed_uid, case):
    check_update(held, packed_uid, PACKED, case)


@pytest.mark.parametrize("member", ["id", "resourceId", "jobRelation"])
@pytest.mark.parametrize("value", ["x", 7, False, [1], {"a": 1}])
def test_the_servers_members_are_ignored(client, member, value):
    creating = Creating(client)
    assert creating.send({**BASE, member: value}).status == 200
    shown = creating.show(None)
    assert client.put("/resources/" + shown["id"], {member: value}).status == 204
    assert creating.show(None) == shown
    assert shown.get(member) != value


@pytest.mark.parametrize("directory", ["/other", "/"])
def test_an_update_leaves_the_directory(held, uid, directory):
    assert held.put("/resources/" + uid, {"directory": directory}).status == 204
    assert shown_resource(held, uid)["directory"] == "/spark"


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"x"', b"{", b'{"name":"r",}',
                                  b'{"a":1,"a":1}', b"{} {}"])
def test_the_body_is_one_object_of_strict_json(client, body):
    answer = client.post("/resources", body)
    assert (answer.status, answer.code) == (400, "DLF.3051")


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"{", b'{"a":1,"a":1}', b"{} {}"])
def test_an_updates_body_is_strict_json(held, uid, body):
    answer = held.put("/resources/" + uid, body)
    assert (answer.status, answer.code) == (400, "DLF.3051")
