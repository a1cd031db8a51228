"""What a backup writes over, and what restore takes for one: nothing."""

import errno
import os
import shutil
import signal
import socket
import sqlite3
import subprocess

import pytest

from harness import DLFD, SANITIZED, Server, dlfd, node

ROWS = "SELECT id, uid, name, blob FROM object ORDER BY id"


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """The folder of a server that has stopped: a job, and a connection with a secret."""
    server = Server(tmp_path_factory.mktemp("template") / "data")
    client = server.client()
    client.make_job("kept", nodes=[node("a")])
    assert client.post("/connections", {"name": "dws", "type": "DWS", "config": {
        "clusterName": "c", "sslEnable": True, "userName": "u", "password": "S3cr3t", "kmsKey": "k", "agentName": "a"}}).status == 204
    assert server.stop() == 0
    return server.data


@pytest.fixture
def folder(template, tmp_path):
    return shutil.copytree(template, tmp_path / "data")


@pytest.fixture(scope="module")
def backup(template):
    assert admin(template, "backup", template.parent / "good.db").returncode == 0
    return template.parent


@pytest.fixture
def saved(backup, tmp_path):
    """A backup of it, with which nothing is wrong."""
    for name in ("good.db", "good.db.key"):
        shutil.copy2(backup / name, tmp_path / name)
    return tmp_path / "good.db"


def admin(data, *args):
    return dlfd("admin", *args, "--data", data, timeout=120)


def contents(folder):
    """{name: bytes} of the files there that stay."""
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file() and p.name != "lock"}


# ---- restore ----

def sqlite_file(path, sql):
    db = sqlite3.connect(path)
    db.executescript(sql)
    db.close()


def cut(path, good, size):
    path.write_bytes(good.read_bytes()[:size])


def change(path, good, sql):
    path.write_bytes(good.read_bytes())
    sqlite_file(path, sql)


def scribble(path, good):
    data = bytearray(good.read_bytes())
    for page in range(2, len(data) // 4096):
        data[page * 4096 + 8:page * 4096 + 60] = os.urandom(52)
    path.write_bytes(data)


FAULTS = {
    "is empty": (lambda path, good: path.touch(), "nothing in it"),
    "is an empty database": (lambda path, good: sqlite_file(path, "PRAGMA journal_mode = WAL"), "nothing in it"),
    "is another program's": (lambda path, good: sqlite_file(path, "CREATE TABLE bookmarks (url)"), "no catalogue of dlfd"),
    "is another program's, with a version": (
        lambda path, good: sqlite_file(path, "CREATE TABLE bookmarks (url); PRAGMA user_version = 6"), "no catalogue of dlfd"),
    "has tables of that name": (
        lambda path, good: sqlite_file(path, "".join(f"CREATE TABLE {t} (id);" for t in (
            "project", "workspace", "blob", "object", "ref")) + "PRAGMA user_version = 1"), "catalogue"),
    "is text": (lambda path, good: path.write_text("x" * 100_000), "not a database"),
    "is a folder": (lambda path, good: path.mkdir(), "it is a folder"),
    "is a pipe": (lambda path, good: os.mkfifo(path), "not a regular file"),
    "is a device": (lambda path, good: path.symlink_to("/dev/null"), "not a regular file"),
    "is a device without an end": (lambda path, good: path.symlink_to("/dev/zero"), "not a regular file"),
    "leads nowhere": (lambda path, good: path.symlink_to("gone"), "No such file"),
    "is the head of a copy": (lambda path, good: cut(path, good, 4096), "a damaged one"),
    "is half of a copy": (lambda path, good: cut(path, good, good.stat().st_size // 2), "a damaged one"),
    "lacks its last byte": (lambda path, good: cut(path, good, good.stat().st_size - 1), "a damaged one"),
    "is shorter than a head": (lambda path, good: cut(path, good, 50), "a damaged one"),
    "is a newer dlfd's": (lambda path, good: change(path, good, "PRAGMA user_version = 1000"), "newer dlfd"),
    "has pages that were written over": (scribble, ""),
    "has a definition that was changed": (
        lambda path, good: change(path, good, "UPDATE blob SET stored = zeroblob(length(stored)) WHERE id = 1"), "damaged"),
    "lacks a row": (
        lambda path, good: change(path, good, "PRAGMA foreign_keys = OFF; DELETE FROM blob WHERE id = 1"), "damaged"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_no_backup_is_not_restored(folder, saved, tmp_path, fault):
    """Over a catalogue, which stays as it is; and into a new folder, which gets none."""
    make, why = FAULTS[fault]
    file, before = tmp_path / "bad.db", contents(folder)
    make(file, saved)
    (tmp_path / "bad.db.key").write_bytes((folder / "secret.key").read_bytes())
    (tmp_path / "bad.db.key").chmod(0o600)
    for data in (folder, tmp_path / "new"):
        done = admin(data, "restore", file, "--force")
        log, last = done.stderr.splitlines()[:-1], done.stderr.splitlines()[-1]
        assert done.returncode == 1 and last.startswith("dlfd admin: "), done
        assert all("of table" in line for line in log), done # which rows are damaged
        assert why in done.stderr, done
    assert contents(folder) == before
    assert not list((tmp_path / "new").glob("catalog*")) and not (tmp_path / "new/secret.key").exists()
    assert admin(folder, "check").returncode == 0


def test_a_socket_is_no_backup(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("s")
        done = admin(folder, "restore", tmp_path / "s", "--force")
    assert done.returncode == 1 and "not a regular file" in done.stderr


@pytest.mark.parametrize("damage", ["random", "cut", "empty"])
def test_restore_over_what_is_left_of_a_catalogue(folder, saved, start, tmp_path, damage):
    """That is when it is needed."""
    catalogue = folder / "catalog.db"
    left = {"random": os.urandom(50_000), "cut": catalogue.read_bytes()[:9000], "empty": b""}[damage]
    catalogue.write_bytes(left)
    (folder / "catalog.db-wal").write_bytes(os.urandom(5000))
    if left:
        done = admin(folder, "restore", saved)
        assert done.returncode == 1 and "--force" in done.stderr and catalogue.read_bytes() == left, done
    done = admin(folder, "restore", saved, *(["--force"] if left else []))
    assert done.returncode == 0, done
    client = start(data=folder).client()
    assert client.get("/jobs/kept").status == 200 and client.get("/connections/dws").status == 200
    if left:
        assert (folder / "catalog.db.damaged").read_bytes() == left


def test_restore_does_not_delete_what_it_is_given(folder, saved):
    """Under the name that it works with."""
    copy = folder / "catalog.db.restore"
    saved.rename(copy)
    done = admin(folder, "restore", copy, "--force")
    assert done.returncode == 1 and "move it elsewhere" in done.stderr
    assert admin(folder, "check").returncode == 0 and copy.exists()


# ---- backup ----

OTHERS = ["b.db", "b.db.key"]


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("what", ["file", "folder", "link", "broken link"])
def test_a_backup_writes_over_nothing(folder, tmp_path, name, what):
    place = tmp_path / "backups"
    place.mkdir()
    (tmp_path / "elsewhere").write_text("mine")
    other = place / name
    {"file": lambda: other.write_text("mine"), "folder": other.mkdir, "link": lambda: other.symlink_to(tmp_path / "elsewhere"),
     "broken link": lambda: other.symlink_to(tmp_path / "gone")}[what]()
    done = admin(folder, "backup", place / "b.db")
    assert done.returncode == 1 and f"{other}: is there already" in done.stderr, done
    assert os.listdir(place) == [name] and not (tmp_path / "gone").exists()
    assert (tmp_path / "elsewhere").read_text() == "mine" and (what != "file" or other.read_text() == "mine")


def test_a_backup_leaves_other_files_alone(folder, tmp_path):
    """Names that it might think of as its own."""
    others = {f"b.db{ending}": ending for ending in (".new", ".key.new", "-journal", "-wal", "-shm", ".tmp", ".XXXXXX")}
    for name, text in others.items():
        (tmp_path / name).write_text(text)
    done = admin(folder, "backup", tmp_path / "b.db")
    assert done.returncode == 0, done
    assert {name: (tmp_path / name).read_text() for name in others} == others
    assert sorted(p.name for p in tmp_path.glob("b.db*")) == sorted([*others, "b.db", "b.db.key"])


def test_a_backup_takes_the_key_that_is_there_when_it_is_the_same(folder, saved, tmp_path):
    """As it is after a backup that was cut short."""
    saved.unlink()
    key = tmp_path / "good.db.key"
    before = (key.read_bytes(), key.stat().st_ino)
    assert admin(folder, "backup", saved).returncode == 0
    assert (key.read_bytes(), key.stat().st_ino) == before


def test_a_backup_without_the_key_needs_no_name_for_it(folder, tmp_path):
    (tmp_path / "b.db.key").write_text("mine")
    assert admin(folder, "backup", tmp_path / "b.db", "--without-key").returncode == 0
    assert (tmp_path / "b.db.key").read_text() == "mine"


CALLS = ["pwrite64", "fsync", "renameat2"]


@pytest.mark.skipif(SANITIZED, reason="LeakSanitizer cannot work in a traced process; the gcc build runs these")
@pytest.mark.parametrize("fault", ["signal=KILL", f"error={errno.errorcode[errno.EIO]}"])
def test_a_backup_that_fails_leaves_no_file_of_that_name(folder, tmp_path, fault):
    """At some calls; killed, too.  What has the name is whole.  (test_crash.py has them all.)"""
    for call, when in [(call, n) for call in CALLS for n in (1, 2)]:
        place = tmp_path / f"{call}-{when}"
        place.mkdir()
        subprocess.run(["strace", "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:{fault}:when={when}",
                        DLFD, "admin", "backup", place / "b.db", "--data", folder],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60, check=False)
        if (place / "b.db").exists():
            assert admin(place / "new", "restore", place / "b.db").returncode == 0, (call, when)
        else:
            assert admin(folder, "backup", place / "b.db").returncode == 0, (call, when)


def test_somebody_takes_the_name_meanwhile(folder, tmp_path):
    """While the copy is made: that file stays, and the backup fails."""
    if SANITIZED:
        pytest.skip("LeakSanitizer cannot work in a traced process; the gcc build runs this")
    file, log = tmp_path / "b.db", tmp_path / "log"
    with subprocess.Popen(["strace", "-f", "-o", log, "-e", "trace=fdatasync", "-e", "inject=fdatasync:signal=STOP:when=1",
                           DLFD, "admin", "backup", file, "--data", folder],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as backup:
        while not (log.exists() and "stopped by SIGSTOP" in log.read_text()):
            assert backup.poll() is None, backup.stderr.read()
        file.write_text("mine")
        for child in subprocess.run(["pgrep", "-P", str(backup.pid)], capture_output=True, text=True, check=True).stdout.split():
            os.kill(int(child), signal.SIGCONT)
        said = backup.communicate(timeout=60)[1]
    assert backup.returncode == 1 and f"{file}: File exists" in said, said
    assert sorted(p.name for p in tmp_path.glob("b.db*")) == ["b.db"] and file.read_text() == "mine"


def test_every_night_under_another_name(folder, tmp_path):
    """As the guide has it."""
    for day in ("2026-11-29", "2026-11-30"):
        assert admin(folder, "backup", tmp_path / f"catalog-{day}.db").returncode == 0
    assert len(list(tmp_path.glob("catalog-*.db"))) == len(list(tmp_path.glob("catalog-*.db.key"))) == 2
