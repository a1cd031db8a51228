"""An export is one consistent snapshot while others write."""

import http.client
import io
import json
import threading
import zipfile

from harness import job, node

ROUNDS = 2000
READERS = 4  # connections, so that all serving threads take part


class Line:
    """Requests over one connection that stays open."""

    def __init__(self, client):
        self.path = f"/v1/{client.project}"
        self.connection = http.client.HTTPConnection("127.0.0.1", client.server.port,
                                                     timeout=60)

    def send(self, method, path, body):
        self.connection.request(method, self.path + path, json.dumps(body),
                                {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        return answer.status, answer.read()


def numbered(name, number):
    return job(name, number=number, nodes=[node("n", "Shell", {"scriptName": "s"})])


def write_in_turn(client, failures, go_on):
    """Job a, then job b, then their script get the same number, again and again."""
    line, number = Line(client), 0
    while number < ROUNDS // 2 or go_on.is_set():
        number += 1
        for path, body in (("/jobs/a", numbered("a", number)),
                           ("/jobs/b", numbered("b", number)),
                           ("/scripts/s", {"number": number})):
            status, answer = line.send("PUT", path, body)
            if status != 204:
                failures.append(answer)
                return


def numbers_of(archive):
    with zipfile.ZipFile(io.BytesIO(archive)) as z:
        return [json.loads(z.read(f"jobs/a/{name}"))["number"] for name in ("a.job", "s.script")
                ] + [json.loads(z.read("jobs/b/b.job"))["number"]]


def export_again_and_again(client, names, rounds, seen, failures):
    line = Line(client)
    for _ in range(rounds):
        status, archive = line.send("POST", "/jobs/batch-export", {"jobList": names})
        a, s, b = numbers_of(archive) if status == 200 else (-1, -1, -1)
        if not (a in (b, b + 1) and b in (s, s + 1) and a in (s, s + 1)) or a < 0:
            failures.append((status, a, b, s))
            return
        seen.add((a, b, s))


def test_every_archive_shows_one_moment(client):
    """Jobs are read by one statement and scripts by the next: without one read
    transaction around both, a script can be newer than its job."""
    names = [f"other{i}" for i in range(98)]
    for name in names:
        client.make_job(name)
    client.make_script("s", number=0)
    for name in "ab":
        client.post("/jobs", numbered(name, 0))
    seen, failures, go_on = set(), [], threading.Event()
    go_on.set()
    writer = threading.Thread(target=write_in_turn, args=(client, failures, go_on))
    readers = [threading.Thread(target=export_again_and_again, args=(
        client, [*names, "b", "a"], ROUNDS // READERS, seen, failures))
        for _ in range(READERS)]
    for one in (writer, *readers):
        one.start()
    for one in readers:
        one.join()
    go_on.clear()
    writer.join()
    assert not failures
    assert len(seen) > 20, "the exports did not meet the writes"
    assert any(a > b for a, b, _ in seen), "none came between a's write and b's"
