"""The Helm chart, rendered by Helm's own engine and held against Kubernetes' schemas."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import helm_python as helm
import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml

from common.process import VERSION

pytestmark = pytest.mark.once

CHART = Path(__file__).resolve().parents[2] / "charts" / "cassandre"
EXAMPLES = [path.stem for path in sorted((CHART / "examples").glob("*.yaml"))]
KUBERNETES = ["1.27", "1.33"]
# Of Prometheus' operator, which Kubernetes has no schema for.
FOREIGN = {"ServiceMonitor", "PodMonitor"}

Objects = list[dict[str, Any]]
Render = Callable[..., Objects]


@pytest.fixture(scope="module")
def render() -> Iterator[Render]:
    with helm.Chart.load(str(CHART)) as chart:

        def rendered(example: str, **values: Any) -> Objects:
            given = yaml.safe_load((CHART / "examples" / f"{example}.yaml").read_text())
            files = chart.render({**given, **values}, name="staff", namespace="prod")
            texts = [text for name, text in files.items() if name.endswith(".yaml")]
            return [one for text in texts for one in yaml.safe_load_all(text) if one]

        yield rendered


def pods_of(objects: Objects) -> dict[str, dict[str, Any]]:
    """The pod's specification by the name of what makes it."""
    pods = {}
    for one in objects:
        spec = one.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        if "containers" in spec.get("template", {}).get("spec", {}):
            pods[one["metadata"]["name"]] = spec["template"]["spec"]
    return pods


def lasting(objects: Objects) -> set[str]:
    return {one["metadata"]["name"] for one in objects if one["kind"] == "Deployment"}


@pytest.mark.parametrize("example", EXAMPLES)
@pytest.mark.parametrize("version", KUBERNETES)
def test_each_example_is_what_kubernetes_takes(render, example, version):
    objects = render(example)
    assert len(objects) > 8
    for one in objects:
        if one["kind"] not in FOREIGN:
            kubernetes_validate.validate(one, version, strict=True)


@pytest.mark.parametrize("example", EXAMPLES)
def test_no_pod_has_more_rights_than_it_needs(render, example):
    for name, pod in pods_of(render(example)).items():
        (container,) = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"], name
        assert pod["automountServiceAccountToken"] is False, name
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert "memory" in container["resources"]["limits"], name


@pytest.mark.parametrize("example", EXAMPLES)
def test_what_lasts_says_how_it_is_and_what_comes_first_needs_nothing_of_the_release(
    render, example
):
    objects = render(example)
    pods = pods_of(objects)
    for name in lasting(objects):
        (container,) = pods[name]["containers"]
        assert {"startupProbe", "livenessProbe"} <= container.keys(), name
    assert "readinessProbe" in pods["staff-web"]["containers"][0]
    first = pods["staff-migrate"]
    assert "serviceAccountName" not in first
    assert "envFrom" not in first["containers"][0]
    (settings,) = (one["data"] for one in objects if one["kind"] == "ConfigMap")
    plain = {one["name"]: one["value"] for one in first["containers"][0]["env"]}
    assert settings.items() <= plain.items()


def test_a_selector_names_the_pods_of_its_own_part_alone(render):
    objects = render("large")
    labels = {
        one["metadata"]["name"]: one["spec"]["template"]["metadata"]["labels"]
        for one in objects
        if one["kind"] == "Deployment"
    }
    for one in objects:
        if one["kind"] not in {"Deployment", "PodDisruptionBudget", "Service"}:
            continue
        selector = one["spec"]["selector"]
        wanted = selector.get("matchLabels", selector).items()
        found = {name for name, has in labels.items() if wanted <= has.items()}
        assert found == {one["metadata"]["name"]}
    scaled = {
        one["spec"]["scaleTargetRef"]["name"]
        for one in objects
        if one["kind"] == "HorizontalPodAutoscaler"
    }
    fixed = {
        one["metadata"]["name"]
        for one in objects
        if one["kind"] == "Deployment" and "replicas" in one["spec"]
    }
    assert scaled == {"staff-web", "staff-worker-ingestion"}
    assert fixed == {"staff-worker-short", "staff-beat"}, "an autoscaler's replicas are its own"


def test_every_variable_is_one_that_cassandre_knows(render, env_example):
    for example in EXAMPLES:
        objects = render(example)
        (settings,) = (one["data"] for one in objects if one["kind"] == "ConfigMap")
        assert settings.keys() <= env_example.keys()
        for pod in pods_of(objects).values():
            names = {one["name"].removesuffix("_FILE") for one in pod["containers"][0]["env"]}
            assert names <= env_example.keys()


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_queue_is_served(render, example):
    served = set()
    for pod in pods_of(render(example)).values():
        for argument in pod["containers"][0]["command"]:
            served |= set(argument.removeprefix("--queues=").split(","))
    assert {"ingestion", "short", "periodic"} <= served


def test_the_chart_installs_the_image_of_its_own_release():
    assert yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"] == VERSION


def test_answers_have_their_time_before_a_pod_is_killed(render):
    objects = render("minimal", web={"answerGrace": 30, "autoscaling": {"enabled": False}})
    assert pods_of(objects)["staff-web"]["terminationGracePeriodSeconds"] == 45
    (settings,) = (one["data"] for one in objects if one["kind"] == "ConfigMap")
    assert settings["ANSWER_GRACE_S"] == "30"


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"host": ""}, "/host"),
        ({"s3": {"url": "s3.data"}}, "/s3/url"),
        ({"secret": {"keys": ["DB_PASSWORD"]}}, "/secret/keys"),
        ({"workers": {"ingestion": {"queues": "files", "concurrency": 2}}}, "queues"),
        ({"backup": {"enabled": True}}, "/backup/to"),
        ({"networkPolicy": {"enabled": True}}, "/networkPolicy/from"),
        ({"nothing": 1}, "nothing"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(render, values, named):
    with pytest.raises(helm.HelmError, match=re.escape(named)):
        render("minimal", **values)
