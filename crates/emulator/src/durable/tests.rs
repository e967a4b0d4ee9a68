use std::collections::BTreeSet;
use std::fs;
use std::num::NonZeroU32;
use std::path::Path;
use std::time::{Duration, Instant};

use deployment::Timestamp;
use redb::{Database, TableDefinition};
use tempfile::TempDir;

use super::{DATABASE, DataDir};
use crate::kept::MADE;
use crate::lambda::Account;
use crate::logs::Logs;
use crate::shared::Shared;
use crate::{Beginning, CodeStore, Emulator, Program};

fn beginning(now: u64, store: CodeStore) -> Beginning {
    Beginning {
        account: Account::default(),
        seed: 1,
        now: Timestamp::from_millis(now),
        time_scale: None,
        port: 0,
        reaper: None,
        store,
    }
}

async fn resume(directory: &Path, now: u64) -> Emulator {
    let data_dir = DataDir::open(directory).unwrap();
    let store = data_dir.code_store().unwrap();
    Emulator::resume(beginning(now, store), data_dir)
        .await
        .unwrap()
}

#[test]
fn every_collection_is_kept() {
    let store = CodeStore::create().unwrap();
    let before = MADE.get();
    let shared = Shared::new(beginning(0, store), String::new(), None).unwrap();
    let made = MADE.get() - before;
    let mut names = Vec::new();
    names.extend(shared.state().collections().iter().map(|(name, _)| *name));
    let logs = Logs::default();
    names.extend(logs.records().collections().iter().map(|(name, _)| *name));
    assert_eq!(names.len(), made, "collections that exist, and {names:?}");
    let different: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(different.len(), names.len(), "{names:?}");
}

#[test]
fn a_directory_that_cannot_be_used_is_left_alone() {
    type Prepare = fn(&Path);
    let rows: [(&str, Prepare, &str); 7] = [
        (
            "a text file for a database",
            |directory| fs::write(directory.join(DATABASE), "hello ".repeat(1000)).unwrap(),
            "is no database, or a damaged one: move it away to begin without state",
        ),
        (
            "half a database",
            |directory| {
                drop(DataDir::open(directory).unwrap());
                let whole = fs::read(directory.join(DATABASE)).unwrap();
                fs::write(directory.join(DATABASE), &whole[..whole.len() / 2]).unwrap();
            },
            "is no database, or a damaged one: move it away to begin without state",
        ),
        (
            "a directory for a database",
            |directory| fs::create_dir(directory.join(DATABASE)).unwrap(),
            "cannot keep state in",
        ),
        (
            "another program's database",
            |directory| {
                let table: TableDefinition<'_, &str, &str> = TableDefinition::new("theirs");
                let database = Database::create(directory.join(DATABASE)).unwrap();
                let transaction = database.begin_write().unwrap();
                transaction.open_table(table).unwrap();
                transaction.commit().unwrap();
            },
            "is another program's database",
        ),
        (
            "another format",
            |directory| {
                let mut data_dir = DataDir::open(directory).unwrap();
                data_dir.note_start(Timestamp::from_millis(0)).unwrap();
                let transaction = data_dir.database.begin_write().unwrap();
                let about: TableDefinition<'_, &str, &str> = TableDefinition::new("tollgate");
                let mut table = transaction.open_table(about).unwrap();
                table.insert("format", "0").unwrap();
                drop(table);
                transaction.commit().unwrap();
            },
            "was written by another version of tollgate (format \"0\", this one has \"2\")",
        ),
        (
            "a directory that was moved",
            |directory| {
                let before = directory.with_extension("before");
                let mut data_dir = DataDir::open(&before).unwrap();
                data_dir.note_start(Timestamp::from_millis(0)).unwrap();
                drop(data_dir);
                fs::remove_dir(directory).unwrap();
                fs::rename(before, directory).unwrap();
            },
            "when it was written: move it back",
        ),
        (
            "a file",
            |directory| {
                fs::remove_dir(directory).unwrap();
                fs::write(directory, "").unwrap();
            },
            "cannot keep state in",
        ),
    ];
    for (name, prepare, expected) in rows {
        let temporary = TempDir::new().unwrap();
        let directory = temporary.path().join("data");
        fs::create_dir(&directory).unwrap();
        prepare(&directory);
        let before = fs::read(directory.join(DATABASE)).ok();
        // The second time shows that nothing was lost the first time.
        for _ in 0..2 {
            let refused = DataDir::open(&directory).unwrap_err().to_string();
            assert!(refused.contains(expected), "{name}: {refused}");
        }
        // The database writes into its own files when it opens them.
        if expected.starts_with("is no database") {
            let is_same = fs::read(directory.join(DATABASE)).ok() == before;
            assert!(is_same, "{name}");
        }
    }
}

#[test]
fn only_one_at_a_time_has_a_directory() {
    let temporary = TempDir::new().unwrap();
    let first = DataDir::open(temporary.path()).unwrap();
    let refused = DataDir::open(temporary.path()).unwrap_err().to_string();
    assert!(
        refused.starts_with("another process serves from"),
        "{refused}"
    );
    drop(first);
    DataDir::open(temporary.path()).unwrap();
}

#[test]
fn nobody_comes_between_taking_the_logs_changes_and_handing_them_over() {
    let temporary = TempDir::new().unwrap();
    let data_dir = DataDir::open(temporary.path()).unwrap();
    let beginning = beginning(0, data_dir.code_store().unwrap());
    let shared = Shared::new(beginning, String::new(), Some(data_dir)).unwrap();
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let records = shared.logs.records();
        scope.spawn(|| shared.keep_logs());
        // It has the state before it gets at the logs, which are held here.
        while !shared.is_held() && begun.elapsed() < Duration::from_secs(10) {
            std::thread::yield_now();
        }
        assert!(shared.is_held());
        drop(records);
    });
    shared.close_database();
}

#[tokio::test]
async fn a_record_that_is_not_understood_is_named() {
    let temporary = TempDir::new().unwrap();
    let mut data_dir = DataDir::open(temporary.path()).unwrap();
    data_dir.note_start(Timestamp::from_millis(0)).unwrap();
    let transaction = data_dir.database.begin_write().unwrap();
    let aliases: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("lambda-aliases");
    let mut table = transaction.open_table(aliases).unwrap();
    table.insert(r#"["f","live"]"#, b"{}".as_slice()).unwrap();
    drop(table);
    transaction.commit().unwrap();
    let store = data_dir.code_store().unwrap();
    let refused = Emulator::resume(beginning(0, store), data_dir).await;
    let refused = refused.unwrap_err().to_string();
    assert!(
        refused.starts_with(r#"the record ["f","live"] of lambda-aliases in "#),
        "{refused}"
    );
}

#[tokio::test]
async fn time_never_goes_back() {
    let temporary = TempDir::new().unwrap();
    for (begun, reached, expected) in [(1000, 5000, 1000), (2000, 6000, 5000), (9000, 9000, 9000)] {
        let emulator = resume(temporary.path(), begun).await;
        assert_eq!(emulator.now().as_millis(), expected);
        assert!(emulator.advance_to(Timestamp::from_millis(reached)));
        emulator.put_shared_test_events("f", format!("{reached}"));
    }
}

#[tokio::test]
async fn code_is_kept_as_long_as_a_version_has_it() {
    let temporary = TempDir::new().unwrap();
    let code = temporary.path().join("data/code");
    let program = temporary.path().join("program");
    fs::write(&program, "#!/bin/sh\n").unwrap();
    let mut mode = fs::metadata(&program).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut mode, 0o755);
    fs::set_permissions(&program, mode).unwrap();

    let data_dir = DataDir::open(&temporary.path().join("data")).unwrap();
    let store = data_dir.code_store().unwrap();
    let used = store.snapshot(&Program::new(&program)).unwrap();
    let copy = fs::metadata(&used.program.path).unwrap().permissions();
    let mode = std::os::unix::fs::PermissionsExt::mode(&copy);
    assert_eq!(mode & 0o777, 0o555, "what versions share");
    let again = data_dir.code_store().unwrap();
    let same = again.snapshot(&Program::new(&program)).unwrap();
    assert_eq!(
        used.task_root, same.task_root,
        "the same code, the same place"
    );
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    for left in ["code-unused", "new-code-0"] {
        fs::create_dir(code.join(left)).unwrap();
    }
    let mut data_dir = data_dir;
    data_dir.code_in_use = BTreeSet::from([name(&used.task_root)]);
    data_dir.note_start(Timestamp::from_millis(0)).unwrap();
    data_dir.code_store().unwrap();
    let left = fs::read_dir(code).unwrap();
    let left: Vec<String> = left.map(|entry| name(&entry.unwrap().path())).collect();
    assert_eq!(left, [name(&used.task_root)]);
}

#[tokio::test]
async fn time_that_runs_ahead_is_kept_though_nothing_happens() {
    let temporary = TempDir::new().unwrap();
    let data_dir = DataDir::open(temporary.path()).unwrap();
    let mut fast = beginning(1000, data_dir.code_store().unwrap());
    fast.time_scale = NonZeroU32::new(1_000_000);
    let emulator = Emulator::resume(fast, data_dir).await.unwrap();
    let reached = emulator.now();
    drop(emulator);
    assert!(resume(temporary.path(), 0).await.now() >= reached);
}
