"""Archives that attack the import: each is refused in a sentence that names the entry,
nothing of it is written, and memory and time stay bounded."""

import io
import json
import random
import stat
import struct
import uuid
import warnings
import zipfile

import pytest

from archives import (BUCKET, CLOCK, REFUSED, import_archive, made, overlapping, plan_of, put_object,
                      quoting, task_of, zipped)
from harness import ALL, SANITIZED, Server, cdm_job, job, resource, script
from test_memory import grown_mib, reset_peak

MIB = 1 << 20
SECONDS = 60 if SANITIZED else 15  # of the CPU
GROWN_MIB = 64
GOOD = ("jobs/good/good.job", json.dumps(job("good")))
JOB = "jobs/bad/bad.job"
CDM = "cdms/default/bad.json"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A server with small limits."""
    server = Server(tmp_path_factory.mktemp("guarded"), "--max-archive-entries", "100",
                    "--max-unpacked-bytes", str(64 * MIB), "--max-import-bytes", str(8 * MIB))
    yield server
    assert server.stop() == 0, server.log


@pytest.fixture
def target(guarded):
    return guarded.client(project=uuid.uuid4().hex)


def assert_nothing_held(client):
    for path, key in (("/jobs", "jobs"), ("/jobs?jobType=REAL_TIME", "jobs"),
                      ("/scripts", "scripts"), ("/resources", "resources"),
                      ("/connections", "connections")):
        assert client.get(path).json[key] == [], path
    assert list(client.clusters()) == ["default"]
    assert client.cdm("GET", "/job/all").json["jobs"] == []


def assert_refused(client, data, *words, **members):
    """Words: all stand in the task's message."""
    before, started = reset_peak(client.server), client.server.cpu_seconds()
    task = import_archive(client, data, **members)
    seconds, grown = client.server.cpu_seconds() - started, grown_mib(client.server, before)
    assert task["status"] == "FAILED", task
    for word in words:
        assert word in task["message"], task["message"]
    assert_nothing_held(client)
    assert seconds < SECONDS
    assert SANITIZED or grown < GROWN_MIB, f"{grown:.0f} MiB"


# ---- names ----

def with_name(name):
    return zipped([GOOD, (name, json.dumps(job("bad")))])


@pytest.mark.parametrize("name", [
    "/etc/bad.job", "../bad.job", "jobs/../../bad.job", "jobs\\bad.job", "C:/bad.job", "jobs//bad.job",
    "./bad.job", "jobs/./bad.job", "..", "jobs/..", "a/" * 16 + "bad.job"])
def test_a_name_that_leads_astray(target, name):
    assert_refused(target, with_name(name), name + ": ")


@pytest.mark.parametrize("name", ["bad\x01.job", "bad\n.job", "\x7f.job", "x" * 2045 + ".job"],
                         ids=["control", "line", "delete", "long"])
def test_a_name_that_is_not_shown(target, name):
    assert_refused(target, with_name(name), "#2: ")


def test_a_name_that_is_not_the_utf8_that_it_claims(target):
    data = zipped([GOOD, ("字.job", "{}")]).replace("字".encode(), b"\xff\xff\xff")
    assert_refused(target, data, "not valid UTF-8")


@pytest.mark.parametrize("second", ["{}", GOOD[1]])
def test_a_name_that_stands_twice(target, second):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = zipped([GOOD, (GOOD[0], second)])
    assert_refused(target, data, GOOD[0], "twice")


OBJECTS = {  # (two entries of one identity, in two forms)
    "job": ("a/x.job", "b/y.JOB", job("x"), job("x", description="other")),
    "script": ("a/x.script", "x.script", script("x"), script("x", content="other")),
    "resource": ("x.resource", "x~2.resource", resource("x"), resource("x", directory="/", desc="d")),
    "cdm": ("cdms/c/x.json", "jobs/a/cdms/c/y.json", {"jobs": [cdm_job("x")]},
            {"jobs": [cdm_job("x", unknown=1)]}),
}


@pytest.mark.parametrize("kind", OBJECTS)
def test_one_object_with_two_contents(target, kind):
    one, two, first, second = OBJECTS[kind]
    data = zipped([GOOD, (one, json.dumps(first)), (two, json.dumps(second))])
    assert_refused(target, data, two)


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_links_and_devices(target, mode):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr(*GOOD)
        info = zipfile.ZipInfo(JOB, CLOCK)
        info.create_system, info.external_attr = 3, (mode | 0o777) << 16
        z.writestr(info, "/etc/passwd")
    assert_refused(target, out.getvalue(), JOB, "neither a file nor a folder")


# ---- structure ----

@pytest.mark.parametrize("command", REFUSED)
def test_what_the_reader_refuses(target, command, tmp_path):
    assert_refused(target, made(command, tmp_path).read_bytes(), REFUSED[command])


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\5\6", b"{}", b"PK\3\4" + bytes(100), bytes(1000)])
def test_what_is_no_zip(target, data):
    assert_refused(target, data, "zip" if data[:4] != b"PK\3\4" else "")
    answer = target.post("/jobs/check-file", {"path": put_object(target.server, data)})
    assert (answer.status, answer.code) == (400, "DLF.0815")
    answer = target.post("/jobs/import", {"path": put_object(target.server, data), "dryRun": True})
    assert (answer.status, answer.code) == (400, "DLF.0815") and answer.detail


@pytest.mark.parametrize("files", [{}, {"README.md": "x", "jobs/": ""}])
def test_an_archive_of_nothing(target, files):
    assert_refused(target, zipped(files), "nothing to import")


WHOLE = zipped([GOOD, (JOB, json.dumps(job("bad", description="x" * 200)))])


@pytest.mark.parametrize("left", [*range(1, len(WHOLE), len(WHOLE) // 12), len(WHOLE) - 1])
def test_an_archive_that_is_cut_off(target, left):
    assert_refused(target, WHOLE[:left])


def test_bytes_that_are_changed(guarded):
    """Whatever one wrong byte does: an archive is whole, or nothing of it is written."""
    chance = random.Random(8)
    for at in chance.sample(range(len(WHOLE)), 60):
        client = guarded.client(project=uuid.uuid4().hex)
        data = bytearray(WHOLE)
        data[at] ^= 1 << chance.randrange(8)
        task = import_archive(client, bytes(data))
        if task["status"] == "FAILED":
            assert_nothing_held(client)
        else:
            assert client.get("/jobs").json["total"] == 2, at


def stored_then(change, content=json.dumps(job("bad"))):
    """`change(archive, content)` of an archive that holds it stored."""
    data = zipped([GOOD, (JOB, content)], zipfile.ZIP_STORED)
    return change(data, content.encode())


def with_sizes(data, raw, packed=None):
    """The last entry's sizes, in both of its headers."""
    out = bytearray(data)
    for signature, at in ((b"PK\3\4", 18), (b"PK\1\2", 20)):
        found = out.rindex(signature)
        stored, = struct.unpack_from("<I", out, found + at)
        struct.pack_into("<II", out, found + at, stored if packed is None else packed, raw)
    return bytes(out)


@pytest.mark.parametrize("change, word", [
    (lambda data, content: data.replace(content, content.replace(b"bad", b"BAD")), JOB + ": the checksum"),
    (lambda data, content: with_sizes(data, len(content) + 1), JOB + ": the sizes"),
    (lambda data, content: with_sizes(data, 1 << 31, 1 << 31), JOB),
    (lambda data, content: with_sizes(data, 0xffffffff, 0xffffffff), "directory is damaged")],
    ids=["content", "one more", "beyond the archive", "zip64 without its field"])
def test_a_stored_entry_that_lies(target, change, word):
    assert_refused(target, stored_then(change), word)


@pytest.mark.parametrize("raw", [0, 10, 5000, 24 * MIB])
def test_a_deflated_entry_that_lies_about_its_size(target, raw):
    content = json.dumps(job("bad", description="x" * 200))
    assert_refused(target, with_sizes(zipped([GOOD, (JOB, content)]), raw), JOB)


def test_deflated_bytes_that_are_damaged(target):
    content = json.dumps(job("bad", unknown=list(range(1000))))
    data = bytearray(zipped([GOOD, (JOB, content)]))
    at = data.index(JOB.encode()) + len(JOB) + 20
    data[at:at + 40] = bytes(40)
    assert_refused(target, bytes(data), JOB)


# ---- bombs ----

@pytest.mark.parametrize("data", [
    overlapping(90, bytes(20 * MIB)), overlapping(60000, bytes(20 * MIB)),
    overlapping(2, b"kernel" * 1000), quoting(50, b"kernel" * 1000)],
    ids=["1.8 GB in 20 KB", "1.2 TB in 3 MB", "two share one", "headers that are quoted"])
def test_entries_that_overlap(target, data):
    assert_refused(target, data)


@pytest.mark.parametrize("suffix", ["job", "script", "resource", "conn"])
def test_one_entry_that_unpacks_to_much(target, suffix):
    name = f"x/bad.{suffix}"
    assert_refused(target, zipped([GOOD, (name, b" " * 40 * MIB)]),
                   f"{name}: body: larger than {24 * MIB} bytes")


def test_spaces_up_to_the_limit_of_one_entry(target):
    """24 MiB of nothing but blanks are unpacked and read, and are no JSON."""
    assert_refused(target, zipped([GOOD, (JOB, b" " * (24 * MIB - 1))]), JOB)


def test_zips_within_zips_are_not_opened(target):
    data = zipped({JOB: "{"})
    for _ in range(20):
        data = zipped({"jobs.zip": data, "jobs.job.zip": data[:100]})
    assert_refused(target, data, "nothing to import")
    assert_refused(target, zipped([GOOD, (JOB, data)]), JOB + ": ")


def test_many_cdm_jobs_in_one_file(client):
    """Time is not their number squared."""
    body = {"jobs": [cdm_job(f"j{i}") for i in range(5000)] + [cdm_job("..")]}
    assert_refused(client, zipped([GOOD, (CDM, json.dumps(body))]), CDM + ": ")


@pytest.mark.parametrize("member", ["{}", '{"name":"j"}'])
def test_more_cdm_jobs_in_one_file_than_an_archive_has_entries(target, member):
    """A few kilobytes that would become gigabytes of faults."""
    text = '{"jobs":[' + f"{member}," * 1_000_000 + member + "]}"
    assert_refused(target, zipped([GOOD, (CDM, text)]), "101 objects, at most 100")


def test_many_keys_for_one_connection(client):
    """Time is not their number squared."""
    config = {f"k{i:06}": "1" for i in range(100_000)}
    data = zipped([("a.conn", json.dumps({"name": "li", "type": "DLI", "config": config}))])
    path = put_object(client.server, data)
    started = client.server.cpu_seconds()
    task = task_of(client, client.post("/connections/import", {"path": path, "params": [
        {"name": "li", "type": "DLI", "params": {f"x{i:06}": "2" for i in range(100_000)} | {"k000007": "2"}}]}))
    assert task["status"] == "SUCCESSFUL" and client.server.cpu_seconds() - started < SECONDS, task
    config = client.get("/connections/li").json["config"]
    assert (config["k000006"], config["k000007"], config["x099999"], len(config)) == ("1", "2", "2", 200_000)


# ---- limits ----

def test_too_many_entries(target):
    files = [(f"{i}.txt", "") for i in range(100)]
    assert_refused(target, zipped([GOOD, *files]), "101", "100")
    assert import_archive(target, zipped([GOOD, *files[1:]]))["status"] == "SUCCESSFUL"


def test_too_many_uncompressed_bytes(target):
    files = [(f"{i}.txt", bytes(20 * MIB)) for i in range(4)]
    assert_refused(target, zipped([GOOD, *files]), str(64 * MIB))


def test_too_large_an_archive(target):
    noise = random.Random(1).randbytes(8 * MIB)
    assert_refused(target, zipped([GOOD, ("noise.txt", noise)]), "too large")


# ---- JSON ----

def nested(depth):
    return '{"name":"bad","processType":"BATCH","schedule":{"type":"EXECUTE_ONCE"},"x":' + \
        "[" * depth + "]" * depth + "}"


TEXTS = {
    "nothing": b"", "blanks": b"  \n", "half": b'{"name":"bad"', "no object": b"[]", "null": b"null",
    "a text": b'"x"', "more behind": b"{} {}", "single quotes": b"{'name':'bad'}",
    "a BOM": b"\xef\xbb\xbf" + GOOD[1].encode(), "UTF-16": GOOD[1].encode("utf-16"),
    "GBK": json.dumps(job("bad", description="作业"), ensure_ascii=False).encode("gbk"),
    "twice": b'{"name":"bad","name":"bad"}', "twice by an escape": b'{"name":"bad","n\\u0061me":"b"}',
    "deep": nested(64).encode(), "very deep": nested(1_000_000).encode(),
    "NUL": b'{"name":"bad\\u0000"}', "half a pair": b'{"name":"\\ud800"}', "a comma": b'{"a":1,}',
    "a number": b'{"a":01}', "NaN": b'{"a":NaN}', "too many values": b"[" + b"1," * 1_000_000 + b"1]",
    "a zip": zipped([GOOD]),
}


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("name", [JOB, "bad.script", "r/bad.resource", CDM])
def test_texts_that_are_no_definition(target, text, name):
    assert_refused(target, zipped([GOOD, (name, TEXTS[text])]), name + ": ")


@pytest.mark.parametrize("name, body, word", [
    (JOB, {}, "name"), (JOB, job(".."), "name"), (JOB, job("a/b"), "name"), (JOB, job(1), "name"),
    (JOB, job("bad", processType="NOPE"), "processType"), (JOB, job("bad", nodes={}), "nodes"),
    (JOB, job("bad", directory="/../x"), "directory"),
    (JOB, job("bad", directory="/" * 100), "directory"),
    (JOB, job("bad", schedule={"type": "CRON", "cron": {"expression": "x"}}), "schedule.cron"),
    ("bad.script", script(".."), "name"), ("bad.script", script("bad", type="NOPE"), "type"),
    ("bad.script", script("bad", content=1), "content"), ("bad.resource", resource("a.b"), "name"),
    ("bad.resource", resource("bad", location="/etc"), "location"),
    (CDM, cdm_job("bad"), "jobs"), (CDM, {"jobs": {}}, "jobs"),
    (CDM, {"jobs": [1]}, "object expected"), (CDM, {"jobs": [cdm_job("..")]}, "name"),
    ("cdms/a b/bad.json", {"jobs": [cdm_job("bad")]}, "a b"),
    ("cdms/" + "c" * 65 + "/bad.json", {"jobs": [cdm_job("bad")]}, "c" * 65)])
def test_definitions_that_break_a_rule(target, name, body, word):
    assert_refused(target, zipped([GOOD, (name, json.dumps(body))]), name + ": ", word)


def test_every_fault_is_named(target):
    bad = [(f"jobs/{i}.job", '{"name":') for i in range(30)]
    assert_refused(target, zipped([*bad, GOOD]), *(name + ": " for name, _ in bad))
    plan = plan_of(target, zipped([*bad, GOOD]))
    assert (plan["counts"]["error"], plan["counts"]["create"]) == (30, 1)
    assert_nothing_held(target)


def test_a_message_has_a_bound(target):
    bad = [("jobs/" + "字" * 100 + f"{i}.job", '{"name":') for i in range(99)]
    task = import_archive(target, zipped([*bad, GOOD]))
    assert task["status"] == "FAILED" and len(task["message"]) < 100_000
    assert_nothing_held(target)


def test_what_is_sound_comes_in_when_asked(target):
    bad = [(f"{text}.job", content) for text, content in TEXTS.items()]
    task = import_archive(target, zipped([*bad, GOOD]), onError="continue")
    assert task["status"] == "FAILED"
    assert [row["name"] for row in target.get("/jobs").json["jobs"]] == ["good"]


@pytest.mark.skipif(SANITIZED and not ALL, reason="measures memory, which the other build can do")
def test_requests_of_imports_that_wait(start):
    """What they keep is bounded, however many may wait: behind three that take a while."""
    server = start()
    client, before = server.client(), reset_peak(server)
    path = put_object(server, zipped([(f"{i}.script", json.dumps(script(f"s{i}", content=f"{i}" * 20_000)))
                                      for i in range(4000)], level=1))
    small = put_object(server, zipped({"a.script": json.dumps(script("a"))}), "small.zip")
    bodies = [json.dumps({"path": one, "params": {f"k{i:06}": "" for i in range(500_000)}}).encode()
              for one in (path, small)]
    answers = [client.post("/jobs/import", bodies[i >= 3]) for i in range(12)]
    refused = [one for one in answers if one.status != 200]
    assert refused and {(one.status, one.code) for one in refused} == {(503, "APIGW.0613")}
    assert SANITIZED or grown_mib(server, before) < 600
    for one in answers:
        if one.status == 200:
            task_of(client, one)
    task_of(client, client.post("/jobs/import", bodies[1]))


def test_nothing_is_left_behind(guarded):
    """Of all that was refused here, on the disk."""
    rest = {str(p.relative_to(guarded.data)) for p in guarded.data.rglob("*") if p.is_file()}
    assert {name for name in rest if name.startswith("obs/")} == {f"obs/{BUCKET}/x.zip"}
    assert not [name for name in rest if "tmp" in name or name.endswith(".part")], rest
