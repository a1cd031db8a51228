"""Names and access keys that nobody has, by the thousand: they give no more guesses at those that
exist, lock nobody out, and no answer tells which exist.  (tests/unit/auth/test_auth.c floods for the five
minutes of a window, on a clock of its own.)"""

import http.client
import json
import re
import threading

import pytest

from harness import Answer
from signer import password_body
from test_sign_in import House, access_key_body, from_address

INVENTED = 1000


@pytest.fixture
def house(start):
    return House(start("--auth", "on"))


def invented(i):
    """A token request that nobody can make: by an access key, or a user's name."""
    if i % 50:
        return access_key_body(f"INVENTED{i:012}", "x" * 40, name="region-1")
    return password_body(f"invented{i}", "wrong")


def flood(house, address, first, statuses):
    connection = http.client.HTTPConnection("127.0.0.1", house.server.port, timeout=60,
                                            source_address=(address, 0))
    for i in range(first, first + INVENTED):
        connection.request("POST", "/v3/auth/tokens", json.dumps(invented(i)),
                           {"Content-Type": "application/json"})
        statuses.add(Answer(connection.getresponse()).status)
    connection.close()


def test_a_flood_gives_no_more_guesses_and_locks_nobody_out(house):
    answers = set()
    threads = [threading.Thread(target=flood, args=(house, f"127.0.4.{n + 1}", n * INVENTED, answers))
               for n in range(4)]
    for one in threads:
        one.start()
    seen = {"admin": [], "nobody": []}
    while any(one.is_alive() for one in threads) or len(seen["admin"]) < 10:
        for user, statuses in seen.items():
            status = house.ask(password_body(user, "wrong")).status
            if status != 503:  # too many wait to be hashed: it was not looked at
                statuses.append(status)
    for one in threads:
        one.join()
    assert 401 in answers and answers <= {401, 503}, answers
    for user, statuses in seen.items():
        assert statuses[:5] == [401] * 5 and set(statuses[5:]) == {429}, (user, statuses)
    assert from_address(house, "127.0.0.2", password_body("admin", house.password)).status == 201
    mine = access_key_body(house.first["Access Key Id"], house.first["Secret Access Key"], id=house.project)
    assert house.ask(mine).status == 201


def what_is_seen(answer):
    """All of an answer that does not name the request."""
    return (answer.status, re.sub(rb"\bin \d+ s|[0-9a-f]{32}", b"", answer.body), sorted(
        (name, value) for name, value in answer.headers.items()
        if name not in ("Date", "X-Request-Id", "X-IAM-Trace-Id", "Retry-After")))


def test_each_answer_is_the_same_for_who_exists_and_who_does_not(house):
    """Word for word, also past the limit, by a password and by an access key."""
    def seen(body):
        all_seen = [what_is_seen(house.ask(body)) for _ in range(7)]
        assert [row[0] for row in all_seen] == [401] * 5 + [429] * 2, all_seen
        return all_seen

    assert seen(password_body("admin", "wrong")) == seen(password_body("nobody", "wrong"))
    exists = access_key_body(house.first["Access Key Id"], "x" * 40, name="region-1")
    assert seen(exists) == seen(access_key_body("INVENTED", "x" * 40, name="region-1"))
