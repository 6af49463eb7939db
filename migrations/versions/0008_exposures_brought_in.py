"""tables of exposures brought in, coverage by source and depth"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exposure_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("telescope", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column(
            "name",
            sa.String(length=120),
            nullable=False,
            comment="of the file, or of the instrument",
        ),
        sa.Column(
            "footprint",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="detector_id, corners (deg), of a camera that is not one of ours",
        ),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column(
            "known", sa.Integer(), nullable=False, comment="rows whose exposure was known before"
        ),
        sa.Column(
            "rejected",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="row, reason and text of each",
        ),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_by", sa.String(length=80), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_exposure_import_event_id_event")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exposure_import")),
    )
    op.create_index(
        op.f("ix_exposure_import_event_id"), "exposure_import", ["event_id"], unique=False
    )
    op.add_column(
        "coverage",
        sa.Column(
            "by_source",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
            comment="exposures, probability, probability_twice, area; also of all",
        ),
    )
    op.add_column(
        "coverage",
        sa.Column(
            "depths",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
            comment="filter to [AB 5-sigma limit, probability], all sources",
        ),
    )
    op.add_column("exposure", sa.Column("import_id", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_exposure_import_id"), "exposure", ["import_id"], unique=False)
    op.create_foreign_key(
        op.f("fk_exposure_import_id_exposure_import"),
        "exposure",
        "exposure_import",
        ["import_id"],
        ["id"],
    )
    # Rows that exist get what the model gives to new ones; the model gives it from then on.
    op.alter_column("coverage", "by_source", server_default=None)
    op.alter_column("coverage", "depths", server_default=None)


def downgrade() -> None:
    op.drop_constraint(
        op.f("fk_exposure_import_id_exposure_import"), "exposure", type_="foreignkey"
    )
    op.drop_index(op.f("ix_exposure_import_id"), table_name="exposure")
    op.drop_column("exposure", "import_id")
    op.drop_column("coverage", "depths")
    op.drop_column("coverage", "by_source")
    op.drop_index(op.f("ix_exposure_import_event_id"), table_name="exposure_import")
    op.drop_table("exposure_import")
