"""circulars that are edited, approved, and sent at the most once"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0040"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("kind", sa.String(length=20), nullable=True),
        sa.Column("telescopes", ARRAY(sa.String(length=40)), nullable=True),
        sa.Column(
            "text", sa.String(), nullable=True, comment="body as it is edited, its values marked"
        ),
        sa.Column(
            "values", JSONB(), nullable=True, comment="name to text and source of what is bound"
        ),
        sa.Column("request", JSONB(), nullable=True, comment="what was asked"),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("changed_by", sa.String(length=80), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.String(length=80), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "approved_sha256",
            sa.String(length=64),
            nullable=True,
            comment="of the text that was approved",
        ),
    ):
        op.add_column("circular_draft", column)
    # Nothing was bound in a text of before: it stays as it was read.
    op.execute(
        "UPDATE circular_draft SET kind = 'observations', telescopes = ARRAY[telescope],"
        " text = body, values = '{}', request = '{}', version = 1,"
        " changed_by = author, changed_at = created_at"
    )
    for name in (
        "kind",
        "telescopes",
        "text",
        "values",
        "request",
        "version",
        "changed_by",
        "changed_at",
    ):
        op.alter_column("circular_draft", name, nullable=False)
    op.alter_column("circular_draft", "body", comment="as it is sent", existing_type=sa.String())
    op.drop_column("circular_draft", "telescope")
    op.create_table(
        "circular_version",
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column(
            "text", sa.String(), nullable=False, comment="body as it is edited, its values marked"
        ),
        sa.Column("body", sa.String(), nullable=False, comment="as it would have been sent"),
        sa.Column("changed_by", sa.String(length=80), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"],
            ["circular_draft.id"],
            name=op.f("fk_circular_version_draft_id_circular_draft"),
        ),
        sa.PrimaryKeyConstraint("draft_id", "version", name=op.f("pk_circular_version")),
    )
    op.create_table(
        "circular_sending",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="of the draft"),
        sa.Column("sha256", sa.String(length=64), nullable=False, comment="of subject and body"),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column(
            "way", sa.String(length=20), nullable=False, comment="by hand, email, api, or seen"
        ),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column(
            "reason", sa.String(), nullable=False, comment="why it is not known to have arrived"
        ),
        sa.Column("asked_by", sa.String(length=80), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("number", sa.Integer(), nullable=True, comment="of the circular, as GCN gave it"),
        sa.Column("notice_id", sa.BigInteger(), nullable=True, comment="with which it came back"),
        sa.ForeignKeyConstraint(
            ["draft_id"],
            ["circular_draft.id"],
            name=op.f("fk_circular_sending_draft_id_circular_draft"),
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notice.id"], name=op.f("fk_circular_sending_notice_id_notice")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_circular_sending")),
        sa.UniqueConstraint("number", name=op.f("uq_circular_sending_number")),
    )
    op.create_index(op.f("ix_circular_sending_draft_id"), "circular_sending", ["draft_id"])
    for name in ("draft_id", "sha256"):
        op.create_index(
            f"uq_circular_sending_{name}",
            "circular_sending",
            [name],
            unique=True,
            postgresql_where=sa.text("state <> 'failed'"),
        )


def downgrade() -> None:
    op.drop_table("circular_sending")
    op.drop_table("circular_version")
    op.add_column("circular_draft", sa.Column("telescope", sa.String(length=40), nullable=True))
    op.execute("UPDATE circular_draft SET telescope = coalesce(telescopes[1], '')")
    op.alter_column("circular_draft", "telescope", nullable=False)
    op.alter_column("circular_draft", "body", comment=None, existing_type=sa.String())
    for name in (
        "kind",
        "telescopes",
        "text",
        "values",
        "request",
        "version",
        "changed_by",
        "changed_at",
        "approved_by",
        "approved_at",
        "approved_sha256",
    ):
        op.drop_column("circular_draft", name)
