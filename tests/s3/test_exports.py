"""Exports with obsPath, by a real dlfd with --obs-endpoint: the archive becomes an object of
a service that speaks S3, whatever happens on the way to it.
"""

import concurrent.futures
import os
import re
import signal
import time

import pytest

from certificates import make_pair
from harness import SANITIZED, Server, node
from s3_server import ACCESS, REGION, SECRET, Gateway, Moto, Storage, Way, answer

SERVERS = [Gateway, Moto] if os.environ.get("DLF_ALL") == "1" else [Gateway]
SLOW = ("drip", 80, 0.05)  # and bearable: more than 1 KiB a second
FAILED = (400, "DLF.0815", "Fail to read OBS file.")


@pytest.fixture(scope="module", params=SERVERS)
def gateway(request, tmp_path_factory):
    running = request.param(tmp_path_factory.mktemp("s3"))
    running.make_bucket("backup")
    yield running
    running.stop()


def options(folder, url, secret=SECRET, **more):
    """The command line of a dlfd that keeps objects with the service at `url`."""
    file = folder / "obs.key"
    file.touch(0o600)
    file.write_text(secret + "\n")
    given = {"endpoint": url, "region": REGION, "access-key": ACCESS, "secret-key-file": file,
             "timeout": "1s", **more}
    return [part for name, value in given.items() for part in (f"--obs-{name}", str(value))]


def fill(client):
    client.make_script("etl", content="select 1;")
    for name in ("j", "k", "作业"):
        client.make_job(name, nodes=[node("a", "DWSSQL", {"scriptName": "etl"})])
    return client


@pytest.fixture(scope="module")
def way(gateway):
    made = Way(gateway)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def shared(way, tmp_path_factory):
    folder = tmp_path_factory.mktemp("dlfd")
    server = Server(folder / "data", *options(folder, way.url))
    yield fill(server.client())
    assert server.stop() == 0, server.log
    assert not (folder / "data/obs").exists()


@pytest.fixture
def client(shared, way):
    way.plan, way.requests = [], []
    return shared


@pytest.fixture
def start(tmp_path):
    """start(url, ...): a dlfd of the test's own."""
    running = []

    def launch(*args, **kw):
        running.append(Server(tmp_path / "data", *options(tmp_path, *args, **kw)))
        return fill(running[-1].client())
    yield launch
    for one in running:
        if one.process.poll() is None:
            assert one.stop() == 0, one.log


def read(gateway, tmp_path, path):
    """The object's bytes, read past dlfd and past what goes wrong on the way to it."""
    to = tmp_path / "object"
    assert Storage(gateway.url)("get", path, to, 1 << 40) == (0, "0", "no"), path
    return to.read_bytes()


def object_of(answer, name="jobs"):
    assert answer.status == 200 and list(answer.json) == ["obsPath"], answer
    return f"{answer.json['obsPath']}/{name}.zip"


def refusal(answer):
    return answer.status, answer.code, answer.json["error_msg"]


# ---- what is written ----

@pytest.mark.parametrize("folder", ["", "/", "/jobs/", "/作业 a+b/100%/a%20b/c&d=e;f", "/~!*'();:@$,[]-_./what?#x",
                                    "/a\"b'c\\d/🙂"])
def test_a_batch(gateway, client, tmp_path, folder):
    direct = client.export(["j", "k"])
    answer = client.export(["j", "k"], obsPath=f"obs://backup{folder}")
    path = object_of(answer)
    assert re.fullmatch(re.escape(f"obs://backup{folder.rstrip('/')}/") + r"jobs_exported/\d{13}/jobs\.zip", path)
    assert read(gateway, tmp_path, path) == direct.body
    assert answer.headers["X-Dlf-Export-Counts"] == direct.headers["X-Dlf-Export-Counts"]


@pytest.mark.parametrize("name", ["j", "作业"])
def test_one_job(gateway, client, tmp_path, name):
    answer = client.export_one(name, {"obsPath": "obs://backup/single"})
    path = object_of(answer, name)
    assert f"/single/{name}_exported/" in path
    assert read(gateway, tmp_path, path) == client.export_one(name).body


def test_a_large_archive_in_parts_and_in_bounded_memory(gateway, start, way, tmp_path):
    client = start(way.url)
    client.make_script("big", content=os.urandom(2_000_000).hex())
    names = [f"big{i}" for i in range(20)]
    for name in names:
        client.make_job(name, nodes=[node("a", "DWSSQL", {"scriptName": "big"})])
    before = client.server.memory_kib()
    way.requests.clear()
    path = object_of(client.export(names, obsPath="obs://backup/big"))
    assert SANITIZED or client.server.memory_kib() - before < 48 * 1024
    content = read(gateway, tmp_path, path)
    assert len(content) > 33_000_000 and content == client.export(names).body
    assert sum("partNumber=" in line for line in way.lines()) == -(-len(content) // (16 << 20)), way.lines()


def test_many_at_once_have_objects_of_their_own(gateway, client, tmp_path):
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: client.export(["j"], obsPath="obs://backup/many"), range(24)))
    paths = {object_of(answer) for answer in answers}
    assert len(paths) == 24
    body = client.export(["j"]).body
    assert all(read(gateway, tmp_path, path) == body for path in paths)


# ---- what is refused ----

def test_a_bucket_that_is_not_there(client, way):
    answer = client.export(["j"], obsPath="obs://nobody/x")
    assert (answer.status, answer.code, answer.detail) == (
        400, "DLF.1242", "obsPath: the bucket nobody does not exist"), answer
    assert client.export_one("j", {"obsPath": "obs://nobody/x"}).code == "DLF.1242"
    assert not any(line.startswith(("PUT", "POST")) for line in way.lines())


def test_a_bad_path_asks_nobody(client, way):
    for path in ("obs://", "s3://backup/x", "obs://backup/../x", "obs://backup/" + "a" * 2000):
        assert client.export(["j"], obsPath=path).code == "DLF.0803"
    assert way.requests == []


def test_an_unknown_job_leaves_no_object(client, way):
    assert client.export(["j", "gone"], obsPath="obs://backup/x").code == "DLF.0100"
    assert not any(line.startswith(("PUT", "POST")) for line in way.lines())


@pytest.mark.parametrize("wrong, why", [
    ({"secret": "wrongSecretKey/0123"}, "403 SignatureDoesNotMatch"), ({"access-key": "DLFUNKNOWN"}, "404 XAdminUserNotFound"),
    ({"region": "eu-west-1"}, "400 AuthorizationHeaderMalformed")])
def test_a_wrong_key(gateway, way, start, wrong, why):
    client = start(way.url, **wrong)
    answer = client.export(["j"], obsPath="obs://backup/x")
    assert refusal(answer) == FAILED
    why = why if isinstance(gateway, Gateway) else "403 SignatureDoesNotMatch"  # of our own check
    assert re.fullmatch(rf"obsPath: obs://backup\S*: the storage answered {why}", answer.detail), answer
    assert client.export(["j"]).status == 200, "what needs no service goes on"
    said = answer.body.decode() + "\n".join(client.server.log + client.server.start_lines)
    assert SECRET not in said and "wrongSecret" not in said


def test_a_refusal_without_a_reason(client, way):
    way.plan = [answer(403, b"")] * 2
    said = client.export(["j"], obsPath="obs://backup/x")
    assert refusal(said) == FAILED
    assert said.detail.endswith("the storage answered 403: the access key, its secret, its rights or the region may "
                                "be wrong"), said


# ---- a service that fails ----

@pytest.mark.parametrize("fault", ["refuse", 500, 503, ("cut", 0), ("cut", 20), ("cut up", 100), "hang"])
def test_what_passes_is_tried_again(gateway, client, way, tmp_path, fault):
    way.plan = [fault, "pass", "pass", fault]  # HEAD of object and bucket, the object
    path = object_of(client.export(["j"], obsPath="obs://backup/again"))
    assert read(gateway, tmp_path, path) == client.export(["j"]).body
    verbs = ["HEAD", "HEAD", "HEAD", "PUT", "PUT"]
    assert [line.split(" ")[0] for line in way.lines()] == (
        ["", "HEAD", "HEAD", "", "PUT"] if fault == "refuse" else verbs)


@pytest.mark.parametrize("fault, text", [("refuse", ""), (503, "503"), ("hang", "")])
def test_what_does_not_pass_is_told(client, way, fault, text):
    way.plan = [fault] * 4
    answer = client.export(["j"], obsPath="obs://backup/x")
    assert refusal(answer) == FAILED and text in answer.detail and len(way.requests) == 4, answer
    if fault != "hang":
        way.plan, way.requests = ["pass", "pass"] + [fault] * 4, []
        answer = client.export(["j"], obsPath="obs://backup/x")
        assert refusal(answer) == FAILED and len(way.requests) == 6, answer
    assert client.export(["j"], obsPath="obs://backup/x").status == 200


def test_a_slow_service_holds_up_nobody_else(gateway, client, way, tmp_path):
    way.plan = [SLOW] * 3
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        slow = pool.submit(client.export, ["j"], obsPath="obs://backup/slow")
        while not way.requests:
            time.sleep(0.01)
        for _ in range(10):
            started = time.monotonic()
            assert client.export(["j"]).status == 200
            assert time.monotonic() - started < 1
        assert not slow.done()
        assert read(gateway, tmp_path, object_of(slow.result())) == client.export(["j"]).body


def test_nobody_listens(start):
    client = start("http://127.0.0.1:1")
    answer = client.export(["j"], obsPath="obs://backup/x")
    assert refusal(answer) == FAILED and "connect" in answer.detail, answer


def test_the_variables_of_a_proxy_lead_nobody_astray(gateway, tmp_path):
    """The service is on this machine, and plain HTTP to it stays there."""
    server = Server(tmp_path / "data", *options(tmp_path, gateway.url), env={
        "http_proxy": "http://127.0.0.1:1", "all_proxy": "http://127.0.0.1:1", "no_proxy": ""})
    client = fill(server.client())
    assert client.export(["j"], obsPath="obs://backup/x").status == 200
    assert server.stop() == 0


# ---- stopping ----

def test_an_export_is_finished_before_a_stop(gateway, start, way, tmp_path):
    client = start(way.url)
    body = client.export(["j"]).body
    way.plan, way.requests = [SLOW] * 3, []
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        answer = pool.submit(client.export, ["j"], obsPath="obs://backup/stop")
        while not way.requests:
            time.sleep(0.01)
        assert client.server.stop() == 0
        assert read(gateway, tmp_path, object_of(answer.result())) == body


def test_a_service_that_hangs_does_not_hold_up_a_stop(start, way):
    """Six exports, of which two run, would wait for 4 times a minute each."""
    client = start(way.url, timeout="1m")
    way.plan, way.requests = ["hang"] * 100, []
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = [pool.submit(client.export, ["j"], obsPath="obs://backup/x") for _ in range(6)]
        while len(way.requests) < 2:
            time.sleep(0.01)
        time.sleep(1)
        started = time.monotonic()
        assert client.server.stop(signal.SIGTERM) == 0
        assert 20 < time.monotonic() - started < 35
        assert {refusal(one.result()) for one in answers} == {FAILED}
        assert all("the server is stopping" in one.result().detail for one in answers)


# ---- TLS ----

def test_tls(tmp_path):
    pair, other = make_pair(tmp_path, "here"), make_pair(tmp_path, "other")
    gateway = Gateway(tmp_path / "gateway", tls=pair)
    try:
        gateway.make_bucket("backup")
        for ca, works in ((pair[0], True), (other[0], False), (None, False)):
            folder = tmp_path / f"trusts-{ca and ca.stem}"
            folder.mkdir()
            server = Server(folder / "data", *options(folder, gateway.url, **({"ca-file": ca} if ca else {})))
            client = fill(server.client())
            answer = client.export(["j"], obsPath="obs://backup/作业")
            if works:
                path = object_of(answer).removeprefix("obs://backup/")
                assert (gateway.root / "backup" / path).read_bytes() == client.export(["j"]).body
            else:
                assert refusal(answer) == FAILED and "certificate" in answer.detail, answer
            assert server.stop() == 0
    finally:
        gateway.stop()
