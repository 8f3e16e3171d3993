#!/bin/sh
# Checks price.sh; exits 1 when a check fails.
cd "$(dirname "$0")" || exit 1
. ./price.sh

failed=0
check() { # PRICE COUNT WANT
  got=$(total "$1" "$2")
  if [ "$got" = "$3" ]; then
    echo "ok    $2 at $1 cents: $got"
  else
    echo "FAIL  $2 at $1 cents: got $got, want $3"
    failed=1
  fi
}

check 250 1 250
check 250 9 2250
check 250 10 2250
check 250 20 4500
exit $failed
