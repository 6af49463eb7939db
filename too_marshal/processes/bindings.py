"""Which workflow does which task. Only a worker needs it: it imports all of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from sqlalchemy.orm import Session

from too_marshal import tasks
from too_marshal.deployment.channels import channels_of
from too_marshal.deployment.circulars.ways import circular_ways_of
from too_marshal.deployment.robots import Robots
from too_marshal.deployment.settings import Settings
from too_marshal.tasks import Task
from too_marshal.workflows.alarms import channels as told_channels
from too_marshal.workflows.alarms import escalate, send, tell
from too_marshal.workflows.alerts import deliver, notify, unread
from too_marshal.workflows.circulars import recognize
from too_marshal.workflows.circulars import send as send_circulars
from too_marshal.workflows.counterparts import look_back, score, tidy
from too_marshal.workflows.drills import begin, run
from too_marshal.workflows.events import coincidences, combine
from too_marshal.workflows.exposures import (
    archives,
    cover,
    cover_version,
    draw,
    treasure_map_export,
    treasure_map_import,
)
from too_marshal.workflows.intake import prune, reprocess
from too_marshal.workflows.localizations import difference, fetch, localize
from too_marshal.workflows.observability import nights
from too_marshal.workflows.planning import curve, dust, offer, plan, rank_galaxies, rescore
from too_marshal.workflows.rules import backtest
from too_marshal.workflows.submissions import (
    automatic,
    clear_queue,
    preflight,
    replace,
    submit,
    track,
    withdraw,
)

Workflow = Callable[..., object]
"""Takes a session and the job's arguments."""


def _with(tool: object, workflow: Callable[..., object]) -> Workflow:
    """A workflow that is handed a tool of the deployment after the session."""

    @wraps(workflow)
    def task(session: Session, **arguments: Any) -> object:
        return workflow(session, tool, **arguments)

    return task


def workflows(settings: Settings) -> dict[Task[Any], Workflow]:
    """Every task's workflow; each takes a session and the task's arguments."""
    robots = Robots.from_settings(settings)
    dust.use_dust_map(settings.dust_map)
    on_robots = partial(_with, robots)
    with_fetcher = partial(_with, fetch.open_fetcher(settings))
    channels = channels_of(settings)
    desk = send.desk_of(settings, robots)
    opened, treasure_map = (
        archives.archives_of(settings),
        treasure_map_export.treasure_map_of(settings),
    )

    return {
        tasks.share: _with(treasure_map, treasure_map_export.share),
        tasks.read_others: _with(treasure_map, treasure_map_import.read_others),
        tasks.read_archive: _with(opened, archives.read_archive),
        tasks.read_references: _with(opened, archives.read_references),
        tasks.interpret_waiting: reprocess.process_forgotten,
        tasks.prune: _with(settings, prune.prune),
        tasks.notify: notify.notify,
        tasks.announce: _with(channels, deliver.announce),
        tasks.deliver: _with(channels, deliver.deliver),
        tasks.tell_unread: _with(channels, unread.tell_unread),
        tasks.call_people: _with(channels, deliver.call_people),
        tasks.tell_channels: _with(channels, told_channels.tell_channels),
        tasks.tell_listeners: tell.tell_listeners,
        tasks.tell_mentioned: tell.tell_mentioned,
        tasks.open_alarm: escalate.open_alarm,
        tasks.look_for_alarms: escalate.look_for_alarms,
        tasks.escalate: _with(desk, escalate.escalate),
        tasks.send_notification: _with(desk, send.send_notification),
        tasks.start_drill: begin.start_drill,
        tasks.run_drill: _with(desk, run.run_drill),
        tasks.localize: localize.localize,
        tasks.work_out_difference: difference.work_out_difference,
        tasks.rank_galaxies: rank_galaxies.rank_galaxies,
        tasks.draw: _with(robots.names(), draw.draw),
        tasks.fetch: with_fetcher(fetch.fetch),
        tasks.fetch_again: with_fetcher(fetch.fetch_again),
        tasks.look_back: _with(settings.data_dir, look_back.look_back),
        tasks.score_alerts: _with(settings.data_dir, score.score_alerts),
        tasks.tidy_archive: _with(settings.data_dir, tidy.tidy_archive),
        tasks.suggest_links: coincidences.suggest_links,
        tasks.combine: combine.combine,
        tasks.combine_all: combine.combine_all,
        tasks.work_out_nights: _with(robots.names(), nights.work_out_nights),
        tasks.look_for_new_nights: nights.look_for_new_nights,
        tasks.propose_plans: plan.propose_plans,
        tasks.plan: plan.compute,
        tasks.work_out_curve: curve.work_out_curve,
        tasks.work_out_asked_curve: curve.work_out_asked_curve,
        tasks.rescore: rescore.rescore,
        tasks.rescore_event: rescore.rescore_event,
        tasks.offer: offer.offer,
        tasks.swap: on_robots(replace.swap),
        tasks.preflight: on_robots(preflight.preflight),
        tasks.submit_by_rule: on_robots(automatic.submit_by_rule),
        tasks.submit: on_robots(submit.submit),
        tasks.withdraw: withdraw.withdraw_event,
        tasks.withdraw_submission: on_robots(withdraw.withdraw_submission),
        tasks.cover: cover.cover,
        tasks.cover_version: cover_version.cover_version,
        tasks.send_circular: _with(circular_ways_of(settings), send_circulars.send),
        tasks.recognize_circular: recognize.recognize_circular,
        tasks.delete_queue: on_robots(clear_queue.delete_queue),
        tasks.track: on_robots(track.track),
        tasks.try_rule: backtest.try_rule,
    }
