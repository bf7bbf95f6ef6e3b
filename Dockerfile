# syntax=docker/dockerfile:1
FROM python:3.13-slim AS build

ENV UV_PYTHON_DOWNLOADS=never \
    UV_PYTHON=/usr/local/bin/python3.13 \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy
# The version of bin/uv.
RUN pip install --no-cache-dir uv==0.13.9

WORKDIR /app
# The dependencies first: they change less often than the code, and Docker keeps this layer.
COPY pyproject.toml uv.lock .python-version ./
# s3: files of messages can be kept in a bucket.
RUN uv sync --locked --no-dev --extra s3 --no-cache

COPY . .
# The settings make a key of their own here, which stays in this stage.
RUN DATA_DIR=/tmp/data STATIC_ROOT=/app/staticfiles .venv/bin/python manage.py collectstatic --noinput --verbosity 0


FROM python:3.13-slim

RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin dispatch \
    && install -d -o dispatch -g dispatch /data
COPY --from=build /app /app

WORKDIR /app
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    DATA_DIR=/data \
    STATIC_ROOT=/app/staticfiles
USER dispatch
VOLUME /data
EXPOSE 8000

# Asked by the name that visitors use, which ALLOWED_HOSTS holds whatever else it says.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.parse as p, urllib.request as r; \
r.urlopen(r.Request('http://127.0.0.1:%s/healthz' % os.environ['PORT'], \
headers={'Host': p.urlsplit(os.environ.get('BASE_URL', '')).netloc or '127.0.0.1'}), timeout=4)"]

# Migrations are a step of their own, taken once before the servers start: see docker-compose.yml.
CMD ["python", "manage.py", "serve"]
