"""The files for clusters: what they say is what Kubernetes, KubeRay and Ray take, and what a run needs."""

import copy
import shlex
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from alife.cli import main
from alife.cli.deploy import FILES
from alife.configuration.keys import parse_config
from tests.support.rayjob import RAYJOB

KUBERNETES = "1.29"


def printed(way: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main.main(["deploy", way]) == 0
    return capsys.readouterr().out


@pytest.fixture
def manifest(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    """The objects of the Kubernetes file, by kind."""
    return {each["kind"]: each for each in yaml.safe_load_all(printed("kuberay", capsys))}


def check_rayjob(job: dict[str, Any]) -> None:
    """As an API server would: the job against KubeRay's fields, its pods against Kubernetes' own."""
    jsonschema.validate(job, RAYJOB)
    cluster = job["spec"]["rayClusterSpec"]
    for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"]):
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod"}, **group["template"]}
        kubernetes_validate.validate(pod, KUBERNETES, strict=True)


def test_rayjob_is_one(manifest: dict[str, Any]) -> None:
    check_rayjob(manifest["RayJob"])
    for kind in ("ConfigMap", "PersistentVolumeClaim"):
        kubernetes_validate.validate(manifest[kind], KUBERNETES, strict=True)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("spec", "backofLimit"), 3),
        (("spec", "backoffLimit"), "3"),
        (("spec", "shutdownAfterJobFinishes"), "yes"),
        (("spec", "rayClusterSpec", "authOptions", "mode"), "password"),
        (("spec", "rayClusterSpec", "headGroupSpec", "rayStartParams", "num-cpus"), 0),
        (("spec", "rayClusterSpec", "headGroupSpec", "template", "spec", "volume"), []),
        (("spec", "rayClusterSpec", "headGroupSpec", "template", "spec", "containers"), {}),
    ],
)
def test_check_finds_mistakes(manifest: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    """The check of the manifest can fail."""
    job = copy.deepcopy(manifest["RayJob"])
    place: Any = job
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    with pytest.raises((jsonschema.ValidationError, kubernetes_validate.ValidationError)):
        check_rayjob(job)


def test_rayjob_keeps_what_a_retry_needs(manifest: dict[str, Any]) -> None:
    """A retry is a new cluster: the run folder lies on a volume of the head, and the command resumes."""
    spec = manifest["RayJob"]["spec"]
    command = shlex.split(spec["entrypoint"])
    out, config = (Path(command[command.index(flag) + 1]) for flag in ("--out", "--config"))
    assert command[:2] == ["alife", "run"]
    assert "--resume" in command
    assert spec["backoffLimit"] > 0
    assert spec["shutdownAfterJobFinishes"] is True
    assert spec["rayClusterSpec"]["authOptions"]["mode"] == "token"
    head = spec["rayClusterSpec"]["headGroupSpec"]["template"]["spec"]
    mounts = {Path(each["mountPath"]): each["name"] for each in head["containers"][0]["volumeMounts"]}
    volumes = {each["name"]: each for each in head["volumes"]}
    claim = manifest["PersistentVolumeClaim"]["metadata"]["name"]
    assert volumes[mounts[out.parent]]["persistentVolumeClaim"]["claimName"] == claim
    assert volumes[mounts[config.parent]]["configMap"]["name"] == manifest["ConfigMap"]["metadata"]["name"]
    parse_config(yaml.safe_load(manifest["ConfigMap"]["data"][config.name]))


def test_every_pod_is_silent_and_of_one_image(manifest: dict[str, Any]) -> None:
    cluster = manifest["RayJob"]["spec"]["rayClusterSpec"]
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    containers = [c for group in groups for c in group["template"]["spec"]["containers"]]
    assert len({container["image"] for container in containers}) == 1
    for container in containers:
        assert {"name": "RAY_USAGE_STATS_ENABLED", "value": "0"} in container["env"]


def test_cluster_file_is_one_for_ray(capsys: pytest.CaptureFixture[str]) -> None:
    """Ray's own launcher reads it, fills in its defaults and finds nothing amiss."""
    from ray.autoscaler._private.util import prepare_config, validate_config

    config = yaml.safe_load(printed("ray-up", capsys))
    validate_config(prepare_config(copy.deepcopy(config)))
    assert "~/.ray/auth_token" in config["file_mounts"]
    with pytest.raises(jsonschema.ValidationError):
        validate_config({**config, "worker_ip": []})


@pytest.mark.parametrize(("way", "goes_on"), [("slurm", "--resume"), ("slurm-array", "--array auto")])
def test_script_is_one(way: str, goes_on: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As far as the shell can tell without running it; under Slurm it is run elsewhere."""
    text = printed(way, capsys)
    subprocess.run(["bash", "-n"], input=text, text=True, check=True)
    assert goes_on in text


@pytest.mark.parametrize("way", FILES)
def test_every_way_with_ray_is_token_and_silence(way: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(way, capsys)
    if way != "slurm-array":
        assert "RAY_AUTH_MODE=token" in text or "mode: token" in text
        assert "RAY_USAGE_STATS_ENABLED" in text
    assert "EDIT" in text
    assert f"alife deploy {way} --out" in text


@pytest.mark.parametrize("way", FILES)
def test_written_file_is_the_printed_one_and_is_kept(
    way: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    text = printed(way, capsys)
    assert main.main(["deploy", way, "--out", str(file)]) == 0
    assert file.read_text() == text
    file.write_text("edited")
    assert main.main(["deploy", way, "--out", str(file)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert file.read_text() == "edited"
