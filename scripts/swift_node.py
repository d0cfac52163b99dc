"""Configuration of OpenStack Swift as one S3 server on one machine, for tests."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

STORES = ("account", "container", "object")
ACCESS_KEY = "test:tester"
SECRET_KEY = "testing123"  # noqa: S105 (a scratch server on loopback)

CLUSTER = """\
[swift-hash]
swift_hash_path_suffix = cassandre
[storage-policy:0]
name = gold
default = yes
"""

STORE = """\
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
user = {user}
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
disable_fallocate = true
[pipeline:main]
pipeline = {name}-server
[app:{name}-server]
use = egg:swift#{name}
"""

PROXY = """\
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
user = {user}
swift_dir = {folder}
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck cache listing_formats s3api tempauth \
copy bulk slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
# With one node, a disk that was full must be asked again at once, not after a minute.
error_suppression_interval = 2
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = {secret} .admin .reseller_admin
[filter:slo]
use = egg:swift#slo
minimum_segment_size = 1
[filter:s3api]
use = egg:swift#s3api
[filter:cache]
use = egg:swift#memcache
"""

PLAIN_FILTERS = (
    *("catch_errors", "gatekeeper", "healthcheck"),
    *("listing_formats", "copy", "bulk", "dlo"),
)


def build_ring(folder: Path, name: str, port: int) -> None:
    builder = f"{name}.builder"
    for command in (
        ["create", "4", "1", "1"],
        ["add", f"r1z1-127.0.0.1:{port}/d1", "1"],
        ["rebalance"],
    ):
        subprocess.run(
            ["swift-ring-builder", builder, *command],
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )


def write_configuration(
    folder: Path, *, proxy_port: int, ports: Mapping[str, int], user: str
) -> None:
    (folder / "swift.conf").write_text(CLUSTER)
    (folder / "devices" / "d1").mkdir(parents=True)
    for name, port in ports.items():
        text = STORE.format(name=name, port=port, folder=folder, user=user)
        (folder / f"{name}.conf").write_text(text)
        build_ring(folder, name, port)
    filters = "".join(f"[filter:{name}]\nuse = egg:swift#{name}\n" for name in PLAIN_FILTERS)
    proxy = PROXY.format(port=proxy_port, folder=folder, user=user, secret=SECRET_KEY)
    (folder / "proxy.conf").write_text(proxy + filters)
