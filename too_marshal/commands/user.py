"""too-marshal user: people and their tokens, from the command line."""

from __future__ import annotations

import sys
from datetime import timedelta

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from too_marshal.db.accounts.people import Person, Role, Scope
from too_marshal.db.base import now, session_factory
from too_marshal.deployment.settings import Settings
from too_marshal.processes.database import open_database
from too_marshal.workflows.accounts.people import PersonInvalid, create_person, set_password
from too_marshal.workflows.accounts.tokens import create_token

ROLES = click.Choice([role.name.lower() for role in Role])


@click.group()
def user() -> None:
    """Manage people and their tokens."""


@user.command()
@click.argument("name")
@click.option("--role", type=ROLES, default="viewer", show_default=True)
@click.option("--full-name", default="", help="As in circulars.")
@click.option("--affiliation", default="", help="As in circulars.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def add(
    name: str,
    role: str,
    full_name: str,
    affiliation: str,
    password_stdin: bool,  # noqa: FBT001 - click passes it by name
) -> None:
    """Let NAME log in."""
    password = _read_password(from_input=password_stdin)
    with open_database(Settings.from_environ()) as engine, session_factory(engine)() as session:
        try:
            create_person(
                session, name, password, Role[role.upper()],
                full_name=full_name, affiliation=affiliation,
            )  # fmt: skip
        except PersonInvalid as err:
            raise click.ClickException(str(err)) from err
    click.echo(f"{name} may log in as {role}")


@user.command()
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def password(name: str, password_stdin: bool) -> None:  # noqa: FBT001 - click passes it by name
    """Give NAME a new password; ends the person's sessions."""
    wanted = _read_password(from_input=password_stdin)
    with open_database(Settings.from_environ()) as engine, session_factory(engine)() as session:
        try:
            set_password(session, _find(session, name), wanted)
        except PersonInvalid as err:
            raise click.ClickException(str(err)) from err
    click.echo(f"{name} has a new password")


def _read_password(*, from_input: bool) -> str:
    if from_input:
        return sys.stdin.readline().rstrip("\r\n")
    typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return typed


@user.command("list")
def list_people() -> None:
    """List the people."""
    with open_database(Settings.from_environ()) as engine, session_factory(engine)() as session:
        for person in session.scalars(select(Person).order_by(Person.username)):
            state = Role(person.role).name.lower() if person.is_active else "closed"
            click.echo(f"{person.username}\t{state}\t{person.full_name}")


@user.command()
@click.argument("name")
@click.option("--for", "purpose", required=True, help="What the token is for.")
@click.option("--role", type=ROLES, default="viewer", show_default=True)
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([scope.value for scope in Scope]),
    multiple=True,
    default=["read"],
    show_default=True,
    help="What it is for; may be given several times.",
)
@click.option("--days", type=click.IntRange(1, 365), default=90, show_default=True)
def token(name: str, purpose: str, role: str, scopes: tuple[str, ...], days: int) -> None:
    """Make a token for the API that acts for NAME, and print it, this once."""
    with open_database(Settings.from_environ()) as engine, session_factory(engine)() as session:
        try:
            _, value = create_token(
                session,
                _find(session, name),
                purpose,
                Role[role.upper()],
                now() + timedelta(days=days),
                scopes={Scope(scope) for scope in scopes},
            )
        except PersonInvalid as err:
            raise click.ClickException(str(err)) from err
    click.echo(value)


def _find(session: Session, name: str) -> Person:
    person = session.scalars(select(Person).where(Person.username == name)).one_or_none()
    if person is None:
        raise click.ClickException(f"there is no person named {name}")
    return person
