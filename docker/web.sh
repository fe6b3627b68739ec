#!/bin/sh
# nginx closes its listener as soon as it is told to end. This waits with that for DRAIN_SECONDS (default: 5), in which
# /health/ready says `draining`, so that whoever routes to it can learn that it goes. A second signal ends it at once.
# The arguments are nginx's.
told=0
trap 'told=$((told + 1))' QUIT TERM INT

rm -f /tmp/draining
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
