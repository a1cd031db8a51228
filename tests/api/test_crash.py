"""Killed, or refused by the disk, at every call that writes.

strace's fault injection, on the thread that works: first a run counts the calls that
an operation makes, then each of them is hit in a run of its own, from the same
folder.  A killed process does not lose the page cache: that the log is on the disk
before an answer is sent is a test of its own.  (The log's index is mapped memory and
makes no calls; SQLite makes it anew from the log.)
"""

import collections
import http.client
import json
import os
import pathlib
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import time

import pytest

from archives import put_object, task_of, zipped
from harness import ALL, DLFD, ROOT, SANITIZED, Server, dlfd, job, node, script
from signer import client_of, credentials, get_token

pytestmark = pytest.mark.skipif(
    SANITIZED, reason="LeakSanitizer cannot work in a traced process; the gcc build runs these")

CALLS = ["write", "pwrite64", "fsync", "fdatasync", "rename", "renameat2", "ftruncate", "unlink"]
FULL = ["pwrite64", "fsync", "fdatasync", "ftruncate"]
OLD = ROOT / "tests/data/catalog-0001.sql"
INJECTED = re.compile(r"^(?:\[pid +\d+\] |\d+ +)?(\w+)\(.*\(INJECTED\)|killed by SIGKILL", re.M)
CALL = re.compile(r"^(?:\[pid +\d+\] |(\d+) +)?(\w+)\(", re.M)


def pairs(names, faults):
    """Each fault with each name; without ALL one fault with each, the faults in turn."""
    return [(name, fault) for i, name in enumerate(names) for j, fault in enumerate(faults)
            if ALL or (i + j) % len(faults) == 0]


def inject(fault, call, when):
    what = "signal=KILL" if fault == "KILL" else f"error={fault}"
    return ["-e", f"inject={call}:{what}:when={when}"]


class Traced:
    """strace on one thread of a running server, for as long as the block runs."""

    def __init__(self, server, tid, log, *more):
        self.server, self.log = server, log
        self.process = subprocess.Popen(
            ["strace", "--quiet=personality,exit", "-o", log, "-e", "trace=" + ",".join(CALLS + ["sendto", "sendmsg", "openat", "read", "recvfrom"]),
             *more, "-p", str(tid)], stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        """From that word on the thread makes no call unseen; it has a tracer before."""
        said = self.process.stderr.readline()
        assert "attached" in said, said
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(10)
        self.process.stderr.close()

    def text(self):
        return pathlib.Path(self.log).read_text()


def writer_of(server):
    for task in pathlib.Path(f"/proc/{server.process.pid}/task").iterdir():
        if (task / "comm").read_text().strip() == "writer":
            return task.name
    raise AssertionError("no writer")


# ---- what is saved before, and what is done to it ----

def fill(client):
    client.make_script("etl", content="select 1;" * 50)
    client.make_job("kept", nodes=[node("a", "DWSSQL", {"scriptName": "etl"})])
    client.make_job("changed", nodes=[node("a", "DWSSQL", {"scriptName": "etl"})])
    client.make_job("deleted")


def change(client):
    return client.put("/jobs/changed", job("changed", description="another", nodes=[node("b")]))


LARGE = random.Random(1).randbytes(60_000).hex()  # the same each time: as many pages

OPERATIONS = {
    "save": (lambda c: c.post("/jobs", job("fresh", nodes=[node("a", "DWSSQL", {"scriptName": "etl"})])),
             lambda c: c.get("/jobs/fresh").status == 200),
    "save, large": (lambda c: c.post("/scripts", script("big", content=LARGE)),
                    lambda c: c.get("/scripts/big").status == 200),
    "update": (change, lambda c: c.get("/jobs/changed").json.get("description") == "another"),
    "submit": (lambda c: c.put("/jobs/changed", job("changed", targetStatus="SUBMITTED")),
               lambda c: c.get("/jobs/changed?version=1").status == 200),
    "delete": (lambda c: c.delete("/jobs/deleted"), lambda c: c.get("/jobs/deleted").status == 400),
}


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A folder with all that fill() saves, and its log not yet in the database."""
    data = tmp_path_factory.mktemp("template") / "data"
    server = Server(data)
    fill(server.client())
    server.stop(signal.SIGKILL)
    return data


def sound(data):
    done = dlfd("admin", "check", "--data", data)
    assert done.returncode == 0, done


def kept(client):
    """What was acknowledged before is there, and can be exported."""
    answer = client.export(["kept"])
    assert answer.status == 200 and answer.names == ["jobs/kept/etl.script", "jobs/kept/kept.job"]
    assert b"select 1;" in answer.zip.read("jobs/kept/etl.script")
    assert client.get("/scripts/etl").status == 200


def counted(text):
    """{call: the most that one thread made}"""
    seen = collections.Counter(CALL.findall(text))
    most = collections.Counter()
    for (thread, call), n in seen.items():
        most[call] = max(most[call], n)
    return most


def points(counts, calls):
    """(call, n) for each call that is to be hit."""
    found = [(call, n + 1) for call in calls for n in range(counts[call])]
    if ALL or len(found) <= 6:
        return found
    ends = [point for point in found if point[1] in (1, counts[point[0]])]  # of each call
    between = [point for point in found if point not in ends]
    return sorted(ends + between[len(between) // 2:][:1], key=found.index)


def fresh(template, tmp_path):
    data = tmp_path / "run"
    shutil.rmtree(data, ignore_errors=True)
    shutil.copytree(template, data)
    return data


def run(data, log, operation, *more):
    """(server, what was answered or None, the trace) of an operation under strace."""
    server = Server(data)
    answer = None
    with Traced(server, writer_of(server), log, *more) as traced:
        try:
            answer = OPERATIONS[operation][0](server.client(timeout=10))
        except (ConnectionError, http.client.HTTPException):
            pass
    return server, answer, traced.text()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_killed_at_every_call(template, tmp_path, operation):
    server, answer, text = run(fresh(template, tmp_path), tmp_path / "log", operation)
    assert answer.status == 204
    server.stop()
    counts = counted(text)
    assert counts["pwrite64"] >= 2 and counts["fdatasync"] >= 1, text
    for call, n in points(counts, CALLS):
        data = fresh(template, tmp_path)
        server, answer, text = run(data, tmp_path / "log", operation, *inject("KILL", call, n))
        assert server.process.wait(10) == -signal.SIGKILL, (call, n, text)
        server.stop()
        sound(data)
        again = Server(data)
        client = again.client()
        kept(client)
        if answer is not None:
            assert OPERATIONS[operation][1](client), (call, n)
        done = OPERATIONS[operation][1](client)
        if not done:  # not half: it can be done as if never begun
            assert OPERATIONS[operation][0](client).status == 204, (call, n)
            assert OPERATIONS[operation][1](client)
        assert again.stop() == 0
        sound(data)


@pytest.mark.parametrize("operation, fault", pairs(OPERATIONS, ["ENOSPC", "EIO"]))
def test_refused_by_the_disk_at_every_call(template, tmp_path, operation, fault):
    server, _, text = run(fresh(template, tmp_path), tmp_path / "log", operation)
    server.stop()
    for call, n in points(counted(text), FULL):
        data = fresh(template, tmp_path)
        server, answer, text = run(data, tmp_path / "log", operation, *inject(fault, call, n))
        assert INJECTED.search(text), (call, n, text)
        client = server.client()
        if answer.status != 204:
            assert (answer.status, answer.code) == (500, "APIGW.0601"), (call, n, answer)
            assert "the catalogue: " in answer.detail and answer.detail != "the catalogue: "
            assert not OPERATIONS[operation][1](client), "refused, and yet done"
            kept(client)
            assert OPERATIONS[operation][0](client).status == 204, "it works again"
        assert OPERATIONS[operation][1](client), (call, n)
        kept(client)
        assert server.stop() == 0
        sound(data)


# ---- an import: its task, what it stages, and its one transaction ----

COMING = {"changed.job": job("changed", description="imported"), "new.job": job("new"),
          "new.script": script("new", content=LARGE), "etl.script": script("etl", content="select 2;")}


def holds_import(client):
    """How much of it is there."""
    return [client.get("/jobs/changed").json.get("description") == "imported",
            client.get("/jobs/new").status == 200, client.get("/scripts/new").status == 200,
            client.get("/scripts/etl").json["content"] == "select 2;"]


def run_import(data, log, *more):
    """(server, the task's id or None, the task when it was seen to end, the trace)"""
    server, task, end = Server(data), None, None
    client = server.client(timeout=10)
    path = put_object(server, zipped({name: json.dumps(body) for name, body in COMING.items()}))
    with Traced(server, writer_of(server), log, *more) as traced:
        try:
            answer = client.post("/jobs/import", {"path": path, "sameNamePolicy": "OVERWRITE"})
            if answer.status == 200:
                task = answer.json["taskId"]
                end = task_of(client, answer)
                wait_for_unstaging(data)
        except (ConnectionError, http.client.HTTPException):
            pass
    return server, task, end, traced.text()


def wait_for_unstaging(data):
    """It follows the end of the task; where the disk refuses it, it is left to another."""
    db, deadline = sqlite3.connect(data / "catalog.db"), time.monotonic() + 1
    while db.execute("SELECT count(*) FROM staged").fetchone() != (0,) and time.monotonic() < deadline:
        time.sleep(0.005)
    db.close()


def all_or_nothing(client, task, point):
    held = holds_import(client)
    assert all(held) or not any(held), (point, held)
    if task:
        shown = client.get("/system-tasks/" + task).json
        assert shown["status"] == ("SUCCESSFUL" if all(held) else "FAILED"), (point, shown, held)
    return all(held)


def no_blob_is_lost(data):
    """One without users is the sweep's; none is staged when no import goes on."""
    db = sqlite3.connect(data / "catalog.db")
    assert db.execute("SELECT count(*) FROM staged").fetchone() == (0,)
    assert db.execute(
        "SELECT count(*) FROM blob b WHERE orphaned_at IS NULL AND NOT EXISTS (SELECT 1 FROM object "
        "WHERE blob = b.id) AND NOT EXISTS (SELECT 1 FROM version WHERE blob = b.id)").fetchone() == (0,)
    db.close()


def can_be_done_again(client):
    path = put_object(client.server, zipped({n: json.dumps(body) for n, body in COMING.items()}))
    end = task_of(client, client.post("/jobs/import", {"path": path, "sameNamePolicy": "OVERWRITE"}))
    assert end["status"] == "SUCCESSFUL" and all(holds_import(client)), end


def test_an_import_killed_at_every_call(template, tmp_path):
    server, _, end, text = run_import(fresh(template, tmp_path), tmp_path / "log")
    assert end["status"] == "SUCCESSFUL" and all(holds_import(server.client())), end
    server.stop()
    for call, n in points(counted(text), CALLS):
        data = fresh(template, tmp_path)
        server, task, end, text = run_import(data, tmp_path / "log", *inject("KILL", call, n))
        assert server.process.wait(10) == -signal.SIGKILL, (call, n, text)
        server.stop()
        sound(data)
        again = Server(data)
        client = again.client()
        done = all_or_nothing(client, task, (call, n))
        assert done or not end or end["status"] == "FAILED", (call, n, end)
        if not done:
            kept(client)
        can_be_done_again(client)
        assert again.stop() == 0
        no_blob_is_lost(data)


@pytest.mark.parametrize("fault", ["ENOSPC", "EIO"] if ALL else ["ENOSPC"])
def test_an_import_refused_by_the_disk_at_every_call(template, tmp_path, fault):
    server, _, _, text = run_import(fresh(template, tmp_path), tmp_path / "log")
    server.stop()
    for call, n in points(counted(text), FULL):
        data = fresh(template, tmp_path)
        server, task, end, text = run_import(data, tmp_path / "log", *inject(fault, call, n))
        assert INJECTED.search(text), (call, n, text)
        client = server.client()
        done = all_or_nothing(client, task, (call, n))
        assert done or not end or "the catalogue: " in end["message"], (call, n, end)
        can_be_done_again(client)
        assert server.stop() == 0
        assert Server(data).stop() == 0  # does what the disk may have refused
        no_blob_is_lost(data)
        sound(data)


def test_an_import_while_the_disk_is_full(template, tmp_path):
    """Not even its end can be written; when there is room again it is, and says why."""
    server = Server(fresh(template, tmp_path))
    client = server.client(timeout=10)
    path = put_object(server, zipped([(f"{i}.script", json.dumps(script(f"s{i}", content=f"{i} {LARGE}")))
                                      for i in range(1500)], level=1))
    answer = client.post("/jobs/import", {"path": path})
    assert answer.status == 200, answer
    shown = "/system-tasks/" + answer.json["taskId"]
    with Traced(server, writer_of(server), tmp_path / "log", *inject("ENOSPC", "pwrite64", "1+")):
        while len(INJECTED.findall((tmp_path / "log").read_text())) < 3:
            time.sleep(0.05)  # its end is tried each second
        assert client.get(shown).json["status"] == "RUNNING"
    end = task_of(client, answer)
    assert end["status"] == "FAILED" and "the catalogue: " in end["message"], end
    assert client.get("/scripts?limit=1").json["total"] == 1
    can_be_done_again(client)
    assert server.stop() == 0


# ---- what a process does alone ----

def start_traced(data, log, *more, command=None):
    command = command or [DLFD, "--listen", "127.0.0.1:0", "--data", data]
    return subprocess.Popen(
        ["strace", "-qq", "-f", "-o", log, "-e", "trace=" + ",".join(CALLS), *more, *map(str, command)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


class Struck:
    """How many faults did strike: with several threads a call more or less is made."""

    def __init__(self, log):
        self.log, self.missed = log, 0

    def look(self, point):
        self.missed += not INJECTED.search(self.log.read_text())
        assert self.missed <= 2, (point, self.log.read_text())


def old_catalogue(data):
    data.mkdir(mode=0o700)
    db = sqlite3.connect(data / "catalog.db")
    db.executescript(OLD.read_text())
    rows = db.execute("SELECT id, uid, name, update_time FROM object ORDER BY id").fetchall()
    db.close()
    return rows


def start_and_stop(data, log, *more, command=None):
    """Starts under strace; whether it came to listen."""
    process = start_traced(data, log, *more, command=command)
    line = process.stdout.readline()
    if line:
        found = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True,
                               check=False).stdout.split()
        for child in found:  # none, when the fault has struck behind the line
            try:
                os.kill(int(child), signal.SIGTERM)
            except ProcessLookupError:
                pass
    said = process.communicate(timeout=30)[1]
    return bool(line), said


def objects(data):
    db = sqlite3.connect(data / "catalog.db")
    rows = db.execute("SELECT id, uid, name, update_time FROM object ORDER BY id").fetchall()
    db.close()
    return rows


@pytest.mark.parametrize("fault", ["KILL", "ENOSPC", "EIO"] if ALL else ["KILL", "EIO"])
def test_a_start_that_migrates(tmp_path, fault):
    """The copy before, each migration, the new key, the stop's checkpoint."""
    original = tmp_path / "original"
    rows = old_catalogue(original)
    data = fresh(original, tmp_path)
    assert start_and_stop(data, tmp_path / "log")[0]
    struck = Struck(tmp_path / "log")
    for call, n in points(counted((tmp_path / "log").read_text()), CALLS if fault == "KILL" else FULL):
        data = fresh(original, tmp_path)
        started, said = start_and_stop(data, tmp_path / "log", *inject(fault, call, n))
        struck.look((call, n))
        assert started or fault == "KILL" or "dlfd: " in said, (call, n, said)
        again = Server(data)
        assert again.client().request("GET", "/readyz").status == 200
        assert again.stop() == 0
        assert objects(data) == rows, (call, n)
        sound(data)


@pytest.mark.parametrize("fault", ["KILL", "ENOSPC", "EIO"] if ALL else ["KILL", "ENOSPC"])
def test_a_first_account(tmp_path, fault):
    """Of a new folder: its credentials sign in, however the start before it ended."""
    data, log = tmp_path / "data", tmp_path / "log"
    command = [DLFD, "--listen", "127.0.0.1:0", "--data", data, "--auth", "on"]
    assert start_and_stop(data, log, command=command)[0]
    struck = Struck(log)
    for call, n in points(counted(log.read_text()), CALLS if fault == "KILL" else FULL):
        shutil.rmtree(data)
        start_and_stop(data, log, *inject(fault, call, n), command=command)
        struck.look((call, n))
        server = Server(data, "--auth", "on")
        first = credentials(data)
        client = server.client(project=first["Project Id"])
        token = get_token(client, "admin", first["Password"], project=client.project)
        assert client_of(server, token, client.project).get("/jobs").status == 200, (call, n)
        assert server.stop() == 0
        sound(data)


@pytest.mark.parametrize("fault", ["KILL", "ENOSPC", "EIO"] if ALL else ["KILL", "EIO"])
def test_a_sweep(template, tmp_path, fault):
    original = fresh(template, tmp_path).rename(tmp_path / "swept")
    server = Server(original)
    for i in range(5):
        assert server.client().put("/jobs/changed", job("changed", description=str(i))).status == 204
    server.stop()
    db = sqlite3.connect(original / "catalog.db")
    db.execute("UPDATE blob SET orphaned_at = 1 WHERE orphaned_at IS NOT NULL")
    db.commit()
    assert db.execute("SELECT count(*) FROM blob WHERE orphaned_at = 1").fetchone()[0] >= 5
    db.close()
    data = fresh(original, tmp_path)
    start_and_stop(data, tmp_path / "log")
    struck = Struck(tmp_path / "log")
    for call, n in points(counted((tmp_path / "log").read_text()), CALLS if fault == "KILL" else FULL):
        data = fresh(original, tmp_path)
        start_and_stop(data, tmp_path / "log", *inject(fault, call, n))
        struck.look((call, n))
        again = Server(data)
        kept(again.client())
        assert again.client().get("/jobs/changed").json["description"] == "4"
        db = sqlite3.connect(data / "catalog.db")
        deadline = time.monotonic() + 10
        while db.execute("SELECT count(*) FROM blob WHERE orphaned_at = 1").fetchone() != (0,):
            assert time.monotonic() < deadline, "the next start does not sweep"
            time.sleep(0.02)
        db.close()
        assert again.stop() == 0
        sound(data)


COMMANDS = {
    "backup": lambda data, tmp: ["backup", tmp / "backup.db", "--data", data],
    "restore": lambda data, tmp: ["restore", tmp / "source.db", "--force", "--data", data],
    "key rotate": lambda data, tmp: ["key", "rotate", "--data", data],
    "reindex": lambda data, tmp: ["reindex", "--data", data],
}


@pytest.mark.parametrize("name, fault", pairs(COMMANDS, ["KILL", "ENOSPC", "EIO"]))
def test_an_administration_command(template, tmp_path, name, fault):
    """Done whole, or as if never begun, and it can be done again."""
    data = fresh(template, tmp_path)
    assert dlfd("admin", "backup", tmp_path / "source.db", "--data", data).returncode == 0
    command = ["admin", *COMMANDS[name](data, tmp_path)]
    process = start_traced(data, tmp_path / "log", command=[DLFD, *command])
    process.communicate(timeout=30)
    assert process.returncode == 0
    struck = Struck(tmp_path / "log")
    for call, n in points(counted((tmp_path / "log").read_text()), CALLS if fault == "KILL" else FULL):
        data = fresh(template, tmp_path)
        for one in tmp_path.glob("backup.db*"):
            one.unlink()
        process = start_traced(data, tmp_path / "log", *inject(fault, call, n), command=[DLFD, *command])
        process.communicate(timeout=30)
        struck.look((call, n))
        backup = tmp_path / "backup.db"
        if name == "backup" and backup.exists():
            assert dlfd("admin", "restore", backup, "--data", tmp_path / "elsewhere").returncode == 0
            shutil.rmtree(tmp_path / "elsewhere")
        server = Server(data)
        kept(server.client())
        assert server.stop() == 0
        sound(data)
        if not (name == "backup" and backup.exists()):
            assert dlfd(*command).returncode == 0, (call, n)


# ---- a disk that is full; power loss ----

@pytest.fixture
def small_disk(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", disk], check=True)
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_full_disk_and_space_again(small_disk):
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 2_000_000)
    server = Server(small_disk / "data")
    client = server.client()
    fill(client)
    saved = []
    for i in range(200):
        answer = client.post("/scripts", script(f"s{i}", content=os.urandom(40_000).hex()))
        if answer.status != 204:
            break
        saved.append(f"s{i}")
    assert (answer.status, answer.code) == (500, "APIGW.0601"), answer
    assert "full" in answer.detail
    kept(client)
    ballast.unlink()
    assert client.post("/scripts", script("later")).status == 204
    for name in saved:
        assert client.get(f"/scripts/{name}").status == 200
    assert server.stop() == 0
    sound(small_disk / "data")


def test_the_log_is_on_the_disk_before_the_answer(template, tmp_path):
    """All threads, in the order of their calls."""
    server = Server(fresh(template, tmp_path))
    with Traced(server, server.process.pid, tmp_path / "log", "-f", "-y") as traced:
        time.sleep(0.3)  # until strace has all threads
        assert server.client().post("/jobs", job("durable")).status == 204
    lines = traced.text().splitlines()

    def first(pattern, begin=0):
        return next(i for i in range(begin, len(lines)) if re.search(pattern, lines[i]))
    read = first(r"(read|recvfrom)\(.*POST")
    written = first(r"pwrite64\(.*catalog\.db-wal", read)
    synced = first(r"fdatasync\(.*catalog\.db-wal", written)
    sent = first(r"(write|sendto|sendmsg)\(.*204 No Content", read)
    assert read < written < synced < sent
    assert server.stop() == 0


def test_the_folder_is_on_the_disk_when_a_file_is_made(tmp_path):
    log = tmp_path / "log"
    process = start_traced(tmp_path / "data", log, "-y", "-e", "trace=openat,rename,fsync,fdatasync,pwrite64")
    process.stdout.readline()
    os.kill(int(subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True,
                               check=True).stdout.split()[0]), signal.SIGTERM)
    process.communicate(timeout=30)
    text = log.read_text()
    key = text.index("secret.key.new\", \"")
    assert re.search(r"f(data)?sync\(\d+<[^>]*/data>\)", text[key:]), "the key's"
    made = re.search(r'openat\(.*catalog\.db(-wal|-journal)?", O_RDWR\|O_CREAT', text)
    assert made and re.search(r"f(data)?sync\(\d+<[^>]*/data>\)", text[made.start():]), "the database's"
