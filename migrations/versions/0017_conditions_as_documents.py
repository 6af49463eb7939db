"""conditions and requests of rules as documents: one more of them needs no migration"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

JSONB = postgresql.JSONB()
CONDITIONS = (
    ("streams", JSONB, "'[]'", "streams it applies to; empty: all"),
    ("tests", sa.Boolean(), "false", "also for test events"),
    ("significant_only", sa.Boolean(), "false", None),
    (
        "minimum_astrophysical",
        sa.Float(),
        None,
        "least probability not to be of terrestrial origin, 0 to 1",
    ),
    ("minimum_has_ns", sa.Float(), None, "least HasNS, 0 to 1"),
    ("maximum_far", sa.Float(), None, "Hz"),
    ("maximum_area", sa.Float(), None, "90 % credible area, deg2"),
    ("maximum_distance", sa.Float(), None, "mean distance, Mpc"),
    ("excluded_flags", JSONB, "'[]'", "flags of an event that forbid the rule"),
    ("kinds", JSONB, "'[]'", "kinds of notice that it heeds; empty: all but information"),
    ("minimum_classes", JSONB, "'{}'", "class to probability, 0 to 1; one of them must be reached"),
    ("duration_classes", JSONB, "'[]'", "short, long; empty: any, also unknown"),
    ("maximum_radius", sa.Float(), None, "error radius as the mission states it, deg"),
)
REQUEST = (
    ("filters", JSONB, "'[]'", None),
    ("exposure_time", sa.Float(), "0", "s"),
    ("minimum_gap", sa.Float(), "1800", "s"),
    ("airmass_limit", sa.Float(), "2.5", None),
    ("sun_altitude", sa.Float(), "-18", "deg"),
    ("moon_separation", sa.Float(), "20", "deg"),
)


def _pack(name: str, columns: tuple) -> None:
    op.add_column("plan_rule", sa.Column(name, JSONB, nullable=True))
    pairs = ", ".join(f"'{column}', {column}" for column, *_ in columns)
    op.execute(f"UPDATE plan_rule SET {name} = jsonb_build_object({pairs})")  # noqa: S608
    op.alter_column("plan_rule", name, nullable=False)
    for column, *_ in columns:
        op.drop_column("plan_rule", column)


def _unpack(name: str, columns: tuple) -> None:
    for column, kind, usual, comment in columns:
        op.add_column("plan_rule", sa.Column(column, kind, nullable=True, comment=comment))
        value = f"{name}->'{column}'"
        if kind is not JSONB:
            cast = "boolean" if isinstance(kind, sa.Boolean) else "double precision"
            value = f"({name}->>'{column}')::{cast}"
        if usual is not None:
            value = f"COALESCE({value}, {usual})"
        op.execute(f"UPDATE plan_rule SET {column} = {value}")  # noqa: S608
        op.alter_column("plan_rule", column, nullable=usual is None)
    op.drop_column("plan_rule", name)


def upgrade() -> None:
    _pack("conditions", CONDITIONS)
    _pack("request", REQUEST)
    op.alter_column(
        "plan_rule", "conditions", comment="when it applies, as workflows.rules.conditions has it"
    )
    op.alter_column(
        "plan_rule", "request", comment="what is asked of the planner, as a plan file has it"
    )
    op.alter_column(
        "rule_trial",
        "candidate",
        comment="the rule that is tried, as workflows.rules.fields has it",
    )


def downgrade() -> None:
    _unpack("request", REQUEST)
    _unpack("conditions", CONDITIONS)
