#!/bin/sh
# Makes this machine an edge node: runs the scripts of provision.list, in order, as root. A second run changes nothing.
#
# POLYCAST_STEP_SECONDS  how long one script may take (default 900)
# The scripts' own variables stand in their heads; README.md lists them all.
set -eu
cd "$(dirname "$0")"
if [ "$(id -u)" != 0 ]; then
  echo "FAILED: provisioning changes the whole system, so it has to run as root; this is $(id -un)" >&2
  exit 1
fi

seconds=${POLYCAST_STEP_SECONDS:-900}
scripts=$(grep -v -e '^#' -e '^$' provision.list)
total=$(echo "$scripts" | wc -l)

# What could not be had is written down anew by the scripts of this run.
mkdir -p /usr/share/polycast
: >/usr/share/polycast/missing

number=0
for script in $scripts; do
  number=$((number + 1))
  printf '== %s/%s %s: %s\n' "$number" "$total" "$script" "$(sed -n '2s/^# //p' "$script")"
  status=0
  timeout --kill-after=10 "$seconds" sh "./$script" </dev/null || status=$?
  case $status in
    0) ;;
    124 | 137) echo "FAILED: $script was not done after $seconds s and was ended" >&2 && exit 1 ;;
    *) echo "FAILED: $script ended with status $status; what it said last stands above" >&2 && exit 1 ;;
  esac
done
