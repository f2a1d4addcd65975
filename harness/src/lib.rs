//! mockdc: replays client installs against mock domain controllers.

pub mod actors;
pub mod judge;
pub mod report;
pub mod run;
pub mod script;
pub mod timeline;
