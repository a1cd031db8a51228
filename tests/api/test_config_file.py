"""The lines of the --config file are read whole, and what is no line is refused."""

import pytest

from harness import dlfd

LINE_MAX = 64 * 1024


def checked(tmp_path, text):
    """What `dlfd --check-config` says of a file with these bytes."""
    config = tmp_path / "dlfd.conf"
    config.write_bytes(text)
    return dlfd("--check-config", "--data", tmp_path / "data", "--config", config)


def padded(line, size):
    return line + b" " * (size - len(line))


@pytest.mark.parametrize("size", [4094, 4095, 4096, 8191, LINE_MAX])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_a_long_line_is_one_line(tmp_path, size, end):
    """A tail that looks like a line of its own is part of the comment before it."""
    tail = b"max-jobs = 7"
    comment = b"#" + b"x" * (size - 1 - len(tail) - len(end.strip(b"\n"))) + tail + end
    shown = checked(tmp_path, comment)
    assert shown.returncode == 0, shown.stderr
    assert "max-jobs = 10000  # default\n" in shown.stdout


@pytest.mark.parametrize("size", [4097, LINE_MAX])
def test_a_long_value_is_read_whole(tmp_path, size):
    origins = b"allow-origin = https://a.example"
    while len(origins) + 21 <= size:
        origins += b",https://page.example"
    shown = checked(tmp_path, origins + b"\nmax-jobs = 7\n")
    assert shown.returncode == 0, shown.stderr
    assert origins.decode() + "  # file\n" in shown.stdout
    assert "max-jobs = 7  # file\n" in shown.stdout


@pytest.mark.parametrize("line", [
    padded(b"max-jobs = 7", LINE_MAX + 1), b"#" * (LINE_MAX + 1), b"max-jobs = 7\0", b"# a\0comment"],
    ids=["a value that is too long", "a comment that is too long", "a NUL", "a NUL in a comment"])
def test_what_is_no_text_line_is_refused_with_its_number(tmp_path, line):
    ended = checked(tmp_path, b"# first\n" + line + b"\nmax-jobs = 8\n")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "line 2: a text line of at most 65536 bytes expected" in ended.stderr


def test_a_folder_is_no_config_file(tmp_path):
    ended = dlfd("--check-config", "--data", tmp_path / "data", "--config", tmp_path)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert f"cannot read {tmp_path}" in ended.stderr
