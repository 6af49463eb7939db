import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal.factories import PASSWORD, add_person
from tests.too_marshal.web.event.test_page import page
from too_marshal.db.accounts.people import Person, Role
from too_marshal.workflows.accounts.login import check_password, living_session, open_session

ANNA = {
    "username": "anna",
    "full_name": "Anna Ö. Åström",
    "affiliation": "Caltech",
    "role": "2",
    "password": "a long password",
}


def test_the_service_hashes_passwords_as_rfc_9106_says(quick_passwords: PasswordHasher):
    assert extract_parameters(quick_passwords.hash(PASSWORD)) == RFC_9106_LOW_MEMORY


def test_an_older_hash_is_renewed_at_a_login(session: Session):
    person = add_person(session, "anna", Role.VIEWER)
    older = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash(PASSWORD)
    person.password_hash = older
    assert check_password(session, "anna", PASSWORD, "::1") is person
    assert person.password_hash != older
    assert check_password(session, "anna", PASSWORD, "::1") is person


def test_an_administrator_lets_somebody_in(admin: FlaskClient, session: Session):
    assert admin.post("/people", data=ANNA).status_code == 303
    person = session.scalars(select(Person).where(Person.username == "anna")).one()
    assert person.role == Role.OBSERVER
    assert person.password_hash.startswith("$argon2id$")
    assert check_password(session, "anna", "a long password", "::1") is person
    text = page(admin, "/people")
    assert "Anna Ö. Åström" in text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"username": "admin"}, "already a person"),
        ({"username": ""}, "1 to 80 letters"),
        ({"username": "a b"}, "1 to 80 letters"),
        ({"username": "ä"}, "1 to 80 letters"),
        ({"username": "a\0"}, "1 to 80 letters"),
        ({"password": "short"}, "at least 10"),
        ({"password": "x" * 1001}, "at most 1000"),
        ({"role": "5"}, "no such role"),
        ({"role": "king"}, "no such role"),
    ],
)
def test_an_account_that_cannot_be_is_refused_in_words(
    admin: FlaskClient, session: Session, change: dict[str, str], words: str
):
    answer = admin.post("/people", data=ANNA | change)
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)
    assert [row.username for row in session.scalars(select(Person))] == ["admin"]


def test_a_closed_account_is_out_at_once(admin: FlaskClient, session: Session):
    anna = add_person(session, "anna", Role.OBSERVER)
    value = open_session(session, anna)
    admin.post(f"/people/{anna.id}", data={"role": "2"})
    session.expire_all()
    assert not anna.is_active
    assert living_session(session, value) is None
    assert check_password(session, "anna", PASSWORD, "::1") is None
    admin.post(f"/people/{anna.id}", data={"role": "1", "active": "yes"})
    session.expire_all()
    assert anna.role == Role.VIEWER
    assert check_password(session, "anna", PASSWORD, "::1") is anna


def test_administrators_cannot_lock_themselves_out(admin: FlaskClient, session: Session):
    me = session.scalars(select(Person)).one()
    assert admin.post(f"/people/{me.id}", data={"role": "1", "active": "yes"}).status_code == 422
    session.expire_all()
    assert me.role == Role.ADMIN


def test_a_lost_password_is_set_anew(admin: FlaskClient, session: Session):
    anna = add_person(session, "anna", Role.OBSERVER)
    value = open_session(session, anna)
    new = "a new long password"
    assert admin.post(f"/people/{anna.id}/password", data={"password": new}).status_code == 303
    session.expire_all()
    assert check_password(session, "anna", PASSWORD, "::1") is None
    assert check_password(session, "anna", new, "::1") is anna
    assert living_session(session, value) is None
