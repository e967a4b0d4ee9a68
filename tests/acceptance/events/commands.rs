//! What each command does, and says.

use super::world::{ODD, World};

const TITLE: &str = "events/orders → lambda-testevent-schemas/_orders-schema\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn push_changes_what_differs_and_nothing_else() {
    let world = World::with(
        ODD,
        &[
            ("one.json", "{\"n\":\n11.00}"),
            ("new.json", "[1E5]"),
            ("new.expect.json", "{}"),
        ],
    )
    .await;
    let plan = format!("{TITLE}  add      new\n  add      new.expect\n  replace  one\n");
    world.check(
        "push --dry-run",
        0,
        &format!("{plan}nothing was done, because of --dry-run\n"),
    );
    assert_eq!(world.document().await.unwrap(), ODD);
    world.check("push", 0, &format!("{plan}done\n"));
    let added = r#"{"value": 2}, "new": {"value": [1E5], "x-metadata": {"invocationType": null}}, "new.expect": {"value": {}, "x-metadata": {"invocationType": null}}"#;
    let expected = ODD
        .replace("{\"n\": 10.00}", "{\"n\": 11.00}")
        .replace(r#"{"value": 2}"#, added);
    assert_eq!(world.document().await.unwrap(), expected);
    world.check(
        "push",
        0,
        &format!("{TITLE}  3 documents are the same already\n"),
    );
    // Six versions later, there are five.
    for number in 0..6 {
        world.write("one.json", &number.to_string());
        assert_eq!(world.run("push --only one").status, 0);
    }
    assert_eq!(
        world.document().await.unwrap(),
        expected.replace("{\"n\": 11.00}", "5")
    );
    let ran = world.run("push --prune");
    assert_eq!(ran.status, 2);
    assert!(
        ran.stderr
            .contains("Delete 1 shared document? Nobody can be asked"),
        "{}",
        ran.stderr
    );
    world.check(
        "push --prune --yes",
        0,
        &format!("{TITLE}  delete   two\n  3 documents are the same already\ndone\n"),
    );
    assert!(!world.document().await.unwrap().contains("two"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pull_writes_files_and_overwrites_only_what_it_may() {
    let world = World::with(ODD, &[("one.json", "{}"), ("notes.txt", "mine")]).await;
    let ran = world.run("pull");
    assert_eq!(ran.status, 2);
    assert!(
        ran.stderr.contains("Overwrite 1 file? Nobody can be asked"),
        "{}",
        ran.stderr
    );
    assert_eq!(world.files(), ["notes.txt", "one.json"]);
    assert_eq!(world.run("pull --dry-run").status, 0);
    assert_eq!(world.read("one.json"), "{}");
    let title = "lambda-testevent-schemas/_orders-schema → events/orders\n";
    world.check(
        "pull --only two",
        0,
        &format!("{title}  add      two\ndone\n"),
    );
    world.check(
        "pull --yes",
        0,
        &format!("{title}  replace  one\n  1 document is the same already\ndone\n"),
    );
    assert_eq!(world.files(), ["notes.txt", "one.json", "two.json"]);
    assert_eq!(world.read("one.json"), "{\n  \"n\": 10.00\n}\n");
    world.check("diff", 0, "nothing differs\n");
    assert_eq!(world.document().await.unwrap(), ODD);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_that_are_no_file_names_are_left_out() {
    let names = [
        "..",
        "../../up",
        "a b/c",
        "CON",
        ".hidden",
        "Two",
        "tw\u{6f}",
        "fine",
        "lost.expect",
        &"x".repeat(300),
    ];
    let examples: Vec<String> = names
        .iter()
        .map(|name| format!("{}: {{\"value\": 1}}", serde_json::Value::from(*name)))
        .collect();
    let document = format!(
        r#"{{"components": {{"examples": {{{}}}}}}}"#,
        examples.join(",")
    );
    let world = World::with(&document, &[]).await;
    let ran = world.run("pull --format json");
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let said = ran.json();
    assert_eq!(
        said["steps"],
        serde_json::json!([{ "action": "add", "name": "fine" }])
    );
    assert_eq!(
        said["leftOut"].as_array().unwrap().len(),
        names.len() - 1,
        "{said}"
    );
    assert_eq!(world.files(), ["fine.json"]);
    assert_eq!(world.folder.path().read_dir().unwrap().count(), 1);
    assert_eq!(
        world
            .folder
            .path()
            .join("events")
            .read_dir()
            .unwrap()
            .count(),
        1
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pull_writes_no_expectation_that_is_none_and_replaces_what_is_malformed() {
    let document = r#"{"components":{"examples":{"a":{"value":1},"a.expect":{"value":{"$regexp":1}},"b":{"value":2}}}}"#;
    let world = World::with(document, &[("b.json", "{"), ("c.expect.json", "[")]).await;
    let ran = world.run("pull --yes");
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let said = "  add      a\n  replace  b\n  leave out  a.expect: it is no expectation: ";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
    assert!(ran.stdout.contains("$regexp"), "{}", ran.stdout);
    assert_eq!(world.files(), ["a.json", "b.json", "c.expect.json"]);
    assert_eq!(world.read("b.json"), "2\n");
    // Whatever goes by the files says what is wrong with them.
    let ran = world.run("diff");
    assert_eq!(ran.status, 2);
    assert!(
        ran.stderr.contains("c.expect.json is not JSON"),
        "{}",
        ran.stderr
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn list_and_diff_say_what_is_where() {
    let document = r#"{"components":{"examples":{"a":{"value":{"b":[1]}},"a.expect":{"value":{}},"s":{"value":"\u001b[2J"},"d":{"value":{"token":"x","n":1}}}}}"#;
    let files = [
        ("a.json", "{\n\"b\": [1]}"),
        ("a.expect.json", "{}"),
        ("d.json", r#"{"token": "y", "n": 1.0}"#),
        ("f.json", "7"),
    ];
    let world = World::with(document, &files).await;
    let expected = "\
test event  where   expectation  characters
a           both    yes                  12
d           differ  no                   24
f           files   no                    1
s           shared  no                   11
the registry holds 137 of at most 100000 characters for orders
";
    world.check("list", 0, expected);
    let said = world.run("list --format json").json();
    assert_eq!(
        said["events"][1],
        serde_json::json!({ "name": "d", "where": "differ", "expectation": false, "characters": 24 })
    );
    let expected = "\
--- shared/d
+++ events/orders/d.json
@@ -1,4 +1,4 @@
 {
   \"token\": \"***\",
-  \"n\": 1
+  \"n\": 1.0
 }
--- /dev/null
+++ events/orders/f.json
@@ -0,0 +1 @@
+7
--- shared/s
+++ /dev/null
@@ -1 +0,0 @@
-\"\\u001b[2J\"
";
    world.check("diff", 1, expected);
    world.check("diff --only a", 0, "nothing differs\n");
    let said = world.run("diff --format json").json();
    assert_eq!(said["exitStatus"], 1);
    assert_eq!(said["differences"].as_array().unwrap().len(), 3);
    let ran = world.run("diff --only nobody");
    assert_eq!(ran.status, 2);
    assert!(
        ran.stderr
            .contains("there is no test event \"nobody\"; there are: a, d, f, s"),
        "{}",
        ran.stderr
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn delete_takes_the_expectation_along_and_the_schema_in_the_end() {
    let document = r#"{"openapi":"3.0.0","components":{"examples":{"a":{"value":1},"a.expect":{"value":{}},"b":{"value":2}}}}"#;
    let world = World::with(document, &[]).await;
    assert_eq!(world.run("delete a").status, 2);
    assert_eq!(world.run("delete a none --yes").status, 2);
    assert_eq!(world.run("delete b.expect --yes").status, 2);
    assert_eq!(world.document().await.unwrap(), document);
    // An expectation can go alone.
    assert_eq!(world.run("delete a.expect --yes").status, 0);
    assert_eq!(
        world.document().await.unwrap(),
        r#"{"openapi":"3.0.0","components":{"examples":{"a":{"value":1},"b":{"value":2}}}}"#
    );
    world.share(document);
    assert_eq!(world.run("delete a --yes").status, 0);
    assert_eq!(
        world.document().await.unwrap(),
        r#"{"openapi":"3.0.0","components":{"examples":{"b":{"value":2}}}}"#
    );
    assert_eq!(world.run("delete b --yes").status, 0);
    assert_eq!(world.document().await, None);
    let ran = world.run("delete b --yes --format json");
    assert_eq!(ran.status, 2);
    assert_eq!(
        ran.json()["error"],
        "there is no shared test event \"b\"; there are: none"
    );
}
