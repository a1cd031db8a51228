"""Signatures as the vendors' SDKs make them, and callers
that show a token or sign.  Written apart from the C that checks them."""

import csv
import hashlib
import hmac
import json
import time
import urllib.parse

from harness import Client, dlfd


def now(offset=0):
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() + offset))


def sha(data):
    return hashlib.sha256(data).hexdigest()


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256)


def canonical(method, target, headers, body):
    path, _, query = target.partition("?")
    path = "/".join(urllib.parse.quote(part, safe="-_.~")
                    for part in urllib.parse.unquote(path).split("/"))
    pairs = sorted(urllib.parse.parse_qsl(query, keep_blank_values=True))
    query = "&".join(f"{urllib.parse.quote(k, safe='-_.~')}={urllib.parse.quote(v, safe='-_.~')}"
                     for k, v in pairs)
    names = sorted(headers, key=str.lower)
    lines = "".join(f"{name.lower()}:{headers[name].strip()}\n" for name in names)
    signed = ";".join(name.lower() for name in names)
    payload = headers.get("X-Sdk-Content-Sha256", sha(body))
    path += "" if path.endswith("/") else "/"
    return "\n".join([method, path, query, lines, signed, payload]), signed


def sign(access, secret, method, target, headers, body=b"", form="A", date=None):
    """The headers, and with them those that sign a request; `form` is A, B or C."""
    headers = {**headers, "X-Sdk-Date": date or now()}
    text, signed = canonical(method, target, headers, body)
    stamp, day = headers["X-Sdk-Date"], headers["X-Sdk-Date"][:8]
    if form == "A":
        scheme, who = "SDK-HMAC-SHA256", f"Access={access}"
        to_sign, key = [scheme, stamp], secret.encode()
    elif form == "B":
        scheme, who = "SDK-HMAC-SHA256", f"Credential={access}/{day}///sdk_request"
        to_sign, key = [scheme, stamp, f"{day}///sdk_request"], ("SDK" + secret).encode()
        for part in (day, "", "", "sdk_request"):
            key = mac(key, part).digest()
    else:
        scheme, who = "V11-HMAC-SHA256", f"Credential={access}/{day}/region-1/dlf"
        to_sign = [scheme, stamp, f"{day}/region-1/dlf"]
        prk = hmac.new(access.encode(), secret.encode(), hashlib.sha256).digest()
        key = mac(prk, f"{day}/region-1/dlf\x01").hexdigest().encode()
    signature = mac(key, "\n".join([*to_sign, sha(text.encode())])).hexdigest()
    headers["Authorization"] = f"{scheme} {who}, SignedHeaders={signed}, Signature={signature}"
    return headers


def credentials(data):
    with open(data / "credentials.csv", newline="", encoding="utf-8") as file:
        row, = csv.DictReader(file)
    return row


def password_body(user, password, domain="admin", project=None, scope=None):
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": {
        "name": user, "password": password, "domain": {"name": domain}}}}}}
    if project:
        scope = {"project": {"id": project}}
    if scope is not None:
        body["auth"]["scope"] = scope
    return body


def get_token(client, *args, **kw):
    answer = client.request("POST", "/v3/auth/tokens", password_body(*args, **kw))
    assert answer.status == 201, answer
    return answer.headers["X-Subject-Token"]


class TokenClient(Client):
    """Shows `token` with each request."""

    token = None

    def request(self, method, path, body=None, headers=None):
        return super().request(method, path, body, {"X-Auth-Token": self.token, **(headers or {})})


class SigningClient(Client):
    """Signs each request with `access` and `secret`, as the Python SDK does."""

    access = secret = None
    form = "A"

    def request(self, method, path, body=None, headers=None):
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        data = (body or "").encode() if isinstance(body or "", str) else body
        signed = {"Host": f"127.0.0.1:{self.server.port}", **(headers or {})}
        if self.workspace is not None:
            signed["workspace"] = self.workspace
        if body is not None:
            signed.setdefault("Content-Type", "application/json")
        return super().request(method, path, body, sign(
            self.access, self.secret, method, path, signed, data, self.form))


def client_of(server, token, project, workspace=None):
    client = TokenClient(server, project=project, workspace=workspace)
    client.token = token
    return client


def admin(server, *args, status=0, **kw):
    done = dlfd("admin", *args, "--data", server.data, **kw)
    assert done.returncode == status, done
    return done.stdout if status == 0 else done.stderr

