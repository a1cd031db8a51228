"""Run a table's rows through the vendor's Python SDK.

Runs in the venv of one SDK version, as `python_client.py dgc`: reads the service and
the rows from standard input, and prints a JSON object an operation, with `outcome`
PASSED, NOT_SERVED, the row's own, or FAILED and why.
"""

import importlib
import io
import json
import re
import sys
import time
import traceback
import zipfile

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkcore.http.http_handler import HttpHandler
from huaweicloudsdkcore.region.region import Region

TASK_SECONDS = 30
NOT_SERVED = {"status": 404, "error": "APIGW.0101"}


def snake(operation):
    return re.sub(r"(?<!^)([A-Z])", r"_\1", operation).lower()


class Sdk:
    """The client of service `name`, models by their names, and the last answer."""

    def __init__(self, name, service):
        self.models = importlib.import_module(f"huaweicloudsdk{name}.v1")
        self.kind = getattr(self.models, f"{name.capitalize()}Client")
        self.kept = {}
        self.answer = None
        builder = self.kind.new_builder() \
            .with_http_config(HttpConfig(ssl_ca_cert=service["ca_cert"] or None)) \
            .with_http_handler(HttpHandler().add_response_handler(self._remember))
        keys, endpoint = (service["ak"], service["sk"]), service["endpoint"]
        if "region" in service:  # the SDK asks the server for the region's project
            builder.with_credentials(BasicCredentials(*keys).with_iam_endpoint(endpoint))
            builder.with_region(Region(service["region"], endpoint))
        else:
            builder.with_credentials(BasicCredentials(*keys, service["project_id"]))
            builder.with_endpoint(endpoint)
        self.client = builder.build()

    def _remember(self, response, **_):
        self.answer = response

    def operations(self):
        """Every operation of the client, by its CamelCase name."""
        methods = [name for name, member in vars(self.kind).items()
                   if callable(member) and not name.startswith("_")
                   and not name.endswith(("_invoker", "_with_http_info"))
                   and name not in ("call_api", "PRIMITIVE_TYPES", "new_builder")]
        return sorted("".join(word.capitalize() for word in name.split("_"))
                      for name in methods)

    def model(self, kind, value):
        """`value`, in the API's names, as a model of `kind`; unknown members go."""
        listed = re.fullmatch(r"list\[(.*)\]", kind)
        if listed:
            items = value if isinstance(value, list) else [value]
            return [self.model(listed.group(1), one) for one in items]
        kind = getattr(self.models, kind, None)
        if not hasattr(kind, "attribute_map"):
            return value
        return kind(**{name: self.model(kind.openapi_types[name], value[wire])
                       for name, wire in kind.attribute_map.items() if wire in value})

    def fill(self, value):
        """A request with what earlier rows kept."""
        if isinstance(value, str) and "$" in value:
            return re.sub(r"\$(\w+)", lambda m: self.kept.get(m[1], m[0]), value)
        return value

    def takes(self, row):
        """Whether this version has the operation, with the request's parameters."""
        if not all(hasattr(self.client, snake(name))
                   for name in (row["operation"], row.get("needs", row["operation"]))):
            return False
        known = getattr(self.models, row["operation"] + "Request").attribute_map.values()
        return all(name in known for name in row.get("request", ()))

    def call(self, row):
        if "raw" in row:
            method, path = row["raw"].split(" ")
            return self.client.call_api(self.fill(path), method, body=row["body"],
                                        header_params=dict(row["headers"]),
                                        response_type=row["operation"] + "Response")
        request = {name: self.fill(value) for name, value in row["request"].items()}
        return getattr(self.client, snake(row["operation"]))(
            self.model(row["operation"] + "Request", request))


def plain(value):
    """A model as JSON in the API's names, without what is not set."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    if hasattr(value, "attribute_map"):
        return {wire: plain(getattr(value, name))
                for name, wire in value.attribute_map.items() if getattr(value, name) is not None}
    return value


def contains(wanted, known, got, where="answer"):
    """Fails unless `got` has `wanted`, as far as it is `known` to the models."""
    if isinstance(wanted, dict):
        assert isinstance(got, dict), f"{where}: {got!r}"
        for name in wanted:
            if name in known:
                assert name in got, f"{where}: no {name} in {got!r}"
                contains(wanted[name], known[name], got[name], f"{where}.{name}")
    elif isinstance(wanted, list):
        assert len(wanted) == len(got), f"{where}: {len(wanted)} wanted, {got!r}"
        for i, triple in enumerate(zip(wanted, known, got)):
            contains(*triple, f"{where}[{i}]")
    else:
        assert known == got, f"{where}: {known!r} wanted, {got!r}"


def check_zip(wanted, content):
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    assert sorted(archive.namelist()) == sorted(wanted), archive.namelist()
    for name, members in wanted.items():
        contains(members, members, json.loads(archive.read(name)), name)


def check_error(row, error, headers):
    got = (error.status_code, error.error_code)
    assert got == (row["status"], row["error"]), f"{got}: {error}"
    assert error.error_msg, error
    assert error.request_id and error.request_id == headers["X-Request-Id"], error


def check_answer(sdk, row, response):
    assert response.status_code == row["status"], response.status_code
    assert sdk.answer.headers["X-Request-Id"]
    if "shows" in row:
        wanted = {name: sdk.fill(value) for name, value in row["shows"].items()}
        known = plain(sdk.model(row["operation"] + "Response", wanted))
        assert known, "the model knows nothing of what is wanted"
        contains(wanted, known, plain(response))
    if "zip" in row:
        check_zip(row["zip"], response.raw_content)
    if row["status"] == 204:
        assert not response.raw_content, response.raw_content
    for name, path in row.get("keep", {}).items():
        value = json.loads(response.raw_content)
        for step in path.split("."):
            value = value[int(step) if step.isdigit() else step]
        sdk.kept[name] = value


def call(sdk, row):
    """The row's answer; of a task when it has ended."""
    response, end = sdk.call(row), time.monotonic() + TASK_SECONDS
    while row.get("ended") and response.status == "RUNNING":
        assert time.monotonic() < end, "the task does not end"
        time.sleep(0.1)
        response = sdk.call(row)
    return response


def run(sdk, row):
    try:
        response = call(sdk, row)
    except ClientRequestException as error:
        assert "error" in row, f"refused: {error}"
        check_error(row, error, sdk.answer.headers)
    else:
        assert "error" not in row, f"not refused: {response.status_code}"
        check_answer(sdk, row, response)


def not_served(sdk, operation):
    """The row of an operation that the table lacks: each path parameter is an x."""
    request = getattr(sdk.models, operation + "Request")
    return {"operation": operation, "outcome": "NOT_SERVED", **NOT_SERVED,
            "request": {wire: "x" for wire in request.attribute_map.values()
                        if re.search("_(name|id)$", wire)}}


def main():
    task = json.load(sys.stdin)
    sdk = Sdk(sys.argv[1], task["service"])
    rows = [row for row in task["rows"] if sdk.takes(row)]
    tested = {row["operation"] for row in rows}
    rows += [not_served(sdk, name) for name in sdk.operations() if name not in tested]
    results = {}
    for row in rows:
        result = results.setdefault(row["operation"], {
            "operation": row["operation"], "outcome": row.get("outcome", "PASSED"), "why": ""})
        try:
            run(sdk, row)
        except Exception:  # pylint: disable=broad-except
            result["outcome"] = "FAILED"
            result["why"] += f"{json.dumps(row, ensure_ascii=False)}\n{traceback.format_exc()}"
    for result in results.values():
        print(json.dumps(result))


main()
