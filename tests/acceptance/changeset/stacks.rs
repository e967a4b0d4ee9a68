//! The stacks of `tests/stacks`: each change set gives the review beside it. With `SESSIONS=overwrite` in the environment,
//! what comes is written there instead.

use std::fs;

use crate::harness::{run, top_level};

#[test]
fn every_change_set_gives_the_review_beside_it() {
    let mut reviewed = 0;
    for folder in fs::read_dir(top_level().join("tests/stacks")).unwrap() {
        let folder = folder.unwrap().path();
        let document = folder.join("changeset.json");
        // The stack that all of them change has none.
        if !document.exists() {
            continue;
        }
        reviewed += 1;
        let document = document.to_str().unwrap();
        let text = run(["changeset", document]);
        assert_eq!(text.stderr, "", "{document}");
        let expected = folder.join("review.txt");
        if std::env::var_os("SESSIONS").is_some_and(|how| how == "overwrite") {
            fs::write(&expected, &text.stdout).unwrap();
        }
        assert_eq!(
            text.stdout,
            fs::read_to_string(expected).unwrap(),
            "{document}"
        );

        let json = run(["changeset", "--format", "json", document]);
        let found = json.json();
        assert_eq!(found["schema"], 1);
        let stack = found["stack"].as_str().unwrap();
        let verdict = found["verdict"].as_str().unwrap();
        assert!(
            text.stdout.contains(&format!("\n{verdict}: ")),
            "{verdict} in {}",
            text.stdout
        );

        let markdown = run(["changeset", "--format", "markdown", document]);
        let head = format!("<!-- tollgate:changeset:{stack} -->\n**{verdict}** `{stack}`: ");
        assert!(markdown.stdout.starts_with(&head), "{}", markdown.stdout);

        let status = i32::from(verdict == "blocked");
        let statuses = [text.status, json.status, markdown.status];
        assert_eq!(statuses, [status; 3], "{document}");
        assert_eq!(found["exitStatus"], status);
    }
    assert_eq!(reviewed, 6);
}
