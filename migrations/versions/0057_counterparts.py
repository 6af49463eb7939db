"""alerts that are kept, their levels, and candidates"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_alert",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("survey", sa.String(length=20), nullable=False),
        sa.Column("broker", sa.String(length=20), nullable=True, comment="who sent it on"),
        sa.Column(
            "candid",
            sa.String(length=100),
            nullable=False,
            comment="of the detection; the object and its time where there is none",
        ),
        sa.Column(
            "object_id",
            sa.String(length=100),
            nullable=False,
            comment="of the object; the detection where there is none",
        ),
        sa.Column("ra", sa.Float(), nullable=False, comment="ICRS, deg"),
        sa.Column("dec", sa.Float(), nullable=False, comment="ICRS, deg"),
        sa.Column("hpx29", sa.BigInteger(), nullable=False, comment="order-29 NESTED index"),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("filter", sa.String(length=10), nullable=True),
        sa.Column(
            "magnitude", sa.Float(), nullable=True, comment="of the difference, AB as a rule"
        ),
        sa.Column("magnitude_error", sa.Float(), nullable=True),
        sa.Column(
            "is_positive", sa.Boolean(), nullable=True, comment="brighter than in the reference"
        ),
        sa.Column("limiting_magnitude", sa.Float(), nullable=True, comment="5 sigma"),
        sa.Column("real_bogus", sa.Float(), nullable=True, comment="the survey's own, 0 to 1"),
        sa.Column("real_bogus_name", sa.String(length=20), nullable=True),
        sa.Column("notes", postgresql.JSONB(), nullable=False, comment="what is odd about it"),
        sa.Column(
            "packet_sha256",
            sa.String(length=64),
            nullable=True,
            comment="of the packet in the data folder; null: it was not kept",
        ),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_alert")),
        sa.UniqueConstraint("survey", "candid", name=op.f("uq_kept_alert_survey_candid")),
    )
    op.create_index(op.f("ix_kept_alert_hpx29"), "kept_alert", ["hpx29"])
    op.create_index(op.f("ix_kept_alert_observed_at"), "kept_alert", ["observed_at"])
    op.create_index("ix_kept_alert_object", "kept_alert", ["survey", "object_id"])
    op.create_table(
        "alert_level",
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.Column("localization_id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("level", sa.Float(), nullable=False, comment="credible level, exclusive, 0 to 1"),
        sa.ForeignKeyConstraint(
            ["alert_id"],
            ["kept_alert.id"],
            name=op.f("fk_alert_level_alert_id_kept_alert"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_alert_level_event_id_event")
        ),
        sa.ForeignKeyConstraint(
            ["localization_id"],
            ["localization.id"],
            name=op.f("fk_alert_level_localization_id_localization"),
        ),
        sa.PrimaryKeyConstraint("alert_id", "localization_id", name=op.f("pk_alert_level")),
    )
    op.create_index(
        "ix_alert_level_level",
        "alert_level",
        ["event_id", "localization_id", "level"],
    )
    op.create_table(
        "candidate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("survey", sa.String(length=20), nullable=False),
        sa.Column("object_id", sa.String(length=100), nullable=False),
        sa.Column("ra", sa.Float(), nullable=False, comment="ICRS, deg"),
        sa.Column("dec", sa.Float(), nullable=False, comment="ICRS, deg"),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("saved_by", sa.String(length=80), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=80), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="counts the changes of this row"
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_candidate_event_id_event")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_candidate")),
        sa.UniqueConstraint(
            "event_id", "survey", "object_id", name=op.f("uq_candidate_event_id_survey_object_id")
        ),
    )


def downgrade() -> None:
    op.drop_table("candidate")
    op.drop_table("alert_level")
    op.drop_table("kept_alert")
