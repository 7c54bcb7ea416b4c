"""The API's description (OpenAPI) and the page at /docs that shows it; nothing is fetched from elsewhere."""

from __future__ import annotations

from functools import lru_cache
from html import escape
from typing import Any

import msgspec
from litestar import MediaType, Request, Response, get
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import ControllerRouterHandler

from highstreet.kit.errors import REFUSALS

_ABOUT = """Everything the pages do, for programs, over the same flows. Amounts are whole minor units, times ISO 8601 in UTC.

A guest needs nothing; a party sends `Authorization: Bearer hst_...` (a token made under /merchant or /me). Every call that changes
something takes an `Idempotency-Key`: repeat a call with its key and you get its first answer. What goes wrong is
`application/problem+json` with a stable `code` and a sentence in the language of `Accept-Language` (en, zh)."""


def config(version: str) -> OpenAPIConfig:
    """The description's frame; it is served as /api/openapi/openapi.json."""
    return OpenAPIConfig(
        title="highstreet",
        version=version,
        description=_ABOUT,
        path="/api/openapi",
        render_plugins=[JsonRenderPlugin()],
        use_handler_docstrings=True,
        components=Components(security_schemes={"token": SecurityScheme(type="http", scheme="bearer")}),
    )


@get("/docs", media_type=MediaType.HTML, include_in_schema=False, sync_to_thread=False)
def docs(request: Request[Any, Any, Any]) -> Response[str]:
    """The description as a page."""
    spec = msgspec.json.decode(msgspec.json.encode(request.app.openapi_schema.to_schema()))
    headers = {
        "content-security-policy": "default-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    }
    return Response(_page(msgspec.json.encode(spec)), media_type="text/html; charset=utf-8", headers=headers)


@get("/docs/problems", media_type=MediaType.HTML, include_in_schema=False, sync_to_thread=False)
def problems() -> Response[str]:
    """Every refusal: what a problem's `type` leads to."""
    rows = "".join(
        f'<tr id="{escape(code)}"><td><code>{escape(code)}</code></td><td>{one.status}</td>'
        f'<td>{escape(one.en)}</td><td lang="zh">{escape(one.zh)}</td></tr>'
        for code, one in sorted(REFUSALS.items())
    )
    body = f"<h1>Problems</h1><table><tr><th>code</th><th>status</th><th>English</th><th>中文</th></tr>{rows}</table>"
    return Response(_frame("Problems", body), media_type="text/html; charset=utf-8")


ROUTES: list[ControllerRouterHandler] = [docs, problems]


@lru_cache(maxsize=1)
def _page(spec: bytes) -> str:
    told: dict[str, Any] = msgspec.json.decode(spec)
    groups: dict[str, list[str]] = {}
    for path, methods in sorted(told["paths"].items()):
        for method, operation in methods.items():
            tag = (operation.get("tags") or ["other"])[0]
            groups.setdefault(tag, []).append(_operation(path, method, operation, told))
    parts = "".join(f"<h2>{escape(tag)}</h2>{''.join(found)}" for tag, found in sorted(groups.items()))
    about = "".join(f"<p>{escape(part)}</p>" for part in _ABOUT.split("\n\n"))
    links = (
        '<p><a href="/api/openapi/openapi.json">openapi.json</a> · <a href="/docs/problems">problems</a></p>'
    )
    return _frame("API", f"<h1>The market for programs</h1>{about}{links}{parts}")


def _operation(path: str, method: str, operation: dict[str, Any], told: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(one['name'])}</code></td><td>{escape(one['in'])}</td><td>{_kind(one.get('schema', {}))}</td></tr>"
        for one in operation.get("parameters", [])
    )
    asked = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    good = next((one for status, one in operation["responses"].items() if status.startswith("2")), {})
    answer = next(iter(good.get("content", {}).values()), {}).get("schema", {})
    return (
        f'<details><summary><b class="{method}">{method.upper()}</b> <code>{escape(path)}</code> '
        f"{escape(operation.get('description') or operation.get('summary', ''))}</summary>"
        + (f"<table>{rows}</table>" if rows else "")
        + (f"<h4>Body</h4>{_shape(asked, told)}" if asked else "")
        + (f"<h4>Answer</h4>{_shape(answer, told)}" if answer else "")
        + "</details>"
    )


def _shape(schema: dict[str, Any], told: dict[str, Any], depth: int = 0) -> str:
    """A schema as a table of its fields, nested ones folded in."""
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    found: dict[str, Any] = told["components"]["schemas"].get(name, schema) if name else schema
    fields = found.get("properties")
    if not fields or depth > 3:
        return f"<p>{_kind(schema)}</p>"
    rows: list[str] = []
    for field, kind in fields.items():
        inner = kind.get("items", kind)
        more = _shape(inner, told, depth + 1) if "$ref" in inner else ""
        needed = " *" if field in found.get("required", ()) else ""
        rows.append(f"<tr><td><code>{escape(field)}</code>{needed}</td><td>{_kind(kind)}{more}</td></tr>")
    about = f"<p>{escape(found['description'])}</p>" if found.get("description") else ""
    return f"{about}<table>{''.join(rows)}</table>"


def _kind(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return escape(schema["$ref"].rpartition("/")[2])
    for way in ("oneOf", "anyOf"):
        if way in schema:
            return " or ".join(dict.fromkeys(_kind(one) for one in schema[way]))
    if "enum" in schema:
        return ", ".join(f"<code>{escape(str(one))}</code>" for one in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    kind = schema.get("type", "any")
    return escape(" or ".join(kind) if isinstance(kind, list) else str(kind))


def _frame(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title} · highstreet</title><style>{_STYLE}</style><main>{body}</main></html>"
    )


_STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;margin:0;background:Canvas;color:CanvasText}
main{max-width:60rem;margin:0 auto;padding:1rem}
details{border:1px solid #8886;border-radius:8px;margin:.4rem 0;padding:.5rem .8rem}
summary{cursor:pointer}
table{border-collapse:collapse;margin:.3rem 0;width:100%}
td,th{border-bottom:1px solid #8884;padding:.2rem .5rem;text-align:left;vertical-align:top}
b{display:inline-block;min-width:4.2rem}
code{font-size:.92em;overflow-wrap:anywhere}
h4{margin:.6rem 0 .1rem}
"""
