"""links between events, names and references, decisions of rules, fetched maps"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Rows that exist get what the models give to new ones; the models give it from then on.
FILLED = (
    ("localization", "attempts"),
    ("plan_rule", "kinds"),
    ("plan_rule", "minimum_classes"),
    ("plan_rule", "duration_classes"),
    ("plan_rule", "plans"),
    ("plan_rule", "notifies"),
)

# As `compared_name` in too_marshal/db/events.py makes them.
NAMES = r"""
INSERT INTO event_name (event_id, name, compared)
SELECT DISTINCT id, name, left(lower(regexp_replace(name, '[^[:alnum:]]', '', 'g')), 80) FROM (
  SELECT id, key AS name FROM event UNION SELECT id, event.name FROM event
  UNION SELECT id, left(jsonb_array_elements_text(aliases), 80) FROM event
) AS named
"""


def upgrade() -> None:
    op.create_table(
        "event_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("second_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(), nullable=False, comment="one sentence"),
        sa.Column("far", sa.Double(), nullable=True, comment="of the coincidence, Hz"),
        sa.Column(
            "chance",
            sa.Double(),
            nullable=True,
            comment="expected number of unrelated events as close to the first, or to the second",
        ),
        sa.Column("overlap", sa.Double(), nullable=True, comment="of the sky maps, 1 if unrelated"),
        sa.Column("time_difference", sa.Double(), nullable=True, comment="second minus first, s"),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_by", sa.String(length=80), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("first_id < second_id", name=op.f("ck_event_link_order")),
        sa.ForeignKeyConstraint(
            ["first_id"], ["event.id"], name=op.f("fk_event_link_first_id_event")
        ),
        sa.ForeignKeyConstraint(
            ["second_id"], ["event.id"], name=op.f("fk_event_link_second_id_event")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_link")),
        sa.UniqueConstraint("first_id", "second_id", name=op.f("uq_event_link_first_id_second_id")),
    )
    op.create_index(op.f("ix_event_link_second_id"), "event_link", ["second_id"], unique=False)
    op.create_table(
        "event_name",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False, comment="as it is written"),
        sa.Column("compared", sa.String(length=80), nullable=False, comment="see compared_name"),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_event_name_event_id_event")
        ),
        sa.PrimaryKeyConstraint("event_id", "name", name=op.f("pk_event_name")),
    )
    op.create_index(op.f("ix_event_name_compared"), "event_name", ["compared"], unique=False)
    op.create_table(
        "rule_decision",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=True),
        sa.Column("rule_name", sa.String(length=80), nullable=False, comment="as it was then"),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column(
            "subject",
            sa.String(length=20),
            nullable=False,
            comment="notice: whether to tell people; localization: whether to plan",
        ),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("applies", sa.Boolean(), nullable=False),
        sa.Column(
            "reasons",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="why it does not apply",
        ),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_rule_decision_event_id_event")
        ),
        sa.ForeignKeyConstraint(
            ["rule_id"],
            ["plan_rule.id"],
            name=op.f("fk_rule_decision_rule_id_plan_rule"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_decision")),
        sa.UniqueConstraint(
            "rule_id",
            "subject",
            "subject_id",
            name=op.f("uq_rule_decision_rule_id_subject_subject_id"),
        ),
    )
    op.create_index(
        op.f("ix_rule_decision_event_id_rule_decision_id"),
        "rule_decision",
        ["event_id", "id"],
        unique=False,
    )
    op.create_table(
        "notice_reference",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("notice_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "rank",
            sa.Integer(),
            nullable=False,
            comment="the smaller, the more the notice is about it",
        ),
        sa.Column(
            "stream", sa.String(length=40), nullable=True, comment="null: a name, as compared"
        ),
        sa.Column(
            "name", sa.String(length=80), nullable=False, comment="the key, or the name as compared"
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notice.id"], name=op.f("fk_notice_reference_notice_id_notice")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_reference")),
        sa.UniqueConstraint("notice_id", "rank", name=op.f("uq_notice_reference_notice_id_rank")),
    )
    op.create_index(
        op.f("ix_notice_reference_name_notice_reference_stream"),
        "notice_reference",
        ["name", "stream"],
        unique=False,
    )
    op.add_column(
        "localization",
        sa.Column(
            "attempts", sa.Integer(), server_default="0", nullable=False, comment="to fetch its map"
        ),
    )
    op.add_column(
        "localization",
        sa.Column(
            "next_attempt_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when its map is asked for again",
        ),
    )
    op.alter_column(
        "localization",
        "variant",
        existing_type=sa.VARCHAR(length=20),
        comment="own; combined (by the mission); fetched, fetched-2, ...; product-<event>",
        existing_comment="own, or combined",
        existing_nullable=False,
    )
    op.alter_column(
        "localization",
        "kind",
        existing_type=sa.VARCHAR(length=20),
        comment="circle, ellipse, polygon, inlinemap, maplink, product, point",
        existing_comment="circle, ellipse, polygon, map, link",
        existing_nullable=False,
    )
    op.add_column(
        "plan_rule",
        sa.Column(
            "kinds",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
            comment="kinds of notice that it heeds; empty: all but information",
        ),
    )
    op.add_column(
        "plan_rule",
        sa.Column(
            "minimum_classes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
            comment="class to probability, 0 to 1; one of them must be reached",
        ),
    )
    op.add_column(
        "plan_rule",
        sa.Column(
            "duration_classes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
            comment="short, long; empty: any, also unknown",
        ),
    )
    op.add_column(
        "plan_rule",
        sa.Column(
            "maximum_radius",
            sa.Double(),
            nullable=True,
            comment="error radius as the mission states it, deg",
        ),
    )
    op.add_column(
        "plan_rule",
        sa.Column(
            "plans",
            sa.Boolean(),
            server_default="true",
            nullable=False,
            comment="whether it makes a plan",
        ),
    )
    op.add_column(
        "plan_rule",
        sa.Column(
            "notifies",
            sa.Boolean(),
            server_default="false",
            nullable=False,
            comment="whether it tells people",
        ),
    )
    for table, column in FILLED:
        op.alter_column(table, column, server_default=None)
    op.execute(NAMES)


def downgrade() -> None:
    op.drop_column("plan_rule", "notifies")
    op.drop_column("plan_rule", "plans")
    op.drop_column("plan_rule", "maximum_radius")
    op.drop_column("plan_rule", "duration_classes")
    op.drop_column("plan_rule", "minimum_classes")
    op.drop_column("plan_rule", "kinds")
    op.alter_column(
        "localization",
        "kind",
        existing_type=sa.VARCHAR(length=20),
        comment="circle, ellipse, polygon, map, link",
        existing_comment="circle, ellipse, polygon, inlinemap, maplink, product, point",
        existing_nullable=False,
    )
    op.alter_column(
        "localization",
        "variant",
        existing_type=sa.VARCHAR(length=20),
        comment="own, or combined",
        existing_comment="own; combined (by the mission); fetched, fetched-2, ...; product-<event>",
        existing_nullable=False,
    )
    op.drop_column("localization", "next_attempt_at")
    op.drop_column("localization", "attempts")
    op.drop_index(
        op.f("ix_notice_reference_name_notice_reference_stream"), table_name="notice_reference"
    )
    op.drop_table("notice_reference")
    op.drop_index(op.f("ix_rule_decision_event_id_rule_decision_id"), table_name="rule_decision")
    op.drop_table("rule_decision")
    op.drop_index(op.f("ix_event_name_compared"), table_name="event_name")
    op.drop_table("event_name")
    op.drop_index(op.f("ix_event_link_second_id"), table_name="event_link")
    op.drop_table("event_link")
