"""Every address of the console."""

from collections.abc import Mapping

from aiohttp import web

from bot.web.console import case, cases, home, login, me, newcase, requests
from bot.web.pictures import UPLOAD_BYTES_MAX

ROUTES: list[web.RouteDef] = [
    web.get("/console/login", login.show_login),
    web.post("/console/login", login.log_in),
    web.post("/console/logout", login.log_out),
    web.get("/console/me", me.show_me),
    web.post("/console/me/password", me.change_password),
    web.get("/console/me/second-step", me.offer_second_step),
    web.post("/console/me/second-step", me.turn_on_second_step),
    web.post("/console/me/second-step/off", me.turn_off_second_step),
    web.post("/console/me/leave-others", me.leave_others),
    web.get("/console", home.show_today),
    web.post("/console/letters/{letter_id}/again", home.send_again),
    web.post("/console/letters/{letter_id}/told", home.mark_told),
    web.get("/console/requests", requests.show_requests),
    web.get("/console/requests/{request_id}", requests.show_request),
    web.post("/console/requests/{request_id}/correct", requests.correct_request),
    web.get("/console/cases", cases.show_cases),
    web.get("/console/cases/new", newcase.show_form),
    web.post("/console/cases/new", newcase.open_for_others),
    web.get("/console/cases/{case_id}", case.show_case),
    web.post("/console/cases/{case_id}/do/{step}", case.take),
    web.post("/console/cases/{case_id}/quick/{step}", case.take_quickly),
    web.get("/console/cases/{case_id}/photos/{photo_id}", case.show_photo),
]

UPLOADS: Mapping[str, int] = {"/console/cases/{case_id}/do/{step}": UPLOAD_BYTES_MAX}
"""Patterns of ROUTES that take files, with the most bytes a whole request may have."""
