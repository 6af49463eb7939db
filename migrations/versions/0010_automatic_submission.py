"""rules that submit without a person, and how fast a robot answers"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "plan_rule",
        sa.Column(
            "submits",
            sa.Boolean(),
            server_default="false",
            nullable=False,
            comment="whether its plan is submitted without a person",
        ),
    )
    op.add_column(
        "plan_rule",
        sa.Column(
            "minimum_probability",
            sa.Double(),
            nullable=True,
            comment="of the plan in all filters, to be submitted without a person, 0 to 1",
        ),
    )
    op.add_column(
        "robot_queue",
        sa.Column("answer_time", sa.Double(), nullable=True, comment="to the last ping, s"),
    )
    op.alter_column("plan_rule", "submits", server_default=None)


def downgrade() -> None:
    op.drop_column("robot_queue", "answer_time")
    op.drop_column("plan_rule", "minimum_probability")
    op.drop_column("plan_rule", "submits")
