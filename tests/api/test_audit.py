"""The audit log loses no line: not for a client that leaves, nor for a file that takes none."""

import contextlib
import fcntl
import json
import os
import pathlib
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import time
import urllib.request

import pytest

from archives import put_object, task_of, zipped
from harness import audit_rows, cdm_job, job, quote
from signer import client_of, credentials, get_token, password_body

TIMES = 20


class House:
    """A server that asks for sign-in, and its administrator."""

    def __init__(self, server, log=None):
        self.server, self.first = server, credentials(server.data)
        self.project, self.log = self.first["Project Id"], log or server.data / "audit.log"
        self.plain = server.client(project=self.project)
        self.token = get_token(self.plain, "admin", self.first["Password"], project=self.project)
        self.client = client_of(server, self.token, self.project)

    def rows(self, enough, **kw):
        return audit_rows(self.log, enough, **kw)

    def of(self, operation, n, status=None):
        """The `n` lines of an operation, once there are as many."""
        def fitting(rows):
            return [one for one in rows if one["operation"] == operation and status in (None, one["status"])]
        return fitting(self.rows(lambda rows: count(fitting(rows)) >= n))

    def request(self, method, path, body=None, token=True):
        data = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(data)}\r\n"
        head += "Content-Type: application/json\r\n"
        head += f"X-Auth-Token: {self.token}\r\n" if token else ""
        return head.encode() + b"\r\n" + data

    def send_and_leave(self, *args, **kw):
        """A whole request, whose client is gone before there is an answer."""
        with self.server.connect() as connection:
            connection.sendall(self.request(*args, **kw))

    def metric(self, name):
        page = urllib.request.urlopen(self.metrics, timeout=60).read().decode()
        return int(re.search(rf"^{name} (\d+)", page, re.M).group(1))


def count(rows):
    return sum(one.get("count", 1) for one in rows)


@pytest.fixture
def house(start):
    return House(start("--auth", "on"))


def metered(start, *args, **kw):
    server = start("--auth", "on", "--metrics-listen", "127.0.0.1:0", *args, **kw)
    metrics = re.search(r"metrics on (http://\S+)", server.process.stdout.readline()).group(1)
    return server, metrics


# ---- a client that is gone ----

def test_a_write_whose_client_has_left(house):
    for n in range(TIMES):
        house.send_and_leave("POST", f"/v1/{house.project}/jobs", job(f"j{n}"))
    rows = house.of("CreateJob", TIMES)
    made = {one["name"] for one in house.client.get("/jobs?limit=100").json["jobs"]}
    assert {one["object"] for one in rows if one["status"] == 204} == made
    assert len(made) == len(rows) == TIMES
    for n in range(TIMES):
        house.send_and_leave("DELETE", f"/v1/{house.project}/jobs/j{n}")
    assert {one["object"] for one in house.of("DeleteJob", TIMES, 204)} == made


def test_a_write_of_several_objects_is_one_line(house):
    where = f"/v1.1/{house.project}/clusters/{house.client.clusters()['default']}/cdm/job"
    for n in range(TIMES):
        house.send_and_leave("POST", where, {"jobs": [cdm_job(f"a{n}"), cdm_job(f"b{n}")]})
    assert len(house.of("CreateCdmJob", TIMES, 200)) == TIMES


@contextlib.contextmanager
def late_threads(server, seconds):
    """The serving threads come that much later to what arrives."""
    log = server.data / "strace.log"
    with subprocess.Popen(["strace", "-f", "-o", log, "-p", str(server.process.pid), "-e", "trace=epoll_wait",
                           "-e", f"inject=epoll_wait:delay_exit={int(seconds * 1e6)}"],
                          stderr=subprocess.DEVNULL) as strace:
        while not (log.exists() and log.stat().st_size):
            assert strace.poll() is None
            time.sleep(0.05)
        try:
            yield
        finally:
            strace.terminate()


def sockets_of(server):
    found = 0
    for one in pathlib.Path(f"/proc/{server.process.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            found += os.readlink(one).startswith("socket:")
    return found


def test_a_whole_request_is_served_though_its_client_left_long_ago(house):
    """Who left is looked for each half a second; the bytes may not have been read by then."""
    before = sockets_of(house.server)
    connections = [house.server.connect() for _ in range(3)]
    while sockets_of(house.server) < before + 3:
        time.sleep(0.02)
    with late_threads(house.server, 2.5):
        for n, connection in enumerate(connections):
            with connection:
                connection.sendall(house.request("POST", f"/v1/{house.project}/jobs", job(f"late{n}")))
        time.sleep(3)
    assert len(house.of("CreateJob", 3, 204)) == 3


def test_an_export_whose_client_has_left(house):
    house.client.make_job("j")
    for n in range(TIMES):
        house.send_and_leave("POST", f"/v1/{house.project}/jobs/batch-export", {"jobList": ["j"]})
        house.send_and_leave("GET", f"/v1/{house.project}/jobs.zip?name=j")
    assert len(house.of("ExportJobList", TIMES, 200)) == TIMES
    assert len(house.of("ExportJobsLink", TIMES, 200)) == TIMES


def test_an_export_to_object_storage_whose_client_has_left(house):
    house.client.make_job("j")
    put_object(house.server, b"x")
    for n in range(TIMES):
        house.send_and_leave("POST", f"/v1/{house.project}/jobs/batch-export",
                             {"jobList": ["j"], "obsPath": "obs://archives/out"})
        house.send_and_leave("POST", f"/v1/{house.project}/jobs/batch-export",
                             {"jobList": ["j"], "obsPath": "obs://nobodys/out"})
    rows = house.of("ExportJobList", 2 * TIMES)
    made = list((house.server.data / "obs/archives/out/jobs_exported").iterdir())
    assert len(rows) == 2 * TIMES and len(made) == TIMES
    assert sum(one["status"] == 200 for one in rows) == TIMES


def test_an_import_whose_client_has_left(house):
    path = put_object(house.server, zipped({"a.job": json.dumps(job("a"))}))
    for n in range(TIMES):
        house.send_and_leave("POST", f"/v1/{house.project}/jobs/import", {"path": path})
    begun, ended = house.of("ImportJob", TIMES, 200), house.of("ImportJobEnd", TIMES, 200)
    assert len(begun) == len(ended) == TIMES
    assert {one["request_id"] for one in begun} == {one["request_id"] for one in ended}


def test_a_dry_run_and_a_look_at_a_file_whose_client_has_left(house):
    path = put_object(house.server, zipped({"a.job": json.dumps(job("a"))}))
    for n in range(TIMES):
        house.send_and_leave("POST", f"/v1/{house.project}/jobs/import", {"path": path, "dryRun": True})
        house.send_and_leave("POST", f"/v1/{house.project}/jobs/check-file", {"path": path})
    assert len(house.of("ImportJob", TIMES, 200)) == len(house.of("ShowFileInfo", TIMES, 200)) == TIMES


def test_a_failed_sign_in_whose_client_has_left(house):
    for n in range(14):  # of an address 16 may wait
        house.send_and_leave("POST", "/v3/auth/tokens", password_body(f"guess{n}", "wrong"), token=False)
    rows = house.of("CreateToken", 14, 401)
    assert {one["user"] for one in rows} == {f"guess{n}" for n in range(14)}


def test_a_token_whose_client_has_left(house):
    """Every one that was issued has its line."""
    for n in range(4):  # that may be looked at, until the first has been
        house.send_and_leave("POST", "/v3/auth/tokens", password_body("admin", house.first["Password"]), token=False)
    rows = house.of("CreateToken", 5)
    with sqlite3.connect(house.server.data / "catalog.db") as db:
        issued, = db.execute("SELECT count(*) FROM token").fetchone()
    assert sum(one["status"] == 201 for one in rows) == issued
    assert {one["status"] for one in rows} <= {0, 201}


def test_a_refusal_whose_client_has_left(house):
    for n in range(TIMES):
        house.send_and_leave("DELETE", f"/v1/{house.project}/jobs/j{n}", token=False)
    rows = house.of("DeleteJob", TIMES, 401)
    assert count(rows) == TIMES


# ---- what a line has ----

def test_the_end_of_an_import_has_a_line_with_its_counts(house):
    good = put_object(house.server, zipped({"a.job": json.dumps(job("a")), "b.job": json.dumps(job("b"))}))
    bad = put_object(house.server, zipped({"c.job": json.dumps(job("c")), "d.job": "{"}), "bad.zip")
    none = put_object(house.server, b"no archive", "none.zip")
    tasks = [task_of(house.client, house.client.post("/jobs/import", {"path": path})) for path in (good, bad, none)]
    rows = house.of("ImportJobEnd", 3)
    assert [one["task"] for one in rows] == [one["id"] for one in tasks]
    assert [one["result"] for one in rows] == ["SUCCESSFUL", "FAILED", "FAILED"]
    assert [one["object"] for one in rows] == [good, bad, none]
    assert [one["status"] for one in rows] == [200, 400, 400] and rows[2]["error_code"] == "DLF.0815"
    assert rows[0]["counts"] == tasks[0]["counts"] and rows[0]["counts"]["create"] == 2
    assert rows[1]["counts"] == tasks[1]["counts"] and "counts" not in rows[2]
    assert {one["user"] for one in rows} == {"admin"} and {one["project"] for one in rows} == {house.project}


def test_imports_that_were_cut_off_have_a_line_at_the_next_start(house, start):
    path = put_object(house.server, zipped({"a.job": json.dumps(job("a"))}))
    task_of(house.client, house.client.post("/jobs/import", {"path": path}))
    for cut_off in (True, False):
        house.server.stop()
        with sqlite3.connect(house.server.data / "catalog.db") as db:
            db.execute("UPDATE task SET status = 'RUNNING', ended = NULL WHERE ?", (cut_off,))
        house.server = start("--auth", "on", data=house.server.data)
        get_token(house.server.client(project=house.project), "admin", house.first["Password"])
    house.of("CreateToken", 3)
    assert [(one["status"], one["result"]) for one in house.of("ImportsInterrupted", 1)] == [(503, "FAILED")]


def test_a_line_has_at_most_a_kibibyte(house):
    long = "\u4f5c\u202e\x9b\"" * 4000
    house.client.export([long])
    house.plain.request("GET", f"/v1/{quote(long[:600])}/jobs", headers={"workspace": "w" * 9000})
    house.plain.request("POST", "/v3/auth/tokens", password_body(long[:10000], "wrong", domain=long[:10000]))
    path = put_object(house.server, zipped({"a.job": json.dumps(job("a"))}), "x" * 200 + ".zip")
    task_of(house.client, house.client.post("/jobs/import", {"path": path}))
    house.of("ImportJobEnd", 1)
    lines = house.log.read_bytes().split(b"\n")
    assert all(len(line) < 1024 for line in lines) and max(map(len, lines)) > 600
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", house.log.read_text("utf-8"))
    rows = house.rows(5)
    assert any(one["object"].endswith("\u2026") for one in rows)


# ---- refusals to nobody in particular are summed up ----

def test_refusals_of_anybody_are_summed_up(house):
    before = len(house.rows(1))
    connection = house.server.http(timeout=60)
    for n in range(3000):
        connection.request("GET", f"/v1/{house.project}/jobs/x{n}")
        connection.getresponse().read()
    connection.close()
    began = time.monotonic()
    rows = house.rows(lambda rows: count(rows[before:]) == 3000)[before:]
    seconds = time.monotonic() - began + 1
    assert rows[0].get("count", 1) == 1 and all("count" in one for one in rows[1:])
    assert len(rows) < 3000 / 10 and seconds < 60
    assert {(one["operation"], one["status"], one["address"]) for one in rows} == {("ShowJob", 401, "127.0.0.1")}


def test_each_address_has_a_count_of_its_own(house):
    before = len(house.rows(1))
    for n in range(8):
        for turn in range(3):
            with socket.create_connection(("127.0.0.1", house.server.port), 60, (f"127.0.0.{n + 2}", 0)) as one:
                one.sendall(f"GET /v1/{house.project}/jobs HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                assert one.recv(100).startswith(b"HTTP/1.1 401")
    rows = house.rows(lambda rows: count(rows[before:]) == 24)[before:]
    for n in range(8):
        assert count([one for one in rows if one["address"] == f"127.0.0.{n + 2}"]) == 3


# ---- a file that takes nothing ----

def wait_until(holds, seconds=60):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("kind", ["full", "fifo without a reader", "fifo that nobody reads"])
def test_a_file_that_takes_nothing_holds_up_nothing(start, tmp_path, kind):
    """And its lines are in the next one: they waited in the database."""
    log, reader = tmp_path / "blocked", None
    if kind == "full":
        log = pathlib.Path("/dev/full")
    else:
        os.mkfifo(log)
    if kind == "fifo that nobody reads":
        reader = os.open(log, os.O_RDONLY | os.O_NONBLOCK)
        fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 4096)
    server, metrics = metered(start, "--audit-log", log)
    house = House(server, log)
    house.metrics = metrics
    for n in range(30):
        house.client.make_job(f"j{n}")
        assert house.plain.get("/jobs").status == 401
        assert house.client.export([f"j{n}"]).status == 200
    wait_until(lambda: house.metric("dlf_audit_rows_waiting") > 5)
    wait_until(lambda: house.metric("dlf_audit_write_failures_total") > 0)
    assert any("audit log: " in line for line in server.log)
    assert house.client.request("GET", "/healthz").status == 200
    assert server.stop() == 0
    lines = []
    if reader is not None:
        os.set_blocking(reader, False)
        lines = [json.loads(line) for line in os.read(reader, 1 << 20).split(b"\n")[:-1]]
        os.close(reader)
    again = start("--auth", "on", data=server.data)
    made = {f"j{n}" for n in range(30)}

    def are_there(rows):
        return {one["object"] for one in lines + rows if one["operation"] == "CreateJob"} == made
    audit_rows(server.data / "audit.log", are_there)
    assert again.stop() == 0


def test_a_kill_loses_no_line_of_a_write(start, tmp_path):
    os.mkfifo(tmp_path / "blocked")
    house = House(start("--auth", "on", "--audit-log", tmp_path / "blocked"), tmp_path / "blocked")
    for n in range(10):
        house.client.make_job(f"j{n}")
    assert house.server.stop(signal.SIGKILL) == -signal.SIGKILL
    start("--auth", "on", data=house.server.data)
    rows = audit_rows(house.server.data / "audit.log", 11)
    assert [one["object"] for one in rows] == ["", *(f"j{n}" for n in range(10))]


def test_a_kill_repeats_lines_and_tears_none(house):
    """Byte by byte, so that a repeated line can be told by its request id."""
    for n in range(50):
        house.client.make_job(f"j{n}")
    house.of("CreateJob", 50)
    assert house.server.stop(signal.SIGKILL) == -signal.SIGKILL
    with house.log.open("a") as log:
        log.write('{"torn":')  # as a crash of the machine may leave it
    server = house.server.__class__(house.server.data, "--auth", "on")
    get_token(server.client(project=house.project), "admin", house.first["Password"])
    deadline = time.monotonic() + 60
    while house.log.read_text().count("CreateToken") < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert server.stop() == 0
    lines = [line for line in house.log.read_text().split("\n")[:-1] if line != '{"torn":']
    rows = [json.loads(line) for line in lines]
    assert len(set(lines)) == len({(one["request_id"], one["operation"]) for one in rows}) == 52
    with sqlite3.connect(house.server.data / "catalog.db") as db:
        assert db.execute("SELECT count(*) FROM audit").fetchone() == (0,)


def test_a_file_that_somebody_deletes_is_made_anew(house):
    house.client.make_job("a")
    house.of("CreateJob", 1)
    house.log.unlink()
    house.client.make_job("b")
    assert [one["object"] for one in house.rows(1)] == ["b"]
    assert stat.S_IMODE(house.log.stat().st_mode) == 0o600


def test_a_rotated_file_and_the_new_one_have_all_lines_between_them(house):
    old = house.server.data / "audit.log.1"
    for n in range(60):
        house.client.make_job(f"j{n}")
        if n == 30:
            house.log.rename(old)
            house.server.process.send_signal(signal.SIGHUP)
    wait_until(house.log.exists)
    rows = house.rows(lambda rows: len(rows) + len(audit_rows(old, 0)) >= 61)
    objects = [one["object"] for one in audit_rows(old, 0) + rows]
    assert objects == ["", *(f"j{n}" for n in range(60))]


def test_rows_are_removed_without_commits_of_their_own(start):
    server, metrics = metered(start)
    house = House(server)
    house.metrics = metrics
    before = house.metric("dlf_database_commits_total")
    for n in range(100):
        house.client.make_job(f"j{n}")
    assert house.metric("dlf_database_commits_total") - before <= 105
    wait_until(lambda: house.metric("dlf_audit_rows_waiting") == 0)


@pytest.mark.parametrize("args", [["--auth", "off"], ["--auth", "on", "--audit-log", "off"]])
def test_without_an_audit_log_there_are_no_rows(start, args):
    server = start(*args)
    if "on" in args:
        House(server).client.make_job("j")
    else:
        server.client().make_job("j")
    with sqlite3.connect(server.data / "catalog.db") as db:
        assert db.execute("SELECT count(*) FROM audit").fetchone() == (0,)
