"""PostgreSQL and Redis that speak TLS alone: reached with their authority, refused without it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from celery import Celery
from django.conf import settings

from common.database import postgres_options
from scripts.services import answers, as_user, program, serving

pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(not settings.DB_HOST, reason="needs PostgreSQL and Redis"),
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def openssl(folder: Path, *arguments: str) -> None:
    command = [program("openssl", package="openssl"), *arguments]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def pki(tmp_path_factory) -> Path:
    """An authority, and certificates of a server called localhost and a client, cassandre."""
    folder = tmp_path_factory.mktemp("pki")
    folder.chmod(0o755)
    new = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    for name in ("ca", "other"):
        openssl(folder, *new, "-x509", "-subj", f"/CN={name}", "-keyout", f"{name}.key",
                "-out", f"{name}.pem")  # fmt: skip
    (folder / "names").write_text("subjectAltName=DNS:localhost")
    for name, subject in (("server", "localhost"), ("client", "cassandre")):
        openssl(folder, *new, "-subj", f"/CN={subject}", "-keyout", f"{name}.key",
                "-out", f"{name}.csr")  # fmt: skip
        openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-extfile", "names", "-out", f"{name}.pem")  # fmt: skip
    (folder / "client.key").chmod(0o600)
    return folder


@pytest.fixture
def postgres(pki, tmp_path) -> Iterator[int]:
    """That lets nobody in without a certificate of the authority."""
    user = "postgres" if os.geteuid() == 0 else None
    # The parents of pytest's own folders are closed to others.
    with tempfile.TemporaryDirectory(prefix="cassandre-tls-") as folder:
        data = Path(folder)
        if user:
            shutil.chown(data, user, user)
        init = [program("initdb", package="postgresql"), "-D", str(data), "-U", "cassandre"]
        subprocess.run([*init, "-A", "trust", "--no-sync"], check=True, capture_output=True,
                       cwd="/", **as_user(user))  # fmt: skip
        (data / "pg_hba.conf").write_text("hostssl all all 127.0.0.1/32 cert\n")
        for name in ("server.pem", "server.key", "ca.pem"):
            shutil.copy(pki / name, data)
            (data / name).chmod(0o600)
            if user:
                shutil.chown(data / name, user, user)
        port = free_port()
        command = [program("postgres", package="postgresql"), "-D", str(data), "-p", str(port)]
        command += ["-h", "127.0.0.1", "-k", "", "-c", "ssl=on", "-c", "ssl_ca_file=ca.pem"]
        command += ["-c", "ssl_cert_file=server.pem", "-c", "ssl_key_file=server.key"]
        # The port opens before the server takes connections.
        ask = [program("pg_isready", package="postgresql"), "-q", "-h", "127.0.0.1"]
        ask += ["-p", str(port)]
        with serving(
            command,
            lambda: subprocess.run(ask, check=False).returncode == 0,
            log=tmp_path / "log",
            user=user,
        ):
            yield port


def connect(port: int, **ssl: str) -> psycopg.Connection:
    options = postgres_options(
        pool_size=1,
        statement_timeout_s=60,
        ssl={"sslmode": "", "sslrootcert": "", "sslcert": "", "sslkey": ""} | ssl,
    )
    del options["pool"]
    where: dict[str, Any] = {
        "host": "localhost",
        "port": port,
        "user": "cassandre",
        "dbname": "postgres",
    }
    return psycopg.connect(**options, **where)


def test_postgresql_proves_who_it_is_and_asks_for_the_same(postgres, pki):
    own = {"sslcert": str(pki / "client.pem"), "sslkey": str(pki / "client.key")}
    with connect(
        postgres, sslmode="verify-full", sslrootcert=str(pki / "ca.pem"), **own
    ) as connection:
        found = connection.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        assert found.fetchone() == (True,)
        assert connection.execute("SHOW statement_timeout").fetchone() == ("1min",)
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        connect(postgres, sslmode="verify-full", sslrootcert=str(pki / "other.pem"), **own)
    with pytest.raises(psycopg.OperationalError, match="certificate"):
        connect(postgres, sslmode="require")


def test_redis_and_the_broker_are_reached_with_their_authority(pki, tmp_path):
    port = free_port()
    command = [program("redis-server", package="redis-server"), "--port", "0", "--save", ""]
    command += ["--tls-port", str(port), "--tls-auth-clients", "no", "--dir", str(tmp_path)]
    command += ["--tls-cert-file", str(pki / "server.pem"), "--tls-key-file"]
    command += [str(pki / "server.key"), "--tls-ca-cert-file", str(pki / "ca.pem")]
    with serving(command, partial(answers, port), log=tmp_path / "log"):
        url = f"rediss://localhost:{port}/0?ssl_ca_certs={pki / 'ca.pem'}"
        with redis.Redis.from_url(url) as client:
            assert client.ping()
        with Celery(broker=url).connection_for_write() as broker:
            broker.ensure_connection(max_retries=0, timeout=5)
        with (
            redis.Redis.from_url(url.replace("ca.pem", "other.pem")) as client,
            pytest.raises(redis.ConnectionError, match="certificate verify failed"),
        ):
            client.ping()
