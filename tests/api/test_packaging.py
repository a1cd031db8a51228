"""packaging/: the service's sandbox, and that its parts name the same things."""

import re
import subprocess

from harness import ROOT

UNIT = ROOT / "packaging/systemd/dlfd.service"


def test_the_sandbox_is_tight():
    done = subprocess.run(["systemd-analyze", "security", "--no-pager", "--offline=true",
                           "--threshold=20", UNIT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done
    exposure = re.search(r"Overall exposure level for dlfd\.service: (\d+\.\d+)", done.stdout)
    assert float(exposure.group(1)) < 2.0


def test_the_service_reloads_and_keeps_its_data():
    unit = UNIT.read_text()
    for line in ("User=dlfd", "StateDirectory=dlfd", "LogsDirectory=dlfd",
                 "ExecReload=/bin/kill -HUP $MAINPID",
                 "Environment=DLFD_DATA=%S/dlfd DLFD_AUDIT_LOG=%L/dlfd/audit.log"):
        assert line in unit.splitlines(), line
    assert re.search("^u dlfd ", (ROOT / "packaging/systemd/dlfd.sysusers").read_text(), re.M)


def test_the_audit_log_that_is_rotated_is_the_services():
    snippet = (ROOT / "packaging/logrotate/dlfd").read_text()
    assert "\n/var/log/dlfd/audit.log {\n" in snippet
    assert "systemctl reload dlfd\n" in snippet and "su dlfd dlfd\n" in snippet
