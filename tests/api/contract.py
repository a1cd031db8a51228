"""api/openapi.yaml, and whether an answer keeps to it.

`Client.request` has each answer checked, so that every test of the API is one
of the document too.
"""

import functools
import json
import re
import urllib.parse

import jsonschema
import yaml

from paths import ROOT

# The loader in C takes a twentieth of the time.
DOCUMENT = yaml.load((ROOT / "api/openapi.yaml").read_text("utf-8"), yaml.CSafeLoader)
VALIDATED_MAX = 1 << 20  # bytes of an answer: beyond, a schema takes too long
METHODS = ("get", "head", "put", "post", "delete")


def pointed(node):
    """What a $ref of the document stands for; anything else is itself."""
    while isinstance(node, dict) and "$ref" in node:
        found = DOCUMENT
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        node = found
    return node


class Pointers(jsonschema.RefResolver):
    """jsonschema's own looks for ids in the whole document at each reference; there are none."""

    def resolve(self, ref):
        return ref, pointed({"$ref": ref})


POINTERS = Pointers("", DOCUMENT)


def validator_of(schema):
    """A validator of a schema whose references are the document's."""
    return jsonschema.Draft202012Validator(schema, resolver=POINTERS)


def operations():
    """Each (method, path, operation)."""
    for path, item in DOCUMENT["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path, item[method]


def parameters(path, operation):
    shared = DOCUMENT["paths"][path].get("parameters", [])
    return [pointed(one) for one in shared + operation.get("parameters", [])]


@functools.cache
def validator(pointer):
    """A validator of the schema at `pointer`, a $ref into the document."""
    return validator_of({"$ref": pointer})


def validate(document, schema):
    validator_of(schema).validate(document)


@functools.cache
def _patterns():
    """[(method, a pattern of its paths, the path)], literal segments first."""
    return [(method, re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)) + "/?"), path)
            for method, path, _ in sorted(operations(), key=lambda row: row[1].count("{"))]


def find(method, target):
    """The path and operation that serve a request, or (None, None)."""
    path = target.split("?")[0]
    for row_method, pattern, template in _patterns():
        if row_method == method and pattern.fullmatch(path):
            return template, DOCUMENT["paths"][template][method.lower()]
    return None, None


@functools.cache
def _schema(path, method, status):
    """The JSON schema of an answer's body: a validator, or None for no JSON."""
    response = pointed(DOCUMENT["paths"][path][method]["responses"][status])
    media = response.get("content", {}).get("application/json")
    if media is None:
        return None
    return validator_of(media["schema"])


def check(method, target, answer):
    """Fails when the document does not say what `answer` is."""
    path, operation = find(method, target)
    if operation is None:
        return
    status = str(answer.status)
    assert status in operation["responses"], (method, path, answer)
    _check_headers(pointed(operation["responses"][status]), answer)
    if method == "HEAD":
        assert answer.body == b""
        return
    kind = answer.headers.get("Content-Type")
    if kind == "application/octet-stream":
        assert kind in pointed(operation["responses"][status])["content"], answer
        assert answer.headers["ETag"] and answer.headers["Content-Disposition"], answer
        return
    schema = _schema(path, method.lower(), status)
    if schema is None:
        assert "json" not in answer.headers.get("Content-Type", ""), answer
    elif len(answer.body) <= VALIDATED_MAX:
        assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
        schema.validate(json.loads(answer.body))


def _check_headers(response, answer):
    for name, header in response.get("headers", {}).items():
        header, value = pointed(header), answer.headers[name]
        assert value is not None or not header.get("required"), (name, answer)
        if value is not None and "pattern" in header["schema"]:
            assert re.search(header["schema"]["pattern"], value), (name, value)


def target_of(path, operation, project):
    """A target of `path` with the examples of its parameters."""
    query = []
    for one in parameters(path, operation):
        value = one.get("example")
        if one["name"] == "project_id":
            value = project
        if one["in"] == "path":
            path = path.replace("{" + one["name"] + "}", urllib.parse.quote(value, safe=""))
        elif one["in"] == "query" and value is not None:
            query += [(one["name"], item) for item in value]
    return path + "?" * bool(query) + urllib.parse.urlencode(query)
