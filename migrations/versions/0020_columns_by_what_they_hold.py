"""columns are named by what they hold"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column(
        "event_name",
        "compared",
        new_column_name="normalized_name",
        comment="without case, spaces and signs",
        existing_comment="see compared_name",
    )
    op.execute("ALTER INDEX ix_event_name_compared RENAME TO ix_event_name_normalized_name")
    op.alter_column("notice", "meaning", new_column_name="content_hash")
    op.execute("ALTER INDEX ix_notice_meaning RENAME TO ix_notice_content_hash")


def downgrade() -> None:
    op.execute("ALTER INDEX ix_notice_content_hash RENAME TO ix_notice_meaning")
    op.alter_column("notice", "content_hash", new_column_name="meaning")
    op.execute("ALTER INDEX ix_event_name_normalized_name RENAME TO ix_event_name_compared")
    op.alter_column(
        "event_name",
        "normalized_name",
        new_column_name="compared",
        comment="see compared_name",
        existing_comment="without case, spaces and signs",
    )
