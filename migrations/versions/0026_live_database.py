"""a database knows whether it is the live one, or a copy of it"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Its row is written by `migrate`: the database that is led on here is the live one.
    op.create_table(
        "live_database",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "system_identifier",
            sa.BigInteger(),
            nullable=True,
            comment="of the PostgreSQL server; null: it does not tell",
        ),
        sa.Column(
            "database_oid",
            sa.BigInteger(),
            nullable=False,
            comment="of the database in its server",
        ),
        sa.Column(
            "folder",
            sa.BigInteger(),
            nullable=True,
            comment="inode of an embedded server's folder; null: not known, or a real one",
        ),
        sa.Column("is_copy", sa.Boolean(), nullable=False, comment="marked as a copy"),
        sa.Column("reason", sa.String(), nullable=False, comment="why it is marked"),
        sa.Column(
            "live_since",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when a copy became the live one; null: it has been since it was made",
        ),
        sa.Column("changed_by", sa.String(length=80), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_live_database_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_database")),
    )


def downgrade() -> None:
    op.drop_table("live_database")
