"""The log on standard error: nobody waits for it, whoever reads it or does not."""

import fcntl
import http.client
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.request

import pytest

from harness import DLFD, ENGLISH

SMALL_PIPE = 4096
LINES = re.compile(r"log: (\d+) lines were dropped")


class Listened:
    """A dlfd whose standard error is a small pipe, which is read only when a test does."""

    def __init__(self, data, *args):
        self.reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, SMALL_PIPE)
        self.process = subprocess.Popen(
            [DLFD, "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--data", str(data),
             "--auth", "off", *args],
            stdout=subprocess.PIPE, stderr=writer, text=True, env={**os.environ, **ENGLISH})
        os.close(writer)
        self.port = int(re.search(r":(\d+)$", self.process.stdout.readline().strip()).group(1))
        self.metrics_url = re.search(r"http://\S+", self.process.stdout.readline()).group(0)

    def ask(self, paths):
        """The statuses of requests on one connection."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        statuses = []
        for path in paths:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
        connection.close()
        return statuses

    def dropped(self):
        page = urllib.request.urlopen(self.metrics_url, timeout=60).read().decode()
        return int(re.search(r"^dlf_log_lines_dropped_total (\d+)", page, re.M).group(1))

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(60)
        self.process.stdout.close()
        if self.reader >= 0:
            os.close(self.reader)
        self.reader = -1


@pytest.fixture
def listened(tmp_path):
    one = Listened(tmp_path / "data")
    yield one
    one.close()


def test_a_log_that_nobody_reads_stops_no_request(listened):
    assert set(listened.ask(["/healthz"] * 200)) == {200}  # 27 lines fill the pipe
    assert set(listened.ask(["/v1/p/jobs"] * 200)) == {200}


def test_a_log_that_nobody_reads_does_not_hold_up_a_stop(listened):
    listened.ask(["/healthz"] * 200)
    listened.process.send_signal(signal.SIGTERM)
    assert listened.process.wait(60) == 0


def test_a_log_that_nobody_reads_does_not_hold_up_a_reload(listened):
    listened.ask(["/healthz"] * 200)
    listened.process.send_signal(signal.SIGHUP)
    assert listened.ask(["/healthz"]) == [200]
    listened.process.send_signal(signal.SIGTERM)
    assert listened.process.wait(60) == 0


def test_what_was_dropped_is_counted_and_told(listened):
    """Lines of some 700 bytes, more than the queue takes; then somebody reads."""
    path = "/v1/" + "p" * 500 + "/nothing"
    while not listened.dropped():
        assert set(listened.ask([path] * 500)) == {404}
    before, text = listened.dropped(), []

    def read():
        with open(listened.reader, encoding="utf-8", errors="replace") as lines:
            text.extend(lines)

    thread = threading.Thread(target=read)
    thread.start()
    listened.reader = -1
    while not any(LINES.search(line) for line in list(text)):
        assert thread.is_alive()
        time.sleep(0.01)
    assert int(next(filter(None, map(LINES.search, text))).group(1)) == before
    assert listened.ask(["/healthz"]) == [200]
    listened.process.send_signal(signal.SIGTERM)
    assert listened.process.wait(60) == 0
    thread.join(60)
    assert "op=Health" in "".join(text[-5:]) or '"Health"' in "".join(text[-5:]), "it flows again"
    assert all(line.endswith("\n") and line.startswith("{") for line in text)


def test_a_log_that_has_lost_its_reader_stops_nothing(listened):
    os.close(listened.reader)
    listened.reader = -1
    assert set(listened.ask(["/healthz"] * 50)) == {200}
    while not listened.dropped():
        time.sleep(0.01)
    listened.process.send_signal(signal.SIGTERM)
    assert listened.process.wait(60) == 0


def test_the_log_is_whole_after_a_stop(start):
    server = start()
    client = server.client()
    for number in range(50):
        client.make_job(f"j{number}")
    assert server.stop() == 0
    assert sum('"CreateJob"' in line for line in server.log) == 50


def test_what_a_terminal_takes_amiss_is_escaped_in_the_log(start):
    server = start()
    server.client().request("GET", "/v1/p%C2%9B31m%E2%80%AE/jobs")
    assert server.stop() == 0
    log = "\n".join(server.log)
    assert '"ListJobs"' in log or '"status":4' in log
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", log)


# ---- descriptors that are closed ----

def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_descriptors_that_are_closed_at_the_start(tmp_path, closed):
    """Else the lock file or the database would get their numbers, and the log's lines."""
    data, port = tmp_path / "data", free_port()
    process = subprocess.Popen(
        ["sh", "-c", f'exec "$@" {closed}', "sh", DLFD, "--listen", f"127.0.0.1:{port}",
         "--data", str(data), "--auth", "off"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        for _ in range(600):
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
                connection.request("GET", "/healthz")
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
        assert connection.getresponse().read()
        connection.close()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0
    assert (data / "lock").read_bytes() == b""
    for path in filter(pathlib.Path.is_file, data.iterdir()):
        assert b"op=Health" not in path.read_bytes() and b'"Health"' not in path.read_bytes(), path
    assert (data / "catalog.db").read_bytes().startswith(b"SQLite format 3\0")
