"""Pages of the origins in --allow-origin read answers; pages of others read nothing."""

import pytest

import contract
from harness import Server

PAGE = "https://a.example"
OTHER = "http://b.example:8080"


@pytest.fixture(scope="module")
def listing(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("data"), "--allow-origin", f"{PAGE},{OTHER}")
    server.client(project="cors").make_job("j")
    yield server.client(project="cors")
    assert server.stop() == 0, server.log


def about_pages(answer):
    """What the answer says about pages of other origins."""
    return {k.lower(): v for k, v in answer.headers.items()
            if k.lower().startswith("access-control-") or k.lower() == "vary"}


def names(text):
    return {name.strip().lower() for name in text.split(",")}


def question(client, origin=PAGE, path="/jobs", method="PUT", headers="content-type,x-auth-token"):
    """What a browser asks before a page sends a request."""
    asked = {"Origin": origin, "Access-Control-Request-Method": method,
             "Access-Control-Request-Headers": headers}
    return client.call("OPTIONS", path, headers=asked)


ANSWERS = {
    "a list": ("GET", "/jobs", None, 200), "an export": ("POST", "/jobs/batch-export", {"jobList": ["j"]}, 200),
    "a save": ("POST", "/connections", b"{", 400), "no such path": ("GET", "/nothing", None, 404),
    "a method that is not served": ("PATCH", "/jobs", None, 405), "OPTIONS alone": ("OPTIONS", "/jobs", None, 405),
    "an unknown job": ("GET", "/jobs/none", None, 400), "a link": ("HEAD", "/jobs.zip?name=j", None, 200),
    "a target that is too long": ("GET", "/jobs?x=" + "y" * 20000, None, 414)}


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("origin", [PAGE, OTHER, PAGE.upper()])
def test_a_listed_page_reads_every_answer(listing, kind, origin):
    method, path, body, status = ANSWERS[kind]
    answer = listing.call(method, path, body, headers={"Origin": origin})
    assert answer.status == status, answer
    said = about_pages(answer)
    exposed = names(said.pop("access-control-expose-headers"))
    assert said == {"access-control-allow-origin": origin, "vary": "Origin"}
    assert "x-request-id" in exposed


def test_a_listed_page_reads_each_header_of_the_contract(listing):
    document = contract.DOCUMENT
    always = {"cache-control", "content-language", "content-length", "content-type", "expires", "last-modified"}
    sent = {name.lower() for _, _, one in contract.operations() for response in one["responses"].values()
            for name in contract.pointed(response).get("headers", {})} - always  # browsers show these
    exposed = names(listing.get("/jobs", headers={"Origin": PAGE}).headers["Access-Control-Expose-Headers"])
    assert len(sent) > 5 and sent <= exposed, sent - exposed
    taken = {one["name"].lower() for path, item in document["paths"].items() for _, path_, operation in
             contract.operations() if path_ == path for one in contract.parameters(path, operation)
             if one["in"] == "header"}
    allowed = names(question(listing).headers["Access-Control-Allow-Headers"])
    assert len(taken) > 3 and taken <= allowed, taken - allowed
    assert {"authorization", "x-auth-token", "x-sdk-date", "content-type"} <= allowed


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["/jobs", "/jobs/j", "/nothing"])
def test_a_browsers_question_is_answered(listing, method, path):
    answer = question(listing, path=path, method=method)
    assert (answer.status, answer.body) == (204, b"")
    said = about_pages(answer)
    assert method.lower() in names(said.pop("access-control-allow-methods"))
    assert {"content-type", "x-auth-token"} <= names(said.pop("access-control-allow-headers"))
    assert said == {"access-control-allow-origin": PAGE, "vary": "Origin", "access-control-max-age": "600"}


def test_a_question_does_nothing(listing):
    asked = {"Origin": PAGE, "Access-Control-Request-Method": "DELETE"}
    assert listing.call("OPTIONS", "/jobs/j", b'{"name":"x"}', headers=asked).status == 204
    assert [row["name"] for row in listing.get("/jobs").json["jobs"]] == ["j"]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://a.example.evil.example",
                                    "http://a.example", f"{PAGE},{OTHER}", "*"])
def test_a_page_that_is_not_listed_is_told_nothing(listing, origin):
    for answer in (listing.get("/jobs", headers={"Origin": origin}), question(listing, origin)):
        assert (answer.status, answer.code) == (403, "APIGW.0306")
        assert set(about_pages(answer)) <= {"vary"}


def test_who_is_no_page_is_told_that_answers_differ(listing):
    """So that a cache between does not give a page an answer that it may not read."""
    assert about_pages(listing.get("/jobs")) == {"vary": "Origin"}


def test_without_the_option_nothing_is_said(client, server):
    own = f"http://127.0.0.1:{server.port}"
    assert about_pages(client.get("/jobs", headers={"Origin": own})) == {}
    assert question(client, own).status == 405
    answer = question(client)
    assert (answer.status, about_pages(answer)) == (403, {})


def test_a_question_needs_no_token_and_a_request_does(start):
    client = start("--auth", "on", "--allow-origin", PAGE).client()
    assert question(client).status == 204
    answer = client.get("/jobs", headers={"Origin": PAGE})
    assert (answer.status, about_pages(answer)["access-control-allow-origin"]) == (401, PAGE)


def test_the_metrics_are_for_no_page(start):
    server = start("--allow-origin", PAGE, "--metrics-listen", "127.0.0.1:0")
    line = next(line for line in server.start_lines + [server.process.stdout.readline()] if "metrics on" in line)
    server.port = int(line.rsplit(":", 1)[1].split("/")[0])
    answer = server.client().request("GET", "/metrics", headers={"Origin": PAGE})
    assert (answer.status, about_pages(answer)) == (200, {})
