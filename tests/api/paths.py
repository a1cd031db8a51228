"""Where things are."""

import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
DLFD = os.path.abspath(os.environ.get("DLFD_BIN", ROOT / "build" / "dlfd"))
