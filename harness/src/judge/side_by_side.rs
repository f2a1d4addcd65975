//! Checks of a long run on all cores: each goes through the run by itself.

use std::num::NonZero;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::thread;

use super::outline::Outline;

/// What a check finds for each of these, in their order. Of a run that is laid away in pages, some of them at once.
pub(super) fn all_of<I: Sync, F: Send>(
    outline: &Outline<'_>,
    items: &[I],
    check: impl Fn(&I) -> F + Sync,
) -> Vec<F> {
    let cores = match outline.run.events.are_paged() {
        true => thread::available_parallelism().map_or(1, NonZero::get),
        false => 1,
    };
    on_threads(cores, items, check)
}

fn on_threads<I: Sync, F: Send>(threads: usize, items: &[I], check: impl Fn(&I) -> F + Sync) -> Vec<F> {
    if threads == 1 {
        return items.iter().map(check).collect();
    }
    let waiting = Mutex::new(items.iter().enumerate());
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || -> Vec<(usize, F)> {
        std::iter::from_fn(next).map(|(place, item)| (place, check(item))).collect()
    };
    let mut found = thread::scope(|scope| {
        let others: Vec<_> = (1..threads.min(items.len())).map(|_| scope.spawn(work)).collect();
        let mut found = work();
        for other in others {
            match other.join() {
                Ok(more) => found.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        found
    });
    found.sort_unstable_by_key(|(place, _)| *place);
    found.into_iter().map(|(_, found)| found).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_on_threads_stands_in_the_order_of_what_was_asked() {
        let items: Vec<u32> = (0..50).collect();
        let squares: Vec<u32> = items.iter().map(|item| item * item).collect();
        for threads in [1, 2, 3, 60] {
            assert_eq!(on_threads(threads, &items, |item| item * item), squares);
        }
        assert!(on_threads(4, &[], |item: &u32| *item).is_empty());
    }
}
