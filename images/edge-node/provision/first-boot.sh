#!/bin/sh
# What a node does when it boots: read the node file, configure its parts
. ./lib.sh

mkdir -p /etc/polycast
place 0755 usr/lib/polycast/configure usr/lib/polycast/tunnel-host-key
place 0644 usr/lib/polycast/bgp.py usr/lib/polycast/log_access.py usr/lib/polycast/problems.py
place 0644 etc/systemd/system/polycast-configure.service
at_boot polycast-configure.service
