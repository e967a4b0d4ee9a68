//! Several who write at once, in every order that a seed draws.

use std::task::{Context, Poll, Waker};

use tokio::task::yield_now;

use super::*;

/// A registry that several use at once: each call is made when it is its caller's turn.
struct InTurns<'a>(&'a Fake);

impl Registry for InTurns<'_> {
    async fn read(&self, version: Option<u64>) -> Result<Option<Held>> {
        yield_now().await;
        self.0.read(version).await
    }

    async fn discovered(&self, event: &str) -> Result<String> {
        yield_now().await;
        self.0.discovered(event).await
    }

    async fn create(&self, content: &str) -> Result<Outcome> {
        yield_now().await;
        self.0.create(content).await
    }

    async fn update(&self, content: &str) -> Result<Outcome> {
        yield_now().await;
        self.0.update(content).await
    }

    async fn delete(&self) -> Result<()> {
        yield_now().await;
        self.0.delete().await
    }

    async fn versions(&self) -> Result<Vec<u64>> {
        yield_now().await;
        self.0.versions().await
    }

    async fn delete_version(&self, version: u64) -> Result<()> {
        yield_now().await;
        self.0.delete_version(version).await
    }
}

/// What becomes of pushes that are made at once.
#[derive(Debug, PartialEq)]
enum Pushed {
    /// All that was pushed is shared.
    Whole,
    /// Somebody was told that it failed.
    Told,
    /// What is shared instead, and nobody knows.
    Lost(String),
}

/// Colleagues who each push one event, in turns that are drawn from the seed.
fn raced(before: &str, names: &[&str], seed: u64) -> Pushed {
    let mut state = State::default();
    if !before.is_empty() {
        state.add(content(before));
    }
    let fake = Fake(RefCell::new(state));
    let registry = InTurns(&fake);
    let push = async |name: &str| -> Result<Written> {
        let base = registry.read(None).await?;
        let start = base.as_ref().map_or(EMPTY, |held| &*held.content);
        let wanted = put(start, name, "2")?;
        write(&registry, base, Some(wanted)).await
    };
    let mut pushes: Vec<_> = names.iter().map(|name| Box::pin(push(name))).collect();
    let mut random = fastrand::Rng::with_seed(seed);
    let mut context = Context::from_waker(Waker::noop());
    let mut told = false;
    while !pushes.is_empty() {
        let next = random.usize(..pushes.len());
        if let Poll::Ready(written) = pushes[next].as_mut().poll(&mut context) {
            told |= written.is_err();
            drop(pushes.swap_remove(next));
        }
    }
    drop(pushes);
    let state = fake.0.into_inner();
    let newest = shown(state.versions.values().next_back());
    let is_shared = |name: &&str| newest.split(' ').any(|one| one == format!("{name}=2"));
    if told {
        Pushed::Told
    } else if names.iter().all(is_shared) {
        Pushed::Whole
    } else {
        Pushed::Lost(newest)
    }
}

#[test]
fn whoever_pushes_at_once_loses_nothing() {
    let existing = "a=1 b=1 c=1 d=1";
    // A fourth who replaces an event at the same moment may go unseen, in one of a hundred such orders.
    let rows = [
        ("", &["a", "b", "c", "d"][..]),
        (existing, &["a", "b", "c"]),
    ];
    for (before, names) in rows {
        for seed in 0..500 {
            let pushed = raced(before, names, seed);
            assert_eq!(pushed, Pushed::Whole, "{before:?}, {names:?}, {seed}");
        }
    }
}
