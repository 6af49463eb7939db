"""What a question in SQL may use: what is not here is refused.

Left out are functions that read files, that tell of the engine, that run a text as a statement, and
those that make a short text long (`repeat`, `replace`, `lpad`, `format`): DuckDB's limit of memory
does not see what these take.
"""

_ARITHMETIC = "+ - * / // % ** ^ & | << >> ~ @ mod fmod divide multiply subtract add"
_TEXT_OPERATORS = "|| ~~ !~~ ~~* !~~* ~~~ like_escape not_like_escape ilike_escape not_ilike_escape"
_NUMBERS = """
    abs ceil ceiling floor round trunc sign sqrt cbrt exp ln log log2 log10 pow power pi radians
    degrees sin cos tan asin acos atan atan2 sinh cosh tanh greatest least isnan isinf isfinite
    ifnull nullif if
"""
_TEXTS = """
    lower upper length strlen substring substr left right trim ltrim rtrim starts_with prefix suffix
    ends_with contains position strpos instr regexp_matches regexp_full_match regexp_extract concat
    split_part
"""
_TIMES = """
    date_part date_trunc date_diff datediff datetrunc datepart epoch epoch_ms to_timestamp julian
    make_timestamp year month day hour minute second to_days to_hours to_minutes to_seconds to_years
    to_months to_weeks now get_current_timestamp today current_date
"""
_AGGREGATES = """
    count count_star sum avg mean min max median mode first last any_value arg_min arg_max
    quantile_cont quantile_disc stddev stddev_pop stddev_samp variance var_pop var_samp corr
    covar_pop covar_samp regr_slope regr_intercept regr_r2 regr_count skewness kurtosis mad
    bool_and bool_or count_if approx_count_distinct approx_quantile fsum
"""
_WINDOWS = """
    row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value
    nth_value
"""

FUNCTIONS = frozenset(
    f"{_ARITHMETIC} {_TEXT_OPERATORS} {_NUMBERS} {_TEXTS} {_TIMES} {_AGGREGATES} {_WINDOWS}".split()
)

TYPES = frozenset(
    [
        "boolean",
        "bool",
        "tinyint",
        "smallint",
        "integer",
        "int",
        "int1",
        "int2",
        "int4",
        "int8",
        "bigint",
        "hugeint",
        "utinyint",
        "usmallint",
        "uinteger",
        "ubigint",
        "float",
        "float4",
        "real",
        "double",
        "float8",
        "decimal",
        "numeric",
        "varchar",
        "text",
        "string",
        "char",
        "date",
        "time",
        "timestamp",
        "timestamptz",
        "datetime",
        "interval",
        "short",
        "long",
        "signed",
    ]
) | {"timestamp with time zone", "double precision"}

EXPRESSIONS = frozenset(
    [
        "COLUMN_REF",
        "CONSTANT",
        "FUNCTION",
        "OPERATOR",
        "CAST",
        "CASE",
        "COMPARISON",
        "CONJUNCTION",
        "BETWEEN",
        "STAR",
        "SUBQUERY",
        "WINDOW",
        "TYPE",
        "POSITIONAL_REFERENCE",
    ]
)
"""Classes of expressions, as DuckDB's parser names them."""

PARTS = frozenset(
    [
        "ORDER_MODIFIER",
        "LIMIT_MODIFIER",
        "LIMIT_PERCENT_MODIFIER",
        "DISTINCT_MODIFIER",
        "ORDER_DEFAULT",
        "ASCENDING",
        "DESCENDING",
    ]
)
"""What else has a type."""

QUERIES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE"})
SOURCES = frozenset({"BASE_TABLE", "SUBQUERY", "JOIN", "EMPTY", "EXPRESSION_LIST"})

SPOKEN = {
    "RECURSIVE_CTE_NODE": "WITH RECURSIVE",
    "SHOW_REF": "SHOW, DESCRIBE or SUMMARIZE",
    "TABLE_FUNCTION": "A function in the place of a table",
    "PIVOT": "PIVOT",
    "PARAMETER": "A parameter",
    "LAMBDA": "A lambda",
    "COLLATE": "COLLATE",
    "LAMBDA_REF": "A lambda",
    "DEFAULT": "DEFAULT",
}
"""What people call what the parser names so."""
