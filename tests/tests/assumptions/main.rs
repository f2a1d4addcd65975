//! Every assumption of FACTS.md is swept: whatever value its key takes, no law breaks, nothing hangs, the same seed gives
//! the same run, and what follows from the value is what arithmetic says.

mod client;
mod coverage;
mod installs;
mod membership;
mod replication;
mod runs;
