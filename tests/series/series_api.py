"""What the tests of queries ask: the API in this process, over a log that a worker has counted."""

import random
import socket
import threading
import time
from datetime import UTC, datetime, timedelta

import httpx
from worker_case import MINUTES, START, Case, prediction

from tidegauge.config import Config
from tidegauge.web.app import Application
from tidegauge.web.keys import Keys
from tidegauge.web.server import server_of

HOURS = 60 * MINUTES
DAYS = 24 * HOURS


class Api:
    def __init__(self, folder, **settings):
        self.case = Case(folder)
        self.keys = Keys(folder)
        config = Config(data=folder, **settings)
        self.application = Application(config, self.case.log, self.keys)
        self._clients = {}
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server = server_of(self.application, config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],))
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)
        self.key("admin")

    def key(self, role, *, tenant="default", pii=False):
        """A client with a key of its own."""
        found = self._clients.get((role, tenant, pii))
        if found is None:
            _key, token = self.keys.create(name=role, role=role, tenant=tenant, pii=pii)
            found = self._clients[role, tenant, pii] = httpx.Client(
                base_url=f"{self.url}/api/v1/",
                headers={"Authorization": f"Bearer {token}"},
                timeout=30,
            )
        return found

    def ask(self, method, path, *, status=200, role="write", tenant="default", **more):
        answer = self.key(role, tenant=tenant).request(method, path, **more)
        assert answer.status_code == status, answer.text
        if status >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["status"] == status
        return answer.json() if answer.content and status != 204 else None

    def get(self, path, *, status=200, role="read", tenant="default", **params):
        shown = {name: _told(value) for name, value in params.items() if value is not None}
        return self.ask("GET", path, status=status, role=role, tenant=tenant, params=shown)

    def between(self, path, start, stop, **more):
        return self.get(path, start_time=moment(start), end_time=moment(stop), **more)

    def close(self):
        for client in self._clients.values():
            client.close()
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()
        self.case.close()


def _told(value):
    return value if isinstance(value, list) else str(value)


def moment(at):
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)).isoformat()


def micros(told):
    return (datetime.fromisoformat(told) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(
        microseconds=1
    )


def history(api, *, hours=30, a_hour=40, seed=1, model="m", pin=True, **more):
    """Some hours of predictions, counted; what was sent."""
    chance = random.Random(seed)
    if pin:
        api.case.pin(model, [prediction(chance, f"ref-{n}", model=model) for n in range(2_000)])
    sent = []
    for hour in range(hours):
        at = START + hour * HOURS
        batch = [
            prediction(
                chance,
                f"{hour}-{n}",
                model=model,
                at=at + chance.randrange(HOURS),
                **{
                    name: value(chance) if callable(value) else value
                    for name, value in more.items()
                },
            )
            for n in range(a_hour)
        ]
        sent += batch
        api.case.send(batch, at + HOURS, as_arrow=hour % 2 == 0)
        if hour % 8 == 7:
            api.case.count()
    api.case.count()
    return sent
