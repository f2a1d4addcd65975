//! Running actors: the stage they share, what each can do, and the drivers that move the clock, a virtual one and the
//! wall's.

mod ctx;
mod driver;
mod inbox;
mod life;
mod live;
mod live_clock;
mod margin;
mod pace;
mod pulse;
mod rehearsal;
mod secrets;
mod sleep;
mod stage;
mod timers;
mod turns;
mod wall;
mod wire;
mod world;

pub use ctx::Ctx;
use driver::{CallPath, answered};
pub use driver::{Driver, Ending, VirtualPort};
pub use inbox::Inbox;
pub use live::{Close, LiveDriver};
pub use live_clock::LiveClock;
pub use margin::Margin;
pub use pace::{Effort, Pace};
pub use pulse::Pulse;
pub use rehearsal::{Rehearsal, Rehearsed};
pub use sleep::Sleep;
pub(crate) use stage::Opening;
pub use stage::{ActorFuture, ActorStart, Observer, ProgramFactory, ProgramStart, Stage};
pub use wall::WallDriver;
pub use world::{InProcess, Performed, Trouble, World};
