"""dlfd on the command line: options, start, stop, `dlfd admin workspace|bucket`."""

import base64
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from types import SimpleNamespace

import pytest

from harness import DLFD, PROJECT, admin_workspace, dlfd, job, node, script

OPTIONS = ["--listen", "--data", "--auth", "--config", "--error-detail", "--max-body-memory", "--max-answer-memory",
           "--max-archive-bytes", "--max-archive-entries", "--max-unpacked-bytes",
           "--max-import-bytes", "--max-jobs", "--max-scripts", "--secret-key-file", "--sweep-age", "--threads", "--help", "--version",
           "--check-config", "--allow-origin", "--header-timeout", "--transfer-timeout",
           "--max-connections", "--max-cache", "--metrics-listen", "--log-format", "--region",
           "--public-url", "--token-age", "--rate-limit", "--audit-log",
           "--tls-cert", "--tls-key", "--allow-plain-http", "--obs-endpoint", "--obs-region",
           "--obs-access-key", "--obs-secret-key-file", "--obs-ca-file", "--obs-timeout", "--obs-plain-http"]


# ---- help and version ----

def test_help_names_every_option():
    shown = dlfd("--help")
    assert (shown.returncode, shown.stderr) == (0, "")
    named = re.findall(r"(?<![\w-])--[a-z][a-z-]*", shown.stdout)
    assert set(OPTIONS) <= set(named)
    assert "127.0.0.1:8430" in shown.stdout and "dlfd admin --help" in shown.stdout


CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.mark.parametrize("env, chinese", [
    ({"LC_ALL": "", "LC_MESSAGES": "", "LANG": "zh_CN.UTF-8"}, True),
    ({"LC_ALL": "", "LC_MESSAGES": "zh_TW", "LANG": "en_US.UTF-8"}, True),
    ({"LC_ALL": "zh_CN.UTF-8", "LANG": "C"}, True),
    ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, False),
    ({"LC_ALL": "", "LC_MESSAGES": "de_DE", "LANG": "zh_CN.UTF-8"}, False),
    ({"LC_ALL": "", "LC_MESSAGES": "", "LANG": ""}, False),
])
def test_help_and_start_lines_follow_the_locale(start, env, chinese):
    shown = dlfd("--help", env=env).stdout
    assert set(OPTIONS) <= set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", shown))
    server = start(env=env)
    # the first line is what programs wait for, in any language
    assert re.match("dlfd .* listening on http://", server.start_lines[0])
    rest = [server.process.stdout.readline() for _ in range(2)]
    for text in (shown, *rest):
        assert bool(CHINESE.search(text)) == chinese, text


def test_every_option_is_explained_in_chinese():
    shown = dlfd("--help", env={"LC_ALL": "zh_CN.UTF-8"}).stdout
    explained = re.findall(r"^  (--[a-z-]+) .*\n {6}(.*)$", shown, re.M)
    assert {name for name, _ in explained} == set(OPTIONS) - {"--help", "--version", "--check-config"}
    assert all(CHINESE.search(text) for _, text in explained)


def test_version_is_one_line():
    shown = dlfd("--version")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert re.fullmatch(r"dlfd \d+\.\d+\S*\n", shown.stdout)


# ---- options: flag, else variable, else file, else default ----

def jobs_allowed(server, most=4):
    """How many jobs a workspace takes, up to `most`."""
    client = server.client()
    for count in range(most):
        answer = client.post("/jobs", job(f"j{count}"))
        if answer.status != 204:
            assert answer.code == "DLF.0101", answer
            return count
    return most


@pytest.mark.parametrize("flags, variable, line, allowed", [
    (["--max-jobs", "1"], "2", "max-jobs = 3", 1),
    (["--max-jobs=1"], "2", "max-jobs = 3", 1),
    ([], "2", "max-jobs = 3", 2),
    (["--max-jobs", "1"], None, "max-jobs = 3", 1),
    ([], None, "max-jobs = 3", 3),
    ([], None, "max-jobs=2", 2),
    ([], None, "  max-jobs\t=  2  ", 2),
    ([], None, "# max-jobs = 1\n\n   # more\nmax-jobs = 2\n#max-jobs = 3", 2),
    ([], None, "# nothing", 4),
    ([], None, "", 4),
    (["--max-jobs", "2", "--max-jobs", "3"], None, "", 3),
])
def test_which_value_of_an_option_holds(start, tmp_path, flags, variable, line, allowed):
    config = tmp_path / "dlfd.conf"
    config.write_text(line + "\n")
    env = {"DLFD_MAX_JOBS": variable} if variable else {}
    assert jobs_allowed(start("--config", str(config), *flags, env=env)) == allowed


def refused(tmp_path, *args, env=None):
    """What dlfd says on standard error when it refuses to start."""
    given = {"DLFD_LISTEN": "127.0.0.1:0", "DLFD_DATA": str(tmp_path / "refused")}
    given.update(env or {})
    ended = dlfd(*args, env={k: v for k, v in given.items() if v is not None}, timeout=10)
    assert ended.returncode > 0
    assert ended.stdout == ""
    assert ended.stderr.strip()
    return ended.stderr


@pytest.mark.parametrize("wrong, nearest", [
    ("--max-job", "max-jobs"), ("--maxjobs", "max-jobs"), ("--listn", "listen"),
    ("--error-details", "error-detail"), ("--max-archive-entry", "max-archive-entries"),
    ("--thread", "threads"), ("--sweep", "sweep-age"), ("--dta", "data")])
@pytest.mark.parametrize("given", ["flag", "flag=", "key"])
def test_an_unknown_option_is_refused_with_the_nearest_name(tmp_path, wrong, nearest, given):
    config = tmp_path / "dlfd.conf"
    config.write_text(f"max-jobs = 3\n{wrong[2:]} = 3\n")
    args = {"flag": [wrong, "3"], "flag=": [wrong + "=3"], "key": ["--config", str(config)]}
    said = refused(tmp_path, *args[given])
    assert wrong[2:] in said
    assert re.search(rf"(?<![\w-]){nearest}(?![\w-])", said.replace("--", ""))


@pytest.mark.parametrize("flag, value", [
    ("--max-jobs", "x"), ("--max-jobs", "-1"), ("--max-jobs", ""), ("--max-jobs", "1.5"),
    ("--max-jobs", "3x"), ("--max-jobs", "99999999999999999999"), ("--max-scripts", "many"),
    ("--threads", "two"), ("--threads", "100000"), ("--listen", "nonsense"),
    ("--listen", "127.0.0.1"), ("--listen", "127.0.0.1:99999"), ("--listen", "127.0.0.1:x"),
    ("--auth", "yes"), ("--auth", ""), ("--error-detail", "both"), ("--error-detail", "BODY"),
    ("--max-body-memory", "10q"), ("--max-body-memory", "-1"), ("--max-body-memory", "1"),
    ("--max-archive-bytes", "big"), ("--max-archive-entries", "x"),
    ("--max-unpacked-bytes", ""), ("--sweep-age", "soon"), ("--sweep-age", "1s")])
@pytest.mark.parametrize("given", ["flag", "variable", "key"])
def test_a_bad_value_is_refused(tmp_path, flag, value, given):
    config = tmp_path / "dlfd.conf"
    config.write_text(f"{flag[2:]} = {value}\n")
    variable = "DLFD_" + flag[2:].upper().replace("-", "_")
    said = {"flag": lambda: refused(tmp_path, flag, value),
            "variable": lambda: refused(tmp_path, env={variable: value}),
            "key": lambda: refused(
                tmp_path, "--config", str(config),
                env={"DLFD_LISTEN": None} if flag == "--listen" else {})}[given]()
    assert flag[2:] in said


@pytest.mark.parametrize("args", [["--max-jobs"], ["--config"], ["--data"], ["serve"], ["-x"],
                                  ["max-jobs=3"]])
def test_a_malformed_command_line_is_refused(tmp_path, args):
    assert args[0].strip("-") in refused(tmp_path, *args)


@pytest.mark.parametrize("text", ["max-jobs", "max-jobs 3", "= 3", "[server]"])
def test_a_malformed_config_file_is_refused(tmp_path, text):
    config = tmp_path / "dlfd.conf"
    config.write_text("# first\n" + text + "\n")
    assert "2" in refused(tmp_path, "--config", str(config))  # the line


def test_a_missing_config_file_is_refused(tmp_path):
    missing = str(tmp_path / "gone.conf")
    assert missing in refused(tmp_path, "--config", missing)


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"])
def test_auth_off_is_refused_on_other_than_loopback(tmp_path, address):
    assert "auth: off" in refused(tmp_path, "--listen", address, "--auth", "off")


def test_sign_in_is_on_by_default(tmp_path):
    shown = dlfd("--check-config", "--data", tmp_path).stdout
    assert "auth = on  # default\n" in shown


# ---- start ----

@contextlib.contextmanager
def bare(env, *args):
    """dlfd, mostly without a flag: gives the lines of standard output up to the one with
    curl; when the block is left, .rest has what came after them."""
    base = {k: v for k, v in os.environ.items()
            if k != "XDG_DATA_HOME" and not k.startswith("DLFD_")}
    process = subprocess.Popen([DLFD, *args], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                               text=True, env={**base, "DLFD_LISTEN": "127.0.0.1:0", **env})
    timer = threading.Timer(30, process.kill)
    timer.start()
    started = SimpleNamespace(lines=[], rest=None)
    try:
        for line in process.stdout:
            started.lines.append(line.rstrip("\n"))
            if "curl " in line:
                break
        yield started
        process.terminate()
        started.rest = process.stdout.read()
        assert process.wait(30) == 0
    finally:
        timer.cancel()
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize("xdg", [True, False])
def test_without_a_flag_it_says_where_it_is(tmp_path, xdg):
    env = {"HOME": str(tmp_path)}
    data = tmp_path / ".local/share/opendlf"
    if xdg:
        env["XDG_DATA_HOME"] = str(tmp_path / "xdg")
        data = tmp_path / "xdg/opendlf"
    with bare(env) as started:
        text = "\n".join(started.lines)
        assert re.search(r"listening on http://127\.0\.0\.1:\d+", text)
        assert f"credentials in {data}/credentials.csv" in started.lines
        assert f"data in {data}" in started.lines
        assert (data / "credentials.csv").stat().st_mode & 0o777 == 0o600
    assert len(started.lines) <= 5
    assert started.rest.count("\n") + len(started.lines) <= 5


def test_credentials_that_were_removed_are_not_shown(tmp_path):
    for shown in (True, False):
        with bare({"DLFD_DATA": str(tmp_path / "data")}) as started:
            assert any("credentials.csv" in line for line in started.lines) == shown
            (tmp_path / "data/credentials.csv").unlink(missing_ok=True)


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
@pytest.mark.parametrize("auth", [[], ["--auth", "off"]])
def test_the_curl_line_works_as_it_stands(tmp_path, auth):
    with bare({"HOME": str(tmp_path)}, *auth) as started:
        command, = (line[line.index("curl "):] for line in started.lines if "curl " in line)
        ran = subprocess.run(["sh", "-c", command], capture_output=True, timeout=30)
        assert ran.returncode == 0
        assert "error_code" not in json.loads(ran.stdout)
    assert started.rest == ""  # the request is logged elsewhere


def test_a_data_folder_is_made_with_those_above_it(start, tmp_path):
    data = tmp_path / "a/b/c"
    start(data=data).client().make_job("j")
    assert data.stat().st_mode & 0o777 == 0o700


def test_a_data_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    assert "file/data" in refused(tmp_path, "--data", tmp_path / "file/data")


def test_a_second_server_on_the_same_folder_is_refused(start, tmp_path):
    first = start()
    said = refused(tmp_path, "--data", first.data)
    assert str(first.data) in said and re.search(r"another|already|in use", said)
    assert first.client().get("/jobs").status == 200


def test_an_address_in_use_is_refused(start, tmp_path):
    assert "listen" in refused(tmp_path, "--listen", f"127.0.0.1:{start().port}")


# ---- stop ----

@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it(start, how):
    server = start()
    server.client().make_job("j")
    assert server.stop(how) == 0
    with pytest.raises(ConnectionRefusedError):
        server.client().get("/jobs")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_data_survives_a_restart(start, tmp_path, how):
    first = start()
    client = first.client()
    client.make_job("j", nodes=[node("n", "DWSSQL", {"scriptName": "s"})])
    client.make_script("s")
    uid = client.make_resource("r")
    before = [client.get(p).body for p in ("/jobs/j", "/scripts/s", "/resources/" + uid)]
    archive = client.export(["j"]).body
    first.stop(how)
    client = start(data=first.data).client()
    after = [client.get(p).body for p in ("/jobs/j", "/scripts/s", "/resources/" + uid)]
    assert (after, client.export(["j"]).body) == (before, archive)
    assert client.post("/jobs", job("j")).code == "DLF.0102"


def wait_for(what, seconds=20):
    """Looks again and again, without sleeping, until `what()` holds."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen in time"


def send_signal(server, how):
    """Sends a signal and waits until the process has taken it."""
    status = pathlib.Path(f"/proc/{server.process.pid}/status")

    def taken():
        pending = re.search(r"^ShdPnd:\s+(\w+)", status.read_text(), re.M)
        return not int(pending.group(1), 16) >> (how - 1) & 1

    server.process.send_signal(how)
    wait_for(taken)


def head(method, path, body, *more):
    lines = [f"{method} /v1/{PROJECT}{path} HTTP/1.1", "Host: 127.0.0.1",
             "Connection: close", f"Content-Length: {len(body)}", *more, "", ""]
    return "\r\n".join(lines).encode()


def read_all(connection):
    pieces = []
    while piece := connection.recv(1 << 16):
        pieces.append(piece)
    return b"".join(pieces)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_request_whose_body_is_half_sent_is_finished(start, how):
    server = start()
    body = json.dumps(job("j", description="x" * 200)).encode()
    with server.connect() as connection:
        connection.sendall(head("POST", "/jobs", body, "Expect: 100-continue"))
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")  # it is being served
        connection.sendall(body[:100])
        send_signal(server, how)
        connection.sendall(body[100:])
        assert read_all(connection).startswith(b"HTTP/1.1 204 ")
    assert server.process.wait(60) == 0
    again = start(data=server.data)
    assert again.client().get("/jobs/j").json["description"] == "x" * 200


@pytest.fixture
def big(start):
    """A server with jobs whose export does not fit into the buffers of sockets."""
    server = start()
    client = server.client()
    content = base64.b64encode(os.urandom(3 * 1024 * 1024)).decode()
    client.make_script("s", content=content)
    for i in range(12):
        client.make_job(f"j{i}", nodes=[node("n", "DWSSQL", {"scriptName": "s"})])
    return server


@contextlib.contextmanager
def slow_reader(server):
    """A connection on which the answer to an export of all jobs has begun."""
    body = json.dumps({"jobList": [f"j{i}" for i in range(12)]}).encode()
    with server.connect(receive_buffer=65536) as connection:
        connection.sendall(head("POST", "/jobs/batch-export", body) + body)
        assert connection.recv(len("HTTP/1.1 200")) == b"HTTP/1.1 200"
        yield connection


def test_a_slow_reader_of_an_export_gets_all_of_it(big):
    with slow_reader(big) as connection:
        send_signal(big, signal.SIGTERM)
        headers, _, archive = read_all(connection).partition(b"\r\n\r\n")
    length = int(re.search(rb"Content-Length: (\d+)", headers, re.I).group(1))
    assert len(archive) == length > 20_000_000
    assert archive[-22:-18] == b"PK\x05\x06"
    assert big.process.wait(60) == 0


def refuses_connections(server):
    try:
        socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
    except OSError as fault:
        return isinstance(fault, ConnectionRefusedError)
    return False


def test_a_server_that_stops_accepts_no_more(big):
    with slow_reader(big):
        send_signal(big, signal.SIGTERM)
        wait_for(lambda: refuses_connections(big), seconds=5)
        assert big.process.poll() is None  # it waits for the reader


def test_an_idle_connection_does_not_hold_it(start):
    server = start()
    with server.connect() as connection:
        connection.sendall(head("GET", "/jobs", b"").replace(b"Connection: close\r\n", b""))
        answer = b""
        while not answer.endswith(b'"jobs":[]}'):
            answer += connection.recv(4000)
        assert server.stop(timeout=15) == 0
        assert read_all(connection) == b""


# ---- how dlfd admin is called ----

def usage(*words):
    """The lines that `dlfd admin ... --help` shows, without what they all begin with."""
    shown = dlfd("admin", *words, "--help")
    assert (shown.returncode, shown.stderr) == (0, "")
    *lines, last = shown.stdout.splitlines()
    assert "[--data DIR]" in last and "[--secret-key-file FILE]" in last
    assert [line[:18] for line in lines] == ["usage: dlfd admin ", *[" " * 7 + "dlfd admin "] * (len(lines) - 1)]
    return [line[18:] for line in lines]


def test_help_of_admin():
    every = usage()
    assert len(every) == 27 and "role list --project ID" in every
    assert usage("key") == usage("key", "create") == [u for u in every if u.startswith("key ")]


def test_a_mistake_shows_how_its_command_is_called(tmp_path):
    done = dlfd("admin", "user", "add", "lin", "--data", tmp_path)
    first, *lines = done.stderr.splitlines()
    assert done.returncode == 2 and first == "dlfd admin: user add: no such command"
    assert [line[18:] for line in lines[:-1]] == usage("user")
    for words in ([], ["usr", "list"], ["--dta", "x", "user", "list"]):
        done = dlfd("admin", *words)
        assert done.returncode == 2 and len(done.stderr.splitlines()) == 2, done
        assert "`dlfd admin --help`" in done.stderr


def test_admin_takes_the_options_that_its_usage_shows():
    """Where no folder can be made: a call that is right ends with 1, a wrong one with 2."""
    for line in usage():
        words = re.sub(r" \[.*?\]", "", line).split()
        needed = [word if word.strip("-").islower() else "xxx" for word in words]
        for option, *value in [["--project", "x"], ["--user", "x"], ["--workspace", "x"], ["--domain", "x"],
                               ["--force"], ["--without-key"], ["--admin"], ["--password-stdin"]]:
            call, status, why = [*needed, option, *value], 1, "data folder"
            if option in needed:
                at = needed.index(option)
                call, status, why = needed[:at] + needed[at + 2:], 2, f"{option} is required"
            elif option not in line:
                status, why = 2, f"this command takes no {option}"
            done = dlfd("admin", *call, "--data", "/proc/none")
            assert done.returncode == status and why in done.stderr, (call, done)


def test_a_value_stands_behind_an_equals_sign_or_a_blank(server, client):
    client.make_job("j")
    rows = dlfd("admin", "workspace", "list", "--project", client.project, "--data", server.data)
    assert rows.returncode == 0 and "default" in rows.stdout
    same = dlfd("admin", "workspace", "list", f"--project={client.project}", f"--data={server.data}")
    assert (same.returncode, same.stdout) == (0, rows.stdout)
    flag = dlfd("admin", "user", "create", "a", "--admin=yes", "--data", server.data)
    assert flag.returncode == 2 and flag.stderr.startswith("dlfd admin: --admin=yes: no such option\n")


# ---- dlfd admin workspace ----

ID = re.compile("[0-9a-f]{32}")


@pytest.fixture
def admin(server, client):
    """admin(verb, *args): `dlfd admin workspace` in a fresh project of the shared
    server, which runs."""
    return lambda verb, *args: admin_workspace(server, verb, *args, project=client.project)


def created(ended):
    """The id of the workspace that was created."""
    assert (ended.returncode, ended.stderr) == (0, ""), ended
    uid, = ended.stdout.splitlines()
    assert ID.fullmatch(uid) and ended.stdout == uid + "\n"
    return uid


def assert_admin_refuses(ended):
    assert ended.returncode > 0, ended
    assert ended.stdout == "" and len(ended.stderr.strip()) > 10, ended


def rows(ended):
    """The rows of a list: name to id."""
    assert (ended.returncode, ended.stderr) == (0, ""), ended
    found = {}
    for line in ended.stdout.splitlines():
        uid = ID.search(line).group()
        name, = (w for w in line.split() if w != uid and "=" not in w)
        found[name] = uid
    return found


def in_workspace(server, client, uid):
    return server.client(project=client.project, workspace=uid)


def test_a_workspace_is_made_while_the_server_runs(server, client, admin):
    uid = created(admin("create", "dev"))
    in_workspace(server, client, uid).make_job("j")
    assert in_workspace(server, client, uid).get("/jobs").json["total"] == 1
    assert client.get("/jobs").json["total"] == 0


def test_workspaces_are_kept_while_no_server_runs(start):
    first = start()
    first.client().make_job("j")
    assert first.stop() == 0
    folder = SimpleNamespace(data=first.data)
    uid = created(admin_workspace(folder, "create", "dev"))
    gone = created(admin_workspace(folder, "create", "gone"))
    assert rows(admin_workspace(folder, "list")).keys() == {"default", "dev", "gone"}
    assert admin_workspace(folder, "delete", "gone").returncode == 0
    second = start(data=first.data)
    assert second.client(workspace=uid).get("/jobs").json["total"] == 0
    assert second.client(workspace=gone).get("/jobs").code == "DLF.0819"
    assert second.client().get("/jobs").json["total"] == 1


@pytest.mark.parametrize("name", ["a", "A-b_9", "开发", "x" * 128, "字" * 128])
def test_names_of_workspaces(admin, name):
    uid = created(admin("create", name))
    assert rows(admin("list"))[name] == uid


@pytest.mark.parametrize("name", ["", "a b", "a.b", "a/b", "é", "x" * 129, "字" * 129, "a\n"])
def test_bad_names_of_workspaces(admin, name):
    assert_admin_refuses(admin("create", name))


def test_a_name_is_taken_once_in_a_project(server, admin):
    first = created(admin("create", "dev"))
    assert_admin_refuses(admin("create", "dev"))
    assert rows(admin("list"))["dev"] == first
    assert created(admin("create", "Dev")) != first
    assert created(admin_workspace(server, "create", "dev", project="another")) != first
    admin_workspace(server, "delete", "dev", project="another")


def test_every_project_has_a_default_workspace(server, client, admin):
    assert_admin_refuses(admin("create", "default"))
    created(admin("create", "dev"))
    client.make_job("j")
    uid = rows(admin("list"))["default"]
    assert in_workspace(server, client, uid).get("/jobs/j").status == 200


def test_a_list_is_of_one_project(admin, client):
    client.make_job("j")
    dev = created(admin("create", "dev"))
    found = rows(admin("list"))
    assert found.keys() == {"default", "dev"} and found["dev"] == dev


def test_an_empty_workspace_is_deleted(server, client, admin):
    uid = created(admin("create", "dev"))
    ended = admin("delete", "dev")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert in_workspace(server, client, uid).get("/jobs").code == "DLF.0819"
    assert "dev" not in rows(admin("list"))
    assert created(admin("create", "dev")) != uid


@pytest.mark.parametrize("make", [
    lambda c: c.make_job("x"), lambda c: c.make_job("x", processType="REAL_TIME"),
    lambda c: c.make_script("x"), lambda c: c.make_resource("x")])
def test_a_workspace_that_is_not_empty_needs_force(server, client, admin, make):
    inside = in_workspace(server, client, created(admin("create", "dev")))
    make(inside)
    assert_admin_refuses(admin("delete", "dev"))
    assert inside.get("/jobs").status == 200
    assert admin("delete", "dev", "--force").returncode == 0
    assert inside.get("/jobs").code == "DLF.0819"


def test_the_default_workspace_needs_force(client, admin):
    client.make_job("j")
    client.delete("/jobs/j")
    assert_admin_refuses(admin("delete", "default"))
    assert client.get("/jobs").json["total"] == 0
    assert admin("delete", "--force", "default").returncode == 0
    assert client.get("/jobs").code == "DLF.0819"
    assert client.post("/jobs", job("j")).code == "DLF.0819"


def test_the_default_workspace_can_be_made_again(client, admin):
    client.make_job("j")
    assert admin("delete", "default", "--force").returncode == 0
    created(admin("create", "default"))
    assert client.get("/jobs").json["total"] == 0


def test_what_was_in_a_deleted_workspace_leaves_the_others_alone(server, client, admin):
    uid = created(admin("create", "dev"))
    for one in (client, in_workspace(server, client, uid)):
        assert one.post("/scripts", script("s")).status == 204
    assert admin("delete", "dev", "--force").returncode == 0
    assert client.get("/scripts/s").json["content"] == "select 1;"


@pytest.mark.parametrize("name", ["gone", "DEV", "f" * 32])
def test_delete_takes_the_name_of_a_workspace(admin, name):
    uid = created(admin("create", "dev"))
    for wrong in (name, uid):
        assert_admin_refuses(admin("delete", wrong, "--force"))
    assert "dev" in rows(admin("list"))


@pytest.mark.parametrize("args", [
    [], ["nothing"], ["workspace"], ["workspace", "nothing"], ["workspace", "rename", "a"],
    ["workspace", "create"], ["workspace", "delete"], ["workspace", "create", "a", "b"],
    ["workspace", "create", "a", "--unknown"], ["workspace", "list", "extra"]])
def test_a_malformed_call_of_admin_is_refused(server, args):
    assert_admin_refuses(dlfd("admin", *args, "--project", PROJECT, "--data", server.data))


@pytest.mark.parametrize("project", [[], ["--project"], ["--project", "a b"],
                                     ["--project", "x" * 65], ["--project", ""]])
@pytest.mark.parametrize("verb", [["create", "dev"], ["list"], ["delete", "dev"]])
def test_admin_needs_a_project(server, verb, project):
    assert_admin_refuses(dlfd("admin", "workspace", *verb, "--data", server.data, *project))


# ---- dlfd admin bucket ----

def bucket(data, *args):
    return dlfd("admin", "bucket", *args, "--data", data)


def buckets(data):
    ended = bucket(data, "list")
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout.split()


def assert_silent(ended):
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


@pytest.fixture
def folder(start):
    """A data folder that no server uses any more."""
    server = start()
    assert server.stop() == 0
    return server.data


def test_buckets_are_made_listed_and_deleted(folder):
    data = folder
    assert buckets(data) == []
    for name in ("zoo", "my.backups-1"):
        assert_silent(bucket(data, "create", name))
    assert buckets(data) == ["my.backups-1", "zoo"]
    assert (data / "obs" / "zoo").stat().st_mode & 0o777 == 0o700
    assert_admin_refuses(bucket(data, "create", "zoo"))
    assert_silent(bucket(data, "delete", "zoo"))
    assert_admin_refuses(bucket(data, "delete", "zoo"))
    assert buckets(data) == ["my.backups-1"]


def test_buckets_change_while_the_server_runs(start):
    server = start()
    assert_silent(bucket(server.data, "create", "dev"))
    assert buckets(server.data) == ["dev"]
    assert server.stop() == 0


def test_a_bucket_that_is_not_empty_needs_force(folder):
    assert_silent(bucket(folder, "create", "dev"))
    kept = folder / "obs/dev/a/b"
    kept.mkdir(parents=True)
    (kept / "c").write_text("x")
    (kept / "link").symlink_to(folder)
    ended = bucket(folder, "delete", "dev")
    assert_admin_refuses(ended)
    assert "--force" in ended.stderr and (kept / "c").exists()
    assert_silent(bucket(folder, "delete", "dev", "--force"))
    assert buckets(folder) == [] and (folder / "catalog.db").exists()


@pytest.mark.parametrize("name", [
    "", "ab", "x" * 64, "Dev", "a_b", "a..b", "-ab", "ab-", "../dev", "a/b", ".", "..", "...", ".dlfd", "桶桶桶"])
@pytest.mark.parametrize("verb", ["create", "delete"])
def test_bad_names_of_buckets(tmp_path, verb, name):
    assert_admin_refuses(bucket(tmp_path / "data", verb, "--", name) if name.startswith("-")
                         else bucket(tmp_path / "data", verb, name))
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("args", [[], ["create"], ["delete"], ["list", "dev"], ["create", "one", "two"]])
def test_a_malformed_call_of_admin_bucket_is_refused(tmp_path, args):
    assert_admin_refuses(bucket(tmp_path, *args))
