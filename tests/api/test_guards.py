"""Bytes that no client of good faith sends, and clients that take their time.

Each test speaks over a socket of its own.
"""

import contextlib
import json
import random
import re
import resource as limits
import socket
import ssl
import threading
import time
import urllib.request
import uuid

import pytest

from harness import job, node, script


class Raw:
    """A connection: bytes in, parsed answers out."""

    def __init__(self, server, timeout=30, **kw):
        self.socket = server.connect(timeout, **kw)
        self.read = b""

    def send(self, *parts):
        self.socket.sendall(b"".join(p if isinstance(p, bytes) else p.encode() for p in parts))
        return self

    def end(self):
        """Ends what is sent, in TCP alone, and still reads."""
        socket.socket.shutdown(self.socket, socket.SHUT_WR)

    def rest(self):
        """All bytes until the server closes."""
        try:
            while more := self.socket.recv(65536):
                self.read += more
        except (ConnectionResetError, ssl.SSLEOFError):
            pass
        return self.read

    def answer(self):
        """(status, {header: value}, body) of the next answer that has a length."""
        while b"\r\n\r\n" not in self.read:
            more = self.socket.recv(65536)
            assert more, self.read
            self.read += more
        head, _, self.read = self.read.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:])}
        size = int(headers.get("content-length", 0))
        while len(self.read) < size:
            more = self.socket.recv(65536)
            assert more, self.read
            self.read += more
        body, self.read = self.read[:size], self.read[size:]
        return int(lines[0].split()[1]), headers, body

    def close(self):
        self.socket.close()


@pytest.fixture
def raw(server):
    opened = []

    def connect(**kw):
        opened.append(Raw(server, **kw))
        return opened[-1]

    yield connect
    for one in opened:
        one.close()


SECRET = "GET /v1/smuggled/jobs HTTP/1.1\r\nHost: localhost\r\n\r\n"
LIST = "GET /v1/raw/jobs HTTP/1.1\r\nHost: localhost\r\n"
SAVE = "POST /v1/raw/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"


def refused(connection, status, code, detail):
    """The one answer that comes: the contract's, and the connection is closed."""
    got, headers, body = connection.answer()
    error = json.loads(body)
    assert (got, error["error_code"]) == (status, code), body
    assert detail in error["error_detail"]
    assert re.fullmatch("[0-9a-f]{32}", headers["x-request-id"])
    assert error["request_id"] == headers["x-request-id"]
    assert headers["connection"].lower() == "close"
    assert connection.rest() == b"", "bytes behind a refused request were served"


BAD_HEADS = {
    "two lengths that differ": (SAVE + "Content-Length: 0\r\nContent-Length: 60\r\n\r\n", "Content-Length"),
    "two lengths that are the same": (SAVE + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", "Content-Length"),
    "a length and chunks": (SAVE + "Content-Length: 5\r\n" + CHUNKED + "\r\n0\r\n\r\n", "Transfer-Encoding"),
    "chunks and a length": (SAVE + CHUNKED + "Content-Length: 5\r\n\r\n0\r\n\r\n", "Transfer-Encoding"),
    "identity": (SAVE + "Transfer-Encoding: identity\r\n\r\n", "Transfer-Encoding"),
    "gzip, chunked": (SAVE + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "Transfer-Encoding"),
    "xchunked": (SAVE + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "Transfer-Encoding"),
    "chunked twice": (SAVE + CHUNKED + CHUNKED + "\r\n0\r\n\r\n", "Transfer-Encoding"),
    "an empty coding": (SAVE + "Transfer-Encoding:\r\n\r\n", "Transfer-Encoding"),
    "chunks in HTTP/1.0": (SAVE.replace("1.1", "1.0") + CHUNKED + "\r\n0\r\n\r\n", "Transfer-Encoding"),
    "a blank before the colon": (SAVE + "Content-Length : 52\r\n\r\n", "headers"),
    "a tab before the colon": (SAVE + "Transfer-Encoding\t: chunked\r\n\r\n", "headers"),
    "a control in a name": (LIST + "X\x01Y: 1\r\n\r\n", "headers"),
    "a byte above ASCII in a name": (LIST.encode() + b"X\xffY: 1\r\n\r\n", "headers"),
    "no Host": ("GET /v1/raw/jobs HTTP/1.1\r\n\r\n", "Host"),
    "a Host with a path": ("GET /v1/raw/jobs HTTP/1.1\r\nHost: localhost/x\r\n\r\n", "Host"),
    "a Host that is no text": (b"GET /v1/raw/jobs HTTP/1.1\r\nHost: \xff\r\n\r\n", "Host"),
    "two Hosts": (LIST + "Host: localhost\r\n\r\n", "Host"),
}


@pytest.mark.parametrize("kind", BAD_HEADS)
@pytest.mark.parametrize("expect", ["", "Expect: 100-continue\r\n"])
def test_a_head_that_can_be_read_in_two_ways(raw, kind, expect):
    head, detail = BAD_HEADS[kind]
    head = head if isinstance(head, bytes) else head.encode("latin-1")
    line, _, more = head.partition(b"\r\n")
    connection = raw().send(line + b"\r\n" + expect.encode() + more, SECRET)
    refused(connection, 400, "APIGW.0201", detail)


@pytest.mark.parametrize("headers", [
    "transfer-encoding: CHUNKED\r\n", "Transfer-Encoding: chunked\r\nX-A.b_c~d!: 1\r\n"])
def test_chunks_that_are_sound(raw, headers):
    body = json.dumps(job("chunked_" + uuid.uuid4().hex)).encode()
    connection = raw().send(SAVE, headers, "\r\n", f"{len(body):x}\r\n", body, "\r\n0\r\n\r\n", LIST, "\r\n")
    assert connection.answer()[0] == 204
    assert connection.answer()[0] == 200


@pytest.mark.parametrize("language, detail", [("en_us", "required, once"), ("zh_cn", "必填")])
def test_a_refused_head_is_answered_in_its_language(raw, language, detail):
    connection = raw().send("GET / HTTP/1.1\r\nX-Language: ", language, "\r\n\r\n")
    refused(connection, 400, "APIGW.0201", detail)


@pytest.mark.parametrize("line", ["GET / HTTP/1.2", "GET / HTTP/2.0", "GET / HTTP/0.9", "GET / FOO"])
def test_another_version_is_not_served(raw, line):
    answer = raw().send(line, "\r\nHost: localhost\r\n\r\n", SECRET).rest()
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400") or b" 505 " in answer[:40], answer
    assert b'"jobs"' not in answer


@pytest.mark.parametrize("line", ["GET /v1/raw/jobs", "\r\n\r\n\r\nGET"])
def test_a_line_without_a_version(raw, line):
    assert b" 200 " not in raw().send(line, "\r\n\r\n").rest()


def served_nothing(answer):
    assert b'"jobs"' not in answer and b" 200 " not in answer and b" 204 " not in answer, answer


@pytest.mark.parametrize("body", [
    "zz\r\nab\r\n0\r\n\r\n", "-1\r\nab\r\n0\r\n\r\n", "2 \r\nab\r\n0\r\n\r\nx", "2\r\nabc\r\n0\r\n\r\n",
    "0x2\r\nab\r\n0\r\n\r\n", "ffffffffffffffffff\r\nab\r\n0\r\n\r\n", "\r\n\r\n0\r\n\r\n"])
def test_nothing_behind_a_bad_chunk_is_served(raw, body):
    """The library refuses these before any callback, in words of its own."""
    served_nothing(raw(timeout=5).send(SAVE, CHUNKED, "\r\n", body, SECRET).rest())


@pytest.mark.parametrize("length", ["x", "-1", "1 2", "1, 1", "+1", "0x1", "99999999999999999999999", ""])
def test_nothing_behind_a_bad_length_is_served(raw, length):
    served_nothing(raw(timeout=5).send(SAVE, "Content-Length: ", length, "\r\n\r\n", SECRET).rest())


# ---- paths ----

@pytest.mark.parametrize("path, status", [
    ("/v1/raw/scripts/a%2Fb", 400), ("/v1/raw/scripts/%2e%2e", 400), ("/v1/raw%2Fscripts", 404),
    ("/v1/raw/scripts/a%00b", 400), ("/v1/raw/scripts/%ff", 400), ("/v1/raw/scripts/%4", 400),
    ("/v1/raw/scripts%00/b", 400)])
def test_a_path_is_split_before_it_is_decoded(raw, path, status):
    connection = raw().send("GET ", path, " HTTP/1.1\r\nHost: localhost\r\n\r\n")
    got, headers, body = connection.answer()
    assert got == status, body
    assert json.loads(body)["error_code"] and headers["x-request-id"]


def test_a_name_with_a_slash_is_one_name(raw):
    _, _, body = raw().send("GET /v1/raw/scripts/a%2Fb HTTP/1.1\r\nHost: localhost\r\n\r\n").answer()
    assert json.loads(body)["error_detail"].startswith("a/b"), body


# ---- sizes ----

def test_the_length_of_a_target(raw):
    def ask(n):
        path = "/v1/raw/jobs?x="
        return raw().send("GET ", path, "y" * (n - len(path)), " HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert ask(16384).answer()[0] == 200
    refused(ask(16385), 414, "APIGW.0201", "16384")


@pytest.mark.parametrize("n", [1000, 3000, 8000])
def test_many_arguments(raw, n):
    """The library's list of them would overflow its pool, and no answer would come."""
    many = "&".join("a" * (i % 2) + "=" * (i % 3 == 0) for i in range(n))
    target = "/v1/raw/jobs?" + many + "&jobName=none"
    connection = raw(timeout=5)
    for _ in range(2):
        status, _, body = connection.send("GET ", target, " HTTP/1.1\r\nHost: localhost\r\n\r\n").answer()
        assert (status, json.loads(body)["total"]) == (200, 0), body


def test_too_long_a_target_of_many_arguments(raw):
    connection = raw(timeout=5).send("GET /v1/raw/jobs?", "a=&" * 6000, " HTTP/1.1\r\nHost: localhost\r\n\r\n")
    refused(connection, 414, "APIGW.0201", "16384")


def padding(n):
    """n bytes of headers, counted as name, value and 4."""
    assert n > 8
    return "X-Pad: " + "p" * (n - len("X-Pad") - 4) + "\r\n"


def test_the_size_of_headers(raw):
    host = len("Host") + len("localhost") + 4
    assert raw().send(LIST, padding(24576 - host), "\r\n").answer()[0] == 200
    refused(raw().send(LIST, padding(24577 - host), "\r\n"), 431, "APIGW.0201", "24576")


def test_the_largest_head_leaves_room_for_the_largest_answer(raw, server):
    """Names in Chinese, percent-encoded in the answer, and a long list of what is missing."""
    client = server.client(project=uuid.uuid4().hex)
    nodes = [node(f"n{i}", "Shell", {"scriptName": f"gone_{i:03}_" + "x" * 90}) for i in range(60)]
    client.make_job("作" * 100, nodes=nodes)
    path = f"/v1/{client.project}/jobs.zip?name=" + "%E4%BD%9C" * 100 + "&x="
    path += "y" * (16384 - len(path))
    host = len("Host") + len("localhost") + 4
    connection = raw().send("GET ", path, " HTTP/1.1\r\nHost: localhost\r\n", padding(24576 - host), "\r\n")
    status, headers, body = connection.answer()
    assert status == 200 and body[:2] == b"PK"
    assert len(headers["x-dlf-missing-depends"]) > 2000


@pytest.mark.parametrize("more", [
    padding(60_000), "a:b\r\n" * 9_000, "GET /" + "x" * 70_000])
def test_what_overflows_the_pool_is_closed(raw, more):
    connection = raw()
    with contextlib.suppress(ssl.SSLEOFError):  # closed before all of it was sent
        connection.send(LIST, more, "\r\n", SECRET)
    served_nothing(connection.rest())


# ---- time ----

@pytest.fixture
def hasty(start):
    return start("--header-timeout", "1s", "--transfer-timeout", "1s")


def drip(connection, data):
    """Sends a byte each 0.2 s; when the server closed, in seconds, or None: not before the
    last byte."""
    began = time.monotonic()
    connection.socket.settimeout(0.2)
    for byte in data:
        try:
            connection.socket.send(bytes([byte]))
            if connection.socket.recv(1) == b"":
                return time.monotonic() - began
        except TimeoutError:
            pass
        except OSError:
            return time.monotonic() - began
    return None


def assert_is_ended(begin, data):
    """What drips `data` is ended when its second is over.  The time is the machine's too, so
    that one of a few tries has to be in time, and none before."""
    for _ in range(5):
        connection = begin()
        ended = drip(connection, data)
        connection.close()
        assert ended and ended > 0.9, ended
        if ended < 4:
            return
    raise AssertionError(ended)


def test_a_dripped_header_is_ended(hasty):
    assert_is_ended(lambda: Raw(hasty), (LIST + "X-Slow: " + "x" * 300).encode())


def test_the_next_header_on_a_connection_has_its_own_time(hasty):
    def begin():
        connection = Raw(hasty).send(LIST, "\r\n")
        assert connection.answer()[0] == 200
        time.sleep(2.5)  # longer than a header may take: nothing has begun
        return connection.send("GET /v1/raw/jobs HTTP/1.1\r\n")

    assert_is_ended(begin, b"X-Slow: " + b"x" * 300)


def test_a_dripped_body_is_ended(hasty):
    assert_is_ended(lambda: Raw(hasty).send(SAVE, "Content-Length: 1000\r\n\r\n"), b"{" * 300)
    assert hasty.client(project="raw").get("/jobs").json["total"] == 0


def test_a_body_that_keeps_the_pace_is_read(hasty):
    """3 seconds of it, where 1 and one more for each 64 KiB are given."""
    body = json.dumps(script("slow", content="x" * 400_000)).encode()
    connection = Raw(hasty).send(SAVE.replace("/jobs", "/scripts"), f"Content-Length: {len(body)}\r\n\r\n")
    step = len(body) // 12 + 1
    for at in range(0, len(body), step):
        connection.send(body[at:at + step])
        time.sleep(0.25)
    assert connection.answer()[0] == 204
    connection.close()


def test_an_answer_that_is_not_taken_is_ended(hasty):
    client = hasty.client(project="raw")
    client.make_script("s", content=random.Random(6).randbytes(250_000).hex())
    client.make_job("j", nodes=[node("n", "DWSSQL", {"scriptName": "s"})])
    size = int(client.request("HEAD", "/v1/raw/jobs.zip?name=j").headers["Content-Length"])
    connection = Raw(hasty, receive_buffer=4096)
    connection.send("GET /v1/raw/jobs.zip?name=j HTTP/1.1\r\nHost: localhost\r\n\r\n")
    allowed = 1 + size / 65536
    began, got = time.monotonic(), 0
    while time.monotonic() - began < allowed + 10:
        try:
            one = connection.socket.recv(1)
        except ConnectionResetError:
            break
        got += len(one)
        if not one:
            break
        time.sleep(0.05 if time.monotonic() - began < allowed + 2 else 0)
    assert got < size and time.monotonic() - began >= allowed - 1
    connection.close()
    assert client.get("/jobs").status == 200


# ---- connections ----

def test_pipelined_requests_are_answered_in_order(raw):
    connection = raw().send(*[f"GET /v1/raw/jobs?limit={n} HTTP/1.1\r\nHost: localhost\r\n\r\n"
                              for n in (1, 0, 2, 101, 3)])
    assert [connection.answer()[0] for _ in range(5)] == [200, 400, 200, 400, 200]


def test_http_1_0(raw):
    answer = raw().send("GET /v1/raw/jobs?jobName=none HTTP/1.0\r\n\r\n").rest()
    assert b" 200 " in answer[:20] and answer.endswith(b'{"total":0,"jobs":[]}')


def test_http_1_0_with_keep_alive(raw):
    connection = raw().send("GET /v1/raw/jobs HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    assert connection.answer()[0] == 200
    assert connection.send(LIST, "\r\n").answer()[0] == 200


@pytest.mark.parametrize("part", [
    "G", LIST, SAVE + "Content-Length: 100\r\n\r\n{", SAVE + CHUNKED + "\r\n5\r\nab", LIST + "\r\n",
    SAVE + "Content-Length: 12582912\r\n\r\n" + "x" * 100_000])
def test_a_client_that_leaves(server, part):
    for how in ("close", "reset"):
        connection = Raw(server).send(part)
        if how == "reset":
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()
    assert server.client().get("/jobs").status == 200


@pytest.mark.parametrize("part", [
    "", "G", LIST, SAVE + "Content-Length: 100\r\n\r\n{", SAVE + CHUNKED + "\r\n5\r\nab"])
def test_who_left_is_let_go(raw, part):
    """Long before any time is up: a stop would wait for what was begun."""
    connection = raw(timeout=5).send(part)
    connection.end()
    assert connection.rest() == b""


def test_who_sends_no_more_still_gets_the_answer(raw):
    connection = raw(timeout=5).send(LIST, "\r\n")
    connection.end()
    assert connection.answer()[0] == 200 and connection.rest() == b""


def test_a_client_that_leaves_while_its_save_is_written(server):
    """The save holds, or it does not; the server goes on either way."""
    project = uuid.uuid4().hex
    for i in range(50):
        body = json.dumps(job(f"left_{i}"))
        Raw(server).send(f"POST /v1/{project}/jobs HTTP/1.1\r\nHost: localhost\r\n"
                         f"Content-Length: {len(body)}\r\n\r\n", body).close()
    client = server.client(project=project)
    jobs = client.get("/jobs?limit=100").json
    assert jobs["total"] == len(jobs["jobs"])


def allow_files(n):
    soft, hard = limits.getrlimit(limits.RLIMIT_NOFILE)
    if soft < n:
        limits.setrlimit(limits.RLIMIT_NOFILE, (n, max(n, hard)))


@contextlib.contextmanager
def dripping(connections):
    """A byte each half second on each."""
    stop = threading.Event()

    def keep_dripping():
        while not stop.wait(0.5):
            for one in connections:
                one.socket.send(b"x")
    thread = threading.Thread(target=keep_dripping)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def others_are_served(server):
    client = server.client(timeout=60)  # what drips goes on for longer
    for i in range(100):
        client.make_job(f"job_{i}")
    assert client.export([f"job_{i}" for i in range(100)]).status == 200


def test_two_thousand_dripping_connections(start):
    allow_files(8192)
    server = start("--header-timeout", "10m") # on a busy machine it takes a while to open them
    open_ones = [Raw(server).send("GET /v1/raw/jobs HTTP/1.1\r\nX-Slow: ") for _ in range(2000)]
    with dripping(open_ones):
        others_are_served(server)
    assert open_ones[0].send("\r\nHost: localhost\r\n\r\n").answer()[0] == 200
    for one in open_ones:
        one.close()


def test_past_the_limit_new_connections_are_refused(start):
    server = start("--max-connections", "20", "--header-timeout", "10m", "--metrics-listen", "127.0.0.1:0")
    metrics = re.search(r"metrics on (http://\S+)", server.process.stdout.readline()).group(1)
    old = [Raw(server).send(LIST) for _ in range(20)]
    page = ""
    while "\ndlf_connections 21\n" not in page:  # with the one that asks
        page = urllib.request.urlopen(metrics, timeout=60).read().decode()
    for _ in range(5):
        assert Raw(server, timeout=60).rest() == b"", "at once: not when the time of its head is over"
    for one in old:
        assert one.send("\r\n").answer()[0] == 200, "an old one goes on"
    old.pop().close()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            fresh = Raw(server, timeout=60).send(LIST, "\r\n").answer()
            break
        except (OSError, AssertionError):
            time.sleep(0.05)
    assert fresh[0] == 200, "a place that is free again is taken"
    for one in old:
        one.close()


# ---- other sites ----

OTHER_SCHEME = {"http": "https", "https": "http"}


@pytest.mark.parametrize("origin", [
    "https://evil.example", "null", "", "{own}://localhost", "{other}://localhost:{port}",
    "{own}://127.0.0.1:1", "{own}://localhost:{port}.evil.example", "{own}://localhost:{port}/"])
@pytest.mark.parametrize("line", ["GET /v1/raw/jobs", "POST /v1/raw/jobs", "OPTIONS /v1/raw/jobs",
                                  "GET /healthz"])
def test_another_sites_page_is_refused(raw, server, origin, line):
    origin = origin.format(port=server.port, own=server.scheme, other=OTHER_SCHEME[server.scheme])
    body = json.dumps(job("cross_site"))
    connection = raw().send(f"{line} HTTP/1.1\r\nHost: localhost:{server.port}\r\nOrigin: {origin}\r\n"
                            f"Content-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n", body)
    refused(connection, 403, "APIGW.0306", "Origin")


def test_two_origins_are_refused(raw, server):
    own = f"Origin: {server.scheme}://localhost:{server.port}\r\n"
    connection = raw().send(f"GET /healthz HTTP/1.1\r\nHost: localhost:{server.port}\r\n", own, own, "\r\n")
    refused(connection, 403, "APIGW.0306", "Origin")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "LOCALHOST", "[::1]", "127.8.9.10"])
def test_the_servers_own_page_may_call(raw, server, host):
    connection = raw().send(f"GET /healthz HTTP/1.1\r\nHost: {host}:{server.port}\r\n"
                            f"Origin: {server.scheme}://{host.lower()}:{server.port}\r\n\r\n")
    assert connection.answer()[0] == 200


@pytest.mark.parametrize("between", [",", ", ", " ,\t", ",,"])
def test_a_listed_origin_may_call(start, between):
    server = start("--allow-origin", between.join(["https://a.example", "http://b.example:8080"]))
    client = server.client()
    for origin, status in [("https://a.example", 200), ("http://b.example:8080", 200),
                           ("https://a.exampl", 403), ("https://a.example,http://b.example:8080", 403),
                           ("http://a.example", 403), ("http://b.example", 403), ("", 403)]:
        assert client.get("/jobs", headers={"Origin": origin}).status == status, origin


@pytest.mark.parametrize("host", [
    "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "[::2]", "10.0.0.1", "",
    "localhost:x:y", "127.evil.example:80", "[::1].evil.example"])
def test_a_name_that_was_bent_to_this_machine_is_refused(raw, host):
    refused(raw().send(f"GET /v1/raw/jobs HTTP/1.1\r\nHost: {host}\r\n\r\n"), 403, "APIGW.0306", "Host")
