# What the scripts of provision.list share. Each is a process of its own, started by run.sh in this directory.
# shellcheck shell=sh
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
umask 022

say() {
  printf '   %s\n' "$*"
}

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  exit 1
}

# place MODE PATH...: files/PATH becomes /PATH, unless it is the same already.
place() {
  mode=$1
  shift
  for path in "$@"; do
    if cmp -s "files/$path" "/$path" && [ "$(stat -c %a "/$path")" = "${mode#0}" ]; then continue; fi
    say "writes /$path"
    install -D -m "$mode" -o root -g root "files/$path" "/$path"
  done
}

# place_text MODE PATH: the same with what comes in.
place_text() {
  text=$(cat)
  if [ "$(cat "/$2" 2>/dev/null)" = "$text" ] && [ "$(stat -c %a "/$2")" = "${1#0}" ]; then return; fi
  say "writes /$2"
  mkdir -p "$(dirname "/$2")"
  printf '%s\n' "$text" >"/$2"
  chmod "$1" "/$2"
}

# apt ARGUMENTS...: apt-get, which neither asks, nor gives up at once where a mirror is busy or its lock taken.
apt() {
  apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 --yes "$@" >/dev/null
}

# install_packages NAME...: from Debian, without what is only recommended.
install_packages() {
  for package in "$@"; do
    if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ]; then continue; fi
    say "installs $package"
    apt install --no-install-recommends "$package" ||
      { printf 'Debian package %s could not be installed\n' "$package" >&2 && return 1; }
  done
}

# without PART WHY: this image does without a part, if that was allowed; otherwise it is none.
#
# POLYCAST_ALLOW_MISSING  parts that may be missing, separated by commas: cloudwatch-agent, node-exporter
without() {
  case ,${POLYCAST_ALLOW_MISSING:-}, in
    *,"$1",*)
      say "does without $1, which was allowed: $2"
      echo "$1" >>/usr/share/polycast/missing
      ;;
    *) fail "$1 is missing: $2. Mend that, or list $1 in POLYCAST_ALLOW_MISSING." ;;
  esac
}

# at_boot UNIT...: starts them at the next boot. Nothing is started in the builder.
at_boot() {
  for unit in "$@"; do
    [ "$(systemctl is-enabled "$unit" 2>/dev/null)" = enabled ] || systemctl --quiet enable "$unit"
  done
}
