"""Realistic records for the report: what a run on the demo hospital leaves, and a release with nothing beside it."""

# ruff: noqa: E501 - records read best a line each

import itertools
import math

import pytest

from engine.release.report import Demo, PlantedScore, Section
from schemas import evaluation as judged
from schemas import findings, receipt, utility
from schemas.policy import Guarantees

PROMISED = Guarantees(k=10, l=({"column": "diagnosis", "distinct": 3},), suppression=0.02)
HEX = "9f2c4e81a7d35b60" * 4


def scan_report() -> findings.ScanReport:
    def column(path, kind, role, category, *entities, distinct=8000, nulls=0, evidence=()):
        return findings.ColumnFindings(
            path=path, type=kind, cells=8000, nulls=nulls, distinct=distinct, scanned=8000, role=role, category=category,
            confidence=0.94, evidence=evidence, entities=tuple(findings.EntityFinding(
                entity_type=e, cells=int(s * 8000), share=s, findings=int(s * 8000), score_mean=0.82, score_max=1.0,
                recognizers=("Recognizer",)) for e, s in entities))
    return findings.ScanReport(table="lake/patients", format="delta", version=0, rows=8000, bytes_scanned=1_482_113, seconds=3.4, columns=(
        column("patient_id", "string", "direct", "identity", evidence=("every value is distinct", "name says identifier")),
        column("full_name", "string", "direct", "identity", ("PERSON", 0.97), distinct=7741, evidence=("97% of cells hold a person",)),
        column("birth_date", "date32[day]", "quasi", "date", ("DATE_TIME", 1.0), distinct=6420, evidence=("a date of birth by its name",)),
        column("postal_code", "string", "quasi", "location", distinct=24, nulls=48, evidence=("24 distinct values", "name says place")),
        column("phone", "string", "direct", "contact", ("PHONE_NUMBER", 0.998), nulls=240, evidence=("100% of cells hold a phone number",)),
        column("contact.email", "string", "direct", "contact", ("EMAIL_ADDRESS", 1.0), ("URL", 0.31), nulls=3920),
        column("diagnosis", "string", "sensitive", "health", distinct=12, evidence=("name says health", "12 distinct values")),
        column("bmi", "double", "insensitive", "health", distinct=310, nulls=480)))


def release_receipt(**changes) -> receipt.Receipt:
    def treated(name, role, operator, effect, why=None, *, released=True, linkable=False):
        return receipt.ColumnTreatment(column=name, released_as=name if released else None, role=role, operator=operator, effect=effect,
                                       reversible=False, linkable=linkable, why=why)
    tree = "generalized with the other quasi-identifiers until each class is large enough"
    columns = (
        treated("patient_id", "direct", "token", "a one-way token; equal values of domain 'patient' stay equal",
                "joins the three releases of this study; the key stays in the hospital", linkable=True),
        treated("full_name", "direct", "drop", "nothing", released=False),
        treated("phone", "direct", "drop", "nothing", released=False),
        treated("birth_date", "quasi", "generalize (tree)", tree, "readmission depends on age"),
        treated("sex", "quasi", "generalize (tree)", tree, "readmission differs between women and men"),
        treated("postal_code", "quasi", "generalize (tree)", tree, "distance to the hospital and living conditions"),
        treated("diagnosis", "sensitive", "keep", "the value itself", "the reason for the first stay is the strongest predictor"),
        treated("annual_cost", "insensitive", "noise", "the value plus keyed noise", "stands for how much care a person needs"))
    whole = {
        "release_id": "6f1f0a52-2f0e-4a55-9d0c-1f2a3b4c5d6e", "lakeveil": "0.1.0", "policy": "demo-patients", "policy_fingerprint": HEX,
        "plan_fingerprint": HEX, "backend": "spark", "created": "2026-11-23T08:12:44+00:00",
        "purpose": "Research on readmissions in the region", "legal_basis": "GDPR Art. 6(1)(e) and 9(2)(j)", "retention": "2 years",
        "source": receipt.TableVersion(table="lake/patients", version=0, rows=8000), "subject": "patient_id",
        "output": receipt.TableVersion(table="releases/patients", version=0, rows=8000), "commit_sha256": HEX,
        "files": (receipt.FileDigest(path="part-00000-3c8e.zstd.parquet", bytes=412_880, sha256=HEX),
                  receipt.FileDigest(path="part-00001-77ab.zstd.parquet", bytes=409_112, sha256=HEX)),
        "columns": columns, "guarantees": PROMISED, "standing": "pseudonymized", "anonymity": anonymity(),
        "verdicts": (receipt.GuaranteeVerdict(guarantee="columns", promised=6, measured=6, holds=True),
                     receipt.GuaranteeVerdict(guarantee="k", promised=10, measured=10, holds=True),
                     receipt.GuaranteeVerdict(guarantee="l(diagnosis)", promised=3, measured=3, holds=True),
                     receipt.GuaranteeVerdict(guarantee="suppression", promised=0.02, measured=0.01325, holds=True))}
    return receipt.Receipt(**{**whole, **changes})


def anonymity() -> receipt.Anonymity:
    groups = [("sex", "female", 4240, 44), ("sex", "male", 3728, 31), ("sex", "group 3", 32, 31), ("postal_code", "group 1", 2080, 12),
              ("postal_code", "group 2", 1440, 20), ("postal_code", "group 3", 960, 9)]
    return receipt.Anonymity(
        quasi_identifiers=("birth_date", "sex", "postal_code"), sensitive=("diagnosis",), leaves=391, suppressed_rows=106, loss=0.1417,
        class_sizes=receipt.ClassSizes(edges=(1, 2, 3, 5, 10, 15, 20, 30, 50, 100), classes=(0, 0, 0, 0, 141, 118, 97, 30, 5, 0),
                                       rows=(0, 0, 0, 0, 1712, 1998, 2311, 1140, 733, 0), smallest=10, largest=97, mean=20.2),
        risk=receipt.Risk(prosecutor_max=0.1, prosecutor_mean=0.0495, journalist_max=0.1, marketer=0.0495),
        utility=(receipt.ColumnUtility(column="birth_date", loss=0.184, distinct_before=6420, distinct_after=63),
                 receipt.ColumnUtility(column="sex", loss=0.013, distinct_before=3, distinct_after=3),
                 receipt.ColumnUtility(column="postal_code", loss=0.228, distinct_before=25, distinct_after=19)),
        metrics=receipt.Metrics(
            discernibility=1_034_402, discernibility_share=0.0151, discernibility_star=186_402, classes=391, average_class_size=20.2,
            average_class_share=0.0024, c_avg=2.02, precision=0.871, entropy=0.281, entropy_bits=38_112.0, ambiguity=4.93,
            ambiguity_share=0.00026, ambiguity_mean_log=1.56),
        suppression_by_group=tuple(receipt.GroupSuppression(column=c, group=g, rows=n, suppressed=s) for c, g, n, s in groups))


def release_utility() -> utility.Utility:
    edges = (0.0, 0.001, 0.01, 0.05, 0.2, None)
    buckets = tuple(utility.QueryBucket(least=low, below=high, queries=200, lower=0.2 / n, median=0.4 / n, upper=0.9 / n)
                    for n, (low, high) in enumerate(itertools.pairwise(edges), start=1))
    return utility.Utility(
        release_id="6f1f0a52", plan_fingerprint=HEX, lakeveil="0.1.0", created="2026-11-23T08:13:00+00:00", rows=8000, seconds=4.2,
        queries=utility.QueryErrors(queries=1000, bound=8.0, lower=0.03, median=0.11, upper=0.31, by_selectivity=buckets),
        learning=utility.Learning(target="diagnosis", metric="accuracy", classes=12, rows_train=6400, rows_test=1600, train_raw=0.418,
                                  train_released=0.392, majority=0.157),
        groups=(utility.GroupUtility(column="sex", group="female", rows=4240, suppressed=44, loss=0.13, accuracy_raw=0.43, accuracy_released=0.4),
                utility.GroupUtility(column="sex", group="male", rows=3728, suppressed=31, loss=0.15, accuracy_raw=0.4, accuracy_released=0.38),
                utility.GroupUtility(column="sex", group="group 3", rows=32, suppressed=31, loss=0.97)),
        differences=(utility.GroupDifference(column="sex", measure="loss", lowest="female", highest="male", difference=0.02),),
        not_measured=("groups of region: it cannot be counted beside the quasi-identifiers",))


def synthesis_receipt() -> receipt.SynthesisReceipt:
    return receipt.SynthesisReceipt(
        synthesis_id="s1", lakeveil="0.1.0", created="2026-11-23T08:13:50+00:00", release_id="6f1f0a52", generator="tabular",
        release=receipt.TableVersion(table="releases/patients", version=0, rows=8000), unit="subject", max_rows_per_subject=1, rows_cut=0,
        output=receipt.TableVersion(table="releases/patients-synthetic", version=0, rows=8000), epsilon=2.9961, delta=1e-5,
        accountant="prv", epsilon_by_accountant={"prv": 2.9961, "rdp": 3.2412},
        spends=(receipt.Spend(purpose="training", epsilon=2.9961, delta=1e-5, mechanism="DP-SGD, Poisson-subsampled Gaussian"),),
        noise_multiplier=0.8931, clip=1.0, sample_rate=0.04, steps=250, workers=2, holdout=0.2,
        covers=("each patient's presence in the training rows of the release", "everything computed from the synthetic table, forever"),
        excludes=("the original people: the release was generalized by cuts that depend on the data", "the evaluation on this page"),
        seconds=48.2, columns=("birth_date", "sex", "postal_code", "diagnosis", "smoking", "bmi", "annual_cost"))


def evaluation() -> judged.Evaluation:
    names = ("birth_date", "sex", "postal_code", "diagnosis", "smoking", "bmi", "annual_cost")
    quantiles = tuple(i / 20 for i in range(21))
    return judged.Evaluation(
        release_id="6f1f0a52", synthesis_id="s1", rows_real=8000, rows_holdout=1600, rows_synthetic=8000,
        per_column=tuple(judged.Distance(columns=(n,), total_variation=0.012 + 0.011 * i) for i, n in enumerate(names)),
        pairwise=tuple(judged.Distance(columns=(a, b), total_variation=0.05 + 0.021 * ((i * 3 + j * 5) % 9))
                       for i, a in enumerate(names) for j, b in enumerate(names) if i < j),
        k_marginal=861, k_marginal_holdout=928, seconds=6.1,
        prediction=judged.Prediction(target="diagnosis", metric="accuracy", train_real=0.418, train_synthetic=0.371, majority=0.157),
        closest_record=judged.ClosestRecord(quantiles=quantiles, synthetic=tuple(0.04 + 0.5 * q ** 1.4 for q in quantiles),
                                             holdout=tuple(0.03 + 0.47 * math.sin(q * 1.5) ** 1.5 for q in quantiles),
                                             share_synthetic_closer=0.503))


def demo_score() -> Demo:
    return Demo(
        scan=(PlantedScore("patients.full_name", "PERSON", 8000, 7760), PlantedScore("patients.ssn", "US_SSN", 7840, 7840),
              PlantedScore("patients.contact.phone", "PHONE_NUMBER", 7600, 7588), PlantedScore("notes.text", "PERSON", 2994, 2712)),
        notes=(PlantedScore("notes.text", "PERSON", 16_020, 15_888), PlantedScore("notes.text", "DATE_TIME", 4392, 4390),
               PlantedScore("notes.text", "PHONE_NUMBER", 1680, 1680), PlantedScore("notes.text", "AGE", 96, 88)),
        searched={"PERSON": 14_620, "PHONE_NUMBER": 15_349, "US_SSN": 7860, "EMAIL_ADDRESS": 10_920, "DATE_OF_BIRTH": 7445}, leaked={},
        files=41, bytes=18_400_000, kept_words=0.992, seconds={"lake": 3.1, "scan": 9.0, "spark": 41.3, "synthesis": 61.8, "evaluation": 7.7})


def notes_receipt() -> receipt.Receipt:
    return release_receipt(
        policy="demo-notes", anonymity=None, guarantees=Guarantees(), source=receipt.TableVersion(table="lake/notes", version=0, rows=3000),
        output=receipt.TableVersion(table="releases/notes", version=0, rows=3000),
        verdicts=(receipt.GuaranteeVerdict(guarantee="columns", promised=5, measured=5, holds=True),),
        text_redaction={"text": {"PERSON": 14_110, "KNOWN": 9034, "DATE_TIME": 4390, "PHONE_NUMBER": 1699, "EMAIL_ADDRESS": 980, "URL": 812}})


@pytest.fixture
def full() -> Section:
    return Section(release_receipt(), scan_report(), synthesis_receipt(), evaluation(), release_utility())


@pytest.fixture
def notes() -> Section:
    return Section(notes_receipt())


@pytest.fixture
def demo() -> Demo:
    return demo_score()
