"""only the latest version of a circular names events"""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE INDEX ix_notice_circular ON notice ((\"order\"[1])) WHERE stream = 'circulars'"
    )
    op.execute(
        """
        DELETE FROM notice_reference USING notice AS old, notice AS new
        WHERE notice_reference.notice_id = old.id
          AND old.stream = 'circulars' AND new.stream = 'circulars'
          AND old.state = 'understood' AND new.state = 'understood'
          AND new."order"[1] = old."order"[1]
          AND (new."order" > old."order" OR (new."order" = old."order" AND new.sha256 > old.sha256))
        """
    )


def downgrade() -> None:
    op.drop_index("ix_notice_circular", table_name="notice")
