//! Against a registry in memory, into which others write at the worst moments.

use std::cell::RefCell;
use std::collections::BTreeMap;

use anyhow::Result;
use checks::registry::{delete, documents, put};

use super::*;

mod at_once;

/// What somebody else does right before one of our calls.
type Others = Box<dyn FnOnce(&mut State)>;

#[derive(Default)]
struct State {
    versions: BTreeMap<u64, String>,
    last: u64,
    /// By the number of our call.
    others: BTreeMap<usize, Others>,
    calls: Vec<String>,
    /// The reads of the newest version that are answered with an older one.
    stale: Vec<u64>,
    /// The numbers of our calls that are carried out twice, because the first answer was lost.
    repeated: Vec<usize>,
}

impl State {
    fn add(&mut self, content: String) -> u64 {
        self.last += 1;
        self.versions.insert(self.last, content);
        self.last
    }

    /// As SAM CLI does it: reads, changes, and writes.
    fn edit(&mut self, change: impl Fn(&str) -> String) {
        let content = match self.versions.last_key_value() {
            Some((_, content)) => change(content),
            None => change(EMPTY),
        };
        self.add(content);
    }
}

/// As many versions as there may be.
const TEN: [&str; MAX_VERSIONS] = [
    "a=1", "a=2", "a=3", "a=4", "a=5", "a=6", "a=7", "a=8", "a=9", "a=10",
];

const EMPTY: &str = r#"{"components":{"examples":{}}}"#;

struct Fake(RefCell<State>);

impl Fake {
    fn call<T>(&self, name: impl Into<String>, answer: impl Fn(&mut State) -> T) -> Result<T> {
        let mut state = self.0.borrow_mut();
        let number = state.calls.len();
        state.calls.push(name.into());
        if let Some(others) = state.others.remove(&number) {
            others(&mut state);
        }
        if state.repeated.contains(&number) {
            answer(&mut state);
        }
        Ok(answer(&mut state))
    }
}

impl Registry for Fake {
    async fn read(&self, version: Option<u64>) -> Result<Option<Held>> {
        let name = version.map_or("read".to_owned(), |version| format!("read {version}"));
        self.call(name, |state| {
            let stale = version.is_none().then(|| state.stale.pop()).flatten();
            let version = version
                .or(stale)
                .or(state.versions.keys().next_back().copied())?;
            let content = state.versions.get(&version)?.clone();
            Some(Held { content, version })
        })
    }

    async fn discovered(&self, _: &str) -> Result<String> {
        Ok(EMPTY.to_owned())
    }

    async fn create(&self, content: &str) -> Result<Outcome> {
        self.call("create", |state| {
            if state.versions.is_empty() {
                Outcome::Version(state.add(content.to_owned()))
            } else {
                Outcome::Overtaken
            }
        })
    }

    async fn update(&self, content: &str) -> Result<Outcome> {
        self.call("update", |state| match state.versions.last_key_value() {
            None => Outcome::Overtaken,
            Some((_, newest)) if newest == content => Outcome::Unchanged,
            Some(_) => Outcome::Version(state.add(content.to_owned())),
        })
    }

    async fn delete(&self) -> Result<()> {
        self.call("delete", |state| state.versions.clear())
    }

    async fn versions(&self) -> Result<Vec<u64>> {
        self.call("versions", |state| state.versions.keys().copied().collect())
    }

    async fn delete_version(&self, version: u64) -> Result<()> {
        self.call(format!("delete {version}"), |state| {
            state.versions.remove(&version);
        })
    }
}

fn content(examples: &str) -> String {
    let mut content = EMPTY.to_owned();
    for (name, value) in examples
        .split_whitespace()
        .filter_map(|e| e.split_once('='))
    {
        content = put(&content, name, value).unwrap();
    }
    content
}

fn shown(content: Option<&String>) -> String {
    let Some(content) = content else {
        return "-".to_owned();
    };
    let documents = documents(content).unwrap().into_iter();
    let documents = documents.map(|(name, value)| format!("{name}={value}"));
    documents.collect::<Vec<_>>().join(" ")
}

/// What somebody else puts, or deletes where there is no value.
fn others(edit: &'static str) -> Others {
    Box::new(move |state| {
        state.edit(|content| match edit.split_once('=') {
            Some((name, value)) => put(content, name, value).unwrap(),
            None => delete(content, edit).unwrap(),
        });
    })
}

struct Case {
    /// The versions before; none where empty.
    versions: Vec<&'static str>,
    /// Of the newest of them.
    wanted: &'static str,
    others: Vec<(usize, Others)>,
    stale: Vec<u64>,
    repeated: Vec<usize>,
}

impl Case {
    fn of(versions: &[&'static str], wanted: &'static str) -> Self {
        Self {
            versions: versions.to_vec(),
            wanted,
            others: Vec::new(),
            stale: Vec::new(),
            repeated: Vec::new(),
        }
    }

    fn before(mut self, call: usize, edit: &'static str) -> Self {
        self.others.push((call, others(edit)));
        self
    }

    async fn run(self) -> (State, Result<Written>) {
        let mut state = State {
            others: self.others.into_iter().collect(),
            stale: self.stale,
            repeated: self.repeated,
            ..State::default()
        };
        for examples in &self.versions {
            state.add(content(examples));
        }
        let base = state
            .versions
            .last_key_value()
            .map(|(version, content)| Held {
                content: content.clone(),
                version: *version,
            });
        let wanted = (self.wanted != "-").then(|| content(self.wanted));
        let fake = Fake(RefCell::new(state));
        let written = write(&fake, base, wanted).await;
        (fake.0.into_inner(), written)
    }

    /// `expected`: what is shared in the end, and after `!` what is kept; then the calls.
    async fn check(self, expected: &str, calls: &str) {
        let (state, written) = self.run().await;
        let kept = written.unwrap().kept.join(" ");
        let newest = shown(state.versions.values().next_back());
        let found = if kept.is_empty() {
            newest
        } else {
            format!("{newest} !{kept}")
        };
        assert_eq!(found, expected);
        assert_eq!(state.calls.join(", "), calls);
    }
}

#[tokio::test]
async fn with_nobody_else_it_is_as_sam_does_it() {
    let case = Case::of(&["a=1"], "a=2");
    case.check("a=2", "read, versions, update").await;
    let case = Case::of(&[], "a=1");
    case.check("a=1", "read, create").await;
    let case = Case::of(&["a=1"], "-");
    case.check("-", "read, delete").await;
    let case = Case::of(&["a=1"], "a=1");
    case.check("a=1", "read").await;
    let case = Case::of(&[], "-");
    case.check("-", "read").await;
    let case = Case::of(&TEN[..9], "a=0");
    case.check("a=0", "read, versions, update").await;
    let case = Case::of(&TEN, "a=0");
    case.check("a=0", "read, versions, delete 1, update").await;
}

#[tokio::test]
async fn a_change_before_the_last_look_is_kept() {
    let case = Case::of(&["a=1"], "a=2").before(0, "b=1");
    case.check("a=2 b=1", "read, versions, update").await;
    let case = Case::of(&["a=1"], "a=2").before(0, "a=3");
    case.check("a=3 !a", "read").await;
    let case = Case::of(&["a=1"], "-").before(0, "b=1");
    case.check("b=1", "read, versions, update").await;
    let case = Case::of(&["a=1 b=1"], "a=2 b=1").before(0, "b");
    case.check("a=2", "read, versions, update").await;
    let case = Case::of(&[], "a=1").before(0, "b=1");
    case.check("b=1 a=1", "read, versions, update").await;
}

#[tokio::test]
async fn a_change_right_before_the_write_is_brought_back() {
    let calls = "read, versions, update, read, versions, read 2, versions, update";
    let case = Case::of(&["a=1"], "a=2").before(2, "b=1");
    case.check("a=2 b=1", calls).await;
    let case = Case::of(&["a=1 b=1"], "a=2 b=1").before(2, "b");
    case.check("a=2", calls).await;
    // The same event: theirs.
    let case = Case::of(&["a=1 b=1"], "a=2 b=2").before(2, "a=3");
    case.check("a=3 b=2 !a", calls).await;
    // The schema was not there yet.
    let case = Case::of(&[], "a=1").before(1, "b=1");
    case.check("b=1 a=1", "read, create, read, versions, update")
        .await;
    // It is not there any more.
    let mut case = Case::of(&["a=1"], "a=1 b=1");
    case.others
        .push((2, Box::new(|state| state.versions.clear())));
    case.check("b=1", "read, versions, update, read, create")
        .await;
}

#[tokio::test]
async fn so_are_several_and_those_that_come_while_others_are_brought_back() {
    // Two at once: the second of them has the first's.
    let mut case = Case::of(&["a=1"], "a=2");
    let twice: Others = Box::new(|state| {
        others("b=1")(state);
        others("c=1")(state);
    });
    case.others.push((2, twice));
    let calls = "read, versions, update, read, versions, read 2, read 3, versions, update";
    case.check("a=2 b=1 c=1", calls).await;
    // One in between that does not know of the first, which we have overwritten.
    let case = Case::of(&["a=1"], "a=2").before(2, "b=1").before(3, "c=1");
    let calls = "read, versions, update, read, versions, read 2, versions, update";
    case.check("a=2 c=1 b=1", calls).await;
    // Those that come later, at each of our calls.
    for call in 4..8 {
        let case = Case::of(&["a=1"], "a=2")
            .before(2, "b=1")
            .before(call, "c=1");
        let (state, written) = case.run().await;
        assert_eq!(
            written.unwrap(),
            Written {
                kept: vec![],
                merged: true
            }
        );
        let newest = shown(state.versions.values().next_back());
        let mut newest: Vec<&str> = newest.split(' ').collect();
        newest.sort_unstable();
        assert_eq!(newest, ["a=2", "b=1", "c=1"], "{call}");
    }
}

/// Somebody else who overwrites as SAM CLI does: what is written was read long before.
fn overwrites(examples: &'static str) -> Others {
    Box::new(move |state| {
        state.add(content(examples));
    })
}

#[tokio::test]
async fn others_who_overwrite_each_other_lose_nothing_either() {
    let mut case = Case::of(&["a=1 b=1 c=1"], "a=1 b=1 c=2");
    case.others.push((
        2,
        Box::new(|state| {
            overwrites("a=2 b=1 c=1")(state);
            overwrites("a=1 b=2 c=1")(state);
        }),
    ));
    let (state, written) = case.run().await;
    assert!(written.unwrap().kept.is_empty());
    assert_eq!(shown(state.versions.values().next_back()), "a=2 b=2 c=2");
}

#[tokio::test]
async fn room_is_made_without_losing_what_others_have_just_written() {
    let case = Case::of(&TEN, "a=0").before(3, "b=1");
    let calls = "read, versions, delete 1, update, read, versions, read 2, read 3, read 4, read 5, read 6, read 7, read 8, \
                 read 9, read 11, versions, delete 2, update";
    case.check("a=0 b=1", calls).await;
}

#[tokio::test]
async fn an_answer_that_is_out_of_date_is_known_as_such() {
    let mut case = Case::of(&["a=1", "a=2"], "a=3");
    case.stale = vec![1];
    case.check("a=3", "read, read 2, versions, update").await;
}

#[tokio::test]
async fn a_write_that_is_sent_again_is_known_by_its_version() {
    // Nobody else wrote.
    let mut case = Case::of(&["a=1"], "a=2");
    case.repeated = vec![2];
    let calls = "read, versions, update, versions, read 2";
    case.check("a=2", calls).await;
    // Somebody did, right before the first time; and right after it, so that ours is not the newest.
    let mut case = Case::of(&["a=1"], "a=2").before(2, "b=1");
    case.repeated = vec![2];
    let calls =
        "read, versions, update, versions, read 3, read, versions, read 2, versions, update";
    case.check("a=2 b=1", calls).await;
    let mut case = Case::of(&["a=1"], "a=2").before(2, "b=1").before(3, "c=1");
    case.repeated = vec![2];
    let (state, written) = case.run().await;
    assert!(written.unwrap().kept.is_empty());
    let newest = shown(state.versions.values().next_back());
    let mut newest: Vec<&str> = newest.split(' ').collect();
    newest.sort_unstable();
    assert_eq!(newest, ["a=2", "b=1", "c=1"]);
}

/// A registry that counts as it likes: its first version, and the answer to the update.
async fn numbered(first: u64, answer: u64) -> Result<Written> {
    struct Hostile(u64, u64);
    impl Registry for Hostile {
        async fn read(&self, version: Option<u64>) -> Result<Option<Held>> {
            Ok(Some(Held {
                content: content("a=1"),
                version: version.unwrap_or(self.0),
            }))
        }
        async fn discovered(&self, _: &str) -> Result<String> {
            Ok(EMPTY.to_owned())
        }
        async fn create(&self, _: &str) -> Result<Outcome> {
            Ok(Outcome::Version(self.1))
        }
        async fn update(&self, _: &str) -> Result<Outcome> {
            Ok(Outcome::Version(self.1))
        }
        async fn delete(&self) -> Result<()> {
            Ok(())
        }
        async fn versions(&self) -> Result<Vec<u64>> {
            Ok(vec![self.0])
        }
        async fn delete_version(&self, _: u64) -> Result<()> {
            Ok(())
        }
    }
    let registry = Hostile(first, answer);
    let base = registry.read(None).await?;
    write(&registry, base, Some(content("a=2"))).await
}

#[tokio::test]
async fn numbers_at_the_ends_do_no_harm() {
    for (first, answer) in [(u64::MAX, 0), (u64::MAX, u64::MAX), (0, 0), (1, 0)] {
        // Whatever comes of it.
        let _ = numbered(first, answer).await;
    }
    numbered(u64::MAX - 1, u64::MAX).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_brought_back_is_said() {
    let mut case = Case::of(&["a=1"], "a=2");
    case.others.push((2, others("b=1")));
    case.others
        .push((3, Box::new(|state| drop(state.versions.remove(&2)))));
    let (_, written) = case.run().await;
    let error = format!("{:#}", written.unwrap_err());
    assert!(error.contains("version 3 of the shared"), "{error}");
    assert!(
        error.ends_with("repeat theirs: the version before it is deleted"),
        "{error}"
    );
}

#[tokio::test]
async fn it_ends_when_others_never_stop() {
    let mut case = Case::of(&["a=1"], "a=1 z=1");
    for call in 0..200 {
        let again: Others = Box::new(move |state| {
            state.edit(|content| put(content, &format!("b{call}"), "1").unwrap());
        });
        case.others.push((call, again));
    }
    let (state, written) = case.run().await;
    let error = format!("{:#}", written.unwrap_err());
    assert!(error.contains("repeat theirs: others changed"), "{error}");
    assert!(state.calls.len() < 200);
}
