"""pictures of sky maps, for where no script runs"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "drawing",
        sa.Column("localization_id", sa.Integer(), nullable=False),
        sa.Column("all_sky", sa.LargeBinary(), nullable=False, comment="PNG of the whole sky"),
        sa.Column("zoom", sa.LargeBinary(), nullable=False, comment="PNG of the 90 % region"),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["localization_id"],
            ["localization.id"],
            name=op.f("fk_drawing_localization_id_localization"),
        ),
        sa.PrimaryKeyConstraint("localization_id", name=op.f("pk_drawing")),
    )


def downgrade() -> None:
    op.drop_table("drawing")
