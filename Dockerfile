# One image for web, worker and beat; the command chooses. Runs as a user without rights, also with
# a read-only root: it writes to /data and /tmp alone.
FROM python:3.11.15-slim-bookworm AS build
WORKDIR /build
RUN python -m venv --without-pip /venv
COPY requirements/base.txt requirements/prod.txt requirements/local-models.txt requirements/
# local-models: with what computes embeddings without a server.
ARG REQUIREMENTS=prod
RUN pip --python /venv/bin/python install --no-cache-dir --disable-pip-version-check \
    -r "requirements/${REQUIREMENTS}.txt"
WORKDIR /app
COPY . .
# Hashed, compressed and compiled here, once: no container has to at its start. The secret is
# refused when empty, and signs nothing here.
RUN SECRET_KEY=of-this-step-alone-which-signs-nothing ALLOWED_HOSTS=localhost \
    CASSANDRE_DATA=/build/data STATIC_ROOT=/static \
    DJANGO_SETTINGS_MODULE=cassandre.prod_settings \
    /venv/bin/python manage.py collectstatic --no-input --verbosity 0 \
    && touch /static/.collected \
    && /venv/bin/python -m compileall -q /app

FROM python:3.11.15-slim-bookworm
# Scans; DOC and RTF.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        tesseract-ocr tesseract-ocr-fra libreoffice-writer-nogui \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --no-create-home cassandre \
    && install --directory --owner=cassandre --mode=0700 /data
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=cassandre.prod_settings \
    CASSANDRE_DATA=/data \
    STATIC_ROOT=/static \
    HOME=/tmp \
    HOST=0.0.0.0 \
    PORT=8000
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /static /static
COPY --from=build /app /app
USER 10001
VOLUME ["/data", "/tmp"]
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"]
CMD ["python", "-m", "cassandre.serve"]
