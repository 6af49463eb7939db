"""SQL: one SELECT on the alerts, and nothing that reads, writes, tells or lasts."""

import threading
import time

import duckdb
import pyarrow as pa
import pytest

from counterparts.archive.errors import ArchiveFault, LimitReached, QueryRefused
from counterparts.archive.queries.engine import kept_engine, locked_engine
from counterparts.archive.queries.limits import Limits
from counterparts.archive.queries.query import Archive
from counterparts.archive.queries.sql import ask
from counterparts.archive.queries.statements import check_statement
from counterparts.archive.storage.close import close
from counterparts.archive.storage.incoming import append
from tests.counterparts.archive.made import NIGHT, alerts

HOSTILE = [
    ("SELECT * FROM '/etc/passwd'", "/etc/passwd"),
    ('SELECT * FROM "/etc/passwd"', "/etc/passwd"),
    ("SELECT * FROM read_csv('/etc/passwd')", "read_csv"),
    ("SELECT * FROM read_text('/etc/*')", "read_text"),
    ("SELECT * FROM read_parquet('x.parquet')", "read_parquet"),
    ("SELECT * FROM glob('/*')", "glob"),
    ("SELECT * FROM sniff_csv('/etc/passwd')", "sniff_csv"),
    ("SELECT * FROM query('SELECT 1')", "query"),
    ("SELECT * FROM query_table(['alerts'])", "query_table"),
    ("SELECT * FROM json_execute_serialized_sql('x')", "json_execute_serialized_sql"),
    ("SELECT * FROM parquet_metadata('x')", "parquet_metadata"),
    ("SELECT * FROM duckdb_settings()", "duckdb_settings"),
    ("SELECT * FROM duckdb_views()", "duckdb_views"),
    ("SELECT sql FROM duckdb_views", "duckdb_views"),
    ("SELECT sql FROM sqlite_master", "sqlite_master"),
    ("SELECT * FROM information_schema.tables", "information_schema.tables"),
    ("SELECT * FROM pg_catalog.pg_class", "pg_catalog.pg_class"),
    ("SELECT * FROM main.alerts", "main.alerts"),
    ("WITH a AS (SELECT sql FROM sqlite_master), sqlite_master AS (SELECT 1) SELECT * FROM a",
     "sqlite_master"),
    ("SELECT * FROM (WITH pg_class AS (SELECT 1) SELECT * FROM pg_class), pg_class", "pg_class"),
    ("WITH sqlite_master AS (SELECT * FROM sqlite_master) SELECT * FROM sqlite_master",
     "sqlite_master"),
    ("SELECT current_setting('allowed_paths')", "current_setting"),
    ("SELECT getenv('HOME')", "getenv"),
    ("SELECT system.main.current_setting('x')", "system.main.current_setting"),
    ("SELECT (SELECT * FROM read_blob('/etc/passwd'))", "read_blob"),
    ("SELECT * FROM alerts WHERE ra IN (SELECT 1 FROM read_json('/x'))", "read_json"),
    ("SELECT * FROM alerts ORDER BY (SELECT content FROM read_text('/x'))", "read_text"),
    ("SELECT * FROM alerts LIMIT (SELECT count(*) FROM glob('/*'))", "glob"),
    ("SELECT * FROM alerts QUALIFY getvariable('x')", "getvariable"),
    ("SELECT sum(ra) FILTER (nextval('s') > 1) FROM alerts", "nextval"),
    ("SELECT * FROM generate_series(1, 1000000000000)", "generate_series"),
    ("SELECT unnest(range(1000000000)) FROM alerts", "unnest"),
    ("SELECT repeat('x', 1000000000)", "repeat"),
    ("SELECT replace('xxxx', 'x', 'xxxx')", "replace"),
    ("SELECT format('{:1000000000d}', 1)", "format"),
    ("WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n FROM r) SELECT * FROM r",
     "WITH RECURSIVE"),
    ("SELECT list_transform([1], lambda x: x + 1)", "list_transform"),
    ("SELECT ra::JSON FROM alerts", "JSON"),
    ("SELECT * FROM alerts AT (VERSION => 1)", "alerts"),
    ("SELECT $1", "parameter"),
    ("SHOW TABLES", "SHOW"),
    ("DESCRIBE alerts", "DESCRIBE"),
    ("SUMMARIZE alerts", "SUMMARIZE"),
    ("PIVOT alerts ON survey", "PIVOT"),
    ("ATTACH '/tmp/x.db'", "ATTACH"),
    ("DETACH memory", "DETACH"),
    ("COPY alerts TO '/tmp/out.csv'", "COPY"),
    ("COPY (SELECT 1) TO '/tmp/out.csv'", "COPY"),
    ("EXPORT DATABASE '/tmp/x'", "EXPORT"),
    ("IMPORT DATABASE '/tmp/x'", "IMPORT"),
    ("INSTALL httpfs", "INSTALL"),
    ("LOAD httpfs", "LOAD"),
    ("PRAGMA database_list", "PRAGMA"),
    ("CALL pragma_version()", "CALL"),
    ("SET threads = 64", "SET"),
    ("RESET memory_limit", "RESET"),
    ("CREATE TABLE t AS SELECT 1", "CREATE"),
    ("CREATE MACRO f() AS 1", "CREATE"),
    ("INSERT INTO alerts VALUES (1)", "INSERT"),
    ("UPDATE alerts SET ra = 1", "UPDATE"),
    ("DELETE FROM alerts", "DELETE"),
    ("DROP VIEW alerts", "DROP"),
    ("EXPLAIN ANALYZE SELECT 1", "EXPLAIN"),
    ("PREPARE p AS SELECT 1", "PREPARE"),
    ("BEGIN TRANSACTION", "BEGIN"),
    ("CHECKPOINT", "CHECKPOINT"),
    ("VACUUM", "VACUUM"),
    ("USE memory", "USE"),
    ("SELECT 1; SELECT 2", "One statement"),
    ("SELECT 1; DROP VIEW alerts", "DROP|One statement|SELECT"),
    ("", "more than one, or none"),
    ("SELECT FROM WHERE", "cannot be read"),
    ("SELECT " + "abs(" * 200 + "1" + ")" * 200, "nested too deeply"),
    ("SELECT 1" + " + 1" * 5000, "longer than"),
    ("SELECT 1 FROM " + ", ".join(f"alerts a{number}" for number in range(20)), "More than 12"),
    ("SELECT '\0'", "character"),
]  # fmt: skip


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    folder = tmp_path_factory.mktemp("archive")
    append(folder, "a", alerts(3000))
    close(folder, NIGHT)
    append(folder, "b", alerts(10, first=3000))
    return Archive(folder)


@pytest.mark.parametrize(("statement", "said"), HOSTILE)
def test_what_is_not_allowed_is_refused_by_its_name(archive, statement, said):
    with pytest.raises(QueryRefused, match=said) as refusal:
        ask(archive, statement)
    assert str(refusal.value).endswith(".")


LASTING = ("generate_series", "range(1000", "RECURSIVE", "repeat", "format")


@pytest.mark.parametrize(
    "statement", [one for one, _ in HOSTILE if not any(word in one for word in LASTING)]
)
def test_the_engine_itself_gives_nothing_away(archive, statement, tmp_path):
    """The second lock, without the first: nothing is read but alerts, and nothing is written."""
    outside = tmp_path / "secret.csv"
    outside.write_text("secret\n1\n")
    statement = statement.replace("/etc/passwd", str(outside)).replace("/tmp/", f"{tmp_path}/")
    engine = locked_engine(archive.folder, [], Limits(memory=100 << 20))
    try:
        answer = str(engine.execute(statement).fetchall())
    except Exception as error:  # noqa: BLE001 - any refusal will do
        answer = str(error)
    engine.close()
    assert "secret\\n" not in answer
    assert [path.name for path in tmp_path.iterdir()] == ["secret.csv"]


def test_the_engine_that_is_kept_is_locked_as_well(archive, tmp_path):
    (tmp_path / "secret").write_text("secret")
    engine = kept_engine(archive.folder, Limits())
    for statement in (
        f"SELECT * FROM read_text('{tmp_path}/secret')",
        f"COPY (SELECT 1) TO '{tmp_path}/out.csv'",
        f"ATTACH '{tmp_path}/x.db'",
        "SET allowed_directories = ['/']",
        "SET enable_external_access = true",
    ):
        with pytest.raises(duckdb.Error):
            engine.execute(statement)


ANSWERED = [
    ("SELECT count(*) AS n FROM alerts", [{"n": 3010}]),
    ("FROM alerts SELECT candid ORDER BY candid LIMIT 1", [{"candid": "1000000"}]),
    (
        """WITH a AS (SELECT * FROM alerts WHERE "filter" = 'g'), b AS (SELECT count(*) AS n FROM a)
           SELECT n FROM b""",
        [{"n": 1004}],
    ),
    (
        """SELECT a.survey, max(b.candid) AS m FROM Alerts AS a JOIN alerts b USING (candid)
           GROUP BY ALL""",
        [{"survey": "ZTF", "m": "1003009"}],
    ),
    (
        "SELECT DISTINCT survey FROM alerts UNION SELECT 'X' ORDER BY 1",
        [{"survey": "X"}, {"survey": "ZTF"}],
    ),
    (
        """SELECT count(*) AS n FROM (
               SELECT row_number() OVER (PARTITION BY object_id ORDER BY jd DESC) AS place
               FROM alerts QUALIFY place = 1) AS t""",
        [{"n": 50}],
    ),
    (
        "SELECT CASE WHEN avg(ra) BETWEEN 100 AND 260 THEN 'yes' ELSE 'no' END AS x FROM alerts",
        [{"x": "yes"}],
    ),
    ("SELECT * FROM (VALUES (1), (2)) AS t(n)", [{"n": 1}, {"n": 2}]),
    (
        "SELECT cast(round(quantile_cont(dec, 0.5)) AS INTEGER) BETWEEN -9 AND 9 AS x FROM alerts;",
        [{"x": True}],
    ),
    (
        """SELECT upper(survey) || '!' AS s FROM alerts
           WHERE survey ILIKE 'zt%' AND candid IN ('1000000')""",
        [{"s": "ZTF!"}],
    ),
    (
        """SELECT date_trunc('day', received_at)::DATE::VARCHAR AS d, count(*) AS n FROM alerts
           GROUP BY 1""",
        [{"d": "2026-11-29", "n": 3010}],
    ),
]


@pytest.mark.parametrize(("statement", "rows"), ANSWERED)
def test_what_an_astronomer_asks_is_answered(archive, statement, rows):
    assert ask(archive, statement).table().to_pylist() == rows


def test_a_mistake_is_explained_without_paths(archive):
    with pytest.raises(QueryRefused, match="brightness") as refusal:
        ask(archive, "SELECT brightness FROM alerts")
    assert str(archive.folder) not in str(refusal.value)
    with pytest.raises(QueryRefused, match="cannot be answered"):
        ask(archive, "SELECT CAST(object_id AS INTEGER) FROM alerts").table()


def test_columns_of_one_name_are_refused(archive):
    with pytest.raises(QueryRefused, match="called ra: name one by AS"):
        ask(archive, "SELECT ra, dec AS ra FROM alerts")


def test_views_within_views_cannot_make_the_planner_last(archive):
    doubled = "".join(
        f", a{number} AS (SELECT x.ra FROM a{number - 1} x, a{number - 1} y)"
        for number in range(1, 6)
    )
    query = f"WITH a0 AS (SELECT ra FROM alerts){doubled} SELECT count(*) FROM a5 WHERE ra > 1"
    with pytest.raises(LimitReached):
        ask(archive, query, Limits(seconds=2)).table()


FOREVER = (
    "SELECT count(*) FROM alerts a, alerts b, alerts c, alerts d WHERE a.ra + b.ra + c.ra < d.ra"
)


def test_one_that_runs_for_ever_is_ended_at_its_limit(archive):
    begun = time.monotonic()
    with pytest.raises(LimitReached, match=r"longer than 0\.5 s"):
        ask(archive, FOREVER, Limits(seconds=0.5)).table()
    # Far from its hours, however busy the machine is.
    assert time.monotonic() - begun < 60
    assert not [one for one in threading.enumerate() if "interrupt" in one.name]


def test_one_that_needs_too_much_memory_is_ended(archive):
    query = "SELECT a.*, b.* FROM alerts a, alerts b ORDER BY a.ra + b.dec"
    with pytest.raises(LimitReached, match="more than 50 MiB"):
        ask(archive, query, Limits(seconds=60, memory=50 << 20)).table()


def test_a_long_answer_is_cut_and_says_so(archive):
    answer = ask(archive, "SELECT a.ra FROM alerts a, alerts b", Limits(rows=100_000))
    assert len(answer.table()) == 100_000
    assert answer.is_cut


def test_answers_come_as_they_are_found(archive):
    answer = ask(archive, "SELECT a.*, b.ra AS other FROM alerts a, alerts b")
    assert isinstance(next(answer), pa.RecordBatch)
    answer.close()
    assert list(answer) == []


def test_checking_runs_nothing():
    check_statement("SELECT count(*) FROM alerts a, alerts b, alerts c, alerts d, alerts e")


def test_every_refusal_is_a_fault_of_the_archive():
    assert issubclass(QueryRefused, ArchiveFault)
    assert issubclass(LimitReached, ArchiveFault)
