#!/bin/sh
# The checks that an image must pass, as TAP (https://testanything.org).
#
# run.sh image  in the builder, after the last script and before the snapshot
# run.sh node   on a node that has booted
#
# Plain commands: a check framework would be one more thing to install in the image, and Debian has none (goss).
set -eu
cd "$(dirname "$0")"
stage=${1:-}
case $stage in
  image | node) ;;
  *) echo "run.sh: the stage is \"$stage\"; image or node is wanted" >&2 && exit 2 ;;
esac

number=0
failed=0
# check WHAT COMMAND...: one check. Its output is shown where it fails.
check() {
  what=$1
  shift
  number=$((number + 1))
  if output=$("$@" 2>&1); then
    echo "ok $number - $what"
  else
    failed=$((failed + 1))
    echo "not ok $number - $what"
    [ -z "$output" ] || echo "$output" | head -20 | sed 's/^/  # /'
  fi
}

# has PART: whether this image was not allowed to do without it.
has() {
  ! grep -qx "$1" /usr/share/polycast/missing
}

# shellcheck source=both.sh
. ./both.sh
# shellcheck source=image.sh
. "./$stage.sh"

echo "1..$number"
while read -r part; do echo "# without $part, as was allowed"; done </usr/share/polycast/missing
if [ "$failed" != 0 ]; then
  echo "# $failed of $number checks failed"
  exit 1
fi
