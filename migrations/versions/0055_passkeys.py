"""passkeys"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "passkey_handle",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("handle", sa.LargeBinary(), nullable=False),
        _of_a_person("passkey_handle"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_passkey_handle")),
        sa.UniqueConstraint("handle", name=op.f("uq_passkey_handle_handle")),
    )
    op.create_table(
        "passkey",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False, comment="COSE"),
        sa.Column(
            "sign_count",
            sa.BigInteger(),
            nullable=False,
            comment="of the last signature: one that counts no further is of a copy",
        ),
        sa.Column(
            "rp_id",
            sa.String(length=253),
            nullable=False,
            comment="name of the site that it is bound to",
        ),
        sa.Column(
            "transports", postgresql.JSONB(), nullable=False, comment="how the device is reached"
        ),
        sa.Column("name", sa.String(length=60), nullable=False, comment="that the person gave it"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        _of_a_person("passkey"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index(op.f("ix_passkey_person_id"), "passkey", ["person_id"])
    op.create_table(
        "passkey_challenge",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column(
            "browser",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256 of what the browser's session cookie holds",
        ),
        sa.Column("person_id", sa.Integer(), nullable=True, comment="null before a login"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        _of_a_person("passkey_challenge"),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_passkey_challenge")),
    )
    op.create_index(op.f("ix_passkey_challenge_made_at"), "passkey_challenge", ["made_at"])


def _of_a_person(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["person_id"],
        ["person.id"],
        name=op.f(f"fk_{table}_person_id_person"),
        ondelete="CASCADE",
    )


def downgrade() -> None:
    op.drop_table("passkey_challenge")
    op.drop_table("passkey")
    op.drop_table("passkey_handle")
