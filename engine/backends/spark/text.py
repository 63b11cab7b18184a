"""CSV and JSON lines on Spark, with the column types that ``engine.backends.text_tables`` gives them.

Spark's own inference would turn codes such as 01234 into numbers, and its CSV reader takes "" for a null.
"""

from __future__ import annotations

import csv

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - Spark's own convention

from engine.backends.spark.types import ddl, quoted
from engine.backends.text_tables import CANONICAL, DELIMITERS
from engine.errors import InputError
from schemas.reserved import PREFIX

_EMPTY = PREFIX + "empty"
_NOT_UTF8 = "\ufffd"


def read_csv(spark: SparkSession, path: str) -> DataFrame:
    """Reads a CSV file, or all of a folder, with a header line; types are inferred from all values.

    Raises:
        InputError: If there is no header, two columns have one name, or a byte is not UTF-8.
    """
    first = spark.read.text(path).first()  # names of columns, not a row
    header = (first["value"] if first else "").removeprefix("\ufeff")
    if not header.strip():
        raise InputError("the CSV file has no header line", where=path, next="write the columns' names as its first line")
    delimiter = max(DELIMITERS, key=lambda sign: (header.count(sign), -DELIMITERS.index(sign)))
    names = next(csv.reader([header], delimiter=delimiter))
    folded = [name.casefold() for name in names]
    alike = [str(place) for place, name in enumerate(folded, 1) if folded.count(name) > 1]
    if alike:  # told by their places: in a file without a header line their names are data
        raise InputError(f"names of columns are equal, or differ only in case: columns {', '.join(alike)}", where=path,
                         next="rename them at the source")
    text = spark.read.csv(path, header=True, sep=delimiter, mode="FAILFAST", multiLine=True, quote='"', escape='"',
                          nullValue="", emptyValue=_EMPTY)
    columns = [f"c{number}" for number in range(len(text.columns))]
    text = text.toDF(*columns).select(*(F.when(F.col(c) == _EMPTY, "").otherwise(F.col(c)).alias(c) for c in columns))
    kinds = _inferred(text, columns, path)
    return text.select(*(F.col(c).cast(kinds[c]) for c in columns)).toDF(*names)


def read_json_lines(spark: SparkSession, path: str) -> DataFrame:
    """Reads a file of JSON objects, one a line, or all such of a folder; columns in the order of the first object."""
    frame = spark.read.json(path, mode="FAILFAST")
    first = spark.read.text(path).select(F.json_object_keys("value").alias("keys")).first()
    keys = [key for key in (first["keys"] or [] if first else []) if key in frame.columns]
    return frame.select(*(F.col(quoted(name)) for name in dict.fromkeys([*keys, *frame.columns])))


def _inferred(text: DataFrame, columns: list[str], path: str) -> dict[str, str]:
    """Returns each column's Spark type: the first in whose usual notation every value is written."""
    kinds = [(expression.removesuffix("$") + r"\z", ddl(kind)) for expression, kind in CANONICAL]
    asked = [F.bool_and(F.when(F.col(c).isNotNull(), F.col(c).rlike(expression) & F.col(c).try_cast(kind).isNotNull()))
             .alias(f"{c}_{number}") for c in columns for number, (expression, kind) in enumerate(kinds)]
    broken = F.coalesce(F.bool_or(F.greatest(*(F.contains(F.col(c), F.lit(_NOT_UTF8)) for c in [*columns, columns[0]]))),
                        F.lit(False)).alias("broken")  # noqa: FBT003 - a literal of Spark
    answers = text.agg(broken, *asked).toArrow().to_pylist()[0]
    if answers["broken"]:
        raise InputError("the file is not UTF-8", where=path, next="convert it, say with: iconv -f latin1 -t utf-8")
    return {c: next((kind for number, (_, kind) in enumerate(kinds) if answers[f"{c}_{number}"]), "string") for c in columns}

