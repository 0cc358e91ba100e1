# What holds in the image and on every node.
# shellcheck shell=sh

installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1")" = installed ]
}
enabled() {
  [ "$(systemctl is-enabled "$1")" = enabled ]
}
not_enabled() {
  ! systemctl is-enabled --quiet "$1"
}
says() {
  grep -Eq "$1" "$2"
}
only_debian_archives() {
  [ ! -e /etc/apt/sources.list ] && [ "$(ls /etc/apt/sources.list.d)" = debian.sources ]
}
whole_packages() {
  [ -z "$(dpkg --audit)" ]
}
no_login() {
  [ "$(passwd --status "$1" | cut -d ' ' -f 2)" = L ]
}
# As unattended-upgrades would read it, whatever other files say.
security_updates_only() {
  settings=$(apt-config dump)
  for period in Update-Package-Lists Unattended-Upgrade; do
    echo "$settings" | grep -qx "APT::Periodic::$period \"1\";" || { echo "not every day: $period"; return 1; }
  done
  origins=$(echo "$settings" | sed -n 's/^Unattended-Upgrade::\(Origins-Pattern\|Allowed-Origins\):: //p')
  [ "$origins" = "\"origin=Debian,codename=\${distro_codename}-security,label=Debian-Security\";" ] ||
    { echo "from: $origins"; return 1; }
}
# As logrotate understands all that lies there; it tells of each pattern in a paragraph.
logs_are_bounded() {
  understood=$(logrotate --debug /etc/logrotate.conf 2>&1) || { echo "$understood"; return 1; }
  for log in /var/log/syslog '/var/log/polycast/*.log' /var/log/polycast/health.jsonl; do
    echo "$understood" | awk -v RS= -v "log_=$log" 'index($0, log_) && /log files >= 104857600/ { found = 1 } END { exit !found }' ||
      { echo "not: $log"; return 1; }
  done
}
# Settings of sshd as it understands them, with a host key that is thrown away where there is none yet.
sshd_understands() {
  directory=$(mktemp -d)
  ssh-keygen -q -t ed25519 -N '' -f "$directory/key"
  mkdir -p /run/sshd
  settings=$(/usr/sbin/sshd -T -f /etc/ssh/sshd_config -h "$directory/key")
  rm -r "$directory"
  for setting in "$@"; do
    echo "$settings" | grep -qx "$setting" || { echo "not: $setting"; return 1; }
  done
}

check "packages are all whole" whole_packages
check "packages come from Debian's archives only" only_debian_archives
for package in nginx libnginx-mod-stream openssh-server bird2 rsyslog nftables unattended-upgrades cloud-init chrony; do
  check "$package is installed" installed "$package"
done
for unit in polycast-configure polycast-proxy polycast-tunnel polycast-healthz polycast-bird polycast-announcer polycast-check nftables unattended-upgrades chrony; do
  check "$unit is enabled" enabled "$unit.service"
done
for timer in apt-daily apt-daily-upgrade logrotate; do
  check "$timer is enabled" enabled "$timer.timer"
done
if has cloudwatch-agent; then
  check "amazon-cloudwatch-agent is enabled" enabled amazon-cloudwatch-agent.service
fi
if has node-exporter; then
  check "prometheus-node-exporter is enabled" enabled prometheus-node-exporter.service
  check "prometheus-node-exporter is for this machine only" says '127\.0\.0\.1:9100' /etc/default/prometheus-node-exporter
fi
check "Debian's own nginx unit is off" not_enabled nginx.service
check "Debian's own BIRD unit is off" not_enabled bird.service
if [ ! -e /etc/polycast/administration.nft ]; then
  check "the administrative sshd is off" not_enabled ssh.service
  check "its socket is off" not_enabled ssh.socket
fi
check "sshd lets in neither root nor passwords" sshd_understands \
  "permitrootlogin no" "passwordauthentication no" "kbdinteractiveauthentication no"
check "root has no password" no_login root
check "tunnel has no password" no_login tunnel
check "security updates, and no others, are installed every day" security_updates_only
check "no log can fill the disk" logs_are_bounded
check "the firewall's rules are well formed" nft --check --file /etc/nftables.conf
