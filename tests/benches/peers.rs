//! The same wait-and-time-out program on four engines of virtual time, in the same run: mockdc's own, tokio's paused
//! clock, turmoil and nexosim. Prints what an install costs on each, and how many times mockdc's that is:
//!
//! ```sh
//! cargo bench -p mockdc-tests --features peers --bench peers
//! ```
//!
//! The program is the skeleton of an install: a loader starts a child and waits for it for 15 minutes and a half; the
//! child looks once a minute, for an hour at most, whether its account is there; 15 minutes after the loader has stopped
//! the bootstrap account is deleted, and a child that is not done by then fails. Each engine plays it in the way that
//! suits it best: turmoil with ticks of a minute instead of its millisecond, and everything in one of its hosts; nexosim
//! on one thread, with scheduled events instead of tasks. All must count the same looks and failures.
#![expect(clippy::disallowed_methods, reason = "a bench measures the time on the wall")]

use std::io::Write;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// As in the binary, for all of them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const MINUTE: Duration = Duration::from_secs(60);
const LOADER: Duration = Duration::from_secs(930);
const DELETION: Duration = Duration::from_secs(900);

/// Installs at once.
const INSTALLS: u64 = 200;

/// Rounds of each engine; the median counts.
const ROUNDS: usize = 31;

/// The minute after which an install's account is there.
fn minutes(install: u64) -> u64 {
    2 + install * 7 % 57
}

/// What all installs together came to.
#[derive(Debug, Default)]
struct Count {
    looks: AtomicU64,
    failures: AtomicU64,
}

impl Count {
    fn look(&self) {
        self.looks.fetch_add(1, Ordering::Relaxed);
    }

    fn fail(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    fn result(&self) -> (u64, u64) {
        (self.looks.load(Ordering::Relaxed), self.failures.load(Ordering::Relaxed))
    }
}

mod ours {
    use futures::FutureExt;
    use futures::channel::oneshot;
    use futures::future::LocalBoxFuture;
    use mockdc::run::{ActorStart, Ctx, Driver, Stage};
    use mockdc::timeline::{Live, Role};
    use mockdc_mocks::{Answer, Caller, HostName, Operation, Port, SimTime, Span, Win32Error};

    use super::*;

    /// Nobody is called in this program.
    struct NoPort;

    impl Port for NoPort {
        fn call(&self, _: &Caller, _: Operation) -> LocalBoxFuture<'static, Answer> {
            async { Err(Win32Error::NOT_SUPPORTED) }.boxed_local()
        }
    }

    fn span(duration: Duration) -> Span {
        Span::millis(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
    }

    fn start(role: Role, host: &HostName) -> ActorStart {
        let caller = Caller::system(host.clone());
        ActorStart { role, host: host.clone(), caller, process: None, subject: "install".into() }
    }

    pub(super) fn play() -> (u64, u64) {
        let count = Arc::new(Count::default());
        let stage = Stage::new(None, Live::default(), 1, 1_000_000);
        let host: HostName = "BDC1".into();
        for install in 0..INSTALLS {
            let (count, host) = (count.clone(), host.clone());
            stage.spawn(
                start(Role::BootLoader, &host.clone()),
                Box::new(move |ctx| loader(ctx, host, install, count).boxed_local()),
            );
        }
        Driver::with_port(stage, Rc::new(NoPort)).run(SimTime::START + Span::days(1), host);
        count.result()
    }

    async fn loader(ctx: Ctx, host: HostName, install: u64, count: Arc<Count>) -> u32 {
        let deleted = Rc::new(std::cell::Cell::new(false));
        let (done, child) = oneshot::channel::<()>();
        let of_child = deleted.clone();
        ctx.spawn(start(Role::Bootstrap, &host), move |ctx| {
            async move {
                for _ in 0..minutes(install) {
                    ctx.sleep(span(MINUTE)).await;
                    count.look();
                }
                if of_child.get() {
                    count.fail();
                }
                let _ = done.send(());
                0
            }
            .boxed_local()
        });
        let _ = ctx.within(span(LOADER), child).await;
        ctx.sleep(span(DELETION)).await;
        deleted.set(true);
        0
    }
}

mod on_tokio {
    use tokio::time::{sleep, timeout};

    use super::*;

    pub(super) async fn installs(count: Arc<Count>) {
        let mut loaders = Vec::new();
        for install in 0..INSTALLS {
            let count = count.clone();
            loaders.push(tokio::spawn(async move {
                let deleted = Arc::new(AtomicBool::new(false));
                let of_child = deleted.clone();
                let child = tokio::spawn(async move {
                    for _ in 0..minutes(install) {
                        sleep(MINUTE).await;
                        count.look();
                    }
                    if of_child.load(Ordering::Relaxed) {
                        count.fail();
                    }
                });
                let _ = timeout(LOADER, child).await;
                sleep(DELETION).await;
                deleted.store(true, Ordering::Relaxed);
            }));
        }
        for loader in loaders {
            let _ = loader.await;
        }
        // Who outlives its loader is waited for as well.
        sleep(60 * MINUTE).await;
    }

    pub(super) fn paused() -> (u64, u64) {
        let count = Arc::new(Count::default());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.expect("a runtime").block_on(installs(count.clone()));
        count.result()
    }

    pub(super) fn turmoil() -> (u64, u64) {
        let count = Arc::new(Count::default());
        let of_sim = count.clone();
        let mut sim = ::turmoil::Builder::new()
            .tick_duration(MINUTE)
            .simulation_duration(Duration::from_secs(10 * 3_600))
            .build();
        sim.client("installs", async move {
            installs(of_sim).await;
            Ok(())
        });
        sim.run().expect("the simulation ends");
        count.result()
    }
}

mod on_nexosim {
    use nexosim::model::{Context, Model, schedulable};
    use nexosim::simulation::{EventKey, Mailbox, SimInit};
    use nexosim::time::MonotonicTime;
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Serialize, Deserialize)]
    pub(super) struct Install {
        left: u64,
        deleted: bool,
        loader: Option<EventKey>,
        #[serde(skip)]
        count: Arc<Count>,
    }

    #[Model]
    impl Install {
        #[nexosim(init)]
        async fn init(&mut self, cx: &Context<Self>, _: &mut ()) {
            self.loader = cx.schedule_keyed_event(LOADER, schedulable!(Self::loader_stops), ()).ok();
            let _ = cx.schedule_event(MINUTE, schedulable!(Self::look), ());
        }

        #[nexosim(schedulable)]
        async fn look(&mut self, _: (), cx: &Context<Self>) {
            self.count.look();
            self.left -= 1;
            if self.left > 0 {
                let _ = cx.schedule_event(MINUTE, schedulable!(Self::look), ());
                return;
            }
            if self.deleted {
                self.count.fail();
            }
            if let Some(loader) = self.loader.take() {
                loader.cancel();
                let _ = cx.schedule_event(DELETION, schedulable!(Self::delete), ());
            }
        }

        #[nexosim(schedulable)]
        async fn loader_stops(&mut self, _: (), cx: &Context<Self>) {
            self.loader = None;
            let _ = cx.schedule_event(DELETION, schedulable!(Self::delete), ());
        }

        #[nexosim(schedulable)]
        async fn delete(&mut self) {
            self.deleted = true;
        }
    }

    pub(super) fn play() -> (u64, u64) {
        let count = Arc::new(Count::default());
        let mut bench = SimInit::with_num_threads(1);
        for install in 0..INSTALLS {
            let (left, count) = (minutes(install), count.clone());
            let model = Install { left, deleted: false, loader: None, count };
            bench = bench.add_model(model, Mailbox::new(), "install");
        }
        let start = MonotonicTime::EPOCH;
        let mut simulation = bench.init(start).expect("a simulation");
        simulation.step_until(start + Duration::from_secs(10 * 3_600)).expect("the simulation ends");
        count.result()
    }
}

/// An engine by its name.
type Engine = (&'static str, fn() -> (u64, u64));

const ENGINES: [Engine; 4] = [
    ("mockdc", ours::play),
    ("tokio, paused clock", on_tokio::paused),
    ("turmoil", on_tokio::turmoil),
    ("nexosim", on_nexosim::play),
];

fn main() -> std::io::Result<()> {
    let expected = ours::play();
    let mut times = [const { Vec::new() }; ENGINES.len()];
    // One after the other in each round, so that whatever else the machine does meets all of them.
    for _ in 0..ROUNDS {
        for ((name, play), times) in ENGINES.iter().zip(&mut times) {
            let begun = Instant::now();
            let result = play();
            times.push(begun.elapsed().as_nanos());
            assert_eq!(result, expected, "{name} plays another program");
        }
    }
    let medians = times.map(|mut times: Vec<u128>| {
        times.sort_unstable();
        times[times.len() / 2]
    });
    let mut out = std::io::stdout();
    let (looks, failures) = expected;
    writeln!(
        out,
        "{INSTALLS} installs at once, {looks} looks, {failures} failures; median of {ROUNDS} rounds"
    )?;
    for ((name, _), median) in ENGINES.iter().zip(medians) {
        let each = median as f64 / INSTALLS as f64 / 1_000.0;
        let ratio = median as f64 / medians[0] as f64;
        writeln!(out, "{name:<20} {each:>8.2} µs an install  {ratio:>6.2} times mockdc's")?;
    }
    Ok(())
}
