#!/bin/sh
# nginx stream carries TCP and UDP to the product's backends
. ./lib.sh

install_packages nginx libnginx-mod-stream
# Debian's unit serves a welcome page; ours takes its configuration from the node file.
if [ "$(systemctl is-enabled nginx.service 2>/dev/null)" != masked ]; then
  systemctl --quiet disable nginx.service
  systemctl --quiet mask nginx.service
fi

mkdir -p /etc/polycast/proxy.d
place 0644 etc/systemd/system/polycast-proxy.service
at_boot polycast-proxy.service
