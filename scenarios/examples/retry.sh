#!/bin/sh
# Looks for an account twice, with the OpenLDAP tools, and asks again whatever goes wrong on the way: nobody listens, the
# controller is busy, or the connection breaks in the midst of the answer.
set -eu

look() {
  tries=0
  while [ "$tries" -lt 600 ]; do
    tries=$((tries + 1))
    code=0
    found=$(ldapsearch -LLL -x -D "$MOCKDC_BIND_NAME" -y "$MOCKDC_PASSWORD_FILE" -H "$MOCKDC_PDC_URL" \
      -b "CN=Users,$MOCKDC_BASE_DN" "(sAMAccountName=Administrator)" description) || code=$?
    case $code in
    0) return ;;
    51) echo "busy" ;;
    *) echo "no answer: $code" ;;
    esac
    sleep 0.1
  done
  echo "given up" >&2
  exit 1
}

look
echo "found once"
first=$found
look
echo "found twice"
[ "$found" = "$first" ]
