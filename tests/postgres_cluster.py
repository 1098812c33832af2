"""A PostgreSQL of our own for tests: a cluster in a directory, on a socket and a free port."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

BINARIES = Path("/usr/lib/postgresql")
_number = count(1)


def binary(name):
    """Of the newest version that is installed; Debian keeps most of them off the PATH."""
    for version in sorted(BINARIES.glob("*/bin"), key=lambda path: -int(path.parent.name)):
        if (version / name).exists():
            return str(version / name)
    return shutil.which(name)


def user():
    """PostgreSQL refuses to be root; Debian's package has made it a user."""
    return "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name


class Cluster:
    def __init__(self, **settings):
        # Short: a socket's path may have a hundred bytes.
        self.directory = Path(tempfile.mkdtemp(prefix="tg-pg-", dir=memory()))
        self.data = self.directory / "data"
        self.settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.directory),
            "shared_buffers": "16MB",
            # A test that pulls the plug kills processes, not the machine.
            "fsync": "off",
            "full_page_writes": "off",
            "autovacuum": "off",
            "log_min_messages": "fatal",
            **settings,
        }
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        if os.getuid() == 0:
            shutil.chown(self.directory, "postgres", "postgres")
        self._as_user(
            *(binary("initdb"), "-D", self.data, "-A", "trust", "-N", "-E", "UTF8"),
            # As most have: one that sorts by a language.
            *("--locale=C", "--locale-provider=icu", "--icu-locale=en-US"),
        )
        self.start()

    def start(self):
        options = [f"--{name}={value}" for name, value in self.settings.items()]
        with (self.directory / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [*_as(binary("postgres")), "-D", str(self.data), "-p", str(self.port), *options],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait()

    def stop(self, mode="fast"):
        """`fast` ends connections, `immediate` crashes, `kill` is -9 for the postmaster."""
        pid = self.pid
        if mode == "kill":
            os.kill(pid, 9)
        else:
            self._as_user(binary("pg_ctl"), "-D", self.data, "-m", mode, "-W", "stop")
        self._server.wait(30)
        if mode == "kill":
            self._orphans_end(pid)

    def restart(self, mode="fast"):
        self.stop(mode)
        self.start()

    @property
    def pid(self):
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def database(self):
        """The address of a new, empty one."""
        name = f"test_{next(_number)}"
        self.sql(f"CREATE DATABASE {name}", "postgres")
        return self._address(name)

    def admit(self, network):
        """From another network; it has to listen there."""
        with (self.data / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {network} trust\n")
        os.kill(self.pid, signal.SIGHUP)

    def by_network(self, url, address, **options):
        """The same database, as it is reached from elsewhere."""
        told = urlencode({"host": address, "port": self.port, **options}, quote_via=quote)
        return f"{url.partition('?')[0]}?{told}"

    def copied(self, url):
        """The address of a copy of a database that nobody is connected to."""
        name, source = f"test_{next(_number)}", url.partition("@/")[2].partition("?")[0]
        self.sql(f"CREATE DATABASE {name} TEMPLATE {source}", "postgres")
        return self._address(name)

    def _address(self, name):
        return f"postgresql://{user()}@/{name}?host={self.directory}&port={self.port}"

    def sql(self, statement, database):
        done = subprocess.run(
            [
                *(binary("psql"), "-X", "-q", "-A", "-t", "-U", user()),
                *("-h", str(self.directory), "-p", str(self.port), "-d", database),
                *("-c", statement),
            ],
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def remove(self):
        if self._server.poll() is None:
            self.stop("immediate")
        shutil.rmtree(self.directory, ignore_errors=True)

    def _wait(self):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            ready = [binary("pg_isready"), "-q", "-h", str(self.directory), "-p", str(self.port)]
            if subprocess.run(ready, check=False).returncode == 0:
                return
            if self._server.poll() is not None:
                break
            time.sleep(0.02)
        raise RuntimeError((self.directory / "log").read_text())

    def _orphans_end(self, postmaster):
        """The children of a killed postmaster notice by themselves; a new one waits for that."""
        end = time.monotonic() + 30
        while time.monotonic() < end and any(_in_session(postmaster)):
            time.sleep(0.02)

    def _as_user(self, *command):
        done = subprocess.run(
            _as(*map(str, command)), capture_output=True, text=True, check=False, cwd="/"
        )
        if done.returncode:
            raise RuntimeError(f"{command}: {done.stdout}{done.stderr}")


def memory():
    """Where there is room in memory, as a new database is 7 MB of files: 30 ms, not 250."""
    memory = Path("/dev/shm")  # noqa: S108 - the directory in it is ours alone
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > 2 << 30 else None


def _as(*command):
    if os.getuid() == 0:
        # Unlike `su` and `runuser`, it becomes the command: one process, no signals to pass on.
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
    return list(command)


def _in_session(leader):
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if int(fields[3]) == leader and fields[0] != "Z":
            yield stat


@pytest.fixture(scope="session")
def postgres():
    """One for all tests that leave it running, each with a database of its own."""
    if binary("initdb") is None:
        pytest.skip("PostgreSQL is not installed; scripts/install-postgres does it")
    cluster = Cluster()
    yield cluster
    cluster.remove()
