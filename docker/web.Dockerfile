# The page under apps/web (another one by --build-arg SERVICE=<name>; FOLDER, by default apps/<name>, is its folder). Targets: dev (Vite), prod (nginx). Needs BuildKit.
#
#   docker build -f docker/web.Dockerfile --target dev -t web:dev .
#   docker build -f docker/web.Dockerfile --target prod -t web:prod .
#   docker run --read-only --tmpfs /tmp -e VITE_API_URL=https://api.example.org -p 4200:4200 web:prod
#
# What the page is configured with is read at the start, nothing at the build: one image serves every environment.
#
# Behind a proxy with its own certificates, or with a mirror of the package index, add what applies; none of it stays
# in the image:  --secret id=ca,src=<bundle.pem>   --secret id=npmrc,src=<.npmrc>

FROM node:20-slim AS packages
ARG SERVICE=web
ARG FOLDER=apps/$SERVICE
RUN groupadd --gid 10001 app \
 && useradd --uid 10001 --gid 10001 --home-dir /app --no-create-home --shell /usr/sbin/nologin app \
 && install -d -o 10001 -g 10001 /app/$FOLDER
USER 10001:10001
WORKDIR /app/$FOLDER
COPY --chown=10001:10001 $FOLDER/package.json $FOLDER/package-lock.json $FOLDER/.npmr[c] ./
RUN --mount=type=cache,target=/mnt/npm,uid=10001,gid=10001 \
    --mount=type=secret,id=ca,uid=10001 --mount=type=secret,id=npmrc,uid=10001 \
    if [ -s /run/secrets/ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca; fi; \
    if [ -s /run/secrets/npmrc ]; then export NPM_CONFIG_USERCONFIG=/run/secrets/npmrc; fi; \
    npm ci --cache /mnt/npm --no-audit --no-fund --no-update-notifier --loglevel=error


FROM packages AS dev
ARG SERVICE=web
ARG FOLDER=apps/$SERVICE
COPY --chown=10001:10001 $FOLDER ./
EXPOSE 4200
CMD ["node", "node_modules/vite/bin/vite.js", "--host", "0.0.0.0", "--port", "4200", "--strictPort", "--clearScreen", "false"]


FROM packages AS page
ARG SERVICE=web
ARG FOLDER=apps/$SERVICE
COPY --chown=10001:10001 $FOLDER ./
RUN npm run build -- --outDir /tmp/page --emptyOutDir


# Debian's nginx: security updates by the distribution, no Node, runs as any user.
FROM debian:bookworm-slim AS prod
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends jq nginx \
 && rm -rf /var/lib/apt/lists/* /var/log/nginx/* /var/www/html
COPY docker/web.nginx.conf /etc/nginx/nginx.conf
COPY docker/web.sh /opt/web.sh
COPY --from=page /tmp/page /srv/page
USER 10001:10001
EXPOSE 4200
STOPSIGNAL SIGQUIT
HEALTHCHECK --interval=10s --timeout=5s --retries=3 CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/4200 && printf 'HEAD /health/live HTTP/1.0\r\n\r\n' >&3 && read -r _ code _ <&3 && [ \"$code\" = 200 ]"]
CMD ["sh", "/opt/web.sh"]
