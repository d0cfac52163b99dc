"""nginx with nginx.conf and TLS before one server of this machine."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.processes import free_port, running
from scripts import nginx_conf
from scripts.services import program


@contextmanager
def nginx_before(port: int) -> Iterator[str]:
    """The https address of an nginx whose application listens on `port` of 127.0.0.1."""
    # Short, and open to nginx's own user.
    with tempfile.TemporaryDirectory(prefix="cassandre-nginx-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        certificate, key = nginx_conf.make_certificate(folder, "127.0.0.1")
        https = free_port()
        values = {
            "NGINX_SERVER_NAME": "127.0.0.1",
            "NGINX_UPSTREAM": f"127.0.0.1:{port}",
            "NGINX_HTTP_LISTEN": f"127.0.0.1:{free_port()}",
            "NGINX_HTTPS_LISTEN": f"127.0.0.1:{https}",
            "NGINX_CERTIFICATE": str(certificate),
            "NGINX_CERTIFICATE_KEY": str(key),
        }
        nginx = program("nginx", package="nginx")
        command = [*nginx_conf.command(nginx, folder, values), "-g", "daemon off;"]
        address = f"127.0.0.1:{https}"
        with running(command, environment={}, url=f"tcp://{address}", log=folder / "nginx.log"):
            yield f"https://{address}"
