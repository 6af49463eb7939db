"""plans that a person wants on another map than the current one"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


_VARIANTS = "own; combined (by the mission); fetched, fetched-2, ...; product-<event>"
_COMMENTS = {
    "variant": (_VARIANTS, f"{_VARIANTS}; no-earth-<localization>"),
    "kind": (
        "circle, ellipse, polygon, inlinemap, maplink, product, point",
        "circle, ellipse, polygon, inlinemap, maplink, product, masked, point",
    ),
}


def upgrade() -> None:
    for name, (before, after) in _COMMENTS.items():
        _say(name, before, after)
    op.add_column(
        "plan",
        sa.Column(
            "has_chosen_map",
            sa.Boolean(),
            # Until now every plan was made on the map that was current.
            server_default=sa.false(),
            nullable=False,
            comment="a person wants it on this map, which was not the current one",
        ),
    )


def downgrade() -> None:
    for name, (before, after) in _COMMENTS.items():
        _say(name, after, before)
    op.drop_column("plan", "has_chosen_map")


def _say(column: str, before: str, after: str) -> None:
    op.alter_column(
        "localization",
        column,
        existing_type=sa.String(length=20),
        existing_nullable=False,
        existing_comment=before,
        comment=after,
    )
