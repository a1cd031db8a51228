"""The wall clock jumps by days while the server runs: what is under way is not hurt, and what waits
for a time waits as long as it should."""

import io
import pathlib
import random
import struct
import time
import zipfile

import pytest

from harness import DLFD, job, node

CLOCK = pathlib.Path(DLFD).parent / "tests/jumping_clock.so"
DAY = 86400
JUMPS = [30 * DAY, -30 * DAY]


@pytest.fixture
def jumping(start, tmp_path):
    """jumping(*args): (a dlfd, a function that sets its wall clock ahead by so many seconds)."""
    file = tmp_path / "ahead"

    def ahead(seconds):
        with open(file, "r+b" if file.exists() else "wb") as out:
            out.write(struct.pack("=q", seconds))

    def launch(*args):
        ahead(0)
        return start(*args, env={"LD_PRELOAD": str(CLOCK), "JUMPING_CLOCK": str(file)}), ahead

    return launch


def wall_ms(client, name):
    client.make_job(name)
    return client.get(f"/jobs/{name}").json["createTime"]


@pytest.mark.parametrize("jump", JUMPS)
def test_the_clock_of_these_tests_jumps(jumping, jump):
    server, ahead = jumping()
    client = server.client()
    before = wall_ms(client, "a")
    ahead(jump)
    assert abs(wall_ms(client, "b") - before - jump * 1000) < 3600 * 1000


@pytest.mark.parametrize("jump", JUMPS)
def test_an_answer_that_is_being_sent_is_sent_whole(jumping, jump):
    """All that it sends is deleted, then the clock jumps, and the sweep has its chances."""
    server, ahead = jumping()
    client, names = server.client(project="slow"), [f"s{i}" for i in range(10)]
    texts = {name: random.Random(name).randbytes(1_500_000).hex() for name in names}
    for name in names:
        client.make_script(name, content=texts[name])
    nodes = [node(name, "DWSSQL", {"scriptName": name}) for name in names]
    client.make_job("j", nodes=nodes)
    connection = server.connect(receive_buffer=4096)
    connection.sendall(b"GET /v1/slow/jobs.zip?name=j HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    got = connection.recv(1024)
    assert got.startswith(b"HTTP/1.1 200 ")

    for path in ["/jobs/j", *(f"/scripts/{name}" for name in names)]:
        assert client.delete(path).status == 204
    ahead(jump)
    for i in range(3):  # the writer sweeps, when it is time, behind each write
        client.make_job(f"wake{i}")

    pieces = [got]
    while piece := connection.recv(1 << 20):
        pieces.append(piece)
    connection.close()
    head, _, body = b"".join(pieces).partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    assert (length > 10_000_000, len(body)) == (True, length)
    archive = zipfile.ZipFile(io.BytesIO(body))
    assert archive.testzip() is None
    assert len(archive.namelist()) == 11


@pytest.mark.parametrize("jump", JUMPS)
def test_a_dripped_head_is_ended(jumping, jump):
    server, ahead = jumping("--header-timeout", "1s")
    ahead(jump)
    connection = server.connect(timeout=0.2)
    connection.sendall(b"GET /v1/drip/jobs HTTP/1.1\r\n")
    deadline = time.monotonic() + 60
    ended = False
    while not ended:
        assert time.monotonic() < deadline, "the connection is still open"
        try:
            connection.sendall(b"X")
            ended = connection.recv(1) == b""
        except TimeoutError:
            pass
        except OSError:
            ended = True
    connection.close()


@pytest.mark.parametrize("jump", JUMPS)
def test_a_stop_ends(jumping, jump):
    """With a body under way that never comes: its time ends, and then the server does."""
    server, ahead = jumping("--transfer-timeout", "1s")
    ahead(jump)
    connection = server.connect()
    connection.sendall(b"POST /v1/stop/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n"
                       b"Content-Type: application/json\r\n\r\n{")
    assert server.client().post("/jobs", job("served")).status == 204
    assert server.stop(timeout=90) == 0
    connection.close()
