"""What a power loss needs: bytes, then the name, then the name's own sync, asked of the kernel."""

import os
from pathlib import Path

from store_rows import rows, stored


def test_bytes_are_synced_then_named_then_the_name_is_synced(tmp_path, monkeypatch):
    calls = []

    def watch(name, owner, describe):
        real = getattr(owner, name)

        def call(*given):
            calls.append((name, describe(*given)))
            return real(*given)

        monkeypatch.setattr(owner, name, call)

    def path_of(fd):
        return Path(f"/proc/self/fd/{fd}").readlink().name

    watch("fdatasync", os, path_of)
    watch("fsync", os, path_of)
    watch("replace", Path, lambda path, _to: path.name)
    _, (part,) = stored(tmp_path, rows(10))
    day = Path(part.file).parent.name
    synced = [call for call in calls if call[0] != "fsync" or call[1] == day]
    assert [name for name, _ in synced[-3:]] == ["fdatasync", "replace", "fsync"]
    assert synced[-3][1] == synced[-2][1]
    # Each new folder's own name too: the store, the kind, the model, the day.
    folders = [name for call, name in calls if call == "fsync"]
    assert folders == [tmp_path.name, "store", "predictions", "000017", day]
