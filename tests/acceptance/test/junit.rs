//! What CI reads of `tollgate test`: JUnit reports and GitHub's annotations.

use std::fs;
use std::io::Write as _;

use serde_json::json;

use super::api::{Api, Folder, http_event, json_response};
use crate::harness::{Ran, tollgate};

/// Two functions: a met, an unmet and a broken event, and one that is skipped.
fn world() -> (Api, Folder) {
    let api = Api::answering(|_, _| json_response(200, &json!({"id": "<1> & \"2\""})));
    let folder = Folder::new()
        .event(
            "F/Broken",
            &json!({"httpMethod": "GET", "path": "/"}),
            Some("{\n  \"$regexp\": 1 }"),
        )
        .event("F/Direct", &json!({"action": "create"}), None)
        .event(
            "F/Met",
            &http_event("GET", "/"),
            Some(r#"{"statusCode": 200}"#),
        )
        .event(
            "F/Unmet, %",
            &http_event("GET", "/"),
            Some("{\n  \"statusCode\": 201,\n  \"body\": {\"id\": 1} }"),
        )
        .event("G/Met", &http_event("GET", "/"), None);
    (api, folder)
}

/// The measured times are left out.
fn without_times(text: &str) -> String {
    let mut parts = text.split(" time=\"");
    let mut out = parts.next().unwrap().to_owned();
    for part in parts {
        out.push_str(part.split_once('"').unwrap().1);
    }
    out
}

#[test]
fn what_ends_a_run_leaves_no_report_of_the_run_before() {
    let folder = Folder::new().event("F/Met", &http_event("GET", "/"), None);
    folder.file("old.xml", "green");
    let report = folder.path("old.xml");
    let seen = report.clone();
    let api = Api::answering(move |_, _| {
        let report = fs::read_to_string(&seen).unwrap();
        json_response(200, &json!({ "report": report }))
    });
    let event = folder.path("events/F/Met.expect.json");
    fs::write(
        event,
        r#"{"body": {"report": {"$contains": "the run did not come to its end"}}}"#,
    )
    .unwrap();
    let ran = folder.test(&["--api-url", &api.url, "--junit", "old.xml"], &[]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(!fs::read_to_string(report).unwrap().contains("end"));
}

#[test]
fn a_report_with_a_case_per_event() {
    let (api, folder) = world();
    folder.file("reports/old.xml", "old");
    let args = ["--api-url", &api.url, "--junit", "reports/old.xml"];
    let ran = folder.test(&args, &[]);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    let report = fs::read_to_string(folder.path("reports/old.xml")).unwrap();
    let unmet = "statusCode: expected 201, got 200  events/F/Unmet, %.expect.json:2:3";
    let broken = "broken: the expectation `Broken.expect` cannot be used: $regexp: unknown instruction `$regexp`; \
                  did you mean `$regex`? (a member of that name is written `$$regexp`)  events/F/Broken.expect.json:2:3";
    let expected = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="tollgate test" tests="5" skipped="1" failures="1" errors="1">
    <testsuite name="F" tests="4" skipped="1" errors="1" failures="1">
        <properties>
            <property name="target" value="{url}"/>
            <property name="tollgate" value="{version}"/>
        </properties>
        <testcase name="Broken" classname="F" file="events/F/Broken.expect.json" line="2">
            <error message="{broken}" type="broken">{broken}</error>
        </testcase>
        <testcase name="Met" classname="F"/>
        <testcase name="Unmet, %" classname="F" file="events/F/Unmet, %.expect.json" line="2">
            <failure message="{unmet}" type="unmet">{unmet}
body.id: expected 1, got &quot;&lt;1&gt; &amp; \&quot;2\&quot;&quot;  events/F/Unmet, %.expect.json:3:12</failure>
        </testcase>
        <testcase name="Direct" classname="F">
            <skipped message="it is no HTTP request"/>
        </testcase>
    </testsuite>
    <testsuite name="G" tests="1" skipped="0" errors="0" failures="0">
        <properties>
            <property name="target" value="{url}"/>
            <property name="tollgate" value="{version}"/>
        </properties>
        <testcase name="Met" classname="G"/>
    </testsuite>
</testsuites>
"#,
        url = api.url,
        version = env!("CARGO_PKG_VERSION"),
    );
    assert_eq!(without_times(&report), expected);
    // It is readable for whom other files are.
    let permissions = |file: &str| fs::metadata(folder.path(file)).unwrap().permissions();
    assert_eq!(
        permissions("reports/old.xml"),
        permissions("events/F/Met.json")
    );
    // Nothing else is left, and the same run gives the same report.
    assert_eq!(fs::read_dir(folder.path("reports")).unwrap().count(), 1);
    folder.test(&args, &[]);
    let again = fs::read_to_string(folder.path("reports/old.xml")).unwrap();
    assert_eq!(without_times(&again), expected);
}

#[test]
fn a_report_goes_where_its_path_leads() {
    let (api, folder) = world();
    let args = ["test", "--api-url", &api.url, "--junit"];
    let run = |file: &str| {
        let mut command = tollgate();
        command.current_dir(folder.path("")).args(args).arg(file);
        command
    };
    let is_report = |text: &str| text.starts_with("<?xml") && text.ends_with("</testsuites>\n");
    // The text comes first, and nothing of it is lost, whatever standard output is.
    let ran: Ran = run("/dev/stdout").output().unwrap().into();
    let of_pipe = ran.stdout;
    let file = folder.path("out");
    let mut out = fs::File::create(&file).unwrap();
    let status = run("/dev/stdout").stdout(out.try_clone().unwrap()).status();
    assert_eq!(status.unwrap().code(), Some(1));
    // As who goes on with the same output does.
    out.write_all(b"</testsuites>\n").unwrap();
    let of_file = fs::read_to_string(&file).unwrap();
    for out in [of_pipe + "</testsuites>\n", of_file] {
        let (text, report) = out.split_at(out.find("<?xml").unwrap());
        assert!(text.contains("✓ Met"), "{out}");
        let report = report.strip_suffix("</testsuites>\n");
        assert!(report.is_some_and(is_report), "{out}");
    }
    // Links stay.
    fs::write(folder.path("report.xml"), "old").unwrap();
    for (link, target) in [("link.xml", "report.xml"), ("null.xml", "/dev/null")] {
        std::os::unix::fs::symlink(target, folder.path(link)).unwrap();
        let ran: Ran = run(link).output().unwrap().into();
        assert_eq!(ran.status, 1, "{}", ran.stderr);
        assert!(folder.path(link).is_symlink());
    }
    assert!(is_report(
        &fs::read_to_string(folder.path("report.xml")).unwrap()
    ));
}

#[test]
fn a_report_that_cannot_be_written_is_known_before_anything_runs() {
    let (api, folder) = world();
    folder.file("file", "");
    for (file, expected) in [
        (
            "no/such/report.xml",
            "cannot write to the folder no/such; create it",
        ),
        (
            "events",
            "this is a folder; name a file in it, such as events/tollgate.xml",
        ),
        ("file/report.xml", "cannot write to the folder file"),
    ] {
        let ran = folder.test(&["--api-url", &api.url, "--junit", file], &[]);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{file}");
        assert!(
            ran.stderr.contains(&format!("--junit {file}: ")),
            "{}",
            ran.stderr
        );
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
        let args = ["--api-url", &api.url, "--junit", file, "--format", "json"];
        assert_eq!(folder.test(&args, &[]).json()["exitStatus"], 2);
    }
    assert_eq!(api.received().len(), 0);
}

#[test]
fn what_could_not_be_run_is_an_error_in_the_report() {
    let folder = Folder::new();
    let args = [
        "--api-url",
        "nowhere",
        "--function",
        "F",
        "--junit",
        "report.xml",
    ];
    let ran = folder.test(&args, &[]);
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
    let report = fs::read_to_string(folder.path("report.xml")).unwrap();
    for part in [
        r#"<testsuites name="tollgate test" tests="1" skipped="0" failures="0" errors="1""#,
        r#"<testcase name="tollgate test" classname="F">"#,
        r#"<error message="the API&apos;s URL &quot;nowhere&quot; does not begin with https://"#,
    ] {
        assert!(report.contains(part), "{part} is not in {report}");
    }
}

#[test]
fn annotations_beside_the_code_on_github() {
    let (api, folder) = world();
    let workspace = folder.path(".").canonicalize().unwrap();
    // The command runs in a folder of the repository.
    let workspace = workspace.parent().unwrap().to_str().unwrap();
    let args = ["--api-url", &api.url, "--function", "F"];
    let github = [("GITHUB_ACTIONS", "true"), ("GITHUB_WORKSPACE", workspace)];
    let plain = folder.test(&args, &[]);
    let ran = folder.test(&args, &github);
    let commands = |text: &str| {
        let lines: Vec<String> = text
            .lines()
            .filter(|line| line.contains("::error"))
            .map(str::to_owned)
            .collect();
        lines
    };
    assert_eq!(commands(&plain.stdout), Vec::<String>::new());
    let within = folder.path(".").canonicalize().unwrap();
    let within = within.file_name().unwrap().to_str().unwrap();
    let expected = [
        format!(
            "::error file={within}/events/F/Broken.expect.json,line=2,col=3,title=F/Broken is broken::broken: the expectation"
        ),
        format!(
            "::error file={within}/events/F/Unmet%2C %25.expect.json,line=2,col=3,title=F/Unmet%2C %25 is unmet::\
             statusCode: expected 201, got 200  events/F/Unmet, %25.expect.json:2:3%0Abody.id: expected 1, got \"<1> & \\\"2\\\"\"  "
        ),
    ];
    let found = commands(&ran.stdout);
    assert_eq!(found.len(), expected.len(), "{}", ran.stdout);
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(&expected), "{found}\n{expected}");
    }
    let json = folder.test(&[&args[..], &["--format", "json"]].concat(), &github);
    assert_eq!(json.json()["exitStatus"], 1);
    let error = folder.test(&["--api-url", "nowhere"], &github);
    assert!(
        error
            .stdout
            .starts_with("::error title=tollgate test::the API's URL"),
        "{}",
        error.stdout
    );
    // Logs get no control characters, also where nobody has set NO_COLOR.
    for ran in [&plain, &ran] {
        assert!(!ran.stdout.contains('\u{1b}') && !ran.stderr.contains(['\u{1b}', '\r']));
    }
}
