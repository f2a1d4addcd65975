"""The agent of a controller: what a test run must do there and LDAP and SMB cannot.

It listens on the container's own address and talks only to the container's gateway, which is where connections from
the published port come from; other containers, and processes in this one, are turned away before a byte is read. A
connection starts with the token of the run and then carries requests, each a line of JSON:

    {"token": "…"}                                          → {"ok": {"dc": "PDC1"}}
    {"op": "sync", "source": "PDC1", "context": "domain", "forced": true}   → {"ok": {}} or {"code": 8457, "error": "…"}

The operations are the functions of `OPERATIONS`, with exactly the arguments that their signatures name. None runs a
command or opens a file that the request names freely: the two programs that it calls (`ip`, `ss`) get one checked
address each. Every connection has a process of its own, so that a call that waits holds up no other.
"""

import base64
import binascii
import hmac
import inspect
import ipaddress
import json
import os
import re
import shutil
import signal
import socket
import socketserver
import stat
import struct
import subprocess
import sys
import time

import ldb
from samba import NTSTATUSError, WERRORError
from samba.credentials import DONT_USE_KERBEROS, Credentials
from samba.dcerpc import security
from samba.messaging import Messaging
from samba.ndr import ndr_pack, ndr_unpack
from samba.param import LoadParm
from samba.samdb import SamDB

from replication import Replica

PORT = 8600
LONGEST_GREETING, LONGEST_REQUEST = 256, 4 << 20
MOST_CONNECTIONS = 16
GREETING_SECONDS = 5
STATE = "/var/lib/samba"
HOSTS = "/etc/hosts"
MARK = "# mockdc"
ACL = "user.NTACL"
TIMED = {"pwdLastSet", "accountExpires", "lockoutTime", "badPwdCount", "badPasswordTime"}

NAME = re.compile(r"(PDC1|BDC[1-3])\Z")
SID = re.compile(r"S-1(-[0-9]{1,10}){1,15}\Z")
RIGHT = re.compile(r"Se[A-Za-z]{1,60}\Z")
GUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\Z")
POLICY = re.compile(r"\{[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}\Z")
PART = re.compile(r"[A-Za-z0-9{}_ -][A-Za-z0-9{}_. -]{0,80}\Z")


class Refused(Exception):
    """A request that cannot be carried out as it stands; the text goes to the client."""


def matched(pattern, value, what):
    if not isinstance(value, str) or not pattern.match(value):
        raise Refused(f"not {what}: {value!r:.80}")
    return value


class Controller:
    """This controller, with what its operations keep open."""

    def __init__(self, lp):
        self.lp = lp
        self.replica = Replica(lp)

    # --- replication -------------------------------------------------------------------------------------------------

    def status(self):
        """What this controller is, and how far its directory has come."""
        samdb = self.replica.samdb
        return {
            "dc": self.lp.get("netbios name"),
            "domain_sid": samdb.get_domain_sid(),
            "invocation": samdb.get_invocation_id(),
            "usn": int(samdb.search(base="", scope=ldb.SCOPE_BASE, attrs=["highestCommittedUSN"])[0]
                       ["highestCommittedUSN"][0]),
            "ready": readiness(self.lp) is None,
        }

    def peers(self, addresses):
        """Names the other controllers: {"BDC1": "172.18.0.3", …} replaces what was said before."""
        if not isinstance(addresses, dict):
            raise Refused("addresses must be an object")
        peers = {matched(NAME, name, "a controller"): parse_address(value) for name, value in addresses.items()}
        peers[self.lp.get("netbios name")] = own_address()
        domain = self.replica.samdb.domain_dns_name()
        guids = {name: guid for name, (guid, _) in self.replica.controllers().items()}
        lines = [line for line in open(HOSTS) if MARK not in line]
        for name, address in peers.items():
            if name not in guids:
                raise Refused(f"this domain has no {name}")
            host = name.lower()
            lines.append(f"{address} {host}.{domain} {host} {guids[name]}._msdcs.{domain} {MARK} {name}\n")
        # The file is mounted by the container engine: it can be written, not replaced.
        with open(HOSTS, "w") as file:
            file.writelines(lines)
        return {}

    def sync(self, source, context, forced):
        """Pulls everything of a naming context (domain, configuration, schema) from a peer."""
        if context not in self.replica.contexts():
            raise Refused("context must be domain, configuration or schema")
        self.replica.sync(self.peer(source), context, bool(forced))
        return {}

    def sync_object(self, source, guid):
        """Pulls the one object with that objectGUID, a tombstone too, from a peer."""
        self.replica.sync_object(self.peer(source), matched(GUID, guid, "a GUID"))
        return {}

    def peer(self, name):
        matched(NAME, name, "a controller")
        if name not in self.replica.controllers() or name == self.lp.get("netbios name"):
            raise Refused(f"{name} is no other controller of this domain")
        return name

    # --- the network -------------------------------------------------------------------------------------------------

    def partition(self, peer):
        """Cuts this controller off from a peer; needs the capability NET_ADMIN."""
        address = peer_address(matched(NAME, peer, "a controller"))
        run("ip", "route", "replace", "unreachable", f"{address}/32")
        run("ss", "-K", "dst", str(address))
        return {}

    def heal(self, peer):
        """Undoes `partition`."""
        address = peer_address(matched(NAME, peer, "a controller"))
        if run("ip", "route", "show", "type", "unreachable", f"{address}/32").strip():
            run("ip", "route", "del", "unreachable", f"{address}/32")
        return {}

    # --- account rights ----------------------------------------------------------------------------------------------

    def rights(self):
        """SID → account rights at this controller; Samba does not replicate them."""
        found = self.privileges().search(expression="(objectSid=*)", attrs=["objectSid", "privilege"])
        return {
            str(ndr_unpack(security.dom_sid, entry["objectSid"][0])): sorted(str(right) for right in entry.get("privilege", []))
            for entry in found
        }

    def set_rights(self, sid, rights):
        """Gives a SID exactly these rights at this controller."""
        packed = ndr_pack(security.dom_sid(matched(SID, sid, "a SID")))
        if not isinstance(rights, list):
            raise Refused("rights must be a list")
        values = sorted({matched(RIGHT, right, "a right") for right in rights})
        privileges = self.privileges()
        encoded = ldb.binary_encode(packed)
        privileges.transaction_start()
        try:
            for entry in privileges.search(expression=f"(objectSid={encoded})", attrs=["dn"]):
                privileges.delete(entry.dn)
            if values:
                privileges.add({"dn": f"sid={sid}", "objectSid": packed, "privilege": values})
        except Exception:
            privileges.transaction_cancel()
            raise
        privileges.transaction_commit()
        return {}

    def privileges(self):
        return ldb.Ldb(self.lp.private_path("privilege.ldb"))

    # --- the policy share --------------------------------------------------------------------------------------------

    def policy_files(self, policy):
        """The files of a group policy object in this controller's SYSVOL: path → contents in base64."""
        root, files = self.policy_folder(policy), {}
        for folder, _, names in os.walk(root):
            for name in names:
                path = os.path.join(folder, name)
                with open_plain(path) as file:
                    files[os.path.relpath(path, root)] = base64.b64encode(file.read()).decode()
        return {"exists": os.path.isdir(root), "files": files}

    def set_policy_files(self, policy, files):
        """Makes the folder of a group policy object hold exactly these files; null removes the folder."""
        root = self.policy_folder(policy)
        if files is None:
            shutil.rmtree(root, ignore_errors=True)
            return {}
        if not isinstance(files, dict):
            raise Refused("files must be an object or null")
        contents = {}
        for path, text in files.items():
            for part in path.split("/"):
                matched(PART, part, "a file name")
            try:
                contents[path] = base64.b64decode(text, validate=True)
            except (TypeError, binascii.Error):
                raise Refused(f"the contents of {path} are not base64") from None
        # Built beside and moved into place: a reader of the share sees the old files or the new ones.
        fresh, old = f"{root}.new", f"{root}.old"
        for leftover in (fresh, old):
            shutil.rmtree(leftover, ignore_errors=True)
        pattern = root if os.path.isdir(root) else os.path.dirname(root)
        acl = os.getxattr(pattern, ACL)
        make_folder(fresh, acl)
        for part in ("Machine", "User"):
            make_folder(os.path.join(fresh, part), acl)
        for path, data in contents.items():
            folder = fresh
            for part in path.split("/")[:-1]:
                folder = os.path.join(folder, part)
                if not os.path.isdir(folder):
                    make_folder(folder, acl)
            target = os.path.join(fresh, path)
            with open(target, "xb") as file:
                file.write(data)
            os.chmod(target, 0o666)
            os.setxattr(target, ACL, acl)
        if os.path.isdir(root):
            os.rename(root, old)
        os.rename(fresh, root)
        shutil.rmtree(old, ignore_errors=True)
        return {}

    def policy_folder(self, policy):
        domain = self.replica.samdb.domain_dns_name()
        return os.path.join(STATE, "state/sysvol", domain, "Policies", matched(POLICY, policy, "a policy's GUID in braces"))

    # --- what time has done ------------------------------------------------------------------------------------------

    def write_local(self, guid, values):
        """Writes what depends on time of an account into this controller's own copy: {"pwdLastSet": …}.

        It goes past the modules of the directory, so that it is no originating change: it gets no stamp and no update
        sequence number, replicates nowhere and conflicts with nothing. Values are whole numbers; instants are in units
        of 100 ns since 1601.
        """
        if not isinstance(values, dict) or not values:
            raise Refused("values must be an object with an attribute")
        samdb = self.replica.samdb
        message = ldb.Message(ldb.Dn(samdb, f"<GUID={matched(GUID, guid, 'a GUID')}>"))
        found = samdb.search(base=message.dn, scope=ldb.SCOPE_BASE, attrs=["objectClass"])
        message.dn = found[0].dn
        for attribute, value in values.items():
            if attribute not in TIMED:
                raise Refused(f"not an attribute that depends on time: {attribute!r:.80}")
            if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 63:
                raise Refused(f"{attribute} must be a whole number from 0")
            message[attribute] = ldb.MessageElement(str(value), ldb.FLAG_MOD_REPLACE, attribute)
        partition = os.path.join("sam.ldb.d", f"{str(samdb.get_default_basedn()).upper()}.ldb")
        own = ldb.Ldb(
            f"tdb://{self.lp.private_path(partition)}", flags=ldb.FLG_NOSYNC | ldb.FLG_DONT_CREATE_DB,
            options=["modules:"])
        own.modify(message)
        return {}


OPERATIONS = {
    "status", "peers", "sync", "sync_object", "partition", "heal", "rights", "set_rights", "policy_files",
    "set_policy_files", "write_local",
}


def answer(controller, request):
    """Carries out one request; whatever goes wrong becomes an answer."""
    try:
        if not isinstance(request, dict) or request.get("op") not in OPERATIONS:
            raise Refused("no such operation")
        operation = getattr(controller, request.pop("op"))
        try:
            inspect.signature(operation).bind(**request)
        except TypeError as error:
            raise Refused(f"wrong arguments: {error}") from None
        return {"ok": operation(**request)}
    except Refused as refusal:
        return {"error": str(refusal)}
    except WERRORError as error:
        return {"code": error.args[0], "error": str(error.args[1])}
    except NTSTATUSError as error:
        return {"status": error.args[0] & 0xFFFFFFFF, "error": str(error.args[1])}
    except ldb.LdbError as error:
        return {"ldap": error.args[0], "error": str(error.args[1])}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


# --- addresses and files ---------------------------------------------------------------------------------------------


def parse_address(text):
    try:
        address = ipaddress.IPv4Address(text)
    except ValueError:
        raise Refused(f"not an IPv4 address: {text!r:.80}") from None
    if address.is_loopback or address.is_multicast or address.is_unspecified:
        raise Refused(f"not the address of a controller: {address}")
    return address


def own_address():
    """The container's own address: the one from which it would reach its gateway."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((str(gateway()), 9))
        return ipaddress.IPv4Address(probe.getsockname()[0])


def gateway():
    with open("/proc/net/route") as routes:
        for line in routes:
            fields = line.split()
            if fields[1] == "00000000" and fields[2] != "00000000":
                return ipaddress.IPv4Address(struct.pack("<L", int(fields[2], 16)))
    raise Refused("the container has no gateway")


def peer_address(name):
    with open(HOSTS) as hosts:
        for line in hosts:
            if line.rstrip().endswith(f"{MARK} {name}"):
                return parse_address(line.split()[0])
    raise Refused(f"the address of {name} is not known: `peers` comes first")


def run(*arguments):
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=10, check=False)
    if done.returncode:
        raise Refused(f"{arguments[0]}: {done.stderr.strip()}")
    return done.stdout


def open_plain(path):
    file = open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        raise Refused("not a plain file")
    return file


def make_folder(path, acl):
    os.mkdir(path)
    os.chmod(path, 0o777)
    os.setxattr(path, ACL, acl)


# --- the server ------------------------------------------------------------------------------------------------------


class Server(socketserver.ForkingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    request_queue_size = MOST_CONNECTIONS
    max_children = MOST_CONNECTIONS

    def __init__(self, address, lp, token, harness):
        self.lp, self.token, self.harness = lp, token, str(harness)
        super().__init__(address, Connection)

    def verify_request(self, request, client_address):
        return client_address[0] == self.harness


class Connection(socketserver.StreamRequestHandler):
    def handle(self):
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection.settimeout(GREETING_SECONDS)
        greeting = self.line(LONGEST_GREETING)
        token = greeting.get("token") if isinstance(greeting, dict) else None
        if not isinstance(token, str) or not hmac.compare_digest(token.encode(), self.server.token):
            self.say({"error": "wrong token"})
            return
        controller = Controller(self.server.lp)
        self.say({"ok": {"dc": self.server.lp.get("netbios name")}})
        self.connection.settimeout(None)
        while (request := self.line(LONGEST_REQUEST)) is not None:
            self.say(answer(controller, request))

    def line(self, longest):
        """The next line as JSON; None at the end, after a line that is too long, and when it is not JSON."""
        try:
            line = self.rfile.readline(longest + 1)
            return json.loads(line) if line.endswith(b"\n") else None
        except (OSError, ValueError):
            return None

    def say(self, value):
        self.wfile.write(json.dumps(value).encode() + b"\n")


# --- readiness -------------------------------------------------------------------------------------------------------


def readiness(lp):
    """What does not answer yet, or None."""
    host = str(own_address())
    credentials = Credentials()
    credentials.guess(lp)
    credentials.set_kerberos_state(DONT_USE_KERBEROS)
    try:
        socket.create_connection((host, 445), 2).close()
        if not Messaging(lp_ctx=lp).irpc_servers_byname("dreplsrv"):
            return "the replication service"
        credentials.set_bind_dn(f"{lp.get('workgroup')}\\Administrator")
        credentials.set_password(os.environ["MOCKDC_PASSWORD"])
        SamDB(url=f"ldap://{host}", lp=lp, credentials=credentials)
    except (OSError, KeyError, RuntimeError, NTSTATUSError, ldb.LdbError) as error:
        return str(error)
    return None


def announce(lp):
    """Waits until everything answers, then says so on standard output."""
    name = lp.get("netbios name")
    end, lacking = time.monotonic() + 60, "nothing asked yet"
    while time.monotonic() < end:
        lacking = readiness(lp)
        if lacking is None:
            print(f"mockdc: {name} is ready", flush=True)
            return
        time.sleep(0.05)
    print(f"mockdc: {name} does not answer: {lacking}", file=sys.stderr, flush=True)
    sys.exit(1)


def main():
    token = os.environ.pop("MOCKDC_TOKEN").encode()
    lp = LoadParm()
    lp.load_default()
    server = Server((str(own_address()), PORT), lp, token, gateway())
    announce(lp)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    server.serve_forever()


if __name__ == "__main__":
    main()
