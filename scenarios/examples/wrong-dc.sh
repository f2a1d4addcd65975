#!/bin/sh
# A bootstrap with a bug: it creates an account at the PDC and at once looks it up at another controller, which has not
# heard of it. It takes the empty answer for "no comment" and goes on. See right-dc.sh.
set -eu
account=svc-report

ldap() {
  tool=$1
  shift
  "$tool" -x -D "$MOCKDC_BIND_NAME" -y "$MOCKDC_PASSWORD_FILE" "$@"
}

ldap ldapadd -H "$MOCKDC_PDC_URL" <<END
dn: CN=$account,CN=Users,$MOCKDC_BASE_DN
objectClass: user
sAMAccountName: $account
description: reports at night
END

# The bug: whichever controller comes first to hand.
nearest=$1
comment=$(ldap ldapsearch -LLL -H "$nearest" -b "CN=Users,$MOCKDC_BASE_DN" "(sAMAccountName=$account)" description |
  sed -n 's/^description: //p')
echo "configured: ${comment:-no comment}"
