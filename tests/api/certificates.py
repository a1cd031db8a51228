"""Makes certificates with openssl, for 127.0.0.1 and localhost."""

import subprocess

EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
KEYS = {"ec": EC, "rsa": ["-newkey", "rsa:2048"], "ed25519": ["-newkey", "ed25519"]}
NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1"


def openssl(folder, *args):
    subprocess.run(["openssl", *map(str, args)], cwd=folder, check=True, capture_output=True)


def make_pair(folder, name, key=EC, locked=False):
    """A certificate that vouches for itself, and its key."""
    cert, private = folder / f"{name}.pem", folder / f"{name}.key"
    openssl(folder, "req", "-x509", *key, *(["-passout", "pass:x"] if locked else ["-nodes"]),
            "-keyout", private, "-out", cert, "-days", 30, "-subj", f"/CN={name}", "-addext", NAMES)
    private.chmod(0o600)
    return cert, private


AUTHORITY = """
[ca]
default_ca = here
[here]
dir = .
database = index
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
x509_extensions = ext
[any]
commonName = supplied
[authority]
basicConstraints = CA:true
[ext]
"""


def sign(folder, name, issuer=None, start="20200101000000Z", end="20400101000000Z", ext="ext"):
    """A certificate that `issuer`, another name, or itself vouches for."""
    cert, private = folder / f"{name}.pem", folder / f"{name}.key"
    (folder / "ca.conf").write_text(AUTHORITY + NAMES + "\n")
    (folder / "index").touch()
    openssl(folder, "req", "-new", *EC, "-nodes", "-keyout", private, "-out", f"{name}.csr",
            "-subj", f"/CN={name}")
    private.chmod(0o600)
    by = ["-cert", f"{issuer}.pem", "-keyfile", f"{issuer}.key"] if issuer else \
        ["-selfsign", "-keyfile", private]
    openssl(folder, "ca", "-batch", "-config", "ca.conf", "-create_serial", "-notext", *by, "-in",
            f"{name}.csr", "-out", cert, "-startdate", start, "-enddate", end, "-extensions", ext)
    return cert, private
