"""examples/: what they hold, that they load, and that exports have all of it."""

import csv
import json
import os
import re
import subprocess
import urllib.parse

import pytest

from archives import imported, zipped
from harness import ROOT, link, values

EXAMPLES = sorted(p.parent for p in ROOT.glob("examples/*/jobs"))
KINDS = ("connections", "resources", "scripts", "jobs")
CDM = {"cdm/links": ("links", "CDM links"), "cdm/jobs": ("jobs", "CDM jobs")}


def bodies(example, kind):
    """{path: body} of one kind, in the order in which they load."""
    return {p: json.loads(p.read_text("utf-8"))
            for p in sorted((example / kind).glob("*.json"))}


def text_of(path):
    """The file with a script's content."""
    (found,) = [p for p in path.parent.glob(path.stem + ".*") if p.suffix != ".json"]
    return found


def run(script, *args, **env):
    return subprocess.run([ROOT / "examples" / script, *args], capture_output=True,
                          text=True, timeout=60, check=False, env={**os.environ, **env})


def url_of(server, project):
    return f"http://127.0.0.1:{server.port}/v1/{project}"


def load(client, example, **env):
    return run("load", example, url_of(client.server, client.project), **env)


@pytest.fixture(params=EXAMPLES, ids=lambda p: p.name)
def example(request):
    return request.param


@pytest.fixture
def loaded(client, example):
    done = load(client, example)
    assert done.returncode == 0, done
    return client


def exported(client, example):
    """The zip of all jobs of an example, and the answer's headers."""
    names = [body["name"] for body in bodies(example, "jobs").values()]
    answer = client.export(names)
    assert answer.status == 200, answer
    return answer.zip, answer.headers


def test_there_are_two(example):
    assert [p.name for p in EXAMPLES] == ["mrs-spark", "retail-dws"]


def test_files_are_written_as_an_export_writes_them(example):
    for kind in KINDS:
        for path, body in bodies(example, kind).items():
            assert path.read_text("utf-8") == \
                json.dumps(body, ensure_ascii=False, indent=2) + "\n", path
            assert re.fullmatch(r"(\d\d_)?" + re.escape(body["name"]), path.stem)
    for folder, (key, _) in CDM.items():
        for path, body in bodies(example, folder).items():
            assert [row["name"] for row in body[key]] == [path.stem]
            assert path.read_text("utf-8") == \
                json.dumps(body, ensure_ascii=False, indent=2) + "\n", path
    for path in bodies(example, "scripts"):
        assert "content" not in bodies(example, "scripts")[path]
        assert text_of(path).read_text("utf-8").endswith("\n")


def test_shell_scripts_are_sound(example):
    for path in example.glob("scripts/*.sh"):
        subprocess.run(["bash", "-n", path], check=True)


def test_loading_says_what_it_loaded_and_may_be_repeated(client, example):
    labels = {**{folder: label for folder, (_, label) in CDM.items()},
              **{kind: kind for kind in KINDS}}
    counts = [f"{len(bodies(example, folder))} {label}" for folder, label in labels.items()
              if bodies(example, folder)]
    tags = []
    for _ in range(2):
        done = load(client, example)
        assert (done.returncode, done.stdout.splitlines(), done.stderr) == (0, counts, "")
        tags.append(exported(client, example)[1]["ETag"])
    assert tags[0] == tags[1]


def test_loading_updates_what_differs(loaded, example):
    path, body = next(iter(bodies(example, "scripts").items()))
    key = urllib.parse.quote(body["name"], safe="")
    assert loaded.put(f"/scripts/{key}", {"content": "other"}).status == 204
    assert load(loaded, example).returncode == 0
    assert loaded.get(f"/scripts/{key}").json["content"] == text_of(path).read_text("utf-8")


def test_loading_with_a_token_for_an_access_key(start, tmp_path):
    server = start("--auth", "on")
    keys, = csv.DictReader((server.data / "credentials.csv").open(encoding="utf-8"))
    client = server.client(project=keys["Project Id"])
    refused = load(client, EXAMPLES[0])
    assert refused.returncode == 1 and "set DLF_TOKEN" in refused.stderr
    refused = load(client, EXAMPLES[0], DLF_TOKEN="none")
    assert refused.returncode == 1 and "HTTP 401" in refused.stderr
    url = url_of(server, client.project)
    done = run("token", server.data / "credentials.csv", url)
    assert (done.returncode, done.stderr) == (0, "")
    assert load(client, EXAMPLES[0], DLF_TOKEN=done.stdout.strip()).returncode == 0
    (tmp_path / "bad.csv").write_text("Access Key Id,Secret Access Key\nX,Y\n")
    done = run("token", tmp_path / "bad.csv", url)
    assert done.returncode == 1 and "HTTP 401" in done.stderr


@pytest.mark.parametrize("spoil, told", [
    (lambda body: body.pop("schedule"), "schedule: required"),
    (lambda body: body["schedule"].update(type="CRON", cron={
        "startTime": "2024-03-01T00:00:00Z", "expression": "0 0 1 * * ?",
        "dependJobs": {"jobs": ["nobody"]}}), "nobody"),
])
def test_loading_tells_what_is_wrong(client, tmp_path, spoil, told):
    (tmp_path / "jobs").mkdir()
    body = next(iter(bodies(EXAMPLES[0], "jobs").values()))
    spoil(body)
    (tmp_path / "jobs/a.json").write_text(json.dumps(body))
    done = load(client, tmp_path)
    assert done.returncode == 1 and "/jobs: HTTP 400" in done.stderr
    assert told in done.stderr


def test_an_export_holds_all_scripts_and_resources(loaded, example):
    archive, headers = exported(loaded, example)
    held = {name.split("/")[-1] for name in archive.namelist()}
    for kind, ending in (("jobs", ".job"), ("scripts", ".script"), ("resources", ".resource")):
        names = {body["name"] + ending for body in bodies(example, kind).values()}
        assert {name for name in held if name.endswith(ending)} == names
    assert headers["X-Dlf-Missing-Depends"] is None
    for path, body in bodies(example, "cdm/jobs").items():
        (name,) = [n for n in archive.namelist() if n.endswith(f"/cdms/default/{path.name}")]
        assert archive.read(name) == path.read_bytes()


def export_all(client, folder, **env):
    """{name: text} of what examples/export-all wrote."""
    done = run("export-all", folder, url_of(client.server, client.project), **env)
    assert (done.returncode, done.stderr) == (0, ""), done
    return {str(p.relative_to(folder)): p.read_text("utf-8")
            for p in folder.rglob("*") if p.is_file()}


def test_all_of_it_can_be_taken_and_imported(server, loaded, example, tmp_path):
    """What jobs name comes out as from a batch export, and all else as it was."""
    loaded.make_script("没人用", content="x" * 1000)
    loaded.make_resource("alone", directory="/a/b")
    loaded.make_resource("alone", directory="/a/c")
    loaded.make_cdm_job("alone", **{
        "from-config-values": values("fromJobConfig", where="a like '50%25'")})
    assert loaded.cdm("POST", "/link", {"links": [link("percent", **{
        "link-config-values": values("linkConfig", host="50%", password="Secret_9")})]}).status == 200
    files = export_all(loaded, tmp_path / "all")
    batch, _ = exported(loaded, example)
    assert {name: batch.read(name).decode() for name in batch.namelist()}.items() <= files.items()
    assert {"scripts/没人用.script", "resources/a/b/alone.resource", "resources/a/c/alone.resource",
            "cdms/default/alone.json", "links/default/percent.json"} <= set(files)
    assert "Secret_9" not in "".join(files.values())

    other = server.client(project=loaded.project + "0")
    for name, text in files.items():
        if name.startswith("links/"):
            assert other.cdm("POST", "/link", text).status == 200
    imported(other, zipped(files))
    again = export_all(other, tmp_path / "again")
    assert again == files


def test_a_workspace_that_is_empty_and_one_of_many(client, tmp_path):
    assert export_all(client, tmp_path / "none") == {}
    for i in range(101):
        client.make_job(f"j{i}")
        client.make_script(f"s{i}")
    files = export_all(client, tmp_path / "many", DLF_WORKSPACE="")
    assert len(files) == 202


def test_what_is_exported_is_what_stands_in_the_files(loaded, example):
    archive, _ = exported(loaded, example)
    files = {name.split("/")[-1]: json.loads(archive.read(name)) for name in archive.namelist()}
    for path, body in bodies(example, "scripts").items():
        body["content"] = text_of(path).read_text("utf-8")
        found = files[body["name"] + ".script"]
        assert {k: found[k] for k in body} == body
    for body in bodies(example, "jobs").values():
        found = files[body["name"] + ".job"]
        assert list(found)[:len(body)] == list(body)
        assert [n["properties"] for n in found["nodes"]] == \
            [n["properties"] for n in body["nodes"]]


def test_the_connections_that_are_named_are_there(example):
    if not bodies(example, "connections"):
        return
    named = {body["connectionName"] for body in bodies(example, "scripts").values()
             if "connectionName" in body}
    named |= {p["value"] for body in bodies(example, "jobs").values() for n in body["nodes"]
              for p in n["properties"] if p["name"] == "connectionName"}
    assert named == {body["name"] for body in bodies(example, "connections").values()}


def test_the_links_of_cdm_jobs_are_there(example):
    links = {path.stem for path in bodies(example, "cdm/links")}
    named = {job[key] for body in bodies(example, "cdm/jobs").values()
             for job in body["jobs"] for key in ("from-link-name", "to-link-name")}
    assert named == links


def test_the_readme_has_each_job_with_what_it_waits_for(example):
    rows = re.findall(r"^\| (\S+) \| [^|]+ \| ([^|]*)\|",
                      (example / "README.md").read_text("utf-8"), re.M)
    waits = {body["name"]: body["schedule"].get("cron", {}).get("dependJobs", {}).get("jobs", [])
             for body in bodies(example, "jobs").values()}
    listed = {name: [w.strip() for w in text.split(",") if w.strip()]
              for name, text in rows if name not in ("job", "---")}
    assert listed == waits


def test_the_retail_warehouse_is_one_that_people_recognise():
    jobs = bodies(ROOT / "examples/retail-dws", "jobs").values()
    names = [body["name"] for body in jobs]
    assert 12 <= len(names) <= 14
    for layer in ("ods_", "dwd_", "dws_", "ads_"):
        assert any(name.startswith(layer) for name in names), layer
    assert sum(bool(re.search("[\u4e00-\u9fff]", name)) for name in names) >= 2
    assert {body["processType"] for body in jobs} == {"BATCH", "REAL_TIME"}


URL = "http://127.0.0.1:1/v1/demo"


@pytest.mark.parametrize("args, why", [
    (["token", "no-file", URL], "no-file: No such file"),
    (["token", ROOT / "README.md", URL], "`dlfd admin key create`"),
    (["token", "KEYS", "http://127.0.0.1:1"], "/v1/PROJECT expected"),
    (["token", "KEYS", "localhost/v1/demo"], "/v1/PROJECT expected"),
    (["token", "KEYS", URL], "http://127.0.0.1:1: [Errno 111] Connection refused"),
    (["load", "no-folder", URL], "no-folder: no such folder"),
    (["load", EXAMPLES[0], "http://127.0.0.1:1/v1/"], "/v1/PROJECT expected"),
    (["load", EXAMPLES[0], URL], "Connection refused"),
    (["export-all", EXAMPLES[0], URL], "not empty"),
    (["export-all", "none", "http://127.0.0.1:1/"], "/v1/PROJECT expected"),
    (["export-all", "none", URL], "Connection refused")])
def test_mistakes_are_told_in_a_line(tmp_path, args, why):
    keys = tmp_path / "keys.csv"
    keys.write_text("User Name,Access Key Id,Secret Access Key\nlin,a,b\n", "utf-8")
    done = run(*(keys if arg == "KEYS" else arg for arg in args), http_proxy="")
    assert done.returncode == 1 and why in done.stderr and done.stderr.count("\n") == 1, done
