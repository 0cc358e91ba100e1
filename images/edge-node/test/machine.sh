# A fresh Debian root that is booted with its own systemd in namespaces of its own, for the proofs. Whatever ends the proof,
# nothing is left of it.
#
# usage, in the image's folder: . test/machine.sh TOOL...   TOOL: what the proof calls
#
# POLYCAST_APT_MIRROR, POLYCAST_APT_SECURITY_MIRROR  Debian's archives (default: those that this machine uses)
# POLYCAST_TEST_ROOT  a Debian root to copy, instead of making one with debootstrap
# shellcheck shell=bash

proof=$(basename "$0" .sh)
missing=()
for tool in "$@"; do
  command -v "$tool" >/dev/null || missing+=("$tool")
done
if [ ${#missing[@]} != 0 ]; then
  echo "$proof.sh needs ${missing[*]}; Debian has them: apt-get install packer debootstrap slirp4netns util-linux openssh-client python3 dpkg curl iproute2 bird2 openssl" >&2
  exit 2
fi
if [ "$(id -u)" != 0 ]; then
  echo "$proof.sh makes devices, mounts and namespaces, so it has to run as root; this is $(id -un)" >&2
  exit 2
fi

work=$(mktemp -d "/tmp/polycast-$proof.XXXXXX")
root=$work/root
cgroup=$(findmnt --noheadings --output TARGET --types cgroup2 | head -1)/polycast-$proof-$$
processes=()
mkdir "$work/tmp"

cleanup() {
  trap - EXIT INT TERM HUP
  set +e
  stop_machine
  for process in "${processes[@]}"; do kill "$process" 2>/dev/null || true; done
  wait
  # Mounts were made in namespaces that have ended; should one be left, nothing below it may be deleted.
  if findmnt --noheadings --output TARGET | grep -qF "$work"; then
    echo "# mounts are left below $work; it is not deleted" >&2
  else
    rm -rf --one-file-system "$work"
  fi
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# shellcheck source=tap.sh
. test/tap.sh
# need WHAT COMMAND...: a check without which the others make no sense.
need() {
  try "$@" && return
  echo "Bail out! $1: this has to hold first"
  echo "# What the machine's journal warns of:"
  in_machine journalctl --no-pager --priority warning --lines 30 | sed 's/^/# /'
  exit 1
}

machine=
start_machine() {
  mkdir "$cgroup"
  sh test/boot-root.sh "$root" "$cgroup" </dev/null >"$work/console" 2>&1 &
  machine=$!
  for _ in $(seq 100); do
    init=$(tr -d ' ' <"/proc/$machine/task/$machine/children") 2>/dev/null || true
    if [ -n "$init" ] && [ "$(readlink "/proc/$init/root")" = "$root" ]; then return; fi
    sleep 0.1
  done
  cat "$work/console" >&2
  return 1
}
power_off() {
  { in_machine systemctl poweroff && within 30 refused kill -0 "$machine"; } || true
  stop_machine
}
stop_machine() {
  [ -n "$machine" ] || return 0
  [ ! -e "$cgroup/cgroup.kill" ] || echo 1 >"$cgroup/cgroup.kill"
  wait "$machine" 2>/dev/null || true
  machine=
  for _ in $(seq 50); do
    find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || true
    [ -e "$cgroup" ] || return 0
    sleep 0.1
  done
}
in_machine() {
  nsenter --target "$init" --mount --pid --net --uts --ipc --cgroup --root --wd -- \
    env --ignore-environment PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}
in_its_network() {
  nsenter --target "$init" --net -- "$@"
}
has_booted() {
  case $(in_machine systemctl is-system-running) in running | degraded) ;; *) return 1 ;; esac
}
# Debian's archives, through a network that does not see this machine's own.
reach_archives() {
  slirp4netns --configure --disable-host-loopback "$init" tap0 >"$work/slirp.log" 2>&1 &
  processes+=($!)
}

# Whoever is outside of the machine: its clients, and its routers.
start_client() {
  unshare --net sleep infinity &
  client=$!
  processes+=("$client")
  # Before that, its network would be this machine's.
  within 10 client_is_apart
  client_network=(nsenter --target "$client" --net --)
  from_client ip link set lo up
}
client_is_apart() {
  [ "$(readlink "/proc/$client/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}
from_client() {
  "${client_network[@]}" "$@"
}
# A cable from the machine, 198.51.100.1, to the client, 198.51.100.2. It is gone with the machine.
connect_client() {
  # An earlier machine's goes a moment after that machine.
  from_client ip link delete client0 2>/dev/null || true
  in_its_network ip link add node0 type veth peer name client0 netns "/proc/$client/ns/net"
  in_its_network ip address add 198.51.100.1/24 dev node0
  in_its_network ip link set node0 up
  from_client ip address add 198.51.100.2/24 dev client0
  from_client ip link set client0 up
}
healthz() {
  in_its_network curl --silent --max-time 2 --output "$work/answer" --write-out '%{http_code}' http://127.0.0.1:8080/healthz
}
healthy() {
  [ "$(healthz)" = 200 ] || { cat "$work/answer" 2>/dev/null; return 1; }
}
no_unit_failed() {
  local units
  units=$(in_machine systemctl --failed --no-legend --plain)
  [ -z "$units" ] && return
  echo "$units"
  cut -d ' ' -f 1 <<<"$units" | while read -r unit; do in_machine journalctl --no-pager --lines 12 --unit "$unit"; done
  return 1
}

archive() {
  { cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list 2>/dev/null || true; } |
    tr ' ' '\n' | grep -E "^https?://.*/$1/?\$" | head -1
}
POLYCAST_APT_MIRROR=${POLYCAST_APT_MIRROR:-$(archive debian || echo http://deb.debian.org/debian)}
POLYCAST_APT_SECURITY_MIRROR=${POLYCAST_APT_SECURITY_MIRROR:-$(archive debian-security || echo http://deb.debian.org/debian-security)}

# fresh_root PACKAGES: with these beside, separated by commas.
fresh_root() {
  local packages=systemd-sysv,dbus,openssh-server,sudo,iproute2,ca-certificates${1:+,$1}
  if [ -n "${POLYCAST_TEST_ROOT:-}" ]; then
    echo "# copying $POLYCAST_TEST_ROOT"
    cp --archive --one-file-system "$POLYCAST_TEST_ROOT" "$root"
  else
    echo "# making a Debian root from $POLYCAST_APT_MIRROR"
    debootstrap --variant=minbase --include="$packages" bookworm "$root" "$POLYCAST_APT_MIRROR" \
      >"$work/debootstrap.log" || { tail "$work/debootstrap.log" >&2 && exit 1; }
  fi
  echo "nameserver 10.0.2.3" >"$root/etc/resolv.conf"
  echo builder >"$root/etc/hostname"
}
# give_user_data INSTANCE NAME: what comes in is what cloud-init finds at the next boot.
give_user_data() {
  local seed=$root/var/lib/cloud/seed/nocloud
  mkdir -p "$seed"
  cat >"$seed/user-data"
  printf 'instance-id: %s\nlocal-hostname: %s\n' "$1" "$2" >"$seed/meta-data"
  # Only here: the machine's network is made by the proof, not by a cloud.
  echo '{ network: { config: disabled }, datasource_list: [ NoCloud ] }' >"$root/etc/cloud/cloud.cfg.d/99-proof.cfg"
}
