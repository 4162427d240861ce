# SPDX-License-Identifier: Apache-2.0
# What the scripts in this folder share: the user's folders, messages, the lock. Sourced, never run.
# shellcheck shell=bash

source_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
export HOME="${HOME:-$(unset HOME; echo ~)}"  # service managers may leave it unset

# A relative path in an XDG variable is to be ignored, says the specification.
xdg() { case ${!1:-} in /*) echo "${!1}" ;; *) echo "$HOME/$2" ;; esac; }
cache=$(xdg XDG_CACHE_HOME .cache)/strata
data=$(xdg XDG_DATA_HOME .local/share)/strata
export cache data source_folder

say() { echo "strata: $*" >&2; }
die() { say "$*"; exit 1; }

packages() { grep -v '^#' "$source_folder/packaging/packages.txt"; }

# hash_of FILE...: a short name for their contents.
hash_of() { cat "$@" | sha256sum | cut -c1-12; }

# Debian 13 or later has every package; derivatives number their releases differently. testing and sid have no VERSION_ID.
native() {
  # shellcheck disable=SC1091
  [ -z "${STRATA_ROOT:-}" ] && (ID='' VERSION_ID=''; . /etc/os-release; [ "$ID" = debian ] && [ "${VERSION_ID:-99}" -ge 13 ])
}

root_folder() { echo "${STRATA_ROOT:-$cache/root-$(hash_of "$source_folder/packaging/packages.txt")}"; }

# Two runs may start at once: the second waits until the first has set everything up.
take_lock() {
  mkdir -p "$cache"
  exec 9>"$cache/setup.lock"
  flock -n 9 || { say "another run is setting Strata up; waiting for it"; flock 9; }
}
release_lock() { exec 9>&-; }
