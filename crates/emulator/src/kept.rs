//! Collections that know what has changed in them, so that a database can follow.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet, btree_map};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A map of records, each under its key, that remembers which ones have changed since they were last asked for.
///
/// Everything of the services that must outlive the process is in one of these: nothing in it can change without
/// being remembered, once it is followed. Its owner lists it as a [`Collection`], see `State::collections`.
#[derive(Clone, Debug)]
pub(crate) struct Kept<K, V> {
    records: BTreeMap<K, V>,
    changed: BTreeSet<K>,
    /// Whether anybody will ask for what has changed.
    is_followed: bool,
}

/// A collection as the database sees it: under a name, keys and records as JSON text.
pub(crate) trait Collection {
    /// Takes over the records that were kept, and remembers from now on what changes.
    ///
    /// # Errors
    /// [`Unreadable`] names the record that this program does not understand.
    fn follow(&mut self, records: Vec<(String, Vec<u8>)>) -> Result<(), Unreadable>;

    /// Adds to `changes` what has changed since the last call.
    ///
    /// # Errors
    /// When a record has no form in JSON.
    fn take_changes(
        &mut self,
        name: &'static str,
        changes: &mut Vec<Change>,
    ) -> serde_json::Result<()>;
}

/// The collections of one owner, each under the name by which the database knows it.
pub(crate) type Collections<'a> = Vec<(&'static str, &'a mut dyn Collection)>;

/// A record that was put, changed or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// The collection's name.
    pub(crate) collection: &'static str,
    /// The key as JSON text.
    pub(crate) key: String,
    /// The record as JSON text; `None` where it was removed.
    pub(crate) record: Option<Vec<u8>>,
}

/// A record that was kept and does not read as one of its collection.
#[derive(Debug, thiserror::Error)]
#[error("the record {key} is unreadable")]
pub(crate) struct Unreadable {
    /// The key as JSON text.
    pub(crate) key: String,
    /// Why.
    pub(crate) source: serde_json::Error,
}

#[cfg(test)]
thread_local! {
    /// How many collections this thread has made, for the test that none is forgotten.
    pub(crate) static MADE: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        #[cfg(test)]
        MADE.set(MADE.get() + 1);
        Self {
            records: BTreeMap::new(),
            changed: BTreeSet::new(),
            is_followed: false,
        }
    }
}

impl<K, V> Collection for Kept<K, V>
where
    K: Ord + Clone + Serialize + DeserializeOwned,
    V: Serialize + DeserializeOwned,
{
    fn follow(&mut self, records: Vec<(String, Vec<u8>)>) -> Result<(), Unreadable> {
        for (key, record) in records {
            let read = || {
                Ok((
                    serde_json::from_str(&key)?,
                    serde_json::from_slice(&record)?,
                ))
            };
            let (read_key, read_record) = match read() {
                Ok(read) => read,
                Err(source) => return Err(Unreadable { key, source }),
            };
            self.records.insert(read_key, read_record);
        }
        self.is_followed = true;
        Ok(())
    }

    fn take_changes(
        &mut self,
        name: &'static str,
        changes: &mut Vec<Change>,
    ) -> serde_json::Result<()> {
        for key in std::mem::take(&mut self.changed) {
            let record = self.records.get(&key).map(serde_json::to_vec).transpose()?;
            changes.push(Change {
                collection: name,
                key: serde_json::to_string(&key)?,
                record,
            });
        }
        Ok(())
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
        if self.is_followed {
            let (known, _) = self.records.get_key_value(key)?;
            self.changed.insert(known.clone());
        }
        self.records.get_mut(key)
    }

    /// The record under `key`, to change it, made where there is none.
    pub(crate) fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        if self.is_followed {
            self.changed.insert(key.clone());
        }
        self.records.entry(key).or_insert_with(make)
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
        if self.is_followed {
            self.changed.insert(key.clone());
        }
        self.records.insert(key, record)
    }

    /// Removes a record.
    pub(crate) fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let (key, record) = self.records.remove_entry(key)?;
        if self.is_followed {
            self.changed.insert(key);
        }
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(kept: &mut Kept<(String, u64), u64>) -> Vec<(String, Option<String>)> {
        let mut changes = Vec::new();
        kept.take_changes("numbers", &mut changes).unwrap();
        let text = |record| String::from_utf8(record).unwrap();
        changes
            .into_iter()
            .map(|change| (change.key, change.record.map(text)))
            .collect()
    }

    fn key(number: u64) -> (String, u64) {
        ("a".to_owned(), number)
    }

    fn kept(key: &str, record: &str) -> (String, Vec<u8>) {
        (key.to_owned(), record.as_bytes().to_owned())
    }

    #[test]
    fn whatever_changes_is_remembered_once() {
        let mut numbers = Kept::default();
        numbers.insert(key(0), 1);
        assert_eq!(changes(&mut numbers), [], "nobody follows it");
        numbers.follow(vec![kept(r#"["a",1]"#, "7")]).unwrap();
        assert_eq!(changes(&mut numbers), [], "it was kept already");
        numbers.insert(key(2), 2);
        numbers.insert(key(2), 3);
        let expected = [(r#"["a",2]"#.to_owned(), Some("3".to_owned()))];
        assert_eq!(changes(&mut numbers), expected);
        assert!(numbers.get(&key(1)).is_some() && numbers.get_mut(&key(9)).is_none());
        assert!(numbers.remove(&key(9)).is_none());
        assert_eq!(changes(&mut numbers), []);
        if let Some(record) = numbers.get_mut(&key(1)) {
            *record = 8;
        }
        numbers.remove(&key(2));
        let expected = [
            (r#"["a",1]"#.to_owned(), Some("8".to_owned())),
            (r#"["a",2]"#.to_owned(), None),
        ];
        assert_eq!(changes(&mut numbers), expected);
        assert_eq!((numbers.get(&key(1)), numbers.len()), (Some(&8), 2));
        // What is there stays, and is changed.
        for (number, before) in [(1, 8), (3, 5)] {
            let record = numbers.get_or_insert_with(key(number), || 5);
            assert_eq!(*record, before);
            *record += 1;
        }
        let expected = [
            (r#"["a",1]"#.to_owned(), Some("9".to_owned())),
            (r#"["a",3]"#.to_owned(), Some("6".to_owned())),
        ];
        assert_eq!(changes(&mut numbers), expected);
    }

    #[test]
    fn an_unreadable_record_is_named() {
        for (key, record) in [(r#"["a",1]"#, r#""text""#), (r#"["a",1"#, "1"), ("1", "1")] {
            let mut numbers = Kept::<(String, u64), u64>::default();
            let unreadable = numbers.follow(vec![kept(key, record)]).unwrap_err();
            assert_eq!(unreadable.key, key);
        }
    }
}
