"""Every address of residents' pages, health and simulator."""

from collections.abc import Mapping

from aiohttp import web

from bot.web import health, landing, preferences, signin, simulator
from bot.web.pictures import UPLOAD_BYTES_MAX

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

SIMULATOR_ROUTES: list[web.RouteDef] = [
    web.get("/simulator", simulator.show_simulator),
    web.post("/simulator", simulator.send_line),
    web.get("/simulator/lines", simulator.stream_lines),
    web.get("/simulator/pictures/{line}", simulator.show_picture),
    web.post("/simulator/open", simulator.open_page),
]

UPLOADS: Mapping[str, int] = {
    "/simulator": UPLOAD_BYTES_MAX,
}
"""Patterns of ROUTES that take files, with the most bytes a whole request may have."""
