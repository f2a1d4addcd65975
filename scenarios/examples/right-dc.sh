#!/bin/sh
# The bootstrap of wrong-dc.sh, mended: what it has just written it reads where it wrote it. The controller that is
# nearest would serve as well once it shows the account.
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

# It may be given another controller, and does not ask it.
comment=$(ldap ldapsearch -LLL -H "$MOCKDC_PDC_URL" -b "CN=Users,$MOCKDC_BASE_DN" "(sAMAccountName=$account)" description |
  sed -n 's/^description: //p')
echo "configured: ${comment:-no comment}"
