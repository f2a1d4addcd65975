"""Replication between the Samba controllers: what the agent and the baking of the domains share."""

import time

import ldb
from samba import NTSTATUSError, WERRORError, drs_utils, werror
from samba.auth import system_session
from samba.credentials import Credentials
from samba.dcerpc import drsblobs, drsuapi, misc
from samba.messaging import Messaging
from samba.ndr import ndr_pack, ndr_unpack
from samba.samdb import SamDB


class Replica:
    """The directory of the controller whose settings are `lp`, opened directly, and its replication."""

    def __init__(self, lp):
        self.lp = lp
        self.samdb = SamDB(lp=lp, session_info=system_session(lp))
        self.sources = {}

    def contexts(self):
        """The naming contexts, by the names that the agent's clients use."""
        return {
            "domain": str(self.samdb.get_default_basedn()),
            "configuration": str(self.samdb.get_config_basedn()),
            "schema": str(self.samdb.get_schema_basedn()),
        }

    def controllers(self):
        """Name → (objectGUID of nTDSDSA, invocation id) of each controller of the domain."""
        found = self.samdb.search(
            base=self.samdb.get_config_basedn(), expression="(objectClass=nTDSDSA)",
            attrs=["objectGUID", "invocationId"])
        return {
            entry.dn.get_component_value(1).upper(): (
                ndr_unpack(misc.GUID, entry["objectGUID"][0]), ndr_unpack(misc.GUID, entry["invocationId"][0]))
            for entry in found
        }

    def sync(self, source, context, forced):
        """Pulls everything of a naming context from `source`; a WERRORError says why not.

        The replication service of this controller does it (DsReplicaSync over Samba's local messages). The first
        connection after a restart of the source meets a dead socket: that one is tried again.
        """
        request = drsuapi.DsReplicaSyncRequest1()
        request.naming_context = drsuapi.DsReplicaObjectIdentifier()
        request.naming_context.dn = self.contexts()[context]
        request.source_dsa_guid = self.controllers()[source][0]
        request.options = drsuapi.DRSUAPI_DRS_WRIT_REP | (drsuapi.DRSUAPI_DRS_SYNC_FORCED if forced else 0)
        for attempt in (1, 2):
            service = drsuapi.drsuapi("irpc:dreplsrv", lp_ctx=self.lp)
            try:
                service.DsReplicaSync(misc.policy_handle(), 1, request)
                return
            except WERRORError as error:
                if attempt == 2 or error.args[0] != werror.WERR_NETNAME_DELETED:
                    raise

    def sync_object(self, source, guid):
        """Pulls one object from `source` as it is there now, a tombstone too; a WERRORError says why not."""
        known = source in self.sources
        try:
            self.pull_object(source, guid)
        except (WERRORError, NTSTATUSError, RuntimeError):
            # A connection from before a restart or partition of the source is dead: a new one decides.
            if not known:
                raise
            del self.sources[source]
            self.pull_object(source, guid)

    def pull_object(self, source, guid):
        if source not in self.sources:
            self.sources[source] = self.connection(source)
        connection = self.sources[source]
        request = drsuapi.DsGetNCChangesRequest10()
        request.destination_dsa_guid = misc.GUID(self.samdb.get_ntds_GUID())
        request.source_dsa_invocation_id = self.controllers()[source][1]
        request.naming_context = drsuapi.DsReplicaObjectIdentifier()
        request.naming_context.guid = misc.GUID(guid)
        request.naming_context.dn = ""
        request.highwatermark = drsuapi.DsReplicaHighWaterMark()
        request.replica_flags = drsuapi.DRSUAPI_DRS_WRIT_REP | drsuapi.DRSUAPI_DRS_SYNC_FORCED
        request.max_object_count, request.max_ndr_size = 402, 402116
        request.extended_op = drsuapi.DRSUAPI_EXOP_REPL_OBJ
        level, reply = connection.drs.DsGetNCChanges(connection.drs_handle, 10, request)
        # The answer echoes the request's name of the object; what applies it wants the distinguished name.
        reply.naming_context.dn = reply.first_object.object.identifier.dn
        connection.process_chunk(level, reply, False, 10, request, True)

    def connection(self, source):
        """A replication connection of this process to `source`, under this controller's own account."""
        credentials = Credentials()
        credentials.guess(self.lp)
        credentials.set_machine_account(self.lp)
        host = f"{source}.{self.samdb.domain_dns_name()}".lower()
        return drs_utils.drs_Replicate(
            f"ncacn_ip_tcp:{host}[seal,target_hostname={host}]", self.lp, credentials, self.samdb,
            misc.GUID(self.samdb.get_invocation_id()))

    def await_service(self):
        """Waits until the replication service of this controller takes orders."""
        for _ in range(200):
            try:
                if Messaging(lp_ctx=self.lp).irpc_servers_byname("dreplsrv"):
                    return
            except (KeyError, NTSTATUSError):
                pass
            time.sleep(0.05)
        raise RuntimeError("the replication service does not answer")

    def link_to(self, controllers):
        """Makes this controller a replication partner of those: name → (objectGUID of nTDSDSA, invocation id).

        It can then be told to pull from any of them; Samba's own topology would be a ring.
        """
        for context in self.contexts().values():
            entry = self.samdb.search(base=context, scope=ldb.SCOPE_BASE, attrs=["repsFrom"])[0]
            blobs = list(entry.get("repsFrom", []))
            known = {str(ndr_unpack(drsblobs.repsFromToBlob, blob).ctr.source_dsa_obj_guid) for blob in blobs}
            known.add(self.samdb.get_ntds_GUID())
            blobs += [
                self.partner(misc.GUID(guid), misc.GUID(invocation))
                for guid, invocation in controllers.values() if guid not in known
            ]
            message = ldb.Message(entry.dn)
            message["repsFrom"] = ldb.MessageElement(blobs, ldb.FLAG_MOD_REPLACE, "repsFrom")
            self.samdb.modify(message)

    def partner(self, guid, invocation):
        """A packed replication partner from which nothing was pulled yet."""
        other = drsblobs.repsFromTo1OtherInfo()
        other.dns_name = f"{guid}._msdcs.{self.samdb.domain_dns_name()}"
        blob = drsblobs.repsFromToBlob()
        blob.version = 1
        blob.ctr.source_dsa_obj_guid = guid
        blob.ctr.source_dsa_invocation_id = invocation
        blob.ctr.replica_flags = (
            drsuapi.DRSUAPI_DRS_INIT_SYNC | drsuapi.DRSUAPI_DRS_PER_SYNC | drsuapi.DRSUAPI_DRS_WRIT_REP)
        blob.ctr.schedule = [0x11] * 84
        blob.ctr.other_info = other
        return ndr_pack(blob)
