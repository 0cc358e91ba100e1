#!/bin/sh
# Makes this machine an edge node, where its provider keeps no images: what the other templates have Packer do in a builder.
# It lies at the top of the archive that a first boot fetches, beside variables.sh with the variables of build.json.
# Checks of an image are left out, since they are for a machine that nobody has told anything; those of a node run at its next boot.
set -eu
cd "$(dirname "$0")"
# shellcheck source=/dev/null
. ./variables.sh
sh provision/run.sh
