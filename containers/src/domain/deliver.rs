//! Making a controller show what the model says that it has received, and seeing that it does.

use std::collections::{BTreeMap, BTreeSet};

use mockdc_mocks::{Attribute, ChangeKind, Fact, FactRecord, HostName, Name, SimTime, StateKey, Value};

use super::SambaError;
use super::ledger::Moved;
use super::world::World;
use crate::{Differs, Guid, Place};

/// How often an object is asked for before it counts as not delivered.
const TRIES: u32 = 3;

/// What happens to a controller's count of an account's bad passwords without Samba being asked for anything.
enum Count {
    /// One more; `first`: the count began anew.
    Wrong { first: bool },
    /// A good password ended it.
    Forgotten,
    /// The lockout is over by itself.
    Unlocked,
}

/// What one controller has to get from another.
#[derive(Debug, Default)]
struct Parcel {
    /// In the order of delivery: rank, then commit.
    content: Vec<(u8, Name, Moved)>,
}

impl World {
    /// Notes what the model has committed, brings to each controller what the model says that it has received, and
    /// lets the facts out. `further` accounts have changed in the directory together with the user of the operation.
    pub(super) async fn take_facts(&mut self, now: SimTime, further: &[Guid]) -> Result<(), SambaError> {
        self.now = self.now.max(now);
        let facts = self.model.drain_facts();
        let mut parcels: BTreeMap<(Place, Place), Parcel> = BTreeMap::new();
        let (mut received, mut forgotten) = (BTreeSet::new(), Vec::new());
        let mut counts = Vec::new();
        for FactRecord { at, host, fact } in &facts {
            match fact {
                Fact::Committed { version, change: ChangeKind::GroupPolicy, subject, .. } => {
                    self.write_policy(now, host, *version, subject.as_str().into()).await?;
                }
                Fact::Committed { version, change, subject, .. } => {
                    self.ledger.committed(host, *version, *change, subject, further);
                }
                Fact::Replicated { version, from, .. } => {
                    let places = (self.place(host), self.place(from));
                    let (Some(to), Some(source)) = places else { continue };
                    self.policy_arrived(now, to, source, *version);
                    if let Some(entry) = self.ledger.received(host, *version) {
                        let (rank, subject) = (entry.rank(), entry.subject.clone());
                        received.insert((host.clone(), subject.clone()));
                        let parcel = parcels.entry((to, source)).or_default();
                        for moved in &entry.moves {
                            parcel.content.push((rank, subject.clone(), moved.clone()));
                        }
                    }
                }
                Fact::Machine { up } => self.power(host, *up).await?,
                Fact::State { key: StateKey::Attribute { account, attribute }, value, version } => {
                    let whose = (host.clone(), account.clone());
                    match (attribute, value, version) {
                        (Attribute::LockedOut, Some(Value::Is(false)), None) => {
                            counts.push((whose, Count::Unlocked));
                        }
                        (Attribute::BadPasswords, Some(Value::Number(count @ 1..)), _) => {
                            self.bad_passwords.insert(whose.clone(), *at);
                            if !self.samba_was_asked {
                                counts.push((whose, Count::Wrong { first: *count == 1 }));
                            }
                        }
                        (Attribute::BadPasswords, Some(Value::Number(0)), _) => {
                            if self.bad_passwords.remove(&whose).is_some() && !self.samba_was_asked {
                                counts.push((whose.clone(), Count::Forgotten));
                            }
                            forgotten.push(whose);
                        }
                        _ => {}
                    }
                }
                _ => {}
            }
        }
        // In their order, and before anything travels: a lockout that comes of it does.
        for ((host, account), count) in counts {
            match count {
                Count::Wrong { first } => self.meet_wrong_password(&host, &account, first).await?,
                Count::Forgotten => self.forget_bad_passwords(&host, &account).await?,
                Count::Unlocked => self.unlock(&host, &account).await?,
            }
        }
        self.mirror_faults(now).await?;
        for ((to, source), parcel) in parcels {
            self.deliver(now, to, source, parcel).await?;
        }
        // An unlock that comes by replication ends the receiver's count, too (Q297157); with Samba it stands.
        forgotten.retain(|(host, account)| received.contains(&(host.clone(), account.name().clone())));
        for (host, account) in forgotten {
            self.forget_bad_passwords(&host, &account).await?;
        }
        self.copy_policies(now).await?;
        self.facts.extend(facts);
        Ok(())
    }

    async fn deliver(
        &mut self,
        now: SimTime,
        to: Place,
        source: Place,
        mut parcel: Parcel,
    ) -> Result<(), SambaError> {
        let host = self.host(to);
        parcel.content.sort_by_key(|(rank, ..)| *rank);
        let mut objects: Vec<(Guid, Name)> = Vec::new();
        let mut rights: Vec<String> = Vec::new();
        for (_, subject, moved) in parcel.content {
            match moved {
                Moved::Object(guid) if objects.iter().all(|(known, _)| *known != guid) => {
                    objects.push((guid, subject));
                }
                Moved::Rights(sid) if !rights.contains(&sid) => rights.push(sid),
                Moved::Object(_) | Moved::Rights(_) => {}
            }
        }
        // A pull of everything is quicker than many of one object, and takes nothing that is not due when nothing is
        // left to come.
        let everything = objects.len() > 1 && self.ledger.has_everything(&host);
        if everything {
            let pulled = self.levers.sync(to, source).await;
            pulled.map_err(SambaError::lever(format!("synchronising {host}")))?;
        }
        for (guid, subject) in &objects {
            self.deliver_object(now, to, source, (*guid, subject), everything).await?;
        }
        for sid in &rights {
            let doing = format!("copying rights to {host}");
            let there = self.levers.rights(source).await.map_err(SambaError::lever(doing.clone()))?;
            let rights = there.get(sid).cloned().unwrap_or_default();
            self.levers.set_rights(to, sid, &rights).await.map_err(SambaError::lever(doing))?;
        }
        for (guid, subject) in &objects {
            self.compare_shown(now, &host, to, (*guid, subject)).await?;
        }
        Ok(())
    }

    async fn deliver_object(
        &mut self,
        now: SimTime,
        to: Place,
        source: Place,
        (guid, subject): (Guid, &Name),
        pulled: bool,
    ) -> Result<(), SambaError> {
        let host = self.host(to);
        let doing = || format!("bringing {subject} to {host}");
        let mut asked = u32::from(pulled);
        loop {
            if asked > 0 && self.has_arrived(to, source, guid).await? {
                return Ok(());
            }
            if asked == TRIES {
                let what = Differs::Delivery { subject: subject.clone() };
                self.differs(now, &host, what, "it has", "it has not");
                return Ok(());
            }
            if asked > 0 {
                self.retries += 1;
            }
            asked += 1;
            let moved = self.levers.sync_object(to, source, guid).await;
            if asked == TRIES {
                moved.map_err(SambaError::lever(doing()))?;
            }
        }
    }

    /// Whether a controller shows an object at least as new as its source does.
    async fn has_arrived(&mut self, to: Place, source: Place, guid: Guid) -> Result<bool, SambaError> {
        let doing = || "looking whether an object has arrived".to_owned();
        let there = self.control(source).await?.object(guid).await.map_err(SambaError::directory(doing()))?;
        let here = self.control(to).await?.object(guid).await.map_err(SambaError::directory(doing()))?;
        Ok(match (here, there) {
            (Some(here), Some(there)) => here.is_as_new_as(&there),
            (None, None) => true,
            _ => false,
        })
    }

    /// Compares what a controller shows of a user with what the model shows there.
    async fn compare_shown(
        &mut self,
        now: SimTime,
        host: &HostName,
        place: Place,
        (guid, subject): (Guid, &Name),
    ) -> Result<(), SambaError> {
        let user = mockdc_mocks::AccountName::from(subject.as_str());
        let model =
            self.model_user(now, host, &user).map(|info| shown(info.comment, info.flags, info.primary_group));
        let samba = match self.control(place).await?.user_info(&user).await {
            Ok(info) => Some(shown(info.comment, info.flags, info.primary_group)),
            Err(error) if error.win32() == mockdc_mocks::Win32Error::USER_NOT_FOUND => None,
            Err(error) => return Err(SambaError::directory(format!("reading {user} at {host}"))(error)),
        };
        if model != samba {
            let said = |shown: Option<String>| shown.unwrap_or_else(|| "no such user".to_owned());
            let what = match self.ledger.awaits(host, guid) {
                true => Differs::Early { account: user },
                false => Differs::Shown { account: user },
            };
            self.differs(now, host, what, said(model), said(samba));
        }
        Ok(())
    }
}

fn shown(
    comment: String,
    mut flags: std::collections::BTreeSet<mockdc_mocks::AccountFlag>,
    primary_group: Option<mockdc_mocks::AccountName>,
) -> String {
    // No attribute of the directory, and judged by the model alone.
    flags.remove(&mockdc_mocks::AccountFlag::CannotChangePassword);
    let group = primary_group.map(|group| group.as_str().to_owned()).unwrap_or_default();
    format!("comment `{comment}`, flags {flags:?}, primary group {group}")
}
