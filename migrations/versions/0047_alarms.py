"""alarms: ways to reach people, who wants to know, who is on call, and what became of messages"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "team",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
        sa.UniqueConstraint("name", name=op.f("uq_team_name")),
    )
    op.create_table(
        "hours",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("time_zone", sa.String(length=60), nullable=False, comment="IANA name"),
        sa.Column("quiet_from", sa.String(length=5), nullable=False, comment="local, HH:MM"),
        sa.Column("quiet_until", sa.String(length=5), nullable=False, comment="local, HH:MM"),
        sa.Column(
            "always_wakes",
            sa.Boolean(),
            nullable=False,
            comment="for the most urgent, also in quiet hours and on holidays",
        ),
        sa.Column(
            "holidays",
            postgresql.JSONB(),
            nullable=False,
            comment="local dates: first and last day of each",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_hours_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_hours")),
    )
    op.create_table(
        "team_member",
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_team_member_person_id_person"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["team.id"], name=op.f("fk_team_member_team_id_team"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("team_id", "person_id", name=op.f("pk_team_member")),
    )
    op.create_table(
        "contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False, comment="of deployment.senders"),
        sa.Column("address", sa.String(length=400), nullable=False, comment="may be a secret"),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column(
            "wakes",
            sa.Boolean(),
            nullable=False,
            comment="it rings: used for alarms of who is on call only",
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_contact_person_id_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint(
            "person_id", "kind", "address", name=op.f("uq_contact_person_id_kind_address")
        ),
    )
    op.create_index(op.f("ix_contact_person_id"), "contact", ["person_id"], unique=False)
    op.create_table(
        "subscription",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("conditions", postgresql.JSONB(), nullable=False),
        sa.Column(
            "minimum_reachable",
            sa.Double(),
            nullable=True,
            comment="probability still up tonight at some telescope, 0 to 1",
        ),
        sa.Column("is_top", sa.Boolean(), nullable=False, comment="it may break quiet hours"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(person_id IS NULL) <> (team_id IS NULL)", name=op.f("ck_subscription_whose")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_subscription_person_id_person"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["team.id"], name=op.f("fk_subscription_team_id_team"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
    )
    op.create_index(op.f("ix_subscription_person_id"), "subscription", ["person_id"], unique=False)
    op.create_table(
        "shift",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("primary_id", sa.Integer(), nullable=False),
        sa.Column("secondary_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(), nullable=False, comment="what is handed over at its end"),
        sa.Column("noted_by", sa.String(length=80), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_shift_order")),
        sa.ForeignKeyConstraint(
            ["primary_id"], ["person.id"], name=op.f("fk_shift_primary_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["secondary_id"], ["person.id"], name=op.f("fk_shift_secondary_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift")),
    )
    op.create_index(op.f("ix_shift_ends_at"), "shift", ["ends_at"], unique=False)
    op.create_table(
        "shift_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shift_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=10), nullable=False, comment="primary or secondary"),
        sa.Column("from_id", sa.Integer(), nullable=False, comment="whose it was then"),
        sa.Column("to_id", sa.Integer(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_agreed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["person.id"], name=op.f("fk_shift_change_asked_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["from_id"], ["person.id"], name=op.f("fk_shift_change_from_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["shift_id"],
            ["shift.id"],
            name=op.f("fk_shift_change_shift_id_shift"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["to_id"], ["person.id"], name=op.f("fk_shift_change_to_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_change")),
    )
    op.create_index(
        "uq_shift_change_open",
        "shift_change",
        ["shift_id", "place"],
        unique=True,
        postgresql_where="answered_at IS NULL",
    )
    op.create_table(
        "alarm",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(), nullable=False, comment="which rule, or who, said so"),
        sa.Column("is_drill", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False, comment="how many circles have been woken"),
        sa.Column("acknowledged_by", sa.String(length=80), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_how", sa.String(length=20), nullable=False),
        sa.Column(
            "ended_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="nobody has to see to it any more: the event is retracted",
        ),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_alarm_event_id_event")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
        sa.UniqueConstraint("event_id", name=op.f("uq_alarm_event_id")),
    )
    op.create_index(op.f("ix_alarm_event_id"), "alarm", ["event_id"], unique=False)
    op.create_table(
        "notification",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column(
            "kind", sa.String(length=20), nullable=False, comment="of the contact, as it was"
        ),
        sa.Column("occasion", sa.String(length=20), nullable=False),
        sa.Column(
            "about",
            sa.String(length=80),
            nullable=False,
            comment="which event, notice, alarm or note",
        ),
        sa.Column("event_id", sa.Integer(), nullable=True),
        sa.Column("alarm_id", sa.Integer(), nullable=True),
        sa.Column(
            "why", sa.String(), nullable=False, comment="which subscription or shift said so"
        ),
        sa.Column("subject", sa.String(), nullable=False, comment="as it was sent"),
        sa.Column("text", sa.String(), nullable=False, comment="as it was sent"),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False, comment="why it has not arrived"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "due_at", sa.DateTime(timezone=True), nullable=False, comment="not before: quiet hours"
        ),
        sa.Column(
            "as_of",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the event had changed last, as the message has it",
        ),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["alarm_id"], ["alarm.id"], name=op.f("fk_notification_alarm_id_alarm")
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact.id"],
            name=op.f("fk_notification_contact_id_contact"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_notification_event_id_event")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_notification_person_id_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint(
            "contact_id",
            "occasion",
            "about",
            name=op.f("uq_notification_contact_id_occasion_about"),
        ),
    )
    op.create_index(
        op.f("ix_notification_event_id_notification_occasion"),
        "notification",
        ["event_id", "occasion"],
        unique=False,
    )
    op.create_index(
        op.f("ix_notification_person_id_notification_id"),
        "notification",
        ["person_id", "id"],
        unique=False,
    )
    op.add_column(
        "plan_rule",
        sa.Column(
            "wakes",
            sa.Boolean(),
            nullable=False,
            server_default="false",
            comment="whether it wakes who is on call",
        ),
    )
    # Whatever told people so far wakes who is on call, once somebody is.
    op.execute("UPDATE plan_rule SET wakes = notifies")


def downgrade() -> None:
    op.drop_column("plan_rule", "wakes")
    for table in (
        "notification", "alarm", "shift_change", "shift", "subscription", "contact",
        "team_member", "hours", "team",
    ):  # fmt: skip
        op.drop_table(table)
