"""submissions and replacements count their changes; what a robot was asked when

Absences are kept with the time at which the robot was asked, so that two of them can be told
apart by the time that it takes to settle.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

LIVE = "state IN ('approved', 'submitting', 'accepted', 'unconfirmed', 'executing')"


def upgrade() -> None:
    for table in ("submission", "replacement"):
        op.add_column(
            table,
            sa.Column(
                "version",
                sa.Integer(),
                nullable=False,
                server_default="1",
                comment="counts the changes of this row",
            ),
        )
        op.alter_column(table, "version", server_default=None)
    op.add_column(
        "submission",
        sa.Column(
            "attempts",
            sa.Integer(),
            nullable=False,
            server_default="0",
            comment="times that it was to be sent",
        ),
    )
    op.alter_column("submission", "attempts", server_default=None)
    op.execute("UPDATE submission SET attempts = 1 WHERE sent_at IS NOT NULL")
    op.add_column(
        "submission",
        sa.Column(
            "needs_person",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="only a person can settle it; the reason says how",
        ),
    )
    op.alter_column("submission", "needs_person", server_default=None)
    op.execute(
        "UPDATE submission SET needs_person = true"
        " WHERE state = 'unconfirmed' AND reason LIKE '%a person must look'"
    )
    op.add_column(
        "submission",
        sa.Column(
            "missing_since",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="asked then, the robot did not hold it; null: it did, or was not asked",
        ),
    )
    op.add_column(
        "submission",
        sa.Column(
            "ends_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="until then the robot may execute what was sent last",
        ),
    )
    op.execute(
        "UPDATE submission SET ends_at = (SELECT max(start) + interval '2 hours'"
        " FROM planned_exposure WHERE planned_exposure.plan_id = submission.plan_id)"
        " WHERE sent_at IS NOT NULL"
    )
    op.drop_column("submission", "look_ups")
    op.drop_index("uq_submission_live_plan", table_name="submission")
    op.create_index(
        "uq_submission_live_plan",
        "submission",
        ["plan_id"],
        unique=True,
        postgresql_where=sa.text(f"{LIVE} AND NOT withdraw_wanted"),
    )
    op.alter_column("robot_queue", "seen_at", comment="when it was asked for this list")
    op.add_column(
        "robot_queue",
        sa.Column(
            "history_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when it was asked for the exposures that we know",
        ),
    )
    op.create_table(
        "job_death",
        sa.Column("job_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("task", sa.String(length=80), nullable=False),
        sa.Column(
            "deaths", sa.Integer(), nullable=False, comment="workers that have died doing the job"
        ),
        sa.Column(
            "last_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.now(),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_job_death")),
    )
    # The rescue of jobs is no job any more; a worker that died at it would hold its lock for ever.
    op.execute(
        "DELETE FROM procrastinate_jobs WHERE task_name = 'rescue' AND status IN ('todo', 'doing')"
    )
    op.alter_column("delivery", "notice_id", nullable=True)
    op.add_column("delivery", sa.Column("submission_id", sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f("fk_delivery_submission_id_submission"),
        "delivery",
        "submission",
        ["submission_id"],
        ["id"],
    )
    op.create_unique_constraint(
        op.f("uq_delivery_submission_id_channel"), "delivery", ["submission_id", "channel"]
    )


def downgrade() -> None:
    op.drop_table("job_death")
    op.execute("DELETE FROM delivery WHERE notice_id IS NULL")
    op.drop_column("delivery", "submission_id")
    op.alter_column("delivery", "notice_id", nullable=False)
    op.drop_column("robot_queue", "history_at")
    op.alter_column("robot_queue", "seen_at", comment=None)
    op.drop_index("uq_submission_live_plan", table_name="submission")
    op.create_index(
        "uq_submission_live_plan",
        "submission",
        ["plan_id"],
        unique=True,
        postgresql_where=sa.text(LIVE),
    )
    op.add_column(
        "submission",
        sa.Column(
            "look_ups",
            sa.Integer(),
            nullable=False,
            server_default="0",
            comment="times asked about while unclear",
        ),
    )
    op.alter_column("submission", "look_ups", server_default=None)
    for column in ("ends_at", "missing_since", "needs_person", "attempts", "version"):
        op.drop_column("submission", column)
    op.drop_column("replacement", "version")
