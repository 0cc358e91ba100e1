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
while read -r protocol port; do
  check "something listens on $protocol $port" settled listens "$protocol" "$port"
done <<LISTENERS
$(listeners)
LISTENERS
check "the firewall lets in the node file's ports and no others" closed_but_for_ports
check "the health endpoint says who this node is" settled answers_with
