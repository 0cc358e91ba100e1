#!/bin/sh
# Says whether this node is well, for load balancers and monitors
. ./lib.sh

# Not a user that systemd makes up: the system bus turns away whom /etc/passwd does not have, unless libnss-systemd is there.
id polycast-healthz >/dev/null 2>&1 ||
  useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin polycast-healthz
place 0755 usr/lib/polycast/healthz
place 0644 etc/systemd/system/polycast-healthz.service
at_boot polycast-healthz.service
