//! Who is let in at a controller, as whom, and with which rights.

use std::collections::BTreeSet;

use mockdc_mocks::{
    AccountName, Answer, Authority, Caller, Credentials, HostName, LogonType, Reply, Right, SimTime, Verb,
    Who, Win32Error,
};

use super::SambaError;
use super::answers::code_of;
use super::world::World;
use crate::{Directory, NtStatus, Place, session};

/// The password of no account: a blank stands where no rule of passwords and no client would put one.
const WRONG: &str = " mockdc: of nobody ";

/// Who performs a verb at a controller.
pub(super) enum Hand {
    /// The caller itself, on a connection of its own.
    Caller(Box<Directory>),
    /// The backend, for a caller that the controller's own host vouches for, or that the PDC let in.
    Backend,
}

impl World {
    /// Lets a caller in at a controller: what its bind says.
    ///
    /// A wrong password at a BDC is asked again at the PDC when the account exists here and the PDC can be reached
    /// (Q140967): Windows does so, Samba does not, so the backend does it.
    pub(super) async fn let_in(
        &mut self,
        now: SimTime,
        by: &Caller,
        place: Place,
        host: &HostName,
    ) -> Result<Result<Hand, Win32Error>, SambaError> {
        let trusted = match &by.who {
            Who::System => true,
            Who::Token(token) => by.host == *host && token.host == *host,
            Who::Credentials(_) => false,
        };
        let Some(credentials) = by.credentials().filter(|_| !trusted) else { return Ok(Ok(Hand::Backend)) };
        let endpoint = self.levers.endpoint(place);
        let bound = Directory::log_on(&endpoint, credentials, self.scale).await;
        match code_of(bound, || format!("logging {} on at {host}", credentials.user))? {
            Ok(directory) => Ok(Ok(Hand::Caller(Box::new(directory)))),
            Err(Win32Error::LOGON_FAILURE) if self.may_ask_the_pdc(now, place, host, credentials).await? => {
                let pdc = self.levers.endpoint(0);
                let asked = Directory::log_on(&pdc, credentials, self.scale).await;
                let asked = code_of(asked, || format!("asking the PDC for {}", credentials.user))?;
                Ok(asked.map(|_| Hand::Backend))
            }
            Err(code) => Ok(Err(code)),
        }
    }

    /// The model has counted a wrong password at a controller that Samba has not met: it came with a call for a share
    /// or another thing that Samba does not serve, or a service of the machine was to start under it. Samba meets one now,
    /// and counts and locks by itself. `first`: the count began anew.
    pub(super) async fn meet_wrong_password(
        &mut self,
        host: &HostName,
        user: &AccountName,
        first: bool,
    ) -> Result<(), SambaError> {
        let Some(place) = self.place(host).filter(|place| !self.mirror.stands(*place)) else { return Ok(()) };
        if first {
            self.forget_bad_passwords(host, user).await?;
        }
        let wrong = Credentials { authority: Authority::Domain, user: user.clone(), password: WRONG.into() };
        let endpoint = self.levers.endpoint(place);
        let doing = || format!("counting a wrong password of {user} at {host}");
        session(&endpoint, &wrong).await.map_err(SambaError::directory(doing()))?;
        Ok(())
    }

    pub(super) async fn may_ask_the_pdc(
        &mut self,
        now: SimTime,
        place: Place,
        host: &HostName,
        credentials: &Credentials,
    ) -> Result<bool, SambaError> {
        if place == 0 || self.model.leaves_the_pdc_alone(host) {
            return Ok(false);
        }
        if self.sid_at(place, &credentials.user).await?.is_none() {
            return Ok(false);
        }
        Ok(self.model_says(now, host, Verb::DcFind { domain: None, primary: true }).is_ok())
    }

    /// A logon: the status of a session set-up, then the right to this type of logon, which Samba never asks for.
    pub(super) async fn log_on(
        &mut self,
        now: SimTime,
        place: Place,
        host: &HostName,
        credentials: &Credentials,
        logon: LogonType,
        model: &Answer,
    ) -> Result<Answer, SambaError> {
        let doing = || format!("logging {} on at {host}", credentials.user);
        let endpoint = self.levers.endpoint(place);
        let mut status = session(&endpoint, credentials).await.map_err(SambaError::directory(doing()))?;
        if status == NtStatus::LOGON_FAILURE && self.may_ask_the_pdc(now, place, host, credentials).await? {
            let pdc = self.levers.endpoint(0);
            status = session(&pdc, credentials).await.map_err(SambaError::directory(doing()))?;
        }
        if status != NtStatus::SUCCESS {
            // A status that the table does not know is 59: unexpected network error.
            return Ok(Err(status.win32().unwrap_or(Win32Error(59))));
        }
        match model {
            // In a domain whose policy decides rights they are the machine's, and so is the verdict.
            Ok(_) | Err(Win32Error::LOGON_TYPE_NOT_GRANTED) if self.policy_decides_rights() => {
                Ok(model.clone())
            }
            _ if !self.may_log_on(place, &credentials.user, logon).await? => {
                Ok(Err(Win32Error::LOGON_TYPE_NOT_GRANTED))
            }
            Ok(reply) => Ok(Ok(reply.clone())),
            // A token is the model's to give: there is none, and the difference is told.
            Err(_) => Ok(Ok(Reply::Done)),
        }
    }

    pub(super) fn policy_decides_rights(&self) -> bool {
        matches!(&self.spec.domain.replication, mockdc_mocks::Replication::Ad(ad) if ad.rights_in_policy)
    }

    pub(super) async fn may_log_on(
        &mut self,
        place: Place,
        user: &AccountName,
        logon: LogonType,
    ) -> Result<bool, SambaError> {
        let (right, denied) = match logon {
            LogonType::Interactive => (Right::InteractiveLogon, Right::DenyInteractiveLogon),
            LogonType::Network => (Right::NetworkLogon, Right::DenyNetworkLogon),
            LogonType::Batch => (Right::BatchLogon, Right::DenyBatchLogon),
            LogonType::Service => (Right::ServiceLogon, Right::DenyServiceLogon),
        };
        let doing = format!("reading the rights of {user} at {}", self.host(place));
        let rights = self.levers.rights(place).await.map_err(SambaError::lever(doing.clone()))?;
        let sids = self.control(place).await?.sids_of(user).await.map_err(SambaError::directory(doing))?;
        let held: BTreeSet<&str> = sids
            .iter()
            .map(String::as_str)
            .chain(["S-1-1-0"])
            .filter_map(|sid| rights.get(sid))
            .flatten()
            .map(String::as_str)
            .collect();
        Ok(held.contains(right.constant()) && !held.contains(denied.constant()))
    }

    pub(super) async fn right(
        &mut self,
        place: Place,
        account: &AccountName,
        right: Right,
        grant: bool,
    ) -> Result<Answer, SambaError> {
        let Some(sid) = self.sid_at(place, account).await? else { return Ok(Err(Win32Error::NONE_MAPPED)) };
        // Where policy decides, a grant goes into an object of the policy, which the model keeps.
        if self.policy_decides_rights() {
            return Ok(Ok(Reply::Done));
        }
        let doing = format!("changing the rights of {account} at {}", self.host(place));
        let mut rights = self.levers.rights(place).await.map_err(SambaError::lever(doing.clone()))?;
        let mut own = rights.remove(&sid).unwrap_or_default();
        let changed = match grant {
            true => own.insert(right.constant().to_owned()),
            false => own.remove(right.constant()),
        };
        if changed {
            self.levers.set_rights(place, &sid, &own).await.map_err(SambaError::lever(doing))?;
        }
        Ok(Ok(Reply::Done))
    }
}
