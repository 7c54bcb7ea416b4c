"""The JSON API: what programs do, over the same flows as the pages."""

from litestar.types import ControllerRouterHandler

ROUTES: list[ControllerRouterHandler] = []
