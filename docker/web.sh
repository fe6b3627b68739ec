#!/bin/sh
# Starts nginx with the configuration that the page reads as /config.json: every VITE_ variable of the environment. Nothing of
# it is in the image, so one image serves every environment. Only /tmp is written to. What is wrong with the environment goes to
# stderr, and the exit code is 78 then, as it is with the services.
set -eu

refuse() {
    echo "web: VITE_API_URL is $1: expected an http(s):// URL" >&2
    exit 78
}

[ -n "${VITE_API_URL:-}" ] || refuse missing
jq -nc 'env | with_entries(select(.key | startswith("VITE_")))' >/tmp/config.json

# The page may talk to the API's origin and to no other: over HTTP, and over the WebSocket of the same host.
origins=$(jq -nr '$ENV.VITE_API_URL
    | capture("\\A\\s*http(?<s>s?)://(?<host>(\\[[0-9a-f:.]+\\]|[a-z0-9._-]+)(:[0-9]{1,5})?)(?=[/?#]|\\s*\\z)"; "i")
    | "http\(.s)://\(.host) ws\(.s)://\(.host)"')
[ -n "$origins" ] || refuse malformed
echo "set \$api \"$origins\";" >/tmp/api.conf

# nginx closes its listener as soon as it is told to end. This waits with that for DRAIN_SECONDS (default: 5), in which
# /health/ready says `draining`, so that whoever routes to it can learn that it goes. A second signal ends it at once.
# The arguments are nginx's.
told=0
trap 'told=$((told + 1))' QUIT TERM INT

rm -f /tmp/draining
set +e
nginx -g 'daemon off;' "$@" &
nginx=$!
wait "$nginx"
code=$?
[ "$told" -eq 0 ] && exit "$code"

touch /tmp/draining
sleep "${DRAIN_SECONDS:-5}" &
[ "$told" -eq 1 ] && wait $!
[ "$told" -eq 1 ] && kill -QUIT "$nginx"
[ "$told" -eq 1 ] && wait "$nginx"
kill -TERM "$nginx" 2>/dev/null  # told again, or nothing is left of it
wait "$nginx"
exit 0
