"""Archives that other tools make are read; what is refused says why."""

import hashlib
import io
import os
import pathlib
import resource
import struct
import subprocess
import zipfile
import zlib

import pytest

from paths import DLFD

READ_ZIP = pathlib.Path(DLFD).parent / "tests/read_zip"
UTF8 = {**os.environ, "LC_ALL": "C.UTF-8"}
FILES = {
    "jobs/每日/每日.job": '{"name":"每日"}\n' * 40,
    "jobs/每日/empty.script": "",
    "jobs/plain/plain.job": "x",
    "jobs/plain/long.script": "select 1;\n" * 100000,
}


def run(*command, cwd=None):
    done = subprocess.run(list(map(str, command)), cwd=cwd, env=UTF8, timeout=120,
                          capture_output=True, check=False)
    assert done.returncode == 0, done
    return done


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


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    top = tmp_path_factory.mktemp("files")
    for name, text in FILES.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text, "utf-8")
    return top


MAKERS = {
    "Info-ZIP": "zip -q -r {out} jobs",
    "Info-ZIP, stored": "zip -q -0 -r {out} jobs",
    "Info-ZIP, best, without folders": "zip -q -9 -D -X -r {out} jobs",
    "Info-ZIP, into a pipe": "zip -q -r - jobs | cat > {out}",
    "Info-ZIP, zip64": "zip -q -fz -r {out} jobs",
    "Info-ZIP, from a pipe": "cat jobs/plain/plain.job | zip -q {out} - && zip -q -d {out} - "
                             "&& zip -q -r {out} jobs",
    "Info-ZIP, with a comment": "zip -q -r {out} jobs && echo nightly | zip -q -z {out}",
    "Info-ZIP, with comments of files": "yes note | zip -q -c -r {out} jobs",
    "Info-ZIP, as UTF-8": "zip -q -UN=UTF8 -r {out} jobs",
    "Info-ZIP, one deleted": "echo x > more && zip -q {out} more && zip -q -r {out} jobs "
                             "&& zip -q -d {out} more",
    "7z": "7z a -bso0 {out} jobs",
    "7z, stored": "7z a -bso0 -mx0 {out} jobs",
    "7z, best": "7z a -bso0 -mx9 {out} jobs",
    "7z, as UTF-8": "7z a -bso0 -mcu=on {out} jobs",
    "7z, into a pipe": "7z a -bso0 -tzip -so x.zip jobs > {out}",
    "bsdtar": "bsdtar -acf {out} jobs",
    "bsdtar, stored": "bsdtar -cf {out} --format zip --options zip:compression=store jobs",
    "bsdtar, zip64": "bsdtar -cf {out} --format zip --options zip:zip64 jobs",
    "bsdtar, into a pipe": "bsdtar -cf - --format zip jobs | cat > {out}",
    "Python": "python3 -m zipfile -c {out} jobs",
}


@pytest.mark.parametrize("maker", MAKERS)
def test_an_archive_of_a_tool_is_read(maker, folder, tmp_path):
    path = tmp_path / "x.zip"
    run("sh", "-ec", MAKERS[maker].format(out=path), cwd=folder)
    assert read(path) == digests(FILES)


class Pipe(io.RawIOBase):
    """What cannot be rewound, so that descriptors have to follow."""

    def __init__(self):
        self.bytes = b""

    def writable(self):
        return True

    def write(self, data):
        self.bytes += bytes(data)
        return len(data)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("piped", [False, True])
@pytest.mark.parametrize("zip64", [False, True])
def test_an_archive_of_python_is_read(method, piped, zip64, tmp_path):
    out = Pipe() if piped else io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        z.comment = "备注".encode()
        for name, text in FILES.items():
            with z.open(name, "w", force_zip64=zip64) as f:
                f.write(text.encode())
        z.writestr("jobs/folder/", "")
    path = tmp_path / "x.zip"
    path.write_bytes(out.bytes if piped else out.getvalue())
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


REFUSED = {
    "zip -q -P secret -r {out} jobs/每日/每日.job": "jobs/每日/每日.job: encrypted",
    "7z a -bso0 -psecret {out} jobs/每日/每日.job": "每日.job: encrypted",
    "7z a -bso0 -psecret -mem=AES256 {out} jobs/每日/每日.job": "每日.job: encrypted",
    "zip -q -Z bzip2 -r {out} jobs": "compression method 12 given",
    "7z a -bso0 -mm=LZMA {out} jobs/plain": "compression method 14 given",
    "7z a -bso0 -mm=Deflate64 -mx9 {out} jobs/plain/long.script": "compression method 9 given",
    "ln -sf /etc/passwd link && zip -q -y {out} link": "link: neither a file nor a folder",
    "zip -q -r x.zip jobs && cat /bin/true x.zip > {out}": "the archive's directory is damaged",
    "zip -q -r y.zip jobs && cat /bin/true y.zip > {out} && zip -q -A {out}":
        "bytes stand before the archive's first entry",
    "head -c 200000 /dev/urandom > noise && zip -q -s 64k {out} noise":
        "archives of several parts are not read",
    "tar -czf {out} jobs": "not a zip archive",
    "7z a -bso0 -t7z {out} jobs": "not a zip archive",
    "zip -q -r z.zip jobs && head -c 500 z.zip > {out}": "the archive is cut off",
    ": > {out}": "not a zip archive",
}


@pytest.mark.parametrize("command", REFUSED)
def test_what_is_refused_says_why(command, folder, tmp_path):
    path = tmp_path / "out.zip"
    work = tmp_path / "work"
    run("cp", "-r", folder, work)
    run("sh", "-ec", command.format(out=path), cwd=work)
    assert REFUSED[command] in read(path)


def overlapping(count, content):
    """Rows that share one content of a thousandth of its size."""
    with io.BytesIO() as out:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
            z.writestr("kernel", content)
        made = out.getvalue()
    at = made.index(b"PK\x01\x02")
    row, end = bytearray(made[at:-22]), bytearray(made[-22:])
    rows = bytearray()
    for i in range(count):
        row[46:52] = b"%06d" % i
        rows += row
    end[8:12] = 2 * count.to_bytes(2, "little")
    end[12:16] = len(rows).to_bytes(4, "little")
    return made[:at] + rows + end


def test_one_content_under_many_names_is_refused(tmp_path):
    path = tmp_path / "bomb.zip"
    path.write_bytes(overlapping(100, bytes(20 << 20)))  # 2 GB
    assert read(path) == "the archive unpacks to more than 1032 times its size"
    path.write_bytes(overlapping(2, b"kernel" * 1000))
    assert "differs from the archive's directory" in read(path)


def quoting(count, kernel):
    """Fifield's: each content is the headers behind it, quoted, and then the kernel."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    stored, content, entries = deflate.compress(kernel) + deflate.flush(), kernel, []
    for i in reversed(range(count)):
        name = b"%04d" % i
        shared = struct.pack("<HHHIIIIHH", 20, 0, 8, 0x210000, zlib.crc32(content), len(stored),
                             len(content), len(name), 0)
        header = b"PK\3\4" + shared + name
        entries.insert(0, (shared, name, len(header) + len(stored)))
        whole, content = header + stored, header + content
        stored = struct.pack("<BHH", 0, len(header), 0xffff ^ len(header)) + whole
    rows = b"".join(b"PK\1\2\x14\0" + shared + struct.pack("<HHHII", 0, 0, 0, 0, len(whole) - left)
                    + name for shared, name, left in entries)
    return whole + rows + struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, count, count, len(rows),
                                      len(whole), 0)


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
