//! Collections that know what has changed in them, so that a database can follow.

#![cfg_attr(
    not(test),
    expect(dead_code, reason = "the database that follows it is not there yet")
)]

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet, btree_map};

/// A map of records, each under its key, that remembers which ones have changed since [`Kept::take_changed`].
///
/// Everything of the services that must outlive the process is in one of these: nothing in it can change without
/// being remembered.
#[derive(Clone, Debug)]
pub(crate) struct Kept<K, V> {
    records: BTreeMap<K, V>,
    changed: BTreeSet<K>,
}

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self {
            records: BTreeMap::new(),
            changed: BTreeSet::new(),
        }
    }
}

impl<K: Ord + Clone, V> Kept<K, V> {
    /// The record under `key`.
    pub(crate) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.records.get(key)
    }

    /// The record under `key`, to change it.
    pub(crate) fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let (known, _) = self.records.get_key_value(key)?;
        self.changed.insert(known.clone());
        self.records.get_mut(key)
    }

    /// Whether there is a record under `key`.
    pub(crate) fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.records.contains_key(key)
    }

    /// Puts a record, and returns the one that it replaces.
    pub(crate) fn insert(&mut self, key: K, record: V) -> Option<V> {
        self.changed.insert(key.clone());
        self.records.insert(key, record)
    }

    /// Removes a record.
    pub(crate) fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let (key, record) = self.records.remove_entry(key)?;
        self.changed.insert(key);
        Some(record)
    }

    /// All records, in the order of their keys.
    pub(crate) fn iter(&self) -> btree_map::Iter<'_, K, V> {
        self.records.iter()
    }

    /// All keys, in order.
    pub(crate) fn keys(&self) -> btree_map::Keys<'_, K, V> {
        self.records.keys()
    }

    /// All records, in the order of their keys.
    pub(crate) fn values(&self) -> btree_map::Values<'_, K, V> {
        self.records.values()
    }

    /// The records with keys in `range`, in order.
    pub(crate) fn range<Q: Ord + ?Sized>(
        &self,
        range: impl std::ops::RangeBounds<Q>,
    ) -> btree_map::Range<'_, K, V>
    where
        K: Borrow<Q>,
    {
        self.records.range(range)
    }

    /// How many records there are.
    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    /// The keys of what has been put, changed or removed since the last call.
    pub(crate) fn take_changed(&mut self) -> BTreeSet<K> {
        std::mem::take(&mut self.changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_changes_is_remembered_once() {
        let mut kept = Kept::default();
        kept.insert("a".to_owned(), 1);
        kept.insert("b".to_owned(), 2);
        assert_eq!(kept.take_changed().len(), 2);
        assert!(kept.get("a").is_some() && kept.get_mut("none").is_none());
        assert!(kept.remove("none").is_none());
        assert!(kept.take_changed().is_empty());
        if let Some(record) = kept.get_mut("a") {
            *record = 3;
        }
        kept.remove("b");
        let changed: Vec<String> = kept.take_changed().into_iter().collect();
        assert_eq!(changed, ["a", "b"]);
        assert_eq!((kept.get("a"), kept.len()), (Some(&3), 1));
    }
}
