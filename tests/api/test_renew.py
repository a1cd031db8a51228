"""Making definitions anew: after an upgrade, and by `dlfd admin reindex`."""

import hashlib
import json
import sqlite3
import urllib.request
import zlib

import pytest

from harness import PROJECT, cdm_job, dlfd, job, node


# Rows that the test writes have no sums; the server would take them for damaged.
UNKNOWN = "checksum = NULL, content = NULL, refs = NULL"


def admin(*args, data):
    return dlfd("admin", *args, "--data", data)


def text_of(db, blob):
    raw, stored = db.execute("SELECT raw_size, stored FROM blob WHERE id = ?", (blob,)).fetchone()
    return stored if len(stored) == raw else zlib.decompress(stored, -15)


def put_blob(db, text):
    digest = hashlib.sha256(text).digest()
    found = db.execute("SELECT id FROM blob WHERE sha256 = ?", (digest,)).fetchone()
    return found[0] if found else db.execute(
        "INSERT INTO blob (sha256, export_format, raw_size, crc32, stored_size, stored_sha256, stored) "
        "VALUES (?, 1, ?, ?, ?, ?, ?)", (digest, len(text), zlib.crc32(text), len(text), digest, text)).lastrowid


def as_of_another_release(db):
    """As if a release with other rules had written it."""
    db.execute("UPDATE blob SET export_format = 0")
    db.execute("DELETE FROM meta WHERE name = 'definitions'")


def set_member(db, name, member, value):
    """Gives what is stored of `name`, and all of its versions, a member of that value."""
    for table, column in (("object", "blob"), ("version", "blob"), ("object", "submitted")):
        of = "id" if table == "object" else "object"
        for row, blob in db.execute(
                f"SELECT t.id, t.{column} FROM {table} t JOIN object o ON o.id = t.{of} "
                "WHERE o.name = ?", (name,)).fetchall():
            if blob:
                body = json.loads(text_of(db, blob))
                (body["jobs"][0] if "jobs" in body else body)[member] = value
                new = put_blob(db, json.dumps(body, indent=2).encode() + b"\n")
                db.execute("INSERT INTO ref SELECT ?, kind, scope, name FROM ref WHERE blob = ? "
                           "ON CONFLICT DO NOTHING", (new, blob))
                db.execute(f"UPDATE {table} SET {column} = ?, {UNKNOWN} WHERE id = ?", (new, row))


@pytest.fixture
def refused(start):
    """The data folder of a stopped server with a job, its version, a script and a CDM job
    that today's rules refuse, and objects that they take."""
    server = start()
    client = server.client()
    client.make_script("etl")
    client.make_script("odd")
    client.make_cdm_job("load")
    assert client.post("/jobs", job("broken", nodes=[node("n", "DWSSQL", {"scriptName": "etl"})],
                                    targetStatus="SUBMITTED")).status == 204
    client.make_job("sound", nodes=[node("n", "DWSSQL", {"scriptName": "etl"})])
    server.stop()
    db = sqlite3.connect(server.data / "catalog.db")
    set_member(db, "broken", "singleNodeJobFlag", "yes")
    set_member(db, "odd", "description", 5)
    set_member(db, "load", "from-link-name", ["mysql"])
    as_of_another_release(db)
    db.commit()
    db.close()
    return server.data


NAMES = [f"script odd of workspace default of project {PROJECT}: description",
         f"cdm default/load of project {PROJECT}: from-link-name",
         f"job broken of workspace default of project {PROJECT}: singleNodeJobFlag",
         f"job broken, version 1, of workspace default of project {PROJECT}: singleNodeJobFlag"]


def refusals(lines):
    return [line.split("rules refuse ")[1] for line in lines if "rules refuse" in line]


def log_of(server):
    """All of it: lines are written by a thread of their own."""
    assert server.stop() == 0
    return server.log


def is_told(lines):
    found = refusals(lines)
    return len(found) == len(NAMES) and all(line.startswith(name) for line, name in zip(found, NAMES))


def shown(client, path):
    """Without the contract, which says of which type the member is."""
    with urllib.request.urlopen(
            f"http://127.0.0.1:{client.server.port}/v1/{client.project}{path}") as answer:
        return json.load(answer)


def test_the_server_starts_and_names_what_it_keeps(refused, start):
    log = log_of(start(data=refused))
    assert is_told(log), log
    assert any("2 objects made anew, 4 definitions kept as they are" in line for line in log), log


def test_what_is_refused_is_served_listed_and_exported(refused, start):
    client = start(data=refused).client()
    assert shown(client, "/jobs/broken")["singleNodeJobFlag"] == "yes"
    assert shown(client, "/jobs/broken?version=1")["singleNodeJobFlag"] == "yes"
    assert shown(client, "/scripts/odd")["description"] == 5
    assert sorted(one["name"] for one in shown(client, "/jobs")["jobs"]) == ["broken", "sound"]
    archive = client.export(["broken", "sound"]).zip
    assert json.loads(archive.read("jobs/broken/broken.job"))["singleNodeJobFlag"] == "yes"
    assert "jobs/broken/etl.script" in archive.namelist(), "what it refers to is known"
    submitted = client.post("/jobs/batch-export", {"jobList": ["broken"], "exportStatus": "SUBMIT"})
    assert json.loads(submitted.zip.read("jobs/broken/broken.job"))["singleNodeJobFlag"] == "yes"


def test_the_next_save_judges_it(refused, start):
    client = start(data=refused).client()
    answer = client.put("/jobs/broken", shown(client, "/jobs/broken"))
    assert answer.status == 400 and "singleNodeJobFlag" in answer.detail, answer
    assert client.put("/jobs/broken", job("broken", singleNodeJobFlag=True)).status == 204
    assert client.get("/jobs/broken").json["singleNodeJobFlag"] is True


def test_a_later_start_does_not_do_it_again(refused, start):
    assert any("making its definitions anew" in line for line in log_of(start(data=refused)))
    log = log_of(start(data=refused))
    assert not any("anew" in line for line in log) and not refusals(log), log


def test_check_and_reindex_name_it_too(refused, start):
    start(data=refused).stop()
    for _ in range(2):
        done = admin("check", data=refused)
        assert done.returncode == 0, done
        assert is_told(done.stdout.splitlines()) and "4 refused, 0 damaged" in done.stdout, done
        done = admin("reindex", data=refused)
        assert done.returncode == 0, done
        assert is_told(done.stdout.splitlines())
        assert done.stdout.endswith("2 objects made anew, 0 of them with other bytes; 4 definitions "
                                    "kept as they are\n"), done


def test_reindex_goes_on_behind_what_is_refused(refused):
    """What comes after it gets its references, and the folder can be used again."""
    db = sqlite3.connect(refused / "catalog.db")
    db.execute("DELETE FROM ref")
    db.commit()
    done = admin("reindex", data=refused)
    assert done.returncode == 0, done
    assert db.execute("SELECT count(*) FROM ref r JOIN object o ON o.blob = r.blob "
                      "WHERE o.name = 'sound'").fetchone() == (1,)
    db.close()


@pytest.mark.parametrize("damage", [
    "UPDATE blob SET stored = zeroblob(length(stored)) WHERE id = (SELECT blob FROM object WHERE name = 'sound')",
    "UPDATE object SET kind = 99 WHERE name = 'sound'"])
def test_a_damaged_definition_does_not_keep_the_server_from_starting(refused, start, damage):
    db = sqlite3.connect(refused / "catalog.db")
    db.execute("PRAGMA ignore_check_constraints = ON")
    db.execute(damage)
    db.commit()
    db.close()
    server = start(data=refused)
    assert server.client().get("/scripts/etl").status == 200
    assert any("sound" in line for line in refusals(log_of(server))), server.log


def test_one_that_is_in_the_way_of_another_holds_up_no_others(start):
    """Several are written at once: what fails then is written alone."""
    server = start()
    client = server.client()
    for i in range(70):
        client.make_script(f"s{i:02}")
    client.make_resource("lib", directory="/a")
    other = client.make_resource("lib", directory="/b")
    client.make_job("j", nodes=[node("n", "DWSSQL", {"scriptName": "s00"})])
    server.stop()
    db = sqlite3.connect(server.data / "catalog.db")
    (blob,) = db.execute("SELECT blob FROM object WHERE uid = ?", (other,)).fetchone()
    moved = put_blob(db, text_of(db, blob).replace(b'"/b"', b'"/a"'))
    db.execute(f"UPDATE object SET blob = ?, {UNKNOWN} WHERE uid = ?", (moved, other))
    db.execute("DELETE FROM ref")
    db.commit()
    done = admin("reindex", data=server.data)
    assert done.returncode == 0, done
    (line,) = refusals(done.stdout.splitlines())
    assert line.startswith(f"resource lib of workspace default of project {PROJECT}: ") and "lib" in line[80:], line
    assert "72 objects made anew, 0 of them with other bytes; 1 definitions kept as they are" in done.stdout
    assert db.execute("SELECT count(*) FROM ref").fetchone() == (1,)
    assert db.execute("SELECT scope FROM object WHERE uid = ?", (other,)).fetchone() == ("/b",)
    db.close()


def test_a_new_folder_has_nothing_to_make_anew(start):
    server = start()
    server.client().make_job("j")
    assert not any("anew" in line for line in log_of(server)), server.log
    again = start(data=server.data)
    assert not any("anew" in line for line in log_of(again)), again.log


def test_a_cdm_job_of_any_shape(start):
    """The file of a CDM job without a job in it."""
    server = start()
    server.client().cdm("POST", "/job", {"jobs": [cdm_job("c")]})
    server.stop()
    db = sqlite3.connect(server.data / "catalog.db")
    for text in (b"[]", b'"jobs"', b'{"jobs": 5}', b'{"jobs": ["x"]}', b"{", b""):
        db.execute(f"UPDATE object SET blob = ?, {UNKNOWN}", (put_blob(db, text),))
        as_of_another_release(db)
        db.commit()
        done = admin("reindex", data=server.data)
        assert done.returncode == 0 and "cdm default/c" in done.stdout, (text, done)
    db.close()
