"""A program with our client in it, in a process of its own: it logs until it is told to end."""

import json
import sys
import threading

from tidegauge import Client


def main(url, key, pause):
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    client = Client(url, key, flush_interval=0.05, timeout=3.0)
    sent = 0
    while not over.wait(float(pause)):
        client.log(model_id="churn", prediction_id=f"p-{sent}", features={"n": sent})
        sent += 1
        if sent == 20:
            sys.stdout.write("under way\n")
            sys.stdout.flush()
    # What waits has all the time that it needs.
    while not client.flush(timeout=10) and client.stats().queued:
        pass
    stats = client.stats()
    client.close()
    sys.stdout.write(json.dumps([sent, stats.acked, sum(stats.dropped.values())]))


if __name__ == "__main__":
    main(*sys.argv[1:])
