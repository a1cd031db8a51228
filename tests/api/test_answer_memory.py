"""Readers that take their time: all answers that are being sent share --max-answer-memory.

Each reader has a small receive buffer and reads no further than its answer's head.
"""

import base64
import io
import json
import random
import re
import socket
import time
import urllib.request
import zipfile

import pytest

from harness import SANITIZED, node
from test_guards import Raw
from test_memory import grown_mib, reset_peak

MIB = 1024 * 1024
LIMIT = 40 * MIB
SMALL = 64 * 1024
READERS = 24


class Slow(Raw):
    """Asks, and reads the head of the answer."""

    def __init__(self, server, method, path, body=""):
        super().__init__(server, receive_buffer=4096)
        kind = "Content-Type: application/json\r\n" if body else ""
        self.send(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{kind}"
                  f"Content-Length: {len(body)}\r\n\r\n", body)
        self.status, self.headers = self.head()

    def head(self):
        while b"\r\n\r\n" not in self.read:
            more = self.socket.recv(512)
            assert more, self.read
            self.read += more
        head, _, self.read = self.read.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:])}
        return int(lines[0].split()[1]), headers

    def body(self):
        size = int(self.headers["content-length"])
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, MIB)
        while len(self.read) < size:
            more = self.socket.recv(MIB)
            assert more, f"cut at {len(self.read)} of {size}"
            self.read += more
        return self.read[:size]


@pytest.fixture
def limited(start):
    server = start("--max-answer-memory", f"{LIMIT}", "--metrics-listen", "127.0.0.1:0")
    server.metrics = server.process.stdout.readline().split()[-1]  # metrics on URL
    return server


def metric(server, name):
    with urllib.request.urlopen(server.metrics) as page:
        return float(re.search(rf"^{name} (\S+)", page.read().decode(), re.M).group(1))


def wait_until_given_back(server):
    deadline = time.monotonic() + 30
    while (left := metric(server, "dlf_answer_memory_bytes")) != 0:
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


def refuses(reader):
    """It got the API's 503, with when to come again."""
    error = json.loads(reader.body())
    assert (reader.status, error["error_code"]) == (503, "APIGW.0613"), error
    assert "answers" in error["error_detail"] and reader.headers["retry-after"] == "1"


def leave(readers, server):
    for one in readers:
        one.close()
    wait_until_given_back(server)


def make_large_job(client, name="large", mib=3):
    """A job whose archive is some `mib` MiB, of noise that does not compress much."""
    for i in range(mib):
        noise = base64.b64encode(random.Random(i).randbytes(MIB)).decode()
        client.make_script(f"{name}_{i}", content=noise)
    client.make_job(name, nodes=[node(f"n{i}", "Shell", {"scriptName": f"{name}_{i}"})
                                 for i in range(mib)])


def test_readers_of_answers_in_memory(limited):
    client = limited.client()
    client.make_script("quotes", content='"' * (4 * MIB))  # 8 MiB as JSON
    before = reset_peak(limited)
    readers = [Slow(limited, "GET", f"/v1/{client.project}/scripts/quotes") for _ in range(READERS)]
    served = [one for one in readers if one.status == 200]
    assert 3 <= len(served) <= LIMIT / (8 * MIB)
    for one in readers:
        if one not in served:
            refuses(one)
    assert metric(limited, "dlf_answers_refused_total") == READERS - len(served)
    assert 24 * MIB < metric(limited, "dlf_answer_memory_bytes") <= LIMIT + MIB
    client.make_job("meanwhile")
    assert client.get("/jobs").json["total"] == 1
    assert json.loads(served[0].body())["content"] == '"' * (4 * MIB)
    assert SANITIZED or grown_mib(limited, before) < LIMIT / MIB + 64
    leave(readers, limited)
    assert client.get("/scripts/quotes").status == 200


def test_readers_of_one_archive_in_memory(limited):
    """All share it, so that it counts once."""
    client = limited.client()
    make_large_job(client, mib=6)
    path = f"/v1/{client.project}/jobs/large/export"
    whole = client.export_one("large").body
    readers = [Slow(limited, "POST", path) for _ in range(READERS)]
    assert [one.status for one in readers] == [200] * READERS
    assert len(whole) > 6 * MIB
    assert len(whole) <= metric(limited, "dlf_answer_memory_bytes") < len(whole) + SMALL
    assert readers[0].body() == readers[-1].body() == whole
    leave(readers, limited)


def test_readers_of_archives_that_are_sent_part_by_part(limited):
    client = limited.client()
    make_large_job(client, mib=12)
    path = f"/v1/{client.project}/jobs/large/export"
    before = reset_peak(limited)
    readers = [Slow(limited, "POST", path) for _ in range(10 * READERS)]
    served = [one for one in readers if one.status == 200]
    assert 60 < len(served) < len(readers), "small parts leave room for more readers than large ones"
    for one in readers:
        if one not in served:
            refuses(one)
    assert metric(limited, "dlf_answer_memory_bytes") <= LIMIT + MIB
    client.make_job("meanwhile")
    bodies = {served[0].body(), served[len(served) // 2].body(), served[-1].body()}
    assert len(bodies) == 1, "none that began is cut, whatever the size of its parts"
    assert zipfile.ZipFile(io.BytesIO(bodies.pop())).testzip() is None
    assert SANITIZED or grown_mib(limited, before) < LIMIT / MIB + 64
    leave(readers, limited)
    assert client.export_one("large").status == 200


def test_an_answer_larger_than_all_that_is_allowed(start):
    """Alone it is sent, else it never could be."""
    client = start("--max-answer-memory", "1MiB").client()
    client.make_script("quotes", content='"' * (4 * MIB))
    make_large_job(client, mib=12)
    for _ in range(3):
        assert client.get("/scripts/quotes").status == 200
        assert client.export_one("large").zip.testzip() is None


def test_a_head_takes_no_memory(limited):
    client = limited.client()
    make_large_job(client, mib=12)
    path = f"/v1/{client.project}/jobs.zip?name=large"
    readers = [Slow(limited, "GET", path) for _ in range(10 * READERS)]
    assert readers[-1].status == 503
    assert Slow(limited, "HEAD", path).status == 200
    leave(readers, limited)
