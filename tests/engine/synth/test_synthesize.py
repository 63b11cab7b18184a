"""One training, end to end, on two Ray workers; then its evaluation."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from engine.errors import InputError
from engine.privacy.accounting import epsilon_of
from engine.synth.evaluate import evaluate
from engine.synth.sampler import sample
from engine.synth.synthesize import synthesize
from schemas.dp_events import SampledGaussian
from schemas.evaluation import Evaluation
from schemas.receipt import SynthesisReceipt
from tests.engine.synth.people import COLORS, people, policy, write_release

ROWS = 4000


@pytest.fixture(scope="module")
def trained(ray_cluster, tmp_path_factory):
    pytest.importorskip("opacus", reason="Opacus is not installed: pip install 'lakeveil[synth]'")
    release = write_release(tmp_path_factory.mktemp("lake"), people(ROWS), files=3)
    told = []
    with pytest.MonkeyPatch.context() as here:  # a relative path, as policies write it: workers run in other folders
        here.chdir(Path(release).parent)
        receipt = synthesize(policy(batch=100, epochs=10), Path(release).name, progress=lambda *step: told.append(step))
    return release, receipt, told


@pytest.mark.ray
def test_the_receipt_says_what_was_done(trained):
    release, receipt, told = trained
    stored = SynthesisReceipt.model_validate_json(Path(release + ".synthetic.receipt.json").read_text())
    assert stored == receipt
    assert receipt.epsilon <= 6
    assert receipt.spends[0].epsilon < receipt.epsilon < sum(spend.epsilon for spend in receipt.spends)
    assert receipt.epsilon == epsilon_of(receipt.events, receipt.delta), "a stranger can compute it from the receipt"
    assert receipt.epsilon < receipt.epsilon_record < 2 * receipt.epsilon
    steps = SampledGaussian(noise_multiplier=receipt.noise_multiplier, sample_rate=receipt.sample_rate, count=receipt.steps)
    assert epsilon_of([steps], receipt.delta) == receipt.spends[0].epsilon
    assert receipt.epsilon_by_accountant["prv"] == pytest.approx(sum(spend.epsilon for spend in receipt.spends), rel=0.01)
    assert receipt.epsilon_by_accountant["rdp"] > receipt.epsilon
    assert (receipt.workers, receipt.unit, receipt.max_rows_per_subject, receipt.generator) == (2, "subject", 2, "tabular")
    assert (receipt.device, receipt.mixed) == ("cpu", False)
    assert receipt.loss_curve == ()
    words = [what for what, _ in told if what.startswith("training: epsilon")]
    assert words
    assert all("at most so far" in what and "within the clip" in what for what in words)


@pytest.mark.ray
def test_surplus_rows_of_a_subject_were_cut(trained):
    from engine.synth.sampling import held_out  # noqa: PLC0415 - beside its use

    _, receipt, _ = trained
    per_subject = Counter(people(ROWS)["token"].to_pylist())
    names = [hashlib.sha256(token.encode()).digest()[:16] + bytes(6) for token in per_subject]
    held = dict(zip(per_subject, held_out(names, 0.2), strict=True))
    assert receipt.rows_cut == sum(max(0, rows - 2) for token, rows in per_subject.items() if not held[token])


@pytest.mark.ray
def test_the_synthetic_table_is_a_delta_table_of_the_release_s_types(trained):
    release, receipt, _ = trained
    delta = DeltaTable(release + ".synthetic")
    table = pa.concat_tables(pa.parquet.read_table(Path(release + ".synthetic", name))
                             for name in pa.table(delta.get_add_actions(flatten=True))["path"].to_pylist())
    assert table.schema.names == ["age", "color", "weight", "ill"] == list(receipt.columns)
    assert table.schema.field("age").type == pa.int64()
    assert len(table) == receipt.output.rows
    assert abs(len(table) - people(ROWS)["token"].combine_chunks().unique().__len__()) < 60 / (0.02 * 6)
    assert set(table["color"].to_pylist()) <= {None, *COLORS}
    assert json.loads(delta.history()[0]["userMetadata"])["synthesis_id"] == receipt.synthesis_id
    assert not set(people(ROWS)["token"].to_pylist()) & {str(cell) for column in table.columns for cell in column.to_pylist()}


@pytest.mark.ray
def test_more_rows_can_be_drawn_from_what_it_leaves(trained, tmp_path):
    release, receipt, _ = trained
    drawn = sample(release + ".synthetic", 200, ["color=red", "age=80..89"], str(tmp_path / "more"))
    table = DeltaTable(str(tmp_path / "more")).to_pyarrow_table()
    assert (len(table), drawn.synthesis_id) == (200, receipt.synthesis_id)
    assert set(table["color"].to_pylist()) == {"red"}
    assert table["ill"].to_pylist().count(True) > 120, "ill goes with red"


@pytest.mark.ray
def test_the_evaluation_finds_that_it_learned(trained):
    release, receipt, _ = trained
    found = evaluate(policy(), release, release + ".synthetic")
    assert Evaluation.model_validate_json(Path(release + ".synthetic.evaluation.json").read_text()) == found
    assert (found.release_id, found.synthesis_id) == (receipt.release_id, receipt.synthesis_id)
    assert found.rows_real + found.rows_holdout == ROWS
    assert len(found.per_column) == 4
    assert len(found.pairwise) == math.comb(4, 2)
    assert found.k_marginal > 600
    assert found.k_marginal_holdout > 600
    assert found.prediction.target == "color"
    assert found.prediction.train_real > found.prediction.majority
    assert 0.35 < found.closest_record.share_synthetic_closer < 0.65


@pytest.mark.ray
def test_what_is_there_is_not_overwritten(trained):
    release, _, _ = trained
    with pytest.raises(InputError, match="taken"):
        synthesize(policy(), release)


@pytest.mark.ray
def test_a_file_altered_during_training_ends_the_attempt(ray_cluster, tmp_path, monkeypatch):
    """The driver reads nothing here: units and vocabularies are public. The worker that reads the file refuses it."""
    from engine.synth.shards import open_release  # noqa: PLC0415 - beside its use

    release = write_release(tmp_path, people(400))
    place = Path(release, open_release(release).receipt.files[2].path)
    content = bytearray(place.read_bytes())
    content[100] ^= 1
    place.write_bytes(bytes(content))
    with pytest.raises(InputError, match="not the one that was verified"):
        synthesize(policy(records=200, batch=50, epochs=1, delta=1e-4), release)
    assert not Path(release + ".synthetic").exists()
