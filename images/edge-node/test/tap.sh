# Checks that print TAP (https://testanything.org), for the proofs.
# shellcheck shell=bash

number=0
failed=0
check() {
  try "$@" || true
}
try() {
  local what=$1 output
  shift
  number=$((number + 1))
  if output=$("$@" 2>&1); then
    echo "ok $number - $what"
  else
    failed=$((failed + 1))
    echo "not ok $number - $what"
    [ -z "$output" ] || echo "$output" | tail -30 | sed 's/^/  # /'
    return 1
  fi
}
refused() {
  if "$@"; then return 1; fi
}
# within SECONDS COMMAND...: it succeeds in that time.
within() {
  local until=$((SECONDS + $1))
  shift
  while ! "$@" >/dev/null 2>&1; do
    if [ $SECONDS -ge $until ]; then "$@"; return; fi
    sleep 0.1
  done
}
plan() {
  echo "1..$number"
  if [ "$failed" != 0 ]; then
    echo "# $failed of $number checks failed"
    exit 1
  fi
}
