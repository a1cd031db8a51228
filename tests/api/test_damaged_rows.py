"""What comes from the database is checked like what comes from outside.

A small catalogue with every kind of row is made once.  Then each column of each table, as
the database's own schema names them, gets each kind of damage, as a disk or somebody's tool
could do it: the engine's constraints are taken away for that, and put back.

What must hold of every case:
- the server is alive, or says why it does not start;
- an archive or a definition that it serves with 200 is what was stored, byte for byte; an
  archive may lack what the answer itself says is missing;
- any other answer is as before, or an error, or another fact that the column states: a time,
  a name, a role, which nobody can know to be wrong;
- `dlfd admin check` exits with 1, and names the table, when an answer has changed, and the
  new value is none that the column could have.
"""

import http.client
import io
import json
import os
import pathlib
import re
import shutil
import sqlite3
import tempfile
import time
import zipfile
import zlib
from unittest import mock

import pytest

from harness import ALL, Client, Server, dlfd, job, node

from test_sign_in import House, admin

LARGEST = 2 ** 63 - 1
OPTIONS = ["--auth", "on", "--public-url", "http://dlf.test"]
# What is damaged: (name, what takes the place of a value)
DAMAGES = ["null", "empty", "largest", "type", "cut", "other"]
# Facts that could be true: another value is shown, and nobody can tell.
FACTS = {
    "project": "*", "workspace": "*", "cluster": "*", "domain": "*", "account": "*",
    "access_key": "*", "token": "*", "member": "*", "task": "*", "meta": "*", "secret": "*",
    # The sums of one row, of which the others still tell; what is not served.
    "blob": {"orphaned_at", "export_format"}, "object": {"checksum", "content", "refs"},
    "version": {"checksum", "content", "refs", "submit_user", "submit_time"},
    "sqlite_sequence": "*", "staged": "*", "exposed": "*", "audit": "*",
}


def is_fact(table, column):
    return FACTS.get(table) == "*" or column in FACTS.get(table, ())


class Catalogue:
    """The folder that is damaged in copies, and what is asked of it."""

    def __init__(self, folder):
        server = Server(folder / "data", *OPTIONS)
        self.house = House(server)
        self.data = server.data
        client = self.house.client()
        self.fill(client)
        # A token of its own for each time it is asked, so that none is made on the way.
        self.token = self.house.token()
        self.signed = self.house.signer()
        self.project = self.house.project
        self.tasks = [self.task]
        self.wanted = self.ask(server)
        assert all(one[0] == 200 for one in self.wanted.values()), self.wanted
        assert server.stop() == 0
        self.schema = schema_of(self.data / "catalog.db")

    def fill(self, client):
        """Two of each kind, so that there is another row whose value one can take."""
        for name in ("one", "two"):
            client.make_script(f"s-{name}", content=f"select '{name}'", targetStatus="SUBMITTED")
            client.make_resource(f"r-{name}", location=f"obs://b/{name}.jar")
            client.make_cdm_job(f"m-{name}")
            assert client.post("/connections", {
                "name": f"c-{name}", "type": "DWS", "config": {
                    "clusterName": name, "userName": "u", "password": "p", "kmsKey": "k",
                    "agentName": "a", "sslEnable": True}}).status == 204
            nodes = [node("n", "DWSSQL", {"scriptName": f"s-{name}"}),
                     node("m", "CDMJob", {"clusterName": "default", "jobName": f"m-{name}"}),
                     node("k", "MRSSpark", {"resourcePath": f"r-{name}"})]
            for text in ("first", "second"):
                body = job(f"j-{name}", nodes=nodes, description=f"{text} of {name}",
                           targetStatus="SUBMITTED")
                answer = (client.post("/jobs", body) if text == "first"
                          else client.put(f"/jobs/j-{name}", body))
                assert answer.status == 204, answer
        admin(self.house.server, "bucket", "create", "archives")
        answer = client.post("/jobs/batch-export", {"jobList": ["j-one"], "obsPath": "obs://archives/x"})
        assert answer.status == 200, answer
        path = next(p for p in (self.data / "obs").rglob("*.zip"))
        path = "obs://archives/" + str(path.relative_to(self.data / "obs" / "archives"))
        for _ in range(2):
            self.task = client.post("/jobs/import", {"path": path}).json["taskId"]
            wait_for(lambda: client.get(f"/system-tasks/{self.task}").json["status"] != "RUNNING")
        admin(self.house.server, "user", "create", "viewer")
        admin(self.house.server, "role", "grant", "viewer", "--user", "viewer",
              "--project", client.project)
        admin(self.house.server, "workspace", "create", "w2", "--project", client.project)

    def requests(self):
        project = self.project
        yield "show job", "GET", f"/v1/{project}/jobs/j-one", None
        yield "show version", "GET", f"/v1/{project}/jobs/j-one?version=1", None
        yield "show script", "GET", f"/v1/{project}/scripts/s-one", None
        yield "list jobs", "GET", f"/v1/{project}/jobs", None
        yield "list scripts", "GET", f"/v1/{project}/scripts", None
        yield "list resources", "GET", f"/v1/{project}/resources", None
        yield "list connections", "GET", f"/v1/{project}/connections", None
        yield "task", "GET", f"/v1/{project}/system-tasks/{self.task}", None
        for body in ({"jobList": ["j-one", "j-two"]},
                     {"jobList": ["j-one", "j-two"], "exportStatus": "SUBMIT"}):
            yield (f"export {body.get('exportStatus', '')}", "POST",
                   f"/v1/{project}/jobs/batch-export", body)
        yield "export connections", "POST", f"/v1/{project}/connections/export", None
        yield "clusters", "GET", f"/v1.1/{project}/clusters", None
        yield "projects", "GET", "/v3/projects", None
        yield "token", "GET", "/v3/auth/tokens", None

    def ask(self, server):
        """{name: (status, body, headers)}"""
        client = Client(server, project=self.project)
        got = {}
        with mock.patch("contract.check"):  # which does not know of damage
            for name, method, path, body in self.requests():
                answer = client.request(method, path, body, headers={
                    "X-Auth-Token": self.token, "X-Subject-Token": self.token})
                got[name] = (answer.status, answer.body, answer.headers["X-Dlf-Missing-Depends"] or "")
            self.signed.server = server
            answer = self.signed.get("/jobs/j-two")
        got["signed"] = (answer.status, answer.body, "")
        return got


def wait_for(condition):
    ends = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.02)


def schema_of(path):
    """[(table, column, declared type)], as the database names them."""
    db = sqlite3.connect(path)
    tables = [row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' "
                                           "AND name NOT LIKE 'sqlite_stat%' ORDER BY name")]
    found = [(table, row[1], row[2]) for table in tables
             for row in db.execute(f'PRAGMA table_info("{table}")')]
    db.close()
    return found


def without_rules(db):
    """Takes away what the engine refuses: types, NOT NULL, references."""
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute("PRAGMA ignore_check_constraints = ON")
    db.execute("PRAGMA writable_schema = ON")
    kept = db.execute("SELECT rowid, sql FROM sqlite_schema WHERE type = 'table'").fetchall()
    for row, sql in kept:
        db.execute("UPDATE sqlite_schema SET sql = ? WHERE rowid = ?",
                   (re.sub(r"\)\s*STRICT$", ")", sql.replace("NOT NULL", "")), row))
    version = db.execute("PRAGMA schema_version").fetchone()[0]
    db.execute(f"PRAGMA schema_version = {version + 1}")
    db.commit()
    return kept, version


def with_rules(db, kept, version):
    for row, sql in kept:
        db.execute("UPDATE sqlite_schema SET sql = ? WHERE rowid = ?", (sql, row))
    db.execute(f"PRAGMA schema_version = {version + 2}")
    db.commit()


# The row that is damaged: one that the requests need, where it matters which.
ROWS = {
    "object": "name = 'j-one'", "task": "rowid = (SELECT max(rowid) FROM task)",
    "version": "object = (SELECT id FROM object WHERE name = 'j-one') AND number = 1",
    "blob": "id = (SELECT blob FROM object WHERE name = 'j-one')",
    "ref": "blob = (SELECT blob FROM object WHERE name = 'j-one') AND kind = 1",
    "workspace": "name = 'default'", "secret": "object = (SELECT id FROM object WHERE name = 'c-one')",
    "token": "rowid = (SELECT max(rowid) FROM token)", "account": "name = 'admin'",
}


def half_of(value):
    if isinstance(value, int):
        return value // 2
    return value and value[:len(value) // 2]


def damage(path, table, column, how):
    """False when there is nothing that could be damaged so."""
    db = sqlite3.connect(path)
    where = ROWS.get(table, f'rowid = (SELECT min(rowid) FROM "{table}")')
    kept, version = without_rules(db)
    db.close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute("PRAGMA writable_schema = ON")
    try:
        value = db.execute(f'SELECT "{column}" FROM "{table}" WHERE {where}').fetchone()
        if value is None:
            return False
        new = {"null": None, "empty": "", "largest": LARGEST,
               "type": "a text" if isinstance(value[0], int) else 5,
               "cut": half_of(value[0])}.get(how)
        if how == "other":
            row = db.execute(f'SELECT "{column}" FROM "{table}" WHERE "{column}" IS NOT ? LIMIT 1',
                             (value[0],)).fetchone()
            if row is None:
                return False
            new = row[0]
        if new == value[0]:
            return False
        try:
            db.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = '
                       f'(SELECT rowid FROM "{table}" WHERE {where} LIMIT 1)', (new,))
        except sqlite3.IntegrityError:
            return False  # UNIQUE: an index cannot have it
        db.commit()
        return True
    finally:
        db.rollback()
        with_rules(db, kept, version)
        db.close()


@pytest.fixture(scope="module")
def folder():
    """In memory where there is such a place: nothing here is to outlive the power."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="dlf-damaged-", dir=memory) as path:
        yield pathlib.Path(path)


@pytest.fixture(scope="module")
def catalogue(folder):
    return Catalogue(folder)


def entries(body):
    archive = zipfile.ZipFile(io.BytesIO(body))
    return {name: archive.read(name) for name in archive.namelist()}


def check_archive(case, name, got, wanted):
    """Nothing else than what was stored; what lacks is told."""
    try:
        is_now, was = entries(got[1]), entries(wanted[1])
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise AssertionError((case, name, str(error))) from error
    for entry, text in is_now.items():
        assert was.get(entry) == text, (case, name, entry)
    for entry in was.keys() - is_now.keys():
        what = entry.rsplit("/", 1)[1].rsplit(".", 1)[0]
        assert what.split(".")[0] in got[2], (case, name, f"{entry} is missing without a word")


def check_answer(case, name, got, wanted, table, column):
    if got == wanted or got[0] >= 400:
        return
    assert got[0] == 200, (case, name, got)
    if name.startswith("export"):
        check_archive(case, name, got, wanted)
        return
    assert is_fact(table, column) or table == "ref" and name.startswith("show job"), (
        case, name, got[1], wanted[1])
    json.loads(got[1])


# What ended the server, or was served as if it were sound, before rows were checked.
FOUND = [("blob", "stored_size", "largest"), ("blob", "stored_size", "other"),
         ("blob", "stored", "cut"), ("blob", "stored", "other"), ("blob", "crc32", "other"),
         ("blob", "stored_sha256", "other"), ("blob", "raw_size", "null"),
         ("blob", "raw_size", "largest"), ("task", "kind", "largest"), ("task", "report", "cut"),
         ("object", "blob", "other"), ("object", "submitted", "other"),
         ("version", "blob", "other"), ("ref", "name", "other"), ("token", "methods", "cut")]


def cases(catalogue):
    """All of them with DLF_ALL=1; else those that mattered once, and every 29th of all."""
    every = [(table, column, how) for table, column, _ in catalogue.schema for how in DAMAGES]
    return every if ALL else FOUND + every[::29]


def is_report(text):
    """Of a sanitizer, or of an assertion."""
    return "runtime error" in text or "Sanitizer" in text or "Assertion" in text


def run_case(catalogue, table, column, how, folder):
    case = f"{table}.{column}: {how}"
    data = folder / "copy"
    shutil.rmtree(data, ignore_errors=True)
    shutil.copytree(catalogue.data, data)
    if not damage(data / "catalog.db", table, column, how):
        return False
    changed = False
    try:
        server = Server(data, *OPTIONS)
    except RuntimeError as error:
        assert not is_report(str(error)), (case, str(error))
        changed = True
    else:
        try:
            got = catalogue.ask(server)
        except (OSError, http.client.HTTPException) as error:
            server.stop()
            raise AssertionError((case, "no answer", repr(error), server.log[-30:])) from error
        assert server.process.poll() is None, (case, server.log)
        for name, answer in got.items():
            check_answer(case, name, answer, catalogue.wanted[name], table, column)
            changed |= answer != catalogue.wanted[name]
        assert server.stop() == 0 and not is_report("\n".join(server.log)), (case, server.log)
        if any(answer[0] >= 500 for answer in got.values()):
            assert any(re.search(r"row .* of table", line) for line in server.log), (case, server.log)
    done = dlfd("admin", "check", "--data", data)
    assert done.returncode in (0, 1) and not is_report(done.stderr), (case, done.stderr)
    named = done.returncode == 1 and re.search(rf"\b{table}\b", done.stdout + done.stderr)
    assert named or not changed or is_fact(table, column), (case, done)
    return True


def test_no_damaged_row_is_served_as_sound(catalogue, folder):
    tried, faults = 0, []
    for case in cases(catalogue):
        try:
            tried += run_case(catalogue, *case, folder)
        except AssertionError as error:
            faults.append(str(error).splitlines()[0][:1000])
    assert not faults, "\n".join([f"{len(faults)} of {tried}:", *faults])
    assert tried > 20
