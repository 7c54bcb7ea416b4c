"""The API's description (OpenAPI) and the page at /docs that shows it; nothing is fetched from elsewhere."""

from __future__ import annotations

from litestar.openapi.config import OpenAPIConfig
from litestar.types import ControllerRouterHandler

ROUTES: list[ControllerRouterHandler] = []


def config(version: str) -> OpenAPIConfig:
    """The description's frame."""
    return OpenAPIConfig(title="highstreet", version=version, path="/api/openapi", render_plugins=[])
