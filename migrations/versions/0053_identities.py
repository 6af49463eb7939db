"""who people are at an identity provider"""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "issuer", sa.String(length=255), nullable=False, comment="address of the provider"
        ),
        sa.Column(
            "subject",
            sa.String(length=255),
            nullable=False,
            comment="as it calls the person: never given to another, unlike a name",
        ),
        sa.Column("name", sa.String(length=120), nullable=False, comment="to be shown, no more"),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_identity_person_id_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_identity_issuer_subject")),
        sa.UniqueConstraint("person_id", "issuer", name=op.f("uq_identity_person_id_issuer")),
    )


def downgrade() -> None:
    # Who has no password cannot log in then, until an administrator gives them one.
    op.drop_table("identity")
