"""What is deployed fits what is built: published schemas, names, entry points, versions."""

from __future__ import annotations

import functools
import re
import tomllib
from pathlib import Path

import jsonschema
import pytest
import yaml
from databricks.bundles.jobs import Job

from engine.backends.jars import DELTA_VERSION, artifacts
from jobs.cli import AROUND, ROAD

ROOT = Path(__file__).parents[2]
FORMATS = ROOT.parent / "shared" / "formats" / "kubernetes"
KUBERNETES = ROOT / "deploy" / "kubernetes"
DATABRICKS = ROOT / "deploy" / "databricks"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RESOURCES = {"spark-anonymize.yaml": "sparkapplications.crd.yaml", "ray-synthesize.yaml": "rayjobs.crd.yaml"}


def load(path: Path):
    return yaml.safe_load(path.read_text())


def pin(distribution: str) -> str:
    text = (ROOT / "requirements" / "dev.txt").read_text()
    return re.search(rf"^{re.escape(distribution)}(?:\[[^\]]+\])?==([^\s;\\]+)", text, re.MULTILINE)[1]


@functools.cache
def structural_schema(crd: str, version: str):
    """The resource's schema; unknown fields refused, as `kubectl apply --validate=strict` does."""
    path = FORMATS / crd
    if not path.is_file():
        pytest.skip(f"no published schema at ../shared/formats/kubernetes/{crd}")
    definition = yaml.load(path.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - safe loaders
    found = next(v for v in definition["spec"]["versions"] if v["name"] == version)
    return definition["spec"], strict(found["schema"]["openAPIV3Schema"])


def strict(node):
    """OpenAPI v3 → JSON Schema: closed objects, and quantities that are numbers or strings."""
    if isinstance(node, list):
        return [strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    out = {key: strict(value) for key, value in node.items() if not key.startswith("x-kubernetes")}
    if node.get("x-kubernetes-int-or-string"):
        out.pop("type", None)
    if isinstance(node.get("properties"), dict) and "additionalProperties" not in node and node.get("type", "object") == "object":
        out["additionalProperties"] = bool(node.get("x-kubernetes-preserve-unknown-fields", False))
    return out


def validator(name: str):
    resource = load(KUBERNETES / name)
    group, version = resource["apiVersion"].split("/")
    spec, schema = structural_schema(RESOURCES[name], version)
    assert (spec["group"], spec["names"]["kind"]) == (group, resource["kind"])
    schema = {**schema, "properties": {**schema["properties"], "metadata": {"type": "object"}}}
    return resource, jsonschema.Draft202012Validator(schema)


@pytest.mark.slow
@pytest.mark.parametrize("name", RESOURCES)
def test_kubernetes_resources_fit_their_published_schema(name):
    resource, check = validator(name)
    assert [error.message for error in check.iter_errors(resource)] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", RESOURCES)
def test_the_check_notices_a_misspelt_field(name):
    resource, check = validator(name)
    resource["spec"]["imagge"] = "x"
    assert list(check.iter_errors(resource))


def test_spark_application_names_what_is_built():
    spec = load(KUBERNETES / "spark-anonymize.yaml")["spec"]
    assert spec["image"] == f"lakeveil:{PROJECT['version']}"
    assert spec["sparkVersion"] == pin("pyspark")
    assert (ROOT / "jobs" / Path(spec["mainApplicationFile"]).name).is_file()
    assert [Path(jar).name for jar in spec["deps"]["jars"]] == [f"{a}-{DELTA_VERSION}.jar" for a in artifacts()]
    lines = (ROOT / "conf/spark/lakeveil.conf").read_text().splitlines()
    conf = (line.split(maxsplit=1) for line in lines if line and line[0] != "#")
    assert {key: value.strip() for key, value in conf}.items() <= spec["sparkConf"].items()


def test_executors_hold_no_key():
    spec = load(KUBERNETES / "spark-anonymize.yaml")["spec"]
    assert [variable["name"] for variable in spec["driver"]["env"]] == ["LAKEVEIL_KEY"]
    assert "value" not in spec["driver"]["env"][0]
    assert "env" not in spec["executor"]
    assert "LAKEVEIL_KEY" not in (KUBERNETES / "ray-synthesize.yaml").read_text()


def test_ray_job_names_what_is_built():
    spec = load(KUBERNETES / "ray-synthesize.yaml")["spec"]
    cluster = spec["rayClusterSpec"]
    assert spec["entrypoint"].split()[0] in PROJECT["scripts"]
    assert cluster["rayVersion"] == pin("ray")
    assert cluster["authOptions"]["mode"] == "token"
    pods = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    images = {container["image"] for pod in pods for container in pod["template"]["spec"]["containers"]}
    assert images == {f"lakeveil:{PROJECT['version']}"}
    assert sum(group["replicas"] for group in cluster["workerGroupSpecs"]) >= 2


def bundle():
    root = load(DATABRICKS / "databricks.yml")
    included = [path for pattern in root["include"] for path in DATABRICKS.glob(pattern)]
    assert included
    return root, {path: load(path) for path in included}


JOBS = {"lakeveil": ["scan", "anonymize", "verify", "synthesize"], "lakeveil_inventory": ["scan", "inventory"]}


def job(name="lakeveil"):
    _, parts = bundle()
    return next((path, part["resources"]["jobs"][name]) for path, part in parts.items() if name in part["resources"]["jobs"])


@pytest.mark.parametrize("name", JOBS)
def test_databricks_job_fits_the_typed_resource(name):
    _, written = job(name)
    assert [task.task_key for task in Job.from_dict(written).tasks] == JOBS[name]


def test_databricks_check_notices_a_misspelt_field():
    _, written = job()
    with pytest.raises(Exception, match="entrypoint"):
        Job.from_dict({**written, "tasks": [{"task_key": "x", "python_wheel_task": {"entrypoint": "y", "package_name": "z"}}]})


@pytest.mark.parametrize("name", JOBS)
def test_databricks_tasks_run_one_after_another_on_entry_points_of_the_wheel(name):
    path, written = job(name)
    before = None
    clusters = {cluster["job_cluster_key"] for cluster in written["job_clusters"]}
    for task in written["tasks"]:
        wheel = task["python_wheel_task"]
        assert wheel["package_name"] == PROJECT["name"]
        assert wheel["entry_point"] == f"lakeveil-{task['task_key']}"
        assert wheel["entry_point"] in PROJECT["scripts"]
        assert [d["task_key"] for d in task.get("depends_on", [])] == ([before] if before else [])
        assert task["job_cluster_key"] in clusters
        built = next(lib["whl"] for lib in task["libraries"] if "whl" in lib)
        assert (path.parent / built).resolve().parent == ROOT / "dist"
        before = task["task_key"]


def test_databricks_pins_are_ours():
    _, written = job()
    named = [lib["pypi"]["package"] for task in written["tasks"] for lib in task["libraries"] if "pypi" in lib]
    assert {name.split("==")[0].split("[")[0] for name in named} == {"ray", "torch", "opacus", "scikit-learn"}
    for name in named:
        distribution, version = re.fullmatch(r"([\w-]+)(?:\[\w+\])?==(\S+)", name).groups()
        assert version == pin(distribution)


def test_databricks_variables_are_declared_and_the_key_is_a_secret():
    root, _ = bundle()
    for name in JOBS:
        used = set(re.findall(r"\$\{var\.(\w+)\}", job(name)[0].read_text()))
        assert used <= set(root["variables"])
    _, written = job()
    environments = [cluster["new_cluster"].get("spark_env_vars", {}) for cluster in written["job_clusters"]]
    assert environments == [{"LAKEVEIL_KEY": "{{secrets/${var.key}}}", "LAKEVEIL_DISKS": "encrypted"}, {}]
    assert written["job_clusters"][0]["new_cluster"]["enable_local_disk_encryption"] is True


def test_image_names_what_is_built():
    text = (ROOT / "deploy" / "docker" / "Dockerfile").read_text()
    assert f"lakeveil-{PROJECT['version']}-py3-none-any.whl" in text
    assert f"SPARK_VERSION={pin('pyspark')}" in text
    for source in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        for name in source.split():
            assert name.startswith("dist/") or (ROOT / name).exists(), name
    assert "USER 185" in text


def test_every_job_is_an_entry_point_and_a_command():
    jobs = {path.stem for path in (ROOT / "jobs").glob("[a-z]*.py")} - {"cli"}
    assert {command.__name__ for command in (*ROAD, *AROUND)} == jobs
    scripts = {f"lakeveil-{name.replace('_', '-')}": f"jobs.{name}:main" for name in jobs}
    assert PROJECT["scripts"] == {"lakeveil": "jobs.cli:main", **scripts}
