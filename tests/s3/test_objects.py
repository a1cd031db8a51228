"""Objects of a service that speaks S3, by tests/obs_client: against versitygw, which checks
signatures, and, in make check-all, against moto's server, behind a check of our own.
"""

import os
import re
import time

import pytest

from certificates import make_pair
from s3_server import ACCESS, Gateway, Moto, SECRET, Storage, Way, answer

OK = (0, "0", "no")
NOT_FOUND, LIMIT, BUSY, IO = -1, -4, -6, -7
MIB = 1024 * 1024
ALL = 1 << 40


SERVERS = [Gateway, Moto] if os.environ.get("DLF_ALL") == "1" else [Gateway]


@pytest.fixture(scope="module", params=SERVERS)
def gateway(request, tmp_path_factory):
    running = request.param(tmp_path_factory.mktemp("s3"))
    running.make_bucket("dev")
    yield running
    running.stop()


@pytest.fixture
def storage(gateway):
    return Storage(gateway.url)


@pytest.fixture
def way(gateway):
    made = Way(gateway)
    yield made
    made.stop()


@pytest.fixture
def files(tmp_path):
    """files(bytes): a file with them, and one that is not there."""
    def make(content):
        (tmp_path / "in").write_bytes(content)
        return tmp_path / "in", tmp_path / "out"
    return make


# ---- objects ----

NAMES = ["k", "a/b/c.zip", "作业/导出 1.zip", "a+b", "a b", "100%", "a%20b", "a%2Fb", "%E4%BD%9C", "a&b=c;d",
         "~!*'();:@$,[]-_.", "what?", "a#b", "..a/.b", "a\"b'c\\d", "🙂", "k" * 250, "é/e\u0301"]


@pytest.mark.parametrize("name", NAMES)
def test_names(gateway, storage, files, name):
    content, got = files(name.encode())
    path = f"obs://dev/names/{name}"
    assert storage("exists", path) == OK
    assert storage("put", path, content) == OK
    assert storage("exists", path) == (0, "0", "yes")
    assert storage("get", path, got, ALL) == OK
    assert got.read_bytes() == name.encode()
    if isinstance(gateway, Gateway):
        assert (gateway.root / "dev/names" / name).read_bytes() == name.encode()


@pytest.mark.parametrize("size", [0, 1, 5 * MIB, 16 * MIB, 16 * MIB + 1, 32 * MIB, 37 * MIB + 11])
def test_sizes(gateway, way, files, size):
    content, got = files(os.urandom(size))
    path = f"obs://dev/sizes/{size} 作+.zip"
    storage = Storage(way.url)
    assert storage("put", path, content) == OK
    parts = -(-size // (16 * MIB)) if size > 16 * MIB else 0
    assert len(way.requests) == (parts + 2 if parts else 1), way.lines()
    assert storage("get", path, got, size) == OK
    assert got.read_bytes() == content.read_bytes()
    if size:
        assert storage("get", path, got, size - 1)[0] == LIMIT


def test_a_put_replaces(storage, files):
    for text in (b"long and old", b"new"):
        content, got = files(text)
        assert storage("put", "obs://dev/replaced", content) == OK
    assert storage("get", "obs://dev/replaced", got, ALL) == OK
    assert got.read_bytes() == b"new"


def test_what_is_not_there(storage, files):
    content, got = files(b"x")
    assert storage("bucket", "obs://dev/x") == OK
    assert storage("get", "obs://dev/gone", got, ALL)[:2] == (NOT_FOUND, "0")
    for call in (["bucket"], ["exists"], ["get", got, ALL], ["put", content]):
        verb, *args = call
        assert storage(verb, "obs://gone/x", *args) == (NOT_FOUND, "DLF.1242", "gone"), call


@pytest.mark.parametrize("size", [10, 20 * MIB])
def test_a_stream_that_breaks_leaves_the_old_object(gateway, way, files, size):
    path = f"obs://dev/broken{size}"
    content, got = files(b"old")
    storage = Storage(way.url)
    assert storage("put", path, content) == OK
    content, got = files(os.urandom(size))
    assert storage("put-broken", path, content)[0] == BUSY
    assert storage("get", path, got, ALL) == OK
    assert got.read_bytes() == b"old"
    if size > 16 * MIB:
        assert any(line.startswith("DELETE /dev/broken") for line in way.lines()), way.lines()


# ---- keys ----

@pytest.mark.parametrize("wrong", [{"secret": "another"}, {"access": "UNKNOWN"}, {"region": "eu-west-1"}])
def test_a_wrong_key(way, files, wrong):
    content, got = files(b"x")
    storage = Storage(way.url, **wrong)
    for verb, *args in (["put", content], ["get", got, ALL], ["bucket"], ["exists"]):
        error, code, text = storage(verb, "obs://dev/secret", *args)
        assert (error, code) == (IO, "0") and re.search(r"the storage answered 40\d [A-Za-z]+$", text), text
        assert SECRET not in text and "another" not in text
    # it is not tried again; what HEAD does not tell (versitygw even says 404) another request does
    assert "".join(line[0] for line in way.lines()) in ("PGHGHG", "PGHGHHG")
    assert Storage(way.url)("exists", "obs://dev/secret") == OK


@pytest.mark.parametrize("body", [b"", b"Forbidden", b"<Code>No \xff</Code>", b"<Code>" + b"x" * 500 + b"</Code>"])
@pytest.mark.parametrize("verb", ["bucket", "exists"])
def test_a_refusal_without_a_reason(way, verb, body):
    way.plan = [answer(403, b""), answer(403, body)]
    error, code, text = Storage(way.url)(verb, "obs://dev/secret")
    assert (error, code) == (IO, "0")
    assert text.endswith("the storage answered 403: the access key, its secret, its rights or the region may be wrong")


def test_what_is_sent_is_signed_whole(way, files):
    """A change of any byte on the way is refused: the server checks."""
    content, _ = files(b"content")
    assert Storage(way.url)("put", "obs://dev/signed", content) == OK
    sent = way.requests[0]
    assert b"Credential=" + ACCESS.encode() in sent and SECRET.encode() not in sent
    assert b"UNSIGNED" not in sent and b"X-Amz-Checksum-Sha256: " in sent


# ---- a service that fails ----

@pytest.mark.parametrize("fault", ["refuse", 500, 502, 503, 504, ("cut", 0), ("cut", 20)])
@pytest.mark.parametrize("verb", ["put", "get", "exists"])
def test_what_passes_is_tried_again(way, files, verb, fault):
    content, got = files(b"content")
    path = "obs://dev/again"
    assert Storage(way.gateway.url)("put", path, content) == OK
    way.plan = [fault, fault]
    args = {"put": [content], "get": [got, ALL], "exists": []}[verb]
    assert Storage(way.url)(verb, path, *args)[0] == 0
    assert len(way.requests) == 3
    if verb == "get":
        assert got.read_bytes() == b"content"


@pytest.mark.parametrize("fault, text", [("refuse", ""), (503, "503 SlowDown")])
def test_what_does_not_pass_is_given_up(way, files, fault, text):
    content, _ = files(b"content")
    way.plan = [fault] * 10
    started = time.monotonic()
    error, code, said = Storage(way.url)("put", "obs://dev/given-up", content)
    assert (error, code) == (IO, "0") and text in said
    assert len(way.requests) == 4 and 1.4 <= time.monotonic() - started < 10
    way.plan = []
    assert Storage(way.url)("exists", "obs://dev/given-up") == OK


def test_nobody_listens(files):
    content, _ = files(b"x")
    error, _, text = Storage("http://127.0.0.1:1")("put", "obs://dev/x", content)
    assert error == IO and "connect" in text


@pytest.mark.parametrize("status", [400, 403, 409, 501])
def test_what_is_the_callers_fault_is_not_tried_again(way, files, status):
    content, _ = files(b"x")
    way.plan = [status]
    error, _, text = Storage(way.url)("put", "obs://dev/x", content)
    assert error == IO and f"{status} SlowDown" in text and len(way.requests) == 1


def test_a_cut_read_goes_on_where_it_was(way, files):
    content, got = files(os.urandom(3 * MIB))
    assert Storage(way.gateway.url)("put", "obs://dev/cut", content) == OK
    way.plan = [("cut", MIB), ("cut", MIB)]
    assert Storage(way.url)("get", "obs://dev/cut", got, 3 * MIB) == OK
    assert got.read_bytes() == content.read_bytes()
    ranges = [request.partition(b"Range: bytes=")[2].partition(b"\r")[0] for request in way.requests]
    assert ranges[0] == b"" and len(ranges) == 3
    first, second = (int(one.rstrip(b"-")) for one in ranges[1:])
    assert 0.9 * MIB < first < MIB < second < 2 * MIB


def test_a_read_does_not_join_two_objects(way, files):
    content, got = files(os.urandom(3 * MIB))
    direct = Storage(way.gateway.url)
    assert direct("put", "obs://dev/changed", content) == OK

    def change():
        content.write_bytes(os.urandom(3 * MIB))
        assert direct("put", "obs://dev/changed", content) == OK
        return "pass"
    way.plan = [("cut", MIB), change]
    error, _, text = Storage(way.url)("get", "obs://dev/changed", got, ALL)
    assert error == IO and "412" in text


@pytest.mark.parametrize("at", range(5))
def test_a_cut_put_in_parts_goes_on(way, files, at):
    """The begin, each part, and the end: of the request, then of the answer."""
    content, got = files(os.urandom(33 * MIB))
    path = f"obs://dev/cut-put-{at}"
    way.plan = ["pass"] * at + [("cut up", 300)]
    storage = Storage(way.url)
    assert storage("put", path, content) == OK
    assert len(way.requests) == 6
    assert storage("get", path, got, ALL) == OK
    assert got.read_bytes() == content.read_bytes()


def test_a_put_in_parts_that_is_given_up_leaves_nothing(way, files):
    content, _ = files(os.urandom(33 * MIB))
    way.plan = ["pass", "pass"] + [503] * 4
    assert Storage(way.url)("put", "obs://dev/half", content)[0] == IO
    assert way.lines()[-1].startswith("DELETE /dev/half?uploadId=")
    assert Storage(way.url)("exists", "obs://dev/half") == OK


def test_a_service_that_hangs(way, files):
    content, got = files(b"content")
    storage = Storage(way.url, stall=1)
    way.plan = ["hang"]
    assert storage("put", "obs://dev/hangs", content) == OK
    way.plan = ["hang"] * 10
    started = time.monotonic()
    assert storage("get", "obs://dev/hangs", got, ALL)[0] == IO
    assert 4 <= time.monotonic() - started < 20


def test_a_slow_service(way, files):
    """Slower than is bearable, and read on; slow, but bearable, in one go."""
    content, got = files(os.urandom(20_000))
    assert Storage(way.gateway.url)("put", "obs://dev/slow", content) == OK
    storage = Storage(way.url, stall=2)
    way.plan = [("drip", 100, 0.5)]
    assert storage("get", "obs://dev/slow", got, ALL) == OK
    assert got.read_bytes() == content.read_bytes() and len(way.requests) == 2
    way.plan = [("drip", 1000, 0.2)]
    assert storage("get", "obs://dev/slow", got, ALL) == OK
    assert got.read_bytes() == content.read_bytes() and len(way.requests) == 3


# ---- answers that are not to be trusted ----

@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n",
                                  b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\nconte",
                                  b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nconte",
                                  b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nconte\r\n"])
def test_half_an_object_is_never_taken_for_one(way, files, head):
    _, got = files(b"")
    way.plan = [head] * 10
    error, _, _ = Storage(way.url)("get", "obs://dev/half-read", got, ALL)
    assert error == IO


def test_a_redirect_is_not_followed(way, files):
    _, got = files(b"")
    way.plan = [answer(307, b"", f"Location: {way.gateway.url}/dev/x")]
    error, _, text = Storage(way.url)("get", "obs://dev/x", got, ALL)
    assert error == IO and "307" in text and len(way.requests) == 1


def test_a_long_error(way, files):
    _, got = files(b"")
    way.plan = [answer(400, b"x" * 70000)]
    error, _, text = Storage(way.url)("get", "obs://dev/x", got, ALL)
    assert error == IO and "too large" in text


ID = b"<InitiateMultipartUploadResult><UploadId>%s</UploadId></InitiateMultipartUploadResult>"


@pytest.mark.parametrize("begin", [b"", b"<UploadId>", ID % b"", ID % b"a&amp;b", ID % (b"u" * 5000)])
def test_an_upload_without_a_sound_id(way, files, begin):
    content, _ = files(bytes(17 * MIB))
    way.plan = [answer(200, begin)]
    error, _, text = Storage(way.url)("put", "obs://dev/odd", content)
    assert error == IO and "not understood" in text and len(way.requests) == 1


@pytest.mark.parametrize("end", [b"", b"<Error><Code>InternalError</Code></Error>"])
def test_an_upload_whose_end_is_a_success_that_is_none(way, files, end):
    """S3 may say 200 before it knows."""
    content, _ = files(bytes(17 * MIB))
    way.plan = ["pass"] * 3 + [answer(200, end)]
    error, _, text = Storage(way.url)("put", "obs://dev/no-end", content)
    assert error == IO and ("InternalError" in text or not end)
    assert way.lines()[-1].startswith("DELETE ")
    assert Storage(way.url)("exists", "obs://dev/no-end") == OK


# ---- TLS ----

def test_tls(tmp_path, files):
    content, got = files(b"content")
    pair = make_pair(tmp_path, "here")
    other = make_pair(tmp_path, "other")
    gateway = Gateway(tmp_path / "s3", tls=pair)
    try:
        gateway.make_bucket("dev")
        storage = Storage(gateway.url, ca=pair[0])
        assert storage("put", "obs://dev/tls", content) == OK
        assert storage("get", "obs://dev/tls", got, ALL) == OK
        assert got.read_bytes() == b"content"
        for ca in (None, other[0]):
            error, _, text = Storage(gateway.url, ca=ca)("bucket", "obs://dev/x")
            assert error == IO and "certificate" in text
    finally:
        gateway.stop()
