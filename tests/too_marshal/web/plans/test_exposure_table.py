"""The order of the exposures on a plan's page, and what each night amounts to."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event, add_localization, add_plan
from tests.too_marshal.web.event.test_page import page
from too_marshal.db.observing.plans import Plan

pytestmark = pytest.mark.usefixtures("evening")


@pytest.fixture
def plan(session: Session) -> Plan:
    """Of two nights: the second half of the exposures is taken a day later."""
    event = add_event(session, is_test=True)
    add_localization(session, event)
    plan = add_plan(session, event)
    for row in plan.exposures:
        row.airmass = 1 + ((7 * row.number) % 12) / 10
        if row.number >= 6:
            row.start += timedelta(days=1)
    session.commit()
    return plan


def listed(shown: str) -> list[int]:
    """Numbers of the exposures, from the top down."""
    return [
        int(number) for number in re.findall(r'<tr data-field[^>]*><td class="num">(\d+)', shown)
    ]


def sorted_by(shown: str) -> dict[str, str]:
    """Direction by the words of the heading that has one."""
    return {
        words.strip(): direction
        for direction, words in re.findall(r'aria-sort="(\w+)"><a[^>]*>([^<]+)<', shown)
    }


@pytest.mark.parametrize(
    ("order", "heading", "direction"),
    [
        ("", "Start (UTC)", "ascending"),
        ("time", "Start (UTC)", "ascending"),
        ("-time", "Start (UTC)", "descending"),
        ("airmass", "Airmass", "ascending"),
        ("-airmass", "Airmass", "descending"),
        ("probability", "Prob.", "descending"),
        ("-probability", "Prob.", "ascending"),
        ("<b>", "Start (UTC)", "ascending"),
    ],
)
def test_the_order_is_the_one_that_the_heading_says(
    viewer: FlaskClient, plan: Plan, order: str, heading: str, direction: str
):
    shown = page(viewer, f"/plans/{plan.id}?order={order}")
    assert sorted_by(shown) == {heading: direction}
    rows = {row.number + 1: row for row in plan.exposures}
    numbers = listed(shown)
    assert sorted(numbers) == sorted(rows)
    quantity = {"Start (UTC)": "start", "Airmass": "airmass", "Prob.": "probability"}[heading]
    values = [getattr(rows[number], quantity) for number in numbers]
    assert values == sorted(values, reverse=direction == "descending")


def test_a_heading_leads_to_its_order_and_then_to_the_other_way_round(
    viewer: FlaskClient, plan: Plan
):
    first = page(viewer, f"/plans/{plan.id}")
    assert f'href="/plans/{plan.id}?order=airmass#exposures-title"' in first
    assert f'href="/plans/{plan.id}?order=-time#exposures-title"' in first
    turned = page(viewer, f"/plans/{plan.id}?order=-airmass")
    assert f'href="/plans/{plan.id}?order=airmass#exposures-title"' in turned


def test_each_night_has_its_sum_in_the_order_of_time_alone(
    viewer: FlaskClient, session: Session, plan: Plan
):
    plan.statistics = {
        **plan.statistics, "probability_by_night": {"2026-11-21": 0.5, "2026-11-22": 0.21},
    }  # fmt: skip
    session.commit()
    for order in ("", "-time"):
        sums = re.findall(
            r'class="subtotal"><th[^>]*>([^<]+)', page(viewer, f"/plans/{plan.id}?order={order}")
        )
        expected = [
            "Night of 21/22 November: 6 exposures, open shutter 3 min, 50.0 % newly covered",
            "Night of 22/23 November: 6 exposures, open shutter 3 min, 21.0 % newly covered",
        ]
        assert sums == (expected[::-1] if order else expected)
    assert "subtotal" not in page(viewer, f"/plans/{plan.id}?order=airmass")


def test_an_older_plan_says_nothing_of_what_a_night_covers(viewer: FlaskClient, plan: Plan):
    shown = page(viewer, f"/plans/{plan.id}")
    assert shown.count('class="subtotal"') == 2
    assert "newly covered" not in shown
