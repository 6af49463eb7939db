"""A rule as a document: what a person may set in it, and what each value may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from astropy import units as u
from pydantic import AfterValidator, ValidationError

from planners.files.request_fields import ObservingLimits
from planners.problem.requests import RequestInvalid, check_fields, grids_of
from planners.registry import MAP_PLANNERS, PLANNERS
from telescopes import TELESCOPES
from telescopes.entries import Entry, sentences
from telescopes.telescope import Telescope
from too_marshal.db.observing.plans import (
    MAXIMUM_AGE_TO_PLAN,
    MAXIMUM_AGE_TO_SUBMIT,
    MAXIMUM_AGE_TO_TELL,
    PlanRule,
)
from too_marshal.workflows.errors import Invalid
from too_marshal.workflows.events.tag import tag_name
from too_marshal.workflows.rules.conditions import RuleConditions
from too_marshal.workflows.rules.texts import Text, Texts

_CENTURY = 24.0 * 36525


class RuleInvalid(Invalid):
    """A rule cannot be as asked."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        """Say what is wrong.

        Parameters
        ----------
        faults
            A sentence for each field that is wrong.
        """
        super().__init__("; ".join(f"{name}: {fault}" for name, fault in faults.items()))
        self.faults = dict(faults)


def _age(what: str) -> Entry:
    return Entry(
        what, unit=u.h, typed=u.day, hint="days; empty: any", least=0, most=_CENTURY,
        detail="of the event; null: no limit",
    )  # fmt: skip


def _tag_names(texts: list[str]) -> list[str]:
    """Tags as they are kept, each once."""
    try:
        return list(dict.fromkeys(map(tag_name, texts)))
    except ValueError as err:
        raise ValueError(f"{err}.") from err


class RuleFields(RuleConditions, ObservingLimits):
    """Everything that a person may set in a rule."""

    name: Annotated[str, Text(80), Entry("Name", detail="unique")] = ""
    enabled: Annotated[bool, Entry("enabled")] = True
    notifies: Annotated[bool, Entry("tell people")] = False
    channels: Annotated[list[str], Texts(), Entry("Channels", hint="empty: all")] = []  # noqa: RUF012 - copied by pydantic
    maximum_age_to_tell: Annotated[
        float | None, _age("Told if the event is no older than")
    ] = MAXIMUM_AGE_TO_TELL  # fmt: skip
    wakes: Annotated[bool, Entry("wake who is on call, until somebody acknowledges")] = False
    tags: Annotated[
        list[str], Texts(), AfterValidator(_tag_names), Entry("Give the event tags")
    ] = []  # noqa: RUF012
    plans: Annotated[bool, Entry("make a plan")] = False
    telescope: Annotated[str, Text(40), Entry("Telescope")] = ""
    filters: Annotated[list[str], Texts(), Entry("Filters, in order")] = []  # noqa: RUF012
    exposure_time: Annotated[float, Entry("Exposure time", unit=u.s, least=0, most=3600)] = 0.0
    planner: Annotated[str, Text(20), Entry("Planner")] = MAP_PLANNERS[0]
    program: Annotated[str, Text(40), Entry("Program (empty: the usual)")] = ""
    maximum_age_to_plan: Annotated[
        float | None, _age("Planned if the event is no older than")
    ] = MAXIMUM_AGE_TO_PLAN  # fmt: skip
    submits: Annotated[
        bool, Entry("submit it without a person, where the settings of the robot allow it")
    ] = False
    minimum_probability: Annotated[
        float | None,
        Entry("Submitted only if the plan covers at least", hint="0 to 1", least=0, most=1),
    ] = None
    maximum_age_to_submit: Annotated[
        float | None, _age("Submitted if it is no older than")
    ] = MAXIMUM_AGE_TO_SUBMIT  # fmt: skip


REQUESTED = ("filters", *ObservingLimits.model_fields)
"""What a rule says of the request for its plan, as a plan file has it."""


def as_usual(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return every field of a rule that was checked, perhaps before some field was there."""
    known = {name: value for name, value in values.items() if name in RuleFields.model_fields}
    return RuleFields.model_construct(**known).model_dump()


def columns(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of the table that a rule's fields make."""
    whole = as_usual(values)
    conditions = {name: whole.pop(name) for name in RuleConditions.model_fields}
    request = {name: whole.pop(name) for name in REQUESTED}
    return {**whole, "conditions": conditions, "request": request}


def values_of(rule: PlanRule) -> dict[str, Any]:
    """Return every field of a rule in the table."""
    whole = {**rule.conditions, **rule.request}
    for name in (
        RuleFields.model_fields.keys() - RuleConditions.model_fields.keys() - set(REQUESTED)
    ):
        whole[name] = getattr(rule, name)
    return as_usual(whole)


def requested(rule: PlanRule) -> dict[str, Any]:
    """Return what a rule asks of the planner, window left out, as a plan file has it."""
    values = values_of(rule)
    return {name: values[name] for name in REQUESTED}


def checked(values: Mapping[str, Any], *, typed: bool = False) -> dict[str, Any]:
    """Return every field of a rule, fit to be stored; what is not given is as usual.

    Parameters
    ----------
    values
        In the units of the table.
    typed
        Whether faults are said in the units in which people type.

    Raises
    ------
    RuleInvalid
        If any value cannot be; a sentence for each.
    """
    try:
        rule = RuleFields.model_validate(dict(values))
    except ValidationError as err:
        raise RuleInvalid(sentences(err, RuleFields, typed=typed)) from err
    faults = _together(rule)
    if faults:
        raise RuleInvalid(faults)
    return rule.model_dump()


def _together(rule: RuleFields) -> dict[str, str]:
    """What is wrong with fields that are right each by itself."""
    faults = {}
    if not rule.name:
        faults["name"] = "Give the rule a name."
    if not (rule.plans or rule.notifies or rule.wakes or rule.tags):
        faults["notifies"] = "A rule tells people, wakes them, plans, or gives tags."
    if rule.fits_camera and rule.telescope not in TELESCOPES:
        faults["fits_camera"] = "Name the telescope whose camera it is to fit."
    if not rule.plans:
        if rule.submits:
            faults["submits"] = "Only a rule that plans can submit."
        return faults
    return faults | _plan_together(rule) | _goal_together(rule)


def _goal_together(rule: RuleFields) -> dict[str, str]:
    """What is wrong with what the plan is to be good for."""
    faults = {}
    if rule.objective == "detection":
        if not rule.source:
            faults["source"] = "Say what is to be detected."
        if rule.planner in MAP_PLANNERS and not PLANNERS[rule.planner].detects:
            faults["planner"] = "The optimal and the greedy planner look for a source."
    return faults


def _plan_together(rule: RuleFields) -> dict[str, str]:
    """What is wrong with the plan that a rule asks for."""
    faults = {}
    telescope = TELESCOPES.get(rule.telescope)
    if telescope is None:
        faults["telescope"] = f"One of {', '.join(TELESCOPES)}."
    elif not rule.filters or not set(rule.filters) <= set(telescope.filters):
        faults["filters"] = f"{telescope.name} has the filters {', '.join(telescope.filters)}."
    if telescope is not None and rule.excluded_fields:
        try:
            check_fields(telescope, rule.excluded_fields)
        except RequestInvalid as err:
            faults["excluded_fields"] = f"{err}."
    if telescope is not None:
        faults |= _what_it_does(telescope, rule)
    if rule.planner not in MAP_PLANNERS:
        faults["planner"] = f"One of {', '.join(MAP_PLANNERS)}."
    if rule.exposure_time <= 0:
        faults["exposure_time"] = "Longer than 0 s."
    return faults


def _what_it_does(telescope: Telescope, rule: RuleFields) -> dict[str, str]:
    """What a telescope does not do of what a rule asks."""
    faults = {}
    if rule.grid is not None and rule.grid not in grids_of(telescope):
        faults["grid"] = f"{telescope.name} has no {rule.grid} grid."
    most = telescope.most_dithers
    if (rule.dithers or 1) > most:
        faults["dithers"] = f"{telescope.name} divides an exposure into {most} at most."
    if rule.dither_distance is not None and most == 1:
        faults["dither_distance"] = f"{telescope.name} divides no exposure into dithers."
    return faults
