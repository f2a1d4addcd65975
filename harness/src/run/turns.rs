//! Whose turn it is: actors are polled one at a time, in the order in which they were woken.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Wake, Waker};

/// A task's number.
pub(super) type TaskId = usize;

/// Tasks that take turns. Unlike an executor this polls exactly one task at a time, so that whoever drives it can do
/// what a task has asked for before anyone else has a turn.
#[derive(Default)]
pub(super) struct Turns {
    /// By number; a task that has ended leaves its place empty.
    tasks: Vec<Option<Task>>,
    woken: Arc<Mutex<VecDeque<TaskId>>>,
}

struct Task {
    future: Pin<Box<dyn Future<Output = ()>>>,
    bell: Arc<Bell>,
    waker: Waker,
}

/// Wakes a task: it gets its turn after those that were woken before, and once however often it is woken.
struct Bell {
    task: TaskId,
    rung: AtomicBool,
    woken: Arc<Mutex<VecDeque<TaskId>>>,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.rung.swap(true, Ordering::Relaxed) {
            self.woken.lock().unwrap_or_else(PoisonError::into_inner).push_back(self.task);
        }
    }
}

impl Turns {
    /// Takes a task in; it has its first turn after those that are woken already.
    pub(super) fn add(&mut self, future: impl Future<Output = ()> + 'static) {
        let task = self.tasks.len();
        let bell = Arc::new(Bell { task, rung: AtomicBool::new(false), woken: self.woken.clone() });
        bell.wake_by_ref();
        let waker = Waker::from(bell.clone());
        self.tasks.push(Some(Task { future: Box::pin(future), bell, waker }));
    }

    /// Gives the task its turn that was woken first, and says whose turn it was; `None` when nobody is woken.
    pub(super) fn turn(&mut self) -> Option<TaskId> {
        loop {
            let id = self.woken.lock().unwrap_or_else(PoisonError::into_inner).pop_front()?;
            if let Some(Some(task)) = self.tasks.get(id) {
                task.bell.rung.store(false, Ordering::Relaxed);
                self.go_on(id);
                return Some(id);
            }
        }
    }

    /// Lets a task go on out of turn. Nothing happens when it has ended.
    pub(super) fn go_on(&mut self, id: TaskId) {
        let Some(Some(task)) = self.tasks.get_mut(id) else { return };
        if task.future.as_mut().poll(&mut Context::from_waker(&task.waker)).is_ready() {
            self.tasks[id] = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeMap;
    use std::future::poll_fn;
    use std::rc::Rc;
    use std::task::Poll;

    use super::*;

    #[test]
    fn turns_follow_the_order_of_waking_and_come_once() {
        let order = Rc::new(RefCell::new(Vec::new()));
        let wakers: Rc<RefCell<BTreeMap<&str, Waker>>> = Rc::default();
        let mut turns = Turns::default();
        for name in ["first", "second", "third"] {
            let (order, wakers) = (order.clone(), wakers.clone());
            turns.add(poll_fn(move |context| {
                order.borrow_mut().push(name);
                wakers.borrow_mut().insert(name, context.waker().clone());
                Poll::<()>::Pending
            }));
        }
        while turns.turn().is_some() {}
        for name in ["third", "first", "third"] {
            wakers.borrow()[name].wake_by_ref();
        }
        while turns.turn().is_some() {}
        assert_eq!(*order.borrow(), ["first", "second", "third", "third", "first"]);
    }

    #[test]
    fn a_task_that_has_ended_has_no_turn() {
        let mut turns = Turns::default();
        turns.add(async {});
        assert_eq!(turns.turn(), Some(0));
        turns.go_on(0);
        assert_eq!(turns.turn(), None);
    }
}
