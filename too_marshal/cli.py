"""The too-marshal command. Each subcommand is a module of `too_marshal.commands`, read on use."""

from __future__ import annotations

import importlib
import sys

import click

from too_marshal.deployment.errors import OperatorError

COMMANDS = {
    "up": "Start everything on this machine, and stop it together.",
    "web": "Serve the pages and the API.",
    "listen": "Listen to the streams of notices.",
    "work": "Do the background work.",
    "clock": "Keep the timetable.",
    "backup": "Back up the database, and restore it as a copy.",
    "live": "Say whether this database is the one that speaks to robots.",
    "migrate": "Bring the database's schema up to date.",
    "ingest": "Take in notices from files.",
    "replay": "Send archived notices in again, in the order of their time.",
    "backfill": "Catch up, after an outage, from the public archives.",
    "notice": "Show what a notice says.",
    "alerts": "Read alert packets of surveys and brokers.",
    "event": "Enter an event that no mission sends, correct and retract it.",
    "plan": "Make an observing plan from a sky map.",
    "dust": "Fetch the map of the Galaxy's dust.",
    "user": "Manage people and their tokens.",
    "drill": "Try everything that an alert goes through, with a simulated one.",
    "rehearse": "Send a rehearsal's notices.",
    "broker": "Host a rehearsal's Kafka broker.",
}


class Lazy(click.Group):
    """Loads a subcommand's module only when it is run: some cost seconds to import."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Names in the order of `COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """Import the module that holds the command."""
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"too_marshal.commands.{name}")
        command: click.Command = getattr(module, name)
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=Lazy)
@click.version_option(package_name="too-marshal")
def cli() -> None:
    """Target-of-Opportunity marshal: from a GCN notice to a submitted plan."""


def main() -> None:
    """Run the command line; an expected error is one sentence and exit code 1."""
    try:
        cli(standalone_mode=True)
    except OperatorError as err:
        click.echo(f"too-marshal: {err}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
