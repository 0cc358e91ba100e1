#!/bin/sh
# No root login, network settings of a busy server that trusts nobody, logs that cannot fill the disk
. ./lib.sh

install_packages logrotate
place 0644 etc/modules-load.d/polycast.conf etc/sysctl.d/60-polycast.conf
place 0644 etc/tmpfiles.d/polycast.conf etc/systemd/journald.conf.d/polycast.conf
place 0644 etc/logrotate.d/00-polycast etc/systemd/system/logrotate.timer.d/polycast.conf
at_boot logrotate.timer

# Keys of the cloud may still let root in by SSH; administration.sh closes that.
[ "$(passwd --status root | cut -d ' ' -f 2)" = L ] || passwd --quiet --lock root
