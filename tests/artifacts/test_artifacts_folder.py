"""Versions in folders: which is the newest, what is said of it, and that nobody leaves the root."""

import hashlib
import json
import os
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegauge.artifacts import Artifact, Cache, DigestError, Folder, digest_of, verify
from tidegauge.errors import InputError, TidegaugeError, UnreadableError


def deploy(root, *names, body=b"model", **metadata):
    folder = root.joinpath(*names)
    folder.mkdir(parents=True)
    (folder / "model.bin").write_bytes(body)
    (folder / "metadata.json").write_text(json.dumps(metadata))
    return folder


def test_a_version_is_found_with_all_that_is_known_of_it(tmp_path):
    folder = deploy(tmp_path, "churn", "3", digest="sha256:00", metrics={"auc": 0.9})
    assert Folder(tmp_path).find("churn", "", "3") == Artifact(
        model_id="churn",
        version="3",
        location=str(folder / "model.bin"),
        digest="sha256:00",
        size_bytes=5,
    )
    assert Folder(tmp_path).find("churn", "", "3").metadata["metrics"] == {"auc": 0.9}


def test_an_entity_has_versions_of_its_own(tmp_path):
    deploy(tmp_path, "demand", "1")
    deploy(tmp_path, "demand", "berlin", "7", size_bytes=900)
    source = Folder(tmp_path)
    assert source.find("demand", "", "latest").version == "1"
    assert source.find("demand", "berlin", "latest").key == ("demand", "berlin", "7")
    assert source.find("demand", "berlin", "7").size_bytes == 900


def test_the_newest_is_by_its_own_time_then_by_its_files_then_by_its_name(tmp_path):
    deploy(tmp_path, "m", "a", created_at="2030-01-02T00:00:00+00:00")
    deploy(tmp_path, "m", "z", created_at="2030-01-02T00:00:00+02:00")
    for name in ("v9", "v10", "old"):
        folder = deploy(tmp_path, "m", name, created_at="2040-01-01T00:00:00")
        # A time without an offset is none.
        seconds = 5 if name == "old" else 1_000
        os.utime(folder / "metadata.json", (seconds, seconds))
    assert Folder(tmp_path).versions("m") == ["old", "v9", "v10", "z", "a"]
    assert Folder(tmp_path).find("m", "", "latest").version == "a"


def test_what_is_not_yet_deployed_is_no_version(tmp_path):
    deploy(tmp_path, "m", "1")
    (tmp_path / "m" / "2").mkdir()
    deploy(tmp_path, "m", ".3")
    (tmp_path / "m" / "latest").symlink_to(tmp_path / "m" / "1")
    assert Folder(tmp_path).versions("m") == ["1"]
    with pytest.raises(UnreadableError, match="versions are: 1"):
        Folder(tmp_path).find("m", "", "2")


def test_the_newest_is_not_passed_over_when_it_cannot_be_read(tmp_path):
    old = deploy(tmp_path, "m", "1")
    os.utime(old / "metadata.json", (1, 1))
    (deploy(tmp_path, "m", "2") / "metadata.json").write_text("{")
    with pytest.raises(UnreadableError, match="cannot be read"):
        Folder(tmp_path).find("m", "", "latest")
    assert Folder(tmp_path).find("m", "", "1").version == "1"


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({"path": "../../../secret"}, "leads out"),
        ({"path": "/etc/passwd"}, "leads out"),
        ({"path": "gone.bin"}, "No such file"),
        ({"uri": "file:///etc/passwd"}, "no URI"),
        ({"uri": "/etc/passwd"}, "no URI"),
        ({"path": 3}, "not a text"),
        ({"digest": ["sha256:"]}, "not a text"),
        ({"size_bytes": "5"}, "not a whole number"),
        ({"size_bytes": True}, "not a whole number"),
        ({"size_bytes": -1}, "is none"),
    ],
)
def test_metadata_that_does_not_say_where_is_refused(tmp_path, metadata, words):
    root = tmp_path / "root"
    (tmp_path / "secret").write_text("x")
    deploy(root, "m", "1", **metadata)
    with pytest.raises(InputError, match=words):
        Folder(root).find("m", "", "1")


@pytest.mark.parametrize("text", ["[]", "nonsense", "[" * 100_000, "\\xff"])
def test_metadata_that_is_no_object_is_refused(tmp_path, text):
    (deploy(tmp_path, "m", "1") / "metadata.json").write_bytes(text.encode())
    with pytest.raises(UnreadableError, match="metadata"):
        Folder(tmp_path).find("m", "", "latest")


def test_a_uri_is_handed_on(tmp_path):
    deploy(tmp_path, "m", "1", uri="s3://models/m/1", size_bytes=7, metrics={"auc": float("nan")})
    found = Folder(tmp_path).find("m", "", "1")
    assert (found.location, found.path, found.size_bytes) == ("s3://models/m/1", None, 7)
    assert found.metadata["metrics"] == {"auc": None}


def test_the_file_must_be_plain_or_said(tmp_path):
    folder = deploy(tmp_path, "m", "1")
    (folder / "vocabulary.txt").write_text("a")
    with pytest.raises(UnreadableError, match="2 files"):
        Folder(tmp_path).find("m", "", "1")
    (folder / "metadata.json").write_text('{"path": "."}')
    assert Folder(tmp_path).find("m", "", "1").size_bytes == 5 + 1 + len('{"path": "."}')


@pytest.mark.parametrize("link", ["version", "file", "metadata"])
def test_a_link_does_not_lead_out_of_the_root(tmp_path, link):
    outside = deploy(tmp_path, "outside", "1")
    root = tmp_path / "root"
    folder = root / "m" / "1"
    if link == "version":
        folder.parent.mkdir(parents=True)
        folder.symlink_to(outside)
    else:
        deploy(root, "m", "1")
        name = "model.bin" if link == "file" else "metadata.json"
        (folder / name).unlink()
        (folder / name).symlink_to(outside / name)
    for version in ("1", "latest"):
        with pytest.raises(UnreadableError, match="leads out"):
            Folder(root).find("m", "", version)


names = st.one_of(
    st.text(max_size=8),
    st.text("./\\\0:" + string.ascii_letters, max_size=8),
    st.sampled_from(["..", "../secret", "/etc", "a/../..", "x" * 300, "\ud800", "secret", 3, None]),
)


@given(names, names, names)
def test_no_name_leaves_the_root(tmp_path_factory, model_id, entity, version):
    top = tmp_path_factory.getbasetemp() / "names"
    root = top / "root"
    if not root.exists():
        deploy(top, "secret", "1")
        deploy(root, "m", "1")
    try:
        found = Folder(root).find(model_id, entity, version)
    except TidegaugeError:
        return
    assert found.path.resolve().is_relative_to(root.resolve())


def test_a_digest_is_that_of_the_file(tmp_path):
    body = bytes(range(256)) * 5_000
    folder = deploy(tmp_path, "m", "1", body=body)
    said = "sha256:" + hashlib.sha256(body).hexdigest()
    assert digest_of(folder / "model.bin") == said
    for digest in (said, said.replace("sha256:", "sha256:").upper().replace("SHA256", "sha256")):
        (folder / "metadata.json").write_text(json.dumps({"digest": digest}))
        verify(Folder(tmp_path).find("m", "", "1"))


@pytest.mark.parametrize("digest", ["sha256:" + "0" * 64, "sha256:é", "md5:0", "0" * 64])
def test_a_file_that_is_another_one_is_never_loaded(tmp_path, digest):
    deploy(tmp_path, "m", "1", digest=digest)
    loads = []
    cache = Cache(loads.append, Folder(tmp_path))
    with pytest.raises(DigestError, match="m/1"):
        cache.get("m")
    assert loads == []


def test_a_folder_has_no_digest(tmp_path):
    deploy(tmp_path, "m", "1", path=".", digest="sha256:" + "0" * 64)
    with pytest.raises(DigestError, match="is a folder"):
        verify(Folder(tmp_path).find("m", "", "1"))
