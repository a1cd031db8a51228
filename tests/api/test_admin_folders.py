"""dlfd admin and the data folder: which folder it uses, and who may use it meanwhile."""

import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import time

import pytest

from harness import DLFD, ENGLISH, ROOT, SANITIZED, dlfd, node
from signer import get_token

OLD = ROOT / "tests/data/catalog-0001.sql"


def usage():
    """Each line of `dlfd admin --help`, as the words of a call that is right."""
    for line in dlfd("admin", "--help").stdout.splitlines()[:-1]:
        words = re.sub(r" \[.*?\]", "", line[18:]).split()
        yield [word if word.strip("-").islower() else "xxx" for word in words]


COMMANDS = [words if words[0] != "backup" else ["backup", "/proc/xxx"]  # where no file can be left
            for words in usage() if words[0] != "restore"]


def assert_no_catalogue(done, data):
    """Exit 1, and one line that says where it was looked for and how another is named."""
    assert (done.returncode, done.stdout) == (1, ""), done
    assert f"data folder {data}: there is no catalogue in it" in done.stderr and "--data" in done.stderr, done
    assert done.stderr.count("\n") == 1


# ---- only dlfd and restore make a folder ----

@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_makes_no_folder(tmp_path, words):
    data = tmp_path / "typo"
    assert_no_catalogue(dlfd("admin", *words, "--data", data), data)
    assert not data.exists()
    data.mkdir()
    assert_no_catalogue(dlfd("admin", *words, "--data", data), data)
    (data / "catalog.db").touch()  # as a first start leaves it that was cut short
    assert_no_catalogue(dlfd("admin", *words, "--data", data), data)
    assert [(p.name, p.stat().st_size) for p in data.iterdir()] == [("catalog.db", 0)]


@pytest.mark.parametrize("words", [words for words in COMMANDS if words[0] not in ("bucket", "check")], ids=" ".join)
def test_a_command_makes_no_tables(tmp_path, words):
    """In a database that was begun, as by a first start that was cut short."""
    db = sqlite3.connect(tmp_path / "catalog.db")
    assert db.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)
    db.close()
    assert (tmp_path / "catalog.db").stat().st_size > 0
    assert_no_catalogue(dlfd("admin", *words, "--data", tmp_path), tmp_path)
    db = sqlite3.connect(tmp_path / "catalog.db")
    assert db.execute("SELECT * FROM sqlite_schema").fetchall() == []
    db.close()


def test_a_command_says_where_the_default_folder_is(tmp_path):
    env = {k: v for k, v in os.environ.items() if k not in ("XDG_DATA_HOME", "DLFD_DATA")}
    for args in (["workspace", "list", "--project", "p"], ["backup", str(tmp_path / "b.db")]):
        done = subprocess.run([DLFD, "admin", *args], env={**env, **ENGLISH, "HOME": str(tmp_path)}, timeout=60,
                              capture_output=True, text=True, check=False)
        assert_no_catalogue(done, tmp_path / ".local/share/opendlf")
    assert list(tmp_path.iterdir()) == []


def test_check_config_makes_no_folder_and_says_that_there_is_none(start, tmp_path):
    data = tmp_path / "typo"
    done = dlfd("--check-config", "--data", data)
    assert done.returncode == 0 and f"data = {data}  # flag\n" in done.stdout, done
    assert f"# data folder {data}: there is no catalogue in it" in done.stdout and not data.exists()
    assert "there is no catalogue" not in dlfd("--check-config", "--data", start().data).stdout


@pytest.mark.parametrize("version", [0, 6])
def test_another_programs_database_stays_as_it_is(tmp_path, version):
    """Under the catalogue's name; whatever number it has for a version."""
    db = sqlite3.connect(tmp_path / "catalog.db")
    db.executescript(f"CREATE TABLE accounts (id); PRAGMA user_version = {version};")
    db.close()
    before = (tmp_path / "catalog.db").read_bytes()
    for done in (dlfd("--data", tmp_path, "--listen", "127.0.0.1:0"),
                 *(dlfd("admin", *words, "--data", tmp_path)
                   for words in (["user", "list"], ["check"], ["backup", tmp_path / "b"], ["reindex"]))):
        assert done.returncode == 1 and "not one of dlfd" in done.stderr, done
    assert not (tmp_path / "secret.key").exists() and not (tmp_path / "b").exists()
    db = sqlite3.connect(tmp_path / "catalog.db")
    assert db.execute("SELECT name FROM sqlite_schema").fetchall() == [("accounts",)]
    db.close()
    assert len((tmp_path / "catalog.db").read_bytes()) == len(before)


# ---- a command does not keep the server from starting ----

def wait_for(what, seconds=60):
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def children(process):
    return subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=False).stdout.split()


@pytest.mark.parametrize("verb, name", [("password", "admin"), ("create", "lin")])
def test_a_password_that_is_being_typed_does_not_keep_the_server_from_starting(start, verb, name):
    first = start("--auth", "on")
    data = first.data
    assert first.stop() == 0
    with subprocess.Popen([DLFD, "admin", "user", verb, name, "--password-stdin", "--data", data],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as admin:
        call = pathlib.Path(f"/proc/{admin.pid}/syscall")
        wait_for(lambda: re.match("(0|63) 0x0 ", call.read_text()))  # it reads standard input
        client = start("--auth", "on", data=data).client()
        said = admin.communicate(b"Typed-slowly-1\n", timeout=60)
    assert (admin.returncode, *said) == (0, b"", b"")
    assert get_token(client, name, "Typed-slowly-1", domain="admin")


def traced(log, *more, data, file):
    return subprocess.Popen(
        ["strace", "-f", "-y", "-o", log, "-e", "trace=pwrite64", *more, DLFD, "admin", "backup", file, "--data", data],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


@pytest.mark.skipif(SANITIZED, reason="LeakSanitizer cannot work in a traced process; the gcc build runs these")
def test_a_long_backup_does_not_keep_the_server_from_starting(start, tmp_path):
    """It is stopped while it writes; what is saved meanwhile is not in it."""
    first, log = start(), tmp_path / "log"
    first.client().make_job("early", nodes=[node("a")])
    data = first.data
    assert first.stop() == 0
    with traced(log, data=data, file=tmp_path / "a.db") as backup:
        assert backup.wait(60) == 0
    calls = [line for line in log.read_text().splitlines() if "pwrite64(" in line]
    at = next(i for i, line in enumerate(calls, 1) if "/a.db" in line) + 3
    log.unlink()
    with traced(log, "-e", f"inject=pwrite64:signal=STOP:when={at}", data=data, file=tmp_path / "b.db") as backup:
        try:
            wait_for(lambda: log.exists() and "stopped by SIGSTOP" in log.read_text())
            client = start(data=data).client()
            client.make_job("late")
        finally:
            for child in children(backup):
                os.kill(int(child), signal.SIGCONT)
        assert backup.wait(60) == 0, backup.stderr.read()
    assert dlfd("admin", "restore", tmp_path / "b.db", "--data", tmp_path / "other").returncode == 0
    other = start(data=tmp_path / "other").client()
    assert other.get("/jobs/early").status == 200 and other.get("/jobs/late").status == 400
    assert client.get("/jobs/late").status == 200


def test_a_command_brings_an_older_catalogue_up_to_date(tmp_path):
    """Where no server runs."""
    db = sqlite3.connect(tmp_path / "catalog.db")
    db.executescript(OLD.read_text())
    project, = db.execute("SELECT project FROM workspace LIMIT 1").fetchone()
    with open(tmp_path / "lock", "w", encoding="utf-8") as lock:
        done = subprocess.run(["flock", "-n", lock.name, DLFD, "admin", "user", "list", "--data", str(tmp_path)],
                              env={**os.environ, **ENGLISH}, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "older dlfd" in done.stderr, done
    assert db.execute("PRAGMA user_version").fetchone() == (1,)
    done = dlfd("admin", "workspace", "list", "--project", project, "--data", tmp_path)
    assert done.returncode == 0 and "default" in done.stdout, done
    assert db.execute("PRAGMA user_version").fetchone() > (1,)
    db.close()
    assert (tmp_path / "catalog.db.v1").exists()
