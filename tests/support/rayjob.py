"""What KubeRay 1.6 takes as a RayJob, written down from its API reference as JSON Schema: unknown fields are errors.

It holds the whole of RayJobSpec, RayClusterSpec, HeadGroupSpec, WorkerGroupSpec and AuthOptions; pods, which are
Kubernetes' own, are to be checked against Kubernetes' schemas.
"""

from typing import Any

TEXT, FLAG, COUNT, NUMBER, POD = {"type": "string"}, {"type": "boolean"}, {"type": "integer"}, {"type": "number"}, {}
WORDS: dict[str, Any] = {"type": "object", "additionalProperties": TEXT}
ANY: dict[str, Any] = {"type": "object"}


def _closed(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


AUTH = _closed([], mode={"enum": ["disabled", "token"]}, secretName=TEXT, enableK8sTokenAuth=FLAG)

HEAD = _closed(
    ["template"],
    template=POD,
    headService=ANY,
    enableIngress=FLAG,
    rayStartParams=WORDS,
    serviceType={"enum": ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]},
    resources=WORDS,
    labels=WORDS,
)

WORKERS = _closed(
    ["groupName", "maxReplicas", "minReplicas", "template"],
    groupName=TEXT,
    replicas=COUNT,
    minReplicas=COUNT,
    maxReplicas=COUNT,
    numOfHosts=COUNT,
    idleTimeoutSeconds=COUNT,
    suspend=FLAG,
    rayStartParams=WORDS,
    template=POD,
    scaleStrategy=ANY,
    resources=WORDS,
    labels=WORDS,
)

CLUSTER = _closed(
    ["headGroupSpec"],
    authOptions=AUTH,
    suspend=FLAG,
    managedBy=TEXT,
    autoscalerOptions=ANY,
    headServiceAnnotations=WORDS,
    enableInTreeAutoscaling=FLAG,
    gcsFaultToleranceOptions=ANY,
    headGroupSpec=HEAD,
    rayVersion=TEXT,
    workerGroupSpecs={"type": "array", "items": WORKERS},
)

SPEC = _closed(
    [],
    activeDeadlineSeconds={"type": "integer", "minimum": 1},
    preRunningDeadlineSeconds={"type": "integer", "minimum": 1},
    backoffLimit=COUNT,
    rayClusterSpec=CLUSTER,
    submitterPodTemplate=POD,
    metadata=WORDS,
    clusterSelector=WORDS,
    submitterConfig=_closed([], backoffLimit=COUNT),
    managedBy=TEXT,
    deletionStrategy=ANY,
    entrypoint=TEXT,
    runtimeEnvYAML=TEXT,
    jobId=TEXT,
    submissionMode={"enum": ["K8sJobMode", "HTTPMode", "InteractiveMode", "SidecarMode"]},
    entrypointResources=TEXT,
    entrypointNumCpus=NUMBER,
    entrypointNumGpus=NUMBER,
    ttlSecondsAfterFinished=COUNT,
    shutdownAfterJobFinishes=FLAG,
    suspend=FLAG,
)

RAYJOB = _closed(
    ["apiVersion", "kind", "metadata", "spec"],
    apiVersion={"const": "ray.io/v1"},
    kind={"const": "RayJob"},
    metadata=_closed(["name"], name={"type": "string", "pattern": "^[a-z]([-a-z0-9]*[a-z0-9])?$", "maxLength": 47},
                     namespace=TEXT, labels=WORDS, annotations=WORDS),
    spec=SPEC,
)  # fmt: skip
