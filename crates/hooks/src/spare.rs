//! File descriptors that are kept while test events run, so that reading and reporting never lack one.
//!
//! An execution environment has 1,024 of them ("Lambda quotas", AWS Lambda Developer Guide). With hundreds of test events in
//! flight, connections may take all that there are: the HTTP client opens one for each request that finds none idle, and
//! keeps it when another became idle meanwhile. Such a request is made again; a file and CodeDeploy are not to wait.

use std::cell::RefCell;
use std::fs::File;

/// Reporting takes a connection, and finding its address a few files.
const KEPT: usize = 8;

/// Free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Spare(RefCell<Vec<File>>);

impl Spare {
    /// As many as can be had; an environment that has none left works without.
    pub(crate) fn keep() -> Self {
        let kept = (0..KEPT).map_while(|_| nothing());
        Self(RefCell::new(kept.collect()))
    }

    /// Runs `work` with one of them free.
    pub(crate) fn lend<T>(&self, work: impl FnOnce() -> T) -> T {
        drop(self.0.borrow_mut().pop());
        let done = work();
        self.0.borrow_mut().extend(nothing());
        done
    }
}

fn nothing() -> Option<File> {
    File::open("/dev/null").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_lent_and_comes_back() {
        let spare = Spare::keep();
        let count = || spare.0.borrow().len();
        assert_eq!(count(), KEPT);
        assert_eq!(spare.lend(count), KEPT - 1);
        assert_eq!(count(), KEPT);
    }
}
