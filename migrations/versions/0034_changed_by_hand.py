"""plans that a person made of another plan by hand"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "plan",
        sa.Column(
            "changed_from_id",
            sa.Integer(),
            nullable=True,
            comment="the plan of which its author made this one by hand",
        ),
    )
    op.create_foreign_key(
        op.f("fk_plan_changed_from_id_plan"), "plan", "plan", ["changed_from_id"], ["id"]
    )


def downgrade() -> None:
    op.drop_column("plan", "changed_from_id")
