"""Nothing that could run code from data is imported by the server's own modules (SEC-6)."""

import ast
from pathlib import Path

import pytest

import tidegauge

ROOT = Path(tidegauge.__file__).parent
BANNED = {"pickle", "joblib", "cloudpickle", "dill", "shelve", "marshal"}
SERVER = ("ingest", "log", "record", "web")


def modules():
    return [path for folder in SERVER for path in sorted((ROOT / folder).rglob("*.py"))]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_imports_what_carries_code(path):
    imported = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported.add(node.module.partition(".")[0])
    assert not imported & BANNED


def test_yaml_is_read_by_safe_loaders_only():
    for path in ROOT.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for unsafe in ("yaml.unsafe", "yaml.full_load", "yaml.Loader", "yaml.FullLoader"):
            assert unsafe not in text, path
