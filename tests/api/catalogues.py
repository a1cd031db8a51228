"""Catalogues of any kind, for hypothesis: the requests that make them.

Bodies have what the tables of test_fields_*.py say that a field takes, so that a field
which is added there is drawn here.  Beside it: unknown members at any depth, numbers of
any form, any order, aliases, references that are held and that dangle, and versions.
"""

import copy
import random
from dataclasses import dataclass, field

from hypothesis import strategies as st

import test_fields_connection as connection_fields
import test_fields_job as job_fields
import test_fields_resource as resource_fields
import test_fields_script as script_fields
from fields import ABSENT, Field, Raw, cases, steps, to_bytes, value_at
from harness import cdm_job, dlfd, node, quote
from test_fidelity import SCALARS, STRINGS, containers

LARGEST_VALUE = 12000  # of a table, characters; what is larger takes too long
TRICKY = ("a", "cdms", "jobs", "a.job", "a.script", "a.json", "a~2", "...", "A", "CON", "import",
          "作业", "每日.作业", "字" * 32)  # 32: the longest name of a resource
ASCII = "ab09_-"
ODD = ("null", "-0", "1E5", "120.10", "12345678901234567890", "{}", "[[], {}]", r'"\u00e9\/"',
       r'{"id": null, "x": [0.1, "\ud83d\ude00\b"]}')
UNKNOWN = (st.sampled_from(ODD) | st.recursive(SCALARS, containers, max_leaves=6)).map(Raw)
UNKNOWN_KEYS = (st.sampled_from(["x", "status", "名称"]) | STRINGS).map("x-".__add__)
CLOSED = ("config", "customFields", "inputs")  # as objects, they take no unknown members


def names(alphabet, tricky=TRICKY, most=8):
    allowed = [name for name in tricky if all(c in alphabet or c.isalnum() for c in name)]
    return st.sampled_from(allowed) | st.text(alphabet, min_size=1, max_size=most).filter(
        lambda name: name.strip("."))


JOB_NAMES = names(ASCII + ".作业鿿", (*TRICKY, "字" * 128))
RESOURCE_NAMES = names(ASCII + "作业鿿")
ASCII_NAMES = names(ASCII, ("a", "A", "cdms", "import"))
CLUSTERS = st.sampled_from(["default"] * 3 + ["second", "cdms", "A_-9"])

CDM_FIELDS = [
    Field("job_type", "string", empty="Cdm.0014", enum=("NORMAL_JOB", "BATCH_JOB", "SCENARIO_JOB")),
    Field("to-connector-name", "string", empty="Cdm.0102", good=("hive-connector",)),
    Field("from-link-name", "string", good=("mysql", "")),
    Field("to-link-name", "string", good=("会员",)),
    Field("to-config-values.configs[0].inputs", "any", good=([], {}, [
        {"name": "x.a", "value": Raw("1.50")}, {"name": "x.b", "value": {"k": "5%"}},
        {"name": "x.password", "value": "secret"}])),
    Field("from-config-values.extended-configs", "object", good=(
        {"name": "fromJobConfig.extendedFields", "value": "e30="},)),
    Field("creation-date", "any", good=(1,)), Field("enabled", "any", good=(False,)),
]


class Table:
    """A body with all members, and each (path, value) that can stand there instead.
    `least`: what is enough of members that are required."""

    def __init__(self, base, rows, least=None):
        self.base, self.least = base, least or {}
        self.optional = sorted(base.keys() - {row.path for row in rows if row.required})
        taken = [param.values[0] for param in cases(rows, without=("types", "encoding"))]
        self.changes = [(case.path, case.value) for case in taken
                        if not case.code and case.path not in ("name", "id", "targetStatus")
                        and len(repr(case.value)) < LARGEST_VALUE]


JOB = Table(job_fields.BASE, job_fields.FIELDS, {"schedule": {"type": "EXECUTE_ONCE"}})
SCRIPT = Table(script_fields.BASE, script_fields.FIELDS)
RESOURCE = Table(resource_fields.BASE, resource_fields.FIELDS)
PACKED = Table(resource_fields.PACKED, resource_fields.PACKAGES + resource_fields.FIELDS)
CONNECTION = Table(connection_fields.BASE, connection_fields.FIELDS)
CDM_JOB = Table(cdm_job("c"), CDM_FIELDS + [
    Field(name, "any", required=True) for name in (
        "name", "from-connector-name", "from-config-values", "to-config-values",
        "driver-config-values")])
ALIASES = {"processType": "jobType", "dependPackages": "depend_packages"}


@dataclass
class Catalogue:
    """The requests, in their order: (method, path, body); a path of cdm/ names a cluster."""

    requests: list = field(default_factory=list)
    jobs: list = field(default_factory=list)
    submitted: list = field(default_factory=list)  # of the jobs

    @property
    def connections(self):
        return any(path == "/connections" for _, path, _ in self.requests)

    def add(self, path, body, method="POST"):
        self.requests.append((method, path, to_bytes(body).decode()))

    def files(self):
        """{name: body}, to be imported."""
        suffix = {"/jobs": "job", "/scripts": "script", "/resources": "resource",
                  "/connections": "conn"}
        return {f"{path[1:]}/{i}.{suffix[path]}" if path in suffix else f"cdms/{path[4:]}/{i}.json":
                body for i, (_, path, body) in enumerate(self.requests)}

    def fill(self, client):
        for cluster in {path[4:] for _, path, _ in self.requests if path.startswith("cdm/")}:
            if cluster not in client.clusters():
                done = dlfd("admin", "cdm-cluster", "create", cluster, "--project",
                            client.project, "--data", client.server.data)
                assert done.returncode == 0, done
        for method, path, body in self.requests:
            if path.startswith("cdm/"):
                answer = client.cdm(method, "/job", body, cluster=path[4:])
            else:
                answer = client.call(method, path, body)
            assert answer.status in (200, 204), (method, path, body, answer)


def change(body, path, value):
    """Puts `value` (ABSENT: nothing) at `path`, where the parent is there."""
    parent = value_at(body, path.rpartition(".")[0])
    if isinstance(parent, dict):
        parent.pop(steps(path)[-1], None)
        if value is not ABSENT:
            parent[steps(path)[-1]] = copy.deepcopy(value)


def objects(value):
    """The objects in it that take unknown members."""
    if isinstance(value, dict):
        yield value
        for key, member in value.items():
            if isinstance(member, list) or key not in CLOSED:
                yield from objects(member)
    elif isinstance(value, list):
        for item in value:
            yield from objects(item)


def disordered(value, order):
    """With the members of each object in another order; 0: as they are."""
    if isinstance(value, list):
        return [disordered(item, order) for item in value]
    if not isinstance(value, dict):
        return value
    members = [(key, disordered(member, order)) for key, member in value.items()]
    if order:
        random.Random(order).shuffle(members)
    return dict(members)


@st.composite
def bodies(draw, table, **members):
    """A body that is taken; `members` stand in it as they are."""
    kept = draw(st.integers(0, 2 ** len(table.optional) - 1))  # a bit each
    dropped = {key for i, key in enumerate(table.optional) if not kept >> i & 1}
    body = {key: value for key, value in table.base.items() if key not in dropped}
    if not draw(st.booleans()):
        body.update(table.least)
    body = copy.deepcopy(body)
    changes = draw(st.lists(
        st.sampled_from(table.changes), max_size=5,
        # an end is not to come before a start
        unique_by=lambda one: one[0].replace("endTime", "startTime")))
    for path, value in sorted(changes, key=lambda one: len(steps(one[0]))):
        change(body, path, value)
    body.update(members)
    if draw(st.booleans()):
        body = {ALIASES.get(key, key): value for key, value in body.items()}
    places = list(objects(body))
    for key, value in draw(st.lists(st.tuples(UNKNOWN_KEYS, UNKNOWN), max_size=2)):
        places[draw(st.integers(0, len(places) - 1))][key] = value
    return disordered(body, draw(st.integers(0, 20)))


@st.composite
def statuses(draw):
    """Whether it is submitted, and the members that say so."""
    status = draw(st.sampled_from([None, "SAVED", "SUBMITTED", "PRODUCTION"]))
    return status in ("SUBMITTED", "PRODUCTION"), {} if status is None else {
        "targetStatus": status}


def few(strategy, least=0):
    return st.lists(strategy, min_size=least, max_size=3, unique=True)


CONTENTS = st.tuples(STRINGS, st.sampled_from([1, 1, 1, 1, 5000])).map(lambda t: t[0] * t[1])


def add_connections(draw, made):
    with_dli = False
    for name in draw(few(ASCII_NAMES)):
        body = draw(bodies(CONNECTION, name=name))
        if body["type"] == "DLI" and with_dli:  # a workspace has one
            body["type"] = "HOST"
        with_dli = with_dli or body["type"] == "DLI"
        made.add("/connections", body)


def add_cdm_jobs(draw, made):
    """Their references."""
    jobs = draw(few(st.tuples(CLUSTERS, JOB_NAMES)))
    for cluster, name in jobs:
        made.add(f"cdm/{cluster}", {"jobs": [draw(bodies(CDM_JOB, name=name))]})
    return [("CDMJob", {"clusterName": cluster, "jobName": name}) for cluster, name in jobs]


def add_resources(draw, made):
    directories = st.sampled_from(["/", "/作业", "/a/b"])
    refs = []
    for directory, name in draw(few(st.tuples(directories, RESOURCE_NAMES))):
        body = draw(bodies(draw(st.sampled_from([RESOURCE, PACKED])), name=name,
                           directory=directory))
        made.add("/resources", body)
        refs.append(("MRSSpark", {"resourcePath": draw(
            st.sampled_from([name, body["location"]]))}))
    return refs


def add_scripts(draw, made):
    refs = []
    for name in draw(few(JOB_NAMES)):
        _, status = draw(statuses())
        made.add("/scripts", draw(bodies(SCRIPT, name=name, content=draw(CONTENTS), **status)))
        if draw(st.booleans()):
            _, status = draw(statuses())
            made.add(f"/scripts/{quote(name)}", {"content": draw(CONTENTS), **status}, "PUT")
        refs.append((draw(st.sampled_from(["Shell", "DWS SQL"])), {"scriptName": name}))
    return refs


DANGLING = [("Shell", {"scriptName": "gone"}), ("MRSSpark", {"resourcePath": "gone"}),
            ("MRSSpark", {"resourcePath": "obs://b/gone"}), ("Python", {"scriptName": "${el}"}),
            ("CDMJob", {"clusterName": "gone", "jobName": "gone"})]
SENSITIVE = {**node("sensitive"), "properties": [
    {"name": "key", "value": "secret", "value_is_sensitive": True}]}


def job_body(draw, name, refs, earlier, **members):
    body = draw(bodies(JOB, name=name, **members))
    depends = value_at(body, "schedule.cron.dependJobs")
    if earlier and isinstance(depends, dict):
        depends["jobs"] = draw(few(st.sampled_from(earlier)))
    uses = draw(st.lists(st.sampled_from(refs + DANGLING), max_size=6))
    nodes = [node(f"n{i}", kind, properties) for i, (kind, properties) in enumerate(uses)]
    if draw(st.booleans()):
        nodes.append(SENSITIVE)
    if nodes:
        body["nodes"] = (body.get("nodes") or []) + nodes
    return body


@st.composite
def catalogues(draw):
    made = Catalogue()
    add_connections(draw, made)
    refs = add_cdm_jobs(draw, made) + add_resources(draw, made) + add_scripts(draw, made)
    for name in draw(few(JOB_NAMES, least=1)):
        submitted, status = draw(statuses())
        made.add("/jobs", job_body(draw, name, refs, made.jobs, **status))
        if draw(st.booleans()):
            again, status = draw(statuses())
            body = job_body(draw, name, refs, made.jobs, **status)
            body.pop("id", None)  # another job's
            made.add(f"/jobs/{quote(name)}", body, "PUT")
            submitted = submitted or again
        made.jobs.append(name)
        if submitted:
            made.submitted.append(name)
    return made
