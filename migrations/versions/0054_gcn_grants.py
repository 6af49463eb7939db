"""what people let the marshal do at GCN, and who signs a circular"""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gcn_grant",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column(
            "subject", sa.String(length=255), nullable=False, comment="as GCN calls the account"
        ),
        sa.Column("name", sa.String(length=120), nullable=False, comment="to be shown, no more"),
        sa.Column(
            "refresh_token", sa.String(), nullable=False, comment="encrypted with the service's key"
        ),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="of the token: it may be replaced"
        ),
        sa.Column(
            "taken_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="somebody exchanges the token until then, and nobody else may",
        ),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "ended_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when GCN has said that it is over",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_gcn_grant_person_id_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_gcn_grant")),
    )
    # What waits now is sent by the deployment's account, as it was asked for.
    op.add_column(
        "circular_sending",
        sa.Column(
            "signer",
            sa.String(length=255),
            server_default="",
            nullable=False,
            comment="subject of the GCN account that signs; empty: the deployment's",
        ),
    )


def downgrade() -> None:
    op.drop_column("circular_sending", "signer")
    op.drop_table("gcn_grant")
