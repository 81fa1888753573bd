# The image of a KubeRay pod or a `ray up` node: `docker build -t REGISTRY/alife .`; `alife deploy kuberay` names it.
FROM python:3.12-slim
RUN apt-get update && apt-get install --no-install-recommends -y wget && rm -rf /var/lib/apt/lists/*
# PyTorch's own index for CPU builds, say; empty: the default index, whose Linux builds carry CUDA
ARG TORCH_INDEX=
RUN pip install --no-cache-dir ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} "torch>=2.6,<2.14"
COPY . /src
RUN pip install --no-cache-dir "/src[cluster,fast,s3]" && rm -rf /src
RUN useradd --create-home --uid 1000 ray
USER ray
WORKDIR /home/ray
ENV RAY_USAGE_STATS_ENABLED=0
CMD ["alife", "--help"]
