"""`dlfd admin key rotate` beside what seals secrets at the same time."""

import os
import signal
import sqlite3
import subprocess
import time

from harness import DLFD, ENGLISH, dlfd
from held import writer_waits


def admin(*args, data):
    return dlfd("admin", *args, "--data", data)


def until(condition, process):
    for _ in range(3000):
        assert process.poll() is None, process.communicate()
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come to that")


def hold(command, data):
    """A process of `command` that has sealed something, and is stopped before it is written."""
    db = sqlite3.connect(data / "catalog.db", isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    process = subprocess.Popen([DLFD, "admin", *command, "--data", data], text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env={**os.environ, **ENGLISH})
    try:
        until(lambda: writer_waits(process.pid), process)
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)  # before it can get the lock
    finally:
        db.execute("ROLLBACK")
        db.close()
    return process


def keys(data):
    return len(admin("key", "list", data=data).stdout.splitlines())


def test_a_key_that_is_created_while_it_rotates(start):
    server = start("--auth", "on")
    assert admin("user", "create", "u", data=server.data).returncode == 0
    before = keys(server.data)
    creating = hold(["key", "create", "u"], server.data)
    try:
        assert server.stop() == 0
        done = admin("key", "rotate", data=server.data)
        assert done.returncode == 0, done
    finally:
        creating.send_signal(signal.SIGCONT)
        out, err = creating.communicate(timeout=120)
    if creating.returncode:
        assert "try again" in err and not out, (out, err)
        assert keys(server.data) == before
        again = admin("key", "create", "u", data=server.data)
        assert again.returncode == 0, again
    assert keys(server.data) == before + 1
    done = admin("check", data=server.data)
    assert done.returncode == 0 and "damaged: " not in done.stdout, done
    done = admin("key", "rotate", data=server.data)
    assert done.returncode == 0, done


def test_a_secret_that_cannot_be_opened_is_named(start):
    server = start("--auth", "on")
    server.stop()
    with sqlite3.connect(server.data / "catalog.db") as db:
        db.execute("UPDATE access_key SET sealed = zeroblob(length(sealed))")
        (key,) = db.execute("SELECT id FROM access_key").fetchone()
    db.close()
    done = admin("key", "rotate", data=server.data)
    assert done.returncode == 1 and key in done.stderr, done
    assert admin("key", "delete", key, data=server.data).returncode == 0
    assert admin("key", "rotate", data=server.data).returncode == 0
