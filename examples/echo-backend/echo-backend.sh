#!/usr/bin/env bash
# A backend in curl and sed that answers every message with the same message: the whole protocol at a glance.
#
#   ./echo-backend.sh [http://127.0.0.1:5000]
#
# It answers text without JSON escapes and does not resume; echo-backend.mjs answers every message, and resumes.
set -euo pipefail

gateway="${1:-${WSG_URL:-http://127.0.0.1:5000}}"

# The value of a field of a JSON object; empty when it contains an escape.
field() { sed -n "s/.*\"$1\":\"\([^\"\\\\]*\)\".*/\1/p" <<<"$2"; }

curl --silent --show-error --fail --no-buffer "$gateway/events" | while IFS= read -r line; do
  case "$line" in
    'event: '*) event="${line#event: }" ;;
    'data: '*)
      data="${line#data: }"
      connection="$(field connection "$data")"
      echo "$event $connection"
      message="$(field message "$data")"
      if [[ $data == *'"type":"text"'* && -n $message ]]; then
        printf %s "$message" |
          curl --silent --show-error --output /dev/null --data-binary @- "$gateway/send?id=$connection"
      fi
      ;;
  esac
done
