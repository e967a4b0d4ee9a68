//! Large answers one after the other, so that many at once do not take more memory than the hook has.
//!
//! A hook that Lambda stops for want of memory cannot report. An answer may have 6 MB, and ten of them are half of the
//! 128 MB that a small function has, before anybody has looked at one.

use aws_sdk_lambda::config::interceptors::BeforeDeserializationInterceptorContextMut;
use aws_sdk_lambda::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_lambda::error::BoxError;
use aws_sdk_lambda::primitives::SdkBody;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

/// What is received of every answer without waiting, in bytes. Nearly all answers are smaller.
const AT_ONCE: usize = 64 * 1024;

/// How many larger ones are received at the same time.
const LARGE_ONES: usize = 2;

/// The turns of all answers.
#[derive(Debug, Clone)]
pub(super) struct Turns(Arc<Semaphore>);

impl Default for Turns {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(LARGE_ONES)))
    }
}

impl Turns {
    /// For one invocation, which takes its turn when it needs one and gives it back when this is dropped.
    pub(super) fn one(&self) -> InTurn {
        InTurn {
            turns: Arc::clone(&self.0),
            taken: Arc::default(),
        }
    }
}

/// Receives one answer in its turn.
#[derive(Debug, Clone)]
pub(super) struct InTurn {
    turns: Arc<Semaphore>,
    taken: Arc<Mutex<Option<OwnedSemaphorePermit>>>,
}

impl Intercept for InTurn {
    fn name(&self) -> &'static str {
        "InTurn"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response_mut().body_mut();
        let received = std::mem::replace(body, SdkBody::taken());
        *body = SdkBody::from_body_1_x(Answer {
            body: received,
            received: 0,
            turn: self.clone(),
            waiting: None,
        });
        Ok(())
    }
}

type Waiting =
    Pin<Box<dyn Future<Output = Result<OwnedSemaphorePermit, AcquireError>> + Send + Sync>>;

/// A body that pauses until it is its turn; what the function sends meanwhile waits in the connection.
struct Answer<B> {
    body: B,
    received: usize,
    turn: InTurn,
    waiting: Option<Waiting>,
}

impl<B> fmt::Debug for Answer<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("received", &self.received)
            .finish_non_exhaustive()
    }
}

impl<B> Answer<B> {
    fn poll_turn(&mut self, context: &mut Context<'_>) -> Poll<Result<(), AcquireError>> {
        let mut taken = self
            .turn
            .taken
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if self.received <= AT_ONCE || taken.is_some() {
            return Poll::Ready(Ok(()));
        }
        let waiting = self
            .waiting
            .get_or_insert_with(|| Box::pin(Arc::clone(&self.turn.turns).acquire_owned()));
        *taken = Some(ready!(waiting.as_mut().poll(context))?);
        Poll::Ready(Ok(()))
    }
}

impl<B> Body for Answer<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Err(error) = ready!(self.poll_turn(context)) {
            return Poll::Ready(Some(Err(error.into())));
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            self.received += data.len();
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;
    use std::task::Waker;

    /// So many frames of this size.
    struct Frames(usize, usize);

    impl Body for Frames {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            if self.0 == 0 {
                return Poll::Ready(None);
            }
            self.0 -= 1;
            Poll::Ready(Some(Ok(Frame::data(Bytes::from(vec![0; self.1])))))
        }
    }

    fn answer(turns: &Turns, kilobytes: usize) -> Answer<Frames> {
        Answer {
            body: Frames(kilobytes, 1024),
            received: 0,
            turn: turns.one(),
            waiting: None,
        }
    }

    /// How many bytes can be received now.
    fn receive(answer: &mut Answer<Frames>) -> usize {
        let mut context = Context::from_waker(Waker::noop());
        while let Poll::Ready(Some(frame)) = Pin::new(&mut *answer).poll_frame(&mut context) {
            frame.unwrap();
        }
        answer.received
    }

    #[test]
    fn two_large_answers_are_received_at_once_and_any_number_of_small_ones() {
        let turns = Turns::default();
        let mut large: Vec<_> = (0..4).map(|_| answer(&turns, 1024)).collect();
        let received: Vec<usize> = large.iter_mut().map(receive).collect();
        let (whole, start) = (1024 * 1024, AT_ONCE + 1024);
        assert_eq!(received, [whole, whole, start, start]);
        for _ in 0..10 {
            assert_eq!(receive(&mut answer(&turns, 64)), AT_ONCE);
        }
        // Whoever has been received and looked at makes room for the next.
        drop(large.remove(0));
        let received: Vec<usize> = large.iter_mut().map(receive).collect();
        assert_eq!(received, [whole, whole, start]);
    }
}
