"""Archives that people and other tools made are imported: what comes out again has the same
contents."""

import io
import json
import pathlib
import struct
import zipfile
import zlib

import pytest

from archives import MAKERS, contents, imported, made, made_by_python, zipped
from harness import dlfd, node

NAMES = ["每日", "plain"]


@pytest.fixture(scope="module")
def files(server):
    """{name: text} of a batch export: all kinds of objects, one script in two folders."""
    client = server.client(project="foreign")
    dlfd("admin", "cdm-cluster", "create", "second", "--project", client.project,
         "--data", server.data)
    client.make_cdm_job("每日.load", "second")
    for directory in ("/", "/a"):
        client.make_resource("pack", directory=directory)
    client.make_script("查询", content="select '中文';\n" * 1000)
    client.make_script("empty", content="")
    nodes = [node("a", "Shell", {"scriptName": "查询"}), node("b", "Shell", {"scriptName": "empty"}),
             node("c", "CDMJob", {"clusterName": "second", "jobName": "每日.load"}),
             node("d", "MRSSpark", {"resourcePath": "pack"})]
    client.make_job("每日", nodes=nodes, unknown=[1.50])
    client.make_job("plain", nodes=nodes[:1], directory="/a/作业")
    found = dict(contents(client.export(NAMES).body))
    assert len(found) == 8
    return found


def assert_comes_out(client, data, files):
    task = imported(client, data)
    assert sorted(row["name"] for row in task["subtasks"]) == [
        "Import the plain job.", "Import the 每日 job."]
    assert dict(contents(client.export(NAMES).body)) == files


@pytest.mark.parametrize("maker", MAKERS)
def test_an_archive_of_a_tool(client, files, maker, tmp_path):
    assert_comes_out(client, made(MAKERS[maker], tmp_path, files).read_bytes(), files)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("piped", [False, True])
@pytest.mark.parametrize("zip64", [False, True])
def test_an_archive_of_python(client, files, method, piped, zip64):
    assert_comes_out(client, made_by_python(files, method, piped, zip64), files)


# ---- layouts ----

FOLDERS = {
    "docs, single": {".job": "jobs", ".script": "scripts", ".resource": "resources"},
    "backup": {".job": "4_jobs", ".script": "3_scripts", ".resource": "2_resources"},
    "flat": {},
}
IGNORED = {"backup.json": '{"nodes": []}', "1_env/variables.env": "{", "README.md": "x", "jobs.txt": "{",
           "jobs/x.job.bak": "{", "cdms/x.json": "{", "x/y/z.json": "{", ".job/x": "{"}


def laid_out(files, folders, top=""):
    """The files by the folders of their kinds; CDM jobs stay below cdms/."""
    moved = {}
    for name, text in files.items():
        path = pathlib.PurePosixPath(name)
        if path.suffix == ".json":
            moved[top + name[name.index("cdms/"):]] = text
        else:
            moved[str(pathlib.PurePosixPath(top, folders.get(path.suffix, ""), path.name))] = text
    return moved


@pytest.mark.parametrize("folders", FOLDERS)
@pytest.mark.parametrize("top", ["", "2024-03-01/", "backup/作业/2024-03-01/"])
def test_a_layout(client, files, folders, top):
    moved = laid_out(files, FOLDERS[folders], top)
    assert len(moved) == 7, "the shared script once"
    assert_comes_out(client, zipped({**moved, **{top + k: v for k, v in IGNORED.items()}}), files)


def test_a_batch_without_its_top_folder(client, files):
    stripped = {name.removeprefix("jobs/"): text for name, text in files.items()}
    assert_comes_out(client, zipped(stripped), files)


def test_connections_among_the_rest(client, files):
    connection = {"name": "c", "type": "HOST", "config": {
        "ip": "10.0.0.1", "port": "22", "userName": "u", "kmsKey": "k", "agentName": "a"}}
    text = json.dumps(connection, indent=2) + "\n"
    assert_comes_out(client, zipped({**files, "connections/c.conn": text}), files)
    assert contents(client.post("/connections/export").body) == [("connections/c.conn", text)]


# ---- as Windows writes them ----

def of_dos(files, raw_name=str.encode, extra=lambda raw, name: b"", flag=0):
    """With DOS attributes; `raw_name`: the bytes of a name; `flag`: bit 11."""
    whole = zipped(files)
    out = bytearray()
    with zipfile.ZipFile(io.BytesIO(whole)) as z:
        rows = [(one.filename, one.CRC, one.compress_size, one.file_size,
                 whole[one.header_offset + 30 + len(one.filename.encode()):][:one.compress_size])
                for one in z.infolist()]
    directory = bytearray()
    for name, crc, packed, size, data in rows:
        raw = raw_name(name)
        more = extra(raw, name)
        shared = struct.pack("<HHHIIIIHH", 20, flag, 8, 0x59634000, crc, packed, size,
                             len(raw), len(more))
        directory += b"PK\1\2\x14\0" + shared + struct.pack(
            "<HHHII", 0, 0, 0, 0x20, len(out)) + raw + more
        out += b"PK\3\4" + shared + raw + more + data
    end = struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, len(rows), len(rows), len(directory),
                      len(out), 0)
    return bytes(out + directory + end)


def unicode_path(raw, name):
    """The extra field 0x7075, which has the name in UTF-8."""
    text = name.encode()
    return struct.pack("<HHBI", 0x7075, 5 + len(text), 1, zlib.crc32(raw)) + text


def lossy(name):
    return name.encode("cp437", "replace")


DOS = {
    "UTF-8 with its flag": dict(flag=0x800), "UTF-8 without": {},
    "GBK": dict(raw_name=lambda name: name.encode("gbk")),
    "CP437 with Unicode paths": dict(raw_name=lossy, extra=unicode_path),
}


@pytest.mark.parametrize("form", DOS)
def test_names_and_attributes_of_windows(client, files, form):
    """In GBK names come out wrong, which does no harm: objects have theirs in them."""
    assert_comes_out(client, of_dos(files, **DOS[form]), files)


@pytest.mark.parametrize("change", [
    str.upper, lambda suffix: suffix.title()], ids=["upper case", "title case"])
def test_suffixes_in_any_case(client, files, change):
    changed = {}
    for name, text in files.items():
        path = pathlib.PurePosixPath(name)
        changed[f"My Jobs (2)/{path.parent}/{path.stem} - 副本{change(path.suffix)}"] = text
    assert_comes_out(client, zipped(changed), files)


def test_names_of_files_do_not_count(client, files):
    renamed = {}
    for i, (name, text) in enumerate(files.items()):
        path = pathlib.PurePosixPath(name)
        folder = path.parent if path.suffix == ".json" else ""
        renamed[f"{folder}/{i}{path.suffix}".lstrip("/")] = text
    assert_comes_out(client, zipped(renamed), files)
