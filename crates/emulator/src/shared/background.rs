//! Work that goes on when nobody waits for it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::runtime::Handle;

use super::Shared;

impl Shared {
    /// Runs `work` to its end, also when whoever waits for it leaves; [`Shared::settle`] waits for it, too.
    pub(crate) async fn to_its_end<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl Future<Output = T> + Send + 'static,
    ) -> T {
        let in_flight = InFlight::one_more(self);
        let work = async move {
            let _in_flight = in_flight;
            work.await
        };
        // It has no task of its own while somebody waits: that saves two switches for each call.
        GoesOn(Some(Box::pin(work))).await
    }

    /// Runs `work` beside everything else; [`Shared::settle`] waits for it.
    pub(crate) fn in_background(self: &Arc<Self>, work: impl Future<Output = ()> + Send + 'static) {
        let in_flight = InFlight::one_more(self);
        tokio::spawn(async move {
            work.await;
            drop(in_flight);
        });
    }

    /// Waits until nothing runs in the background.
    pub(crate) async fn settle(&self) {
        // The sender lives in `self`, so that waiting cannot fail.
        let _ = self
            .in_flight
            .subscribe()
            .wait_for(|count| *count == 0)
            .await;
    }

    /// Whether anything runs in the background.
    pub(crate) fn is_busy(&self) -> bool {
        *self.in_flight.borrow() > 0
    }
}

/// Work that goes on in a task of its own when it is dropped before its end.
struct GoesOn<T: Send + 'static>(Option<Pin<Box<dyn Future<Output = T> + Send>>>);

impl<T: Send + 'static> Future for GoesOn<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let Some(work) = &mut self.0 else {
            // It has been answered, and is not asked again.
            return Poll::Pending;
        };
        let answer = ready!(work.as_mut().poll(context));
        self.0 = None;
        Poll::Ready(answer)
    }
}

impl<T: Send + 'static> Drop for GoesOn<T> {
    fn drop(&mut self) {
        // Without a runtime everything is being torn down; what has panicked cannot go on.
        if let Some(work) = self.0.take().filter(|_| !std::thread::panicking())
            && let Ok(runtime) = Handle::try_current()
        {
            drop(runtime.spawn(work));
        }
    }
}

/// Counts one thing in the background for as long as it lives, even when it panics.
struct InFlight(Arc<Shared>);

impl InFlight {
    fn one_more(shared: &Arc<Shared>) -> Self {
        shared.in_flight.send_modify(|count| *count += 1);
        Self(Arc::clone(shared))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.send_modify(|count| *count -= 1);
    }
}
