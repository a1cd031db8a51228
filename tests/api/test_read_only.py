"""A data folder, or a backup, on what cannot be written: check, backup and restore read it."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

from harness import DLFD, ENGLISH, SANITIZED, dlfd, node

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")


@pytest.fixture
def read_only(tmp_path):
    """read_only(folder): its path on a mount that cannot be written, below `tmp_path`."""
    mounted = []

    def mount(folder):
        place = tmp_path / f"ro{len(mounted)}"
        place.mkdir()
        subprocess.run(["mount", "--bind", folder, place], check=True)
        mounted.append(place)
        subprocess.run(["mount", "-o", "remount,ro,bind", place], check=True)
        with pytest.raises(OSError):
            (place / "x").touch()
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", "-l", place], check=True)


def filled(start):
    server = start()
    client = server.client()
    client.make_job("j", nodes=[node("a")])
    assert client.post("/connections", {"name": "dws", "type": "DWS", "config": {
        "clusterName": "c", "sslEnable": True, "userName": "u", "password": "S3cr3t", "kmsKey": "k", "agentName": "a"}}).status == 204
    return server


def contents(folder):
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file() and not p.name.endswith("-shm")}


def assert_readable(data, start, tmp_path, job):
    """check ends with 0; a backup has the job, its key, and the secret."""
    before = contents(data)
    done = dlfd("admin", "check", "--data", data)
    assert (done.returncode, done.stderr) == (0, "") and "0 damaged" in done.stdout, done
    done = dlfd("admin", "backup", tmp_path / "b.db", "--data", data)
    assert (done.returncode, done.stderr) == (0, ""), done
    assert contents(data) == before
    done = dlfd("admin", "restore", tmp_path / "b.db", "--data", tmp_path / "restored")
    assert done.returncode == 0, done
    client = start(data=tmp_path / "restored").client()
    assert client.get(f"/jobs/{job}").status == 200 and client.get("/connections/dws").status == 200


def test_a_folder_whose_server_has_stopped(start, read_only, tmp_path):
    server = filled(start)
    assert server.stop() == 0
    assert not (server.data / "catalog.db-wal").exists()
    assert_readable(read_only(server.data), start, tmp_path, "j")


def test_a_snapshot_of_a_folder_in_use(start, read_only, tmp_path):
    """What is in the log alone is there, too."""
    server = filled(start)
    server.client().make_job("late")
    server.process.send_signal(signal.SIGSTOP)
    shutil.copytree(server.data, tmp_path / "snapshot")
    server.process.send_signal(signal.SIGCONT)
    assert (tmp_path / "snapshot/catalog.db-wal").stat().st_size > 0
    assert_readable(read_only(tmp_path / "snapshot"), start, tmp_path, "late")


def test_a_folder_that_a_server_uses(start, read_only, tmp_path):
    server = filled(start)
    data = read_only(server.data)
    server.client().make_job("late")
    done = dlfd("admin", "check", "--data", data)
    assert (done.returncode, done.stderr) == (0, ""), done
    done = dlfd("admin", "backup", tmp_path / "b.db", "--data", data)
    assert done.returncode == 0, done
    assert dlfd("admin", "restore", tmp_path / "b.db", "--data", tmp_path / "other").returncode == 0
    assert start(data=tmp_path / "other").client().get("/jobs/late").status == 200


def test_a_log_without_its_index_is_not_passed_over(start, read_only, tmp_path):
    """Its changes were lost without a word."""
    server = filled(start)
    server.process.send_signal(signal.SIGSTOP)
    shutil.copytree(server.data, tmp_path / "copy")
    server.process.send_signal(signal.SIGCONT)
    (tmp_path / "copy/catalog.db-shm").unlink()
    data = read_only(tmp_path / "copy")
    for args in (["check"], ["backup", tmp_path / "b.db"]):
        done = dlfd("admin", *args, "--data", data)
        assert done.returncode == 1 and "copy both to a folder that can be written" in done.stderr, done
    assert not list(tmp_path.glob("b.db*"))


def test_a_backup_on_what_cannot_be_written_is_restored(start, read_only, tmp_path):
    server = filled(start)
    (tmp_path / "backups").mkdir()
    assert dlfd("admin", "backup", tmp_path / "backups/b.db", "--data", server.data).returncode == 0
    done = dlfd("admin", "restore", read_only(tmp_path / "backups") / "b.db", "--data", tmp_path / "new")
    assert done.returncode == 0, done
    assert start(data=tmp_path / "new").client().get("/connections/dws").status == 200


@pytest.mark.parametrize("args", [["workspace", "create", "dev", "--project", "p"], ["user", "create", "lin"], ["reindex"],
                                  ["key", "rotate"], ["restore", "B", "--force"], ["backup", "DATA/b.db"]], ids=" ".join)
def test_what_has_to_write_says_so(start, read_only, tmp_path, args):
    server = filled(start)
    assert dlfd("admin", "backup", tmp_path / "b.db", "--data", server.data).returncode == 0
    assert server.stop() == 0
    before, data = contents(server.data), read_only(server.data)
    args = [arg.replace("DATA", str(data)).replace("B", str(tmp_path / "b.db")) for arg in args]
    done = dlfd("admin", *args, "--data", data)
    assert done.returncode == 1 and done.stderr.startswith("dlfd admin: ") and done.stderr.count("\n") == 1, done
    assert contents(server.data) == before


def test_the_key_is_looked_at_there_too(start, read_only, tmp_path):
    """A catalogue without any secret: its backup could not be opened with that key."""
    server = start()
    server.client().make_job("j")
    assert server.stop() == 0
    (server.data / "secret.key").write_text("ab" * 32 + "\n")
    data = read_only(server.data)
    done = dlfd("admin", "check", "--data", data)
    assert done.returncode == 1 and "another key" in done.stdout, done
    assert dlfd("admin", "backup", tmp_path / "b.db", "--data", data).returncode == 1
    (server.data / "secret.key").unlink()
    done = dlfd("admin", "backup", tmp_path / "b.db", "--data", data)
    assert done.returncode == 1 and "secret.key: it is missing" in done.stderr, done
    assert not list(tmp_path.glob("b.db*"))


def test_a_user_who_may_only_read(start):
    """By permissions instead of by a mount."""
    server = filled(start)
    assert server.stop() == 0
    place = pathlib.Path(tempfile.mkdtemp(prefix="dlf-read-only-"))
    try:
        place.chmod(0o755)
        data = shutil.copytree(server.data, place / "data")
        (place / "out").mkdir()
        (place / "out").chmod(0o777)
        for path in data.iterdir():
            path.chmod(0o755 if path.is_dir() else 0o444)
        os.chown(data / "secret.key", 65534, 65534)
        (data / "secret.key").chmod(0o400)
        data.chmod(0o555)
        tool = shutil.copy(DLFD, place / "dlfd")
        for args in (["check"], ["backup", place / "out/b.db"]):
            done = subprocess.run([tool, "admin", *args, "--data", data], user=65534, group=65534, extra_groups=[],
                                  env={**os.environ, **ENGLISH}, capture_output=True, text=True, check=False)
            assert (done.returncode, done.stderr) == (0, ""), done
        assert sorted(p.name for p in (place / "out").iterdir()) == ["b.db", "b.db.key"]
    finally:
        shutil.rmtree(place)


@pytest.mark.skipif(SANITIZED, reason="LeakSanitizer cannot work in a traced process; the gcc build runs these")
def test_who_writes_meanwhile_is_seen(start, read_only, tmp_path):
    """Of what cannot be locked no half of one state and half of another is kept."""
    server = filled(start)
    assert server.stop() == 0
    data, log = read_only(server.data), tmp_path / "log"
    with subprocess.Popen(["strace", "-f", "-o", log, "-e", "trace=pwrite64", "-e", "inject=pwrite64:signal=STOP:when=2",
                           DLFD, "admin", "backup", tmp_path / "b.db", "--data", data],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as backup:
        try:
            deadline = time.monotonic() + 60
            while not (log.exists() and "stopped by SIGSTOP" in log.read_text()):
                assert backup.poll() is None and time.monotonic() < deadline
                time.sleep(0.01)
            start(data=server.data).client().make_job("meanwhile")
        finally:
            for child in subprocess.run(["pgrep", "-P", str(backup.pid)], capture_output=True, text=True,
                                        check=False).stdout.split():
                os.kill(int(child), signal.SIGCONT)
        said = backup.communicate(timeout=60)[1]
    assert backup.returncode == 1 and "somebody changed it" in said, said
    assert not list(tmp_path.glob("b.db*"))
