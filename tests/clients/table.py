"""What every client is made to do: rows of (operation, request, expectation).

The rows are data, so that one table serves each version of the Python SDK and the Go
SDK: requests and expectations are in the API's own names, and a runner makes the SDK's
models of them.  A member that a version's model lacks is left out of the request and
of what is expected; a row is left out when the version lacks its operation, one that
it `needs` before it, or a parameter of the request.

An expectation is a status (by default the operation's own) and any of
  error   the error's code, mapped by the SDK; `status` is then 400
  shows   members of the answer, lists with just these elements
  zip     {entry: members of its JSON object}, just these entries
  keep    {name: member of the answer}; "$name" in a later request is its value
  ended   true: the call is made again until the answer's status is not RUNNING
Operations without a row are ones that the server does not serve: the runner calls
them, and wants 404 and APIGW.0101.
"""

import copy


def row(operation, request=None, **expected):
    return {"operation": operation, "request": request or {}, **expected}


def raw(operation, call, body, **expected):
    """A call of the SDK's own transport, with what no model has."""
    return {"operation": operation, "raw": call, "body": body,
            "headers": {"X-Not-Known": "kept by nobody"}, **expected}


def changed(document, **members):
    return {**copy.deepcopy(document), **members}


# ---- DLF ----

SCRIPT = {"name": "load_orders", "type": "DWSSQL", "directory": "/etl",
          "content": "insert into 销售\nselect 'é', \"a\\b\" from orders;",
          "connectionName": "dws_main", "database": "sales"}
SCRIPT_2 = changed(SCRIPT, content="select 2;", database="sales_2")
RESOURCE = {"name": "udf_pack", "type": "jar", "location": "obs://libs/udf.jar",
            "dependFiles": ["obs://libs/a.jar"], "desc": "functions", "directory": "/lib"}
RESOURCE_2 = changed(RESOURCE, location="obs://libs/udf-2.jar", desc="newer functions")
CONNECTION = {"name": "dws_main", "type": "DWS", "connectionType": "DWS", "config": {
    "ip": "10.0.0.7", "port": "8000", "userName": "etl", "password": "Secret_1",
    "sslEnable": False, "kmsKey": "default", "agentName": "cdm"}, "description": "the DWS"}
CONNECTION_SHOWN = {"name": "dws_main", "type": "DWS", "description": "the DWS",
                    "config": {"ip": "10.0.0.7", "userName": "etl", "sslEnable": False,
                               "password": "*********"}}
CONNECTION_2 = changed(CONNECTION, config={**CONNECTION["config"], "ip": "10.0.0.8"})
JOB = {
    "name": "daily_load", "processType": "BATCH", "directory": "/etl",
    "nodes": [
        {"name": "load", "type": "DWSSQL", "location": {"x": "120", "y": "80"},
         "preNodeName": [], "properties": [
             {"name": "scriptName", "value": "load_orders"},
             {"name": "connectionName", "value": "dws_main"},
             {"name": "database", "value": "sales"}],
         "pollingInterval": 20, "maxExecutionTime": 60, "retryTimes": 1,
         "retryInterval": 120, "failPolicy": "FAIL"},
        {"name": "score", "type": "DLISpark", "location": {"x": "300", "y": "80"},
         "preNodeName": ["load"], "conditions": [
             {"preNodeName": "load", "expression": "#{Job.getNodeStatus('load') == 'success'}"}],
         "properties": [
             {"name": "clusterName", "value": "q1"}, {"name": "jobName", "value": "score"},
             {"name": "jobClass", "value": "app.Score"},
             {"name": "resourcePath", "value": "udf_pack"}],
         "maxExecutionTime": 60, "retryTimes": 0, "retryInterval": 120}],
    "schedule": {"type": "CRON", "cron": {
        "startTime": "2024-03-01T00:00:00+08", "expression": "0 30 2 * * ?",
        "expressionTimeZone": "GMT+8", "dependPrePeriod": True,
        "dependJobs": {"jobs": ["hourly"], "dependPeriod": "SAME_PERIOD",
                       "dependFailPolicy": "FAIL"}}},
    "params": [{"name": "today", "value": "#{DateUtil.format(Job.planTime,\"yyyyMMdd\")}",
                "type": "variable"}],
    "basicConfig": {"owner": "etl", "priority": 1, "executeUser": "etl",
                    "instanceTimeout": 60, "customFields": {"team": "sales"}},
    "logPath": "obs://logs/etl"}
JOB_2 = changed(JOB, directory="/etl/new", params=[])
HOURLY = {"name": "hourly", "processType": "BATCH", "directory": "/", "nodes": [],
          "schedule": {"type": "EXECUTE_ONCE"}}
STREAM = changed(HOURLY, name="实时-作业.1", processType="REAL_TIME")
# The model of SDKs before 3.1.58, and of huaweicloudsdkdlf: the names are in no document
# of the API, so the server cannot know what they mean.
OLD_JOB = {"name": "old", "jobType": "BATCH", "schedule": {"scheType": "EXECUTE_ONCE"},
           "nodes": [{"name": "n", "nodeType": "Dummy", "location": {"x": 1, "y": 2},
                      "nodeProperties": "[]"}]}

NO_JOB, NO_SCRIPT, NO_RESOURCE, NO_CONNECTION = "DLF.0100", "DLF.6201", "DLF.6241", "DLF.6322"
NO_WORKSPACE = {"workspace": "f" * 32}


def script(name="load_orders", **members):
    return {"script_name": name, **members}


def job(name="daily_load", **members):
    return {"job_name": name, **members}


def resource(resource_id="$resource", **members):
    return {"resource_id": resource_id, **members}


def connection(name="dws_main", **members):
    return {"connection_name": name, **members}


SCRIPTS = [
    row("CreateScript", {"body": SCRIPT}),
    row("CreateScript", {"body": SCRIPT}, error="DLF.0202"),
    row("ShowScript", script(), shows=SCRIPT),
    row("ShowScript", script("nowhere"), error=NO_SCRIPT),
    row("ShowScript", script(**NO_WORKSPACE), error="DLF.0819"),
    row("UpdateScript", script(body=SCRIPT_2)),
    row("UpdateScript", script("nowhere", body=changed(SCRIPT, name="nowhere")), error=NO_SCRIPT),
    row("ShowScript", script(), shows=SCRIPT_2),
    row("ListScripts", shows={"total": 1, "scripts": [SCRIPT_2]}),
    row("ListScripts", {"limit": 5, "offset": 1, "scriptName": "load"},
        shows={"total": 1, "scripts": []}),
    row("ListScripts", {"limit": 1000}, error="DLF.3051"),
]
RESOURCES = [
    row("CreateResource", {"body": RESOURCE}, keep={"resource": "resourceId"}),
    row("CreateResource", {"body": RESOURCE}, error="DLF.6259"),
    row("ShowResource", resource(), shows=RESOURCE),
    row("ShowResource", resource("nowhere"), error=NO_RESOURCE),
    row("UpdateResource", resource(body=RESOURCE_2)),
    row("UpdateResource", resource("nowhere", body=RESOURCE), error=NO_RESOURCE),
    row("ShowResource", resource(), shows=RESOURCE_2),
    row("ListResources", shows={"total": 1, "resources": [RESOURCE_2]}),
    row("ListResources", {"limit": 10, "offset": 0, "resourceName": "nowhere"},
        shows={"total": 0, "resources": []}),
]
CONNECTIONS = [
    row("CreateConnection", {"body": CONNECTION}),
    row("CreateConnection", {"body": CONNECTION}, error="DLF.6309"),
    row("ShowConnection", connection(), shows=CONNECTION_SHOWN),
    row("ShowConnection", connection("nowhere"), error=NO_CONNECTION),
    row("UpdateConnection", connection(body=CONNECTION_2)),
    row("UpdateConnection", connection("nowhere", body=CONNECTION), error=NO_CONNECTION),
    row("ShowConnection", connection(), shows={"config": {"ip": "10.0.0.8"}}),
    row("ListConnections", shows={"connections": [{"name": "dws_main"}]}),
    row("ExportConnections", zip={"connections/dws_main.conn": {
        "name": "dws_main", "type": "DWS", "config": {"ip": "10.0.0.8"}}}),
    row("DeleteConnction", connection()),
    row("DeleteConnction", connection(), error=NO_CONNECTION),
    row("ExportConnections", error=NO_CONNECTION),
]
WRITE_JOBS = [
    row("CreateJob", {"body": HOURLY}),
    row("CreateJob", {"body": JOB}),
    row("CreateJob", {"body": JOB}, error="DLF.0102"),
    row("CreateJob", {"body": STREAM}),
    row("ShowJob", job(), shows=JOB),
    row("UpdateJob", job(body=JOB_2)),
    row("UpdateJob", job("nowhere", body=changed(JOB, name="nowhere")), error=NO_JOB),
    row("ShowJob", job(), shows=JOB_2),
    row("UpdateJob", job(body=JOB)),
]
WRITE_OLD_JOBS = [
    row("CreateJob", {"body": OLD_JOB}, error="DLF.3051", outcome="OTHER_MODEL"),
    row("UpdateJob", job(body=OLD_JOB), error=NO_JOB, outcome="OTHER_MODEL"),
    raw("ShowJob", "POST /v1/{project_id}/jobs", HOURLY, status=204),
    raw("ShowJob", "POST /v1/{project_id}/jobs", JOB, status=204),
    raw("ShowJob", "POST /v1/{project_id}/jobs", STREAM, status=204),
    row("UpdateJob", job(body=changed(OLD_JOB, name="daily_load")), error="DLF.3051",
        outcome="OTHER_MODEL"),
]
ONE_JOB = {"jobs/daily_load.job": JOB, "scripts/load_orders.script": SCRIPT_2,
           "resources/udf_pack.resource": RESOURCE_2}
ALL_JOBS = {"jobs/daily_load/daily_load.job": JOB,
            "jobs/daily_load/load_orders.script": SCRIPT_2,
            "jobs/daily_load/udf_pack.resource": RESOURCE_2,
            "jobs/实时-作业.1/实时-作业.1.job": STREAM}
ONLY_JOBS = {name: ALL_JOBS[name] for name in ALL_JOBS if name.endswith(".job")}
READ_JOBS = [
    row("ShowJob", job("nowhere"), error=NO_JOB),
    row("ShowJob", job("实时-作业.1"), shows=STREAM),
    row("ListJobs", shows={"total": 2, "jobs": [{"name": "daily_load"}, {"name": "hourly"}]}),
    row("ListJobs", {"jobType": "REAL_TIME", "limit": 100, "offset": 0, "jobName": "作业"},
        shows={"total": 1, "jobs": [{"name": "实时-作业.1", "jobType": "REAL_TIME"}]}),
    row("ListJobs", NO_WORKSPACE, error="DLF.0819"),
    row("ExportJob", job(), zip=ONE_JOB),
    row("ExportJob", job(body={"exportDepend": False}), zip={"jobs/daily_load.job": JOB}),
    row("ExportJob", job("实时-作业.1"), zip={"jobs/实时-作业.1.job": STREAM}),
    row("ExportJob", job("nowhere"), error=NO_JOB),
    row("ExportJobList", {"body": {"jobList": ["daily_load", "实时-作业.1"]}}, zip=ALL_JOBS),
    row("ExportJobList", {"body": {"jobList": ["daily_load", "实时-作业.1"],
                                   "exportDepend": False}}, zip=ONLY_JOBS),
    row("ExportJobList", {"body": {"jobList": ["daily_load", "nowhere"]}}, error=NO_JOB),
    row("ExportJobList", {"body": {"jobList": []}}, error="DLF.3051"),
]
NOT_KNOWN = {"not_known": {"a": [1, None, "é"]}}
NOT_REFUSED = [
    raw("ExportJob", "POST /v1/{project_id}/jobs",
        changed(HOURLY, name="unknown_member", **NOT_KNOWN), status=204),
    row("ExportJob", job("unknown_member"), zip={"jobs/unknown_member.job": NOT_KNOWN}),
    row("DeleteJob", job("unknown_member")),
    raw("DeleteScript", "POST /v1/{project_id}/scripts",
        changed(SCRIPT, name="unknown_member", **NOT_KNOWN), status=204),
    row("DeleteScript", script("unknown_member")),
    raw("DeleteResource", "POST /v1/{project_id}/resources",
        changed(RESOURCE, name="unknown_member", **NOT_KNOWN), status=200,
        keep={"unknown": "resourceId"}),
    row("DeleteResource", resource("$unknown")),
    raw("ExportJob", "POST /v1/{project_id}/connections",
        changed(CONNECTION, name="unknown_member", **NOT_KNOWN), status=204),
]
# What stands in the bucket `backup` before a client begins: {name: {entry: document}}.
RESTORED = changed(HOURLY, name="restored", directory="/back", nodes=[
    {"name": "load", "type": "DWSSQL", "location": {"x": "1", "y": "2"}, "properties": [
        {"name": "scriptName", "value": "restored"}]}],
    params=[{"name": "day", "value": "1"}, {"name": "hour", "value": "1"}])
ARCHIVES = {
    "jobs.zip": {"jobs/restored/restored.job": RESTORED,
                 "jobs/restored/restored.script": changed(SCRIPT, name="restored")},
    "connections.zip": {"connections/restored.conn": changed(
        CONNECTION, name="restored",
        config={name: value for name, value in CONNECTION["config"].items()
                if name != "password"})},
    "broken.zip": {"jobs/broken.job": {"name": "broken", "processType": "NONE"}},
}


def of(name, bucket="backup", **members):
    return {"body": {"path": f"obs://{bucket}/{name}.zip", **members}}


def task(status, part, of_what="ImportJob"):
    """The task that was kept, when it has ended."""
    return row("ListSystemTasks", {"task_id": "$task"}, needs=of_what, ended=True, shows={
        "id": "$task", "status": status, "subtasks": [{"name": part, "status": status}]})


IMPORTS = [
    row("ShowFileInfo", of("jobs"), shows={
        "jobs": [{"name": "restored", "path": "/back", "params": {"day": "1", "hour": "1"}}],
        "scripts": [{"name": "restored", "path": "/etl"}]}),
    row("ShowFileInfo", of("nowhere"), error="DLF.0815"),
    row("ImportJob", of("jobs", params={"hour": "2"}, sameNamePolicy="OVERWRITE",
                        jobsParam=[{"name": "restored", "params": {"day": "2"}}]),
        keep={"task": "taskId"}),
    task("SUCCESSFUL", "Import the restored job."),
    row("ShowJob", job("restored"), shows={"directory": "/back", "params": [
        {"name": "day", "value": "2"}, {"name": "hour", "value": "2"}]}),
    row("ImportJob", of("broken"), keep={"task": "taskId"}),
    task("FAILED", "Import the broken job."),
    row("ShowJob", job("broken"), error=NO_JOB),
    row("ImportJob", of("nowhere"), error="DLF.0815"),
    row("ImportJob", of("jobs", bucket="nowhere"), error="DLF.1242"),
    row("ListSystemTasks", {"task_id": "nowhere"}, error="DLF.0810"),
    row("DeleteJob", job("restored")),
    row("DeleteScript", script("restored")),
]
IMPORT_CONNECTIONS = [
    row("ImportConnections", of("connections", params=[
        {"name": "restored", "type": "DWS", "connectionType": "DWS",
         "params": {"ip": "10.0.0.9"}}]), keep={"task": "taskId"}),
    task("SUCCESSFUL", "Import the restored connection.", "ImportConnections"),
    row("ShowConnection", connection("restored"), shows={"config": {"ip": "10.0.0.9"}}),
    row("ImportConnections", of("connections", bucket="nowhere"), error="DLF.1242"),
    row("DeleteConnction", connection("restored")),
]
DELETES = [
    row("DeleteJob", job("实时-作业.1")),
    row("DeleteJob", job("daily_load")),
    row("DeleteJob", job("hourly", body={"approvers": [{"approverName": "lead"}]})),
    row("DeleteJob", job("实时-作业.1"), error=NO_JOB),
    row("ShowJob", job("实时-作业.1"), error=NO_JOB),
    row("DeleteScript", script()),
    row("DeleteScript", script(), error=NO_SCRIPT),
    row("DeleteResource", resource()),
    row("DeleteResource", resource(), error=NO_RESOURCE),
    row("ListResources", shows={"total": 0, "resources": []}),
]
BEFORE = SCRIPTS + RESOURCES + CONNECTIONS + IMPORT_CONNECTIONS
AFTER = READ_JOBS + NOT_REFUSED + IMPORTS + DELETES
DLF = BEFORE + WRITE_JOBS + AFTER
DLF_OLD = BEFORE + WRITE_OLD_JOBS + AFTER

# ---- CDM ----

# The SDK's names of what coverage.md lists under another name.
CDM_NAMES = {
    "CreateJob": "CreateCdmJob", "ShowJobs": "ShowCdmJobs", "UpdateJob": "UpdateCdmJob",
    "DeleteJob": "DeleteCdmJob", "ShowJobStatus": "ShowCdmJobStatus",
    "ShowSubmissions": "ListSubmissions", "ShowClusterDetail": "ShowCluster",
    "StartJob": "StartCdmJob", "StopJob": "StopCdmJob",
    "CreateAndStartRandomClusterJob": "CreateAndStartCdmJob"}


def values(section, **inputs):
    return {"configs": [{"name": section, "inputs": [
        {"name": f"{section}.{name}", "value": value} for name, value in inputs.items()]}]}


LINK = {"name": "mysql_link", "connector-name": "generic-jdbc-connector", "enabled": True,
        "link-config-values": values("linkConfig", host="10.0.0.7", port="3306",
                                     databaseType="MYSQL", username="cdm")}
LINK_2 = changed(LINK, **{"link-config-values": values("linkConfig", host="10.0.0.8")})
CDM_JOB = {
    "job_type": "NORMAL_JOB", "name": "mysql2obs", "from-connector-name": "generic-jdbc-connector",
    "to-connector-name": "obs-connector", "from-link-name": "mysql_link", "to-link-name": "obs",
    "from-config-values": values("fromJobConfig", schemaName="shop", tableName="orders"),
    "to-config-values": values("toJobConfig", bucketName="b", outputDirectory="/out"),
    "driver-config-values": values("throttlingConfig", numExtractors="1")}
CDM_JOB_2 = changed(CDM_JOB, **{
    "to-config-values": values("toJobConfig", bucketName="b", outputDirectory="/new")})
CLUSTER = {"name": "default"}
NO_CDM_JOB, NO_LINK = "Cdm.0100", "Cdm.0101"


def cluster(**members):
    return {"cluster_id": "$cluster", **members}


CDM = [
    row("ListClusters", shows={"clusters": [CLUSTER]}, keep={"cluster": "clusters.0.id"}),
    row("ShowClusterDetail", cluster(), shows=CLUSTER),
    row("CreateLink", cluster(body={"links": [LINK]}), shows={"name": "mysql_link"}),
    row("CreateLink", cluster(body={"links": [LINK]}), error="Cdm.0315"),
    row("ShowLink", cluster(link_name="mysql_link"), shows={"links": [LINK]}),
    row("ShowLink", cluster(link_name="nowhere"), error=NO_LINK),
    row("UpdateLink", cluster(link_name="mysql_link", body={"links": [LINK_2]})),
    row("ShowLink", cluster(link_name="mysql_link"), shows={"links": [LINK_2]}),
    row("CreateJob", cluster(body={"jobs": [CDM_JOB]}), shows={"name": "mysql2obs"}),
    row("CreateJob", cluster(body={"jobs": [CDM_JOB]}), error="Cdm.0104"),
    row("ShowJobs", cluster(job_name="mysql2obs"), shows={"jobs": [CDM_JOB]}),
    row("ShowJobs", cluster(job_name="all", filter="obs", page_no=1, page_size=10,
                            jobType="NORMAL_JOB"), shows={"total": 1, "jobs": [CDM_JOB]}),
    row("ShowJobs", cluster(job_name="nowhere"), error=NO_CDM_JOB),
    row("UpdateJob", cluster(job_name="mysql2obs", body={"jobs": [CDM_JOB_2]})),
    row("UpdateJob", cluster(job_name="nowhere", body={"jobs": [CDM_JOB]}), error=NO_CDM_JOB),
    row("ShowJobs", cluster(job_name="mysql2obs"), shows={"jobs": [CDM_JOB_2]}),
    row("ShowJobStatus", cluster(job_name="mysql2obs"),
        shows={"submissions": [{"job-name": "mysql2obs", "status": "NEVER_EXECUTED"}]}),
    row("ShowJobStatus", cluster(job_name="nowhere"), error=NO_CDM_JOB),
    row("ShowSubmissions", cluster(jname="mysql2obs"), shows={"submissions": [], "total": 0}),
    raw("CreateLink", "POST /v1.1/{project_id}/clusters/$cluster/cdm/link",
        {"links": [changed(LINK, name="unknown_member", not_known={"a": [1, None]})]}),
    row("DeleteLink", cluster(link_name="unknown_member")),
    row("DeleteLink", cluster(link_name="mysql_link"), error="Cdm.0321"),
    row("DeleteJob", cluster(job_name="mysql2obs")),
    row("DeleteJob", cluster(job_name="mysql2obs"), error=NO_CDM_JOB),
    row("DeleteLink", cluster(link_name="mysql_link")),
    row("ShowLink", cluster(link_name="mysql_link"), error=NO_LINK),
]
