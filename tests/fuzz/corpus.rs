//! Writes the first inputs of every target: those of `seeds/`, and what the repository's own data makes.
//!
//! `corpus FOLDER` writes to `FOLDER/<target>/`.

// The counters of the crates that it shares with the targets are linked against libFuzzer.
use libfuzzer_sys as _;
use serde_json::{Map, Value, json};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

type Seeds = Vec<Vec<u8>>;

fn main() -> Result<(), Box<dyn Error>> {
    let corpus = PathBuf::from(env::args_os().nth(1).ok_or("usage: corpus FOLDER")?);
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR"));
    let events = fuzz.join("../../events");
    let cases = fuzz.join("../../crates/checks/cases");
    let made = [
        ("payload", payloads(&events)?),
        ("app_spec", Seeds::new()),
        ("registry", registries(&events)?),
        ("expectation", expectations(&cases)?),
        ("changeset", change_sets(&fuzz.join("../stacks"))?),
    ];
    for (target, mut seeds) in made {
        seeds.extend(files(&fuzz.join("seeds").join(target))?);
        write(&corpus.join(target), seeds)?;
    }
    Ok(())
}

fn write(folder: &Path, seeds: Seeds) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    for (number, seed) in seeds.into_iter().enumerate() {
        fs::write(folder.join(format!("seed-{number}")), seed)?;
    }
    Ok(())
}

/// The contents of a folder's files, in the order of their names.
fn files(folder: &Path) -> Result<Seeds, Box<dyn Error>> {
    let paths = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = paths.collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    paths.iter().map(|path| Ok(fs::read(path)?)).collect()
}

/// What CodeDeploy sends.
fn payloads(events: &Path) -> Result<Seeds, Box<dyn Error>> {
    let mut seeds = files(&events.join("CodeDeployHook_PreTraffic"))?;
    seeds.extend(files(&events.join("CodeDeployHook_PostTraffic"))?);
    Ok(seeds)
}

/// The document that SAM would write of each function's events.
fn registries(events: &Path) -> Result<Seeds, Box<dyn Error>> {
    let mut seeds = Seeds::new();
    for function in fs::read_dir(events)? {
        let function = function?;
        if !function.file_type()?.is_dir() {
            continue;
        }
        let mut examples = Map::new();
        for event in fs::read_dir(function.path())? {
            let path = event?.path();
            let value: Value = serde_json::from_slice(&fs::read(&path)?)?;
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            let example = json!({"value": value, "x-metadata": {"invocationType": null}});
            examples.insert(name.into_owned(), example);
        }
        let document = json!({
            "openapi": "3.0.0",
            "info": {"version": "1.0.0", "title": "Event"},
            "paths": {},
            "components": {"schemas": {"Event": {"type": "object"}}, "examples": examples},
        });
        seeds.push(document.to_string().into_bytes());
    }
    Ok(seeds)
}

/// Every row of the cases of matching: expectation, payload, and whether it is of a function error.
fn expectations(cases: &Path) -> Result<Seeds, Box<dyn Error>> {
    let mut seeds = Seeds::new();
    for file in files(cases)? {
        let rows: Vec<Value> = serde_json::from_slice(&file)?;
        seeds.extend(rows.iter().map(|row| {
            let answer = &row["answer"];
            let mut parts = vec![match row["text"].as_str() {
                Some(text) => text.to_owned(),
                None => row
                    .get("expectation")
                    .map(Value::to_string)
                    .unwrap_or_default(),
            }];
            parts.push(match answer["payloadText"].as_str() {
                Some(text) => text.to_owned(),
                None => answer["payload"].to_string(),
            });
            if answer.get("functionError").is_some() {
                parts.push(String::new());
            }
            parts.join("\0").into_bytes()
        }));
    }
    Ok(seeds)
}

/// The change sets of the stacks, also as the console exports their changes.
fn change_sets(stacks: &Path) -> Result<Seeds, Box<dyn Error>> {
    let mut seeds = Seeds::new();
    for stack in fs::read_dir(stacks)? {
        let document = stack?.path().join("changeset.json");
        if document.exists() {
            let set: Value = serde_json::from_slice(&fs::read(document)?)?;
            seeds.push(set.to_string().into_bytes());
            seeds.push(set["Changes"].to_string().into_bytes());
        }
    }
    seeds.sort();
    Ok(seeds)
}
