# The application alone, for a server that has its own PostgreSQL; docker-compose.yml joins them.
FROM python:3.11.14-slim-bookworm

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN useradd --create-home --home-dir /data --shell /usr/sbin/nologin safeguarding

WORKDIR /application
COPY pyproject.toml README.md LICENSE ./
COPY domain domain
COPY projections projections
COPY adapters adapters
COPY services services
RUN pip install .

USER safeguarding
# Keys and, without PostgreSQL, the store. The keys are not in the database: keep both, apart.
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health/live', timeout=2)"]
# An exec form: the process itself gets the signal that ends it.
CMD ["safeguarding", "serve", "--host", "0.0.0.0", "--port", "8000"]
