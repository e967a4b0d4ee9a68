//! Change sets that cannot be read: exit status 2, with what to do.

use std::net::TcpListener;

use super::cloud::{Answer, Cloud, ROOT, check, missing};

#[test]
fn what_cannot_be_read_is_not_decided() {
    let by_name = &["--stack", "version-demo", "--change-set", "update"][..];
    let rows: [(&[&str], Answer, &[&str]); 8] = [
        (
            &[ROOT],
            missing(),
            &[
                "there is no change set ",
                ROOT,
                "in eu-west-1",
                "--region",
                "--profile",
            ],
        ),
        (
            by_name,
            missing(),
            &["there is no change set update of the stack version-demo in us-east-1"],
        ),
        (
            by_name,
            Answer::Refused(
                400,
                "ValidationError",
                "Stack [version-demo] does not exist",
            ),
            &["there is no change set update of the stack version-demo"],
        ),
        (
            &[ROOT],
            Answer::Refused(403, "AccessDenied", "User: x is not authorized"),
            &[
                "cloudformation:DescribeChangeSet failed: AccessDenied",
                "allow cloudformation:DescribeChangeSet",
            ],
        ),
        (
            &[ROOT],
            Answer::Refused(400, "Throttling", "Rate exceeded"),
            &["Throttling: Rate exceeded", "try again"],
        ),
        (
            &[ROOT],
            Answer::Refused(403, "ExpiredToken", "The security token is expired"),
            &["ExpiredToken: The security token is expired"],
        ),
        (
            &[ROOT],
            Answer::Stranger(404, "<html>no</html>"),
            &["HTTP status 404", "the endpoint"],
        ),
        (
            &[ROOT],
            Answer::Stranger(200, "{}"),
            &["cloudformation:DescribeChangeSet failed", "the endpoint"],
        ),
    ];
    for (args, answer, said) in rows {
        let cloud = Cloud::answering(move |_, _| answer.clone());
        check(&cloud.run(args), 2, said);
        // Machines get a document in any case.
        let ran = cloud.run(&[args, &["--format", "json"]].concat());
        assert_eq!(ran.json()["exitStatus"], 2);
    }
}

#[test]
fn where_nobody_listens_nothing_is_decided() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let cloud = Cloud::answering(|_, _| missing());
    let ran = cloud.run(&[ROOT, "--endpoint-url", &url]);
    check(
        &ran,
        2,
        &[
            "cloudformation:DescribeChangeSet failed",
            "check the network, the Region and the endpoint",
        ],
    );
}

#[test]
fn an_arn_is_reviewed_alone() {
    let cloud = Cloud::answering(|_, _| missing());
    for args in [[ROOT, "nested.json"], ["-", ROOT], [ROOT, ROOT]] {
        check(&cloud.run(&args), 2, &["an ARN is reviewed alone"]);
    }
    // What only looks like one is a file.
    check(
        &cloud.run(&["arn:aws:cloudformation:eu-west-1:1:stack/s/0"]),
        2,
        &["cannot read arn:aws:"],
    );
    assert!(cloud.received().is_empty());
}
