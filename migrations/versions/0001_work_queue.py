"""the work queue: procrastinate's own schema

Its tables, types and functions are procrastinate's; they are removed by their names.
"""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# "procrastinate_" begins the name of everything that its schema makes.
DROP_ALL = """
DO $$
DECLARE item record;
BEGIN
  FOR item IN SELECT format('DROP TABLE %I CASCADE', relname) AS statement FROM pg_class
    WHERE relkind IN ('r', 'p') AND relname LIKE 'procrastinate\\_%' AND relnamespace = current_schema()::regnamespace
  LOOP EXECUTE item.statement; END LOOP;
  FOR item IN SELECT format('DROP FUNCTION %s CASCADE', oid::regprocedure) AS statement FROM pg_proc
    WHERE proname LIKE 'procrastinate\\_%' AND pronamespace = current_schema()::regnamespace
  LOOP EXECUTE item.statement; END LOOP;
  FOR item IN SELECT format('DROP TYPE %I CASCADE', typname) AS statement FROM pg_type
    WHERE typname LIKE 'procrastinate\\_%' AND typnamespace = current_schema()::regnamespace AND typtype IN ('e', 'c')
  LOOP EXECUTE item.statement; END LOOP;
END $$
"""


def upgrade() -> None:
    # Straight to the driver: the schema's text holds % and : that are not parameters.
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(SchemaManager.get_schema())


def downgrade() -> None:
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(DROP_ALL)
