#!/bin/sh
# The administrative sshd: off, unless someone is allowed in
#
# POLYCAST_ADMIN_CIDRS  networks that may reach port 22, separated by commas, such as 198.51.100.0/24 (default: none)
. ./lib.sh

place 0644 etc/ssh/sshd_config.d/10-polycast.conf
rules=/etc/polycast/administration.nft

if [ -z "${POLYCAST_ADMIN_CIDRS:-}" ]; then
  say "stays off at the next boot: POLYCAST_ADMIN_CIDRS is empty"
  rm -f "$rules"
  for unit in ssh.socket ssh.service; do
    [ "$(systemctl is-enabled "$unit")" = disabled ] || systemctl --quiet disable "$unit"
  done
  exit 0
fi

text=$(python3 - "$POLYCAST_ADMIN_CIDRS" <<'PYTHON'
import ipaddress, sys
for given in sys.argv[1].split(","):
    try:
        network = ipaddress.ip_network(given.strip())
    except ValueError as error:
        sys.exit(f"POLYCAST_ADMIN_CIDRS: {error}; a network such as 198.51.100.0/24 is wanted")
    if network.prefixlen == 0:
        sys.exit(f"POLYCAST_ADMIN_CIDRS: {given} is the whole world; name the networks that administrators use")
    family = "ip" if network.version == 4 else "ip6"
    print(f"add rule inet polycast administration {family} saddr {network} tcp dport 22 accept")
PYTHON
)
echo "$text" | place_text 0644 "${rules#/}"
at_boot ssh.service
