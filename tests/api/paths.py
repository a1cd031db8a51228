"""Where things are."""

import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
DLFD = os.environ.get("DLFD_BIN", str(ROOT / "build" / "dlfd"))
