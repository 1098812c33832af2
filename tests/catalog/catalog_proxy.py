"""A PostgreSQL that loses the answer to a COMMIT, or the COMMIT: a relay between two sockets."""

import socket
import threading
from contextlib import suppress


class Relay:
    """Listens in `directory`, passes all on to the socket `server`; `lose` acts once."""

    def __init__(self, directory, server):
        self.lose = None
        """"commit": it never arrives; "answer": it does, and its answer does not come back."""
        self.lost = 0
        self._server = server
        self._dropped = None
        self._answered = threading.Event()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(f"{directory}/.s.PGSQL.5432")
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._relay, args=(client,), daemon=True).start()

    def _relay(self, client):
        server = socket.socket(socket.AF_UNIX)
        server.connect(self._server)
        back = threading.Thread(target=self._back, args=(server, client), daemon=True)
        back.start()
        with client, server:
            while data := _received(client):
                # psycopg sends it alone, when all before it is answered.
                if b"COMMIT" in data and self.lose:
                    how, self.lose = self.lose, None
                    self.lost += 1
                    if how == "answer":
                        self._dropped = client
                        server.sendall(data)
                        self._answered.wait(30)
                    break
                server.sendall(data)
            _hang_up(client)
            _hang_up(server)
            back.join()

    def _back(self, server, client):
        while data := _received(server):
            if client is self._dropped:
                assert b"COMMIT" in data
                self._answered.set()
                return
            try:
                client.sendall(data)
            except OSError:
                return
        _hang_up(client)


def _received(one):
    try:
        return one.recv(65536)
    except OSError:
        return b""


def _hang_up(one):
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
