"""Every address of residents' pages, health and simulator."""

from collections.abc import Mapping

from aiohttp import web

from bot.web import health, landing, preferences, signin

ROUTES: list[web.RouteDef] = [
    web.get("/", landing.show_landing),
    web.get("/healthz", health.show_alive),
    web.get("/readyz", health.show_ready),
    web.get("/metrics", health.show_metrics),
    web.get("/l/{token}", signin.show_link),
    web.post("/l/{token}", signin.follow_link),
    web.post("/leave", signin.leave),
    web.post("/type-size", preferences.change_type_size),
]

SIMULATOR_ROUTES: list[web.RouteDef] = []

UPLOADS: Mapping[str, int] = {}
"""Patterns of ROUTES that take files, with the most bytes a whole request may have."""
