"""The import contracts refuse what the design forbids: one planted import at a time, in a copy."""

import os
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "kit market formats adapters web api interop town bench replay sandbox migrations parties catalog "
    "inventory pricing orders ledger logistics production demand trust policy"
).split()
ROOTS = "app worker cli commands measuring opening evenly wiring settings".split()
FILES = [*ROOTS, "market/place", "formats/counter", "formats/instant", "ledger/_postings"]

# file, the import planted there, the contract that must break
PLANTED = [
    ("orders/lines", "highstreet.ledger", "layers"),
    ("kit/money", "highstreet.orders", "layers"),
    ("market/place", "highstreet.formats.counter", "layers"),
    ("web/pages", "highstreet.api", "layers"),
    ("web/pages", "highstreet.settings", "layers"),
    ("newcomer/__init__", "highstreet.kit", "layers"),
    ("formats/instant", "highstreet.formats.counter", "formats"),
    ("market/commit", "highstreet.ledger._postings", "doors"),
    ("market/commit", "httpx", "outside"),
    ("sandbox/bank", "highstreet.ledger", "sandbox"),
    ("town/people", "highstreet.settings", "settings"),
]


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("layout")
    (root / ".importlinter").write_text((ROOT / ".importlinter").read_text())
    for name in ["", *PACKAGES]:
        (root / "highstreet" / name).mkdir(parents=True, exist_ok=True)
        (root / "highstreet" / name / "__init__.py").touch()
    for name in FILES:
        (root / f"highstreet/{name}.py").touch()
    return root


def broken(root: Path) -> set[str]:
    """The contracts that do not hold in this copy, by their short name."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    environment = {**os.environ, "PYTHONPATH": str(root), "COLUMNS": "200"}
    ran = subprocess.run(
        command, check=False, cwd=root, env=environment, capture_output=True, text=True, timeout=60
    )
    contracts = ConfigParser()
    contracts.read(root / ".importlinter")
    names = {
        contracts[section]["name"]: section.rpartition(":")[2]
        for section in contracts.sections()
        if ":contract:" in section
    }
    found = {short for name, short in names.items() if f"{name} BROKEN" in ran.stdout}
    assert (ran.returncode != 0) == bool(found), ran.stdout + ran.stderr
    return found


def test_the_empty_layout_keeps_every_contract(layout: Path) -> None:
    assert broken(layout) == set()


@pytest.mark.parametrize(("file", "imported", "contract"), PLANTED)
def test_a_forbidden_import_breaks_its_contract(
    layout: Path, file: str, imported: str, contract: str
) -> None:
    planted = layout / f"highstreet/{file}.py"
    before = planted.read_text() if planted.exists() else None
    planted.parent.mkdir(exist_ok=True)
    planted.write_text(f"import {imported}\n")
    try:
        assert broken(layout) == {contract}
    finally:
        if before is None:
            planted.unlink()
            if not any(planted.parent.glob("*.py")):
                planted.parent.rmdir()
        else:
            planted.write_text(before)
