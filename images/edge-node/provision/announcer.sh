#!/bin/sh
# BIRD and the announcer, for nodes whose node file says that they announce their addresses themselves
. ./lib.sh

install_packages bird2 iproute2
# Debian's unit would run Debian's sample configuration; ours takes its from the node file.
if [ "$(systemctl is-enabled bird.service 2>/dev/null)" != masked ]; then
  systemctl --quiet disable bird.service
  systemctl --quiet mask bird.service
fi

place 0755 usr/lib/polycast/configure-bgp usr/lib/polycast/announcer
place 0644 usr/lib/polycast/announcement.py
place 0644 etc/systemd/system/polycast-bird.service etc/systemd/system/polycast-announcer.service
at_boot polycast-bird.service polycast-announcer.service
