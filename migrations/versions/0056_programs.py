"""programs, and which one a submission is charged to"""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "program",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("telescope", sa.String(length=40), nullable=False),
        sa.Column(
            "name",
            sa.String(length=80),
            nullable=False,
            comment="as the telescope's robot takes it",
        ),
        sa.Column("semester", sa.String(length=40), nullable=False, comment="as people call it"),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hours", sa.Float(), nullable=False, comment="granted"),
        sa.Column("rules_may_charge", sa.Boolean(), nullable=False, comment="without a person"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "removed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="kept: submissions were charged to it",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_program")),
    )
    op.create_index(
        "uq_program_semester",
        "program",
        ["telescope", "name", "semester"],
        unique=True,
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    for table, other in (("program_member", "person"), ("program_team", "team")):
        op.create_table(
            table,
            sa.Column("program_id", sa.Integer(), nullable=False),
            sa.Column(f"{other}_id", sa.Integer(), nullable=False),
            sa.ForeignKeyConstraint(
                ["program_id"],
                ["program.id"],
                name=op.f(f"fk_{table}_program_id_program"),
                ondelete="CASCADE",
            ),
            sa.ForeignKeyConstraint(
                [f"{other}_id"],
                [f"{other}.id"],
                name=op.f(f"fk_{table}_{other}_id_{other}"),
                ondelete="CASCADE",
            ),
            sa.PrimaryKeyConstraint("program_id", f"{other}_id", name=op.f(f"pk_{table}")),
        )
    op.add_column(
        "submission",
        sa.Column(
            "program",
            sa.String(length=80),
            nullable=False,
            server_default="",
            comment="that is charged, as the robot takes it; empty: of earlier versions",
        ),
    )
    op.alter_column("submission", "program", server_default=None)
    op.add_column(
        "submission",
        sa.Column(
            "program_id",
            sa.Integer(),
            nullable=True,
            comment="null: the telescope had no programs",
        ),
    )
    op.create_index(op.f("ix_submission_program_id"), "submission", ["program_id"])
    op.create_foreign_key(
        op.f("fk_submission_program_id_program"),
        "submission",
        "program",
        ["program_id"],
        ["id"],
    )
    op.add_column(
        "preflight",
        sa.Column(
            "program",
            sa.String(length=80),
            nullable=False,
            server_default="",
            comment="that would be charged",
        ),
    )
    op.alter_column("preflight", "program", server_default=None)


def downgrade() -> None:
    op.drop_column("preflight", "program")
    op.drop_column("submission", "program_id")
    op.drop_column("submission", "program")
    op.drop_table("program_team")
    op.drop_table("program_member")
    op.drop_table("program")
