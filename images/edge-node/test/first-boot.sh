#!/usr/bin/env bash
# The proof of the first boot, where a provider keeps no images: a fresh Debian root with cloud-init is given the user data of a
# node of Equinix Metal's, fetches the archive of the scripts over HTTPS, refuses another one than was promised, runs the right
# one, starts anew, and is a healthy node that announces its address. No cloud, no virtual machine.
#
# usage: sudo images/edge-node/test/first-boot.sh
#
# POLYCAST_APT_MIRROR, POLYCAST_APT_SECURITY_MIRROR  Debian's archives (default: those that this machine uses)
# POLYCAST_TEST_ROOT  a Debian root with cloud-init to copy, instead of making one with debootstrap
#
# Prints each check as TAP; ends with 0 if all pass. It leaves nothing behind, whatever ends it.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C

# shellcheck source=machine.sh
. test/machine.sh debootstrap slirp4netns unshare nsenter setpriv python3 curl ip findmnt bird node openssl
# debootstrap does not see that cffi is what cloud-init's cryptography wants.
fresh_root cloud-init,python3-cffi-backend

# -- the place of the archives, and the provider's metadata: one web server, which the machine trusts

web=$work/web
mkdir "$web"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=proof" \
  -addext "subjectAltName=DNS:images.example.net,DNS:metadata.platformequinix.com" \
  -keyout "$work/key.pem" -out "$work/certificate.pem" 2>/dev/null
cp "$work/certificate.pem" "$root/usr/local/share/ca-certificates/proof.crt"
chroot "$root" update-ca-certificates >/dev/null
echo "198.51.100.2 images.example.net metadata.platformequinix.com" >>"$root/etc/hosts"

POLYCAST_VARIABLES="{
  \"apt_mirror\": \"$POLYCAST_APT_MIRROR\", \"apt_security_mirror\": \"$POLYCAST_APT_SECURITY_MIRROR\",
  \"cloudwatch_agent_url\": \"\", \"allow_missing\": \"cloudwatch-agent\"
}" node -r ts-node/register ../../tests/images/first-boot-of-equinix.ts https://images.example.net/edge-node "$web/edge-node"
mv "$web/edge-node/user-data" "$work/user-data"
archive=$(basename "$web"/edge-node/*.tar.gz)
cat >"$web/metadata" <<'JSON'
{
  "bgp_neighbors": [
    {
      "address_family": 4, "customer_as": 65000, "customer_ip": "198.51.100.1", "md5_enabled": true, "multihop": true,
      "peer_as": 65530, "peer_ips": ["169.254.255.1", "169.254.255.2"]
    }
  ],
  "network": { "addresses": [{}, {}, { "public": false, "gateway": "198.51.100.2" }] }
}
JSON

start_client
"${client_network[@]}" python3 - "$web" "$work/certificate.pem" "$work/key.pem" >"$work/web.log" 2>&1 <<'PYTHON' &
import functools, http.server, ssl, sys
directory, certificate, key = sys.argv[1:]
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=directory)
server = http.server.ThreadingHTTPServer(("0.0.0.0", 443), handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
PYTHON
processes+=($!)
asked() {
  grep -c "GET /edge-node/$archive" "$work/web.log" || true
}

# boot INSTANCE: a new machine to cloud-init, where the name is new.
boot() {
  give_user_data "$1" "proof-equinix-ny-1" <"$work/user-data"
  start_machine
  connect_client
  reach_archives
}
says_why() {
  grep -F "$1" "$root/var/log/cloud-init-output.log"
}
nobody_listens() {
  refused from_client curl --silent --max-time 2 http://198.51.100.1:8080/healthz &&
    refused from_client python3 -c 'import socket; socket.create_connection(("198.51.100.1", 443), 2)'
}

# -- another archive than was promised

echo "# booting a machine whose archive is another one"
mv "$web/edge-node/$archive" "$work/$archive"
mkdir "$work/other"
printf '#!/bin/sh\necho OTHER >/ran\n' >"$work/other/install.sh"
tar -czf "$web/edge-node/$archive" -C "$work/other" install.sh
boot wrong-archive
need "a fresh Debian root boots with cloud-init" within 120 has_booted
check "it fetched the archive over HTTPS, once" test "$(asked)" = 1
check "it says what it got, and what was promised" says_why "${archive%.tar.gz} was promised, so none of it is run"
check "none of it has run" refused test -e "$root/ran"
check "nor has anything else of a node" refused test -e "$root/usr/share/polycast"
check "nobody listens" nobody_listens
check "it has not started anew" kill -0 "$machine"
power_off

# -- the one that was promised

echo "# booting a machine whose archive is the right one"
mv "$work/$archive" "$web/edge-node/$archive"
begun=$SECONDS
boot right-archive
starts_anew() {
  refused kill -0 "$machine"
}
told_at_first_boot() {
  within 900 starts_anew || { tail -20 "$root/var/log/cloud-init-output.log" && return 1; }
}
need "the promised archive runs to its end, and the machine starts anew" told_at_first_boot
echo "# after $((SECONDS - begun)) s"
stop_machine
check "it is noted which one it was" test "$(cat "$root/usr/share/polycast/installed")" = "${archive%.tar.gz}"
before=$(asked)
begun=$SECONDS
boot right-archive
need "it boots again" within 120 has_booted
need "as a healthy node" within 60 healthy
echo "# after $((SECONDS - begun)) s"
check "its checks passed at this boot" in_machine systemctl is-active --quiet polycast-check
check "none of its units failed" no_unit_failed
check "it knows its provider, its site and its release" \
  grep -F '"provider":"equinix","fleet":"equinix","site":"ny","release":"r7"' "$work/answer"
check "it has not fetched the archive again" test "$(asked)" = "$before"
check "the health endpoint is closed to others" refused from_client curl --silent --max-time 2 http://198.51.100.1:8080/healthz
check "it serves" from_client python3 -c 'import socket; socket.create_connection(("198.51.100.1", 443), 2)'
check "the administrative sshd is off" test -z "$(in_machine ss -Hltn "sport = :22")"
check "only root can read the password" test "$(in_machine stat -c %a:%U /etc/polycast/bgp-password)" = 600:root

# -- one of its routers, which it knows from the metadata alone

from_client ip address add 169.254.255.1/32 dev lo
cat >"$work/router.conf" <<'CONF'
log stderr all;
router id 198.51.100.2;
protocol device { }
protocol direct { ipv4; }
protocol kernel { ipv4 { import none; export where source = RTS_BGP; }; }
protocol bgp node {
  local 169.254.255.1 as 65530; neighbor 198.51.100.1 as 65000; multihop; password "a password";
  connect retry time 2; error wait time 1, 2; ipv4 { import all; export none; };
}
CONF
"${client_network[@]}" bird -f -c "$work/router.conf" -s "$work/router.ctl" >"$work/router.log" 2>&1 &
processes+=($!)
reaches_anycast() {
  from_client python3 -c 'import socket; socket.create_connection(("203.0.113.1", 443), 2)'
}
check "it announces the address to its router, and clients reach it there" within 30 reaches_anycast

plan
