#!/bin/sh
# Makes a fresh machine an edge node at its first boot: fetches the image's scripts, runs them, starts it anew as a node.
# A second boot finds that this was done. What goes wrong stands in /var/log/cloud-init-output.log, and nothing listens.
#
# first-boot URL SHA256
# POLYCAST_INSTALLED      where it is noted (default /usr/share/polycast/installed)
# POLYCAST_ATTEMPTS       how often the archive is asked for (default 10)
# POLYCAST_RETRY_SECONDS  how long it waits in between (default 15)
set -eu
url=$1
sha256=$2
installed=${POLYCAST_INSTALLED:-/usr/share/polycast/installed}
attempts=${POLYCAST_ATTEMPTS:-10}
if [ "$(cat "$installed" 2>/dev/null)" = "$sha256" ]; then exit 0; fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Python is there: cloud-init is written in it. curl need not be.
fetch() {
  python3 -c 'import shutil, sys, urllib.request as web
with web.urlopen(sys.argv[1], timeout=60) as answer, open(sys.argv[2], "wb") as file: shutil.copyfileobj(answer, file)' "$url" "$folder/archive"
}
attempt=1
until fetch; do
  if [ "$attempt" = "$attempts" ]; then
    echo "FAILED: $url could not be fetched in $attempts attempts" >&2
    exit 1
  fi
  attempt=$((attempt + 1))
  sleep "${POLYCAST_RETRY_SECONDS:-15}"
done

found=$(sha256sum "$folder/archive" | cut -d ' ' -f 1)
if [ "$found" != "$sha256" ]; then
  echo "FAILED: what $url holds has the SHA-256 $found; $sha256 was promised, so none of it is run" >&2
  exit 1
fi
mkdir "$folder/image"
tar -xzf "$folder/archive" -C "$folder/image"
sh "$folder/image/install.sh"

mkdir -p "$(dirname "$installed")"
echo "$sha256" >"$installed"
systemctl reboot
