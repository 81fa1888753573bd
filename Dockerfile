# The image of a KubeRay pod or a `ray up` node: `docker build -t REGISTRY/alife .`; `alife deploy kuberay` names it.
FROM python:3.12-slim
RUN apt-get update && apt-get install --no-install-recommends -y wget && rm -rf /var/lib/apt/lists/*
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN pip install --no-cache-dir --index-url "$TORCH_INDEX" "torch>=2.6,<2.14"
COPY . /src
RUN pip install --no-cache-dir "/src[cluster,s3]" && rm -rf /src
RUN useradd --create-home --uid 1000 ray
USER ray
WORKDIR /home/ray
ENV RAY_USAGE_STATS_ENABLED=0
CMD ["alife", "--help"]
