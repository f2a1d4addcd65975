//! The view of a run while it goes on.

use super::Event;

/// What is known of a run at the present instant.
#[derive(Debug, Default)]
pub struct Live {}

impl Live {
    /// Takes the next event into account.
    pub fn apply(&mut self, event: &Event) {
        let _ = event;
    }
}
