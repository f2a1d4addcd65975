//! Running actors in virtual time: the stage they share, what each can do, and the driver that moves the clock.

mod ctx;
mod driver;
mod rehearsal;
mod stage;
mod timers;
mod world;

pub use ctx::Ctx;
pub use driver::{Driver, Ending, VirtualPort};
pub use rehearsal::{Rehearsal, Rehearsed};
pub use stage::{ActorFuture, ActorStart, Observer, ProgramFactory, ProgramStart, Stage};
pub use world::{InProcess, Performed, Trouble, World};
