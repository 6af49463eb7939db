"""a withdrawal is requested"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Indexes follow their column, whatever it is called.
    op.alter_column("submission", "withdraw_wanted", new_column_name="withdrawal_requested")


def downgrade() -> None:
    op.alter_column("submission", "withdrawal_requested", new_column_name="withdraw_wanted")
