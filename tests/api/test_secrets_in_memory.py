"""No password, token or key stays in the memory of a server that was given it."""

import contextlib
import time

import pytest

from harness import SANITIZED
from signer import password_body
from test_sign_in import access_key_body, house  # noqa: F401: a fixture


def in_memory(server, text):
    """How often a text stands in the memory of a server; what it unmaps meanwhile cannot be
    read, and then all is looked at anew."""
    while True:
        with contextlib.suppress(OSError):
            return count_in_memory(server, text)
        assert server.process.poll() is None


def count_in_memory(server, text):
    found = 0
    with open(f"/proc/{server.process.pid}/maps", encoding="utf-8") as maps, \
            open(f"/proc/{server.process.pid}/mem", "rb", 0) as memory:
        for line in maps:
            begin, end = (int(number, 16) for number in line.split()[0].split("-"))
            if line.split()[1].startswith("rw"):
                memory.seek(begin)
                found += memory.read(end - begin).count(text.encode())
    return found


@pytest.mark.skipif(SANITIZED, reason="maps more memory than can be read")
def test_no_secret_stays_in_memory(house):  # noqa: F811
    assert in_memory(house.server, house.first["Project Id"]), "it is looked for where it is"
    token = house.token()
    house.client().get("/jobs")
    body = {"auth": {"identity": {"methods": ["token"], "token": {"id": token}}}}
    other = house.ask(body).headers["X-Subject-Token"]
    house.plain.request("DELETE", "/v3/auth/tokens", headers={"X-Auth-Token": token, "X-Subject-Token": other})
    house.signer().get("/jobs")
    house.ask(access_key_body(house.first["Access Key Id"], house.first["Secret Access Key"], id=house.project))
    wrong = [f"Wrong\tpassword-{i}" for i in range(7)]
    assert [house.ask(password_body("admin", text)).status for text in wrong] == [401] * 5 + [429] * 2
    deadline = time.monotonic() + 30  # the last request is wiped soon after its answer
    for secret in (house.password, house.first["Secret Access Key"], token, other, *wrong):
        while found := in_memory(house.server, secret):
            assert time.monotonic() < deadline, (secret, found)
