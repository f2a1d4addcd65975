//! Whose turn it is: actors are polled one at a time, in the order in which they were woken.

use std::cell::Cell;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Wake, Waker};

use super::timers::Wakes;

/// A task's number.
pub(super) type TaskId = usize;

/// Tasks that take turns. Unlike an executor this polls exactly one task at a time, so that whoever drives it can do
/// what a task has asked for before anyone else has a turn.
pub(super) struct Turns {
    /// By number; a task that has ended leaves its place empty.
    tasks: Vec<Option<Task>>,
    woken: Arc<Woken>,
    present: Present,
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
    woken: Arc<Woken>,
}

/// Who has been woken, in order.
#[derive(Default)]
struct Woken {
    tasks: Mutex<VecDeque<TaskId>>,
    /// How many: whoever finds none need not lock.
    count: AtomicUsize,
}

impl Woken {
    fn tasks(&self) -> MutexGuard<'_, VecDeque<TaskId>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, task: TaskId) {
        let mut tasks = self.tasks();
        tasks.push_back(task);
        self.count.store(tasks.len(), Ordering::Release);
    }

    #[inline]
    fn pop(&self) -> Option<TaskId> {
        if self.count.load(Ordering::Acquire) == 0 {
            return None;
        }
        self.pop_first()
    }

    #[inline(never)]
    fn pop_first(&self) -> Option<TaskId> {
        let mut tasks = self.tasks();
        let first = tasks.pop_front();
        self.count.store(tasks.len(), Ordering::Release);
        first
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.rung.swap(true, Ordering::Relaxed) {
            self.woken.push(self.task);
        }
    }
}

/// Whose turn it is now, for whoever arms timers: a timer that names its task costs less than one that holds a waker.
#[derive(Clone, Default)]
pub(super) struct Present(Rc<Cell<Option<Turn>>>);

#[derive(Clone, Copy)]
struct Turn {
    task: TaskId,
    /// Where the bell of the task's own waker lies: it is compared and nothing else.
    bell: *const (),
}

impl Present {
    /// What a timer wakes that is armed under `waker`: the task whose turn it is, when the waker is that task's own, and
    /// not that of something in it which keeps account of its own parts.
    pub(super) fn wakes(&self, waker: &Waker) -> Wakes {
        match self.0.get() {
            Some(turn) if turn.bell == waker.data() => Wakes::Task(turn.task),
            _ => Wakes::Waker(waker.clone()),
        }
    }
}

impl Turns {
    /// Tasks that take turns on a stage whose present turn is `present`.
    pub(super) fn on(present: &Present) -> Turns {
        Turns { tasks: Vec::new(), woken: Arc::default(), present: present.clone() }
    }

    /// Takes a task in; it has its first turn after those that are woken already.
    pub(super) fn add(&mut self, future: impl Future<Output = ()> + 'static) {
        let task = self.tasks.len();
        let bell = Arc::new(Bell { task, rung: AtomicBool::new(false), woken: self.woken.clone() });
        bell.wake_by_ref();
        let waker = Waker::from(bell.clone());
        self.tasks.push(Some(Task { future: Box::pin(future), bell, waker }));
    }

    /// Gives the task its turn that was woken first, and says whose turn it was; `None` when nobody is woken.
    #[inline]
    pub(super) fn turn(&mut self) -> Option<TaskId> {
        loop {
            let id = self.woken.pop()?;
            if let Some(Some(task)) = self.tasks.get(id) {
                task.bell.rung.store(false, Ordering::Relaxed);
                self.go_on(id);
                return Some(id);
            }
        }
    }

    /// Gives all who are woken their turns, and those whom they wake.
    #[inline]
    pub(super) fn all(&mut self) {
        while self.turn().is_some() {}
    }

    /// Wakes whom a timer wakes that has fired; its turn comes after those that were woken before.
    pub(super) fn wake(&self, wakes: Wakes) {
        match wakes {
            Wakes::Waker(waker) => waker.wake(),
            Wakes::Task(id) => {
                if let Some(Some(task)) = self.tasks.get(id) {
                    task.bell.wake_by_ref();
                }
            }
        }
    }

    /// The same, when nobody else is woken: a task has its turn at once.
    pub(super) fn wake_alone(&mut self, wakes: Wakes) {
        match wakes {
            Wakes::Waker(waker) => waker.wake(),
            Wakes::Task(id) => self.go_on(id),
        }
    }

    /// Lets a task go on out of turn. Nothing happens when it has ended.
    #[inline]
    pub(super) fn go_on(&mut self, id: TaskId) {
        let Some(Some(task)) = self.tasks.get_mut(id) else { return };
        self.present.0.set(Some(Turn { task: id, bell: task.waker.data() }));
        let over = task.future.as_mut().poll(&mut Context::from_waker(&task.waker)).is_ready();
        self.present.0.set(None);
        if over {
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
        let mut turns = Turns::on(&Present::default());
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
        let mut turns = Turns::on(&Present::default());
        turns.add(async {});
        assert_eq!(turns.turn(), Some(0));
        turns.go_on(0);
        assert_eq!(turns.turn(), None);
    }

    #[test]
    fn a_timer_names_its_task_only_under_the_waker_of_the_task_itself() {
        let present = Present::default();
        let named = Rc::new(RefCell::new(Vec::new()));
        let mut turns = Turns::on(&present);
        for own in [true, false] {
            let (present, named) = (present.clone(), named.clone());
            turns.add(poll_fn(move |context| {
                let waker = if own { context.waker() } else { Waker::noop() };
                let wakes = present.wakes(waker);
                named.borrow_mut().push(matches!(wakes, Wakes::Task(_)));
                match named.borrow().len() {
                    4 => Poll::Ready(()),
                    _ => Poll::Pending,
                }
            }));
        }
        while turns.turn().is_some() {}
        assert_eq!(*named.borrow(), [true, false]);
        turns.wake_alone(Wakes::Task(0));
        turns.wake(Wakes::Task(1));
        turns.wake(Wakes::Task(1));
        while turns.turn().is_some() {}
        assert_eq!(*named.borrow(), [true, false, true, false]);
        turns.wake_alone(Wakes::Task(1));
        assert_eq!(named.borrow().len(), 4, "a task that has ended has no turn");
        assert!(matches!(present.wakes(Waker::noop()), Wakes::Waker(_)), "nobody has a turn");
    }
}
