"""Memory while large archives are sent, and while large bodies come in.

Under a sanitizer the behaviour is tested, not the figures.
"""

import base64
import collections
import json
import os
import random
import threading
import time
import zipfile

import pytest

from harness import SANITIZED, node

MIB = 1024 * 1024
JOBS = [f"j{i:02}" for i in range(100)]


def reset_peak(server):
    with open(f"/proc/{server.process.pid}/clear_refs", "w", encoding="ascii") as f:
        f.write("5")
    return server.memory_kib("VmHWM")


def grown_mib(server, before):
    return (server.memory_kib("VmHWM") - before) / 1024


@pytest.fixture(scope="module")
def shared(server):
    """100 jobs that share a script of 4 MiB which does not compress much."""
    client = server.client(project="memory")
    noise = random.Random(1).randbytes(3 * MIB)
    client.make_script("big", content=base64.b64encode(noise).decode())
    for name in JOBS:
        client.make_job(name, nodes=[node("n", "Shell", {"scriptName": "big"})])
    return client


def open_export(client):
    connection = client.server.http(timeout=60)
    connection.request("POST", f"/v1/{client.project}/jobs/batch-export",
                       json.dumps({"jobList": JOBS}), {"Content-Type": "application/json"})
    return connection, connection.getresponse()


def test_a_large_archive_is_sent_part_by_part(shared, tmp_path):
    server, path = shared.server, tmp_path / "jobs.zip"
    before = reset_peak(server)
    connection, answer = open_export(shared)
    with open(path, "wb") as out:
        while piece := answer.read(MIB):
            out.write(piece)
    connection.close()
    grown = grown_mib(server, before)
    assert path.stat().st_size == int(answer.headers["Content-Length"]) > 290 * MIB
    with zipfile.ZipFile(path) as z:
        assert len(z.namelist()) == 200 and z.testzip() is None
    assert SANITIZED or grown <= 32, f"{grown:.0f} MiB"


def test_sixteen_slow_readers(shared):
    server, seconds, failures = shared.server, 4, []
    before = reset_peak(server)

    def read_slowly():
        connection, answer = open_export(shared)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if len(answer.read(MIB // 4)) != MIB // 4:
                failures.append("cut short")
                break
            time.sleep(0.25)  # 1 MB/s is what is tested
        connection.close()

    readers = [threading.Thread(target=read_slowly) for _ in range(16)]
    for one in readers:
        one.start()
    for one in readers:
        one.join()
    grown = grown_mib(server, before)
    assert not failures
    assert SANITIZED or grown <= 64, f"{grown:.0f} MiB"


def test_a_client_that_leaves_does_no_harm(shared):
    for _ in range(5):
        connection, answer = open_export(shared)
        answer.read(1000)
        connection.close()
    assert shared.get("/jobs?limit=1").status == 200


def test_a_hundred_large_bodies_at_once(start):
    server = start()
    client, answers = server.client(), []
    before = reset_peak(server)
    body = os.urandom(12 * MIB)

    def post():
        try:
            answer = client.post("/jobs", body)
            answers.append((answer.status, answer.code, answer.headers["Retry-After"]))
        except OSError as error:
            answers.append(type(error).__name__)

    senders = [threading.Thread(target=post) for _ in range(100)]
    for one in senders:
        one.start()
    for one in senders:
        one.join()
    grown, counts = grown_mib(server, before), collections.Counter(answers)
    assert sum(counts.values()) == 100
    assert set(counts) <= {(400, "DLF.3051", None), (503, "APIGW.0613", "1")}, counts
    assert counts[(400, "DLF.3051", None)] >= 1
    assert SANITIZED or grown <= 256 + 64, f"{grown:.0f} MiB"
    client.make_job("after")


def test_the_body_budget_is_given_back(start):
    client = start("--max-body-memory", "12582912").client()
    body = b" " * (12 * MIB)
    for _ in range(3):
        assert client.post("/jobs", body).status == 400
    client.make_job("after")


def test_two_bodies_over_the_budget(start):
    server = start("--max-body-memory", "12582912")
    client = server.client()
    first = server.http(timeout=60)
    first.putrequest("POST", f"/v1/{client.project}/jobs")
    first.putheader("Content-Length", str(12 * MIB))
    first.endheaders()
    first.send(b" " * MIB)
    time.sleep(1)  # one that comes meanwhile could have a part of the budget, and `first` none
    deadline = time.monotonic() + 20
    while (answer := client.post("/jobs", {})).status != 503:
        assert time.monotonic() < deadline
    assert (answer.code, answer.headers["Retry-After"]) == ("APIGW.0613", "1")
    first.send(b" " * 11 * MIB)
    assert first.getresponse().status == 400
    first.close()
    client.make_job("after")
