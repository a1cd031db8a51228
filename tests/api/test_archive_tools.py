"""Archives open in the tools that people have, and say what they should."""

import os
import pathlib
import struct
import subprocess
import zipfile

import pytest

from harness import DLFD, node

TOOLS = {
    "unzip": ["unzip", "-t"], "7z": ["7z", "t"], "bsdtar": ["bsdtar", "-tf"],
    "our own reader": [pathlib.Path(DLFD).parent / "tests/read_zip"],
}
UTF8 = {**os.environ, "LC_ALL": "C.UTF-8"}


@pytest.fixture(scope="module")
def archive(server, tmp_path_factory):
    client = server.client(project="tools")
    client.make_script("查询", content="select '" + "中文" * 200 + "';")
    client.make_script("plain", content="x")
    client.make_job("每日", nodes=[node("a", "Shell", {"scriptName": "查询"}),
                                 node("b", "Shell", {"scriptName": "plain"})])
    path = tmp_path_factory.mktemp("zip") / "jobs.zip"
    path.write_bytes(client.export(["每日"]).body)
    return path


def run(*command):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, env=UTF8,
                          timeout=120)


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_opens_it_without_a_warning(archive, tool):
    done = run(*TOOLS[tool], archive)
    assert done.returncode == 0, done
    assert "arning" not in done.stdout + done.stderr and not done.stderr, done


@pytest.mark.parametrize("command", [
    ["unzip", "-Z1"], ["bsdtar", "-tf"], ["7z", "l", "-ba", "-slt"]])
def test_chinese_names_come_out_right(archive, command):
    out = run(*command, archive).stdout
    for name in ("jobs/每日/每日.job", "jobs/每日/查询.script", "jobs/每日/plain.script"):
        assert name in out


def test_unzip_writes_the_files(archive, tmp_path):
    assert run("unzip", "-q", archive, "-d", tmp_path).returncode == 0
    assert "中文" in (tmp_path / "jobs/每日/查询.script").read_text("utf-8")


def test_python_opens_it(archive):
    with zipfile.ZipFile(archive) as z:
        assert z.testzip() is None
        for entry in z.infolist():
            assert entry.date_time == (1980, 1, 1, 0, 0, 0)
            assert bool(entry.flag_bits & 0x800) == (not entry.filename.isascii())
            assert entry.flag_bits & ~0x800 == 0, "no data descriptor, no encryption"
            assert not entry.extra and not entry.comment and not entry.is_dir()
            assert entry.external_attr >> 16 == 0o100644


def test_the_flag_of_an_ascii_name(client):
    client.make_job("a")
    assert client.export(["a"]).zip.infolist()[0].flag_bits == 0


def test_what_deflate_does_not_shrink_is_stored(client):
    text = "".join(chr(0x4e00 + (i * 7919) % 20000) for i in range(3000))
    client.make_job("noise", description="", unknown=text)
    client.make_job("rows", unknown=["same"] * 1000)
    for name in ("noise", "rows"):
        entry = client.export([name]).zip.infolist()[0]
        deflated = entry.compress_type == zipfile.ZIP_DEFLATED
        assert deflated == (entry.compress_size < entry.file_size)
    assert deflated


def test_more_than_65535_entries_take_zip64(start, tmp_path):
    client = start("--max-jobs", "200", "--max-scripts", "2000").client()
    scripts = [f"s{i}" for i in range(660)]
    for name in scripts:
        client.make_script(name, content="")
    nodes = [node(f"n{i}", "Shell", {"scriptName": name}) for i, name in enumerate(scripts)]
    jobs = [f"j{i}" for i in range(100)]
    for name in jobs:
        client.make_job(name, nodes=nodes)
    path = tmp_path / "jobs.zip"
    answer = client.export(jobs)
    path.write_bytes(answer.body)
    assert answer.headers["X-Dlf-Export-Counts"] == "jobs=100;scripts=66000;resources=0;cdm=0"
    assert b"PK\x06\x06" in answer.body[-200:] and b"PK\x06\x07" in answer.body[-200:]
    assert struct.unpack("<HH", answer.body[-14:-10]) == (0xffff, 0xffff)
    with zipfile.ZipFile(path) as z:
        assert len(z.namelist()) == 66100 and z.testzip() is None
    for tool in ("unzip", "bsdtar"):
        assert run(*TOOLS[tool], path).returncode == 0
