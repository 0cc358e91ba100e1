#!/bin/sh
# Debian 12 from Debian's own archives, up to date, with daily security updates and the right time
#
# POLYCAST_ARCHITECTURE          what dpkg must call this machine (default amd64)
# POLYCAST_APT_MIRROR            default http://deb.debian.org/debian
# POLYCAST_APT_SECURITY_MIRROR   default http://deb.debian.org/debian-security
. ./lib.sh

# shellcheck source=/dev/null
. /etc/os-release
wanted=${POLYCAST_ARCHITECTURE:-amd64}
[ "$ID $VERSION_CODENAME" = "debian bookworm" ] ||
  fail "the base image is $PRETTY_NAME; these scripts are written for Debian 12 (bookworm)"
[ "$(dpkg --print-architecture)" = "$wanted" ] ||
  fail "the base image is $(dpkg --print-architecture); $wanted is wanted (POLYCAST_ARCHITECTURE)"

# Packages start their services when they are installed; a builder has no configuration for them yet.
# https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d

# The archives are signed, so plain HTTP is as good. No other source may bring in a package.
place_text 0644 etc/apt/sources.list.d/debian.sources <<SOURCES
Types: deb
URIs: ${POLYCAST_APT_MIRROR:-http://deb.debian.org/debian}
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: ${POLYCAST_APT_SECURITY_MIRROR:-http://deb.debian.org/debian-security}
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCES
rm -f /etc/apt/sources.list
find /etc/apt/sources.list.d -type f ! -name debian.sources -delete

# The base's own daily upgrades may be at work: what has begun is waited for, and nothing more begins until the next boot.
systemctl stop apt-daily.timer apt-daily-upgrade.timer
for unit in apt-daily.service apt-daily-upgrade.service; do
  while [ "$(systemctl is-active "$unit")" = activating ]; do sleep 1; done
  systemctl stop "$unit"
done

place 0644 etc/apt/apt.conf.d/52polycast
apt update
apt dist-upgrade

# Signatures and certificates need the right time; chrony is also what Debian's own image for AWS has.
install_packages ca-certificates chrony curl nftables python3 rsyslog unattended-upgrades cloud-init
place 0644 etc/cloud/cloud.cfg.d/90-polycast.cfg
at_boot chrony.service
at_boot unattended-upgrades.service apt-daily.timer apt-daily-upgrade.timer
