# What holds on a node that has booted. The health endpoint answers well only after these checks have passed, so it is
# asked here only for what it is.
# shellcheck shell=sh

active() {
  [ "$(systemctl is-active "$1")" = active ]
}
answers_with() {
  python3 - "$@" <<'PYTHON'
import json, sys, urllib.error, urllib.request
from pathlib import Path
settings = json.loads(Path("/run/polycast/healthz.json").read_text())
url = f"http://127.0.0.1:{settings['port']}{settings['path']}"
try:
    answer = urllib.request.urlopen(url, timeout=5)
except urllib.error.HTTPError as refusal:
    answer = refusal
body = json.load(answer)
wrong = {key: body.get(key) for key, value in settings["identity"].items() if body.get(key) != value}
sys.exit(f"it answers {wrong}" if wrong else 0)
PYTHON
}
listens() {
  python3 - "$1" "$2" <<'PYTHON'
import subprocess, sys
kind, port = sys.argv[1:]
option = "-Hltn" if kind == "TCP" else "-Hlun"
rows = subprocess.run(["ss", option, f"sport = :{port}"], capture_output=True, text=True, check=True).stdout
sys.exit(0 if rows.strip() else f"nothing listens on {kind} {port}")
PYTHON
}
settled() {
  for _ in $(seq 50); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.2
  done
  "$@"
}
listeners() {
  python3 -c 'import json
for one in json.load(open("/run/polycast/healthz.json"))["listeners"]: print(one["protocol"], one["port"])'
}
not_active() {
  ! systemctl is-active --quiet "$1"
}
# Where the clock is the host's, chrony does not start.
clock_is_kept() {
  [ "$(systemctl show --property ConditionResult --value chrony)" = no ] || active chrony
}
# Whatever else on this machine sets them. Lines with a hyphen are for machines that have a kernel of their own.
kernel_was_told() {
  sed -n 's/^\(net[^ ]*\) = /\1 /p' /etc/sysctl.d/60-polycast.conf | while read -r key wanted; do
    got=$(tr '\t' ' ' <"/proc/sys/$(echo "$key" | tr . /)")
    [ "$got" = "$wanted" ] || { echo "$key is $got; $wanted is wanted"; return 1; }
  done
}
connections_have_room() {
  limit=/proc/sys/net/netfilter/nf_conntrack_max
  [ ! -w $limit ] || [ "$(cat $limit)" -ge 262144 ] || { echo "nf_conntrack_max is $(cat $limit)"; return 1; }
}
closed_but_for_ports() {
  nft list chain inet polycast input | grep -q 'policy drop' && nft list set inet polycast tcp_ports | grep -q elements
}

check "the node file has been read" test -s /run/polycast/healthz.json
check "the proxy runs" settled active polycast-proxy
if [ -e /run/polycast/tunnel.conf ]; then
  check "the tunnel server runs" settled active polycast-tunnel
  check "its host key is for its eyes only" test "$(stat -c %a:%U /etc/polycast/tunnel/ssh_host_ed25519_key)" = 600:root
fi
if has cloudwatch-agent; then check "the log shipper runs" settled active amazon-cloudwatch-agent; fi
if has node-exporter; then check "the node exporter runs" settled active prometheus-node-exporter; fi
check "logs are written" settled active rsyslog
check "the clock is kept right" settled clock_is_kept
for timer in apt-daily apt-daily-upgrade logrotate; do
  check "$timer comes around" active "$timer.timer"
done
check "the kernel's network settings are in force" kernel_was_told
check "the firewall has room for many connections" connections_have_room
if [ ! -e /etc/polycast/administration.nft ]; then
  check "the administrative sshd does not run" not_active ssh.service
  check "nor does its socket" not_active ssh.socket
fi
while read -r protocol port; do
  check "something listens on $protocol $port" settled listens "$protocol" "$port"
done <<LISTENERS
$(listeners)
LISTENERS
check "the firewall lets in the node file's ports and no others" closed_but_for_ports
check "the health endpoint says who this node is" settled answers_with
