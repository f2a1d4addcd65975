//! Claims about the user's own program.

use mockdc_scenarios::ProgramEnding;

use super::{ClaimResult, Reading};
use crate::timeline::{Class, Classes, EventKind};

pub(super) fn program_ended(reading: &Reading<'_>, wanted: ProgramEnding) -> ClaimResult {
    let ends = reading.events().chosen(0, Classes::these(&[Class::Program]));
    let end = ends.last().and_then(|event| match event.kind {
        EventKind::ProgramEnded { ended } => Some((ended, event.seq)),
        _ => None,
    });
    match end {
        Some((ended, _)) if ended == wanted => ClaimResult::holds(),
        Some((ended, seq)) => {
            let text = format!("the program should {}, and {}", should(wanted), did(ended));
            ClaimResult::fails(text, [seq])
        }
        None => {
            let text =
                format!("the program should {}, and it was not run: `mockdc exec` runs it", should(wanted));
            ClaimResult::untold(text, [])
        }
    }
}

fn should(ended: ProgramEnding) -> String {
    match ended {
        ProgramEnding::Code(0) => "succeed".to_owned(),
        ProgramEnding::Code(code) => format!("end with exit code {code}"),
        ProgramEnding::TimedOut => "still run when its time is over".to_owned(),
        ProgramEnding::Killed => "be ended by a signal".to_owned(),
    }
}

fn did(ended: ProgramEnding) -> String {
    match ended {
        ProgramEnding::Code(0) => "it succeeded".to_owned(),
        ProgramEnding::Code(code) => format!("it ended with exit code {code}"),
        ProgramEnding::TimedOut => "its time was over".to_owned(),
        ProgramEnding::Killed => "a signal ended it".to_owned(),
    }
}
