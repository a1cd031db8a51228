"""Lets the tests import the modules beside them, and those of tests/api."""

import pathlib
import sys

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "api")]
