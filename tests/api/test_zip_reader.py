"""Archives that other tools make are read; what is refused says why."""

import hashlib
import os
import pathlib
import resource
import subprocess
import zipfile

import pytest

from archives import (FILES, MAKERS, REFUSED, UTF8, made, made_by_python, overlapping,
                      quoting)
from paths import DLFD

READ_ZIP = pathlib.Path(DLFD).parent / "tests/read_zip"


def read(path, memory=None):
    """The reader's answer: {name: sha256}, or its sentence."""
    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    done = subprocess.run([READ_ZIP, path], env=UTF8, timeout=120, capture_output=True,
                          check=False, text=True, preexec_fn=limit if memory else None)
    if done.returncode == 1:
        return done.stderr.rstrip("\n")
    assert done.returncode == 0 and not done.stderr, done
    lines = (line.split(" ", 1) for line in done.stdout.splitlines())
    return {name: digest for digest, name in lines}


def digests(files):
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in files.items()}


@pytest.mark.parametrize("maker", MAKERS)
def test_an_archive_of_a_tool_is_read(maker, tmp_path):
    assert read(made(MAKERS[maker], tmp_path)) == digests(FILES)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("piped", [False, True])
@pytest.mark.parametrize("zip64", [False, True])
def test_an_archive_of_python_is_read(method, piped, zip64, tmp_path):
    path = tmp_path / "x.zip"
    path.write_bytes(made_by_python(FILES, method, piped, zip64))
    assert read(path) == digests(FILES)


def test_more_than_65535_entries_of_python(tmp_path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as z:
        for i in range(66000):
            z.writestr(zipfile.ZipInfo(f"s/{i}.script"), "x")
    assert len(read(path)) == 66000


@pytest.mark.parametrize("raw, name", [
    (b"r\x82sum\x82.txt", "résumé.txt"),            # CP437
    ("作业.job".encode(), "作业.job"),                # UTF-8 without its flag
    ("作业.job".encode("gbk"), "╫≈╥╡.job"),          # GBK: not told from CP437
])
def test_a_name_without_the_flag(raw, name, tmp_path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as z:
        z.writestr("?" * len(raw), "x")
    path.write_bytes(path.read_bytes().replace(b"?" * len(raw), raw))
    assert read(path) == digests({name: "x"})


@pytest.mark.parametrize("command", REFUSED)
def test_what_is_refused_says_why(command, tmp_path):
    assert REFUSED[command] in read(made(command, tmp_path))


def test_one_content_under_many_names_is_refused(tmp_path):
    path = tmp_path / "bomb.zip"
    path.write_bytes(overlapping(100, bytes(20 << 20)))  # 2 GB
    assert read(path) == "the archive unpacks to more than 1032 times its size"
    path.write_bytes(overlapping(2, b"kernel" * 1000))
    assert "differs from the archive's directory" in read(path)


def test_contents_that_quote_headers_are_refused(tmp_path):
    path = tmp_path / "bomb.zip"
    path.write_bytes(quoting(1, b"kernel" * 1000))
    assert len(read(path)) == 1
    path.write_bytes(quoting(50, b"kernel" * 1000))
    assert read(path) == "0001: overlaps another part of the archive"


@pytest.mark.skipif(os.environ.get("DLFD_SANITIZED") == "1", reason="takes address space")
def test_a_bomb_is_refused_in_little_memory(tmp_path):
    path = tmp_path / "bomb.zip"
    path.write_bytes(overlapping(60000, bytes(20 << 20)))  # 3 MB that claim 1.2 TB
    assert "uncompressed bytes, at most" in read(path, memory=48 << 20)
