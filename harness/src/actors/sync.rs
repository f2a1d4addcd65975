//! Waits for an account to reach a host's own copy of the directory.

use mockdc_mocks::{AccountName, Data, HostName, Reply, Span, Verb, Win32Error};
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
    /// Looks at once and then each interval. The last possible look is the one that falls on the limit itself; a look
    /// that has no answer by then is given up, and the result is that of the look before it.
    pub(super) async fn until<E: From<Win32Error>>(
        &self,
        ctx: &Ctx,
        mut look: impl AsyncFnMut() -> Look<E>,
    ) -> Result<(), E> {
        let what = || WaitFor::Account { account: self.account.clone(), at: self.at.clone() };
        let began = ctx.now();
        ctx.record(EventKind::WaitBegan { what: what(), limit: Some(self.limit) });
        let end = |how| {
            ctx.record(EventKind::WaitEnded { what: what(), how, lasted: ctx.now().since(began) });
        };
        let deadline = began + self.limit;
        // A wait that looks all the time would stop the clock.
        let every = self.every.max(Span::millis(1));
        let mut last = E::from(Win32Error::TIMEOUT);
        loop {
            match ctx.within(deadline.since(ctx.now()), look()).await {
                Some(Look::There) => {
                    end(WaitEnd::Met);
                    return Ok(());
                }
                Some(Look::Broken(error)) => {
                    end(WaitEnd::Abandoned);
                    return Err(error);
                }
                Some(Look::NotYet(error)) => last = error,
                None => {}
            }
            if ctx.now() + every > deadline {
                ctx.sleep_until(deadline).await;
                end(WaitEnd::TimedOut);
                return Err(last);
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
