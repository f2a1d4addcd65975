//! Waits for an account to reach a host's own copy of the directory.

use mockdc_mocks::{AccountName, Data, HostName, Reply, Span, Verb};
use mockdc_scenarios::MaximumWait;

use crate::run::Ctx;
use crate::timeline::{EventKind, WaitEnd, WaitFor};

/// What a wait is for, how often it looks and for how long.
pub(super) struct Wait<'a> {
    pub(super) account: &'a AccountName,
    pub(super) at: &'a HostName,
    pub(super) every: Span,
    pub(super) limit: Span,
}

/// What a look found.
pub(super) enum Look<E> {
    /// It is there.
    There,
    /// Not yet; should the wait be over, this is the result.
    NotYet(E),
    /// Something that no waiting mends.
    Broken(E),
}

impl Wait<'_> {
    /// Looks at once and then each interval. The last possible look is the one that falls on the limit itself.
    pub(super) async fn until<E>(&self, ctx: &Ctx, mut look: impl AsyncFnMut() -> Look<E>) -> Result<(), E> {
        let what = || WaitFor::Account { account: self.account.clone(), at: self.at.clone() };
        let began = ctx.now();
        ctx.record(EventKind::WaitBegan { what: what(), limit: Some(self.limit) });
        let end = |how| {
            ctx.record(EventKind::WaitEnded { what: what(), how, lasted: ctx.now().since(began) });
        };
        let deadline = began + self.limit;
        // A wait that looks all the time would stop the clock.
        let every = self.every.max(Span::millis(1));
        loop {
            let error = match look().await {
                Look::There => {
                    end(WaitEnd::Met);
                    return Ok(());
                }
                Look::Broken(error) => {
                    end(WaitEnd::Abandoned);
                    return Err(error);
                }
                Look::NotYet(error) => error,
            };
            if ctx.now() + every > deadline {
                ctx.sleep_until(deadline).await;
                end(WaitEnd::TimedOut);
                return Err(error);
            }
            ctx.sleep(every).await;
        }
    }
}

/// The longest wait: the PDC's registry value where the profile has it read and it is there, else the default.
pub(super) async fn maximum_wait(ctx: &Ctx, rules: &MaximumWait, pdc: &HostName) -> Span {
    if !rules.reads_registry {
        return rules.default;
    }
    let read = Verb::RegistryRead { key: rules.key.clone(), value: rules.value.clone() };
    match ctx.call(pdc, read).await {
        Ok(Reply::Data(Data::Dword(count))) => rules.unit.times(i64::from(count)),
        _ => rules.default,
    }
}
