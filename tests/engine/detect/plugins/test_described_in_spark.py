"""A description of plug-ins travels to Spark's workers and finds there what it finds here."""

from __future__ import annotations

import pyarrow as pa
import pytest
import yaml

from engine.detect.plugins import UNSCANNABLE, Description, Plugins

pytestmark = pytest.mark.spark
LIST = {"recognizers": [
    {"name": "badge", "supported_entity": "BADGE", "patterns": [{"name": "p", "regex": r"\bB-\d{4}\b", "score": 0.6}]},
    {"name": "bomb", "supported_entity": "BOMB", "patterns": [{"name": "p", "regex": r"(?:(?:a|a)+)+b", "score": 0.6}]},
    {"name": "UsSsnRecognizer"}]}
TEXTS = ["see B-1234", "a" * 60, "nothing", "078-05-1120", None, "B-9999 ab"]


def test_workers_find_what_the_driver_finds(spark, tmp_path):
    path = tmp_path / "list.yaml"
    path.write_text(yaml.safe_dump(LIST), encoding="utf-8")
    described = Description.read(path, seconds=0.5)
    path.unlink()

    def find(batches):
        found = Plugins(described.plugins())
        for batch in batches:
            table = found.find(batch.column("text"))
            yield pa.RecordBatch.from_pydict({"text": batch.column("text").take(table.column("value").combine_chunks()),
                                              "type": table.column("entity_type").combine_chunks()})

    frame = spark.createDataFrame([(text,) for text in TEXTS], "text string").repartition(2)
    rows = {(row.text, row.type) for row in frame.mapInArrow(find, "text string, type string").collect()}
    here = Plugins(described.plugins()).find(pa.array(TEXTS)).to_pylist()
    assert rows == {(TEXTS[row["value"]], row["entity_type"]) for row in here}
    assert ("a" * 60, UNSCANNABLE) in rows
    assert ("B-9999 ab", "BOMB") in rows
