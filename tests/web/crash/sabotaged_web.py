"""`tidegauge` with a deliberate bug, to prove that the tests of a promise would see it.

    python sabotaged_web.py python -m tidegauge.cli web ...

TIDEGAUGE_SABOTAGE names the bug.  TIDEGAUGE_POINTS names a file that gets a line for each
failpoint that is passed, for the sweep over them.
"""

import os
import sys
from pathlib import Path

import uvicorn
import zstandard

from tidegauge import failpoint


def answer_before_the_append_is_durable():
    from tidegauge.web.ingest import Ingest

    async def not_waited_for(self, batch):
        if batch.pieces:
            self._log.append(batch)

    Ingest._durable = not_waited_for


def batch_ids_in_memory_only():
    from tidegauge.log.ids import Ids

    Ids.learn = Ids.saved


def exit_on_signal():
    uvicorn.Server.handle_exit = lambda *_: os._exit(0)


def reject_the_whole_batch():
    from tidegauge.ingest.accept import _Judged
    from tidegauge.ingest.problem import ProblemError

    honest = _Judged.verdict

    def whole(self, *given, **named):
        if self.rejected:
            raise ProblemError("invalid-request", "one of them is bad", self.errors)
        return honest(self, *given, **named)

    _Judged.verdict = whole


def check_the_length_after_decompressing():
    from tidegauge.ingest import accept
    from tidegauge.ingest.unpack import _counted

    def unpack(body, encoding):
        if encoding == "zstd":
            body = zstandard.ZstdDecompressor().decompressobj().decompress(body)
            _counted(len(body))
        return body

    accept.unpack = unpack


def unbounded_queue():
    from tidegauge.web.ingest import Ingest

    Ingest._reserve = lambda *_: 0


SABOTAGES = {
    each.__name__.replace("_", "-"): each
    for each in (
        answer_before_the_append_is_durable,
        batch_ids_in_memory_only,
        exit_on_signal,
        reject_the_whole_batch,
        check_the_length_after_decompressing,
        unbounded_queue,
    )
}


def note_the_points(path):
    honest = failpoint.hit
    file = Path(path).open("ab", buffering=0)  # noqa: SIM115 - for the life of the process

    def noted(name):
        file.write(name.encode() + b"\n")
        honest(name)

    # Before anybody has imported it by its name.
    failpoint.hit = noted


def main():
    if points := os.environ.get("TIDEGAUGE_POINTS"):
        note_the_points(points)
    from tidegauge.ingest import decoder

    if sabotage := os.environ.get("TIDEGAUGE_SABOTAGE"):
        SABOTAGES[sabotage]()
    if sys.argv[1] == "decoder":
        import socket

        decoder._serve(socket.socket(fileno=int(sys.argv[2])))
        return

    class Started(decoder.subprocess.Popen):
        def __init__(self, command, **named):
            if command[1:3] == ["-m", "tidegauge.ingest.decoder"]:
                command = [sys.executable, __file__, "decoder", command[3]]
            super().__init__(command, **named)

    decoder.subprocess.Popen = Started
    from tidegauge.cli import main as honest_main

    sys.argv = ["tidegauge", *sys.argv[4:]]
    honest_main()


if __name__ == "__main__":
    main()
