"""Archives: what they hold, those that tools make and that attack, and their import."""

import io
import os
import struct
import subprocess
import time
import zipfile
import zlib

from harness import dlfd

BUCKET = "archives"
CLOCK = (1980, 1, 1, 0, 0, 0)


def zipped(files, method=zipfile.ZIP_DEFLATED, level=None):
    """An archive of {name: content}, or of [(name, content)]; level 1 is the fastest."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, content in files.items() if isinstance(files, dict) else files:
            z.writestr(zipfile.ZipInfo(name, CLOCK), content, method, level)
    return out.getvalue()


def contents(data):
    """[(name, content)] in the archive's order, without folders."""
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        return [(one.filename, z.read(one).decode()) for one in z.infolist() if not one.is_dir()]


# ---- of other tools ----

UTF8 = {**os.environ, "LC_ALL": "C.UTF-8"}
FILES = {
    "jobs/每日/每日.job": '{"name":"每日"}\n' * 40,
    "jobs/每日/empty.script": "",
    "jobs/plain/plain.job": "x",
    "jobs/plain/long.script": "select 1;\n" * 100000,
}
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


def made(command, folder, files=None):
    """The archive that a command of the tables makes of {name: text}, FILES by default."""
    work, path = folder / "work", folder / "out.zip"
    for name, text in (files or FILES).items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_text(text, "utf-8")
    done = subprocess.run(["sh", "-ec", command.format(out=path)], cwd=work, env=UTF8,
                          timeout=120, capture_output=True, check=False)
    assert done.returncode == 0, done
    return path


class Pipe(io.RawIOBase):
    """What cannot be rewound, so that descriptors have to follow."""

    def __init__(self):
        self.bytes = b""

    def writable(self):
        return True

    def write(self, data):
        self.bytes += bytes(data)
        return len(data)


def made_by_python(files, method, piped, zip64):
    """{name: text} as Python's module writes it: into a pipe, with zip64, with a folder."""
    out = Pipe() if piped else io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        z.comment = "备注".encode()
        for name, text in files.items():
            with z.open(name, "w", force_zip64=zip64) as f:
                f.write(text.encode())
        z.writestr("jobs/folder/", "")
    return out.bytes if piped else out.getvalue()


# ---- import ----

def put_object(server, data, key="x.zip"):
    """The path of an object of `data`, in place of another of that key."""
    folder = server.data / "obs" / BUCKET
    if not folder.exists():
        done = dlfd("admin", "bucket", "create", BUCKET, "--data", server.data)
        assert done.returncode == 0, done
    (folder / key).write_bytes(data)
    return f"obs://{BUCKET}/{key}"


def task_of(client, answer, seconds=120):
    """The task that an import started, once it has ended."""
    assert answer.status == 200, answer
    deadline = time.monotonic() + seconds
    while True:
        shown = client.get("/system-tasks/" + answer.json["taskId"])
        assert shown.status == 200, shown
        if shown.json["status"] != "RUNNING":
            return shown.json
        assert time.monotonic() < deadline, shown
        time.sleep(0.002)


def import_archive(client, data, route="/jobs", **members):
    """The task of an import of `data`, once it has ended."""
    path = put_object(client.server, data)
    return task_of(client, client.post(route + "/import", {"path": path, **members}))


def imported(client, data, route="/jobs", **members):
    task = import_archive(client, data, route, **members)
    assert task["status"] == "SUCCESSFUL", task
    return task


def plan_of(client, data, **members):
    """What an import would do."""
    answer = client.post("/jobs/import", {
        "path": put_object(client.server, data), "dryRun": True, **members})
    assert answer.status == 200, answer
    return answer.json


# ---- bombs ----

def overlapping(count, content):
    """Rows that share one content of a thousandth of its size."""
    whole = zipped({"kernel": content})
    at = whole.index(b"PK\x01\x02")
    row, end = bytearray(whole[at:-22]), bytearray(whole[-22:])
    rows = bytearray()
    for i in range(count):
        row[46:52] = b"%06d" % i
        rows += row
    end[8:12] = 2 * count.to_bytes(2, "little")
    end[12:16] = len(rows).to_bytes(4, "little")
    return whole[:at] + rows + end


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
