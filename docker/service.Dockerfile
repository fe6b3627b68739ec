# Every Python service, chosen by --build-arg SERVICE=<name>; FOLDER (default: apps/<name>) is its folder, SOURCE (default: src)
# where its code lies in that. Targets: dev, prod. Needs BuildKit.
#
#   docker build -f docker/service.Dockerfile --target dev --build-arg SERVICE=gateway -t gateway:dev .
#
# Behind a proxy with its own certificates, or with a mirror of the package index, add what applies; none of it stays
# in the image:  --secret id=ca,src=<bundle.pem>   --secret id=pipconf,src=<pip.conf>

FROM python:3.11-slim-bookworm AS packages
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1
RUN groupadd --gid 10001 app \
 && useradd --uid 10001 --gid 10001 --home-dir /app --no-create-home --shell /usr/sbin/nologin app \
 && install -d /app/apps \
 && python3 -m venv --without-pip /opt/venv
RUN --mount=type=cache,target=/root/.cache/pip \
    --mount=type=bind,source=requirements,target=/mnt/requirements \
    --mount=type=secret,id=ca --mount=type=secret,id=pipconf \
    if [ -s /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi; \
    if [ -s /run/secrets/pipconf ]; then export PIP_CONFIG_FILE=/run/secrets/pipconf; fi; \
    pip --python /opt/venv/bin/python install --quiet --disable-pip-version-check --root-user-action=ignore \
        --require-hashes --no-deps --only-binary :all: -r /mnt/requirements/services.txt
WORKDIR /app


FROM packages AS dev
RUN --mount=type=cache,target=/root/.cache/pip \
    --mount=type=bind,source=requirements,target=/mnt/requirements \
    --mount=type=secret,id=ca --mount=type=secret,id=pipconf \
    if [ -s /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi; \
    if [ -s /run/secrets/pipconf ]; then export PIP_CONFIG_FILE=/run/secrets/pipconf; fi; \
    pip --python /opt/venv/bin/python install --quiet --disable-pip-version-check --root-user-action=ignore \
        --require-hashes --no-deps --only-binary :all: -r /mnt/requirements/debug.txt
COPY tools/devserve /opt/venv/lib/python3.11/site-packages/devserve
RUN python -m compileall -q /opt/venv/lib/python3.11/site-packages/devserve
# The folders that live sync writes to and deletes from belong to the user that it works as.
COPY --chown=10001:10001 migrations /app/migrations
COPY --chown=10001:10001 libs /app/libs
ARG SERVICE
ARG FOLDER=apps/$SERVICE
ARG SOURCE=src
COPY --chown=10001:10001 $FOLDER /app/$FOLDER
ENV SERVICE=$SERVICE PYTHONPATH=/app/$FOLDER/$SOURCE:/app/libs
USER 10001:10001
ENTRYPOINT ["python", "-I", "-m", "devserve", "--drain", "2"]


FROM packages AS prod
COPY docker/serve.py /opt/serve.py
COPY tools/devserve/__init__.py tools/devserve/ending.py tools/devserve/server.py /opt/devserve/
COPY migrations /app/migrations
COPY libs /app/libs
ARG SERVICE
ARG FOLDER=apps/$SERVICE
ARG SOURCE=src
COPY $FOLDER /app/$FOLDER
RUN python -m compileall -q --invalidation-mode unchecked-hash /app /opt/devserve
ENV SERVICE=$SERVICE PYTHONPATH=/app/$FOLDER/$SOURCE:/app/libs
USER 10001:10001
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['APP_PORT'] + '/health/live', timeout=4)"]
CMD ["python", "/opt/serve.py"]
