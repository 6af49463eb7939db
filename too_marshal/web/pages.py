"""Every page: the blueprints of the web, which the application registers."""

from __future__ import annotations

from flask import Blueprint

from too_marshal.web import (
    auth,
    coverage,
    design,
    exposures,
    health,
    installable,
    live,
    maps,
    notices,
    queues,
    replacements,
    search,
)
from too_marshal.web.alarms import answer as alarm_answers
from too_marshal.web.alarms import drills, on_call
from too_marshal.web.alarms import settings as alarm_settings
from too_marshal.web.circulars import pages as circular_pages
from too_marshal.web.event import (
    candidates,
    difference,
    entering,
    first_screen,
    ledger,
    links,
    listing,
    names,
    notes,
    tags,
    timeline,
)
from too_marshal.web.event import page as event_page
from too_marshal.web.layers import pages as layer_pages
from too_marshal.web.night import pages as night_pages
from too_marshal.web.people import (
    accounts,
    audit,
    gcn_account,
    passkey_login,
    passkeys,
    programs,
    provider,
    provider_answer,
    second_factor,
)
from too_marshal.web.plans import asked_curve, by_hand, charts, compare, estimate
from too_marshal.web.plans import galaxies as plan_galaxies
from too_marshal.web.plans import pages as plan_pages
from too_marshal.web.rules import pages as rule_pages

PAGES: tuple[Blueprint, ...] = (
    audit.audit,
    second_factor.second_factor,
    gcn_account.gcn_account,
    provider.provider,
    provider_answer.provider_answer,
    passkeys.passkeys,
    passkey_login.passkey_login,
    auth.auth,
    design.design,
    listing.event_list,
    candidates.candidates,
    event_page.events,
    first_screen.incident,
    installable.installable,
    exposures.exposures,
    plan_galaxies.galaxies,
    coverage.coverage,
    notices.notices,
    plan_pages.plans,
    compare.compare,
    by_hand.by_hand,
    charts.charts,
    asked_curve.curves,
    estimate.estimates,
    queues.queues,
    replacements.replacements,
    circular_pages.circulars,
    health.health,
    accounts.people,
    programs.programs,
    live.live,
    links.links,
    entering.entering,
    ledger.ledger,
    names.names,
    notes.notes,
    alarm_answers.answers,
    alarm_answers.telephone,
    alarm_settings.alarm_settings,
    alarm_settings.teams,
    on_call.on_call_pages,
    drills.drills,
    tags.tags,
    timeline.timeline,
    difference.difference,
    maps.maps,
    layer_pages.layers,
    night_pages.nights,
    rule_pages.rules,
    search.search,
)
