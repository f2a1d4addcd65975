//! mockdc: replays client installs against mock domain controllers.
//!
//! A scenario becomes a `Plan` (package `mockdc-scenarios`); [`orchestrator::run`] replays it against the domain model
//! (package `mockdc-mocks`) and leaves a [`timeline::Timeline`], which is then judged and reported.
//!
//! Start reading at [`timeline::EventKind`], what a run leaves behind, and at [`actors`], who plays.

pub mod actors;
pub mod backend;
pub mod cli;
pub mod diagnose;
pub mod judge;
pub mod logs;
pub mod orchestrator;
pub mod picture;
pub mod report;
pub mod run;
pub mod script;
pub mod timeline;
pub mod vary;
pub mod why;
