"""S3 servers: versitygw, which checks signatures, and moto's, behind a check of our own; and
a way to one on which things go wrong."""

import hashlib
import hmac
import http.client
import http.server
import os
import pathlib
import re
import socket
import subprocess
import threading
import time
import urllib.request

from paths import DLFD, ROOT

GATEWAY = ROOT / "build-tools/bin/versitygw"
MOTO = ROOT / "build-tools/moto/bin/moto_server"
CLIENT = pathlib.Path(DLFD).parent / "tests/obs_client"
REGION, ACCESS, SECRET = "cn-north-1", "DLFTESTAK0123456789A", "dlfTestSecretKey/0123456789+abcdefghijk"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def wait_for(port, process, text):
    deadline = time.monotonic() + 60
    while not listens(port):
        assert process.poll() is None and time.monotonic() < deadline, text()
        time.sleep(0.05)


def answer(status, body, *headers):
    head = [f"HTTP/1.1 {status} So", "Connection: close", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(head).encode() + body


class Gateway:
    """versitygw on loopback; `root` has a folder for each bucket."""

    def __init__(self, folder, tls=None):
        assert GATEWAY.exists(), f"{GATEWAY} is missing: scripts/deps --s3 makes it"
        self.root, side = folder / "root", folder / "side"
        for one in (self.root, side):
            one.mkdir(parents=True)
        self.port = free_port()
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        cert = ["--cert", tls[0], "--key", tls[1]] if tls else []
        self.log = open(folder / "log", "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [GATEWAY, *cert, "--quiet", "--port", f"127.0.0.1:{self.port}", "--region", REGION,
             "posix", "--sidecar", side, self.root], stdout=self.log, stderr=self.log,
            env={**os.environ, "ROOT_ACCESS_KEY": ACCESS, "ROOT_SECRET_KEY": SECRET})
        wait_for(self.port, self.process, self.text)

    def text(self):
        self.log.seek(0)
        return self.log.read()

    def make_bucket(self, name):
        (self.root / name).mkdir()

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()


# ---- a server that checks none, behind a check of our own ----

CLAIM = re.compile(rf"AWS4-HMAC-SHA256 Credential={ACCESS}/(\d{{8}})/{REGION}/s3/aws4_request, "
                   r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})")


def hmac_of(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def is_signed(method, target, headers, body):
    """Whether SECRET signed it, all of it; the target is as on the wire."""
    headers = {name.lower(): value for name, value in headers}
    claim = CLAIM.fullmatch(headers.get("authorization", ""))
    if not claim or hashlib.sha256(body).hexdigest() != headers["x-amz-content-sha256"]:
        return False
    date, names, signature = claim.groups()
    must = {name for name in headers if name.startswith("x-amz-")} | {"host"}
    if not must <= set(names.split(";")) or headers["x-amz-date"][:8] != date:
        return False
    path, _, query = target.partition("?")
    lines = [method, path, "&".join(sorted(query.split("&")))]
    lines += [f"{name}:{headers[name]}" for name in names.split(";")]
    lines += ["", names, headers["x-amz-content-sha256"]]
    scope = f"{date}/{REGION}/s3/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"], scope,
                      hashlib.sha256("\n".join(lines).encode()).hexdigest()])
    key = ("AWS4" + SECRET).encode()
    for part in scope.split("/"):
        key = hmac_of(key, part)
    return hmac_of(key, text).hex() == signature


class Checked(http.server.BaseHTTPRequestHandler):
    """Hands on what is signed, and answers the rest with 403."""

    def do_PUT(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not is_signed(self.command, self.path, self.headers.items(), body):
            self.wfile.write(answer(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>"))
            return
        behind = http.client.HTTPConnection("127.0.0.1", self.server.behind, timeout=60)
        behind.request(self.command, self.path, body, dict(self.headers.items()))
        got = behind.getresponse()
        content = got.read()
        self.send_response_only(got.status)
        for name, value in got.getheaders():
            if name.lower() not in ("connection", "transfer-encoding"):
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        behind.close()

    do_GET = do_HEAD = do_POST = do_DELETE = do_PUT

    def log_message(self, *_):
        pass


class Moto:
    """moto's server, behind Checked."""

    def __init__(self, folder):
        assert MOTO.exists(), f"{MOTO} is missing: scripts/deps --moto makes it"
        behind = free_port()
        self.log = open(folder / "log", "w", encoding="utf-8")
        self.process = subprocess.Popen([MOTO, "-H", "127.0.0.1", "-p", str(behind)],
                                        stdout=self.log, stderr=self.log)
        wait_for(behind, self.process, lambda: (folder / "log").read_text())
        self.behind = f"http://127.0.0.1:{behind}"
        self.front = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Checked)
        self.front.behind = behind
        self.port = self.front.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.front.serve_forever, daemon=True).start()

    def make_bucket(self, name):
        made = urllib.request.Request(f"{self.behind}/{name}", method="PUT")
        urllib.request.urlopen(made, timeout=20).close()

    def stop(self):
        self.front.shutdown()
        self.front.server_close()
        self.process.terminate()
        self.process.wait(20)
        self.log.close()


class Way:
    """A port that leads to the gateway.  Each connection takes the next of `plan`:

    "pass"; "refuse": it is closed at once; "hang": nothing is answered; a number: a status
    that is answered instead; bytes: what is; ("cut", n): n bytes of the answer; ("cut up", n): n bytes of
    the request; ("drip", n, s): the answer goes n bytes at a time, s seconds apart; a
    function: it is called first, and says which of these.  When the plan is over all pass."""

    def __init__(self, gateway):
        self.gateway, self.plan, self.requests = gateway, [], []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)  # ends accept(), else its number is reused
        self.thread.join(20)
        self.listener.close()

    def _serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connection, args=(client,), daemon=True).start()

    def _connection(self, client):
        index = len(self.requests)
        self.requests.append(b"")
        what = self.plan.pop(0) if self.plan else "pass"
        what = what() if callable(what) else what
        try:
            if what != "refuse":
                self._handle(client, index, what)
        except OSError:
            pass
        client.close()

    def _handle(self, client, index, what):
        if what == "hang":
            self.requests[index] = client.recv(65536)
            while client.recv(65536):
                pass
        elif isinstance(what, (int, bytes)):
            self.requests[index] = client.recv(65536)
            client.sendall(what if isinstance(what, bytes) else
                           answer(what, b"<Error><Code>SlowDown</Code></Error>"))
            client.shutdown(socket.SHUT_WR)
            while client.recv(65536):
                pass
        else:
            self._forward(client, index, what if isinstance(what, tuple) else (what,))

    def _forward(self, client, index, what):
        with socket.create_connection(("127.0.0.1", self.gateway.port)) as server:
            up = threading.Thread(target=self._up, daemon=True, args=(client, server, index, what))
            up.start()
            left = what[1] if what[0] == "cut" else float("inf")
            size, pause = what[1:] if what[0] == "drip" else (65536, 0)
            if not left:
                server.recv(1)  # it is cut when the request is there
            while left > 0 and (data := server.recv(min(left, size))):
                client.sendall(data)
                left -= len(data)
                time.sleep(pause)
            if left > 0:
                client.shutdown(socket.SHUT_WR)
            else:
                client.shutdown(socket.SHUT_RDWR)
            up.join(5)

    def _up(self, client, server, index, what):
        left = what[1] if what[0] == "cut up" else float("inf")
        try:
            while left > 0 and (data := client.recv(min(left, 65536))):
                if len(self.requests[index]) < 65536:
                    self.requests[index] += data
                server.sendall(data)
                left -= len(data)
            if left <= 0:
                client.shutdown(socket.SHUT_RDWR)
                server.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def lines(self):
        """The first line of each request."""
        return [one.split(b"\r\n")[0].decode() for one in self.requests]


class Storage:
    """Calls of obs/, each by a process of its own; gives (error, code, text)."""

    def __init__(self, url, access=ACCESS, secret=SECRET, region=REGION, ca=None, stall=None):
        self.env = {**os.environ, "OBS_ENDPOINT": url, "OBS_REGION": region, "OBS_ACCESS": access,
                    "OBS_SECRET": secret, "no_proxy": "*"}
        if ca:
            self.env["OBS_CA"] = str(ca)
        if stall:
            self.env["OBS_STALL"] = str(stall)

    def __call__(self, verb, path, *args):
        done = subprocess.run([CLIENT, verb, path, *map(str, args)], env=self.env,
                              capture_output=True, text=True, timeout=120)
        assert done.returncode == 0 and done.stderr == "", done
        error, code, text = done.stdout.removesuffix("\n").split(" ", 2)
        return int(error), code, text
