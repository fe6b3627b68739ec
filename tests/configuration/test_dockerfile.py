"""What the audit finds in Dockerfiles."""

from __future__ import annotations

import pytest
from devkit.configuration.dockerfile import scan_dockerfile
from devkit.configuration.values import Known

PORTS = {3000, 9229}
VARIABLES = {"LOG_LEVEL", "VITE_API_URL", "DATABASE_URL", "APP_PORT"}


def found(text: str) -> list[tuple[int, str]]:
    """Line and rule of each violation."""
    scan = scan_dockerfile(
        "Dockerfile", f"FROM python:3.11-slim AS base\n{text}\n", Known({"gateway"}), PORTS, VARIABLES
    )
    return sorted((each.place.line, each.rule) for each in scan.suspects)


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("ENV API_URL=https://api.stripe.com", [(2, "url")]),
        ("ENV API_URL https://api.stripe.com", [(2, "url")]),
        ("ENV A=1 \\\n    API_URL=https://api.stripe.com \\\n    B=2", [(3, "url")]),
        ("ENV A=1 \\\n    # why\n    DB_HOST=db.internal", [(4, "host")]),
        ("ARG API_URL=https://api.stripe.com", [(2, "url")]),
        ("ENV PORT=8080", [(2, "port")]),
        ("ENV GUNICORN_TIMEOUT=30", [(2, "timeout")]),
        ("EXPOSE 8080", [(2, "port")]),
        ("EXPOSE 3000 8080/tcp", [(2, "port")]),
        ("EXPOSE 3000-3005", [(2, "port")]),
        ("HEALTHCHECK CMD curl -f http://localhost:8080/health", [(2, "port")]),
        ('CMD ["uvicorn", "app:app", "--port", "8080"]', [(2, "port")]),
        ("CMD uvicorn app:app --port=8080", [(2, "port")]),
        ('CMD ["serve", "--api", "https://api.stripe.com"]', [(2, "url")]),
        ("ENV DB_PASSWORD=hunter2", [(2, "secret-in-image")]),
        ("ENV API_KEY $KEY", [(2, "secret-in-image")]),
        ("ARG NPM_TOKEN", [(2, "secret-in-image")]),
        ("ARG DB_PASSWORD=hunter2", [(2, "secret-in-image")]),
        ("RUN export TOKEN=abc && ./build", [(2, "secret-in-image")]),
        ("RUN a \\\n && PASSWORD='hunter2' ./build", [(3, "secret-in-image")]),
        ("RUN git clone https://me:hunter2@github.com/x/y", [(2, "credential")]),
        ("RUN echo AKIAIOSFODNN7EXAMPLE > ~/.aws/credentials", [(2, "credential")]),
        ("COPY .env /app/", [(2, "secret-in-image")]),
        ("COPY --chown=1:1 a id_rsa /root/.ssh/", [(2, "secret-in-image")]),
        ('COPY ["k8s/dev/secret.yaml", "/app/"]', [(2, "secret-in-image")]),
        ("ARG VITE_API_URL\nRUN npm run build", [(2, "build-time")]),
        ("ARG VITE_API_URL=https://api.stripe.com", [(2, "build-time"), (2, "url")]),
        ("ENV LOG_LEVEL=info", [(2, "build-time")]),
        ("env API_URL=https://api.stripe.com", [(2, "url")]),
        ("ENV A=1\r\nEXPOSE 8080\r", [(3, "port")]),
        ("RUN <<EOF\nexport TOKEN=abc\nEOF", [(3, "secret-in-image")]),
        ("ENVIRONMENT A=1", [(2, "unreadable")]),
    ],
)
def test_what_is_put_into_images(text: str, rules: list[tuple[int, str]]) -> None:
    assert found(text) == rules


@pytest.mark.parametrize(
    "text",
    [
        "# ENV API_URL=https://api.stripe.com",
        "ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1",
        "ARG SERVICE\nARG FOLDER=apps/$SERVICE\nENV SERVICE=$SERVICE",
        "EXPOSE 3000",
        "RUN <<EOF\nEXPOSE 8080\nEOF",
        "ADD https://files.stripe.com/key.gpg /tmp/",
        "EXPOSE 9229/tcp 3000",
        "EXPOSE $PORT",
        "RUN curl -fsSL https://files.stripe.com/setup.sh | bash -",
        "RUN --mount=type=secret,id=pipconf if [ -s /run/secrets/pipconf ]; then export PIP_CONFIG_FILE=/run/secrets/pipconf; fi",
        'RUN TOKEN="$(cat /run/secrets/token)" ./build',
        'HEALTHCHECK CMD ["curl", "-f", "http://127.0.0.1:3000/health"]',
        "HEALTHCHECK --interval=10s --timeout=5s CMD curl -f http://localhost:3000/",
        'CMD ["uvicorn", "app:app", "--host", "0.0.0.0", "--port", "3000"]',
        "COPY .env.example ./",
        "COPY --from=build /srv /srv",
        "COPY <<EOF /etc/x\nEOF",
        "FROM registry.internal:5000/base:1 AS other",
        'LABEL org.opencontainers.image.source="https://github.com/x/y"',
    ],
)
def test_what_only_looks_like_it(text: str) -> None:
    assert found(text) == []
