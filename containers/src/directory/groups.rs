//! Global and local groups and their members.

use mockdc_mocks::{AccountName, Win32Error};

use super::modify::Edit;
use super::{Directory, DirectoryError, Entry, Kind, Membership};
use crate::Act;

/// `groupType` of a security group (MS-ADTS 2.2.12): global, and local to the domain.
const GLOBAL: i32 = 2 | i32::MIN;
const LOCAL: i32 = 4 | i32::MIN;

impl Directory {
    /// A group by its name: 2220, or 1376 for a local one.
    pub(super) async fn group(&mut self, name: &AccountName, kind: Kind) -> Result<Entry, DirectoryError> {
        let missing = match kind {
            Kind::LocalGroup => Win32Error::NO_SUCH_ALIAS,
            Kind::User | Kind::Group => Win32Error::GROUP_NOT_FOUND,
        };
        let found = self.find(name).await?.filter(|entry| entry.kind == kind);
        found.ok_or_else(|| DirectoryError::code(missing))
    }

    pub(super) async fn group_add(&mut self, group: &AccountName, kind: Kind) -> Result<(), DirectoryError> {
        self.free(group).await?;
        let group_type = if kind == Kind::LocalGroup { LOCAL } else { GLOBAL };
        let attributes = vec![
            ("objectClass", b"group".to_vec()),
            ("sAMAccountName", group.as_str().as_bytes().to_vec()),
            ("groupType", group_type.to_string().into_bytes()),
        ];
        let dn = self.new_dn(group);
        self.add_entry(Act::Create, &dn, attributes).await
    }

    /// A user joins or leaves a global group: 2220, 2221, 2236, 2237, 1374.
    pub(super) async fn member(
        &mut self,
        group: &AccountName,
        user: &AccountName,
        change: Membership,
    ) -> Result<(), DirectoryError> {
        let group = self.group(group, Kind::Group).await?;
        let user = self.user(user).await?;
        let primary = user.primary_group == Some(group.rid());
        match change {
            // The directory refuses both with 53 and does not say which of the two it means.
            Membership::Leave if primary => {
                let left = self.edit_member(&group, &user.dn, Act::RemoveMember, change).await;
                left.map_err(|error| match error {
                    DirectoryError::Refused { code: Win32Error::USER_NOT_IN_GROUP, refusal } => {
                        DirectoryError::Refused { code: Win32Error::MEMBERS_PRIMARY_GROUP, refusal }
                    }
                    other => other,
                })
            }
            Membership::Leave => self.edit_member(&group, &user.dn, Act::RemoveMember, change).await,
            Membership::Join => self.edit_member(&group, &user.dn, Act::AddMember, change).await,
        }
    }

    /// An account joins or leaves a local group: 1376, 1387, 1377, 1378.
    pub(super) async fn local_member(
        &mut self,
        group: &AccountName,
        member: &AccountName,
        change: Membership,
    ) -> Result<(), DirectoryError> {
        let group = self.group(group, Kind::LocalGroup).await?;
        let member = self.find(member).await?;
        let member = member.ok_or_else(|| DirectoryError::code(Win32Error::NO_SUCH_MEMBER))?;
        let act = match change {
            Membership::Join => Act::AddLocalMember,
            Membership::Leave => Act::RemoveLocalMember,
        };
        self.edit_member(&group, &member.dn, act, change).await
    }

    async fn edit_member(
        &mut self,
        group: &Entry,
        member: &str,
        act: Act,
        change: Membership,
    ) -> Result<(), DirectoryError> {
        let value = member.as_bytes().to_vec();
        let edit = match change {
            Membership::Join => Edit::Add("member", value),
            Membership::Leave => Edit::Remove("member", value),
        };
        self.modify_entry(act, &group.dn, vec![edit]).await
    }

    /// The members of a group that have a name, those included whose primary group it is.
    pub(super) async fn members(
        &mut self,
        group: &AccountName,
        kind: Kind,
    ) -> Result<Vec<AccountName>, DirectoryError> {
        let group = self.group(group, kind).await?;
        let dn = ldap3::ldap_escape(group.dn.as_str());
        let filter = format!("(|(memberOf={dn})(primaryGroupID={}))", group.rid());
        Ok(self.accounts(&filter).await?.into_iter().map(|entry| entry.name).collect())
    }
}
