"""The house rules that no bought tool knows, as small functions over the files of the project.

Run as `python checks/tidy.py [root]`; prints one line per breach and ends with 1 when there is any.
A rule takes one `Source` and yields the breaches in it; its docstring says why the rule is there.
Exemptions stand in checks/exceptions.toml, by name and with a reason; one that is not needed is a breach too.
"""

import ast
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

FILE, FUNCTION, DOOR, FORMAT, PAGE = 400, 60, 60, 120, 150  # lines
KINDS = {".py", ".html", ".sql", ".js"}
ROOTS = ("highstreet", "checks", "tests")

DOMAINS = "parties catalog inventory pricing orders ledger logistics production demand trust policy".split()
INSIDE = tuple(f"highstreet/{name}/" for name in (*DOMAINS, "market", "formats"))
BELOW_THE_SURFACES = (*INSIDE, "highstreet/kit/")
MONEY = (
    "highstreet/kit/money.py",
    *(f"highstreet/{name}/" for name in "ledger pricing orders market".split()),
)
OWN_STORE = "highstreet/sandbox/"  # the outside world keeps its books in a store of its own
MAY_PRINT = tuple(f"highstreet/{name}" for name in "cli bench/ town/ replay/ sandbox/".split())
ROLE_NAMES = set(
    "service services util utils helper helpers manager managers base common misc model models handler "
    "handlers".split()
)
NETWORK = set(
    "socket socketserver ssl http urllib.request smtplib ftplib httpx requests aiohttp urllib3 websockets "
    "litestar starlette granian".split()
)
CLOCKS = re.compile(
    r"(^|\.)(datetime\.(now|utcnow|today)|date\.today|time\.(time|time_ns|localtime|gmtime))$"
)
TRANSACTION_WORDS = re.compile(r"(?i)\s*(BEGIN|COMMIT|ROLLBACK|(RELEASE )?SAVEPOINT|START TRANSACTION)\b")
ASKS_DATABASE = re.compile(
    r"(^|\.)(fetch\w*|execute\w*|cursor|prepare|copy_from_query|rows?|row_or_none|value)$"
)
SQL_WORDS = re.compile(r"(?i)\b(SELECT\s|INSERT\s+INTO\b|UPDATE\s|DELETE\s+FROM\b|WITH\s+\w+\s+AS\b)")
SQL_FORMAT = re.compile(r"(?i)\bformat\w*\s*(?:=|<>|!=)\s*'([\w@]+)'")
PAGE_COMPARES = re.compile(r"[=!]=\s*['\"]([\w@]+)['\"]")
MAKES_TABLE = re.compile(
    r"(?im)^\s*CREATE\s+(?:UNLOGGED\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?([\w.]+)(\s+PARTITION\s+OF)?"
)
SAYS_TABLE = re.compile(r"(?i)COMMENT\s+ON\s+TABLE\s+([\w.]+)")


@dataclass(frozen=True)
class Breach:
    """One place where a rule is broken. `size` is what an exemption may allow: lines, or 1 for one place."""

    rule: str
    name: str  # path, or path::function: what an exemption names
    line: int
    why: str
    size: int = 1

    def __str__(self) -> str:
        path = self.name.partition("::")[0]
        return f"{path}:{self.line}: {self.why} [{self.rule}]"


@dataclass(frozen=True)
class Source:
    """A file of the project: its path from the root, its text, and how the formats are called."""

    path: str
    text: str
    formats: frozenset[str] = frozenset()

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path) if self.path.endswith(".py") else ast.Module([], [])

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @cached_property
    def calls(self) -> list[ast.Call]:
        return [node for node in self.nodes if isinstance(node, ast.Call)]

    @property
    def stem(self) -> str:
        return Path(self.path).stem

    def under(self, *places: str) -> bool:
        return self.path.startswith(places)

    def breach(self, rule: str, node: ast.AST | int, why: str) -> Breach:
        line = node if isinstance(node, int) else getattr(node, "lineno", 1)
        return Breach(rule, self.path, line, why)


Rule = Callable[[Source], Iterator[Breach]]
RULES: dict[str, Rule] = {}


def rule(check: Rule) -> Rule:
    """Enters a function among the rules under its own name, with dashes."""
    RULES[check.__name__.replace("_", "-")] = check
    return check


# --- lengths ---


@rule
def length(source: Source) -> Iterator[Breach]:
    """A file has one length limit, by what it is: a door, a format, a page, or any other file."""
    what, limit = _kind(source)
    lines = len(source.text.splitlines())
    if lines > limit:
        yield Breach("length", source.path, 1, f"{lines} lines; a {what} has at most {limit}", lines)


def _kind(source: Source) -> tuple[str, int]:
    if source.path in {f"highstreet/{name}/__init__.py" for name in (*DOMAINS, "market", "kit")}:
        return "door", DOOR
    if source.under("highstreet/formats/") and not source.stem.startswith("_"):
        return "format", FORMAT
    if re.match(r"highstreet/web/(?!shared/)\w+/.*\.(py|html)$", source.path):
        return "page", PAGE
    return "file", FILE


@rule
def function_length(source: Source) -> Iterator[Breach]:
    """A function fits on one screen."""
    for name, node in _functions(source.tree, ""):
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if lines > FUNCTION:
            why = f"{name} has {lines} lines; a function has at most {FUNCTION}"
            yield Breach("function-length", f"{source.path}::{name}", node.lineno, why, lines)


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield prefix + child.name, child
        inner = prefix + child.name + "." if isinstance(child, ast.ClassDef) else prefix
        yield from _functions(child, inner)


# --- names ---


@rule
def file_name(source: Source) -> Iterator[Breach]:
    """A file is named after what the business does; role-named files collect everything."""
    views = source.stem == "views" and not source.under("highstreet/market/views")
    if source.path.endswith(".py") and (source.stem.strip("_") in ROLE_NAMES or views):
        yield source.breach("file-name", 1, f"name the file after what the business does, not {source.stem}")


@rule
def format_name(source: Source) -> Iterator[Breach]:
    """Nobody asks which format an order has: the answer is one of the axes in the format's own file."""
    if not source.under("highstreet/") or source.under("highstreet/town/"):
        return
    others = source.formats - {source.stem if source.under("highstreet/formats/") else ""}
    for line, text in _compared(source):
        if text.partition("@")[0] in others:
            yield source.breach(
                "format-name", line, f'a comparison with the format "{text}" outside its file'
            )


def _compared(source: Source) -> Iterator[tuple[int, str]]:
    """Every text something is compared with: in Python, in SQL (a column called format) and in templates."""
    for node in source.nodes:
        sides: list[ast.expr] = []
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
        elif isinstance(node, ast.MatchValue):
            sides = [node.value]
        for side in sides:
            parts = side.elts if isinstance(side, ast.Tuple | ast.List | ast.Set) else [side]
            yield from ((part.lineno, text) for part in parts if (text := _text(part)) is not None)
    patterns = [SQL_FORMAT, PAGE_COMPARES] if source.path.endswith(".html") else [SQL_FORMAT]
    for number, line in enumerate(source.text.splitlines(), 1):
        for pattern in patterns:
            yield from ((number, text) for text in pattern.findall(line))


def _text(node: ast.AST) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


# --- time, chance and identity ---


@rule
def clock(source: Source) -> Iterator[Breach]:
    """Time is an argument; only kit/clock.py asks for it, so that a test or a replay can say when it is."""
    if source.path == "highstreet/kit/clock.py" or not source.under("highstreet/"):
        return
    for node in source.nodes:
        asked = CLOCKS.search(_dotted(node)) or (
            isinstance(node, ast.ImportFrom)
            and node.module == "time"
            and {name.name for name in node.names} & {"time", "time_ns", "localtime", "gmtime"}
        )
        if asked:
            yield source.breach("clock", node, "take the time as an argument, or ask highstreet.kit.clock")


@rule
def identity(source: Source) -> Iterator[Breach]:
    """Identifiers sort by time and know their kind; only kit/ids.py makes them."""
    if source.path == "highstreet/kit/ids.py" or not source.under("highstreet/"):
        return
    for node in source.nodes:
        if re.search(r"(^|\.)uuid\.?uuid\d$|^uuid[1-8]$", _dotted(node)):
            yield source.breach("identity", node, "let highstreet.kit.ids make the identifier")


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return ""


# --- the database ---


@rule
def transaction(source: Source) -> Iterator[Breach]:
    """One request or one job is one transaction: opened at the edge by kit/db.py, never further in."""
    if source.path == "highstreet/kit/db.py" or not source.under("highstreet/") or source.under(OWN_STORE):
        return
    for call in source.calls:
        word = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        ends = word in {"commit", "rollback"} and not call.args and not call.keywords
        nested = word in ("transaction", "single") and source.under(*INSIDE)
        said = any(TRANSACTION_WORDS.match(_text(part) or "") for part in call.args)
        if ends or nested or (said and ASKS_DATABASE.search(_dotted(call.func))):
            yield source.breach("transaction", call, "only highstreet.kit.db begins and ends transactions")


@rule
def sql_from_text(source: Source) -> Iterator[Breach]:
    """SQL is written out, with $1, $2 for its values; text put together lets strangers write it."""
    if not source.under("highstreet/"):
        return
    built = {
        target.id
        for node in source.nodes
        if isinstance(node, ast.Assign) and _builds_sql(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for call in source.calls:
        given = any(
            _builds_sql(part) or (isinstance(part, ast.Name) and part.id in built) for part in call.args
        )
        if given and ASKS_DATABASE.search(_dotted(call.func)):
            yield source.breach("sql-from-text", call, "write the SQL out and pass its values as $1, $2")


def _builds_sql(node: ast.AST) -> bool:
    """Whether the expression is SQL with something put in: an f-string, `%`, or `.format(...)`."""
    if isinstance(node, ast.JoinedStr):
        put_in = [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
        if all(isinstance(part, ast.Name) and part.id.isupper() for part in put_in):
            return False  # constants of the module, such as a list of columns
        return bool(SQL_WORDS.search(" ".join(_text(part) or "" for part in node.values)))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return bool(SQL_WORDS.search(_text(node.left) or ""))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        return bool(SQL_WORDS.search(_text(node.func.value) or ""))
    return False


@rule
def table_comment(source: Source) -> Iterator[Breach]:
    """Every table says in the schema what one row of it is."""
    if not source.path.endswith(".sql"):
        return
    said = {name.lower() for name in SAYS_TABLE.findall(source.text)}
    for made in MAKES_TABLE.finditer(source.text):
        if made[1].lower() not in said and not made[2]:
            line = source.text.count("\n", 0, made.start(1)) + 1
            yield source.breach("table-comment", line, f"{made[1]} has no COMMENT ON TABLE in this file")


# --- money, network, printing ---


@rule
def float_money(source: Source) -> Iterator[Breach]:
    """Money is whole minor units; a float loses a cent sooner or later."""
    if not source.under(*MONEY):
        return
    for node in source.nodes:
        literal = isinstance(node, ast.Constant) and isinstance(node.value, float)
        if literal or (isinstance(node, ast.Call) and _dotted(node.func) == "float"):
            yield source.breach("float-money", node, "no float where money is counted: use int or Decimal")


@rule
def network(source: Source) -> Iterator[Breach]:
    """What lies below the surfaces never calls out: an intent is a row, and an adapter carries it."""
    if not source.under(*BELOW_THE_SURFACES):
        return
    for node in source.nodes:
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{name.name}" for name in node.names)]
        if any(name in NETWORK or name.partition(".")[0] in NETWORK for name in names):
            yield source.breach("network", node, "no network library below the surfaces")


@rule
def printing(source: Source) -> Iterator[Breach]:
    """Only commands speak to a terminal; everything else logs, so that an operator finds it."""
    if not source.under("highstreet/") or source.under(*MAY_PRINT):
        return
    for call in source.calls:
        if _dotted(call.func) == "print":
            yield source.breach("printing", call, "log it; only commands print")


# --- running ---


def sources(root: Path) -> Iterator[Source]:
    """The files the rules apply to; what `make setup` copies from npm is not ours."""
    formats = frozenset(
        path.stem for path in (root / "highstreet/formats").glob("*.py") if not path.stem.startswith("_")
    )
    for top in ROOTS:
        for path in sorted((root / top).rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.suffix in KINDS and path.is_file() and "/static/lib/" not in name:
                yield Source(name, path.read_text(encoding="utf-8"), formats)


def breaches(source: Source) -> list[Breach]:
    return [found for check in RULES.values() for found in check(source)]


def without_exempted(found: list[Breach], register: str) -> list[Breach]:
    """The breaches no exemption covers, and what is wrong with the exemptions themselves.

    `register` is the text of checks/exceptions.toml. A limit is a number of lines for the length rules and a
    number of places for the others.
    """
    data = tomllib.loads(register)
    entries: list[dict[str, str | int]] = data.get("exception", [])
    here = "checks/exceptions.toml"
    faults: list[Breach] = []
    if len(entries) != data.get("entries"):
        why = f"it says entries = {data.get('entries')} but lists {len(entries)}; the number may only shrink"
        faults.append(Breach("exemption", here, 1, why))
    sizes: Counter[tuple[str, str]] = Counter()
    for breach in found:
        sizes[breach.rule, breach.name] += breach.size
    covered: set[tuple[str, str]] = set()
    for entry in entries:
        key, limit = (str(entry.get("rule")), str(entry.get("name"))), int(entry.get("limit", 0))
        if key not in sizes:
            faults.append(
                Breach("exemption", here, 1, f"{key[1]} no longer needs its exemption from {key[0]}")
            )
        elif len(str(entry.get("reason", ""))) < 20:
            faults.append(Breach("exemption", here, 1, f"{key[1]} gives no reason"))
        elif sizes[key] <= limit:
            covered.add(key)
    return faults + [breach for breach in found if (breach.rule, breach.name) not in covered]


def main(root: Path) -> int:
    register = (root / "checks/exceptions.toml").read_text(encoding="utf-8")
    found = [breach for source in sources(root) for breach in breaches(source)]
    left = without_exempted(found, register)
    for breach in left:
        print(breach)
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[1]))
