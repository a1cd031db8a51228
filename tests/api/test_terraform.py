"""What Terraform's provider sends to export a job and to import it again.

Its requests are sent as it sends them; in place of its waits, 5 s and then 10 s at a time
for 5 minutes, there are shorter ones.
"""

import time

import pytest

from archives import put_object, zipped
from harness import admin_workspace, dlfd, node

AGENT = "terraform-provider-iac/1.79.0 golangsdk/2.0.0"
POLLS = 300


def send(client, method, path, workspace, body=None):
    headers = {"User-Agent": AGENT, "Accept": "application/json", "Content-Type": "application/json"}
    if workspace:
        headers["workspace"] = workspace
    return client.call(method, path, body, headers=headers)


def folder_path(given, answered):
    """The attribute of its export: what the answer has behind the path that was given."""
    return answered.removeprefix(given if given.endswith("/") else given + "/")


def export(client, name, obs_path, workspace, **members):
    body = {"obsPath": obs_path, **members}
    answer = send(client, "POST", f"/jobs/{name}/export", workspace, body)
    assert answer.status == 200, answer  # it takes no other
    return folder_path(obs_path, answer.json["obsPath"])


def wait(client, task, workspace):
    """Its verdict: any status but these two is one that goes on."""
    for _ in range(POLLS):
        answer = send(client, "GET", f"/system-tasks/{task}", workspace)
        assert answer.status == 200, answer
        if answer.json["status"] in ("SUCCESSFUL", "FAILED"):
            return answer.json["status"]
        time.sleep(0.1)
    return "timeout"


def start_import(client, path, workspace, **members):
    answer = send(client, "POST", "/jobs/import", workspace, {"path": path, **members})
    assert answer.status == 200 and answer.json["taskId"], answer
    return answer.json["taskId"]


@pytest.fixture(scope="module")
def workspaces(server):
    """(a client, the ids of two workspaces): the first has a job with a script."""
    client = server.client(project="terraform")
    dlfd("admin", "bucket", "create", "terraform", "--data", server.data)
    client.make_job("first", directory="/tf")  # a project begins with its first write
    ids = [admin_workspace(server, "create", name, project="terraform").stdout.strip()
           for name in ("from", "to")]
    source = server.client(project="terraform", workspace=ids[0])
    source.make_script("load")
    source.make_job("load", targetStatus="SUBMITTED",
                    nodes=[node("n", "DWSSQL", {"scriptName": "load"})])
    return client, *ids


@pytest.mark.parametrize("obs_path", ["obs://terraform/jobs", "obs://terraform/jobs/"])
@pytest.mark.parametrize("members", [{}, {"exportDepend": False}, {"exportStatus": "SUBMIT"}])
@pytest.mark.parametrize("policy", [{}, {"sameNamePolicy": "OVERWRITE"},
                                    {"sameNamePolicy": "SKIP", "targetStatus": "SAVED"}])
def test_what_is_exported_is_imported(workspaces, obs_path, members, policy):
    client, source, target = workspaces
    suffix = export(client, "load", obs_path, source, **members)
    assert suffix.startswith("load_exported/")
    path = obs_path.rstrip("/") + f"/{suffix}/load.zip"
    assert wait(client, start_import(client, path, target, **policy), target) == "SUCCESSFUL"
    shown = send(client, "GET", "/jobs/load", target)
    assert shown.status == 200 and shown.json["nodes"][0]["name"] == "n"


def test_without_a_workspace_it_is_the_default_one(workspaces):
    client, _, _ = workspaces
    suffix = export(client, "first", "obs://terraform", "")
    path = f"obs://terraform/{suffix}/first.zip"
    client.delete("/jobs/first")
    assert wait(client, start_import(client, path, ""), "") == "SUCCESSFUL"
    assert client.get("/jobs/first").json["directory"] == "/tf"


def test_a_task_that_fails_is_told(workspaces):
    client, _, target = workspaces
    path = put_object(client.server, zipped({"jobs/bad.job": '{"name": "b"}'}), "bad.zip")
    assert wait(client, start_import(client, path, target), target) == "FAILED"


def test_a_task_is_of_its_workspace(workspaces):
    client, source, target = workspaces
    path = put_object(client.server, zipped({"x.script": "{}"}), "other.zip")
    task = start_import(client, path, target)
    answer = send(client, "GET", f"/system-tasks/{task}", source)
    assert (answer.status, answer.code) == (400, "DLF.0810")
