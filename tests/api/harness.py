"""Start a real dlfd, and speak HTTP to it with nothing in between.

`Server` is one dlfd process on a free port of 127.0.0.1 with a data folder
of its own.  `Client` sends requests in one project and workspace and gives
back `Answer`s.  Only the standard library is used, so that tests see each
header and byte as it is on the wire.
"""

import http.client
import io
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse
import zipfile

import contract
from paths import DLFD, ROOT  # noqa: F401: tests take them from here

ENGLISH = {"LC_ALL": "C.UTF-8"}  # what dlfd prints follows the locale
SANITIZED = os.environ.get("DLFD_SANITIZED") == "1"
ALL = os.environ.get("DLF_ALL") == "1"  # make check-all
PROJECT = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
START_SECONDS = 20


class Answer:
    """One HTTP answer: `status`, `headers` (any case), `body` (bytes)."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        return self.json["error_code"]

    @property
    def detail(self):
        return self.json.get("error_detail", "")

    @property
    def zip(self):
        return zipfile.ZipFile(io.BytesIO(self.body))

    @property
    def names(self):
        return self.zip.namelist()

    def __repr__(self):
        return f"<{self.status} {self.body[:400]!r}>"


class Client:
    """Requests to `server` in `project`; `workspace` is the header's value."""

    def __init__(self, server, project=PROJECT, workspace=None, timeout=120):
        self.server = server
        self.project = project
        self.workspace = workspace
        self.timeout = timeout

    def request(self, method, path, body=None, headers=None):
        """Sends `path` as it is.  `body`: None, bytes, str, or what JSON takes."""
        sent = {"Connection": "close"}
        if self.workspace is not None:
            sent["workspace"] = self.workspace
        if body is not None:
            if not isinstance(body, (bytes, str)):
                body = json.dumps(body)
            if isinstance(body, str):
                body = body.encode()
            sent["Content-Type"] = "application/json"
        sent.update(headers or {})
        sent = {k: v for k, v in sent.items() if v is not None}
        connection = self.server.http(timeout=self.timeout)
        try:
            connection.request(method, path, body, sent)
            answer = Answer(connection.getresponse())
        finally:
            connection.close()
        contract.check(method, path, answer)
        return answer

    def call(self, method, path, body=None, headers=None):
        """As `request`, with `path` below /v1/{project_id}."""
        return self.request(method, f"/v1/{self.project}{path}", body, headers)

    def get(self, path, **kw):
        return self.call("GET", path, **kw)

    def post(self, path, body=None, **kw):
        return self.call("POST", path, body, **kw)

    def put(self, path, body=None, **kw):
        return self.call("PUT", path, body, **kw)

    def delete(self, path, **kw):
        return self.call("DELETE", path, **kw)

    def export(self, names, **members):
        return self.post("/jobs/batch-export", {"jobList": names, **members})

    def export_one(self, name, body=None):
        return self.post(f"/jobs/{quote(name)}/export", body)

    def make_job(self, name, **members):
        answer = self.post("/jobs", job(name, **members))
        assert answer.status == 204, answer

    def make_script(self, name, **members):
        answer = self.post("/scripts", script(name, **members))
        assert answer.status == 204, answer

    def clusters(self):
        """{name: id} of the project's CDM clusters."""
        rows = self.request("GET", f"/v1.1/{self.project}/clusters").json["clusters"]
        return {row["name"]: row["id"] for row in rows}

    def cdm(self, method, path, body=None, cluster="default", **kw):
        """As `request`, with `path` below the cluster's /cdm."""
        where = f"/v1.1/{self.project}/clusters/{self.clusters()[cluster]}/cdm"
        return self.request(method, where + path, body, **kw)

    def make_cdm_job(self, name, cluster="default", **members):
        answer = self.cdm("POST", "/job", {"jobs": [cdm_job(name, **members)]}, cluster)
        assert answer.status == 200, answer

    def make_resource(self, name, **members):
        answer = self.post("/resources", resource(name, **members))
        assert answer.status == 200, answer
        return answer.json["resourceId"]


def quote(text):
    return urllib.parse.quote(text, safe="")


def node(name, node_type="Dummy", properties=None, **members):
    """A node; `properties` is a dict."""
    return {"name": name, "type": node_type, "location": {"x": "1.0", "y": "2.0"},
            "properties": [{"name": k, "value": v}
                           for k, v in (properties or {}).items()], **members}


def job(name, **members):
    """A create-job body."""
    return {"name": name, "processType": "BATCH",
            "schedule": {"type": "EXECUTE_ONCE"}, "nodes": [], **members}


def script(name, **members):
    """A create-script body."""
    return {"name": name, "type": "DWSSQL", "content": "select 1;",
            "connectionName": "dws_main", "database": "sales", **members}


def resource(name, **members):
    """A create-resource body."""
    return {"name": name, "type": "jar", "location": f"obs://libs/{name}.jar",
            **members}


def values(section, **inputs):
    """ConfigValues with one config of these inputs."""
    return {"configs": [{"name": section, "inputs": [
        {"name": f"{section}.{k}", "value": v} for k, v in inputs.items()]}]}


def cdm_job(name, **members):
    """A CDM job."""
    return {"job_type": "NORMAL_JOB", "name": name,
            "from-connector-name": "generic-jdbc-connector",
            "to-connector-name": "obs-connector", "from-link-name": "mysql",
            "to-link-name": "obs",
            "from-config-values": values("fromJobConfig", schemaName="shop", tableName="t"),
            "to-config-values": values("toJobConfig", bucketName="b"),
            "driver-config-values": values("throttlingConfig", numExtractors=1), **members}


def link(name, **members):
    """A CDM link."""
    return {"name": name, "connector-name": "generic-jdbc-connector",
            "link-config-values": values("linkConfig", host="10.0.0.7", port=3306,
                                         username="cdm"), **members}


class Server:
    """A running dlfd.  `args` are added to its command line.  With `tls`, the files
    of a certificate and its key, it serves HTTPS; clients trust `trust`, else that."""

    def __init__(self, data, *args, env=None, listen="127.0.0.1:0", tls=None,
                 trust=None):
        self.data = pathlib.Path(data)
        self.log = []
        self.scheme = "https" if tls else "http"
        self.context = ssl.create_default_context(
            cafile=trust or tls[0]) if tls else None
        command = [DLFD, "--listen", listen, "--data", str(data),
                   "--auth", "off", *args]
        if tls:
            command += ["--tls-cert", str(tls[0]), "--tls-key", str(tls[1])]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            errors="replace", env={**os.environ, **ENGLISH, **(env or {})})
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        self.start_lines = []
        self.port = self._wait_until_ready()

    def _read_log(self):
        for line in self.process.stderr:
            self.log.append(line.rstrip("\n"))

    def _wait_until_ready(self):
        timer = threading.Timer(START_SECONDS, self.process.kill)
        timer.start()
        try:
            for line in self.process.stdout:
                self.start_lines.append(line.rstrip("\n"))
                found = re.search(
                    rf"listening on {self.scheme}://[0-9.]+:(\d+)", line)
                if found:
                    return int(found.group(1))
        finally:
            timer.cancel()
        self._reader.join(5)
        raise RuntimeError("dlfd did not start: " + "\n".join(self.log))

    def client(self, **kw):
        return Client(self, **kw)

    def http(self, **kw):
        """A connection of http.client."""
        if self.context:
            return http.client.HTTPSConnection(
                "127.0.0.1", self.port, context=self.context, **kw)
        return http.client.HTTPConnection("127.0.0.1", self.port, **kw)

    def connect(self, timeout=60, receive_buffer=None, plain=False):
        """A socket; of TLS after the handshake where the server speaks it, unless
        `plain`."""
        connection = socket.socket()
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(timeout)
        connection.connect(("127.0.0.1", self.port))
        if plain or not self.context:
            return connection
        return self.context.wrap_socket(connection, server_hostname="localhost")

    def stop(self, how=signal.SIGTERM, timeout=60):
        """Stops it and gives its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        before = os.times()
        status = self.process.wait(timeout)
        after = os.times()
        self.used = (after.children_user - before.children_user
                     + after.children_system - before.children_system)  # in all its life
        self._reader.join(5)
        self.process.stdout.close()
        return status

    def cpu_seconds(self):
        """What it has used until now.  Other processes take none of it, so that it tells on
        any machine how much there was to do."""
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        return sum(map(int, stat.rpartition(")")[2].split()[11:13])) / os.sysconf("SC_CLK_TCK")

    def memory_kib(self, field="VmHWM"):
        """A field of /proc/PID/status; VmHWM is the peak of resident memory."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"^{field}:\s+(\d+)", text, re.M).group(1))


def audit_rows(path, enough, seconds=60):
    """The rows of an audit log, once there are `enough`: a number, or what says so of
    them.  They are written soon after the answers, which do not wait for them."""
    path, deadline = pathlib.Path(path), time.monotonic() + seconds
    while True:
        text = path.read_text("utf-8") if path.exists() else ""
        rows = [json.loads(line) for line in text.split("\n")[:-1] if line]
        if enough(rows) if callable(enough) else len(rows) >= enough:
            return rows
        assert time.monotonic() < deadline, rows[-20:]
        time.sleep(0.01)


def dlfd(*args, env=None, timeout=60):
    """Runs dlfd to its end; gives the finished process, output as text."""
    return subprocess.run([DLFD, *map(str, args)], capture_output=True,
                          text=True, timeout=timeout,
                          env={**os.environ, **ENGLISH, **(env or {})})


def admin_workspace(server, verb, *args, project=PROJECT):
    """`dlfd admin workspace VERB ...` on the data folder of `server`."""
    return dlfd("admin", "workspace", verb, *args, "--project", project,
                "--data", server.data)
