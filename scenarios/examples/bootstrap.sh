#!/bin/sh
# A bootstrap with the OpenLDAP tools: creates a service account at the PDC, and waits until the controller that it will
# work with shows it. `mockdc exec` gives the addresses and the credentials.
set -eu
works_with=$1
account=svc-tools

ldap() {
  tool=$1
  shift
  "$tool" -x -D "$MOCKDC_BIND_NAME" -y "$MOCKDC_PASSWORD_FILE" "$@"
}

ldap ldapadd -H "$MOCKDC_PDC_URL" <<END
dn: CN=$account,CN=Users,$MOCKDC_BASE_DN
objectClass: user
sAMAccountName: $account
END

tries=0
until ldap ldapsearch -LLL -H "$works_with" -b "CN=Users,$MOCKDC_BASE_DN" "(sAMAccountName=$account)" dn | grep -q '^dn: '; do
  tries=$((tries + 1))
  if [ "$tries" -gt 300 ]; then
    echo "$account does not reach $works_with" >&2
    exit 1
  fi
  sleep 0.1
done
echo "$account is there"
