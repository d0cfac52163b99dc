# One image for web, worker and beat; the command chooses. Runs as a user without rights and keeps
# embedded data in /data.
FROM python:3.11.13-slim-bookworm AS build
WORKDIR /build
RUN python -m venv /venv
COPY requirements/base.txt requirements/prod.txt requirements/local-models.txt requirements/
# local-models: with what computes embeddings without a server.
ARG REQUIREMENTS=prod
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check \
    -r "requirements/${REQUIREMENTS}.txt"

FROM python:3.11.13-slim-bookworm
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=cassandre.prod_settings \
    CASSANDRE_DATA=/data \
    HOST=0.0.0.0 \
    PORT=8000
# Scans; DOC and RTF.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        tesseract-ocr tesseract-ocr-fra libreoffice-writer-nogui \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --no-create-home cassandre \
    && install --directory --owner=cassandre --mode=0700 /data
WORKDIR /app
COPY --from=build /venv /venv
COPY . .
USER 10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"]
CMD ["python", "-m", "cassandre.serve"]
