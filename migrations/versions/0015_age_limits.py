"""how old an event may be when a rule acts"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# Of the rules that are there: hours, as for new ones.
LIMITS = (
    ("maximum_age_to_plan", 168.0, "h; no plan is made of an older event"),
    ("maximum_age_to_tell", 168.0, "h; nobody is told of an older event"),
    ("maximum_age_to_submit", 24.0, "h; an older event's plan is left to a person"),
)


def upgrade() -> None:
    for name, hours, comment in LIMITS:
        op.add_column("plan_rule", sa.Column(name, sa.Float(), nullable=True, comment=comment))
        op.execute(sa.table("plan_rule", sa.column(name)).update().values({name: hours}))


def downgrade() -> None:
    for name, _, _ in LIMITS:
        op.drop_column("plan_rule", name)
