#!/bin/bash
# Starts the broker of server.properties (or of the file that is named), and the first time makes
# its folder ready, with the users that it must know before anybody can come in. Passwords come from
# the environment and stand on no command line, which others on the machine could read.
set -euo pipefail
properties=${1:-$(dirname "$0")/server.properties}
bin=${KAFKA_BIN:-/opt/kafka/bin}
data=$(sed -n 's/^log\.dirs=//p' "$properties")

users() {
  local name password
  while read -r name password; do
    if [[ -z $password ]]; then continue; fi
    if [[ ! $password =~ ^[A-Za-z0-9_-]{12,}$ ]]; then
      echo "The password of $name must have 12 or more letters, digits, - or _, and nothing else." >&2
      return 1
    fi
    printf -- '--add-scram\nSCRAM-SHA-512=[name=%s,password=%s]\n' "$name" "$password"
  done <<< "admin ${KAFKA_ADMIN_PASSWORD:?set it first}
safeguarding-ingest ${KAFKA_INGEST_PASSWORD:-}
safeguarding-publish ${KAFKA_PUBLISH_PASSWORD:-}"
}

if [[ ! -e $data/meta.properties ]]; then
  known=$(users)
  # A name of its own: how far topics were read is kept under it, and must not be taken for how far
  # those of another broker were.
  cluster=$("$bin/kafka-storage.sh" random-uuid)
  "$bin/kafka-storage.sh" format --cluster-id "$cluster" --config "$properties" "@"<(echo "$known")
fi
exec "$bin/kafka-server-start.sh" "$properties"
