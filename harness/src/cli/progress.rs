//! Progress of many runs, on standard error and only for somebody who looks at a terminal.

use std::cell::Cell;
use std::io::{self, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Fewer runs than this are over before anybody asks.
const WORTH_IT: usize = 20;

/// Drawings a second.
const RATE: u8 = 8;

/// A line that tells how far it has got; nothing when nobody would see it.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    bad: Cell<u64>,
}

impl Progress {
    /// Of so many runs; `terminal`: whether standard error is one.
    pub(super) fn new(runs: usize, terminal: bool) -> Progress {
        let bar = (terminal && runs >= WORTH_IT).then(|| {
            let bar =
                ProgressBar::with_draw_target(Some(runs as u64), ProgressDrawTarget::stderr_with_hz(RATE));
            let template = "{wide_bar} {pos}/{len} {msg} {eta}";
            bar.set_style(
                ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
            );
            bar
        });
        Progress { bar, bad: Cell::new(0) }
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
