"""A payment provider that is known but never called: for flows whose notices a test tells itself."""

from __future__ import annotations

from highstreet.adapters.payments_sandbox import SandboxProvider


def unreachable() -> SandboxProvider:
    return SandboxProvider(
        "http://127.0.0.1:9", ("a secret shared in tests",), "http://127.0.0.1:9/notices", "a town"
    )
