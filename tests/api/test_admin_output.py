"""What commands print, where it cannot be written; and a limit to the size of files."""

import os
import re
import resource
import shutil
import signal
import sqlite3
import subprocess

import pytest

from harness import DLFD, ENGLISH, SANITIZED, Server, dlfd, script
from signer import credentials, get_token

FULL = "standard output: No space left on device"


def run(*args, stdout=None, **kw):
    """dlfd with its output on a full disk, or where `stdout` says."""
    with open("/dev/full", "w", encoding="utf-8") as full:
        return subprocess.run([DLFD, *map(str, args)], stdout=stdout or full, stderr=subprocess.PIPE, text=True,
                              env={**os.environ, **ENGLISH}, timeout=60, check=False, **kw)


def admin(data, *args, **kw):
    return run("admin", *args, "--data", data, **kw)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """The folder of a server that has stopped, with its first account and another."""
    server = Server(tmp_path_factory.mktemp("template") / "data", "--auth", "on")
    project = credentials(server.data)["Project Id"]
    assert server.stop() == 0
    for args in (["bucket", "create", "dev"], ["user", "create", "bo"],
                 ["role", "grant", "viewer", "--user", "bo", "--project", project]):
        assert dlfd("admin", *args, "--data", server.data).returncode == 0
    return server.data


@pytest.fixture
def folder(template, tmp_path):
    return shutil.copytree(template, tmp_path / "data")


@pytest.mark.parametrize("words", [
    "workspace create dev --project PROJECT", "workspace list --project PROJECT", "cdm-cluster create c --project PROJECT",
    "cdm-cluster list --project PROJECT", "user create lin", "user password admin", "user list", "key create bo", "key list",
    "key rotate", "project create p2", "project list", "role list --project PROJECT", "bucket list", "backup TMP/b.db",
    "restore TMP/a.db --force", "check", "reindex"])
def test_output_on_a_full_disk_is_a_failure(folder, tmp_path, words):
    if "a.db" in words:
        assert dlfd("admin", "backup", tmp_path / "a.db", "--data", folder).returncode == 0
    project = credentials(folder)["Project Id"]
    args = words.replace("PROJECT", project).replace("TMP", str(tmp_path)).split()
    done = admin(folder, *args)
    assert done.returncode == 1 and FULL in done.stderr and done.stderr.count("\n") == 1, done
    if words.startswith("backup"):
        assert (tmp_path / "b.db").exists() and "all else was done" in done.stderr


@pytest.mark.parametrize("args", [["--help"], ["--version"], ["--check-config"], ["admin", "--help"]])
def test_what_dlfd_itself_prints(tmp_path, args):
    done = run(*args, *(["--data", tmp_path] if args == ["--check-config"] else []))
    assert done.returncode == 1 and FULL in done.stderr, done


@pytest.mark.parametrize("args", [["user", "delete", "admin"], ["bucket", "create", "new"]], ids=" ".join)
def test_who_prints_nothing_needs_no_output(folder, args):
    done = admin(folder, *args)
    assert (done.returncode, done.stderr) == (0, "")


def names(data, which):
    return dlfd("admin", which, "list", "--data", data).stdout


def nobody_reads():
    """A pipe whose other end is closed."""
    reader, writer = os.pipe()
    os.close(reader)
    return writer


@pytest.mark.parametrize("broken", ["full", "pipe"])
def test_a_secret_that_nobody_was_shown_does_not_take_effect(start, folder, broken):
    """A new password, the password of a new user, a new access key."""
    first, before = credentials(folder), (names(folder, "user"), names(folder, "key"))
    for args in (["user", "password", "admin"], ["user", "create", "lin"], ["key", "create", "admin"]):
        pipe = nobody_reads() if broken == "pipe" else None
        done = admin(folder, *args, stdout=pipe)
        if pipe:
            os.close(pipe)
            assert done.returncode == -signal.SIGPIPE or "Broken pipe" in done.stderr, done
        else:
            assert done.returncode == 1 and FULL + ": nothing was changed\n" in done.stderr, done
    assert (names(folder, "user"), names(folder, "key")) == before
    client = start("--auth", "on", data=folder).client()
    assert get_token(client, "admin", first["Password"])


@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_a_closed_output_shows_no_secret(folder, closed):
    """Nor does the key file become the output in its place."""
    before, key = names(folder, "key"), (folder / "secret.key").read_bytes()
    done = subprocess.run(["sh", "-c", f'exec "$@" {closed}', "sh", DLFD, "admin", "key", "create", "admin", "--data", folder],
                          env={**os.environ, **ENGLISH}, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1 and ("2>&-" in closed or "standard output: Bad file descriptor" in done.stderr), done
    assert names(folder, "key") == before and (folder / "secret.key").read_bytes() == key


def test_a_secret_that_cannot_take_effect_is_not_shown(folder):
    assert dlfd("admin", "key", "create", "admin", "--data", folder).returncode == 0
    keys = names(folder, "key")
    for args, why in ((["key", "create", "admin"], "two access keys already"),
                      (["user", "create", "admin"], "in the domain already"),
                      (["user", "password", "nobody"], "no user of that name")):
        done = dlfd("admin", *args, "--data", folder)
        assert (done.returncode, done.stdout) == (1, "") and why in done.stderr, done
    assert names(folder, "key") == keys


def test_a_secret_is_shown_before_it_takes_effect(folder, tmp_path):
    """Killed between the two it is shown, and the old one is as it was."""
    if SANITIZED:
        pytest.skip("LeakSanitizer cannot work in a traced process; the gcc build runs this")
    keys, shown = names(folder, "key"), tmp_path / "shown"
    with open(shown, "w", encoding="utf-8") as out:
        done = subprocess.run(
            ["strace", "-f", "-o", tmp_path / "log", "-e", "trace=fsync", "-e", "inject=fsync:signal=KILL:when=1",
             DLFD, "admin", "key", "create", "admin", "--data", folder], stdout=out, stderr=subprocess.PIPE, check=False)
    assert done.returncode != 0 and re.match(r"User Name.*\nadmin,\w{20},\w{40}\n", shown.read_text()), done
    assert names(folder, "key") == keys


# ---- a limit to the size of files ----

def limited(size):
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_a_command_past_the_limit_of_a_file(folder, tmp_path):
    """An error like a full disk; no signal, and nothing is left."""
    done = admin(folder, "backup", tmp_path / "b.db", preexec_fn=limited(20_000))
    assert done.returncode == 1 and done.stderr.startswith("dlfd admin: "), done
    assert not list(tmp_path.glob("b.db*"))
    with open(tmp_path / "out", "w", encoding="utf-8") as out:
        out.write("x" * 8000)
        out.flush()
        done = run("admin", "--help", stdout=out, preexec_fn=limited(8000))
    assert done.returncode == 1 and "standard output: File too large" in done.stderr, done


def test_a_server_past_the_limit_of_a_file_goes_on(start):
    """What cannot be written is refused; with room again it is written."""
    server = start()
    client = server.client()
    client.make_script("kept")
    size = max(p.stat().st_size for p in server.data.iterdir())
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size + 200_000, resource.RLIM_INFINITY))
    for i in range(100):
        answer = client.post("/scripts", script(f"s{i}", content=os.urandom(20_000).hex()))
        if answer.status != 204:
            break
    assert (answer.status, answer.code) == (500, "APIGW.0601"), answer
    assert client.get("/scripts/kept").status == 200 and client.get("/scripts/s0").status == 200
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert client.post("/scripts", script("later")).status == 204
    assert server.stop() == 0
    db = sqlite3.connect(server.data / "catalog.db")
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()
