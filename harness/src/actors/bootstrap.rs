//! The installing program that the boot loader starts.

use std::rc::Rc;

use super::Installation;
use super::journal::Journal;
use super::library;
use crate::run::Ctx;

/// Plays the installing program; the result is 0 or the code that the install ended with.
pub async fn run(ctx: Ctx, client: Rc<Installation>) -> u32 {
    let profile = client.profile();
    let journal = Journal::new(&profile, &profile.log.remote_file, &profile.log.library_component);
    match library::install(&ctx, &client, &journal).await {
        Ok(()) => 0,
        Err(error) => error.code(),
    }
}
