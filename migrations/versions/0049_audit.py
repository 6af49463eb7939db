"""the audit log, which grows and does nothing else"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False, comment="the name to log in with"),
        sa.Column("way", sa.String(length=20), nullable=False, comment="page, token or command"),
        sa.Column(
            "action",
            sa.String(length=80),
            nullable=False,
            comment="what was done, as the service has it",
        ),
        sa.Column(
            "about",
            postgresql.JSONB(),
            nullable=False,
            comment="numbers in the address; never what was typed",
        ),
        sa.Column("event_id", sa.Integer(), nullable=True),
        sa.Column("address", sa.String(length=60), nullable=False, comment="that it came from"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    for column in ("at", "actor", "event_id"):
        op.create_index(op.f(f"ix_audit_{column}"), "audit", [column])
    op.execute(
        """
        CREATE FUNCTION refuse_change_of_audit() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the audit log is neither changed nor removed';
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE ON audit"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change_of_audit()"
    )


def downgrade() -> None:
    op.drop_table("audit")
    op.execute("DROP FUNCTION refuse_change_of_audit()")
