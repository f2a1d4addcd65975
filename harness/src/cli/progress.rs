//! Progress of runs, on standard error and only for somebody who looks at a terminal.

use std::cell::Cell;
use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use mockdc_mocks::{SimTime, Span};

use crate::run::Pulse;

/// Fewer runs than this are over before anybody asks, unless one of them is long.
const WORTH_IT: usize = 20;

/// A few runs that take longer than this are long.
const LONG: Duration = Duration::from_secs(2);

/// Drawings a second.
const RATE: u8 = 8;

/// A line that tells how far it has got; nothing when nobody would see it.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    pulse: Option<Arc<Pulse>>,
    bad: Cell<u64>,
}

impl Progress {
    /// Of so many runs; `terminal`: whether standard error is one.
    pub(super) fn new(runs: usize, terminal: bool) -> Progress {
        let few = runs < WORTH_IT;
        let pulse: Option<Arc<Pulse>> = (terminal && few).then(Arc::default);
        let bar = terminal.then(|| {
            let bar =
                ProgressBar::with_draw_target(Some(runs as u64), ProgressDrawTarget::stderr_with_hz(RATE));
            let template = if few { "{reached}" } else { "{wide_bar} {pos}/{len} {msg} {eta}" };
            let style =
                ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
            let told = pulse.clone();
            bar.set_style(style.with_key(
                "reached",
                move |state: &ProgressState, out: &mut dyn fmt::Write| {
                    if let Some(pulse) = told.as_deref().filter(|_| state.elapsed() >= LONG) {
                        // A line that cannot be drawn is no loss.
                        let _ = out.write_str(&reached(pulse));
                    }
                },
            ));
            if few {
                bar.enable_steady_tick(Duration::from_secs(1) / u32::from(RATE));
            }
            bar
        });
        Progress { bar, pulse, bad: Cell::new(0) }
    }

    /// Whom runs tell how far they have got, when anybody looks.
    pub(super) fn pulse(&self) -> Option<Arc<Pulse>> {
        self.pulse.clone()
    }

    /// Prints a result, with the line out of its way.
    pub(super) fn print(&self, out: &mut dyn Write, text: &[u8]) -> io::Result<()> {
        match &self.bar {
            _ if text.is_empty() => Ok(()),
            None => out.write_all(text),
            Some(bar) => bar.suspend(|| out.write_all(text).and_then(|()| out.flush())),
        }
    }

    /// One more is done.
    pub(super) fn advance(&self, passed: bool) {
        let Some(bar) = &self.bar else { return };
        if !passed {
            self.bad.set(self.bad.get() + 1);
            bar.set_message(format!("{} not passed", self.bad.get()));
        }
        bar.inc(1);
    }

    /// Takes the line away.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// How far runs have got: what one reads while an estate is played.
fn reached(pulse: &Pulse) -> String {
    let (events, at) = pulse.reached();
    told(events, at)
}

/// The same in words; the clock to the second.
fn told(events: u64, at: SimTime) -> String {
    match events {
        0 => "preparing".to_owned(),
        _ => {
            let at = Span::secs(at.as_millis() / 1_000);
            format!("{} thousand events, the scenario's clock at {at}", events / 1_000)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_tells_thousands_of_events_and_the_clock_to_the_second() {
        assert_eq!(told(0, SimTime::START), "preparing");
        assert_eq!(told(8_192, SimTime(3_661_234)), "8 thousand events, the scenario's clock at 1h1m1s");
    }
}
