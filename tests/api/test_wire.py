"""Bytes that two programs could read in two ways, such as a proxy and the server behind it.

Each gets one refusal, the contract's, and what follows on the connection is not served;
over HTTP and over TLS, all at once and byte by byte.
"""

import json
import re
import socket
import time
import uuid

import pytest

from certificates import make_pair
from harness import Server, job, node
from test_guards import CHUNKED, LIST, SAVE, SECRET, Raw, raw, refused  # noqa: F401: raw is a fixture

END = "\r\n\r\n"
LINE = "GET /v1/raw/jobs HTTP/1.1\r\nHost: localhost\r\n"
# What is wrong: (bytes, detail), or (bytes, detail, status) where it is not 400.
LINES = {
    "NUL in the target": ("GET /v1/raw/jobs\0x HTTP/1.1\r\nHost: localhost" + END, "control"),
    "NUL in the query": ("GET /v1/raw/jobs?a=\0 HTTP/1.1\r\nHost: localhost" + END, "control"),
    "a tab in the target": ("GET /v1/raw/jobs?a=\t HTTP/1.1\r\nHost: localhost" + END, "control"),
    "a tab for a blank": ("GET\t/v1/raw/jobs HTTP/1.1\r\nHost: localhost" + END, "request line"),
    "CR in the target": ("GET /v1/raw/jobs\rx HTTP/1.1\r\nHost: localhost" + END, "request line"),
    "LF in the target": ("GET /v1/raw/jobs\nHost: localhost" + END, "control"),
    "DEL in the target": ("GET /v1/raw/jobs\x7f HTTP/1.1\r\nHost: localhost" + END, "control"),
    "no target": ("GET HTTP/1.1\r\nHost: localhost" + END, "request line"),
    "no version": ("GET /v1/raw/jobs\r\nHost: localhost" + END, "request line"),
    "two blanks": ("GET  /v1/raw/jobs HTTP/1.1\r\nHost: localhost" + END, "request line"),
    "a blank in the target": ("GET /v1/raw/jobs x HTTP/1.1\r\nHost: localhost" + END, "HTTP/1.1"),
    "a blank behind the version": ("GET /v1/raw/jobs HTTP/1.1 \r\nHost: localhost" + END, "CR LF"),
    "a blank before the method": (" GET /v1/raw/jobs HTTP/1.1\r\nHost: localhost" + END, "request line"),
    "no method": ("\x16\3\1\2\0", "request line"),
    "a method with a control": ("GE\1T /v1/raw/jobs HTTP/1.1\r\nHost: localhost" + END, "request line"),
    "a method of 33 letters": ("G" * 33 + " /v1/raw/jobs HTTP/1.1\r\nHost: localhost" + END, "request line"),
    "HTTP/1.2": ("GET /v1/raw/jobs HTTP/1.2\r\nHost: localhost" + END, "HTTP/1.1"),
    "HTTP/2.0": ("GET /v1/raw/jobs HTTP/2.0\r\nHost: localhost" + END, "HTTP/1.1"),
    "http/1.1": ("GET /v1/raw/jobs http/1.1\r\nHost: localhost" + END, "HTTP/1.1"),
    "HTTP/1.10": ("GET /v1/raw/jobs HTTP/1.10\r\nHost: localhost" + END, "CR LF"),
    "LF behind the line": ("GET /v1/raw/jobs HTTP/1.1\nHost: localhost" + END, "CR LF"),
    "CR behind the line": ("GET /v1/raw/jobs HTTP/1.1\rHost: localhost" + END, "CR LF"),
    "CR CR LF behind the line": ("GET /v1/raw/jobs HTTP/1.1\r\r\nHost: localhost" + END, "CR LF"),
    "LF before the line": ("\n" + LINE + "\r\n", "request line"),
    "CR before the line": ("\r" + LINE + "\r\n", "CR LF"),
    "a target that is too long": ("GET /" + "x" * 17_000 + " HTTP/1.1\r\nHost: localhost" + END, "16384", 414),
    "a longer target": ("GET /" + "x" * 200_000 + " HTTP/1.1\r\nHost: localhost" + END, "16384", 414),
}
HEADERS = {
    "NUL in a value": (LINE + "X-A: a\0b" + END, "control"),
    "NUL before a value": (LINE + "X-A: \0Content-Length: 5" + END, "control"),
    "a control in a value": (LINE + "X-A: a\x1bb" + END, "control"),
    "DEL in a value": (LINE + "X-A: a\x7fb" + END, "control"),
    "CR in a value": (LINE + "X-A: a\rX-B: b" + END, "CR LF"),
    "CR before the end": (LINE + "X-A: a\r" + END, "CR LF"),
    "LF behind a value": (LINE + "X-A: a\nX-B: b" + END, "control"),
    "LF behind the headers": (LINE + "X-A: a\r\n\n", "headers"),
    "CR behind the headers": (LINE + "X-A: a\r\n\rx", "CR LF"),
    "NUL in a name": (LINE + "X\0A: a" + END, "headers"),
    "CR in a name": (LINE + "X\rA: a" + END, "headers"),
    "no colon": (LINE + "X-A" + END, "headers"),
    "no name": (LINE + ": a" + END, "headers"),
    "a line that goes on": (LINE + "X-A: a\r\n b" + END, "headers"),
    "a line that goes on with a tab": (LINE + "X-A: a\r\n\tb" + END, "headers"),
    "a first line that goes on": ("GET /v1/raw/jobs HTTP/1.1\r\n Host: localhost" + END, "headers"),
    "a length that goes on": (SAVE + "Content-Length: 1\r\n 0" + END, "headers"),
    "NUL hides a length": (SAVE + "X-A: \0\r\nContent-Length: 5" + END, "control"),
    "a value without an end": (LINE + "X-A: " + "x" * 25_000, "24576", 431),
    "a name without an end": (LINE + "x" * 25_000, "24576", 431),
    "blanks without an end": (LINE + "X-A:" + " " * 25_000, "24576", 431),
    "too many headers": (LINE + "a:b\r\n" * 1200 + "\r\n", "too many", 431),
    "too many cookies": (LINE + "Cookie: " + "a;" * 4000 + END, "too many", 431),
    "many headers beside a long target": (
        "GET /v1/raw/jobs?" + "x" * 16_000 + " HTTP/1.1\r\nHost: localhost\r\n" + ("X-A: " + "x" * 70 + "\r\n") * 300
        + "\r\n", "too many", 431),
    "many headers before a long body": (
        SAVE + "X-A: b\r\n" * 300 + "Cookie: " + "a=b; " * 160 + "\r\nContent-Length: 24000" + END + "x" * 24_000,
        "too many", 431),
}
LENGTHS = {text: (SAVE + f"Content-Length:{text}" + END + "{}", "Content-Length") for text in [
    "", " ", " x", " -1", " +1", " 1 ", " 1 2", " 1, 1", " 0x1", " 1.0", " \u0661", " 1;", " 9223372036854775808",
    " 99999999999999999999999"]}
CHUNKS = {name: (SAVE + CHUNKED + "\r\n" + body, "chunk") for name, body in {
    "LF behind the size": "2\n{}\r\n0\r\n\r\n",
    "CR behind the size": "2\r{}\r\n0\r\n\r\n",
    "LF behind the content": "2\r\n{}\n0\r\n\r\n",
    "CR behind the content": "2\r\n{}\r0\r\n\r\n",
    "nothing behind the content": "2\r\n{}0\r\n\r\n",
    "content that is longer": "2\r\n{} \r\n0\r\n\r\n",
    "LF behind the last size": "2\r\n{}\r\n0\n\r\n",
    "CR in an extension": "2;a\rb\r\n{}\r\n0\r\n\r\n",
    "LF in an extension": "2;a\n{}\r\n0\r\n\r\n",
    "NUL in an extension": "2;a\0b\r\n{}\r\n0\r\n\r\n",
    "CR in a last extension": "2\r\n{}\r\n0;a\rb\r\n\r\n",
    "an extension without an end": "2;" + "x" * 2000 + "\r\n{}\r\n0\r\n\r\n",
    "no size": "\r\n{}\r\n0\r\n\r\n",
    "an extension alone": ";a\r\n{}\r\n0\r\n\r\n",
    "letters": "zz\r\n{}\r\n0\r\n\r\n",
    "a sign": "+2\r\n{}\r\n0\r\n\r\n",
    "0x": "0x2\r\n{}\r\n0\r\n\r\n",
    "a blank before the size": " 2\r\n{}\r\n0\r\n\r\n",
    "a blank behind the size": "2 \r\n{}\r\n0\r\n\r\n",
    "a size of 17 digits": "00000000000000002\r\n{}\r\n0\r\n\r\n",
    "a size beyond 63 bits": "8000000000000000\r\n{}\r\n0\r\n\r\n",
    "a size beyond 64 bits": "ffffffffffffffffff\r\n{}\r\n0\r\n\r\n",
}.items()}
TRAILERS = {name: (SAVE + CHUNKED + "\r\n2\r\n{}\r\n0\r\n" + lines, *detail) for name, (lines, *detail) in {
    "LF behind a trailer": ("X-A: a\n\r\n", "CR LF"),
    "LF behind the trailers": ("X-A: a\r\n\n", "headers"),
    "CR behind the last size": ("\rx", "CR LF"),
    "NUL in a trailer": ("X-A: a\0b\r\n\r\n", "control"),
    "a trailer without a colon": ("X-A\r\n\r\n", "headers"),
    "a trailer that goes on": ("X-A: a\r\n b\r\n\r\n", "headers"),
    "trailers without an end": ("X-A: a\r\n" * 3200, "24576", 431),
}.items()}
FAULTS = {**LINES, **HEADERS, **{"length" + k: v for k, v in LENGTHS.items()}, **CHUNKS, **TRAILERS}


@pytest.fixture(scope="module", params=["http", "https"])
def server(request, tmp_path_factory):
    pair = make_pair(tmp_path_factory.mktemp("pair"), "first") if request.param == "https" else None
    running = Server(tmp_path_factory.mktemp("data"), tls=pair)
    yield running
    assert running.stop() == 0, running.log


def encoded(text):
    return text.encode("utf-8" if "\u0661" in text else "latin-1")


def fault_of(kind):
    data, detail, *status = FAULTS[kind]
    return encoded(data), detail, status[0] if status else 400


@pytest.mark.parametrize("kind", FAULTS)
def test_what_two_readers_could_read_in_two_ways(raw, kind):
    data, detail, status = fault_of(kind)
    refused(raw(timeout=10).send(data, SECRET), status, "APIGW.0201", detail)


@pytest.mark.parametrize("kind", FAULTS)
def test_behind_a_request_that_is_sound(raw, kind):
    data, detail, status = fault_of(kind)
    connection = raw(timeout=10).send(LIST, "\r\n", data, SECRET)
    assert connection.answer()[0] == 200
    refused(connection, status, "APIGW.0201", detail)


@pytest.mark.parametrize("kind", [kind for kind in FAULTS if len(FAULTS[kind][0]) < 300])
def test_byte_by_byte(raw, kind):
    data, detail, status = fault_of(kind)
    connection = raw(timeout=10)
    connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in data + SECRET.encode():
        try:
            connection.send(bytes([byte]))
        except OSError:
            break  # closed already
        time.sleep(0)
    answer = connection.rest()
    assert len(re.findall(rb"HTTP/1.1 \d\d\d", answer)) <= 1 and b'"jobs"' not in answer, answer
    if answer:  # else the end of the connection came before it was read
        assert answer.startswith(b"HTTP/1.1 %d " % status) and detail.encode() in answer, answer


@pytest.mark.parametrize("kind", CHUNKS)
def test_a_body_that_was_waited_for(raw, kind):
    head, _, body = fault_of(kind)[0].partition(b"\r\n\r\n")
    connection = raw(timeout=10).send(head, "\r\nExpect: 100-continue\r\n\r\n")
    assert connection.answer()[0] == 100
    refused(connection.send(body, SECRET), 400, "APIGW.0201", "chunk")


@pytest.mark.parametrize("kind", CHUNKS)
def test_a_request_that_was_answered_by_its_head(raw, kind):
    """That answer is sent, once, and nothing behind it."""
    data = fault_of(kind)[0].replace(b"/v1/raw/jobs", b"/nowhere")
    connection = raw(timeout=10).send(data, SECRET)
    status, headers, body = connection.answer()
    assert status == 404 or b"chunk" in body, body
    assert headers["connection"].lower() == "close" and connection.rest() == b""


def test_nothing_of_a_refused_body_is_stored(server, raw):
    name = "refused_" + uuid.uuid4().hex
    body = json.dumps(job(name))
    raw().send(SAVE, CHUNKED, "\r\n", f"{len(body):x}\r\n", body, "\r\n0\n\r\n").rest()
    assert server.client(project="raw").get(f"/jobs/{name}").status == 400


# ---- what is sound ----

def save_in_chunks(name, *, extension="", trailers="", step=40):
    body = json.dumps(job(name))
    pieces = [body[at:at + step] for at in range(0, len(body), step)]
    return (SAVE + CHUNKED + "\r\n" + "".join(f"{len(p):X}{extension}\r\n{p}\r\n" for p in pieces)
            + f"0{extension}\r\n{trailers}\r\n")


SOUND = {
    "empty lines before": ("\r\n\r\n" + LIST + "\r\n", 200),
    "a tab and bytes above ASCII in a value": (LIST + "X-A:\t a\tb \u00e9\t" + END, 200),
    "an empty value": (LIST + "X-A:\r\nX-B: " + END, 200),
    "bytes above ASCII in the query": (LIST.replace("jobs", "jobs?jobName=\u00e9") + "\r\n", None),
    "a length with zeros": (SAVE + "Content-Length: 0002" + END + "{}", 400),
    "the largest count of headers": (LIST + "a:b\r\n" * 319 + "\r\n", 200),
    "chunks with extensions": (lambda name: save_in_chunks(name, extension=";a=b;c=\"d\te\""), 204),
    "trailers": (lambda name: save_in_chunks(name, trailers="X-A: a\r\nContent-Length: 5\r\n"), 204),
    "chunks of one byte": (lambda name: save_in_chunks(name, step=1), 204),
    "HTTP/1.0": ("GET /v1/raw/jobs HTTP/1.0\r\nConnection: keep-alive" + END, 200),
}


@pytest.mark.parametrize("kind", SOUND)
@pytest.mark.parametrize("step", [0, 1, 7])
def test_what_is_sound_is_served_and_what_follows(raw, kind, step):
    data, status = SOUND[kind]
    data = data("sound_" + uuid.uuid4().hex) if callable(data) else data
    data = encoded(data) + LIST.encode() + b"\r\n"
    connection = raw()
    for at in range(0, len(data), step or len(data)):
        connection.send(data[at:at + (step or len(data))])
    got = connection.answer()
    assert status is None or got[0] == status, got
    assert connection.answer()[0] == 200


def test_a_large_body_in_many_chunks_arrives_as_it_is(server, raw):
    name = "large_" + uuid.uuid4().hex
    text = "".join(f"line {i}\\n" for i in range(200_000))
    body = json.dumps(job(name, nodes=[node("n", "Shell", {"statementOrScript": "STATEMENT"})])).replace(
        "STATEMENT", text)
    steps, at, sent = [1, 100_000, 17, 4096, 65_536, 3], 0, [SAVE, CHUNKED, "\r\n"]
    while at < len(body):
        piece = body[at:at + steps[len(sent) % len(steps)]]
        sent.append(f"{len(piece):x};x=y\r\n{piece}\r\n")
        at += len(piece)
    connection = raw().send(*sent, "0\r\nX-A: a\r\n\r\n", LIST, "\r\n")
    assert connection.answer()[0] == 204
    assert connection.answer()[0] == 200
    shown = server.client(project="raw").get(f"/jobs/{name}").json
    value = next(p["value"] for p in shown["nodes"][0]["properties"] if p["name"] == "statementOrScript")
    assert value == text.replace("\\n", "\n")


def test_many_headers_leave_room_for_the_largest_answer(server, raw):
    client = server.client(project=uuid.uuid4().hex)
    nodes = [node(f"n{i}", "Shell", {"scriptName": f"gone_{i:03}_" + "x" * 90}) for i in range(60)]
    client.make_job("作" * 100, nodes=nodes)
    path = f"/v1/{client.project}/jobs.zip?name=" + "%E4%BD%9C" * 100 + "&x="
    for length, headers in [(16384, 100), (2000, 318)]:
        head = f"GET {path}{'y' * (length - len(path))} HTTP/1.1\r\nHost: localhost\r\n"
        rest = 47104 - length - 64 - 17 - headers * 64
        many = "".join(f"x:{'y' * min(rest // headers - 4, 24000 // headers - 4)}\r\n" for _ in range(headers))
        status, answered, body = raw().send(head, many, "\r\n").answer()
        assert status == 200 and body[:2] == b"PK"
        assert len(answered["x-dlf-missing-depends"]) > 2000
