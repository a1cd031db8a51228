"""Each field of a job's body, on create and on update.

The rows follow the contract's tables.  Codes: DLF.3051, but everything inside
`schedule` and inside a node's triggers is DLF.3025, and the name, the
description and the log path have codes of their own.
"""

import uuid

import pytest

from fields import Field, Raw, UNTOLD, cases, changed, check
from harness import quote

TIMES = ("2018-10-22T23:59:59+08", "2018-10-22T23:59:59+0800",
         "2018-10-22T23:59:59+08:00", "2018-10-22T23:59:59Z",
         "2024-02-29T00:00:00-05")
NO_TIMES = ("2018-10-22", "2018-10-22 23:59:59+08", "2018-10-22T23:59:59",
            "2018-13-22T23:59:59+08", "2023-02-29T00:00:00Z",
            "2018-10-22T24:00:00+08", "2018-10-22T23:60:00+08", "today",
            "2018-10-22T23:59:59+08 ", "1540223999000")
CRONS = ("0 0 0 * * ?", "0 59 23 31 * ?", "0 0/15 1-5,8 ? * 1-7", "0 * * L * ?",
         "0 0 1 15W * ?", "0 0 1 ? * 6#3", "0 0 1 ? * 7L", "0 0,30 */2 1C * ?")
NO_CRONS = ("* * * * * ?", "1 0 0 * * ?", "0 0 0 * 1 ?", "0 60 0 * * ?",
            "0 0 24 * * ?", "0 0 0 0 * ?", "0 0 0 32 * ?", "0 0 0 ? * 0",
            "0 0 0 ? * 8", "0 0 0 * *", "0 0 0 * * ? *", "0 ? 0 * * ?",
            "0 0 0 * * W", "0 0 0 ? * MON", "0 0 -1 * * ?",
            "0 a 0 * * ?", "0 0, 0 * * ?", "0 5- 0 * * ?")


def depend_jobs():
    return {"jobs": [], "dependPeriod": "SAME_PERIOD", "dependFailPolicy": "FAIL",
            "sameWorkSpaceJobs": [depend_workspace_job()],
            "otherWorkSpaceJobs": [depend_workspace_job()]}


def depend_workspace_job():
    return {"dependOnLastPeriod": False, "jobName": "j", "workSpaceId": "0",
            "workSpace": "default", "dependType": "SAME", "dependOnLastNPeriodValue": 1}


def cron(**more):
    return {"startTime": "2018-10-22T23:59:59+08", "endTime": "2034-10-22T23:59:59+08",
            "expression": "0 0 0 * * ?", "expressionTimeZone": "GMT+8",
            "dependPrePeriod": False, "dependJobs": depend_jobs(), **more}


def event():
    return {"eventType": "DIS", "channel": "c", "failPolicy": "SUSPEND",
            "concurrent": 2, "readPolicy": "NEW"}


def node():
    return {"name": "a", "type": "Dummy", "location": {"x": "1.0", "y": 2},
            "preNodeName": ["b"],
            "conditions": [{"preNodeName": "b", "expression": "#{true}"}],
            "properties": [{"name": "p", "value": "v", "value_is_sensitive": False}],
            "pollingInterval": 20,
            "maxExecutionTime": 30, "retryTimes": 1, "retryInterval": 60,
            "failPolicy": "IGNORE", "execTimeOutRetry": "0", "eventTrigger": event(),
            "cronTrigger": cron(period="1 days", concurrent=1), "resources": []}


# A job with every member, so that each can be taken out.
BASE = {
    "name": "j", "processType": "BATCH", "directory": "/etl", "logPath": "obs://logs",
    "nodes": [node(), {"name": "b", "type": "Dummy", "location": {"x": 0, "y": 0},
                       "properties": []}],
    "schedule": {"type": "CRON", "cron": cron(intervalType="days"), "event": event()},
    "params": [{"name": "p", "value": "v", "type": "constants"}],
    "basicConfig": {"owner": "ann", "priority": 1, "executeUser": "", "instanceTimeout": 30,
                    "customFields": {"k": "v"}, "agency": "a", "isIgnoreWaiting": 1,
                    "taskPriority": 1, "tags": ["t"]},
    "lastUpdateUser": "eve", "targetStatus": "SAVED", "approvers": [{"approverName": "bob"}],
    "id": 1, "version": "7.0", "resources": [], "cleanOverdueDays": 3,
    "cleanWaitingJob": "cancel", "emptyRunningJob": "1", "singleNodeJobFlag": True,
    "singleNodeJobType": "Shell", "description": "d", "createTime": 1, "createUser": "eve",
    "status": "NORMAL", "lastUpdateTime": 1, "downstreamJobs": [],
}
TARGET_STATUS = ("SAVED", "SUBMITTED", "PRODUCTION")
IGNORED = ("x", 1, True, [1], {"a": 1})
DEEP = "/" + "/".join("abcdefghij")

JOB = [
    Field("name", "string", required=True, missing="DLF.3004", wrong="DLF.3018",
          empty="DLF.3004",
          good=("n" * 128, "字" * 128, "a.b-c_D9", "...", "一", "\u9fff"),
          bad=("n" * 129, ".", "..", "a b", "a/b", "é", "\u4dff", "\ua000", "a\n")),
    Field("nodes", "array", default=[], item="object"),
    Field("schedule", "object", required=True, code="DLF.3025", empty="DLF.3025",
          detail="schedule.type"),
    Field("params", "array", default=[], item="object"),
    Field("directory", "string", default="/", good=("/", "/a", "/dir/a/", "/字-_9", DEEP,
                                                    "/" + "d" * 64),
          bad=("a", "a/b", "/a b", "/a//b", "/..", "/a.b", DEEP + "/k", "/" + "d" * 65)),
    Field("processType", "string", required=True, empty="DLF.3051",
          enum=("BATCH", "REAL_TIME")),
    Field("basicConfig", "object"),
    Field("logPath", "string", wrong="DLF.0803", empty="DLF.0803",
          good=("obs://b", "obs://b/", "obs://b/dir/dir"),
          bad=("b/dir", "obs:/b", "obs://", "s3://b", "/b", "OBS://b")),
    Field("targetStatus", "string", hidden=True, empty="DLF.3051", enum=TARGET_STATUS),
    Field("approvers", "array", hidden=True, item="object"),
    Field("approvers[0].approverName", "string", required=True, hidden=True, empty=UNTOLD),
    Field("id", "int", hidden=True, bad=(Raw("9223372036854775808"),)),
    Field("version", "string", default="1.0"),
    Field("resources", "array", default=[], good=([{"a": 1}, "b"],)),
    Field("cleanOverdueDays", "int", good=(0, 30)),
    Field("cleanWaitingJob", "string", good=("x",)),
    Field("emptyRunningJob", "string", default="0", empty=UNTOLD, good=("0", "1")),
    Field("singleNodeJobFlag", "bool", default=False, good=(True, False)),
    Field("singleNodeJobType", "string", good=("Shell",)),
    Field("description", "string", default="", most=255, wrong="DLF.3050"),
]

BASIC_CONFIG = [
    Field("basicConfig.owner", "string", most=128),
    Field("basicConfig.priority", "int", default=0, between=(0, 2)),
    Field("basicConfig.executeUser", "string", good=("ann",)),
    Field("basicConfig.instanceTimeout", "int", default=60, good=(0, 5, 1440),
          bad=(-1, 1, 4, 1441)),
    # {"k":"..."} is 8 characters and the value
    Field("basicConfig.customFields", "object",
          good=({"k": "x" * 2040}, {"k": "字" * 2040}), bad=({"k": "x" * 2041},)),
    Field("basicConfig.agency", "string", good=("a",)),
    Field("basicConfig.isIgnoreWaiting", "int", between=(0, 1)),
    Field("basicConfig.taskPriority", "int", between=(0, 2)),
    Field("basicConfig.tags", "any", default=[], good=([], ["a", "b"], {})),
]

NODE = [
    Field("nodes[0].name", "string", required=True, empty="DLF.3051",
          good=("n" * 128, "字" * 128, "a/b<c>.d-e_F9"), bad=("n" * 129, "a b", "é", "a#")),
    Field("nodes[0].type", "string", required=True, empty="DLF.3051",
          good=("MRS Flink", "NoSuchType", "字")),
    Field("nodes[0].location", "object"),
    Field("nodes[0].location.x", "numeric",
          good=(0, -5, 1.5, "-45.5", "7", "1e3", Raw("1E2"))),
    Field("nodes[0].location.y", "numeric", good=(0, "0", "-0.25")),
    Field("nodes[0].preNodeName", "array", default=[], item="string", good=(["b"],)),
    Field("nodes[0].conditions", "array", item="object"),
    Field("nodes[0].conditions[0].preNodeName", "string", required=True, empty="DLF.3051",
          good=("b",), bad=("zzz", "B")),
    Field("nodes[0].conditions[0].expression", "string", required=True, empty=UNTOLD,
          good=("#{x == '字'}",)),
    Field("nodes[0].properties", "array", default=[], item="object"),
    Field("nodes[0].properties[0].name", "string", required=True, empty=UNTOLD,
          good=("Data Warehouse",)),
    Field("nodes[0].properties[0].value", "any", default="",
          good=("", "x", 1, True, [1], {"a": {}})),
    Field("nodes[0].properties[0].value_is_sensitive", "any",
          good=(True, "true", "TRUE", "1", 1, False, "False", "0", 0, ""),
          bad=("yes", 2, -1, " true", [], {})),
    Field("nodes[0].pollingInterval", "int", default=10, between=(1, 60)),
    Field("nodes[0].maxExecutionTime", "int", default=60, between=(5, 1440)),
    Field("nodes[0].retryTimes", "int", default=0, between=(0, 5)),
    Field("nodes[0].retryInterval", "int", default=120, between=(5, 120)),
    Field("nodes[0].failPolicy", "string", default="FAIL", empty="DLF.3051",
          enum=("FAIL", "IGNORE", "SUSPEND", "FAIL_CHILD", "EXIT", "CONTINUE", "EXIT_CHILD")),
    Field("nodes[0].execTimeOutRetry", "string", good=("1",)),
    Field("nodes[0].eventTrigger", "object", code="DLF.3025", empty="DLF.3025",
          detail="nodes[0].eventTrigger.eventType"),
    Field("nodes[0].cronTrigger", "object", code="DLF.3025", empty="DLF.3025",
          detail="nodes[0].cronTrigger.startTime"),
    Field("nodes[0].resources", "array", default=[], good=([{}, 1],)),
]

PARAMS = [
    Field("params[0].name", "string", required=True, empty="DLF.3051",
          good=("p" * 64, "a.b-c_D9"), bad=("p" * 65, "a b", "字", "a/b")),
    Field("params[0].value", "string", required=True, most=1024),
    Field("params[0].type", "string", default="variable", empty="DLF.3051",
          enum=("variable", "constants")),
]


def cron_fields(at):
    """Cron and CronTrigger (A.6), at `at`."""
    return [
        Field(f"{at}.startTime", "string", required=True, code="DLF.3025",
              empty="DLF.3025", good=TIMES, bad=NO_TIMES),
        Field(f"{at}.endTime", "string", code="DLF.3025", empty="DLF.3025",
              # the start is 2018-10-22T23:59:59+08
              good=("2018-10-22T15:59:59Z", "2034-01-01T00:00:00+0530"),
              bad=("2018-10-22T15:59:58Z", *NO_TIMES)),
        Field(f"{at}.expression", "string", required=True, code="DLF.3025",
              empty="DLF.3025", good=CRONS, bad=NO_CRONS),
        Field(f"{at}.expressionTimeZone", "string", code="DLF.3025", empty=UNTOLD,
              good=("GMT+8", "GMT-11")),
        Field(f"{at}.dependPrePeriod", "bool", code="DLF.3025", default=False,
              good=(True, False)),
    ]


def event_fields(at):
    """Event (A.8), at `at`."""
    return [
        Field(f"{at}.eventType", "string", required=True, code="DLF.3025",
              empty="DLF.3025", enum=("DIS", "KAFKA", "OBS")),
        Field(f"{at}.channel", "string", required=True, code="DLF.3025", empty=UNTOLD,
              good=("c",)),
        Field(f"{at}.failPolicy", "string", code="DLF.3025", empty="DLF.3025",
              default="SUSPEND", enum=("SUSPEND", "IGNORE", "CONTINUE")),
        Field(f"{at}.concurrent", "int", code="DLF.3025", default=1, between=(1, 128)),
        Field(f"{at}.readPolicy", "string", code="DLF.3025", empty="DLF.3025",
              default="LAST", enum=("LAST", "NEW")),
    ]


def depend_fields(at):
    """DependJobs (A.9), at `at`."""
    rows = [
        Field(f"{at}.jobs", "array", code="DLF.3025", item="string"),
        Field(f"{at}.dependPeriod", "string", code="DLF.3025", empty="DLF.3025",
              enum=("SAME_PERIOD", "PRE_PERIOD")),
        Field(f"{at}.dependFailPolicy", "string", code="DLF.3025", empty="DLF.3025",
              enum=("FAIL", "IGNORE", "SUSPEND")),
    ]
    for kind in ("sameWorkSpaceJobs", "otherWorkSpaceJobs"):
        one = f"{at}.{kind}[0]"
        rows += [
            Field(f"{at}.{kind}", "array", code="DLF.3025", item="object"),
            Field(f"{one}.dependOnLastPeriod", "bool", code="DLF.3025", good=(True,)),
            Field(f"{one}.jobName", "string", code="DLF.3025", empty=UNTOLD, good=("j",)),
            Field(f"{one}.workSpaceId", "string", code="DLF.3025", good=("0",)),
            Field(f"{one}.workSpace", "string", code="DLF.3025", good=("default",)),
            Field(f"{one}.dependType", "string", code="DLF.3025", good=("SAME",)),
            Field(f"{one}.dependOnLastNPeriodValue", "int", code="DLF.3025", good=(1, 30)),
        ]
    return rows


SCHEDULE = [
    Field("schedule.type", "string", required=True, code="DLF.3025", empty="DLF.3025",
          enum=("EXECUTE_ONCE", "CRON", "EVENT")),
    Field("schedule.cron", "object", code="DLF.3025", empty="DLF.3025",
          detail="schedule.cron.startTime"),
    Field("schedule.event", "object", code="DLF.3025", empty="DLF.3025",
          detail="schedule.event.eventType"),
    *cron_fields("schedule.cron"),
    Field("schedule.cron.intervalType", "string", code="DLF.3025", empty=UNTOLD,
          good=("minutes", "hours", "days", "weeks", "months", "seasons", "years")),
    Field("schedule.cron.dependJobs", "object", code="DLF.3025", default={"jobs": []}),
    *depend_fields("schedule.cron.dependJobs"),
    *event_fields("schedule.event"),
]

TRIGGERS = [
    *cron_fields("nodes[0].cronTrigger"),
    Field("nodes[0].cronTrigger.period", "string", code="DLF.3025", empty=UNTOLD,
          good=("1 hours", "1 days", "1 weeks", "1 months")),
    Field("nodes[0].cronTrigger.concurrent", "int", code="DLF.3025", good=(1, 10)),
    # an object, or an array of them
    Field("nodes[0].cronTrigger.dependJobs", "any", code="DLF.3025",
          good=({}, [], [{"jobs": []}, {}]), bad=(1, "x", True)),
    *depend_fields("nodes[0].cronTrigger.dependJobs"),
    *event_fields("nodes[0].eventTrigger"),
]

# The server's own: ignored, whatever they hold.
OUT_ONLY = [Field(name, "any", hidden=True, good=IGNORED)
            for name in ("createUser", "status", "lastUpdateTime", "downstreamJobs")]

FIELDS = JOB + BASIC_CONFIG + NODE + PARAMS + SCHEDULE + TRIGGERS + OUT_ONLY
# Values in a list and in a map, which cannot be absent.
ITEMS = cases([
    # names another node; "a" is the node itself
    Field("nodes[0].preNodeName[0]", "string", empty="DLF.3051", good=("b",),
          bad=("zzz", "a", "B")),
    Field("basicConfig.customFields.k", "string", good=("v",)),
], without=("absence",))


def shown_job(client, body):
    answer = client.get("/jobs/" + quote(body.get("name") or "j"))
    assert answer.status == 200, answer
    return {k: v for k, v in answer.json.items() if k != "id"}


@pytest.mark.parametrize("case", cases(FIELDS) + ITEMS)
def test_create(client, case):
    check(case, BASE, lambda body: client.post("/jobs", body),
          lambda body: shown_job(client, body))


@pytest.fixture(scope="module")
def held(server):
    """A client in a project that holds the job."""
    client = server.client(project=uuid.uuid4().hex)
    client.make_job("j")
    return client


@pytest.fixture(scope="module")
def stored(held):
    """The body of an update of that job."""
    return {**BASE, "id": held.get("/jobs/j").json["id"]}


# An update keeps name, directory, basicConfig and logPath where it has none.
UPDATE = changed(
    FIELDS,
    name=dict(required=False, default="j", good=("j",),
              bad=("n" * 129, ".", "..", "a b", "é")),
    directory=dict(default="/etl"),
    basicConfig=dict(default=BASE["basicConfig"]),
    logPath=dict(default="obs://logs"))


@pytest.mark.parametrize("case", cases(UPDATE) + ITEMS)
def test_update(held, stored, case):
    if not case.code:
        assert held.put("/jobs/j", stored).status == 204
    check(case, stored, lambda body: held.put("/jobs/j", body),
          lambda body: shown_job(held, {}))


def test_update_with_another_id(held, stored):
    answer = held.put("/jobs/j", {**stored, "id": stored["id"] + 1})
    assert (answer.status, answer.code) == (400, "DLF.3051")
    assert answer.detail.startswith("id:")


def test_create_ignores_id(client):
    client.make_job("first")
    client.make_job("second", id=client.get("/jobs/first").json["id"])
    assert client.get("/jobs/second").json["id"] != client.get("/jobs/first").json["id"]


@pytest.mark.parametrize("value", IGNORED)
def test_create_time_is_the_servers(client, value):
    client.make_job("j", createTime=value)
    assert client.get("/jobs/j").json["createTime"] > 1_600_000_000_000


def test_last_update_user_is_the_servers(client):
    client.make_job("j", lastUpdateUser="eve")
    assert client.get("/jobs/j").json["lastUpdateUser"] == "local"


@pytest.mark.parametrize("event_type", ["KAFKA", "OBS"])
def test_only_dis_needs_a_channel(client, event_type):
    client.make_job("j", schedule={"type": "EVENT", "event": {"eventType": event_type}})
    assert "channel" not in client.get("/jobs/j").json["schedule"]["event"]


def test_items_of_a_list_of_depend_jobs_are_objects(client):
    body = {**BASE, "nodes": [{**node(), "preNodeName": [], "conditions": [],
                               "cronTrigger": cron(dependJobs=[{}, 1])}]}
    answer = client.post("/jobs", body)
    assert (answer.status, answer.code) == (400, "DLF.3025")
    assert answer.detail.startswith("nodes[0].cronTrigger.dependJobs[1]:")


@pytest.mark.parametrize("body", [
    b"", b"null", b"[]", b'"x"', b"1", b"{", b'{"name":"j",}', b'{"name":"j"} x',
    b"\xef\xbb\xbf{}", b"{'name':'j'}", b'{"name":"j","name":"j"}'])
@pytest.mark.parametrize("method, path", [("POST", "/jobs"), ("PUT", "/jobs/j")])
def test_the_body_is_one_object_of_strict_json(held, method, path, body):
    answer = held.call(method, path, body)
    assert (answer.status, answer.code) == (400, "DLF.3051")


def test_an_empty_object_lacks_the_name(client):
    answer = client.post("/jobs", {})
    assert (answer.code, answer.detail[:5]) == ("DLF.3004", "name:")
