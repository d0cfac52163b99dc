"""nginx.conf filled in, for an nginx of a test or a measurement on loopback."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

TEMPLATE = Path(__file__).resolve().parent.parent / "nginx.conf"
# What an installation without additions has; docker-compose.yml says the same.
DEFAULTS = {
    "NGINX_EXTRA": "/nonexistent",
    "NGINX_MAX_UPLOAD_MB": "200",
    "NGINX_RESOLVER": "127.0.0.1",
    "NGINX_TRUSTED_PROXY": "unix:",
}


def rendered(values: Mapping[str, str]) -> str:
    """Raises KeyError for a name of the template that nobody has given."""
    known = DEFAULTS | dict(values)
    return re.sub(r"\$\{(NGINX_\w+)\}", lambda name: known[name[1]], TEMPLATE.read_text())


def make_certificate(folder: Path, name: str, *, openssl: str = "openssl") -> tuple[Path, Path]:
    """A certificate for `name` that signs itself, good for two days, and its key."""
    certificate, key = folder / "cert.pem", folder / "key.pem"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", f"/CN={name}", "-keyout", str(key)]
    subprocess.run([*command, "-out", str(certificate)], check=True, capture_output=True)
    return certificate, key


def command(nginx: str, folder: Path, values: Mapping[str, str]) -> list[str]:
    """Writes nginx.conf into `folder`, open to nginx's own user, and returns how to run it."""
    path = folder / "nginx.conf"
    path.write_text(rendered({"NGINX_STATE": str(folder), **values}))
    return [nginx, "-e", "stderr", "-p", str(folder), "-c", str(path)]
