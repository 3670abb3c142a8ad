# syntax=docker/dockerfile:1
FROM python:3.11-slim-bookworm AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /venv
COPY requirements.txt /tmp/
RUN /venv/bin/pip install --quiet --require-hashes -r /tmp/requirements.txt


FROM python:3.11-slim-bookworm AS product
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=livinglytics.settings \
    DATA_DIR=/data \
    STATIC_ROOT=/app/build/static
# pg_dump and pg_restore for `manage.py backup` and `restore`; git and ssh for sources that read repositories
RUN apt-get update -q \
    && apt-get install -q -y --no-install-recommends postgresql-client git openssh-client \
    && rm -rf /var/lib/apt/lists/*
RUN groupadd --system --gid 10001 product \
    && useradd --system --uid 10001 --gid product --home-dir /app --shell /usr/sbin/nologin product \
    && install -d -o product -g product /data
COPY --from=packages /venv /venv
WORKDIR /app
COPY . .
# the files of the pages in one folder; needs no database, and no key that is kept
RUN SECRET_KEY=build SEALING_KEYS=build STATIC_MANIFEST=true python manage.py collectstatic --noinput --verbosity 0
USER product
VOLUME /data
EXPOSE 8000

# the web process and the sockets process answer; compose.yaml switches this off for the worker and beat
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-m", "livinglytics.embedded.alive"]

# one process with SQLite in /data; compose.yaml runs one process per role instead
CMD ["python", "manage.py", "up", "--host", "0.0.0.0", "--port", "8000"]
