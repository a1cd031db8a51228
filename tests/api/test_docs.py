"""The docs say what is so: generated pages, links, tables and commands."""

import os
import pathlib
import re
import socket
import subprocess
import sys

import pytest

from harness import DLFD, ENGLISH, ROOT, SANITIZED, job
from signer import client_of, credentials, get_token

GEN_DOCS = pathlib.Path(os.environ.get("DLFD_BIN", ROOT / "build/dlfd")).parent / "tests/gen_docs"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*/*.md")])


def blocks(page):
    return re.findall(r"```(\w*)\n(.*?)```", (ROOT / page).read_text("utf-8"), re.S)


def block(page, language):
    return [text for name, text in blocks(page) if name == language]


@pytest.mark.parametrize("page", ["options", "errors", "coverage"])
def test_a_generated_page_is_what_the_table_gives(page):
    done = subprocess.run([GEN_DOCS, page], capture_output=True, check=True)
    assert (ROOT / f"docs/{page}.md").read_bytes() == done.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


def anchors(page):
    """What headings of a page are called in links."""
    text = re.sub("```.*?```", "", page.read_text("utf-8"), flags=re.S)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
            for heading in re.findall("^#+ (.*)$", text, re.M)}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_into_a_page_lead_to_a_heading(page):
    for target, heading in re.findall(r"\]\(([^)#:\s]*)#([^)]+)\)", page.read_text("utf-8")):
        assert heading in anchors(page.parent / target if target else page), (target, heading)


def test_the_security_page_names_tests_that_exist():
    text = (ROOT / "SECURITY.md").read_text("utf-8")
    promises = re.findall(r"^- .*?(?=\n\n|\n- |\Z)", text.split("## What is promised")[1], re.M | re.S)
    assert len(promises) > 20
    for promise in promises:
        named = re.findall(r"`(tests/[\w/]+\.(?:py|c))::(test_\w+)`", promise)
        assert named, promise
        for file, test in named:
            assert re.search(rf"^(?:def|static void) {test}\(", (ROOT / file).read_text("utf-8"),
                             re.M), (file, test)


def test_the_coverage_page_has_every_operation_and_route():
    page = (ROOT / "docs/coverage.md").read_text("utf-8")
    rows = re.findall(r"^\| (\w+) \| (\w+) `([^`]+)` \|.* (yes|not yet) \| [^|]*\|$", page, re.M)
    routes = re.findall(r'^(ROUTE|LATER)\((\w+), (\w+), "([^"]+)"',
                        (ROOT / "src/api/routes.def").read_text("utf-8"), re.M)
    assert sorted(rows) == sorted((name, method, path, "yes" if kind == "ROUTE" else "not yet")
                                  for kind, name, method, path in routes)
    assert len(re.findall(r"^\| \w+ \| \w+ `[^`]+` \| \d+ \|", page, re.M)) == 39


def test_the_demo_shows_what_the_readme_shows():
    done = subprocess.run([ROOT / "scripts/demo"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and done.stdout.endswith("\ndemo: ok\n"), done
    shown = done.stdout.splitlines()
    for text in block("README.md", "") + block("README.md", "json"):
        for line in filter(None, text.splitlines()):
            assert line in shown, line


# ---- the guide and the pages that go on from it: their commands run, and what they show
# is what these print ----

GUIDE = "docs/guide.md"
GOES_ON = [f"docs/{name}.md" for name in ("back-up-and-restore", "promote", "leave-the-cloud",
                                          "leave-opendlf")]
TRANSLATED = {"README.md": "README.zh-CN.md", **{
    page: page.replace("docs/", "docs/zh/") for page in (GUIDE, *GOES_ON)}}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def run_in(folder, text):
    """Runs a bash script in a folder that has build/ and examples/, and is its
    reader's home, as it would be pasted; dlfd takes free ports instead of 8430 and 8443."""
    (folder / "build").symlink_to(pathlib.Path(DLFD).parent)
    (folder / "examples").symlink_to(ROOT / "examples")
    address, secure = (f"127.0.0.1:{free_port()}" for _ in range(2))
    text = text.replace("127.0.0.1:8430", address).replace("127.0.0.1:8443", secure).replace(
        "dlfd &", f"dlfd --listen {address} --data ~/dlf-data &").replace(
        "dlfd --data", f"dlfd --listen {address} --data")
    return subprocess.run(
        ["bash", "-c", "set -eu\ntrap 'kill $(jobs -p) && wait' EXIT\n" + text], cwd=folder,
        env={**os.environ, **ENGLISH, "HOME": str(folder), **AUTHOR},
        capture_output=True, text=True, timeout=120, check=False)


AUTHOR = {f"GIT_{who}_{what}": "x@example.org" for who in ("AUTHOR", "COMMITTER")
          for what in ("NAME", "EMAIL")}


@pytest.mark.parametrize("page, translated", TRANSLATED.items())
def test_a_translation_has_the_same_code_and_sections(page, translated):
    assert blocks(page) == blocks(translated)
    pages = [(ROOT / p).read_text("utf-8") for p in (page, translated)]
    english, chinese = ([len(mark) for mark in re.findall("^(#+) ", re.sub(
        "```.*?```", "", text, flags=re.S), re.M)] for text in pages)
    assert english == chinese
    for text in pages:  # code is in fences, where it is seen
        assert not re.search(r"\n\n    \S", re.sub("```.*?```", "", text, flags=re.S))


@pytest.mark.parametrize("page", [*TRANSLATED, *TRANSLATED.values()])
def test_a_translation_leads_to_the_same_places(page):
    """Links of both are to the same files, but for the pages' own translations."""
    def targets(name):
        found = re.findall(r"\]\(([^)#:]+)\)", (ROOT / name).read_text("utf-8"))
        full = [str((ROOT / name).parent.joinpath(t).resolve().relative_to(ROOT))
                for t in found]
        back = {zh: en for en, zh in TRANSLATED.items()}
        return {back.get(t, t) for t in full} - set(TRANSLATED)
    english = next(en for en, zh in TRANSLATED.items() if page in (en, zh))
    assert targets(page) == targets(english)


RUN_ONCE = pytest.mark.skipif(SANITIZED, reason="a page is run with one build, as it says")


@RUN_ONCE
@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_commands_of_the_readme(page, tmp_path):
    done = run_in(tmp_path, "\n".join(block(page, "bash")))
    assert done.returncode == 0, done
    assert done.stdout.endswith(block(page, "text")[-1])


def test_the_readme_shows_the_example_with_the_sdk():
    assert block("README.md", "python") == [(ROOT / "examples/sdk/export.py").read_text("utf-8")]


def beginning():
    """The commands of the guide's Start and Sign in, with which the other pages begin."""
    text = (ROOT / GUIDE).read_text("utf-8").split("## Look")[0]
    return re.findall(r"```bash\n(.*?)```", text, re.S)


@RUN_ONCE
@pytest.mark.parametrize("page", [one for pair in TRANSLATED.items() for one in pair
                                  if "README" not in one])
def test_a_page_runs_and_shows_what_it_prints(page, tmp_path):
    before = [] if page.endswith("guide.md") else beginning()
    done = run_in(tmp_path, "\n".join(before + block(page, "bash")))
    assert done.returncode == 0, done
    printed = done.stdout.replace("\r", "")
    at = 0
    for text in block(page, ""):  # in this order, each whole
        found = printed.find(text.rstrip("\n"), at)
        assert found >= 0, (text, printed)
        at = found


def test_the_nightly_backup_commits_what_changed(start, tmp_path):
    server = start("--auth", "on")
    first = credentials(server.data)
    project = first["Project Id"]
    token = get_token(server.client(), "admin", first["Password"], project=project)
    client = client_of(server, token, project)
    for i in range(103):
        client.make_job(f"a{i}")
    client.make_job("stream", processType="REAL_TIME")
    (text,) = [t for t in block("docs/guide.md", "bash") if t.startswith("cat > backup.sh")]
    script = text.split("<<'EOF'\n")[1].split("EOF\n")[0]
    tmp_path /= "backup"
    tmp_path.mkdir()
    env = {**os.environ, "BACKUP": str(tmp_path), **AUTHOR, "DLF_TOKEN": token,
           "DLF": f"http://127.0.0.1:{client.server.port}/v1/{client.project}"}

    def commits():
        subprocess.run(["bash", "-c", script], env=env, check=True, timeout=60)
        log = subprocess.run(["git", "log", "--oneline"], cwd=tmp_path, capture_output=True,
                             text=True, check=True)
        return len(log.stdout.splitlines())

    assert [commits(), commits()] == [1, 1]
    client.put("/jobs/a0", job("a0", unknown=1))
    assert commits() == 2
    assert len(list(tmp_path.glob("jobs/*/*.job"))) == 104
    client.delete("/jobs/a1")
    assert commits() == 3
    assert not (tmp_path / "jobs/a1").exists()
    for env["DLF_TOKEN"] in ("dlft-expired", ""):  # a night that fails deletes nothing
        with pytest.raises(subprocess.CalledProcessError):
            commits()
    env["DLF_TOKEN"] = token
    assert commits() == 3


def test_the_snippet_that_reads_an_archive(client, tmp_path):
    client.make_job("a")
    path = tmp_path / "jobs.zip"
    path.write_bytes(client.export(["a"]).body)
    done = subprocess.run([sys.executable, "-c", block("docs/archive-format.md", "python")[0],
                           path], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"jobs/a/a\.job \d+ 1980\n", done.stdout)
