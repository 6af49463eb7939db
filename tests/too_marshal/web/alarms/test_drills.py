from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal.web.event.test_page import page
from too_marshal.db.base import now
from too_marshal.db.drills import Drill


def test_a_drill_is_begun_and_reported(admin: FlaskClient, session: Session):
    assert "There has been no drill yet." in page(admin, "/drills")
    assert "Drills" in page(admin, "/health")
    admin.post("/drills", data={"wakes": "yes"})
    assert "goes on" in page(admin, "/drills")
    answer = admin.post("/drills")
    assert answer.status_code == 409
    assert "has not ended yet" in answer.get_data(as_text=True)
    drill = session.scalars(select(Drill)).one()
    taken = {"at": now().isoformat(), "said": "12 exposures", "fault": ""}
    fault = {"at": now().isoformat(), "said": "", "fault": "nobody has"}
    drill.steps = {"accepted": taken, "acknowledged": fault}
    drill.ended_at, drill.outcome = now(), "acknowledged: nobody has"
    session.commit()
    text = page(admin, "/drills")
    assert "12 exposures" in text
    assert "nobody has" in text
    assert "faults" in text
