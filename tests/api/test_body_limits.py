"""Limits of bodies, JSON and names, each at the limit and one past it."""

import pytest

from harness import job, script

MIB = 1024 * 1024
BODY_MAX = 12 * MIB


def padded(body, size):
    return body + b" " * (size - len(body))


def raw(server, data):
    """Sends bytes as they are; gives what comes back until the server closes."""
    with server.connect(30) as s:
        s.sendall(data)
        out = b""
        while piece := s.recv(65536):
            out += piece
    return out


def with_unknown(text):
    return b'{"name":"j","processType":"BATCH","schedule":{"type":"EXECUTE_ONCE"},"nodes":[],' \
           b'"x":' + text + b"}"


@pytest.mark.parametrize("size, status", [(BODY_MAX, 204), (BODY_MAX + 1, 413)])
def test_the_size_of_a_body(client, size, status):
    answer = client.post("/jobs", padded(with_unknown(b"1"), size))
    assert answer.status == status
    if status == 413:
        assert answer.code == "DLF.3051" and "body" in answer.detail


@pytest.mark.parametrize("size, status", [(BODY_MAX, b"204"), (BODY_MAX + 1, b"413")])
def test_the_size_of_a_body_in_chunks(client, size, status):
    body = padded(with_unknown(b"1"), size)
    head = (f"POST /v1/{client.project}/jobs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n").encode()
    step = 700_001
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + step]), body[i:i + step])
                      for i in range(0, len(body), step))
    answer = raw(client.server, head + chunks + b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 " + status)


def test_who_waits_for_a_word_is_refused_at_once(client):
    answer = raw(client.server, (
        f"POST /v1/{client.project}/jobs HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
        f"Content-Type: application/json\r\nContent-Length: {BODY_MAX + 1}\r\n\r\n").encode())
    assert answer.startswith(b"HTTP/1.1 413") and b"DLF.3051" in answer


def test_who_waits_for_a_word_gets_it(client):
    body = with_unknown(b"1")
    head = (f"POST /v1/{client.project}/jobs HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
            f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n").encode()
    with client.server.connect(30) as s:
        s.sendall(head)
        assert s.recv(100).startswith(b"HTTP/1.1 100")
        s.sendall(body)
        assert s.recv(100).startswith(b"HTTP/1.1 204")


def test_an_announced_length_beyond_all_is_refused_at_once(client):
    answer = raw(client.server, (
        f"POST /v1/{client.project}/jobs HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n").encode())
    assert answer.startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("depth, status", [(64, 204), (65, 400)])
def test_the_depth_of_json(client, depth, status):
    inner = depth - 1
    assert client.post("/jobs", with_unknown(b"[" * inner + b"]" * inner)).status == status


@pytest.mark.parametrize("values, status", [(1_000_000, 204), (1_000_001, 400)])
def test_the_number_of_values(client, values, status):
    others = 7  # the object, name, processType, schedule, type, nodes, the list
    answer = client.post("/jobs", with_unknown(b"[" + b",".join([b"1"] * (values - others)) +
                                               b"]"))
    assert answer.status == status
    if status == 400:
        assert "1000000" in answer.detail


@pytest.mark.parametrize("content, status", [
    ("x" * (4 * MIB), 204), ("x" * (4 * MIB + 1), 400),
    ("中" * (4 * MIB // 3) + "x", 204), ("中" * (4 * MIB // 3 + 1), 400)])
def test_the_content_of_a_script(client, content, status):
    answer = client.post("/scripts", script("s", content=content))
    assert answer.status == status
    if status == 400:
        assert answer.code == "DLF.0201" and "content" in answer.detail
    else:
        assert client.get("/scripts/s").json["content"] == content


@pytest.mark.parametrize("name, status", [
    ("中" * 128, 204), ("中" * 129, 400), ("a" * 128, 204), ("a" * 129, 400),
    ("\u3fff", 400), ("\u4e00", 204), ("\u9fff", 204), ("\ua000", 400)])
def test_names_count_code_points(client, name, status):
    assert client.post("/jobs", job(name)).status == status


def test_a_form_that_indents_would_blow_up_is_refused(client):
    text = b"[" * 60 + b",".join([b"1"] * 900_000) + b"]" * 60
    before = client.server.memory_kib("VmRSS")
    answer = client.post("/jobs", with_unknown(text))
    assert (answer.status, answer.code) == (400, "DLF.3051")
    assert "25165824" in answer.detail
    assert client.server.memory_kib("VmRSS") - before < 400 * 1024


def test_the_detail_of_a_long_text_is_cut(client):
    answer = client.post("/jobs", {**job("j"), "processType": "X" * 1_000_000})
    assert answer.code == "DLF.3051" and len(answer.body) < 1000
    answer = client.post("/jobs", with_unknown(b'{"' + b"k" * 100_000 + b'":01}'))
    assert answer.code == "DLF.3051" and len(answer.body) < 1000


def test_a_job_with_very_many_members_is_merged(client):
    many = {f"k{i}": i for i in range(100_000)}
    client.make_script("s", **many)
    assert client.put("/scripts/s", {k: v + 1 for k, v in many.items()}).status == 204
    assert client.get("/scripts/s").json["k99999"] == 100_000
