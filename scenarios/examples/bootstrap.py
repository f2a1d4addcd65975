#!/usr/bin/env python3
"""A bootstrap with ldap3: a service account, a group, the membership; then it waits until all controllers show it."""

import json
import os
import sys
import time

from ldap3 import BASE, MODIFY_ADD, Connection, Server, SUBTREE

ACCOUNT = "svc-python"
GROUP = "App Readers"


def connect(url, endpoints, password):
    server = Server(url, get_info=None)
    return Connection(server, user=endpoints["bind-name"], password=password, auto_bind=True)


def main():
    with open(os.environ["MOCKDC_ENDPOINTS"], encoding="utf-8") as file:
        endpoints = json.load(file)
    with open(endpoints["password-file"], encoding="utf-8") as file:
        password = file.read()
    base = endpoints["base-dn"]
    users = f"CN=Users,{base}"
    account, group = f"CN={ACCOUNT},{users}", f"CN={GROUP},{users}"
    pdc = next(dc for dc in endpoints["dcs"] if dc["role"] == "pdc")

    with connect(pdc["url"], endpoints, password) as connection:
        if not connection.add(account, "user", {"sAMAccountName": ACCOUNT, "description": "made by a bootstrap"}):
            sys.exit(f"the account: {connection.result}")
        if not connection.add(group, "group", {"sAMAccountName": GROUP}):
            sys.exit(f"the group: {connection.result}")
        if not connection.modify(group, {"member": [(MODIFY_ADD, [account])]}):
            sys.exit(f"the membership: {connection.result}")

    # By the program's own clock, which `--speed` makes faster where libfaketime is installed.
    end = time.monotonic() + 15 * 60
    for dc in endpoints["dcs"]:
        with connect(dc["url"], endpoints, password) as connection:
            while True:
                found = connection.search(users, f"(sAMAccountName={ACCOUNT})", SUBTREE, attributes=["description"])
                member = found and connection.search(group, "(objectClass=*)", BASE, attributes=["member"])
                if member and account.lower() in [str(value).lower() for value in connection.entries[0].member.values]:
                    break
                if time.monotonic() > end:
                    sys.exit(f"{dc['name']} does not show the membership")
                time.sleep(1)
        print(f"{dc['name']} shows {ACCOUNT} in {GROUP}", flush=True)
    with open(sys.argv[1], "w", encoding="utf-8") as report:
        report.write("done\n")


main()
