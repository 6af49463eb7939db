import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select
from sqlalchemy.orm import Session

from too_marshal.commands.user import user
from too_marshal.db.accounts.people import Person, Role
from too_marshal.workflows.accounts.login import check_password
from too_marshal.workflows.accounts.tokens import person_of_token

PASSWORD = "a long password"


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch):
    """Runs the command on the fresh database."""
    monkeypatch.setenv("TOO_DATABASE_URL", database_url)

    def invoke(*arguments: str, typed: str = "") -> Result:
        return CliRunner().invoke(user, arguments, input=typed)

    return invoke


def test_somebody_is_let_in_from_the_command_line(run, session: Session):
    result = run(
        "add", "anna", "--role", "observer", "--full-name", "Anna A.", "--password-stdin",
        typed=f"{PASSWORD}\n",
    )  # fmt: skip
    assert result.exit_code == 0
    assert result.output == "anna may log in as observer\n"
    person = session.scalars(select(Person)).one()
    assert (person.role, person.full_name) == (Role.OBSERVER, "Anna A.")
    assert check_password(session, "anna", PASSWORD, "::1") is person
    assert run("list").output == "anna\tobserver\tAnna A.\n"


def test_a_typed_password_is_asked_for_twice_and_not_shown(run, session: Session):
    result = run("add", "anna", typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert result.exit_code == 0
    assert PASSWORD not in result.output
    assert session.scalars(select(Person)).one().role == Role.VIEWER


@pytest.mark.parametrize(
    ("arguments", "typed", "words"),
    [
        (("add", "anna", "--password-stdin"), "short\n", "at least 10 characters"),
        (("add", "a b", "--password-stdin"), f"{PASSWORD}\n", "1 to 80 letters"),
        (("add", "anna", "--role", "king", "--password-stdin"), f"{PASSWORD}\n", "king"),
        (("password", "nobody", "--password-stdin"), f"{PASSWORD}\n", "no person named nobody"),
        (("token", "nobody", "--for", "x"), "", "no person named nobody"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    run, session: Session, arguments: tuple[str, ...], typed: str, words: str
):
    result = run(*arguments, typed=typed)
    assert result.exit_code != 0
    assert words in result.output
    assert "Traceback" not in result.output
    assert session.scalars(select(Person)).all() == []


def test_a_name_is_given_once(run):
    run("add", "anna", "--password-stdin", typed=f"{PASSWORD}\n")
    result = run("add", "anna", "--password-stdin", typed=f"{PASSWORD}\n")
    assert result.exit_code == 1
    assert "already a person named anna" in result.output


def test_a_password_is_set_anew(run, session: Session):
    run("add", "anna", "--password-stdin", typed=f"{PASSWORD}\n")
    new = "another long password"
    assert run("password", "anna", "--password-stdin", typed=f"{new}\n").exit_code == 0
    assert check_password(session, "anna", PASSWORD, "::1") is None
    assert check_password(session, "anna", new, "::1") is not None


def test_a_token_is_printed_and_works(run, session: Session):
    run("add", "anna", "--role", "observer", "--password-stdin", typed=f"{PASSWORD}\n")
    value = run("token", "anna", "--for", "nightly", "--role", "viewer").output.strip()
    person, role, scopes = person_of_token(session, value)
    assert (person.username, role, scopes) == ("anna", Role.VIEWER, {"read"})
    value = run(
        "token", "anna", "--for", "plans", "--role", "observer",
        "--scope", "read", "--scope", "plans",
    ).output.strip()  # fmt: skip
    assert person_of_token(session, value)[1:] == (Role.OBSERVER, {"read", "plans"})
    result = run("token", "anna", "--for", "too much", "--role", "admin")
    assert result.exit_code == 1
    assert "more than its owner" in result.output
