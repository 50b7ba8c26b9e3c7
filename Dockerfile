# colorize in a container, with its weights; it needs no network at run time.
#
#   docker build -t colorize .                                 for processors
#   docker build -t colorize --build-arg TORCH=cuda .          for NVIDIA cards: docker run --gpus all ...
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/photos" colorize album/ -n 5
#
# tests/e2e/test_container.py carries these steps out on a bare Debian.
FROM debian:bookworm-slim
ARG TORCH=cpu

RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates python3 python3-venv && rm -rf /var/lib/apt/lists/*

# PyTorch first: it is large, and stays when only colorize changes. The build for processors is a tenth of it.
COPY requirements-cpu.txt /src/
RUN python3 -m venv /opt/colorize && if [ "$TORCH" = cpu ]; then /opt/colorize/bin/pip install --no-cache-dir --no-deps -r /src/requirements-cpu.txt; fi

# opencv-python wants the libraries of a desktop; the headless build is the same without them.
COPY pyproject.toml README.md LICENSE /src/
COPY colorize_cli /src/colorize_cli
COPY pretrained /src/pretrained
COPY training /src/training
RUN /opt/colorize/bin/pip install --no-cache-dir "/src[cloud,heic,lossless,watch]" && /opt/colorize/bin/pip uninstall -y opencv-python && /opt/colorize/bin/pip install --no-cache-dir opencv-python-headless && rm -rf /src

RUN useradd --uid 10001 --no-create-home colorize && mkdir /photos
USER colorize
# Whoever it is run as may have no home.
ENV HOME=/tmp
WORKDIR /photos
ENTRYPOINT ["/opt/colorize/bin/colorize"]
