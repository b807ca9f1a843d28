# Builds Milha from a checkout: the first stage has the tools and makes the assets, the second runs.
FROM python:3.11-slim AS build
ENV PIP_NO_CACHE_DIR=1 UV_NO_CACHE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
RUN pip install 'uv>=0.9,<1'
WORKDIR /src
COPY pyproject.toml requirements.lock ./
RUN uv venv /opt/tools && uv pip sync --python /opt/tools/bin/python --require-hashes requirements.lock
COPY . .
RUN /opt/tools/bin/python -m web.build && uv build --wheel --out-dir /dist
# Only what runs goes into the image; versions and hashes still come from the lock.
RUN uv venv /opt/milha && \
    uv pip install --python /opt/milha/bin/python --constraint requirements.lock /dist/milha-*.whl

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/milha --create-home --shell /usr/sbin/nologin milha
COPY --from=build /opt/milha /opt/milha
ENV PATH=/opt/milha/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    MILHA_DATA_DIR=/var/lib/milha \
    MILHA_WEB_HOST=0.0.0.0 \
    MILHA_RADIUS_HOST=0.0.0.0 \
    MILHA_TRAP_HOST=0.0.0.0
USER milha
WORKDIR /var/lib/milha
VOLUME /var/lib/milha
EXPOSE 8080 162/udp 1812/udp 1813/udp
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
CMD ["milha", "serve"]
