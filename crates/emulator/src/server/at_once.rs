//! Connections that wake themselves.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;

/// A future that is polled again at once where it wakes itself while it is polled.
///
/// hyper wakes a connection whenever a piece of a request's body is taken from it, which happens while the connection
/// is polled. To the runtime that is a task that makes room for others: it puts it into its queue, and wakes a further
/// thread to help with that, which costs more than all of the emulator's own work for a call.
#[derive(Debug)]
pub(crate) struct AtOnce<F> {
    future: Pin<Box<F>>,
    wakes: Arc<Wakes>,
    /// Of `wakes`.
    waker: Waker,
}

/// How often it is polled before others have their turn.
const MOST: usize = 4;

/// Nobody polls it, and whoever wakes it wakes its task.
const WAITING: u8 = 0;
/// It is polled, and has not been woken since that began.
const POLLED: u8 = 1;
/// It has been woken, and will be polled.
const WOKEN: u8 = 2;

#[derive(Debug)]
struct Wakes {
    state: AtomicU8,
    task: AtomicWaker,
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.state.swap(WOKEN, Ordering::AcqRel) == WAITING {
            self.task.wake();
        }
    }
}

impl<F> AtOnce<F> {
    pub(crate) fn new(future: F) -> Self {
        let wakes = Arc::new(Wakes {
            state: AtomicU8::new(WAITING),
            task: AtomicWaker::new(),
        });
        Self {
            future: Box::pin(future),
            waker: Arc::clone(&wakes).into(),
            wakes,
        }
    }
}

impl<F: Future> Future for AtOnce<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Self {
            future,
            wakes,
            waker,
        } = &mut *self;
        wakes.task.register(context.waker());
        for _ in 0..MOST {
            wakes.state.store(POLLED, Ordering::Release);
            let polled = future.as_mut().poll(&mut Context::from_waker(waker));
            let waits = || {
                let (from, to) = (POLLED, WAITING);
                let changed =
                    wakes
                        .state
                        .compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire);
                changed.is_ok()
            };
            if polled.is_ready() || waits() {
                return polled;
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    /// Counts how often a task is woken.
    #[derive(Default)]
    struct Count(AtomicU8);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How often a future is polled that wakes itself so many times, and whether its task is woken.
    fn polled(wakes: usize) -> (usize, u8) {
        let (mut polls, task) = (0, Arc::new(Count::default()));
        let mut future = AtOnce::new(poll_fn(|context| {
            polls += 1;
            if polls <= wakes {
                context.waker().wake_by_ref();
            }
            Poll::<()>::Pending
        }));
        let waker = Waker::from(Arc::clone(&task));
        let pending = Pin::new(&mut future).poll(&mut Context::from_waker(&waker));
        assert!(pending.is_pending());
        drop(future);
        (polls, task.0.load(Ordering::Relaxed))
    }

    #[test]
    fn it_is_polled_again_within_bounds() {
        assert_eq!(polled(0), (1, 0));
        assert_eq!(polled(1), (2, 0));
        assert_eq!(polled(MOST), (MOST, 1));
    }

    #[test]
    fn whoever_wakes_it_later_wakes_its_task_each_time_once() {
        let (task, mut own) = (Arc::new(Count::default()), None);
        let mut future = AtOnce::new(poll_fn(|context| {
            own = Some(context.waker().clone());
            Poll::<()>::Pending
        }));
        let waker = Waker::from(Arc::clone(&task));
        let mut poll = || Pin::new(&mut future).poll(&mut Context::from_waker(&waker));
        let (_, _) = (poll(), poll());
        drop(future);
        let own = own.unwrap();
        own.wake_by_ref();
        own.wake();
        assert_eq!(task.0.load(Ordering::Relaxed), 1);
    }
}
