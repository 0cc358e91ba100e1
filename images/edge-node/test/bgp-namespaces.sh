#!/usr/bin/env bash
# The proof of announcing: two simulated sites in network namespaces, each with a router and two nodes, and their clients.
#
#   client-a - router-a - router-b - client-b      site A is told of its routers as at Vultr, site B as at Equinix Metal
#             a1  a2       b1  b2
#
# Routers and sessions are real BIRDs with TCP-MD5; the nodes run the image's own configure, configure-bgp, announcer, healthz
# and firewall. Python stands in for nginx, for the metadata services, and, with one line of shell, for systemd's is-active.
#
# usage: sudo images/edge-node/test/bgp-namespaces.sh
#
# Prints each check as TAP, and what was measured as comments; ends with 0 if all pass. All happens in namespaces that end with
# it, whatever ends it. Takes three minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C

if [ -z "${POLYCAST_APART:-}" ]; then
  missing=()
  for tool in bird birdc ip nft unshare python3; do
    command -v "$tool" >/dev/null || missing+=("$tool")
  done
  if [ ${#missing[@]} != 0 ]; then
    echo "bgp-namespaces.sh needs ${missing[*]}; Debian has them: apt-get install bird2 iproute2 nftables util-linux python3" >&2
    exit 2
  fi
  work=$(mktemp -d /tmp/polycast-bgp.XXXXXX)
  apart=
  # shellcheck disable=SC2317 # the trap calls it
  cleanup() {
    trap - EXIT INT TERM HUP
    # unshare lets no other signal end it while its child runs.
    [ -z "$apart" ] || kill -KILL "$apart" 2>/dev/null || true
    wait
    rm -rf "$work"
  }
  trap cleanup EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  as_root=()
  [ "$(id -u)" = 0 ] || as_root=(--map-root-user)
  export POLYCAST_APART=$work
  # When its first process ends, so do all the others, and with them the namespaces.
  unshare "${as_root[@]}" --mount --pid --net --fork --kill-child --mount-proc --propagation private bash "$PWD/test/bgp-namespaces.sh" &
  apart=$!
  wait "$apart"
  exit
fi

work=$POLYCAST_APART
mount -t tmpfs tmpfs /run
mkdir /run/netns
image=$PWD
lib=$image/provision/files/usr/lib/polycast
# shellcheck source=tap.sh
. test/tap.sh

V4=203.0.113.0/24
V6=2001:db8:5::/48
ANYCAST4=203.0.113.1
ANYCAST6=2001:db8:5::1
PASSWORD="a password; with signs #{}'"
NODES="a1 a2 b1 b2"

need() {
  try "$@" && return
  echo "Bail out! $1: this has to hold first"
  tail -n 5 "$work"/*/*.log | sed 's/^/# /'
  exit 1
}
on() {
  ip netns exec "$@"
}
# start PLACE NAME COMMAND...: in that namespace, in the background; its process id and output lie in the place's directory.
start() {
  local place=$1 name=$2
  shift 2
  ip netns exec "$place" "$@" >>"$work/$place/$name.log" 2>&1 &
  echo $! >"$work/$place/$name.pid"
}
# stop SIGNAL PLACE NAME
stop() {
  local pid
  pid=$(cat "$work/$2/$3.pid")
  kill "-$1" "$pid"
  wait "$pid" 2>/dev/null || true
}
now() {
  date +%s%3N
}
# took MILLISECONDS WHAT: a measurement, for people
took() {
  printf '# %s: %d.%03d s\n' "$2" $(($1 / 1000)) $(($1 % 1000))
}
# timed WHAT LIMIT COMMAND...: it succeeds within so many seconds, which are measured.
timed() {
  local what=$1 limit=$2 began
  shift 2
  began=$(now)
  number=$((number + 1))
  while ! "$@" >/dev/null 2>&1; do
    if [ $(($(now) - began)) -ge $((limit * 1000)) ]; then
      failed=$((failed + 1))
      echo "not ok $number - $what within $limit s"
      "$@" 2>&1 | tail -10 | sed 's/^/  # /' || true
      return
    fi
    sleep 0.02
  done
  elapsed=$(($(now) - began))
  echo "ok $number - $what within $limit s"
  took "$elapsed" "$what"
}

# -- the network

link() { # LEFT NAME V4 V6 RIGHT NAME V4 V6: a cable with an address at each end
  ip -n "$1" link add "$2" type veth peer name "$6" netns "$5"
  local end
  for end in "$1 $2 $3 $4" "$5 $6 $7 $8"; do
    # shellcheck disable=SC2086 # words
    set -- $end
    ip -n "$1" address add "$3" dev "$2"
    ip -n "$1" address add "$4" dev "$2" nodad
    ip -n "$1" link set "$2" up
  done
}
for place in router-a router-b client-a client-b $NODES; do
  mkdir "$work/$place"
  ip netns add "$place"
  ip -n "$place" link set lo up
done
for router in router-a router-b; do
  # Layer 4: the ports of a connection count for its way, as they do at clouds' routers.
  on "$router" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
    net.ipv4.fib_multipath_hash_policy=1 net.ipv6.fib_multipath_hash_policy=1
done
link router-a peer 10.0.0.1/30 fd00::1/64 router-b peer 10.0.0.2/30 fd00::2/64
for site in a:1 b:2; do
  name=${site%:*}
  number_of_site=${site#*:}
  for node in 1 2; do
    prefix=10.$number_of_site.$node
    prefix6=fd00:$number_of_site:$node
    link "router-$name" "$name$node" "$prefix.1/30" "$prefix6::1/64" "$name$node" eth0 "$prefix.2/30" "$prefix6::2/64"
    ip -n "$name$node" route add default via "$prefix.1"
    ip -n "$name$node" -6 route add default via "$prefix6::1"
  done
  link "router-$name" client "10.$number_of_site.9.1/30" "fd00:$number_of_site:9::1/64" \
    "client-$name" eth0 "10.$number_of_site.9.2/30" "fd00:$number_of_site:9::2/64"
  ip -n "client-$name" route add default via "10.$number_of_site.9.1"
  ip -n "client-$name" -6 route add default via "fd00:$number_of_site:9::1"
done
# What leads back from one site to the other's clients.
ip -n router-a route add 10.2.0.0/16 via 10.0.0.2
ip -n router-a -6 route add fd00:2::/32 via fd00::2
ip -n router-b route add 10.1.0.0/16 via 10.0.0.1
ip -n router-b -6 route add fd00:1::/32 via fd00::1
for address in 169.254.169.254 2001:19f0:ffff::1; do ip -n router-a address add "$address" dev lo; done
for address in 169.254.255.1 169.254.255.2 fc00::e fc00::f; do ip -n router-b address add "$address" dev lo; done

# -- the routers

# session NAME FAMILY LOCAL ASN NEIGHBOUR ASN MORE: to a node; only the fleet's prefix is taken from it.
session() {
  cat <<CONF
protocol bgp $1 {
  local $3 as $4;
  neighbor $5 as $6;
  $7
  strict bind;
  connect retry time 2;
  error wait time 1, 2;
  ipv$2 {
    import keep filtered;
    import filter ours$2;
    import limit 5 action block;
    export $8;
    next hop self;
  };
}
CONF
}
# router NAME ID ASN OTHER: configuration, with the sessions on stdin
router() {
  cat <<CONF
log stderr all;
router id $2;
protocol device { scan time 2; }
protocol direct { ipv4; ipv6; }
filter ours4 { if net ~ [ $V4 ] then accept; reject; }
filter ours6 { if net ~ [ $V6 ] then accept; reject; }
filter learned { if source = RTS_BGP then accept; reject; }
protocol kernel { merge paths yes; ipv4 { import none; export filter learned; }; }
protocol kernel { merge paths yes; ipv6 { import none; export filter learned; }; }
CONF
  cat
}
to_node="multihop 2; password \"$PASSWORD\";"
{
  for node in 1 2; do
    session "a${node}_4" 4 169.254.169.254 64515 "10.1.$node.2" 64512 "$to_node" none
    session "a${node}_6" 6 2001:19f0:ffff::1 64515 "fd00:1:$node::2" 64512 "$to_node" none
  done
  session peer4 4 10.0.0.1 64515 10.0.0.2 65530 "direct;" "filter ours4"
  session peer6 6 fd00::1 64515 fd00::2 65530 "direct;" "filter ours6"
} | router router-a 10.0.0.1 >"$work/router-a/bird.conf"
{
  for node in 1 2; do
    session "b${node}_4" 4 169.254.255.1 65530 "10.2.$node.2" 65000 "$to_node" none
    session "b${node}_6" 6 fc00::e 65530 "fd00:2:$node::2" 65000 "$to_node" none
  done
  session peer4 4 10.0.0.2 65530 10.0.0.1 64515 "direct;" "filter ours4"
  session peer6 6 fd00::2 65530 fd00::1 64515 "direct;" "filter ours6"
} | router router-b 10.0.0.2 >"$work/router-b/bird.conf"
# The second of the pair of routers that nodes have at Equinix Metal: a BIRD beside the first, which forwards nothing.
{
  for node in 1 2; do
    session "b${node}_4" 4 169.254.255.2 65530 "10.2.$node.2" 65000 "$to_node" none
    session "b${node}_6" 6 fc00::f 65530 "fd00:2:$node::2" 65000 "$to_node" none
  done
} | router router-b 10.0.0.3 | grep -v '^protocol kernel' >"$work/router-b/second.conf"
start router-b second bird -f -c "$work/router-b/second.conf" -s "$work/router-b/second.ctl"
for router in router-a router-b; do
  need "BIRD takes the configuration of $router" bird -p -c "$work/$router/bird.conf"
  start "$router" bird bird -f -c "$work/$router/bird.conf" -s "$work/$router/bird.ctl"
done
start router-a metadata python3 test/bgp-stand-ins.py metadata 169.254.169.254 instance
start router-b metadata python3 test/bgp-stand-ins.py metadata 169.254.255.1 list

birdc_of() {
  local place=$1
  shift
  birdc -s "$work/$place/bird.ctl" "$@"
}
# ways ROUTER 4|6: the next hops that its kernel has for the prefix, in one line
ways() {
  local prefix=$V4
  [ "$2" = 4 ] || prefix=$V6
  ip -n "$1" "-$2" route show "$prefix" | grep -o 'via [^ ]*' | cut -d ' ' -f 2 | sort | paste -sd ' '
}
# leads ROUTER NODE...: its routes lead to these nodes of its site and nowhere else, over both families.
leads() {
  local router=$1 site=1 wanted4 wanted6
  [ "$router" = router-a ] || site=2
  shift
  wanted4=$(for node in "$@"; do echo "10.$site.${node#?}.2"; done | sort | paste -sd ' ')
  wanted6=$(for node in "$@"; do echo "fd00:$site:${node#?}::2"; done | sort | paste -sd ' ')
  [ "$(ways "$router" 4), $(ways "$router" 6)" = "$wanted4, $wanted6" ] ||
    { echo "$router: $(ways "$router" 4), $(ways "$router" 6); wanted $wanted4, $wanted6" && return 1; }
}
# never SECONDS COMMAND...: it does not succeed once in that time.
never() {
  local until=$(($(now) + $1 * 1000))
  shift
  while [ "$(now)" -lt $until ]; do
    if "$@" >/dev/null 2>&1; then return 1; fi
    sleep 0.05
  done
}

# -- the nodes

mkdir "$work/bin"
cat >"$work/bin/systemctl" <<'SH'
#!/bin/sh
# is-active UNIT...: by the process ids that bgp-namespaces.sh writes; a unit of which it has none is no part of the proof
shift
for unit; do
  file=$POLYCAST_TEST_PLACE/${unit#polycast-}.pid
  if [ ! -e "$file" ] || kill -0 "$(cat "$file")" 2>/dev/null; then echo active; else echo failed; fi
done
SH
chmod +x "$work/bin/systemctl"

node_file() { # SITE
  python3 - "$1" "$V4" "$ANYCAST4" "$V6" "$ANYCAST6" <<'PYTHON'
import json, sys
site, v4, anycast4, v6, anycast6 = sys.argv[1:]
instance = "http://169.254.169.254/v1.json"
listed = "http://169.254.255.1/metadata"
at_site = {
    "a": {
        "asn": 64512,
        "neighbours": [
            {"address": "169.254.169.254", "asn": 64515, "hops": 2, "source": {"url": instance, "pointer": "/bgp/ipv4/my-address"}},
            {"address": "2001:19f0:ffff::1", "asn": 64515, "hops": 2, "source": {"url": instance, "pointer": "/bgp/ipv6/my-address"}},
        ],
    },
    "b": {
        "asn": 65000,
        "neighbours": {"url": listed, "pointer": "/bgp_neighbors"},
        "gateway": {"url": listed, "pointer": "/network/addresses/0/gateway"},
    },
}
print(json.dumps({
    "version": 1,
    "environment": "proof",
    "provider": site,
    "fleet": site,
    "site": {"name": site},
    "release": "r1",
    "controlPlaneUrl": "https://control.invalid",
    "logGroup": "/polycast/proof/proof",
    "health": {"port": 8080, "path": "/healthz"},
    "listeners": [{"port": 443, "protocol": "TCP", "role": "edge"}],
    "bgp": {
        "routes": [{"prefix": v4, "addresses": [anycast4]}, {"prefix": v6, "addresses": [anycast6]}],
        "password": True,
        **at_site[site],
    },
}, indent=2))
PYTHON
}
configured() { # NODE: all that the units do before BIRD starts
  local place=$work/$1
  node_file "${1%?}" >"$place/node.json"
  (umask 077 && printf '%s\n' "$PASSWORD" >"$place/password")
  echo cloudwatch-agent >"$place/missing"
  on "$1" "$lib/configure" "$place/node.json" "$place" --host "$1" --missing "$place/missing" &&
    on "$1" "$lib/configure-bgp" "$place/bgp.json" "$place" --password "$place/password" --group "$(id -gn)" &&
    bird -p -c "$place/bird.conf" &&
    on "$1" nft -f "$image/provision/files/etc/nftables.conf" &&
    on "$1" nft -f "$place/firewall.nft" &&
    on "$1" nft -f "$place/firewall-bgp.nft" &&
    on "$1" ip -force -batch "$place/bgp-addresses"
}
start_proxy() {
  start "$1" proxy python3 test/bgp-stand-ins.py proxy "$1" 443
}
start_bird() { # NODE [CONFIGURATION]
  start "$1" bird bird -f -c "$work/$1/${2:-bird.conf}" -s "$work/$1/bird.ctl"
}
start_healthz() {
  start "$1" healthz env "PATH=$work/bin:$PATH" "POLYCAST_TEST_PLACE=$work/$1" "$lib/healthz" "$work/$1/healthz.json"
}
announcer_of() {
  local node=$1
  shift
  "$lib/announcer" --bird "$work/$node/bird.ctl" --drained "$work/$node/drained" "$@"
}
start_announcer() {
  start "$1" announcer "$lib/announcer" --bird "$work/$1/bird.ctl" --drained "$work/$1/drained" run "$work/$1/bgp.json"
}
established() { # NODE COUNT
  [ "$(birdc_of "$1" show protocols | grep -c 'BGP .* Established')" = "$2" ] || { birdc_of "$1" show protocols && return 1; }
}
healthz_of() {
  on "$1" python3 -c 'import urllib.request; urllib.request.urlopen("http://127.0.0.1:8080/healthz", timeout=2)'
}

# As systemd does, until the metadata service answers.
for node in $NODES; do need "node $node is configured, and BIRD takes it" within 10 configured "$node"; done
check "only root and BIRD's group can read the configuration with the password" \
  test "$(stat -c %a "$work/a1/bird.conf")" = 640
check "the way to a neighbour leads through the gateway that the provider tells" \
  grep -q '^169.254.255.2 via 10.2.1.1 ' <(ip -n b1 route show)
for node in $NODES; do
  start_bird "$node"
  start_healthz "$node"
  start_announcer "$node"
done
for node in a1 a2; do check "$node has its sessions, with TCP-MD5" within 20 established "$node" 2; done
for node in b1 b2; do check "$node has its sessions, with TCP-MD5" within 20 established "$node" 4; done
check "a node whose proxy does not run announces nothing" never 5 refused leads router-a
for node in $NODES; do start_proxy "$node"; done
timed "both nodes of site A announced, once they are well" 10 leads router-a a1 a2
timed "both nodes of site B announced" 10 leads router-b b1 b2
closed_to_others() {
  refused on client-a python3 -c 'import socket, sys; socket.create_connection((sys.argv[1], 179), 2)' 10.1.1.2
}
check "BGP is open to the neighbours only" closed_to_others

# -- connections

# visit CLIENT FAMILY COUNT: "a1=50 a2=50", by who answers new connections
visit() {
  local address=$ANYCAST4
  [ "$2" = 4 ] || address=$ANYCAST6
  on "$1" python3 test/bgp-stand-ins.py visit "$address" 443 "$3"
}
reaches() { # CLIENT FAMILY NODE...: new connections reach these, each at least once, and nobody else
  local client=$1 family=$2 seen
  shift 2
  seen=$(visit "$client" "$family" 60)
  [ "$(tr ' ' '\n' <<<"$seen" | cut -d = -f 1 | paste -sd ' ')" = "$*" ] || { echo "$seen; wanted $*" && return 1; }
}
coproc CLIENTS { ip netns exec client-a python3 test/bgp-stand-ins.py clients 443; }
# held COMMAND...: to the process that holds client-a's connections
held() {
  echo "$*" >&"${CLIENTS[1]}"
  read -r answer <&"${CLIENTS[0]}"
}
# alive NODE: "50/52", of its connections
alive() {
  tr ' ' '\n' <<<"$answer" | sed -n "s/^$1=//p"
}
all_alive() {
  local counts
  counts=$(alive "$1")
  [ -n "$counts" ] || { echo "there were none at $1: $answer" && return 1; }
  [ "${counts%/*}" = "${counts#*/}" ] || { echo "$1: $counts of $answer" && return 1; }
}
# lost NODE: percent of its connections that are broken
lost() {
  local counts
  counts=$(alive "$1")
  echo $((100 - 100 * ${counts%/*} / ${counts#*/}))
}

for family in 4 6; do
  check "new connections reach both nodes of the near site over IPv$family" reaches client-a "$family" a1 a2
  check "and those of the other site's clients its own nodes" reaches client-b "$family" b1 b2
done

echo "# -- a proxy is killed"
held open 200 $ANYCAST4
held open 200 $ANYCAST6
echo "# established: $answer"
stop KILL a1 proxy
timed "the route of a1 is gone" 5 leads router-a a2
held check
echo "# after that: $answer"
check "established connections to the other node survive, all of them" all_alive a2
for family in 4 6; do check "new connections reach the other node over IPv$family" reaches client-a "$family" a2; done

echo "# -- it comes back"
held close
held open 400 $ANYCAST4
before=$(lost a2)
start_proxy a1
check "a1 is not announced in the first 9 s of health" never 9 leads router-a a1 a2
timed "a1 is announced again" 8 leads router-a a1 a2
held check
echo "# established before at a2: $answer"
echo "# MEASURED: $(lost a2) % of the connections at a2 (IPv4) broke when a1 came back and the router shared anew (before: $before %)"
broke_in_part() {
  echo "$(lost a2) %"
  [ "$(lost a2)" -gt 25 ] && [ "$(lost a2)" -lt 75 ]
}
check "what breaks is about what the router moves: half, with two nodes and a plain hash" broke_in_part
held close
held open 200 $ANYCAST6
held check
check "all is quiet then" all_alive a2

echo "# -- drain"
held close
held open 400 $ANYCAST4
announcer_of a1 drain
timed "a drained node's route is gone" 5 leads router-a a2
check "while the node is well" healthz_of a1
check "new connections reach the other node" reaches client-a 4 a2
held check
echo "# MEASURED: $(lost a1) % of the connections at a1 broke when it was drained, and $(lost a2) % of those at a2: $answer"
check "those at the other node survive" all_alive a2
check "it stays drained" never 5 leads router-a a1 a2
announcer_of a1 resume
timed "it announces again at once" 4 leads router-a a1 a2
held close

echo "# -- a check that flaps"
flap() {
  local up until=$((SECONDS + 24))
  while [ $SECONDS -lt $until ]; do
    stop KILL a1 proxy
    within 5 leads router-a a2
    sleep 1
    start_proxy a1
    up=$(now)
    while [ $(($(now) - up)) -lt 4000 ]; do
      if leads router-a a1 a2 >/dev/null; then return 1; fi
      sleep 0.05
    done
  done
}
flapped=no
flap || flapped=yes
check "a node that is well for 4 s at a time is not announced once in 24 s" test $flapped = no
check "it is told how long it has to be well" grep -q 'announced after 20 s of health' "$work/a1/announcer.log"
timed "when it stays well it is announced again" 22 leads router-a a1 a2

echo "# -- a health endpoint that hangs"
kill -STOP "$(cat "$work/b1/healthz.pid")"
timed "the route of b1 is gone" 5 leads router-b b2
kill -CONT "$(cat "$work/b1/healthz.pid")"

echo "# -- a wrong prefix"
exports_only_its_own() {
  local exported
  exported=$(birdc_of b2 show route export neighbour1 | grep -o '^[0-9./]*/[0-9]*' | sort | paste -sd ' ')
  [ "$exported" = "$V4" ] || { echo "$exported" && return 1; }
}
has_wrong_routes() {
  [ "$(birdc_of b2 show route protocol wrong | grep -c blackhole)" = 3 ]
}
sed '$a protocol static wrong { ipv4; route 198.18.0.0/15 blackhole; route 203.0.113.0/25 blackhole; route 0.0.0.0/0 blackhole; }' \
  "$work/b2/bird.conf" >"$work/b2/wrong.conf"
sed 's/export filter own4;/export all;/; s/export limit 1 action disable;//' "$work/b2/wrong.conf" >"$work/b2/rogue.conf"
restart_bird() { # NODE CONFIGURATION
  stop TERM "$1" bird
  start_bird "$1" "$2"
}
restart_bird b2 wrong.conf
timed "a node with other routes announces its prefix" 60 leads router-b b2
check "its BIRD has the other routes" has_wrong_routes
check "its own filter exports its prefix and nothing else" exports_only_its_own
restart_bird b2 rogue.conf
refused_by_router() {
  [ "$(birdc_of router-b show route filtered protocol b2_4 | grep -o '^[0-9./]*/[0-9]*' | sort | paste -sd ' ')" = \
    "0.0.0.0/0 198.18.0.0/15 203.0.113.0/25" ] || { birdc_of router-b show route filtered && return 1; }
}
check "a node without that filter is refused by the router's" within 10 refused_by_router
not_in_kernel() {
  ! ip -n router-b route show | grep -E '^(default|198\.18|203\.0\.113\.0/25)'
}
check "whose routes lead nowhere else" not_in_kernel
restart_bird b2 bird.conf
timed "both are announced again" 90 leads router-b b1 b2

echo "# -- a node that dies"
stop KILL b1 bird
timed "a dead BIRD is not kept by graceful restart: the route of b1 is gone" 5 leads router-b b2
start_bird b1
timed "when BIRD starts again it is told again" 60 leads router-b b1 b2
on b1 nft add table inet dead '{ chain in { type filter hook input priority -1; policy drop; }; chain out { type filter hook output priority -1; policy drop; }; }'
timed "a node that falls silent is gone when the hold time is over" 17 leads router-b b2
on b1 nft delete table inet dead
timed "when it speaks again it is announced again" 60 leads router-b b1 b2

echo "# -- shutdown, in the units' order"
from_client_to() { # NODE: by its own address
  on client-a python3 -c 'import socket, sys
print(socket.create_connection((sys.argv[1], 443), 2).makefile().readline().strip())' "10.1.${1#?}.2" | grep -qx "$1"
}
visit client-a 4 500 >"$work/visits" &
visits=$!
sleep 1
kill -TERM "$(cat "$work/a2/announcer.pid")"
began=$(now)
timed "the route of a2 is gone" 5 leads router-a a1
check "while its proxy still serves" from_client_to a2
wait "$(cat "$work/a2/announcer.pid")" || true
took $(($(now) - began)) "the announcer ended after"
check "its proxy has served until then" from_client_to a2
stop TERM a2 proxy
wait $visits
# One after the other, so one at most is in the middle of its first exchange when the route moves.
failed_at_most_once() {
  ! grep -oE 'failed=[0-9]+' "$work/visits" | grep -vx 'failed=1'
}
check "new connections go on meanwhile: $(cat "$work/visits")" failed_at_most_once

echo "# -- a whole site"
stop TERM a1 announcer
leads_to_other_site() {
  [ "$(ways router-a 4)" = 10.0.0.2 ] && [ "$(ways router-a 6)" = fd00::2 ]
}
timed "the near router takes the way to the other site" 5 leads_to_other_site
for family in 4 6; do check "clients reach the other site over IPv$family" reaches client-a "$family" b1 b2; done
start_announcer a1
timed "when a node of the site announces again, traffic comes back" 10 leads router-a a1
check "and reaches it" reaches client-a 4 a1

plan
