"""Which clients there are, what each did, and the record of it.

A run gives {operation: {"outcome", "why"}}: PASSED, NOT_SERVED (the server answered
404, as it is to), OTHER_MODEL (refused, as it is to be: the SDK's model is another than
the documents') or FAILED.  The record, results.def, is what docs/coverage.md is made of.
"""

import functools
import json
import os
import pathlib
import re
import subprocess
import tempfile

import table
from paths import ROOT
from service import Service

HERE = pathlib.Path(__file__).parent
TOOLS = ROOT / "build-tools/clients"
RECORD = HERE / "results.def"
HEAD = """\
/*
 * What clients did: RESULT(client, version, operation, outcome).  Written by
 * `make check-clients`, which fails when a run did other than this.
 */
/* clang-format off */
"""
STATUS = dict(re.findall(r"OPERATION\((\w+), (\d+)",
                         (ROOT / "tests/operations.def").read_text("utf-8")))


class Client:
    """`name` and `version` as in the record; `command` with the rows on its input."""

    def __init__(self, name, version, command, rows):
        self.name = name
        self.version = version
        self.command = command
        self.is_cdm = rows is table.CDM
        self.rows = [self._with_status(one) for one in rows]

    def __str__(self):
        return f"{self.name} {self.version}"

    def _with_status(self, one):
        success = 200 if self.is_cdm else int(STATUS[one["operation"]])
        return {"status": 400 if "error" in one else success, **one}

    def covered(self, operation):
        """The operation's name in coverage.md."""
        return table.CDM_NAMES.get(operation, operation) if self.is_cdm else operation


def python(sdk, version, rows):
    interpreter = TOOLS / f"{sdk}-{version}/bin/python"
    return Client(f"Python {sdk}", version, [interpreter, HERE / "python_client.py", sdk], rows)


def go(sdk, rows):
    version = re.search(r"huaweicloud-sdk-go-v3 v(\S+)", (HERE / "go/go.mod").read_text())
    return Client(f"Go {sdk}", version.group(1), [TOOLS / "go-client", sdk], rows)


def curl():
    told = subprocess.run(["curl", "--version"], capture_output=True, text=True, check=True)
    return Client("curl", told.stdout.split()[1], [HERE / "curl"], [])


CLIENTS = [
    python("dgc", "3.0.45", table.DLF_OLD), python("dgc", "3.1.58", table.DLF),
    python("dgc", "3.1.219", table.DLF), python("dlf", "3.1.219", table.DLF_OLD),
    python("cdm", "3.1.219", table.CDM), go("dgc", table.DLF), go("cdm", table.CDM), curl()]
NEWEST = list({client.name: client for client in CLIENTS}.values())
RUNS = [*((client, False) for client in CLIENTS),
        *((client, True) for client in NEWEST)]  # each with whether it is over TLS


def start(client, service, trust=None, by_region=False):
    """Runs `client` to its end.  It reads the rows, and the service with the keys to it.

    `trust`: the certificate to trust, else the service's.  `by_region`: the client has
    to ask for its project's id.
    """
    trust = str(trust or service.certificate or "")
    keys = {"endpoint": service.endpoint, "ak": service.keys["Access Key Id"],
            "sk": service.keys["Secret Access Key"], "project_id": service.keys["Project Id"],
            "ca_cert": trust}
    if by_region:
        keys["region"] = service.keys["Region"]
    for_curl = {"DLF_ENDPOINT": service.endpoint, "DLF_PROJECT": service.keys["Project Id"],
                "DLF_USER": service.keys["User Name"], "DLF_PASSWORD": service.keys["Password"],
                "DLF_CA_CERT": trust}
    return subprocess.run(client.command, input=json.dumps({"service": keys, "rows": client.rows}),
                          capture_output=True, text=True, timeout=300, check=False,
                          env={**os.environ, **for_curl, "LC_ALL": "C.UTF-8"})


@functools.cache
def run(client, tls=False, by_region=False):
    """What `client` did with a server of its own."""
    with tempfile.TemporaryDirectory() as folder, Service(pathlib.Path(folder), tls) as service:
        done = start(client, service, by_region=by_region)
    assert done.returncode == 0, f"{client}: {done.stdout}{done.stderr}"
    results = [json.loads(line) for line in done.stdout.splitlines()]
    return {client.covered(one["operation"]): one for one in results}


def recorded():
    """{(client, version): {operation: outcome}} of the record."""
    found = {}
    for name, version, operation, outcome in re.findall(
            r'RESULT\("(.*?)", "(.*?)", (\w+), (\w+)\)', RECORD.read_text("utf-8")):
        found.setdefault((name, version), {})[operation] = outcome
    return found


def record(client, outcomes):
    """Writes `client`'s outcomes; those of clients that are no more go."""
    found = {**recorded(), (client.name, client.version): outcomes}
    lines = [f'RESULT("{one.name}", "{one.version}", {operation}, {outcome})\n'
             for one in CLIENTS
             for operation, outcome in found.get((one.name, one.version), {}).items()]
    RECORD.write_text(HEAD + "".join(lines) + "/* clang-format on */\n", "utf-8")
