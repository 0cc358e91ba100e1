#!/bin/sh
# Closed, but for loopback; the first boot opens the node file's ports
. ./lib.sh

place 0755 etc/nftables.conf
at_boot nftables.service
