//! Work on several threads.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Stack of a thread, in bytes; as much as a main thread has.
const STACK: usize = 8 << 20;

/// Does `work` on each item, on `jobs` threads; the results are in the order of the items.
pub fn parallel<I: Sync, O: Send>(items: &[I], jobs: usize, work: impl Fn(&I) -> O + Sync) -> Vec<O> {
    let jobs = jobs.clamp(1, items.len().max(1));
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<Option<O>>> = Mutex::new(items.iter().map(|_| None).collect());
    let worker = || {
        while let Some((number, item)) = take(items, &next) {
            let result = work(item);
            if let Ok(mut done) = done.lock() {
                done[number] = Some(result);
            }
        }
    };
    if jobs == 1 {
        worker();
    } else {
        std::thread::scope(|scope| {
            for _ in 1..jobs {
                // A thread that the system refuses is one the fewer; this one works as well.
                let _ = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, worker);
            }
            worker();
        });
    }
    // A thread that panicked has ended the scope by its panic, so that nothing is missing here.
    done.into_inner().unwrap_or_default().into_iter().flatten().collect()
}

fn take<'i, I>(items: &'i [I], next: &AtomicUsize) -> Option<(usize, &'i I)> {
    let number = next.fetch_add(1, Ordering::SeqCst);
    items.get(number).map(|item| (number, item))
}
