"""What is under way while something else changes: a request whose body is held open, so
that its head has been judged and the rest is yet to come; the catalogue's writer; an
archive whose import takes a while."""

import contextlib
import http.client
import json
import pathlib
import platform
import sqlite3
import time

import contract
from archives import zipped
from harness import Answer, script


class Held:
    """Sends the head of a request, and waits until the server asks for the body: who
    calls has been judged then.  `finish` sends the body, and gives the answer."""

    def __init__(self, client, method, path, body=None, headers=None):
        if not isinstance(body, (bytes, str)):
            body = json.dumps({} if body is None else body)
        self.body = body.encode() if isinstance(body, str) else body
        self.method, self.path = method, path
        sent = {"Host": f"127.0.0.1:{client.server.port}", "Connection": "close",
                "Content-Type": "application/json", "Content-Length": str(len(self.body)),
                "Expect": "100-continue", "X-Auth-Token": getattr(client, "token", None),
                "workspace": client.workspace, **(headers or {})}
        lines = [f"{method} {path} HTTP/1.1"] + [
            f"{name}: {value}" for name, value in sent.items() if value is not None]
        self.socket = client.server.connect()
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        got = b""
        while not got.endswith(b"\r\n\r\n"):
            got += (piece := self.socket.recv(1))
            assert piece, got
        assert got.startswith(b"HTTP/1.1 100 "), got

    def send(self):
        half = len(self.body) // 2
        self.socket.sendall(self.body[:half])
        self.socket.sendall(self.body[half:])
        self.body = b""

    def finish(self):
        self.send()
        response = http.client.HTTPResponse(self.socket, method=self.method)
        response.begin()
        answer = Answer(response)
        self.socket.close()
        contract.check(self.method, self.path, answer)
        return answer


def held(client, method, path, body=None, headers=None):
    """As Held, with `path` below /v1/{project_id}."""
    return Held(client, method, f"/v1/{client.project}{path}", body, headers)


@contextlib.contextmanager
def catalogue(server):
    """The catalogue of a running server: nothing is written there until a COMMIT."""
    with contextlib.closing(sqlite3.connect(server.data / "catalog.db", isolation_level=None,
                                            timeout=60)) as db:
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("BEGIN IMMEDIATE")
        yield db


# clock_nanosleep and nanosleep: SQLite waits for a lock.
SLEEPS = ("115", "101") if platform.machine() == "aarch64" else ("230", "35")


def writer_waits(pid):
    """Whether the writer thread of a process waits for the database's lock: what it will
    write is judged and sealed by then."""
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        if (task / "comm").read_text().strip() == "writer":
            return (task / "syscall").read_text().split()[0] in SLEEPS
    return False


def until_writer_waits(server):
    """While the catalogue is held, until a write has come to it."""
    deadline = time.monotonic() + 60
    while not writer_waits(server.process.pid):
        assert time.monotonic() < deadline, "nothing is written"
        time.sleep(0.005)


def large(scripts):
    """An archive of scripts."""
    text = "select * from a_table where day = 1;\n" * 200
    return zipped([(f"{i}.script", json.dumps(script(f"s{i:05}", content=f"-- {i}\n{text}")))
                   for i in range(scripts)])
