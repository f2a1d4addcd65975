//! A Samba domain with a clock of its own, for Rust tests.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use mockdc_mocks::{Answer, Caller, FactRecord, HostName, Operation, Port, SimTime, Span, Verb, Win32Error};
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::{DrivenSamba, SambaError};
use crate::{Difference, Endpoint, Place, Scale};

/// A domain of Samba controllers whose scenario runs on the wall, as fast as the builder said. Clones are the same
/// domain; the containers end with the last of them, or by [`SambaDomain::stop`].
///
/// Changes reach the other controllers when the model of the scenario says so, whether anybody looks or not.
///
/// ```no_run
/// use mockdc_containers::SambaDomain;
/// use mockdc_mocks::{Caller, Span, Verb, Win32Error};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let domain = SambaDomain::builder().bdcs(2).delay(Span::mins(5)).speed(60.0).start().await?;
/// let admin = Caller::domain("PDC1", "Administrator", "Adm1n-password!");
/// let (user, password) = ("SMS&_BDC1".into(), "S3cret-password".into());
/// let add = Verb::UserAdd { user, password, comment: None, flags: Default::default() };
/// domain.call_verb(&admin, "PDC1", add).await?;
///
/// let probe = || Verb::UserInfo { user: "SMS&_BDC1".into() };
/// assert_eq!(domain.call_verb(&admin, "BDC1", probe()).await, Err(Win32Error::USER_NOT_FOUND)); // 2221
/// domain.pass(Span::mins(5)).await; // five seconds on the wall
/// assert!(domain.call_verb(&admin, "BDC1", probe()).await.is_ok());
/// domain.stop().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SambaDomain(Arc<Own>);

struct Own {
    driven: DrivenSamba,
    scale: Scale,
    /// An operation may have brought the next timeout nearer.
    sooner: Arc<Notify>,
    trouble: Arc<std::sync::Mutex<Option<SambaError>>>,
    controller: AbortHandle,
}

impl Drop for Own {
    fn drop(&mut self) {
        self.controller.abort();
    }
}

impl SambaDomain {
    /// Starts the clock of a domain, which runs `speed` times faster than the wall.
    pub fn run(driven: DrivenSamba, speed: f64) -> SambaDomain {
        let scale = Scale::starting_now(speed);
        let sooner = Arc::new(Notify::new());
        let trouble = Arc::default();
        let task = tokio::spawn(control(driven.clone(), scale, sooner.clone(), Arc::clone(&trouble)));
        SambaDomain(Arc::new(Own { driven, scale, sooner, trouble, controller: task.abort_handle() }))
    }

    /// The present instant of the scenario.
    pub fn now(&self) -> SimTime {
        self.0.scale.now()
    }

    /// Performs a verb at a host. The future is done when the caller would have its answer.
    pub async fn call_verb(&self, by: &Caller, at: impl Into<HostName>, verb: Verb) -> Answer {
        self.call(by, Operation::new(at, verb)).await
    }

    /// Waits while so much time of the scenario passes.
    pub async fn pass(&self, span: Span) {
        let until = self.now() + span;
        if let Some(wall) = self.0.scale.wall(until) {
            tokio::time::sleep_until(wall).await;
        }
    }

    /// Takes what has happened since the last call, in order.
    pub fn drain_facts(&self) -> Vec<FactRecord> {
        self.0.driven.drain_facts()
    }

    /// Where Samba and the model have differed so far.
    pub fn differences(&self) -> Vec<Difference> {
        self.0.driven.differences()
    }

    /// What broke the domain; `None` as long as it works. Calls after it are answered with 1722.
    pub fn trouble(&self) -> Option<SambaError> {
        self.0.trouble.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Where a controller answers LDAP and SMB; 0 is the PDC. For programs that talk to it themselves.
    pub async fn endpoint(&self, place: Place) -> Endpoint {
        self.0.driven.endpoint(place).await
    }

    /// Ends and removes the containers.
    ///
    /// # Errors
    ///
    /// As for [`DrivenSamba::stop`].
    pub async fn stop(self) -> Result<(), SambaError> {
        self.0.controller.abort();
        self.0.driven.clone().stop().await
    }
}

impl Port for SambaDomain {
    fn call(&self, by: &Caller, operation: Operation) -> LocalBoxFuture<'static, Answer> {
        let (domain, by) = (self.clone(), by.clone());
        async move {
            let now = domain.now();
            let outcome = domain.0.driven.perform_at(now, &by, operation).await;
            domain.0.sooner.notify_one();
            match outcome {
                Ok(outcome) => {
                    if let Some(answered) = domain.0.scale.wall(now + outcome.takes) {
                        tokio::time::sleep_until(answered).await;
                    }
                    outcome.answer
                }
                Err(error) => {
                    tracing::warn!(%error, "the Samba domain is broken");
                    note(&domain.0.trouble, error);
                    Err(Win32Error::SERVER_UNAVAILABLE)
                }
            }
        }
        .boxed_local()
    }
}

/// Lets the domain do by itself what is due, when it is due.
async fn control(
    driven: DrivenSamba,
    scale: Scale,
    sooner: Arc<Notify>,
    trouble: Arc<std::sync::Mutex<Option<SambaError>>>,
) {
    loop {
        let due = driven.next_timeout().and_then(|at| scale.wall(at));
        match due {
            Some(due) => {
                tokio::select! {
                    () = tokio::time::sleep_until(due) => {}
                    () = sooner.notified() => continue,
                }
            }
            None => {
                sooner.notified().await;
                continue;
            }
        }
        if let Err(error) = driven.advance_to(scale.now()).await {
            tracing::warn!(%error, "the Samba domain is broken");
            note(&trouble, error);
            return;
        }
    }
}

fn note(trouble: &std::sync::Mutex<Option<SambaError>>, error: SambaError) {
    let mut first = trouble.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    first.get_or_insert(error);
}
