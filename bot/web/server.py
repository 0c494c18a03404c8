"""The web application: every route, who asks, and what holds for every answer."""

import asyncio
import logging
import secrets
import time
from collections.abc import Iterable, Mapping

from aiohttp import web
from aiohttp.typedefs import Handler
from prometheus_client import REGISTRY, CollectorRegistry

from bot.house import House
from bot.web import routes as resident
from bot.web.answers import SESSION_COOKIE, VISIT_COOKIE
from bot.web.assets import Assets
from bot.web.console import learning, roster
from bot.web.console import routes as console
from bot.web.csrf import CHANGING, check_csrf
from bot.web.keys import CLOSING, HOUSE, METRICS, PAGES, REQUEST_ID, VISITOR
from bot.web.metrics import Metrics
from bot.web.render import Pages
from bot.web.session import SEEN_EVERY, Visitor, find_visitor, mark_seen
from bot.web.trouble import MACHINE_PREFIXES, show_trouble
from core.actor import SYSTEM

FORM_BYTES_MAX = 256_000
COOKIE_LENGTH_MAX = 200
SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' blob:",
            "media-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not "no-referrer": with it browsers send "Origin: null" along with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Server": "yunshequ",
}
MACHINE_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}
HSTS = "max-age=31536000"
UPLOADS: Mapping[str, int] = {**resident.UPLOADS, **console.UPLOADS}
"""Patterns of routes that take files, with the most bytes a whole request may have."""

log = logging.getLogger(__name__)


def build_web(
    house: House,
    extra_routes: Iterable[web.AbstractRouteDef] = (),
    *,
    registry: CollectorRegistry = REGISTRY,
) -> web.Application:
    """The application that serves every page of the house.

    `extra_routes` are those of channels, under MACHINE_PREFIXES: they guard themselves, and get
    neither session nor form token. `registry` holds what else /metrics shows.
    """
    app = web.Application(
        middlewares=[identify, allow_uploads, show_trouble, find_actor],
        client_max_size=FORM_BYTES_MAX,
    )
    assets = Assets()
    app[HOUSE] = house
    app[PAGES] = Pages(assets, house.db.clock)
    app[METRICS] = Metrics(house.db, registry)
    app[CLOSING] = asyncio.Event()
    app.on_response_prepare.append(add_headers)
    app.on_shutdown.append(_end_streams)
    app.router.add_get("/static/{name:.+}", assets.serve)
    app.add_routes(resident.ROUTES)
    app.add_routes(console.ROUTES)
    roster.prepare(app)
    learning.prepare(app)
    if house.settings.simulator:
        app.add_routes(resident.SIMULATOR_ROUTES)
    app.add_routes(extra_routes)
    return app


async def _end_streams(app: web.Application) -> None:
    app[CLOSING].set()


@web.middleware
async def identify(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request a number of its own, and count it when it is answered."""
    request[REQUEST_ID] = secrets.token_hex(8)
    begun = time.perf_counter()
    response = await handler(request)
    seconds = time.perf_counter() - begun
    resource = request.match_info.route.resource
    pattern = resource.canonical if resource else "(none)"
    request.app[METRICS].count(request.method, pattern, response.status, seconds)
    log.debug("%s %s %d %.4f s", request.method, pattern, response.status, seconds)
    return response


@web.middleware
async def allow_uploads(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let the pages that take files take that much, and no other."""
    resource = request.match_info.route.resource
    limit = UPLOADS.get(resource.canonical) if resource else None
    if limit is not None and request.method == "POST":
        request = request.clone(client_max_size=limit)
    return await handler(request)


@web.middleware
async def find_actor(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find out who asks, and let only forms of our own pages change anything."""
    if request.path.startswith(MACHINE_PREFIXES):
        request[VISITOR] = Visitor()
        return await handler(request)
    house = request.app[HOUSE]
    visitor = request[VISITOR] = await _visitor(house, request)
    if request.method not in CHANGING:
        return await handler(request)
    posted = await request.post()
    try:
        check_csrf(
            request,
            posted,
            signer=house.signer,
            secret=visitor.secret,
            public_url=house.settings.public_url,
        )
        return await handler(request)
    finally:
        for field in posted.values():
            if isinstance(field, web.FileField):
                field.file.close()


async def _visitor(house: House, request: web.Request) -> Visitor:
    token = request.cookies.get(SESSION_COOKIE, "")
    visitor = Visitor()
    if token and len(token) <= COOKIE_LENGTH_MAX:
        visitor = await house.db.read(SYSTEM, find_visitor, token)
    if visitor.session_id is None:
        return Visitor(secret=request.cookies.get(VISIT_COOKIE, "")[:COOKIE_LENGTH_MAX])
    if visitor.seen_at is not None and house.db.clock() - visitor.seen_at > SEEN_EVERY:
        await house.db.run(SYSTEM, mark_seen, visitor.session_id)
    return visitor


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """What every answer carries, streams and errors as well."""
    is_machine = request.path.startswith(MACHINE_PREFIXES)
    # A program shows nothing to anybody: what keeps browsers in order would only be ballast.
    for name, value in (MACHINE_HEADERS if is_machine else SECURITY_HEADERS).items():
        response.headers.setdefault(name, value)
    response.headers["Server"] = SECURITY_HEADERS["Server"]
    if REQUEST_ID in request:
        response.headers["X-Request-Id"] = request[REQUEST_ID]
    if request.app[HOUSE].settings.public_url.startswith("https://"):
        response.headers["Strict-Transport-Security"] = HSTS
