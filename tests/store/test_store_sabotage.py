"""Each promise has a bug that breaks it, and a test that sees it."""

import sys
from contextlib import contextmanager

import pytest
import test_store_compact
import test_store_damage
import test_store_order
import test_store_scan

from tidegauge.arrow import pa
from tidegauge.store import LocalStore, StoreError, bloom, source, verified


def no_checksum(patch):
    patch.setattr(verified, "is_block", lambda *_: True)


def no_sync_before_the_rename(patch):
    @contextmanager
    def create(self, name):
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_name("draft").open("wb") as file:
            yield file
        path.with_name("draft").replace(path)

    patch.setattr(LocalStore, "create", create)


def no_name_sync(patch):
    patch.setattr(sys.modules["tidegauge.store.local"], "_sync", lambda _: None)


def no_merge_check(patch):
    patch.setattr(sys.modules["tidegauge.store.compact"], "multiset", lambda _: 0)
    patch.setattr(sys.modules["tidegauge.store.inputs"], "multiset", lambda _: 0)


def bloom_that_lies(patch):
    patch.setattr(source, "excludes", lambda *_: True)


def every_part_is_read(patch):
    patch.setattr(source, "excludes", lambda *_: False)


SABOTAGES = [
    (no_checksum, test_store_damage.test_one_flipped_bit_is_never_a_wrong_answer),
    (
        no_sync_before_the_rename,
        test_store_order.test_bytes_are_synced_then_named_then_the_name_is_synced,
    ),
    (no_name_sync, test_store_order.test_bytes_are_synced_then_named_then_the_name_is_synced),
    (no_merge_check, test_store_compact.test_a_merge_that_changes_a_value_is_not_kept),
    (bloom_that_lies, test_store_scan.test_an_id_is_found_without_reading_the_others),
    (every_part_is_read, test_store_scan.test_an_id_is_found_without_reading_the_others),
]


@pytest.mark.parametrize(("sabotage", "promise"), SABOTAGES, ids=lambda one: one.__name__)
def test_the_sabotage_is_seen(tmp_path, monkeypatch, sabotage, promise):
    with pytest.MonkeyPatch.context() as patch:
        sabotage(patch)
        needs = promise.__code__.co_varnames[: promise.__code__.co_argcount]
        given = {"tmp_path": tmp_path, "monkeypatch": monkeypatch}
        with pytest.raises((AssertionError, pytest.fail.Exception, pa.ArrowException, StoreError)):
            promise(**{name: given[name] for name in needs})


def test_the_filter_is_the_one_of_parquet():
    assert bloom.xxh64(b"a") == 0xD24EC4F1A98C6E5B
