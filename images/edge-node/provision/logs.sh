#!/bin/sh
# Logs go to CloudWatch by Amazon's agent, which Debian does not have: a pinned file, known by its checksum
#
# POLYCAST_CLOUDWATCH_AGENT_URL     the .deb of one version, not of "latest"
# POLYCAST_CLOUDWATCH_AGENT_SHA256  its checksum
. ./lib.sh

url=${POLYCAST_CLOUDWATCH_AGENT_URL:-}
sha256=${POLYCAST_CLOUDWATCH_AGENT_SHA256:-}
record=/usr/share/polycast/cloudwatch-agent.sha256

unfit() {
  without cloudwatch-agent "$1"
  exit 0
}

[ -n "$url" ] || unfit "POLYCAST_CLOUDWATCH_AGENT_URL names no file"
echo "$sha256" | grep -Eqx '[0-9a-f]{64}' || fail "POLYCAST_CLOUDWATCH_AGENT_SHA256 is not 64 hexadecimal digits"

if [ "$(cat "$record" 2>/dev/null)" != "$sha256" ]; then
  deb=$(mktemp -d)/amazon-cloudwatch-agent.deb
  say "fetches $url"
  curl --fail --silent --show-error --location --retry 3 --max-time 300 --output "$deb" "$url" ||
    unfit "$url cannot be fetched"
  echo "$sha256  $deb" | sha256sum --check --quiet ||
    fail "what lies at $url is not what was pinned: its checksum is $(sha256sum "$deb" | cut -d ' ' -f 1)"
  dpkg --install "$deb" >/dev/null
  rm -r "$(dirname "$deb")"
  echo "$sha256" | place_text 0644 "${record#/}"
fi

place 0644 etc/systemd/system/amazon-cloudwatch-agent.service.d/polycast.conf
at_boot amazon-cloudwatch-agent.service
