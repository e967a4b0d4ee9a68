//! `tollgate test` of functions and registries that do not answer, and with files that cannot be used.

use std::fs;

use axum::response::Response;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::json;

use super::api::{Api, Folder, Received, json_response};
use crate::explain::variables;
use crate::harness::Ran;

/// Lambda's or EventBridge Schemas' refusal.
fn refusal(status: u16, code: &str, message: &str) -> Response {
    let mut response = json_response(status, &json!({"Message": message}));
    let code = code.parse().unwrap();
    response.headers_mut().insert("x-amzn-errortype", code);
    response
}

fn answer(_: &Received, _: usize) -> Response {
    json_response(200, &json!({"statusCode": 200}))
}

fn three_events() -> Folder {
    Folder::new()
        .event("F/A", &json!({}), None)
        .event("F/B", &json!({}), None)
        .event("F/C", &json!({}), None)
}

fn test(folder: &Folder, api: &Api, args: &[&str]) -> Ran {
    folder.test(&[&["--function", "F"], args].concat(), &variables(&api.url))
}

#[test]
fn a_run_that_cannot_be_made_ends_at_once_with_the_remedy() {
    type Answer = fn(&Received, usize) -> Response;
    let rows: [(&[&str], Answer, &[&str]); 5] = [
        (
            &["--qualifier", "prod", "--concurrency", "1"],
            |_, _| {
                let what = "User: me is not authorized to perform: lambda:InvokeFunction on resource: arn:aws:lambda:us-east-1:1:function:F:prod";
                refusal(403, "AccessDeniedException", what)
            },
            &[
                "on resource: arn:aws:lambda:us-east-1:1:function:F:prod",
                "allow lambda:InvokeFunction on F:prod to your role or user",
            ],
        ),
        (
            &["--concurrency", "1"],
            |_, _| {
                refusal(
                    404,
                    "ResourceNotFoundException",
                    "Function not found: arn:aws:lambda:us-east-1:1:function:F",
                )
            },
            &[
                "there is no function F in us-east-1 (http://127.0.0.1:",
                "Function not found: arn:aws:lambda",
            ],
        ),
        (
            &["--concurrency", "1"],
            |_, _| {
                refusal(
                    403,
                    "ExpiredTokenException",
                    "The security token included in the request is expired",
                )
            },
            &["log in again"],
        ),
        (
            &["--shared"],
            |_, _| {
                refusal(
                    403,
                    "AccessDeniedException",
                    "User: me is not authorized to perform: schemas:DescribeSchema",
                )
            },
            &[
                "allow schemas:DescribeSchema on arn:aws:schemas:us-east-1:<account>:schema/lambda-testevent-schemas/_F-schema",
                "or leave out --shared",
            ],
        ),
        (
            &["--compare", "prod"],
            |_, _| {
                refusal(
                    403,
                    "AccessDeniedException",
                    "User: me is not authorized to perform: lambda:GetAlias",
                )
            },
            &[
                "error: --compare prod: lambda:GetAlias failed",
                "allow lambda:GetAlias on F",
            ],
        ),
    ];
    for (args, answer, parts) in rows {
        let api = Api::answering(answer);
        let ran = test(&three_events(), &api, args);
        assert_eq!(
            (ran.status, &*ran.stdout),
            (2, ""),
            "{args:?}: {}",
            ran.stderr
        );
        for part in parts {
            assert!(
                ran.stderr.contains(part),
                "{args:?}: {part:?} is not in {}",
                ran.stderr
            );
        }
        assert_eq!(api.received().len(), 1, "{args:?}");
    }
}

#[test]
fn what_was_turned_away_is_sent_again_and_what_may_have_run_is_not() {
    let api = Api::answering(|received, before| match before {
        0 => refusal(429, "TooManyRequestsException", "Rate Exceeded."),
        _ => answer(received, before),
    });
    let ran = test(
        &three_events(),
        &api,
        &["--qualifier", "live", "--concurrency", "1"],
    );
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    let received = api.received();
    assert_eq!(received.len(), 4);
    for one in &received {
        assert_eq!(
            one.line,
            "POST /2015-03-31/functions/F/invocations?Qualifier=live"
        );
        let context = BASE64_STANDARD
            .decode(&one.headers["x-amz-client-context"])
            .unwrap();
        assert_eq!(context, br#"{"custom":{"tollgate":"test"}}"#);
    }

    // What comes is no answer of Lambda's: the function may have run.
    let api = Api::answering(|_, _| {
        Response::builder()
            .status(302)
            .body("moved".into())
            .unwrap()
    });
    let ran = test(&three_events(), &api, &[]);
    assert_eq!((ran.status, api.received().len()), (2, 3), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("3 of 3 events broken"),
        "{}",
        ran.stdout
    );
}

#[test]
fn files_that_cannot_be_used_are_named_with_the_place() {
    type Spoil = fn(&Folder);
    let rows: [(Spoil, &[&str]); 6] = [
        (
            |folder| folder.file("events/F/Bad.json", "{\n  \"a\": }\n"),
            &[
                "broken: the event `Bad` is not JSON: ",
                "  events/F/Bad.json:2:",
            ],
        ),
        (
            |folder| folder.file("events/F/A.expect.json", "{\n  \"$regexp\": \"1\" }\n"),
            &[
                "broken: the expectation `A.expect` cannot be used: ",
                "  events/F/A.expect.json:2:",
            ],
        ),
        (
            |folder| folder.file("events/F/Only.expect.json", "{}"),
            &[
                "broken: the expectation `Only.expect` has no event `Only`; add the event or remove the expectation",
                "Only.expect.json",
            ],
        ),
        (
            |folder| fs::write(folder.path("events/F/Bytes.json"), b"\"\xff\"").unwrap(),
            &["broken: the bundled test event events/F/Bytes.json is not UTF-8"],
        ),
        (
            |folder| {
                fs::write(
                    folder.path("events/F/Large.json"),
                    vec![b' '; 6 * 1024 * 1024 + 1],
                )
                .unwrap()
            },
            &[
                "broken: the bundled test event events/F/Large.json is larger than 6 MB, the most that Lambda takes",
            ],
        ),
        (
            |folder| fs::create_dir(folder.path("events/F/Folder.json")).unwrap(),
            &["3 of 3 events met"],
        ),
    ];
    for (spoil, parts) in rows {
        let folder = three_events();
        spoil(&folder);
        let ran = test(&folder, &Api::answering(answer), &[]);
        let is_bad = parts.iter().any(|part| part.contains("broken"));
        let all = format!("{}{}", ran.stdout, ran.stderr);
        assert_eq!(ran.status, if is_bad { 2 } else { 0 }, "{all}");
        for part in parts {
            assert!(ran.stdout.contains(part), "{part:?} is not in {all}");
        }
        // The others are not lost.
        assert!(
            ran.stdout.contains("✓ B") && ran.stdout.contains("✓ C"),
            "{all}"
        );
    }

    let folder = Folder::new();
    folder.file("events/F", "");
    let ran = test(&folder, &Api::answering(answer), &[]);
    assert_eq!(ran.status, 2);
    let part = "error: cannot list the bundled test events in events/F: Not a directory";
    assert!(ran.stderr.contains(part), "{}", ran.stderr);
}

#[test]
fn options_that_would_be_ignored_are_refused() {
    let rows: [(&[&str], &str); 5] = [
        (
            &["--api-url", "http://127.0.0.1:1", "--binary", "F=x"],
            "--binary and --parameter-overrides are about the template",
        ),
        (
            &["--api-url", "http://127.0.0.1:1", "--generated"],
            "cannot be used with '--generated'",
        ),
        (
            &["--function", "F", "--template", "template.yaml"],
            "cannot be used with '--template <TEMPLATE>'",
        ),
        (&["--shared"], "--function <FUNCTION>"),
        (&["--compare", "prod"], "--function <FUNCTION>"),
    ];
    for (args, part) in rows {
        let ran = three_events().test(args, &[]);
        assert_eq!(ran.status, 2, "{args:?}");
        assert!(ran.stderr.contains(part), "{args:?}: {}", ran.stderr);
    }
}
