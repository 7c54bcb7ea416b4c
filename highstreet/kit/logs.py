"""Logs: one JSON object per line on stdout, for what we say and for what libraries say."""

from __future__ import annotations

import logging

import msgspec
import structlog


def set_up_logs(level: str) -> None:
    """One JSON object per line on stdout, for ours and for what libraries say."""
    number = getattr(logging, level.upper())
    stamped = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            *stamped,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_as_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.BytesLoggerFactory(),
        cache_logger_on_first_use=True,
    )
    line = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*stamped, structlog.stdlib.add_logger_name],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(line)
    logging.basicConfig(handlers=[handler], level=max(number, logging.INFO), force=True)
    # They repeat addresses, which may be somebody's; what we want to know of calls we log ourselves.
    for loud in ("httpx", "httpcore", "asyncio"):
        logging.getLogger(loud).setLevel(logging.WARNING)


def _as_json(event: dict[str, object], **_: object) -> bytes:
    return msgspec.json.encode(event, enc_hook=str)
