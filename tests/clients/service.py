"""A real dlfd for one client, and the keys to it."""

import csv
import json
import os
import re
import subprocess
import zipfile

import table
from certificates import make_pair
from paths import DLFD


def make_archives(data):
    """The bucket `backup`, with the table's archives in it."""
    subprocess.run([DLFD, "admin", "bucket", "create", "backup", "--data", data], check=True)
    for name, files in table.ARCHIVES.items():
        with zipfile.ZipFile(data / "obs/backup" / name, "w") as archive:
            for entry, document in files.items():
                archive.writestr(entry, json.dumps(document, ensure_ascii=False))


class Service:
    """dlfd on a free port with its data in the folder `data`, for a `with`.

    `keys` are what its first start wrote in credentials.csv, by the file's header.
    With `tls` it serves HTTPS, and `certificate` is the file that clients are to trust.
    """

    def __init__(self, data, tls=False):
        command = [DLFD, "--listen", "127.0.0.1:0", "--data", data, "--auth", "on"]
        self.certificate = None
        if tls:
            self.certificate, key = make_pair(data, "served")
            command += ["--tls-cert", self.certificate, "--tls-key", key]
        self.log = open(data / "dlfd.log", "w+", encoding="utf-8")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log,
                                        text=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
        self.endpoint = self._wait()
        make_archives(data)
        with open(data / "credentials.csv", newline="", encoding="utf-8") as file:
            self.keys, = csv.DictReader(file)

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
