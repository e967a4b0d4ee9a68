//! From an event that fails to the smallest one that fails in the same way.

use std::collections::BTreeSet;
use std::fmt;

use super::fingerprint;
use super::json::{Edit, Json};

/// Of a longer string, pieces down to this part of it are taken away; of a shorter one, single characters.
const PIECES: usize = 64;

/// The search for the smallest event that fails as a given one does, without the calls: whoever drives it takes a
/// [`candidate`](Self::candidate), invokes the function with it, and says with [`answered`](Self::answered) whether it failed in the
/// same way.
///
/// Greedy and deterministic: members, elements and characters are taken away, the larger pieces first; arrays and objects give way to what
/// is in them; numbers come nearer to 0. No event is tried twice. It ends with an event of which nothing more can be taken away, or
/// when its attempts are used up.
pub struct Shrink {
    smallest: Json,
    steps: Vec<Step>,
    next: usize,
    /// Whether anything became smaller since the first step was taken.
    improved: bool,
    /// The attempts that are left.
    left: usize,
    attempts: usize,
    tried: BTreeSet<u64>,
    /// What is tried now.
    pending: Option<Json>,
}

/// A change that makes an event smaller.
type Step = (Vec<usize>, Edit);

impl fmt::Debug for Shrink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shrink")
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

impl Shrink {
    /// Begins with an event that fails, JSON text, and tries at most so many others.
    ///
    /// # Errors
    ///
    /// The text is not JSON.
    pub fn of(failing: &str, most_attempts: usize) -> Result<Self, serde_json::Error> {
        let smallest = Json::parse(failing)?;
        let tried = BTreeSet::from([fingerprint(&smallest, None).0]);
        Ok(Self {
            steps: steps(&smallest),
            smallest,
            next: 0,
            improved: false,
            left: most_attempts,
            attempts: 0,
            tried,
            pending: None,
        })
    }

    /// The next event to try, JSON text; `None` when the search is over. Asked again without an answer, it is the same one.
    pub fn candidate(&mut self) -> Option<String> {
        if self.pending.is_none() {
            self.pending = self.find();
        }
        self.pending.as_ref().map(|event| event.compact(None))
    }

    fn find(&mut self) -> Option<Json> {
        while self.left > 0 {
            let Some((path, edit)) = self.steps.get(self.next) else {
                if !std::mem::replace(&mut self.improved, false) {
                    return None;
                }
                self.next = 0;
                continue;
            };
            self.next += 1;
            let change = Some((path.as_slice(), edit));
            if self.tried.insert(fingerprint(&self.smallest, change).0)
                && let Ok(event) = Json::parse(&self.smallest.compact(change))
            {
                self.left -= 1;
                self.attempts += 1;
                return Some(event);
            }
        }
        None
    }

    /// Whether the candidate failed in the same way.
    pub fn answered(&mut self, fails: bool) {
        let Some(event) = self.pending.take().filter(|_| fails) else {
            return;
        };
        self.smallest = event;
        self.steps = steps(&self.smallest);
        self.improved = true;
        // What followed has moved up to the place of what is gone.
        self.next -= 1;
    }

    /// The smallest event that failed so far, JSON text without white space.
    pub fn smallest(&self) -> String {
        self.smallest.compact(None)
    }

    /// Whether nothing can be taken away of it: every step was tried, and none failed in the same way.
    pub fn is_minimal(&self) -> bool {
        self.next >= self.steps.len() && !self.improved && self.pending.is_none()
    }

    /// How many events were tried.
    pub fn attempts(&self) -> usize {
        self.attempts
    }
}

/// All steps from an event, those first that take most away. Each leads to an event with fewer values, less text, or numbers nearer
/// to 0, so that no sequence of them is endless.
fn steps(event: &Json) -> Vec<Step> {
    let mut places: Vec<(Vec<usize>, &Json)> = vec![(Vec::new(), event)];
    let mut index = 0;
    while let Some((path, node)) = places.get(index) {
        let inner: Vec<_> = (0..node.children())
            .filter_map(|child| {
                let path = path.iter().copied().chain([child]).collect();
                Some((path, node.child(child)?))
            })
            .collect();
        places.extend(inner);
        index += 1;
    }
    let mut steps = Vec::new();
    for (path, node) in &places {
        if let Json::Array(_) | Json::Object(_) = node {
            let pieces = pieces(node.children(), 1);
            steps.extend(pieces.map(|piece| (path.clone(), Edit::Without(piece))));
        }
    }
    for (path, node) in &places {
        if let Json::Array(_) | Json::Object(_) = node {
            steps.extend((0..node.children()).map(|child| (path.clone(), Edit::Child(child))));
        }
    }
    for (path, node) in &places {
        let simpler: Vec<Edit> = match node {
            Json::Raw(raw) => simpler(raw).into_iter().map(Edit::Replace).collect(),
            Json::Text(text) | Json::Held { text, .. } => shorter(text).collect(),
            Json::Array(_) | Json::Object(_) => Vec::new(),
        };
        steps.extend(simpler.into_iter().map(|edit| (path.clone(), edit)));
    }
    steps
}

/// The ranges of `0..length`: all, halves, quarters, and so on down to `least`.
fn pieces(length: usize, least: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    let sizes = std::iter::successors(Some(length), |size| {
        Some(size.div_ceil(2)).filter(|half| half < size)
    });
    sizes
        .filter(move |size| *size >= least && *size > 0)
        .flat_map(move |size| {
            (0..length)
                .step_by(size)
                .map(move |begin| begin..length.min(begin + size))
        })
}

/// The string without pieces of it. The strings are made when their turn comes: together they are many times the event.
fn shorter(text: &str) -> impl Iterator<Item = Edit> {
    let length = text.chars().count();
    pieces(length, length.div_ceil(PIECES)).map(Edit::Shorten)
}

/// Numbers that are nearer to 0, the nearest first; `false` for `true`; nothing for what is a string and no text.
fn simpler(raw: &str) -> Vec<String> {
    if raw == "true" {
        return vec!["false".to_owned()];
    }
    if raw.starts_with('"') {
        return vec![r#""""#.to_owned()];
    }
    if let Ok(number) = raw.parse::<i128>() {
        let halves = std::iter::successors(Some(number), |step| {
            Some(step / 2).filter(|half| *half != 0)
        });
        let nearer = halves.map(|step| (number - step).to_string());
        return if number == 0 {
            Vec::new()
        } else {
            nearer.collect()
        };
    }
    match raw.parse::<f64>() {
        // Without its fraction it is nearer to 0, or as near and shorter.
        Ok(number) if number.abs() < 1e15 => [0.0, number.trunc()]
            .into_iter()
            .map(|nearer| format!("{}", nearer + 0.0))
            .filter(|nearer| nearer.len() < raw.len())
            .collect(),
        Ok(_) => vec!["0".to_owned(), "1e15".to_owned()]
            .into_iter()
            .filter(|nearer| nearer.len() < raw.len())
            .collect(),
        Err(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_from_a_long_text_hold_no_text() {
        let text = format!("[\"{}\",7]", "é".repeat(10_000));
        let steps = steps(&Json::parse(&text).unwrap());
        let held: usize = steps
            .iter()
            .map(|(_, edit)| match edit {
                Edit::Replace(text) => text.len(),
                Edit::With { name, value } => name.len() + value.len(),
                Edit::Without(_) | Edit::Child(_) | Edit::Shorten(_) => 0,
            })
            .sum();
        assert_eq!(held, "046".len());
        let shortened = |(_, edit): &&Step| matches!(edit, Edit::Shorten(_));
        assert_eq!(steps.iter().filter(shortened).count(), 127);
    }
}
