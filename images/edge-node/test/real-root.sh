#!/usr/bin/env bash
# The proof of the scripts: a fresh Debian root that is booted with systemd, provisioned by Packer over SSH with the very
# scripts that the clouds get, booted again as a node, and tried from outside. No cloud, no virtual machine.
#
# usage: sudo images/edge-node/test/real-root.sh
#
# POLYCAST_APT_MIRROR, POLYCAST_APT_SECURITY_MIRROR  Debian's archives (default: those that this machine uses)
# POLYCAST_CLOUDWATCH_AGENT_URL, ..._SHA256  Amazon's agent (default: a stand-in that does nothing, of the same name)
# POLYCAST_TEST_ROOT  a Debian root to copy, instead of making one with debootstrap
#
# Prints each check as TAP; ends with 0 if all pass. It leaves nothing behind, whatever ends it.
set -euo pipefail
cd "$(dirname "$0")/.."
export CHECKPOINT_DISABLE=1 PACKER_NO_COLOR=1 LC_ALL=C

# shellcheck source=machine.sh
. test/machine.sh debootstrap packer slirp4netns unshare nsenter setpriv ssh ssh-keygen python3 dpkg-deb curl ip findmnt bird \
  birdc node terraform
fresh_root ""

url=${POLYCAST_CLOUDWATCH_AGENT_URL:-}
sha256=${POLYCAST_CLOUDWATCH_AGENT_SHA256:-}
if [ -z "$url" ]; then
  echo "# Amazon's log agent is a stand-in: POLYCAST_CLOUDWATCH_AGENT_URL is empty"
  agent=$work/agent
  mkdir -p "$agent/DEBIAN" "$agent/lib/systemd/system" "$agent/opt/aws/amazon-cloudwatch-agent/etc"
  printf '%s\n' 'Package: amazon-cloudwatch-agent' 'Version: 0' 'Architecture: all' \
    'Maintainer: nobody' 'Description: stand-in' >"$agent/DEBIAN/control"
  printf '%s\n' '[Service]' 'ExecStart=/bin/sleep infinity' '[Install]' 'WantedBy=multi-user.target' \
    >"$agent/lib/systemd/system/amazon-cloudwatch-agent.service"
  dpkg-deb --build --root-owner-group "$agent" "$root/srv/agent.deb" >/dev/null
  url=file:///srv/agent.deb
  sha256=$(sha256sum "$root/srv/agent.deb" | cut -d ' ' -f 1)
fi

# -- the builder

# packer_builds NAME: as StackPath's builder does it, with a key of its own that cloud-init would have brought.
packer_builds() {
  in_machine ssh-keygen -A >/dev/null
  in_its_network env TMPDIR="$work/tmp" POLYCAST_VARIABLES="{
    \"apt_mirror\": \"$POLYCAST_APT_MIRROR\", \"apt_security_mirror\": \"$POLYCAST_APT_SECURITY_MIRROR\",
    \"cloudwatch_agent_url\": \"$url\", \"cloudwatch_agent_sha256\": \"$sha256\"
  }" node -r ts-node/register ../../tests/images/build-on-root.ts "$root" "$work/$1" >"$work/$1.told" 2>&1 ||
    { tail -20 "$work/$1/build.log" "$work/$1.told" && return 1; }
}
# Every file of the image: kind, mode, owner, and what is in it. Not what any boot writes.
files_of_image() {
  (
    cd "$root"
    find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./run -o -path ./tmp -o -path ./srv \
      -o -path ./var/log -o -path ./var/tmp -o -path ./var/lib/systemd -o -path ./var/cache/ldconfig \) -prune \
      -o ! -type d -printf '%y %m %U:%G %p ' \( -type f -exec sha256sum {} \; -o -printf '%l\n' \) | sort -k 4
  )
}
leaves_no_key() {
  local found
  found=$(grep -rlF --binary-files=text --exclude-dir=proc --exclude-dir=sys --exclude-dir=dev --exclude-dir=run \
    "$(cut -d ' ' -f 2 "$work/first/authorized-key")" "$root" || true)
  [ -z "$found" ] || { echo "$found" && return 1; }
}
# Neither the private half of the builder's key nor the API's secret, in no file of the build but the list of them.
leaves_no_secret() {
  local found
  found=$(grep -rlF --file "$work/first/secrets" --exclude secrets "$work/first" "$work/tmp" || true)
  [ -z "$found" ] || { echo "$found" && return 1; }
}
nothing_new_written() {
  refused grep -E 'null.edge-node: +(writes|installs|fetches) ' "$work/second/build.log"
}
logs_step() {
  in_machine env "$@" sh -c 'cd /srv/provision && sh logs.sh'
}
says() {
  local text=$1 output
  shift
  output=$("$@" 2>&1) && { echo "it succeeded" && return 1; }
  grep -F "$text" <<<"$output" || { echo "$output" && return 1; }
}

echo "# booting the builder"
start_machine
reach_archives
need "a fresh Debian root boots with systemd" within 60 has_booted

cp -r provision "$root/srv/provision"
check "a missing part fails the run, by its name" says "cloudwatch-agent is missing" logs_step A=1
check "a script that takes too long is ended" says "base.sh was not done after 0.01 s" \
  in_machine env POLYCAST_STEP_SECONDS=0.01 sh /srv/provision/run.sh
rm -r "$root/usr/share/polycast"

echo "# Packer $(packer version | head -1) provisions it over SSH"
need "Packer provisions it, and the image's checks pass" packer_builds first
files_of_image >"$work/first.files"
grep -E 'null.edge-node: (==|   |not ok|1\.\.)' "$work/first/build.log" | sed 's/^ *null.edge-node: /# /' || true
check "the build has an image to show for it" grep -q '"entry": "polycast-sandbox/proof-edge-node:' "$work/first/built.json"
check "the checks were counted" grep -q '"ran": "in-builder"' "$work/first/built.json"
check "the list of packages comes with it" grep -q '^nginx' "$work/first/packages.tsv"
check "its bill of materials names what was installed" \
  grep -q '"purl": "pkg:deb/debian/nginx@[^"]*arch=' "$work/first/sbom.json"
check "and the log agent, as what was pinned" grep -q '"purl": "pkg:generic/amazon-cloudwatch-agent@' "$work/first/sbom.json"
check "the builder's key is nowhere in the image" leaves_no_key
cp "$work/first/authorized-key" "$root/var/tmp/planted"
check "(it would be found there)" refused leaves_no_key
rm "$root/var/tmp/planted"
check "no secret is in the build's log, nor in any file that it left" leaves_no_secret
tail -1 "$work/first/secrets" >>"$work/first/build.log"
check "(it would be found there)" refused leaves_no_secret

check "a file with another checksum is refused" says "is not what was pinned" logs_step \
  "POLYCAST_CLOUDWATCH_AGENT_URL=$url" "POLYCAST_CLOUDWATCH_AGENT_SHA256=$(printf 0%.0s $(seq 64))"
rm -r "$root/srv/provision"

need "a second run passes" packer_builds second
files_of_image >"$work/second.files"
check "a second run changes no file" diff "$work/first.files" "$work/second.files"
check "a second run says that it writes nothing" nothing_new_written
power_off
check "host keys are not in the image" refused compgen -G "$root/etc/ssh/ssh_host_*"
check "nor are the tunnel server's" refused compgen -G "$root/etc/polycast/tunnel/ssh_host_*"
check "nobody's key may log in" refused test -e "$root/root/.ssh/authorized_keys"
check "its machine-id is empty" refused test -s "$root/etc/machine-id"

# -- the node: the image, cloud-init's user data, and what a product adds

rm -f "$root/srv/agent.deb"
ssh-keygen -q -t ed25519 -N '' -C client -f "$work/client-key"
ssh-keygen -q -t ed25519 -N '' -C stranger -f "$work/stranger-key"
cp "$work/client-key.pub" "$root/etc/polycast/tunnel.d/authorized_keys"
for protocol in tcp udp; do echo "proxy_pass 127.0.0.1:9001;" >"$root/etc/polycast/proxy.d/8443.$protocol"; done
python3 <<'PYTHON' | give_user_data node-1 sandbox-stackpath-sea-sea-0
import json
node = {
    "version": 1,
    "environment": "proof",
    "provider": "stackpath",
    "fleet": "stackpath",
    "site": {"hostnamePattern": "-([a-z]+)-[0-9]+$", "byLocation": {"sea": "SEA", "ams": "europe"}},
    "release": "r7",
    "controlPlaneUrl": "https://control.invalid",
    "logGroup": "/polycast/proof/stackpath",
    "health": {"port": 8080, "path": "/healthz"},
    "listeners": [
        {"port": 443, "protocol": "TCP", "role": "edge"},
        {"port": 443, "protocol": "UDP", "role": "edge"},
        {"port": 8443, "protocol": "TCP", "role": "edge"},
        {"port": 8443, "protocol": "UDP", "role": "edge"},
        {"port": 2222, "protocol": "TCP", "role": "tunnel"},
    ],
    "bgp": {
        "asn": 64512,
        "routes": [
            {"prefix": "203.0.113.0/24", "addresses": ["203.0.113.1"]},
            {"prefix": "2001:db8:5::/48", "addresses": ["2001:db8:5::1"]},
        ],
        "neighbours": [
            {"address": "198.51.100.2", "asn": 64515, "hops": 2, "source": "198.51.100.1"},
            {"address": "2001:db8:1::2", "asn": 64515, "hops": 2},
        ],
        "password": True,
    },
}
content = json.dumps(node, indent=2) + "\n"
files = [
    {"path": "/etc/polycast/node.json", "permissions": "0644", "content": content},
    {"path": "/etc/polycast/bgp-password", "permissions": "0600", "encoding": "b64", "content": "YSBwYXNzd29yZA=="},
]
print("#cloud-config")
print(json.dumps({"write_files": files}))
PYTHON

echo "# booting the node"
start_machine
start_client
connect_client
# Words, not a function: a function in the background is a shell with a child, and only the shell would be ended.
its_network=(nsenter --target "$init" --net --)
in_its_network ip address add 2001:db8:1::1/64 dev node0 nodad
from_client ip address add 2001:db8:1::2/64 dev client0 nodad
# The client is the node's router too; what it learns goes into its kernel, so it reaches the anycast addresses.
cat >"$work/router.conf" <<'CONF'
log stderr all;
router id 198.51.100.2;
protocol device { }
protocol direct { ipv4; ipv6; }
protocol kernel { ipv4 { import none; export where source = RTS_BGP; }; }
protocol kernel { ipv6 { import none; export where source = RTS_BGP; }; }
template bgp node { multihop 2; password "a password"; connect retry time 2; error wait time 1, 2; }
protocol bgp node4 from node {
  local 198.51.100.2 as 64515; neighbor 198.51.100.1 as 64512; ipv4 { import all; export none; };
}
protocol bgp node6 from node {
  local 2001:db8:1::2 as 64515; neighbor 2001:db8:1::1 as 64512; ipv6 { import all; export none; };
}
CONF
"${client_network[@]}" bird -f -c "$work/router.conf" -s "$work/router.ctl" >"$work/router.log" 2>&1 &
processes+=($!)

unhealthy_for() {
  [ "$(healthz)" = 503 ] && grep -F "$1" "$work/answer"
}
# announced and withdrawn: what the router has of both families
announced() {
  [ -n "$(from_client ip -4 route show 203.0.113.0/24)" ] && [ -n "$(from_client ip -6 route show 2001:db8:5::/48)" ]
}
withdrawn() {
  [ -z "$(from_client ip -4 route show 203.0.113.0/24)$(from_client ip -6 route show 2001:db8:5::/48)" ]
}
answer_has() {
  healthy && grep -F "$1" "$work/answer"
}
# ask tcp|udp PORT TEXT: what comes back first.
ask() {
  from_client python3 - "$@" <<'PYTHON'
import socket, sys
protocol, port, text = sys.argv[1:]
kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
with socket.socket(socket.AF_INET, kind) as client:
    client.settimeout(3)
    client.connect(("198.51.100.1", int(port)))
    client.send(text.encode())
    print(client.recv(2000).decode(), end="")
PYTHON
}
asked() {
  local wanted=$1 got
  shift
  got=$(ask "$@") || { echo "$got" && return 1; }
  grep -qF -- "$wanted" <<<"$got" || { echo "got $got" && return 1; }
}
ssh_client=("${client_network[@]}" ssh -F none -p 2222 -o IdentitiesOnly=yes -o BatchMode=yes -o LogLevel=ERROR
  -o StrictHostKeyChecking=accept-new -o "UserKnownHostsFile=$work/known_hosts" -o ConnectTimeout=5)
ssh_as() {
  local key=$1
  shift
  timeout 20 "${ssh_client[@]}" -i "$work/$key" "$@"
}
echo_server='
import socket, sys, threading
tag, port = sys.argv[1].encode(), int(sys.argv[2])
def udp():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); server.bind(("127.0.0.1", port))
    while True:
        data, peer = server.recvfrom(2000); server.sendto(tag + data + b" from %d" % peer[1], peer)
threading.Thread(target=udp, daemon=True).start()
server = socket.create_server(("127.0.0.1", port))
while True:
    client, _ = server.accept(); client.sendall(tag + client.recv(2000)); client.close()
'
# Many at once, so that each worker has some to do.
one_session() {
  from_client python3 -c '
import socket, sys
clients = []
for _ in range(20):
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.settimeout(3)
    client.connect(("198.51.100.1", 8443))
    clients.append((client, set()))
for _ in range(50):
    for client, answers in clients: client.send(b"hello")
    for client, answers in clients: answers.add(client.recv(2000))
most = max((answers for _, answers in clients), key=len)
sys.exit(f"one client got {most}" if len(most) != 1 else 0)
'
}
through_tunnel() {
  in_its_network python3 -c '
import socket
client = socket.create_connection(("127.0.0.1", 9002), 3); client.sendall(b"ping"); print(client.recv(100).decode())' |
    grep -qx "behind the tunnel: ping"
}
opens_on_node() {
  [ "$(in_machine ss -Hltn "sport = :$1")" != "" ]
}
no_shell() {
  local output
  output=$(ssh_as client-key "$@" tunnel@198.51.100.1 id 2>&1) && { echo "it succeeded: $output" && return 1; }
  refused grep -F uid= <<<"$output"
}

need "it boots" within 90 has_booted
need "it becomes healthy" within 30 healthy
check "its checks passed at this boot" in_machine systemctl is-active --quiet polycast-check
check "none of its units failed" no_unit_failed
check "it knows its site by the host's name" answer_has '"site":"SEA"'
check "it knows its release" answer_has '"release":"r7"'
check "it knows its name" answer_has '"node":"sandbox-stackpath-sea-sea-0"'

"${its_network[@]}" python3 -c "$echo_server" "backend: " 9001 &
processes+=($!)
"${client_network[@]}" python3 -c "$echo_server" "behind the tunnel: " 3000 &
processes+=($!)
within 5 opens_on_node 9001
check "the proxy forwards a TCP connection" asked "backend: hello" tcp 8443 hello
check "the proxy forwards a UDP datagram" asked "backend: hello" udp 8443 hello
check "a TCP listener without a backend says who it is" asked '"fleet":"stackpath","site":"SEA","release":"r7"' tcp 443 hello
check "a UDP listener without a backend says who it is" asked '"fleet":"stackpath","site":"SEA","release":"r7"' udp 443 hello
check "connections are logged, with their site" within 5 in_machine grep -q 'TCP 8443 200 .* SEA$' /var/log/polycast/proxy.log
check "all datagrams of a client are one session with the backend" one_session
check "logs can be rotated" in_machine logrotate --force /etc/logrotate.d/00-polycast
check "the proxy goes on meanwhile" asked "backend: hello" tcp 8443 hello
check "they are also logged after the log was rotated" within 5 in_machine grep -q ' TCP 8443 200 ' /var/log/polycast/proxy.log
check "health is reported once a minute" within 70 in_machine grep -q '"healthy":true.*"site":"SEA"' /var/log/polycast/health.jsonl

"${ssh_client[@]}" -i "$work/client-key" -N -R 9002:127.0.0.1:3000 -o ExitOnForwardFailure=yes tunnel@198.51.100.1 &
processes+=($!)
need "the tunnel server accepts a forwarded port" within 10 opens_on_node 9002
check "what comes to that port reaches the client" within 5 through_tunnel
check "the forwarded port is for this machine only" refused ask tcp 9002 hello
check "the tunnel server refuses a shell" no_shell
check "also one with a terminal" no_shell -tt
check "it refuses sftp" refused ssh_as client-key -s tunnel@198.51.100.1 sftp
check "it leads nobody into the node" refused ssh_as client-key -W 127.0.0.1:8080 tunnel@198.51.100.1
check "it refuses a stranger's key" refused ssh_as stranger-key -N -R 9003:127.0.0.1:3000 tunnel@198.51.100.1
check "it refuses root" refused ssh_as client-key root@198.51.100.1 id

check "the node exporter answers on the node" in_its_network curl --silent --fail --output /dev/null http://127.0.0.1:9100/metrics
check "the health endpoint is closed to others" refused from_client curl --silent --max-time 2 http://198.51.100.1:8080/healthz
check "the node exporter is closed to others" refused from_client curl --silent --max-time 2 http://198.51.100.1:9100/metrics
"${its_network[@]}" python3 -m http.server --directory "$work/first" 7000 >/dev/null 2>&1 &
processes+=($!)
check "a server that the node file does not name can be reached on the node" within 5 \
  in_its_network curl --silent --fail --output /dev/null http://127.0.0.1:7000/
check "the firewall keeps others from it" refused from_client curl --silent --max-time 2 http://198.51.100.1:7000/
check "the administrative sshd is off" refused opens_on_node 22
check "the log shipper was told where to write" in_machine grep -q '"/polycast/proof/stackpath"' \
  /opt/aws/amazon-cloudwatch-agent/etc/amazon-cloudwatch-agent.json
check "the journal reaches the file that is shipped" within 5 in_machine grep -q polycast /var/log/syslog

for unit in polycast-proxy polycast-tunnel amazon-cloudwatch-agent; do
  in_machine systemctl kill --signal=KILL "$unit"
  check "killing $unit turns the health endpoint red" within 5 unhealthy_for "$unit is"
  check "it comes back by itself, and so does health" within 15 healthy
  in_machine systemctl stop "$unit"
  check "stopping $unit turns it red, with the reason" within 5 unhealthy_for "$unit is inactive"
  in_machine systemctl start "$unit"
  check "starting $unit makes it green" within 15 healthy
done
# Debian's unit comes back at once when it is killed.
in_machine systemctl stop prometheus-node-exporter
check "stopping the node exporter turns it red too" within 5 unhealthy_for "prometheus-node-exporter is inactive"
in_machine systemctl start prometheus-node-exporter
check "starting it makes it green" within 15 healthy

# -- announcing

reaches_anycast() {
  from_client python3 -c 'import socket, sys; socket.create_connection((sys.argv[1], 443), 2)' "$1"
}
announcer_told_to() {
  in_machine systemctl kill --signal="$1" --kill-who=main polycast-announcer
}
# What came before was so much trouble that the announcer waits for two minutes; a new one does not know of it.
in_machine systemctl restart polycast-announcer
need "a healthy node announces its prefixes, with a password, over IPv4 and IPv6" within 20 announced
check "clients reach the anycast address over IPv4" reaches_anycast 203.0.113.1
check "clients reach the anycast address over IPv6" reaches_anycast 2001:db8:5::1
check "only root can read the password" test "$(in_machine stat -c %a:%U /etc/polycast/bgp-password)" = 600:root
check "BIRD does not run as root" in_machine pgrep -u bird -x bird
check "the announcer does not run as root" in_machine pgrep -u bird -f polycast/announcer
in_machine systemctl stop polycast-proxy
check "a node whose proxy has stopped withdraws" within 5 withdrawn
in_machine systemctl start polycast-proxy
need "it announces again when it has been well for a while" within 25 announced
in_machine /usr/lib/polycast/announcer drain
check "a drained node withdraws" within 5 withdrawn
check "and is well" healthy
in_machine /usr/lib/polycast/announcer resume
check "it announces again" within 5 announced
announcer_told_to KILL
check "a killed announcer leaves nothing announced" within 2 withdrawn
check "it comes back and announces" within 20 announced
announcer_told_to STOP
check "one that hangs is ended, and the routes are withdrawn" within 15 withdrawn
check "and comes back" within 20 announced
in_machine systemctl kill --signal=KILL polycast-bird
check "a killed BIRD comes back, and is told again" within 40 announced

# systemctl poweroff, seen from outside: what serves ends after the routes have gone.
serves_without_route() {
  withdrawn && from_client python3 -c 'import socket; socket.create_connection(("198.51.100.1", 443), 2)'
}
in_machine systemctl --no-block stop multi-user.target polycast-announcer polycast-proxy polycast-tunnel polycast-healthz
check "at shutdown the routes go first, while the proxy still serves" within 5 serves_without_route
stopped() {
  refused opens_on_node 443
}
check "then it stops too" within 20 stopped
in_machine systemctl start multi-user.target

echo '{ "version": 1, "release": "r 8" }' >"$root/etc/polycast/node.json"
in_machine systemctl restart polycast-configure 2>/dev/null || true
check "a node file that cannot be used is refused" in_machine systemctl is-failed --quiet polycast-configure
check "with all its problems in the log" in_machine sh -c 'journalctl -u polycast-configure | grep -F "release is \"r 8\""'
check "and the node is not healthy" refused healthy

plan
