"""The options of object storage: what is refused, and what is never shown.  What they do is in
tests/s3, which needs a service.
"""

import os
import stat

import pytest

from harness import Server, dlfd, node

SECRET = "dlfSecret/0123456789+abcdef"


@pytest.fixture
def key(tmp_path):
    file = tmp_path / "obs.key"
    file.touch(0o600)
    file.write_text(SECRET + "\n")
    return file


def args_of(given):
    return [part for name, value in given.items() if value is not None
            for part in (f"--obs-{name}", str(value))]


@pytest.fixture
def given(key):
    return {"endpoint": "http://127.0.0.1:9", "access-key": "AK", "secret-key-file": key}


def checked(tmp_path, given):
    done = dlfd("--check-config", "--data", tmp_path / "data", *args_of(given))
    assert (done.returncode == 0) == (done.stderr == ""), done
    assert SECRET not in done.stdout + done.stderr
    return done


def test_check_config_shows_them(tmp_path, given, key):
    lines = checked(tmp_path, {**given, "timeout": "1m"}).stdout.splitlines()
    assert [line for line in lines if line.startswith("obs-")] == [
        "obs-endpoint = http://127.0.0.1:9  # flag", "obs-region = us-east-1  # default",
        "obs-access-key = AK  # flag", f"obs-secret-key-file = {key}  # flag", "obs-ca-file =   # default",
        "obs-timeout = 1m  # flag", "obs-plain-http = no  # default"]


@pytest.mark.parametrize("endpoint", [
    "https://s3.example.com", "https://192.0.2.1:9000", "http://127.0.0.1", "http://localhost:9000",
    "http://[::1]:9000", "https://[2001:db8::1]"])
def test_endpoints(tmp_path, given, endpoint):
    assert checked(tmp_path, {**given, "endpoint": endpoint}).returncode == 0


@pytest.mark.parametrize("endpoint", [
    "s3.example.com", "ftp://s3.example.com", "https://", "https://s3.example.com/", "https://s3.example.com/bucket",
    f"https://user:{SECRET}@s3.example.com", "https://s3.example.com:x", "https://s3.example.com:70000", "http"])
def test_what_is_no_endpoint(tmp_path, given, endpoint):
    said = checked(tmp_path, {**given, "endpoint": endpoint}).stderr
    assert said.startswith("dlfd: obs-endpoint: http://HOST:PORT or https://HOST:PORT expected"), said
    assert said.count("\n") == 1


@pytest.mark.parametrize("endpoint", ["http://s3.example.com", "http://192.0.2.1:9000", "http://localhost.example.com",
                                      "http://0.0.0.0:9000"])
def test_plain_http_to_others_needs_a_word(tmp_path, given, endpoint):
    given["endpoint"] = endpoint
    assert checked(tmp_path, given).stderr.startswith("dlfd: obs-plain-http: no")
    assert checked(tmp_path, {**given, "plain-http": "yes"}).returncode == 0
    # that plain HTTP may be served says nothing of what is asked for
    done = dlfd("--check-config", "--allow-plain-http", "yes", *args_of(given))
    assert "obs-plain-http" in done.stderr


@pytest.mark.parametrize("name", ["access-key", "secret-key-file"])
def test_an_endpoint_needs_keys(tmp_path, given, name):
    for absent in (None, ""):
        said = checked(tmp_path, {**given, name: absent}).stderr
        assert said.startswith(f"dlfd: obs-{name}: ") and said.count("\n") == 1


@pytest.mark.parametrize("name, value", [("access-key", "AK"), ("secret-key-file", "obs.key"), ("ca-file", "ca.pem")])
def test_what_is_for_an_endpoint_needs_one(tmp_path, name, value):
    assert checked(tmp_path, {name: value}).stderr == (
        f"dlfd: obs-{name}: obs-endpoint, the service that it is for, is needed\n")


@pytest.mark.parametrize("name, value", [
    ("access-key", "a b"), ("access-key", "a/b"), ("access-key", "a,b"), ("access-key", "a=b"), ("access-key", "作业"),
    ("access-key", "a\r\nb"), ("access-key", "a" * 129), ("region", ""), ("region", "a/b"), ("region", "a b"),
    ("timeout", "0"), ("timeout", "2h"), ("plain-http", "maybe")])
def test_bad_values(tmp_path, given, name, value):
    assert f"obs-{name}: " in checked(tmp_path, {**given, name: value}).stderr


# ---- at the start ----

def refused(tmp_path, given):
    done = dlfd("--listen", "127.0.0.1:0", "--data", tmp_path / "data", "--auth", "off", *args_of(given), timeout=20)
    assert done.returncode == 1 and done.stdout == "", done
    assert SECRET[:20] not in done.stderr
    return done.stderr


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o610])
def test_a_secret_that_others_may_read_is_refused(tmp_path, given, key, mode):
    key.chmod(mode)
    assert refused(tmp_path, given) == f"dlfd: obs-secret-key-file: {key}: others may use it: chmod 600\n"


@pytest.mark.parametrize("text", [b"", b"\n", b"\r\n", b"two words\n", b"two\nlines\n", b" x\n", b"\xe4\xbd\x9c\n",
                                  b"a\0b\n", b"x" * 513, b"x" * 100_000])
def test_what_is_no_secret(tmp_path, given, key, text):
    key.write_bytes(text)
    assert refused(tmp_path, given) == (
        f"dlfd: obs-secret-key-file: {key}: a secret key, in one line, expected\n")


def test_files_that_cannot_be_read(tmp_path, given, key):
    gone = tmp_path / "gone"
    assert refused(tmp_path, {**given, "secret-key-file": gone}) == (
        f"dlfd: obs-secret-key-file: {gone}: No such file or directory\n")
    assert refused(tmp_path, {**given, "secret-key-file": tmp_path}).startswith(
        f"dlfd: obs-secret-key-file: {tmp_path}: ")
    assert refused(tmp_path, {**given, "ca-file": gone}) == f"dlfd: obs-ca-file: {gone}: No such file or directory\n"


@pytest.mark.parametrize("text", [SECRET, SECRET + "\n", SECRET + "\r\n", "x", "x" * 512 + "\n"])
@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_server_starts_without_its_service(tmp_path, given, key, text, mode):
    """And serves what needs none; the secret is nowhere to be seen."""
    key.write_text(text)
    key.chmod(mode)
    server = Server(tmp_path / "data", *args_of(given))
    client = server.client()
    client.make_job("j", nodes=[node("a")])
    assert client.export(["j"]).status == 200
    answer = client.export(["j"], obsPath="obs://backup/x")
    assert (answer.status, answer.code) == (400, "DLF.0815") and "connect" in answer.detail, answer
    assert server.stop() == 0
    said = [*server.start_lines, *server.log, answer.body.decode()]
    files = [one for one in (tmp_path / "data").rglob("*") if stat.S_ISREG(os.lstat(one).st_mode)]
    if len(text) > 10:
        assert not any(text.strip() in one for one in said)
        assert not any(text.strip().encode() in one.read_bytes() for one in files)
    assert not (tmp_path / "data/obs").exists()


# ---- buckets ----

@pytest.mark.parametrize("args", [["create", "dev"], ["list"], ["delete", "dev"], ["delete", "dev", "--force"]])
def test_a_service_keeps_its_buckets_itself(start, args):
    server = start()
    assert server.stop() == 0

    def admin(**env):
        return dlfd("admin", "bucket", *args, "--data", server.data, env=env)

    dlfd("admin", "bucket", "create", "dev", "--data", server.data)
    done = admin(DLFD_OBS_ENDPOINT="https://s3.example.com")
    assert (done.returncode, done.stdout, done.stderr) == (
        1, "", "dlfd admin: DLFD_OBS_ENDPOINT is set, and a service keeps its buckets itself: use its own tools\n")
    assert (server.data / "obs/dev").is_dir()
    assert admin(DLFD_OBS_ENDPOINT="").returncode == (1 if args[0] == "create" else 0)
