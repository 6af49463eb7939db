"""the tables, one a noun"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "stream", sa.String(length=40), nullable=False, comment="mission's stream, e.g. lvk"
        ),
        sa.Column(
            "key", sa.String(length=80), nullable=False, comment="the mission's own identifier"
        ),
        sa.Column("name", sa.String(length=80), nullable=False, comment="what people call it"),
        sa.Column("event_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("is_retracted", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False, comment="of the latest notice"),
        sa.Column("type_name", sa.String(length=60), nullable=False),
        sa.Column("classification", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("properties", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("far", sa.Double(), nullable=True, comment="false-alarm rate, Hz"),
        sa.Column("is_significant", sa.Boolean(), nullable=True),
        sa.Column("flags", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("links", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("aliases", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("attributes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("current_localization_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("stream", "key", name=op.f("uq_event_stream_key")),
    )
    op.create_index(op.f("ix_event_event_time"), "event", ["event_time"], unique=False)
    op.create_table(
        "heartbeat",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeat")),
    )
    op.create_table(
        "login_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(length=80), nullable=False),
        sa.Column("address", sa.String(length=60), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_attempt")),
    )
    op.create_index(op.f("ix_login_attempt_address"), "login_attempt", ["address"], unique=False)
    op.create_index(op.f("ix_login_attempt_tried_at"), "login_attempt", ["tried_at"], unique=False)
    op.create_index(op.f("ix_login_attempt_username"), "login_attempt", ["username"], unique=False)
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(length=80), nullable=False),
        sa.Column("full_name", sa.String(length=120), nullable=False, comment="as in circulars"),
        sa.Column("affiliation", sa.String(length=120), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False, comment="argon2id"),
        sa.Column("role", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("username", name=op.f("uq_person_username")),
    )
    op.create_table(
        "plan_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column(
            "streams",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="streams it applies to; empty: all",
        ),
        sa.Column("tests", sa.Boolean(), nullable=False, comment="also for test events"),
        sa.Column("significant_only", sa.Boolean(), nullable=False),
        sa.Column(
            "minimum_astrophysical",
            sa.Double(),
            nullable=True,
            comment="least probability not to be of terrestrial origin, 0 to 1",
        ),
        sa.Column("minimum_has_ns", sa.Double(), nullable=True, comment="least HasNS, 0 to 1"),
        sa.Column("maximum_far", sa.Double(), nullable=True, comment="Hz"),
        sa.Column("maximum_area", sa.Double(), nullable=True, comment="90 % credible area, deg2"),
        sa.Column("maximum_distance", sa.Double(), nullable=True, comment="mean distance, Mpc"),
        sa.Column(
            "excluded_flags",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="flags of an event that forbid the rule",
        ),
        sa.Column("telescope", sa.String(length=40), nullable=False),
        sa.Column("planner", sa.String(length=20), nullable=False),
        sa.Column("program", sa.String(length=40), nullable=False),
        sa.Column("filters", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("exposure_time", sa.Double(), nullable=False, comment="s"),
        sa.Column("minimum_gap", sa.Double(), nullable=False, comment="s"),
        sa.Column("airmass_limit", sa.Double(), nullable=False),
        sa.Column("sun_altitude", sa.Double(), nullable=False, comment="deg"),
        sa.Column("moon_separation", sa.Double(), nullable=False, comment="deg"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_rule")),
        sa.UniqueConstraint("name", name=op.f("uq_plan_rule_name")),
    )
    op.create_table(
        "robot_queue",
        sa.Column("telescope", sa.String(length=40), nullable=False),
        sa.Column("queues", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("telescope", name=op.f("pk_robot_queue")),
    )
    op.create_table(
        "sky_map",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column(
            "original",
            sa.LargeBinary(),
            nullable=True,
            comment="FITS as received; null where made from a position",
        ),
        sa.Column(
            "prepared",
            sa.LargeBinary(),
            nullable=False,
            comment="planners.skymaps.skymap.SkyMap.to_bytes",
        ),
        sa.Column("area_50", sa.Double(), nullable=False, comment="50 % credible area, deg2"),
        sa.Column("area_90", sa.Double(), nullable=False, comment="90 % credible area, deg2"),
        sa.Column("distance_mean", sa.Double(), nullable=True, comment="Mpc"),
        sa.Column("distance_std", sa.Double(), nullable=True, comment="Mpc"),
        sa.Column(
            "peak_ra", sa.Double(), nullable=False, comment="of the highest density, ICRS, deg"
        ),
        sa.Column(
            "peak_dec", sa.Double(), nullable=False, comment="of the highest density, ICRS, deg"
        ),
        sa.Column(
            "contours",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="GeoJSON, deg",
        ),
        sa.Column("creator", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_sky_map")),
    )
    op.create_table(
        "stream_position",
        sa.Column("cluster", sa.String(length=120), nullable=False),
        sa.Column("topic", sa.String(length=120), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("cluster", "topic", "partition", name=op.f("pk_stream_position")),
    )
    op.create_table(
        "switch",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("changed_by", sa.String(length=80), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_switch")),
    )
    op.create_table(
        "activity",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=True),
        sa.Column(
            "subject",
            sa.String(length=20),
            nullable=False,
            comment="notice, localization, plan, ...",
        ),
        sa.Column("subject_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "actor", sa.String(length=80), nullable=False, comment="a person's name, or the marshal"
        ),
        sa.Column("text", sa.String(), nullable=False, comment="one sentence"),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_activity_event_id_event")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
    )
    op.create_index(
        op.f("ix_activity_event_id_activity_id"), "activity", ["event_id", "id"], unique=False
    )
    op.create_table(
        "api_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.Integer(), nullable=False, comment="never more than the person's own"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_api_token_person_id_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("sha256", name=op.f("uq_api_token_sha256")),
    )
    op.create_table(
        "circular_draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("telescope", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column(
            "facts",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="what the text was written from",
        ),
        sa.Column("author", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_circular_draft_event_id_event")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_circular_draft")),
    )
    op.create_index(
        op.f("ix_circular_draft_event_id"), "circular_draft", ["event_id"], unique=False
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column(
            "channel", sa.String(length=20), nullable=False, comment="kafka, file, api or replay"
        ),
        sa.Column("topic", sa.String(length=120), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("understood_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("event_id", sa.Integer(), nullable=True),
        sa.Column("stream", sa.String(length=40), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=True),
        sa.Column("order", postgresql.ARRAY(sa.BigInteger()), nullable=True),
        sa.Column(
            "document",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="the parsed notice; maps by size and hash",
        ),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_notice_event_id_event")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("sha256", name=op.f("uq_notice_sha256")),
    )
    op.create_index(
        op.f("ix_notice_event_id_notice_order"), "notice", ["event_id", "order"], unique=False
    )
    op.create_index(op.f("ix_notice_received_at"), "notice", ["received_at"], unique=False)
    op.create_index(
        "ix_notice_waiting", "notice", ["id"], unique=False, postgresql_where="state = 'received'"
    )
    op.create_table(
        "web_session",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_web_session_person_id_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_web_session")),
    )
    op.create_table(
        "localization",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.BigInteger(), nullable=False),
        sa.Column("variant", sa.String(length=20), nullable=False, comment="own, or combined"),
        sa.Column(
            "order",
            postgresql.ARRAY(sa.BigInteger()),
            nullable=False,
            comment="the mission's own sequence; the largest ready one is current",
        ),
        sa.Column(
            "kind",
            sa.String(length=20),
            nullable=False,
            comment="circle, ellipse, polygon, map, link",
        ),
        sa.Column(
            "description",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="as the notice gives it",
        ),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(), nullable=False, comment="why it is not ready"),
        sa.Column("sky_map_sha256", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_localization_event_id_event")
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notice.id"], name=op.f("fk_localization_notice_id_notice")
        ),
        sa.ForeignKeyConstraint(
            ["sky_map_sha256"],
            ["sky_map.sha256"],
            name=op.f("fk_localization_sky_map_sha256_sky_map"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_localization")),
        sa.UniqueConstraint("notice_id", "variant", name=op.f("uq_localization_notice_id_variant")),
    )
    op.create_index(
        op.f("ix_localization_event_id_localization_order"),
        "localization",
        ["event_id", "order"],
        unique=False,
    )
    op.create_table(
        "coverage",
        sa.Column("localization_id", sa.Integer(), nullable=False),
        sa.Column("telescope", sa.String(length=40), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("exposures", sa.Integer(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False, comment="observed at least once"),
        sa.Column(
            "probability_twice", sa.Double(), nullable=False, comment="observed at least twice"
        ),
        sa.Column("area", sa.Double(), nullable=False, comment="observed at least once, deg2"),
        sa.Column(
            "area_twice", sa.Double(), nullable=False, comment="observed at least twice, deg2"
        ),
        sa.Column("by_filter", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "series",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="[ISO UTC, once, twice]",
        ),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_coverage_event_id_event")
        ),
        sa.ForeignKeyConstraint(
            ["localization_id"],
            ["localization.id"],
            name=op.f("fk_coverage_localization_id_localization"),
        ),
        sa.PrimaryKeyConstraint("localization_id", "telescope", name=op.f("pk_coverage")),
    )
    op.create_index(op.f("ix_coverage_event_id"), "coverage", ["event_id"], unique=False)
    op.create_table(
        "plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("localization_id", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=True),
        sa.Column("telescope", sa.String(length=40), nullable=False),
        sa.Column("planner", sa.String(length=20), nullable=False),
        sa.Column("program", sa.String(length=40), nullable=False),
        sa.Column("author", sa.String(length=80), nullable=False),
        sa.Column(
            "request",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="as in the plan file format",
        ),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("remark", sa.String(), nullable=False, comment="why it is empty or failed"),
        sa.Column("statistics", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "document",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="the plan in the plan file format",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_plan_event_id_event")),
        sa.ForeignKeyConstraint(
            ["localization_id"],
            ["localization.id"],
            name=op.f("fk_plan_localization_id_localization"),
        ),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["plan_rule.id"], name=op.f("fk_plan_rule_id_plan_rule")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
        sa.UniqueConstraint(
            "localization_id", "rule_id", name=op.f("uq_plan_localization_id_rule_id")
        ),
    )
    op.create_index(
        op.f("ix_plan_event_id_plan_created_at"), "plan", ["event_id", "created_at"], unique=False
    )
    op.create_table(
        "planned_exposure",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column(
            "number", sa.Integer(), nullable=False, comment="place in the order of time, from 0"
        ),
        sa.Column("field_id", sa.Integer(), nullable=False),
        sa.Column("ra", sa.Double(), nullable=False, comment="ICRS, deg"),
        sa.Column("dec", sa.Double(), nullable=False, comment="ICRS, deg"),
        sa.Column("hpx29", sa.BigInteger(), nullable=False, comment="order-29 NESTED index"),
        sa.Column("filter", sa.String(length=10), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("exposure_time", sa.Double(), nullable=False, comment="s"),
        sa.Column("airmass", sa.Double(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column(
            "limiting_magnitude", sa.Double(), nullable=True, comment="AB, 5 sigma, predicted"
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"],
            ["plan.id"],
            name=op.f("fk_planned_exposure_plan_id_plan"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planned_exposure")),
        sa.UniqueConstraint("plan_id", "number", name=op.f("uq_planned_exposure_plan_id_number")),
    )
    op.create_index(op.f("ix_planned_exposure_hpx29"), "planned_exposure", ["hpx29"], unique=False)
    op.create_table(
        "submission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("telescope", sa.String(length=40), nullable=False),
        sa.Column("idempotency_key", sa.String(length=80), nullable=False),
        sa.Column("queue_name", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("approved_by", sa.String(length=80), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request", sa.String(), nullable=False, comment="the message, word for word"),
        sa.Column(
            "answer", sa.String(), nullable=False, comment="the robot's answer, word for word"
        ),
        sa.Column("reason", sa.String(), nullable=False, comment="why it is refused or unclear"),
        sa.Column(
            "look_ups", sa.Integer(), nullable=False, comment="times asked about while unclear"
        ),
        sa.Column("withdraw_wanted", sa.Boolean(), nullable=False),
        sa.Column("withdraw_reason", sa.String(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_submission_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_submission_idempotency_key")),
        sa.UniqueConstraint("queue_name", name=op.f("uq_submission_queue_name")),
    )
    op.create_index(op.f("ix_submission_plan_id"), "submission", ["plan_id"], unique=False)
    op.create_index(
        "uq_submission_live_plan",
        "submission",
        ["plan_id"],
        unique=True,
        postgresql_where="state IN ('approved', 'submitting', 'accepted', 'unconfirmed', 'executing')",
    )
    op.create_table(
        "exposure",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("telescope", sa.String(length=40), nullable=False),
        sa.Column("exposure_id", sa.String(length=80), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=True),
        sa.Column("queue_name", sa.String(length=80), nullable=True),
        sa.Column("field_id", sa.Integer(), nullable=False),
        sa.Column("ra", sa.Double(), nullable=False, comment="ICRS, deg"),
        sa.Column("dec", sa.Double(), nullable=False, comment="ICRS, deg"),
        sa.Column("hpx29", sa.BigInteger(), nullable=False, comment="order-29 NESTED index"),
        sa.Column("filter", sa.String(length=10), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("exposure_time", sa.Double(), nullable=False, comment="s"),
        sa.Column(
            "detectors", postgresql.ARRAY(sa.Integer()), nullable=False, comment="with good images"
        ),
        sa.Column("airmass", sa.Double(), nullable=True),
        sa.Column("seeing", sa.Double(), nullable=True, comment="arcsec"),
        sa.Column(
            "limiting_magnitude", sa.Double(), nullable=True, comment="AB, 5 sigma, measured"
        ),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_exposure_submission_id_submission")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exposure")),
        sa.UniqueConstraint(
            "telescope", "exposure_id", name=op.f("uq_exposure_telescope_exposure_id")
        ),
    )
    op.create_index(op.f("ix_exposure_hpx29"), "exposure", ["hpx29"], unique=False)
    op.create_index(op.f("ix_exposure_submission_id"), "exposure", ["submission_id"], unique=False)
    op.create_index(
        op.f("ix_exposure_telescope_exposure_start"),
        "exposure",
        ["telescope", "start"],
        unique=False,
    )
    # An event names its current localization, which names its event.
    op.create_foreign_key(
        "fk_event_current_localization_id_localization",
        "event",
        "localization",
        ["current_localization_id"],
        ["id"],
    )


def downgrade() -> None:
    op.drop_constraint("fk_event_current_localization_id_localization", "event", type_="foreignkey")
    op.drop_index(op.f("ix_exposure_telescope_exposure_start"), table_name="exposure")
    op.drop_index(op.f("ix_exposure_submission_id"), table_name="exposure")
    op.drop_index(op.f("ix_exposure_hpx29"), table_name="exposure")
    op.drop_table("exposure")
    op.drop_index(
        "uq_submission_live_plan",
        table_name="submission",
        postgresql_where="state IN ('approved', 'submitting', 'accepted', 'unconfirmed', 'executing')",
    )
    op.drop_index(op.f("ix_submission_plan_id"), table_name="submission")
    op.drop_table("submission")
    op.drop_index(op.f("ix_planned_exposure_hpx29"), table_name="planned_exposure")
    op.drop_table("planned_exposure")
    op.drop_index(op.f("ix_plan_event_id_plan_created_at"), table_name="plan")
    op.drop_table("plan")
    op.drop_index(op.f("ix_coverage_event_id"), table_name="coverage")
    op.drop_table("coverage")
    op.drop_index(op.f("ix_localization_event_id_localization_order"), table_name="localization")
    op.drop_table("localization")
    op.drop_table("web_session")
    op.drop_index("ix_notice_waiting", table_name="notice", postgresql_where="state = 'received'")
    op.drop_index(op.f("ix_notice_received_at"), table_name="notice")
    op.drop_index(op.f("ix_notice_event_id_notice_order"), table_name="notice")
    op.drop_table("notice")
    op.drop_index(op.f("ix_circular_draft_event_id"), table_name="circular_draft")
    op.drop_table("circular_draft")
    op.drop_table("api_token")
    op.drop_index(op.f("ix_activity_event_id_activity_id"), table_name="activity")
    op.drop_table("activity")
    op.drop_table("switch")
    op.drop_table("stream_position")
    op.drop_table("sky_map")
    op.drop_table("robot_queue")
    op.drop_table("plan_rule")
    op.drop_table("person")
    op.drop_index(op.f("ix_login_attempt_username"), table_name="login_attempt")
    op.drop_index(op.f("ix_login_attempt_tried_at"), table_name="login_attempt")
    op.drop_index(op.f("ix_login_attempt_address"), table_name="login_attempt")
    op.drop_table("login_attempt")
    op.drop_table("heartbeat")
    op.drop_index(op.f("ix_event_event_time"), table_name="event")
    op.drop_table("event")
