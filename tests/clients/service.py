"""A real dlfd for one client, and the keys to it."""

import csv
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
DLFD = os.environ.get("DLFD_BIN", str(ROOT / "build/dlfd"))


def has_sign_in():
    """Whether this dlfd can check who calls; until then it takes any keys."""
    told = subprocess.run([DLFD, "--help"], capture_output=True, text=True, check=True).stdout
    return "on" in re.search(r"--auth (\S+)", told).group(1).split("|")


class Service:
    """dlfd on a free port with its data in the folder `data`, for a `with`.

    `keys` are what its first start wrote in credentials.csv, by the file's header.
    """

    def __init__(self, data):
        self.auth = "on" if has_sign_in() else "off"
        self.log = open(data / "dlfd.log", "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [DLFD, "--listen", "127.0.0.1:0", "--data", data, "--auth", self.auth],
            stdout=subprocess.PIPE, stderr=self.log, text=True,
            env={**os.environ, "LC_ALL": "C.UTF-8"})
        self.endpoint = self._wait()
        if self.auth == "on":
            with open(data / "credentials.csv", newline="", encoding="utf-8") as file:
                self.keys, = csv.DictReader(file)
        else:
            self.keys = {"Access Key Id": "AK", "Secret Access Key": "SK",
                         "Project Id": "0a1b2c3d4e5f60718293a4b5c6d7e8f9"}

    def _wait(self):
        for line in self.process.stdout:
            found = re.search(r"listening on (https?://\S+:\d+)", line)
            if found:
                return found.group(1)
        self.log.seek(0)
        raise RuntimeError("dlfd did not start: " + self.log.read())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        status = self.process.wait(60)
        self.process.stdout.close()
        self.log.close()
        assert status == 0, status
