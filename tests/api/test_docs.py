"""The docs say what is so: generated pages, links, tables and commands."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

from harness import ROOT, job

GEN_DOCS = pathlib.Path(os.environ.get("DLFD_BIN", ROOT / "build/dlfd")).parent / "tests/gen_docs"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*/*.md")])


def block(page, language):
    blocks = re.findall(r"```(\w*)\n(.*?)```", (ROOT / page).read_text("utf-8"), re.S)
    return [text for name, text in blocks if name == language]


@pytest.mark.parametrize("page", ["options", "errors", "coverage"])
def test_a_generated_page_is_what_the_table_gives(page):
    done = subprocess.run([GEN_DOCS, page], capture_output=True, check=True)
    assert (ROOT / f"docs/{page}.md").read_bytes() == done.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


def test_the_coverage_page_has_every_operation_and_route():
    page = (ROOT / "docs/coverage.md").read_text("utf-8")
    rows = re.findall(r"^\| (\w+) \| (\w+) `([^`]+)` \|.* (yes|not yet) \|$", page, re.M)
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


def test_the_nightly_backup_commits_what_changed(client, tmp_path):
    client.make_job("a")
    env = {**os.environ, "BACKUP": str(tmp_path),
           "DLF": f"http://127.0.0.1:{client.server.port}/v1/{client.project}",
           **{f"GIT_{who}_{what}": "x@example.org" for who in ("AUTHOR", "COMMITTER")
              for what in ("NAME", "EMAIL")}}
    script = block("docs/guide.md", "bash")[1]

    def commits():
        subprocess.run(["bash", "-c", script], env=env, check=True, timeout=60)
        log = subprocess.run(["git", "log", "--oneline"], cwd=tmp_path, capture_output=True,
                             text=True, check=True)
        return len(log.stdout.splitlines())

    assert [commits(), commits()] == [1, 1]
    client.put("/jobs/a", job("a", unknown=1))
    assert commits() == 2
    assert (tmp_path / "jobs/a/a.job").exists()


def test_the_snippet_that_reads_an_archive(client, tmp_path):
    client.make_job("a")
    path = tmp_path / "jobs.zip"
    path.write_bytes(client.export(["a"]).body)
    done = subprocess.run([sys.executable, "-c", block("docs/archive-format.md", "python")[0],
                           path], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"jobs/a/a\.job \d+ 1980\n", done.stdout)
