#!/bin/bash
. lib/common.sh
source ./more.sh

readonly LIMIT=3
name=world

# Says hello.
greet() {
  local greeting=hello
  echo "$greeting $1"
}

function main {
  greet "$name"
  make_all
}
main "$@"
