"""Cassandre's own processes as docker-compose.yml starts them, and nginx before them."""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
from functools import partial
from pathlib import Path

from bench.processes import free_port
from bench.stack.outside import answers, listens
from bench.stack.part import Part
from scripts import nginx_conf
from scripts.services import program

MAX_UPLOAD_MB = 20
_CELERY = [sys.executable, "-m", "celery", "-A", "cassandre"]


def environment_of(folder: Path, port: int) -> dict[str, str]:
    """What holds for all of them; `port` is nginx's."""
    (folder / "tmp").mkdir()
    return {
        "TMPDIR": str(folder / "tmp"),
        "DJANGO_SETTINGS_MODULE": "cassandre.prod_settings",
        "CASSANDRE_DATA": str(folder / "data"),
        "SECRET_KEY": "a-secret-for-the-length-of-one-scratch-installation",
        "ALLOWED_HOSTS": "127.0.0.1",
        "CSRF_TRUSTED_ORIGINS": f"https://127.0.0.1:{port}",
        "HTTPS": "true",
        "HOST": "127.0.0.1",
        "LANGUAGE_CODE": "en",
        "SHARED_FILES": "false",
        "MAX_UPLOAD_MB": str(MAX_UPLOAD_MB),
        "LOG_LEVEL": "INFO",
        "CLAMAV_HOST": "",
    }


def web(number: int, environment: dict[str, str], folder: Path) -> tuple[Part, int]:
    port = free_port()
    part = Part(
        f"web-{number}",
        [sys.executable, "-m", "cassandre.serve"],
        partial(answers, f"http://127.0.0.1:{port}/healthz"),
        folder,
        environment={**environment, "PORT": str(port), **_data_of(f"web-{number}", environment)},
    )
    return part, port


def _data_of(name: str, environment: dict[str, str]) -> dict[str, str]:
    """A container's own folder, unless the files are in one that all share."""
    if not environment["MINIO_URL"]:
        return {}
    return {"CASSANDRE_DATA": f"{environment['CASSANDRE_DATA']}-{name}"}


def worker(number: int, environment: dict[str, str], folder: Path) -> Part:
    name = f"worker-{number}"
    command = [*_CELERY, "worker", "--loglevel", "INFO", "-n", f"{name}@%h"]
    broker = environment["CELERY_BROKER_URL"]
    return Part(name, command, partial(_is_bound, broker, name), folder, environment=environment)


def beat(environment: dict[str, str], folder: Path) -> Part:
    log = folder / "beat.log"
    command = [*_CELERY, "beat", "--loglevel", "INFO"]
    return Part(
        "beat",
        command,
        lambda: log.exists() and b"is starting" in log.read_bytes(),
        folder,
        environment=environment,
    )


def _is_bound(broker: str, name: str) -> bool:
    """A worker answers nowhere; that its name is known at the broker says that it listens."""
    import redis

    try:
        with redis.Redis.from_url(broker) as client:
            names = client.smembers("_kombu.binding.celery.pidbox")
    except redis.RedisError:
        return False
    return any(f"{name}@{socket.gethostname()}".encode() in bound for bound in names)


def certificate(folder: Path) -> tuple[Path, Path]:
    """For 127.0.0.1, by nobody but itself; and its key."""
    found, key = folder / "certificate.pem", folder / "key.pem"
    command = [program("openssl", package="openssl"), "req", "-x509", "-newkey", "ec"]
    command += ["-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, "-keyout", key, "-out", found], check=True, capture_output=True)
    return found, key


def trusting(found: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(found))


def nginx(folder: Path, port: int, upstream: list[int], certificate: tuple[Path, Path]) -> Part:
    """nginx.conf as it is, filled in."""
    state = folder / "nginx"
    state.mkdir()
    state.chmod(0o777)  # its workers have a user of their own
    plain = free_port()
    values = {
        "NGINX_STATE": str(state),
        "NGINX_SERVER_NAME": "127.0.0.1",
        "NGINX_UPSTREAM": "; server ".join(f"127.0.0.1:{one}" for one in upstream),
        "NGINX_HTTP_LISTEN": f"127.0.0.1:{plain}",
        "NGINX_HTTPS_LISTEN": f"127.0.0.1:{port}",
        "NGINX_CERTIFICATE": str(certificate[0]),
        "NGINX_CERTIFICATE_KEY": str(certificate[1]),
        "NGINX_MAX_UPLOAD_MB": str(MAX_UPLOAD_MB),
    }
    command = nginx_conf.command(program("nginx", package="nginx"), state, values)
    command += ["-g", "daemon off;"]
    return Part("nginx", command, partial(listens, port), folder)
