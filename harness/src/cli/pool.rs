//! Work on several threads whose results come back in the order of the items.

use std::any::Any;
use std::collections::BTreeMap;
use std::io;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Results that may wait for their turn, for each thread: more of them would only take memory.
const AHEAD: usize = 4;

/// Stack of a thread, in bytes; as much as a main thread has.
const STACK: usize = 8 << 20;

/// How many threads a machine is good for.
pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Does `work` for the numbers below `count` on `jobs` threads, and hands each result to `take` in order, on this
/// thread. `take` ends it all by breaking, and `desk` by being closed: what was being worked on then is left alone, and
/// the process need not wait for it.
pub(super) fn in_order<O: Send + 'static>(
    desk: &Arc<Desk<O>>,
    count: usize,
    jobs: usize,
    work: impl Fn(usize) -> O + Send + Sync + 'static,
    mut take: impl FnMut(usize, O) -> io::Result<ControlFlow<()>>,
) -> io::Result<()> {
    let jobs = jobs.clamp(1, count.max(1));
    let work = Arc::new(work);
    let _closing = Closing(desk);
    for _ in 0..jobs {
        let (desk, work) = (Arc::clone(desk), Arc::clone(&work));
        let worker = move || {
            while let Some(number) = desk.take_on(count, jobs * AHEAD) {
                let done = catch_unwind(AssertUnwindSafe(|| work(number)));
                desk.hand_in(number, done);
            }
        };
        std::thread::Builder::new().stack_size(STACK).spawn(worker)?;
    }
    for number in 0..count {
        match desk.wait_for(number) {
            None => break,
            Some(Err(panic)) => resume_unwind(panic),
            Some(Ok(done)) => {
                if take(number, done)?.is_break() {
                    break;
                }
            }
        }
    }
    Ok(())
}

/// Closes the desk, whichever way it is left.
struct Closing<'d, O>(&'d Desk<O>);

impl<O> Drop for Closing<'_, O> {
    fn drop(&mut self) {
        self.0.close();
    }
}

type Done<O> = Result<O, Box<dyn Any + Send>>;

/// Where results lie until it is their turn.
pub(super) struct Desk<O> {
    next: AtomicUsize,
    stop: AtomicBool,
    waiting: Mutex<Waiting<O>>,
    changed: Condvar,
}

struct Waiting<O> {
    taken: usize,
    done: BTreeMap<usize, Done<O>>,
}

impl<O> Default for Desk<O> {
    fn default() -> Desk<O> {
        Desk {
            next: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
            waiting: Mutex::new(Waiting { taken: 0, done: BTreeMap::new() }),
            changed: Condvar::new(),
        }
    }
}

impl<O> Desk<O> {
    fn waiting(&self) -> MutexGuard<'_, Waiting<O>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    /// The next number to work on, once it is less than `window` ahead; `None` when there is none.
    fn take_on(&self, count: usize, window: usize) -> Option<usize> {
        let number = self.next.fetch_add(1, Ordering::SeqCst);
        let mut waiting = self.waiting();
        while number >= waiting.taken + window && !self.stopped() {
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        (number < count && !self.stopped()).then_some(number)
    }

    fn hand_in(&self, number: usize, done: Done<O>) {
        self.waiting().done.insert(number, done);
        self.changed.notify_all();
    }

    /// The result of `number`; `None` when the desk is closed.
    fn wait_for(&self, number: usize) -> Option<Done<O>> {
        let mut waiting = self.waiting();
        loop {
            if self.stopped() {
                return None;
            }
            if let Some(done) = waiting.done.remove(&number) {
                waiting.taken = number + 1;
                self.changed.notify_all();
                return Some(done);
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Ends the work: nobody takes on more, and nobody waits.
    pub(super) fn close(&self) {
        // Under the lock, so that nobody who has just looked misses the call.
        let waiting = self.waiting();
        self.stop.store(true, Ordering::SeqCst);
        drop(waiting);
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(count: usize, jobs: usize) -> Vec<usize> {
        let mut seen = Vec::new();
        let work = move |number: usize| {
            // Later numbers are quicker than earlier ones, so that they overtake them.
            (0..(count - number) * 50).fold(number, |sum, n| sum ^ std::hint::black_box(n) ^ n)
        };
        in_order(&Arc::default(), count, jobs, work, |number, done| {
            assert_eq!(number, done);
            seen.push(number);
            Ok(ControlFlow::Continue(()))
        })
        .unwrap();
        seen
    }

    #[test]
    fn results_come_in_order_whatever_the_number_of_threads() {
        for jobs in [1, 2, 3, 16] {
            for count in [0, 1, 2, 100] {
                assert_eq!(all(count, jobs), (0..count).collect::<Vec<_>>(), "{jobs} {count}");
            }
        }
    }

    #[test]
    fn who_takes_can_break_it_off() {
        for jobs in [1, 4] {
            let mut seen = 0;
            in_order(
                &Arc::default(),
                1_000_000,
                jobs,
                |number| number,
                |number, _| {
                    seen += 1;
                    Ok(if number == 9 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
                },
            )
            .unwrap();
            assert_eq!(seen, 10);
        }
    }

    #[test]
    fn no_thread_runs_far_ahead() {
        let furthest = Arc::new(AtomicUsize::new(0));
        let of_work = Arc::clone(&furthest);
        let work = move |number: usize| of_work.fetch_max(number, Ordering::SeqCst);
        in_order(&Arc::default(), 1_000, 3, work, |number, _| {
            assert!(furthest.load(Ordering::SeqCst) < number + 1 + 3 * AHEAD);
            Ok(ControlFlow::Continue(()))
        })
        .unwrap();
    }

    #[test]
    fn an_error_and_a_panic_end_it() {
        let failed = in_order(
            &Arc::default(),
            100,
            4,
            |number| number,
            |number, _| match number {
                5 => Err(io::Error::other("full")),
                _ => Ok(ControlFlow::Continue(())),
            },
        );
        assert_eq!(failed.unwrap_err().to_string(), "full");
        let panicked = catch_unwind(|| {
            let work = |number: usize| assert_ne!(number, 7, "work of 7");
            in_order(&Arc::default(), 100, 4, work, |_, ()| Ok(ControlFlow::Continue(())))
        });
        assert!(panicked.is_err());
    }

    #[test]
    fn a_desk_that_is_closed_from_outside_ends_it_while_work_goes_on() {
        for jobs in [1, 4] {
            let desk = Arc::new(Desk::default());
            let (never, blocked) = std::sync::mpsc::channel::<()>();
            let blocked = Mutex::new(blocked);
            let work = move |number: usize| {
                if number == 5 {
                    // Until the other end is dropped.
                    let ended = blocked.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    assert!(ended.is_err());
                }
            };
            let outside = Arc::clone(&desk);
            let mut seen = 0;
            in_order(&desk, 10, jobs, work, |number, ()| {
                seen += 1;
                if number == 4 {
                    let outside = Arc::clone(&outside);
                    std::thread::spawn(move || outside.close());
                }
                Ok(ControlFlow::Continue(()))
            })
            .unwrap();
            assert_eq!(seen, 5);
            drop(never);
        }
    }
}
