#!/bin/sh
# Nothing of the builder stays: no keys, no identity, no logs, no caches
. ./lib.sh

# Every node makes its own; the connection that runs this script has its keys in memory.
rm -f /etc/ssh/ssh_host_* /etc/polycast/tunnel/ssh_host_*
rm -f /root/.ssh/authorized_keys /home/*/.ssh/authorized_keys
rm -f /root/.bash_history /home/*/.bash_history

cloud-init clean --logs >/dev/null
rm -f /etc/polycast/node.json /etc/polycast/bgp-password /var/lib/polycast/drained /var/lib/systemd/random-seed /var/lib/dbus/machine-id
: >/etc/machine-id

apt-get -qq clean
rm -rf /var/lib/apt/lists/* /usr/sbin/policy-rc.d
# The journal goes on in memory.
journalctl --quiet --relinquish-var || true
rm -rf /var/log/journal/*
find /var/log -type f -exec truncate --size 0 {} +

# What is in the image, for its bill of materials: name, version, architecture, source package and its version.
dpkg-query --show --showformat '${db:Status-Status}\t${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\n' |
  sed -n 's/^installed\t//p' |
  place_text 0644 usr/share/polycast/packages.tsv
sync
