"""Looking after it: backup, restore, check, reindex, metrics, the log, the options."""

import json
import os
import re
import socket
import sqlite3
import stat
import subprocess
import threading
import time
import urllib.request

import pytest

from harness import ROOT, SANITIZED, cdm_job, dlfd, job, link, node, script, values

OLD = ROOT / "tests/data/catalog-0001.sql"


def admin(*args, data, **kw):
    return dlfd("admin", *args, "--data", data, **kw)


def connection(name, password):
    return {"name": name, "type": "DWS", "config": {
        "clusterName": "c", "sslEnable": True, "userName": "u", "password": password, "kmsKey": "k", "agentName": "a"}}


@pytest.fixture
def filled(start):
    """A server with one of each kind, and its client."""
    server = start()
    client = server.client()
    client.make_script("etl")
    client.make_resource("lib")
    client.make_cdm_job("load")
    sealed = {"name": "password", "value": "S3cr3t-of-a-node", "value_is_sensitive": True}
    client.make_job("nightly", nodes=[
        node("d", properties=None) | {"properties": [sealed]}, node("a", "DWSSQL", {"scriptName": "etl"}), node("b", "Shell", {"scriptName": "gone"}),
        node("c", "CDMJob", {"clusterName": "default", "jobName": "load"})])
    assert client.post("/connections", connection("dws", "S3cr3t-of-dws")).status in (200, 204)
    assert client.cdm("POST", "/link", {"links": [link("mysql", **{
        "link-config-values": values("linkConfig", password="S3cr3t-of-mysql")})]}).status == 200
    return server


def archives(client):
    return client.export(["nightly"]).body, client.post("/connections/export").body


# ---- backup and restore ----

def test_a_backup_comes_back(filled, start, tmp_path):
    file = tmp_path / "backup.db"
    done = admin("backup", file, data=filled.data)
    assert done.returncode == 0, done
    before = archives(filled.client())
    filled.client().delete("/jobs/nightly")
    other = tmp_path / "other"
    done = admin("restore", file, data=other)
    assert done.returncode == 0, done
    assert all(stat.S_IMODE(one.stat().st_mode) == 0o600 for one in other.iterdir())
    assert archives(start(data=other).client()) == before


def test_a_backup_that_is_not_there(tmp_path):
    done = admin("restore", tmp_path / "typo.db", data=tmp_path / "new")
    assert (done.returncode, done.stderr) == (1, f"dlfd admin: {tmp_path}/typo.db: No such file or directory\n")


def test_what_a_backup_leaves(filled, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    assert admin("backup", folder / "b.db", data=filled.data).returncode == 0
    assert sorted(p.name for p in folder.iterdir()) == ["b.db", "b.db.key"]
    for one in folder.iterdir():
        assert stat.S_IMODE(one.stat().st_mode) == 0o600
    assert (folder / "b.db.key").read_bytes() == (filled.data / "secret.key").read_bytes()
    assert b"S3cr3t" not in (folder / "b.db").read_bytes()


def test_a_backup_without_the_key_needs_it_elsewhere(filled, tmp_path):
    file = tmp_path / "b.db"
    assert admin("backup", file, "--without-key", data=filled.data).returncode == 0
    assert not (tmp_path / "b.db.key").exists()
    done = admin("restore", file, data=tmp_path / "other")
    assert done.returncode == 1 and "key" in done.stderr
    assert not (tmp_path / "other/catalog.db").exists()
    (tmp_path / "other/secret.key").write_bytes((filled.data / "secret.key").read_bytes())
    (tmp_path / "other/secret.key").chmod(0o600)
    assert admin("restore", file, data=tmp_path / "other").returncode == 0


def test_a_backup_of_another_key_is_refused(filled, start, tmp_path):
    file, other = tmp_path / "b.db", start()
    assert admin("backup", file, "--without-key", data=filled.data).returncode == 0
    other.client().make_job("kept")
    other.stop()
    done = admin("restore", file, "--force", data=other.data)
    assert done.returncode == 1 and "key" in done.stderr
    again = start(data=other.data)
    assert again.client().get("/jobs/kept").status == 200


def test_a_backup_is_one_state_while_others_save(start, tmp_path):
    server, stop, saved = start(), threading.Event(), []
    client = server.client()

    def save():
        while not stop.is_set():
            client.make_job(f"j{len(saved):05}")
            saved.append(1)
    worker = threading.Thread(target=save)
    worker.start()
    try:
        for n in range(5):
            acknowledged = len(saved)
            assert admin("backup", tmp_path / f"{n}.db", data=server.data).returncode == 0
            held = sqlite3.connect(tmp_path / f"{n}.db").execute(
                "SELECT count(*) FROM object WHERE kind = 1").fetchone()[0]
            assert acknowledged <= held <= len(saved) + 1
    finally:
        stop.set()
        worker.join()


def test_a_backup_never_replaces_a_file(filled, tmp_path):
    file = tmp_path / "b.db"
    file.write_text("mine")
    done = admin("backup", file, data=filled.data)
    assert done.returncode == 1 and "already" in done.stderr and file.read_text() == "mine"


@pytest.mark.parametrize("where", ["gone/b.db", "/proc/b.db"])
def test_a_backup_that_cannot_be_written(filled, tmp_path, where):
    done = admin("backup", tmp_path / where, data=filled.data)
    assert done.returncode == 1 and "b.db" in done.stderr


def test_restore_needs_force_and_the_lock(filled, tmp_path):
    file = tmp_path / "b.db"
    assert admin("backup", file, data=filled.data).returncode == 0
    done = admin("restore", file, "--force", data=filled.data)
    assert done.returncode == 1 and "another dlfd uses it" in done.stderr
    filled.stop()
    done = admin("restore", file, data=filled.data)
    assert done.returncode == 1 and "--force" in done.stderr
    assert admin("restore", file, "--force", data=filled.data).returncode == 0


def test_restore_goes_back(filled, start, tmp_path):
    """And over a catalogue with another key: the backup's key comes with it."""
    file, before = tmp_path / "b.db", archives(filled.client())
    assert admin("backup", file, data=filled.data).returncode == 0
    filled.client().make_job("later")
    filled.stop()
    assert admin("key", "rotate", data=filled.data).returncode == 0
    assert admin("restore", file, "--force", data=filled.data).returncode == 0
    assert (filled.data / "secret.key").read_bytes() == (tmp_path / "b.db.key").read_bytes()
    client = start(data=filled.data).client()
    assert archives(client) == before and client.get("/jobs/later").status == 400
    assert admin("check", data=filled.data).returncode == 0
    assert not list(filled.data.glob("*restore*"))


def test_a_damaged_backup_is_not_restored(filled, start, tmp_path):
    file = tmp_path / "b.db"
    assert admin("backup", file, data=filled.data).returncode == 0
    before = archives(filled.client())
    filled.stop()
    with sqlite3.connect(file) as db:
        db.execute("UPDATE blob SET stored = zeroblob(length(stored)) WHERE id = 1")
    db.close()
    done = admin("restore", file, "--force", data=filled.data)
    assert done.returncode == 1 and "damaged" in done.stdout
    file.write_bytes(os.urandom(100_000))
    assert admin("restore", file, "--force", data=filled.data).returncode == 1
    assert admin("restore", tmp_path / "gone.db", "--force", data=filled.data).returncode == 1
    assert archives(start(data=filled.data).client()) == before


def test_an_older_backup_is_brought_up_to_date(start, tmp_path):
    file = tmp_path / "old.db"
    with sqlite3.connect(file) as db:
        db.executescript(OLD.read_text())
    db.close()
    done = admin("restore", file, data=tmp_path / "new")
    assert done.returncode == 0, done
    assert sorted(one.name for one in (tmp_path / "new").iterdir()) == [
        "catalog.db", "lock"], "nothing of the work on it is left"
    assert start(data=tmp_path / "new").client().request("GET", "/readyz").status == 200


def test_a_copy_stands_beside_a_catalogue_that_is_migrated(start, tmp_path):
    data = tmp_path / "old"
    data.mkdir(mode=0o700)
    with sqlite3.connect(data / "catalog.db") as db:
        db.executescript(OLD.read_text())
    rows = db.execute("SELECT * FROM object ORDER BY id").fetchall()
    db.close()
    assert admin("user", "list", data=data).returncode == 0
    with sqlite3.connect(data / "catalog.db.v1") as copy:
        assert copy.execute("PRAGMA user_version").fetchone() == (1,)
        assert copy.execute("SELECT * FROM object ORDER BY id").fetchall() == rows
    copy.close()
    start(data=data)
    assert not (data / "catalog.db.v1").exists(), "all was made anew, and checked"


# ---- check and reindex ----

def test_a_sound_catalogue(filled):
    done = admin("check", data=filled.data)
    assert done.returncode == 0, done
    assert "dangling: job nightly of project" in done.stdout and "script gone" in done.stdout
    assert re.search(r"6 objects, 6 definitions of \d+ bytes, stored in \d+; 3 dangling, 0 refused, 0 damaged",
                     done.stdout), done.stdout


@pytest.mark.parametrize("damage, word", [
    ("UPDATE blob SET stored = CAST(substr(stored, 1, length(stored) - 1) || x'00' AS BLOB) WHERE id = 2", "blob 2"),
    ("UPDATE blob SET sha256 = zeroblob(32) WHERE id = 1", "blob 1"),
    ("UPDATE blob SET raw_size = raw_size + 1 WHERE id = 1", "blob 1"),
    ("UPDATE blob SET raw_size = 99999999999 WHERE id = 1", "blob 1"),
    ("UPDATE blob SET crc32 = 1 WHERE id = 1", "blob 1"),
    ("PRAGMA foreign_keys = OFF; DELETE FROM blob WHERE id = 1", "names one that is gone"),
    ("UPDATE workspace SET jobs = 7 WHERE name = 'default'", "totals"),
    ("UPDATE workspace SET real_time_jobs = 7 WHERE name = 'default'", "totals"),
    ("UPDATE secret SET sealed = zeroblob(length(sealed)) WHERE path = 'config.password'", "config.password of dws"),
    ("UPDATE secret SET key_id = 'another' WHERE path = 'config.password'", "config.password of dws")])
def test_damage_is_found(filled, damage, word):
    filled.stop()
    db = sqlite3.connect(filled.data / "catalog.db")
    db.executescript(damage)
    db.close()
    done = admin("check", data=filled.data)
    assert done.returncode == 1 and "damaged" in done.stdout and word in done.stdout, done


def test_without_its_key_what_is_sealed_is_not_judged(filled):
    (filled.data / "secret.key").rename(filled.data / "elsewhere.key")
    done = admin("check", data=filled.data)
    assert done.returncode == 0 and "not looked at: what is sealed" in done.stdout, done
    done = admin("check", "--secret-key-file", filled.data / "elsewhere.key", data=filled.data)
    assert done.returncode == 0 and "sealed" not in done.stdout, done


def test_a_file_that_is_no_database(filled):
    filled.stop()
    (filled.data / "catalog.db").write_bytes(b"x" * 100_000)
    done = admin("check", data=filled.data)
    assert done.returncode == 1 and "not a database" in done.stderr


@pytest.mark.parametrize("verb", [["check"], ["backup", "x"], ["reindex"]])
def test_a_folder_without_a_catalogue_is_not_made(tmp_path, verb):
    done = admin(*verb, data=tmp_path / "typo")
    assert done.returncode == 1 and "no catalogue" in done.stderr
    assert not (tmp_path / "typo").exists()
    done = admin(*verb, data="/dev/null/folder")
    assert done.returncode == 1 and "Not a directory" in done.stderr, "why it cannot be seen"


def test_reindex_changes_nothing_that_is_right(filled, start):
    client = filled.client()
    before, shown = archives(client), client.get("/jobs/nightly").json
    filled.stop()
    db = sqlite3.connect(filled.data / "catalog.db")
    rows = db.execute("SELECT * FROM object").fetchall()
    sealed = db.execute("SELECT * FROM secret").fetchall()
    assert len(sealed) == 3
    db.execute("DELETE FROM ref")
    db.commit()
    done = admin("reindex", data=filled.data)
    assert (done.returncode, done.stdout) == (0, "6 objects made anew, 0 of them with other bytes; 0 definitions kept as they are\n")
    assert db.execute("SELECT * FROM object").fetchall() == rows
    assert db.execute("SELECT * FROM secret").fetchall() == sealed
    db.close()
    client = start(data=filled.data).client()
    assert archives(client) == before and client.get("/jobs/nightly").json == shown


def test_definitions_of_another_release_are_made_anew_at_start(filled, start):
    before = archives(filled.client())
    filled.stop()
    db = sqlite3.connect(filled.data / "catalog.db")
    db.execute("UPDATE blob SET export_format = 0")
    db.execute("DELETE FROM meta WHERE name = 'definitions'")
    db.commit()
    again = start(data=filled.data)
    assert db.execute("SELECT count(*) FROM object o JOIN blob b ON b.id = o.blob "
                      "WHERE b.export_format = 0").fetchone() == (0,)
    db.close()
    assert archives(again.client()) == before
    assert admin("check", data=filled.data).returncode == 0


@pytest.mark.parametrize("args", [["backup"], ["restore"], ["backup", "a", "b"], ["check", "x"],
                                  ["reindex", "x"], ["backup", "a", "--project"], ["restore", "a", "b"]])
def test_a_malformed_call(filled, args):
    assert admin(*args, data=filled.data).returncode == 2


def test_a_deleted_cluster_is_seen_by_the_next_export(start):
    """Also when its outcome was remembered: the project's CDM has another revision."""
    server = start()
    client = server.client()
    where = ["--project", client.project]
    assert admin("cdm-cluster", "create", "c2", *where, data=server.data).returncode == 0
    client.make_cdm_job("load", cluster="c2")
    client.make_job("j", nodes=[node("a", "CDMJob", {"clusterName": "c2", "jobName": "load"})])
    for _ in range(3):
        assert "X-Dlf-Missing-Depends" not in client.export(["j"]).headers
    assert admin("cdm-cluster", "delete", "c2", "--force", *where, data=server.data).returncode == 0
    assert client.export(["j"]).headers["X-Dlf-Missing-Depends"] == "1; cdm/c2%2Fload@j"


# ---- metrics ----

def metrics(server):
    url = re.search(r"metrics on (http://\S+)", "\n".join(server.start_lines)).group(1)
    with urllib.request.urlopen(url) as page:
        assert page.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        return page.read().decode()


def value(page, name):
    return float(re.search(rf"^{re.escape(name)} (\S+)$", page, re.M).group(1))


@pytest.fixture
def watched(start):
    server = start("--metrics-listen", "127.0.0.1:0", "--max-cache", "1MiB")
    for line in server.process.stdout:  # the first is read; the others follow
        server.start_lines.append(line.rstrip("\n"))
        if line.startswith("try:"):
            break
    return server


def test_what_is_counted(watched):
    client = watched.client()
    client.make_script("s")
    client.make_job("j", nodes=[node("a", "DWSSQL", {"scriptName": "s"}), node("b", "Shell", {"scriptName": "x"})])
    sizes = [len(client.export(["j"]).body) for _ in range(3)]
    assert client.request("HEAD", f"/v1/{client.project}/jobs.zip?name=j").status == 200
    assert client.get("/jobs/gone").status == 400
    client.request("GET", "/nowhere")
    deadline = time.monotonic() + 60  # each is counted soon after its answer
    while 'dlf_http_requests_total{operation="none",status="404"} 1' not in (page := metrics(watched)):
        assert time.monotonic() < deadline, page
        time.sleep(0.01)
    assert value(page, 'dlf_http_requests_total{operation="ExportJobList",status="200"}') == 3
    assert value(page, 'dlf_http_requests_total{operation="ShowJob",status="400"}') == 1
    assert value(page, 'dlf_http_requests_total{operation="none",status="404"}') == 1
    assert value(page, 'dlf_http_request_duration_seconds_count{operation="ExportJobList"}') == 3
    assert value(page, "dlf_exports_total") == 3 and value(page, "dlf_export_entries_total") == 6
    assert value(page, "dlf_export_bytes_total") == sum(sizes)
    assert value(page, "dlf_export_missing_total") == 3
    assert value(page, "dlf_memo_hits_total") == 2 and value(page, "dlf_cache_hits_total") == 2
    assert value(page, "dlf_cache_misses_total") == 1 and value(page, "dlf_cache_entries") == 3
    assert value(page, "dlf_database_writes_total") >= 2
    assert 0 < value(page, "dlf_database_read_seconds_total") < 5
    assert value(page, "dlf_connections") >= 1


def test_the_page_is_prometheus(watched):
    watched.client().make_job("j")
    done = subprocess.run(["promtool", "check", "metrics"], input=metrics(watched), text=True,
                          capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_cache_keeps_its_limit(watched):
    client = watched.client()
    for i in range(30):
        client.make_script(f"s{i}", content=os.urandom(100_000).hex())
        client.make_job(f"j{i}", nodes=[node("a", "DWSSQL", {"scriptName": f"s{i}"})])
        assert client.export([f"j{i}"]).status == 200
    page = metrics(watched)
    assert 600_000 < value(page, "dlf_cache_bytes") <= 1024 * 1024
    assert client.export(["j0"]).body == client.export(["j0"]).body


@pytest.mark.parametrize("path, method, status", [
    ("/", "GET", 404), ("/metrics", "POST", 405), ("/v1/p/jobs", "GET", 404)])
def test_only_metrics_are_served_there(watched, path, method, status):
    url = re.search(r"metrics on (http://[^/]+)", "\n".join(watched.start_lines)).group(1)
    with pytest.raises(urllib.error.HTTPError) as failed:
        urllib.request.urlopen(urllib.request.Request(url + path, method=method))
    assert failed.value.code == status


@pytest.mark.parametrize("flags", [[], ["--metrics-listen", "off"]])
def test_without_the_usual_port_there_are_none(start, flags):
    assert not any("metrics" in line for line in start(*flags).start_lines)


def test_a_metrics_address_in_use_is_named(watched, tmp_path):
    port = re.search(r"metrics on http://127.0.0.1:(\d+)", "\n".join(watched.start_lines)).group(1)
    done = dlfd("--listen", "127.0.0.1:0", "--data", tmp_path / "x", "--metrics-listen", f"127.0.0.1:{port}")
    assert done.returncode == 1 and "metrics-listen" in done.stderr


# ---- the log ----

def logged(server, request):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        for line in list(server.log):
            if request in line:
                return line
    raise AssertionError(f"{request} is not in the log")


def test_a_line_of_json(filled):
    answer = filled.client().export(["nightly"])
    line = json.loads(logged(filled, answer.headers["X-Request-Id"]))
    assert line.pop("time") and line.pop("duration_ms") > 0
    assert line == {
        "level": "info", "message": "request", "request_id": answer.headers["X-Request-Id"],
        "method": "POST", "path": f"/v1/{filled.client().project}/jobs/batch-export",
        "operation": "ExportJobList", "project": filled.client().project, "workspace": "",
        "status": 200, "error_code": "", "bytes": len(answer.body),
        "missing": "1; script/gone@nightly"}


def test_hostile_texts_in_the_log(filled):
    answer = filled.client().get('/jobs/%22%0a%1b[2J"', headers={"workspace": 'a"b\\\x9b\xe9'})
    line = json.loads(logged(filled, answer.headers["X-Request-Id"]))
    assert line["error_code"] == "DLF.0819"
    assert all(0x20 <= ord(c) < 0x7f for c in line["path"] + line["workspace"])


def test_a_hostile_method_in_the_log(filled):
    with socket.create_connection(("127.0.0.1", filled.port)) as one:
        one.sendall(b"G\x1b[2J\xff\"T /v1/p/jobs HTTP/1.1\r\nHost: localhost\r\n"
                    b"Connection: close\r\n\r\n")
        answer = b"".join(iter(lambda: one.recv(4096), b""))
    request = re.search(rb"X-Request-Id: (\w+)", answer).group(1).decode()
    line = json.loads(logged(filled, request))
    assert (line["method"], line["status"]) == ("G", 400), "what is no method is not read on"


def test_a_line_of_text(start):
    server = start("--log-format", "text")
    answer = server.client().get("/jobs/gone")
    line = logged(server, answer.headers["X-Request-Id"])
    assert re.fullmatch(r"\S+Z info GET /v1/\w+/jobs/gone 400 \d+ bytes [\d.]+ ms req=\w+ "
                        r"op=ShowJob ec=DLF.0100", line), line


# ---- options ----

def test_check_config_says_what_holds(tmp_path):
    config = tmp_path / "dlfd.conf"
    config.write_text("max-jobs = 5\nmax-scripts = 6\n")
    done = dlfd("--check-config", "--config", config, "--max-jobs", "7", "--data", tmp_path / "d",
                env={"DLFD_THREADS": "3"})
    lines = dict(line.split(" = ", 1) for line in done.stdout.splitlines() if line[0] != "#")
    assert done.returncode == 0 and lines["max-jobs"] == "7  # flag"
    assert lines["max-scripts"] == "6  # file" and lines["threads"] == "3  # variable"
    assert lines["sweep-age"] == "24h  # default"
    assert not (tmp_path / "d").exists()


def test_check_config_finds_what_is_wrong(tmp_path):
    config = tmp_path / "dlfd.conf"
    config.write_text("max-job = 5\n")
    done = dlfd("--check-config", "--config", config)
    assert done.returncode == 1 and "did you mean max-jobs?" in done.stderr
    done = dlfd("--check-config", "--listen", "0.0.0.0:80", "--auth", "off")
    assert done.returncode == 1 and "auth" in done.stderr
