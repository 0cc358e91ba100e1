#!/bin/sh
# Prometheus' node exporter, for this machine only
. ./lib.sh

install_packages prometheus-node-exporter || {
  without node-exporter "Debian's prometheus-node-exporter could not be installed"
  exit 0
}
place 0644 etc/default/prometheus-node-exporter
at_boot prometheus-node-exporter.service
