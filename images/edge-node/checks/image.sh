# What holds in the image only: nothing of the builder is left, and a sample node file can be used.
# shellcheck shell=sh

none() {
  found=$(find "$@" 2>/dev/null || true)
  [ -z "$found" ] || { echo "$found"; return 1; }
}
empty() {
  [ ! -s "$1" ]
}
# Private keys and credentials, in whatever file: PEM headers and the forms of access keys that clouds document.
no_secret() {
  found=$(grep -rlsIE -e '-----BEGIN [A-Z ]*PRIVATE KEY-----' -e '(AKIA|ASIA)[A-Z0-9]{16}' \
    /etc /root /home /opt /srv /tmp /var/lib/cloud /var/log || true)
  [ -z "$found" ] || { echo "$found"; return 1; }
}
can_be_configured() {
  directory=$(mktemp -d)
  cat >"$directory/node.json" <<'JSON'
{
  "version": 1,
  "environment": "check",
  "provider": "none",
  "fleet": "check",
  "site": { "name": "check" },
  "release": "r0",
  "controlPlaneUrl": "https://control.invalid",
  "logGroup": "/polycast/check/check",
  "health": { "port": 8080, "path": "/healthz" },
  "listeners": [
    { "port": 443, "protocol": "TCP", "role": "edge" },
    { "port": 443, "protocol": "UDP", "role": "edge" },
    { "port": 2222, "protocol": "TCP", "role": "tunnel" }
  ],
  "bgp": {
    "asn": 64512,
    "routes": [{ "prefix": "203.0.113.0/24", "addresses": ["203.0.113.1"] }],
    "neighbours": [{ "address": "198.51.100.1", "asn": 64515, "hops": 2, "source": "198.51.100.2" }],
    "password": false
  }
}
JSON
  status=0
  /usr/lib/polycast/configure "$directory/node.json" "$directory/out" || status=1
  mkdir -p /var/log/polycast /run/sshd
  nginx -q -t -c "$directory/out/proxy.conf" || status=1
  ssh-keygen -q -t ed25519 -N '' -f "$directory/key"
  sed "s#^HostKey .*#HostKey $directory/key#" "$directory/out/tunnel.conf" >"$directory/out/with-key.conf"
  /usr/sbin/sshd -t -f "$directory/out/with-key.conf" || status=1
  /usr/lib/polycast/configure-bgp "$directory/out/bgp.json" "$directory/out" || status=1
  bird -p -c "$directory/out/bird.conf" || status=1
  cat /etc/nftables.conf "$directory/out/firewall.nft" "$directory/out/firewall-bgp.nft" >"$directory/out/rules.nft"
  nft --check --file "$directory/out/rules.nft" || status=1
  rm -r "$directory" /run/polycast-proxy.pid 2>/dev/null || true
  : >/var/log/polycast/proxy.log
  return $status
}

check "no host key is left" none /etc/ssh /etc/polycast/tunnel -name 'ssh_host_*'
check "nobody's key may log in" none /root /home /etc/polycast -name 'authorized_keys*'
check "no private key and no access key lies in a file" no_secret
check "the machine has no identity yet" empty /etc/machine-id
check "there is no node file yet" none /etc/polycast -name node.json
check "there is no BGP password yet" none /etc/polycast -name bgp-password
check "cloud-init has not run" none /var/lib/cloud/instance /var/lib/cloud/instances -mindepth 1
check "services may start" none /usr/sbin/policy-rc.d
check "no package lists or packages are kept" none /var/lib/apt/lists /var/cache/apt/archives -name '*.deb' -o -name '*Packages*'
check "logs are empty" none /var/log -type f -size +0
check "nobody's history is left" none /root /home -name '.*_history'
check "the list of packages is there" says '^openssh-server' /usr/share/polycast/packages.tsv
check "a node file becomes a configuration that the parts take" can_be_configured
