"""The queue of Las Cumbres Observatory: request groups at its portal.

The portal takes any number of groups of one name, so the name alone does not make a
submission safe to repeat: it is looked for first, and after silence it is asked about.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from astropy import units as u
from astropy.time import Time

from telescopes.errors import QueueRefused, QueueUnconfirmed, QueueUnreachable, looking_in
from telescopes.las_cumbres.facts import FILTERS
from telescopes.las_cumbres.messages import dump, write_group
from telescopes.observing_plan import ExecutedExposure, ObservingPlan
from telescopes.observing_queue import QueuedPlan, QueueReceipt, QueueRequest
from telescopes.preflight.execution_forecast import KeepsTimes
from telescopes.protocols.http import HTTPTransport
from telescopes.protocols.readback import contains, verify_deleted, verify_submitted

GROUPS = "/api/requestgroups/"
"""Path of request groups."""

PAGE = 100
"""Groups that are asked for at a time."""

_FILTER_NAMES = {code: name for name, code in FILTERS.items()}


@dataclass(frozen=True)
class LCOQueue(KeepsTimes):
    """Implements `telescopes.observing_queue.ObservingQueue`."""

    portal: HTTPTransport
    """The portal, with the token in its headers."""

    site: str
    """Code of the site whose 1 m telescopes are asked."""

    observation_type: str = "TIME_CRITICAL"
    """Which allocation is charged; RAPID_RESPONSE demands windows that are open."""

    proposal: str | None = None
    """Only groups of this proposal are listed; None for all that the token may see."""

    lists_until_done: ClassVar[bool] = True
    """It shows a plan until it is done."""

    resends_by_name: ClassVar[bool] = False
    """The same name may be there twice."""

    def confirmation_delay(self, request: QueueRequest) -> u.Quantity[u.physical.time]:  # noqa: ARG002 - the same for all
        """The portal shows a group as soon as it has it."""
        return 60 * u.s

    def prepare(self, plan: ObservingPlan, name: str, program: str, pi: str) -> QueueRequest:  # noqa: ARG002 - the portal knows the PI
        """Write the body of ``POST /api/requestgroups/``; `program` is the proposal."""
        group = write_group(
            plan, name, program, observation_type=self.observation_type, site=self.site
        )
        return QueueRequest(name, dump(group))

    def submit(self, request: QueueRequest) -> QueueReceipt:
        """Look first, have it validated, send once, read back."""
        match self.find(request):
            case True:
                return QueueReceipt(request.name, "the portal already holds exactly this group")
            case None:
                raise QueueRefused(f"the portal holds another group of the name {request.name}")
        self._validate(request)
        answer = self.portal.exchange("POST", GROUPS, body=request.body)
        return verify_submitted(request, answer, self.find, "the portal")

    def _validate(self, request: QueueRequest) -> None:
        """Let the portal check it; nothing is changed there."""
        try:
            answer = self.portal.exchange("POST", GROUPS + "validate/", body=request.body)
        except QueueUnconfirmed as err:
            raise QueueUnreachable(f"not validated, and not sent: {err}") from err
        errors = answer.expect().json()
        if not isinstance(errors, dict) or "errors" not in errors:
            raise QueueUnreachable(f"not an answer of the portal: {answer.message}")
        if errors["errors"]:
            raise QueueRefused(json.dumps(errors["errors"])[:2000])

    def find(self, request: QueueRequest) -> bool | None:
        """Whether the portal holds exactly this group, in whatever state but cancelled.

        Two groups of the name, even if both are this one, are a doubling: None.
        """
        groups = self._named(request.name)
        if not groups:
            return False
        sent = json.loads(request.body)
        return True if len(groups) == 1 and contains(groups[0], sent) else None

    def withdraw(self, name: str) -> None:
        """Cancel every pending group of that name and see that it is cancelled."""
        reply = ""
        for group in self._pending(name):
            try:
                reply = self.portal.exchange("POST", f"{GROUPS}{group['id']}/cancel/").message
            except QueueUnconfirmed as err:
                reply = str(err)
        if not reply:
            return
        verify_deleted(name, reply, lambda: bool(self._pending(name)), "the portal")

    def queued(self) -> tuple[QueuedPlan, ...]:
        """All pending groups."""
        return tuple(_queued_plan(group) for group in self._groups(state="PENDING"))

    def executed(self, start: Time, end: Time) -> Iterable[ExecutedExposure]:
        """Exposures begun in [start, end), in the order of time.

        The portal tells of a configuration when it has been completed; seeing and depth come
        with the images, which are not asked for here.
        """
        exposures = [
            exposure
            for group in self._groups()
            if _meets(group, start, end)
            for request in group["requests"]
            if request["state"] != "CANCELED"
            for exposure in self._exposures(group, request)
            if start <= exposure.start < end
        ]
        return sorted(exposures, key=lambda exposure: float(exposure.start.mjd))

    def _exposures(
        self, group: Mapping[str, Any], request: Mapping[str, Any]
    ) -> Iterator[ExecutedExposure]:
        path = f"/api/requests/{request['id']}/observations/"
        observations = self.portal.exchange("GET", path).expect().json()
        configurations = {each["id"]: each for each in request["configurations"]}
        try:
            for observation in observations:
                for status in observation["configuration_statuses"]:
                    summary = status.get("summary") or {}
                    if summary.get("state") == "COMPLETED":
                        configuration = configurations[status["configuration"]]
                        yield _exposure(group["name"], status, summary, configuration)
        except (KeyError, TypeError, ValueError) as err:
            raise QueueUnreachable(f"an observation cannot be read: {err!r}") from err

    def ping(self) -> None:
        """Return if the portal knows us."""
        with looking_in("the portal"):
            profile = self.portal.exchange("GET", "/api/profile/").expect().json()
        if not isinstance(profile, dict) or "username" not in profile:
            raise QueueUnreachable(f"something else answers for the portal: {profile!r:.200}")

    def _named(self, name: str) -> list[Mapping[str, Any]]:
        """Groups of exactly this name that are not cancelled."""
        # The portal's filter takes any name that contains the one asked for.
        return [
            group
            for group in self._groups(name=name)
            if group["name"] == name and group["state"] != "CANCELED"
        ]

    def _pending(self, name: str) -> list[Mapping[str, Any]]:
        return [group for group in self._named(name) if group["state"] == "PENDING"]

    def _groups(self, **query: str) -> list[Mapping[str, Any]]:
        """All groups that match, page after page."""
        if self.proposal is not None:
            query["proposal"] = self.proposal
        groups: list[Mapping[str, Any]] = []
        while True:
            part = {**query, "limit": str(PAGE), "offset": str(len(groups))}
            page = self.portal.exchange("GET", GROUPS, query=part).expect().json()
            try:
                results = [_checked(group) for group in page["results"]]
                more = page["next"]
            except (KeyError, TypeError) as err:
                raise QueueUnreachable(f"the list of groups cannot be read: {err!r}") from err
            groups += results
            if not more or not results:
                return groups


def _checked(group: Any) -> Mapping[str, Any]:
    """Raise KeyError or TypeError if it is no request group."""
    for name in ("id", "name", "state", "requests"):
        group[name]
    checked: Mapping[str, Any] = group
    return checked


def _windows(group: Mapping[str, Any]) -> tuple[Time, Time]:
    """First start and last end."""
    windows = [window for request in group["requests"] for window in request["windows"]]
    starts = Time([_utc(window["start"]) for window in windows], scale="utc")
    ends = Time([_utc(window["end"]) for window in windows], scale="utc")
    return starts.min(), ends.max()


def _meets(group: Mapping[str, Any], start: Time, end: Time) -> bool:
    first, last = _windows(group)
    return bool(first < end and last > start)


def _utc(text: str) -> str:
    """Take off the zone, which is always UTC."""
    return text.removesuffix("Z").removesuffix("+00:00")


def _queued_plan(group: Mapping[str, Any]) -> QueuedPlan:
    start, end = _windows(group)
    return QueuedPlan(
        group["name"],
        start,
        end,
        is_too=group.get("observation_type") != "NORMAL",
        targets=tuple(request for request in group["requests"] if request["state"] == "PENDING"),
    )


def _exposure(
    name: str,
    status: Mapping[str, Any],
    summary: Mapping[str, Any],
    configuration: Mapping[str, Any],
) -> ExecutedExposure:
    target = configuration["target"]
    taken = configuration["instrument_configs"][0]
    code = taken["optical_elements"]["filter"]
    label, _, field_id = str(target["name"]).partition(" ")
    return ExecutedExposure(
        exposure_id=str(status["id"]),
        field_id=int(field_id) if label == "field" else -1,
        ra=float(target["ra"]) * u.deg,
        dec=float(target["dec"]) * u.deg,
        filter=_FILTER_NAMES.get(code, code),
        start=Time(_utc(summary["start"]), scale="utc"),
        exposure_time=float(taken["exposure_time"]) * u.s,
        detectors=np.array([0]),
        queue_name=name,
    )
