//! A comment under a reader of GitHub's Markdown that is not ours.

use changeset::{CodeDeploy, Gating, How, Named, Policy, Shift, parse, review};
use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Options, parse_document};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::*;

/// What GitHub's Markdown is made of, and what ends where foreign text stands.
const PIECES: [&str; 62] = [
    "`",
    "``",
    "```",
    "~~~",
    "|",
    "\\",
    "\\|",
    "<",
    ">",
    "<!--",
    "-->",
    "--!>",
    "<b>",
    "</details>",
    "<img src=x>",
    "[",
    "]",
    "](",
    ")",
    "![x](",
    "[x]: y",
    "[^1]",
    "[x](javascript:y)",
    "https://x.y",
    "www.x.y",
    "mailto:a@b.c",
    "a@b.c",
    "@octocat",
    "#1",
    "o/r#1",
    "$",
    "$$",
    "$`x`$",
    "&lt;",
    "&#96;",
    "&#x7c;",
    "&",
    ";",
    "*",
    "**",
    "_",
    "__",
    "~",
    "~~",
    "#",
    "- [ ] ",
    "---",
    "===",
    "    ",
    "\t",
    "\n",
    "\r",
    "\n\n",
    "\u{2028}",
    "\u{1b}[2J",
    "\u{202e}",
    "\0",
    "ü",
    "😀",
    "a",
    "B",
    " ",
];

/// A change set with this text wherever text can be: a blocked change, one to look at, a safe and a routine one.
fn set_of(text: &str, changes: usize) -> Value {
    let id = |kind: &str| {
        let id: String = text.chars().filter(|one| *one != '/').take(60).collect();
        format!("{kind}{id}")
    };
    let detail = json!({
        "Target": {
            "Attribute": text, "Name": text, "Path": text, "RequiresRecreation": "Always",
            "BeforeValue": text, "AfterValue": text,
        },
        "Evaluation": "Static", "ChangeSource": text, "CausingEntity": text,
    });
    let change = |id: String, action: &str, resource_type: &str, policy: Option<&str>| {
        json!({ "Type": "Resource", "ResourceChange": {
            "Action": action, "LogicalResourceId": id, "ResourceType": resource_type, "PhysicalResourceId": text,
            "Replacement": (action == "Modify").then_some("True"), "PolicyAction": policy, "Details": [detail],
        }})
    };
    let changes: Vec<Value> = (0..changes)
        .flat_map(|number| {
            [
                change(
                    id(&format!("a{number}")),
                    "Modify",
                    "AWS::DynamoDB::Table",
                    None,
                ),
                change(
                    id(&format!("b{number}")),
                    "Remove",
                    &format!("X{text}"),
                    Some(text),
                ),
                change(id(&format!("c{number}")), "Add", &format!("X{text}"), None),
                change(
                    id(&format!("d{number}")),
                    "Add",
                    "AWS::Lambda::Version",
                    None,
                ),
            ]
        })
        .collect();
    json!({
        "StackName": text, "ChangeSetId": text, "ChangeSetName": text, "Status": "CREATE_COMPLETE", "Changes": changes,
    })
}

fn comment(text: &str, changes: usize) -> String {
    let set = parse(set_of(text, changes).to_string().as_bytes()).unwrap();
    let policy = Policy {
        allow_types: vec![text.to_owned()],
        ..Policy::default()
    };
    super::text(&review(&[set], &policy).unwrap(), &[deployment(text)], true)
}

/// A deployment in which everything is called like this.
fn deployment(text: &str) -> Deployment {
    let named = || Named {
        name: Some(text.to_owned()),
        ..Named::default()
    };
    let because = || vec![format!("because of {text}")];
    let code_deploy = CodeDeploy {
        configuration: Some(text.to_owned()),
        before_allow_traffic_hook: Some(named()),
        after_allow_traffic_hook: Some(named()),
        alarms: vec![named()],
        unknown: because(),
        ..CodeDeploy::default()
    };
    Deployment {
        function: Some(text.to_owned()),
        gating: Gating::Gated,
        reasons: because(),
        shifts: vec![Shift {
            alias: text.to_owned(),
            name: Some(text.to_owned()),
            how: How::CodeDeploy,
            is_certain: true,
            code_deploy: Some(code_deploy),
            notes: because(),
        }],
    }
}

/// Everything that GitHub may turn on in a comment.
fn options() -> Options<'static> {
    let mut options = Options::default();
    let extension = &mut options.extension;
    extension.strikethrough = true;
    extension.table = true;
    extension.autolink = true;
    extension.tasklist = true;
    extension.footnotes = true;
    extension.math_dollars = true;
    extension.math_code = true;
    extension.alerts = true;
    options
}

/// The comment is what we meant it to be: a head, a table of two rows, a list, deployments, and one folded list.
fn check(text: &str) {
    let comment = comment(text, 1);
    let arena = Arena::new();
    let root = parse_document(&arena, &comment, &options());
    let mut blocks = Vec::new();
    for block in root.children() {
        blocks.push(match &block.data.borrow().value {
            NodeValue::HtmlBlock(html) if html.literal.starts_with("<!-- tollgate:changeset:") => {
                assert_eq!(html.literal.matches("--").count(), 2, "{}", html.literal);
                "marker"
            }
            NodeValue::HtmlBlock(html) => match html.literal.as_str() {
                "<details><summary>2 safe</summary>\n" => "fold",
                "</details>\n" => "end",
                other => panic!("{other:?} in {comment}"),
            },
            NodeValue::Paragraph => "paragraph",
            NodeValue::Table(_) => "table",
            NodeValue::List(_) => "list",
            other => panic!("{other:?} in {comment}"),
        });
        inline(block, &comment);
    }
    let expected = [
        "marker",
        "paragraph",
        "paragraph",
        "table",
        "list",
        "paragraph",
        "list",
        "fold",
        "list",
        "end",
    ];
    assert_eq!(blocks, expected, "{comment}");
    let count = |is: fn(&NodeValue) -> bool| {
        let nodes = root.descendants();
        nodes.filter(|node| is(&node.data.borrow().value)).count()
    };
    let cells = count(|node| matches!(node, NodeValue::TableCell));
    assert_eq!(cells, 3 * 5, "{comment}");
    // Two lists and the folded one; the deployments' has two more in it.
    let lists = count(|node| matches!(node, NodeValue::List(_)));
    let items = count(|node| matches!(node, NodeValue::Item(_)));
    assert_eq!((lists, items), (5, 2 + 8 + 2), "{comment}");
    let steers = comment.chars().find(|one| one.is_control() && *one != '\n');
    assert_eq!(steers, None, "{comment}");
}

fn inline<'a>(block: &'a AstNode<'a>, comment: &str) {
    for node in block.descendants().skip(1) {
        match &node.data.borrow().value {
            NodeValue::Paragraph
            | NodeValue::SoftBreak
            | NodeValue::Strong
            | NodeValue::Code(_)
            | NodeValue::List(_)
            | NodeValue::Item(_)
            | NodeValue::TableRow(_)
            | NodeValue::TableCell => {}
            // Mentions and issues.
            NodeValue::Text(text) => {
                let mut characters = text.chars().peekable();
                while let Some(one) = characters.next() {
                    let next = characters.peek();
                    assert!(
                        !matches!(one, '@' | '#') || next == Some(&'\u{200b}'),
                        "{text:?} in {comment}"
                    );
                }
            }
            other => panic!("{other:?} in {comment}"),
        }
    }
}

#[test]
fn whatever_is_in_a_name_is_only_text() {
    check("plain");
    check("");
    for piece in PIECES {
        check(piece);
        check(&format!("x{piece}"));
        check(&format!("{piece} {piece}"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn whatever_names_are_made_of_is_only_text(
        pieces in prop::collection::vec(select(PIECES.to_vec()), 0..8), other in any::<String>(),
    ) {
        check(&pieces.concat());
        check(&format!("{}{other}", pieces.concat()));
    }
}

#[test]
fn a_comment_is_never_longer_than_github_takes() {
    for text in ["", "|", "ü", "😀", "<", "`"] {
        for (length, changes) in [(1, 600), (250, 100), (5000, 5), (100_000, 1)] {
            let comment = comment(&text.repeat(length), changes);
            let characters = comment.chars().count();
            assert!(characters < 65_536, "{characters} characters of {text:?}");
            assert!(comment.contains("blocked, "), "{comment:.200}");
        }
    }
    let long = comment("x", 1000);
    assert!(long.contains("lines are left out"), "{long:.200}");
}

#[test]
fn a_row_with_more_than_it_has_room_for_is_there_none_the_less() {
    let mut document = set_of(&"x".repeat(300), 8);
    for change in document["Changes"].as_array_mut().unwrap() {
        let details = &mut change["ResourceChange"]["Details"];
        *details = Value::Array(vec![details[0].clone(); 2000]);
    }
    let set = parse(document.to_string().as_bytes()).unwrap();
    let comment = super::text(&review(&[set], &Policy::default()).unwrap(), &[], true);
    let characters = comment.chars().count();
    assert!(characters < 65_536, "{characters} characters");
    assert!(comment.contains("and 1990 more"), "{comment:.2000}");
    assert!(comment.contains("\n| **blocked** | `a0"), "{comment:.2000}");
}

#[test]
fn commands_are_code_and_whole() {
    let text = "x".repeat(250);
    let lines = comment(&text, 1);
    let expected = format!("or give `--allow a0{}=replace`\n", &text[..60]);
    assert!(lines.contains(&expected), "{lines}");
    let rows = [
        ("add `A: B` to it", "add `A: B` to it"),
        ("a*b `c|d*` e", "a&#42;b `c|d*` e"),
        ("`` x", "`(empty)` x"),
    ];
    for (remedy, expected) in rows {
        assert_eq!(with_commands(remedy), expected);
    }
}
