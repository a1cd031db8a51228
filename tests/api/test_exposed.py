"""Secrets that an earlier version stored in clear, as it did not take them for secrets.

catalog-0006.sql is what such a version left: tests/data/make_clear_catalogue.  Each secret
in clear begins with Cl34r.
"""

import base64
import csv
import json
import shutil
import sqlite3
import stat
import zlib

import pytest

from harness import ROOT, SANITIZED, dlfd
from test_crash import CALLS, Struck, counted, fresh, inject, points, start_and_stop
from test_renew import log_of

OLD = ROOT / "tests/data/catalog-0006.sql"
LIST = "exposed-secrets.csv"
# Kind, name, version, member as it is listed and as it is stored; all of project demo.
HEADERS = ("call.headers.Authorization", "nodes.call.properties.headers.value.Authorization")
LINK, CDM = "link-config-values.configs.linkConfig.inputs.", "to-config-values.configs.toJobConfig.inputs."
EXTENDED = "from-config-values.extended-configs.value.clientSecret"
EXPOSED = [
    ("connection", "dws", "", "config.dbPassword", "config.dbPassword"),
    ("connection", "dws", "", "config.secretAccessKey", "config.secretAccessKey"),
    ("connection", "jdbc", "", "config.url", "config.url"),
    ("link", "default/mysql", "", LINK + "linkConfig.userPassword", LINK + "linkConfig\\.userPassword"),
    ("cdm", "default/load", "", CDM + "toJobConfig.apiKey", CDM + "toJobConfig\\.apiKey"),
    ("cdm", "default/load", "", EXTENDED, EXTENDED),
    ("job", "nightly", "", *HEADERS),
    ("job", "nightly", "1", *HEADERS),
    ("job", "nightly", "2", *HEADERS),
    ("job", "switched", "", "n.auth", "nodes.n.properties.auth.value"),
    ("job", "refused", "", *HEADERS),
]
FOUND = {row[:4] for row in EXPOSED}


def admin(*args, data):
    return dlfd("admin", *args, "--data", data)


def inflated(raw_size, stored):
    return zlib.decompress(stored, -15) if len(stored) < raw_size else stored


def old_database(path):
    db = sqlite3.connect(path)
    db.executescript(OLD.read_text(encoding="utf-8"))
    return db


def stored_in_clear():
    """The bytes of each definition that holds a secret in clear, as they are stored."""
    db = old_database(":memory:")
    found = [stored for size, stored in db.execute("SELECT raw_size, stored FROM blob")
             if any(mark in inflated(size, stored) for mark in MARKS)]
    db.close()
    return found


# As it is, and inside the base64 that the fixture has.
MARKS = [b"Cl34r", base64.b64encode(json.dumps({"clientSecret": "Cl34r-7777"}).encode()).rstrip(b"=")[20:]]
CLEAR = stored_in_clear()


def write_key(data):
    data.mkdir(mode=0o700)
    (data / "secret.key").write_text("0123456789abcdef" * 4 + "\n")
    (data / "secret.key").chmod(0o600)


@pytest.fixture
def old(tmp_path):
    """The data folder of an earlier version that was killed: part of it is in the log, and
    pages that are free hold more.  Beside it a copy of an earlier migration, and what an
    interrupted restore left."""
    data, live = tmp_path / "old", tmp_path / "live.db"
    write_key(data)
    db = old_database(live)
    db.execute("CREATE TABLE free (x)")
    db.execute("INSERT INTO free VALUES (?)", ("Cl34r-free" * 1000,))
    db.execute("DROP TABLE free")
    db.commit()
    db.execute("PRAGMA journal_mode = WAL")
    for change in ("+ 1", "- 1"):  # what is written as it is, is not written
        db.execute(f"UPDATE blob SET raw_size = raw_size {change}")
        db.commit()
    for ending in ("", "-wal"):
        shutil.copy(f"{live}{ending}", data / f"catalog.db{ending}")
    db.close()
    for name in ("catalog.db.v5", "catalog.db.restore"):
        old_database(data / name).close()
    return data


def clear_in(data):
    """The files that hold a secret in clear."""
    files = {p: p.read_bytes() for p in data.rglob("*") if p.is_file()}
    return sorted(p.name for p, text in files.items()
                  if any(part in text for part in MARKS + CLEAR))


def rows(data):
    with open(data / LIST, encoding="utf-8") as file:
        found = list(csv.DictReader(line for line in file if not line.startswith("#")))
    assert all(one["Project"] == "demo" for one in found)
    assert all(one["Workspace"] == ("" if one["Kind"] in ("link", "cdm") else "default") for one in found)
    return {(one["Kind"], one["Name"], one["Version"], one["Member"]) for one in found}


def is_clean(data):
    """Nothing is in clear, all is listed, and what is sealed opens."""
    assert clear_in(data) == []
    assert rows(data) == FOUND
    assert stat.S_IMODE((data / LIST).stat().st_mode) == 0o600
    assert not [p.name for p in data.iterdir() if p.name.startswith(("catalog.db.v", "catalog.db.restore"))]
    db = sqlite3.connect(f"file:{data}/catalog.db?mode=ro", uri=True)
    for size, text in db.execute("SELECT raw_size, stored FROM blob"):
        assert not any(mark in inflated(size, text) for mark in MARKS)
    assert db.execute("SELECT count(*) FROM exposed").fetchone() == (0,)
    paths = set(db.execute("SELECT o.name, s.path FROM secret s JOIN object o ON o.id = s.object"))
    assert {(name.split("/")[-1], path) for _, name, version, _, path in EXPOSED if not version} <= paths
    assert {("dws", "config.password"), ("sound", "nodes.n.properties.auth.value")} <= paths, "sealed before"
    db.close()
    done = admin("check", data=data)
    assert done.returncode == 0 and "1 refused, 0 damaged" in done.stdout, done


def test_the_search_finds_what_is_in_clear(old):
    assert len(CLEAR) >= 12
    assert clear_in(old) == ["catalog.db", "catalog.db-wal", "catalog.db.restore", "catalog.db.v5"]
    wal = (old / "catalog.db-wal").read_bytes()
    assert all(part in wal for part in CLEAR)


def test_the_first_start_leaves_nothing_in_clear(old, start):
    server = start(data=old)
    is_clean(old)
    path = str(old / LIST)
    assert f"credentials that were stored in clear, to be replaced: {path}" in server.start_lines + [
        server.process.stdout.readline().strip() for _ in range(2)]
    text = (old / LIST).read_text("utf-8")
    assert "replace each of them" in text and "更换" in text
    log = log_of(server)
    assert any(path in line for line in log) and not any("Cl34r" in line for line in log), log
    is_clean(old)


def test_definitions_lose_their_secrets_and_nothing_else(old, start):
    client = start(data=old).client(project="demo")
    shown = client.get("/connections/jdbc").json["config"]
    assert shown["url"] == shown["password"] == "*********" and shown["userName"] == "u"
    headers = client.get("/jobs/nightly").json["nodes"][0]["properties"][1]
    assert headers == {"name": "headers", "value": "X-Trace=on\nAuthorization="}
    submitted = client.post("/jobs/batch-export", {"jobList": ["nightly"], "exportStatus": "SUBMIT"})
    archive = client.export(["nightly", "switched", "sound"])
    for one in (submitted.zip, archive.zip, client.post("/connections/export").zip):
        for name in one.namelist():
            assert not any(mark in one.read(name) for mark in MARKS), name
    assert "Visible-1" in client.get("/scripts/text").json["content"], "what people write is theirs"


def test_what_is_refused_keeps_all_but_its_secrets(old, start):
    client = start(data=old).client(project="demo")
    text = client.export(["refused"]).zip.read("jobs/refused/refused.job")
    body = json.loads(text)
    assert body["singleNodeJobFlag"] == "yes"
    assert body["nodes"][0]["properties"][1]["value"] == "X-Trace=on\nAuthorization="
    assert text.startswith(b'{\n  "name"') and text.endswith(b"}\n"), "the form of an exported file"


def test_a_later_start_only_says_where_the_list_is(old, start):
    start(data=old).stop()
    for _ in range(2):
        before = (old / LIST).read_bytes()
        again = start(data=old)
        said = again.start_lines + [again.process.stdout.readline().strip() for _ in range(2)]
        assert any(str(old / LIST) in line for line in said)
        assert not any("anew" in line for line in log_of(again)), again.log
        assert (old / LIST).read_bytes() == before
    (old / LIST).unlink()
    again = start(data=old)
    again.stop()
    assert not (old / LIST).exists()


def test_a_list_that_is_there_is_added_to(old, start):
    (old / LIST).write_text("connection,other,default,c,,config.password\n")
    start(data=old).stop()
    lines = (old / LIST).read_text("utf-8").splitlines()
    assert lines[0] == "connection,other,default,c,,config.password" and len(lines) == 1 + len(FOUND)


@pytest.mark.parametrize("migrated", [False, True])
def test_reindex_seals_too(old, migrated):
    if migrated:
        done = admin("workspace", "create", "w", "--project", "demo", data=old)
        assert done.returncode == 0, done
    done = admin("reindex", data=old)
    assert done.returncode == 0 and str(old / LIST) in done.stdout and "Cl34r" not in done.stdout, done
    is_clean(old)
    done = admin("reindex", data=old)
    assert done.returncode == 0 and "0 of them with other bytes" in done.stdout, done
    is_clean(old)


def test_a_backup_of_before_is_made_anew_before_it_is_served(old, start, tmp_path):
    backup = tmp_path / "backup.db"
    old_database(backup).close()
    shutil.copy(old / "secret.key", tmp_path / "backup.db.key")
    server = start()
    server.client(project="demo").make_job("later")
    server.stop()
    done = admin("restore", backup, "--force", data=server.data)
    assert done.returncode == 0, done
    again = start(data=server.data)
    is_clean(server.data)
    assert again.client(project="demo").get("/jobs/nightly").status == 200
    assert b"Cl34r" not in again.client(project="demo").get("/jobs/nightly").body
    again.stop()
    is_clean(server.data)


def test_copies_stay_when_the_catalogue_is_damaged(old, start):
    """They may be what is left of it; the log says what they may hold."""
    db = sqlite3.connect(old / "catalog.db")
    db.execute("UPDATE workspace SET jobs = 77 WHERE name = 'default'")
    db.commit()
    db.close()
    log = log_of(start(data=old))
    assert any("may hold secrets in clear" in line for line in log), log
    assert clear_in(old) == ["catalog.db.restore", "catalog.db.v5", "catalog.db.v6"]
    assert rows(old) == FOUND


def test_a_folder_without_secrets_in_clear_has_no_list(start):
    server = start()
    client = server.client()
    client.make_job("j")
    server.stop()
    db = sqlite3.connect(server.data / "catalog.db")
    db.execute("DELETE FROM meta WHERE name = 'definitions'")
    db.commit()
    db.close()
    assert any("anew" in line for line in log_of(start(data=server.data)))
    assert not (server.data / LIST).exists()


@pytest.mark.skipif(SANITIZED, reason="LeakSanitizer cannot work in a traced process")
@pytest.mark.parametrize("fault", ["KILL", "ENOSPC"])
def test_a_first_start_that_is_cut_short(old, tmp_path, start, fault):
    """The next start does the rest."""
    data, log = fresh(old, tmp_path), tmp_path / "log"
    assert start_and_stop(data, log)[0]
    struck = Struck(log)
    calls = CALLS if fault == "KILL" else ["pwrite64", "fsync", "ftruncate"]
    for call, n in points(counted(log.read_text()), calls):
        data = fresh(old, tmp_path)
        start_and_stop(data, log, *inject(fault, call, n))
        struck.look((call, n))
        again = start(data=data)
        is_clean(data)
        again.stop()
        is_clean(data)
