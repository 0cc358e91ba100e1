#!/bin/sh
# Logs go to CloudWatch by Amazon's agent, which Debian does not have: a pinned file, known by its checksum
#
# POLYCAST_CLOUDWATCH_AGENT_URL     the .deb of one version, not of "latest"
# POLYCAST_CLOUDWATCH_AGENT_SHA256  its checksum
# POLYCAST_SSM_AGENT_URL            the same of Systems Manager's agent, for fleets whose logs go by ssmActivation;
# POLYCAST_SSM_AGENT_SHA256         not there by default
. ./lib.sh

# fetched PART URL SHA256: the .deb of a part is installed, in this version. Fails where it cannot be fetched.
fetched() {
  record=usr/share/polycast/$1.sha256
  if ! echo "$3" | grep -Eqx '[0-9a-f]{64}'; then fail "the checksum of $1 is not 64 hexadecimal digits"; fi
  if [ "$(cat "/$record" 2>/dev/null)" = "$3" ]; then return; fi
  deb=$(mktemp -d)/$1.deb
  say "fetches $2"
  curl --fail --silent --show-error --location --retry 3 --max-time 300 --output "$deb" "$2" || return
  echo "$3  $deb" | sha256sum --check --quiet ||
    fail "what lies at $2 is not what was pinned: its checksum is $(sha256sum "$deb" | cut -d ' ' -f 1)"
  # Whoever asks whether this succeeds has switched off that a failure ends the script.
  dpkg --install "$deb" >/dev/null || fail "$1 could not be installed"
  rm -r "$(dirname "$deb")"
  echo "$3" | place_text 0644 "$record"
}

unfit() {
  without cloudwatch-agent "$1"
  exit 0
}

url=${POLYCAST_CLOUDWATCH_AGENT_URL:-}
[ -n "$url" ] || unfit "POLYCAST_CLOUDWATCH_AGENT_URL names no file"
fetched cloudwatch-agent "$url" "${POLYCAST_CLOUDWATCH_AGENT_SHA256:-}" || unfit "$url cannot be fetched"

if [ -n "${POLYCAST_SSM_AGENT_URL:-}" ]; then
  fetched ssm-agent "$POLYCAST_SSM_AGENT_URL" "${POLYCAST_SSM_AGENT_SHA256:-}" ||
    fail "$POLYCAST_SSM_AGENT_URL cannot be fetched"
  at_boot amazon-ssm-agent.service
fi

install_packages openssl
place 0755 usr/lib/polycast/log-credentials
place 0644 etc/systemd/system/polycast-log-credentials.service etc/systemd/system/polycast-log-credentials.timer
place 0644 etc/systemd/system/amazon-cloudwatch-agent.service.d/polycast.conf
at_boot amazon-cloudwatch-agent.service polycast-log-credentials.service polycast-log-credentials.timer
