"""Every direct dependency is explained, and there are at most twenty."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def declared() -> tuple[list[str], list[str]]:
    """The names in pyproject.toml: those of the core, and those of the extras and tools."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"].values()
    tools = project["dependency-groups"].values()

    def names(lines: list[str]) -> list[str]:
        return [re.split(r"[\[<>=~! ]", line)[0] for line in lines]

    return names(project["project"]["dependencies"]), [n for lines in [*extras, *tools] for n in names(lines)]


def test_the_core_has_at_most_twenty() -> None:
    core, _ = declared()
    assert len(core) <= 20


def test_each_has_its_sentence_and_none_is_left_over() -> None:
    core, others = declared()
    explained = re.findall(r"^- \*\*([\w.-]+)\*\*", (ROOT / "docs/dependencies.md").read_text(), re.MULTILINE)
    assert sorted(explained) == sorted([*core, *others, "htmx.org", "htmx-ext-sse", "axe-core"])


def test_the_locks_name_no_private_place() -> None:
    for name in ("uv.lock", "package-lock.json"):
        text = (ROOT / name).read_text()
        assert "file:" not in text
        assert set(re.findall(r'registry = "([^"]+)"', text)) <= {"https://pypi.org/simple"}
