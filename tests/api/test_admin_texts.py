"""Every text that a command of `dlfd admin` takes is held against its rule: what breaks it
ends the command with 2, before anything is changed."""

import contextlib
import os
import re
import sqlite3
import subprocess

import pytest

from harness import DLFD, ENGLISH, ROOT, Server, dlfd
from signer import admin, credentials

USAGE = dlfd("admin", "--help").stdout
COMMANDS = re.findall(r"^(?:usage:|) *dlfd admin (\S+(?: [a-z]+)?)(.*)$", USAGE, re.M)
BAD = {"empty": b"", "a line feed": b"a\nb", "an escape": b"a\x1b[31mb", "DEL": b"a\x7f",
       "too long": b"x" * 5000, "no UTF-8": b"a\xff\xfe"}
GOOD = {"--project": None, "--user": "admin", "--workspace": "default", "--domain": "admin",
        "--data": None, "--secret-key-file": None, "ROLE": "viewer", "KEY_ID": "A" * 20}
PATHS = ("FILE", "--data", "--secret-key-file")  # any bytes but those of control characters


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("texts"), "--auth", "on")
    project = credentials(server.data)["Project Id"]
    # So that the project has the workspace of CDM, which no text may name.
    admin(server, "cdm-cluster", "create", "c", "--project", project)
    admin(server, "bucket", "create", "kept")
    with contextlib.closing(sqlite3.connect(server.data / "catalog.db", timeout=60)) as db, db:
        db.execute("INSERT INTO workspace (uid, project, name, revision, created) "
                   "VALUES ('c', ?, '', 1, 1)", (project,))
    assert server.stop() == 0
    return server.data, project


def state(data):
    with contextlib.closing(sqlite3.connect(data / "catalog.db")) as db:
        rows = list(db.iterdump())
    return rows, sorted(str(one) for one in data.parent.rglob("*") if "-wal" not in one.name
                        and "-shm" not in one.name)


def arguments(command, usage, data, project):
    """{what takes a text: what is given for it}; {flags that have to be there}"""
    good = {**GOOD, "--project": project, "--data": str(data),
            "--secret-key-file": str(data / "secret.key")}
    words = re.findall(r"(--[a-z-]+) [A-Z]+|^ ([A-Z_]+)", usage)
    names = [option or word for option, word in words] + ["--data", "--secret-key-file"]
    return {name: good.get(name, str(data.parent / "none") if name == "FILE" else "name")
            for name in names}


def run(command, given):
    words = [os.fsencode(value) for name, value in given.items() if not name.startswith("-")]
    for name, value in given.items():
        if name.startswith("-"):
            words += [name.encode(), os.fsencode(value)]
    return subprocess.run([DLFD, "admin", *command.split(), *words], capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=60, env={**os.environ, **ENGLISH})


def test_all_commands_are_walked():
    source = {line.strip() for line in dlfd("admin", "--help").stdout.splitlines() if "dlfd admin" in line}
    assert len(COMMANDS) == len(source) > 25


@pytest.mark.parametrize("command, usage", COMMANDS, ids=[one[0] for one in COMMANDS])
def test_a_text_that_breaks_its_rule(folder, command, usage):
    data, project = folder
    before = state(data)
    given = arguments(command, usage, data, project)
    for name in given:
        for what, bad in BAD.items():
            if name in PATHS and what == "no UTF-8":
                continue
            done = run(command, {**given, name: bad})
            assert done.returncode == 2, (command, name, what, done)
            assert name.encode() in done.stderr and not done.stdout, (command, name, what, done)
    extra = run(command, {**given, "": ""})
    assert extra.returncode == 2 and not extra.stdout, extra
    assert state(data) == before


@pytest.mark.parametrize("call", [
    ("workspace", "create", ""), ("workspace", "delete", "", "--force"),
    ("role", "grant", "viewer", "--user", "admin", "--workspace", ""),
    ("role", "revoke", "--user", "admin", "--workspace", "")])
def test_the_workspace_of_cdm_cannot_be_named(folder, call):
    data, project = folder
    before = state(data)
    done = dlfd("admin", *call, "--project", project, "--data", data)
    assert done.returncode == 2 and "1 to 128 letters" in done.stderr, done
    assert state(data) == before


def test_roles_that_were_granted_in_the_workspace_of_cdm_are_dropped(tmp_path):
    """A catalogue of before: the role in the workspace without a name goes, the other stays."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    (data / "secret.key").write_text("0123456789abcdef" * 4 + "\n")
    (data / "secret.key").chmod(0o600)
    with contextlib.closing(sqlite3.connect(data / "catalog.db")) as db:
        for number in range(1, 7):
            step, = (ROOT / "src/store/migrations").glob(f"{number:04}_*.sql")
            db.executescript(step.read_text(encoding="utf-8"))
        db.executescript("""
            INSERT INTO domain VALUES ('d', 'd', 1);
            INSERT INTO account VALUES ('a', 'd', 'ann', 'x', 0, 1);
            INSERT INTO project (id, created, name, domain) VALUES ('p', 1, 'p', 'd');
            INSERT INTO workspace (id, uid, project, name, revision, created)
                VALUES (1, 'u', 'p', 'default', 1, 1), (2, 'c', 'p', '', 1, 1);
            INSERT INTO member VALUES (1, 'a', 1), (2, 'a', 4);
            PRAGMA user_version = 6;""")
    done = dlfd("admin", "role", "list", "--project", "p", "--data", data)
    assert (done.returncode, done.stdout) == (0, "ann  default  viewer\n"), done
    with contextlib.closing(sqlite3.connect(data / "catalog.db")) as db:
        assert db.execute("SELECT value FROM meta WHERE name = 'signed_in'").fetchone() == ("1",)
