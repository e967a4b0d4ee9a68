//! Texts that are not templates, and templates in other spellings.

use super::super::Template;
use super::{context, resolve, with_function};

#[test]
fn faults_of_the_text_are_located() {
    let check = |text: &str, expected: &str| {
        let error = Template::read(text).expect_err(text).to_string();
        assert_eq!(error, expected, "{text}");
    };
    check("", "1:1: the template is empty");
    check("# nothing but a comment\n", "1:1: the template is empty");
    check(
        "---\n...\n",
        "2:1: a template is a mapping of sections such as Resources",
    );
    check(
        "just text",
        "1:1: a template is a mapping of sections such as Resources",
    );
    check(
        "- a\n- b",
        "1:1: a template is a mapping of sections such as Resources",
    );
    check(
        "Description: x",
        "1:1: at least one Resources member must be defined",
    );
    check(
        "Resource: {}",
        "1:11: Resource: invalid template property or properties [Resource]",
    );
    check(
        "Resources: []",
        "1:12: Resources: expected a mapping, found a list",
    );
    check(
        "Resources:\n",
        "1:10: Resources: expected a mapping, found nothing",
    );
    check(
        "Resources:\n  A: x",
        "2:6: Resources.A: expected a mapping, found a scalar",
    );
    check(
        "Resources:\n  A:\n    Properties: {}",
        "2:3: Resources.A: resource A has no Type",
    );
    check(
        "Resources:\n  A-B:\n    Type: X",
        "2:3: Resources.A-B: resource name \"A-B\" is non alphanumeric",
    );
    check(
        "Resources:\n  Fn::ForEach::Fs: []",
        "2:20: Resources.Fn::ForEach::Fs: Fn::ForEach::Fs is not supported among the resources; \
         rehearse the template that it expands to",
    );
    check(
        "Resources:\n  A:\n    Type: AWS::S3::Bucket",
        "1:1: the template has no AWS::Serverless::Function; a rehearsal needs a SAM template with at least one",
    );
    check(
        "Resources:\n  F:\n    Type: AWS::Serverless::Function",
        "2:3: Resources.F: unrecognized resource types: [AWS::Serverless::Function]; \
         add `Transform: AWS::Serverless-2016-10-31` at the top of the template",
    );
    check(
        "Globals: {Function: []}\nResources: {}",
        "1:21: Globals.Function: expected a mapping, found a list",
    );
    check(
        "Resources: {}\n---\nResources: {}",
        "3:1: a second document begins here, a template is one document",
    );
    check(
        "a: 1\nb: 2\na: 3",
        "3:1: a: duplicate key \"a\", first given on line 1",
    );
    check(
        "{\"a\": {\"b\": 1, \"b\": 2}}",
        "1:16: a.b: duplicate key \"b\", first given on line 1",
    );
    check("? [a]\n: b", "1:3: a key must be a string");
    check(
        "Resources:\n  A: !!binary aGk=",
        "2:6: Resources.A: CloudFormation does not support the tag !!binary",
    );
    check(
        "Resources:\n  A: !a-b c",
        "2:6: Resources.A: unknown tag !a-b",
    );
    check("a: *b", "1:4: while parsing node, found unknown anchor");
    check(
        "a: &b [*b]",
        "1:8: an alias must stand for a value that ends before it",
    );
    check(
        "a: {<<: b}",
        "1:9: a.<<: expected a mapping, found a scalar",
    );
}

#[test]
fn yaml_faults_have_a_place() {
    let check = |text: &str, place: &str| {
        let error = Template::read(text).expect_err(text).to_string();
        assert!(error.starts_with(place), "{text}\n{error}");
    };
    check("a: b: c", "1:5: ");
    check("a: [b", "2:1: ");
    check("a: 'b", "1:4: ");
    check("a:\n  b: 1\n c: 2", "3:2: ");
    check("a: @b", "1:4: ");
    check("a: %b", "1:4: ");
}

#[test]
fn tabs_are_named() {
    let error = Template::read("Resources:\n\tF: 1\n")
        .expect_err("a tab")
        .to_string();
    assert!(error.starts_with("2:"), "{error}");
    assert!(
        error.ends_with("; YAML is indented with spaces, and this line begins with a tab"),
        "{error}"
    );
}

#[test]
fn spellings_of_one_template_mean_the_same() {
    let expected = resolve(
        &with_function(
            "Environment:\n  Variables:\n    A: !Sub \"${AWS::Region}-x\"\n    B: !GetAtt F.Arn",
            "",
        ),
        &context(),
    )
    .expect("it resolves");
    let environment = |text: &str| {
        let stack = resolve(text, &context()).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(
            stack.functions[0].environment, expected.functions[0].environment,
            "{text}"
        );
    };
    let json = |separator: &str| {
        [
            r#"{"Transform": ["AWS::Serverless-2016-10-31"], "#,
            r#""Resources": {"F": {"Type": "AWS::Serverless::Function", "#,
            r#""Properties": {"FunctionName": "orders", "CodeUri": "target\/x", "Timeout": 5, "#,
            r#""Environment": {"Variables": {"A": {"Fn::Sub": "${AWS::Region}-x"}, "#,
            r#""B": {"Fn::GetAtt": ["F", "Arn"]}}}}}}}"#,
        ]
        .map(|part| part.replace(' ', separator))
        .concat()
    };
    environment(&json(" "));
    environment(&json(""));
    environment(&json("\n\t"));
    environment(&format!("\u{feff}{}", json("\r\n  ")));
    environment(&with_function(
        "Environment:\n  Variables:\n    A: {Fn::Sub: \"${AWS::Region}-x\"}\n    B: !GetAtt [F, Arn]",
        "",
    ));
    environment(&with_function(
        "Environment: &e\n  Variables: {A: !Sub \"${AWS::Region}-x\", B: !GetAtt F.Arn}",
        "  G:\n    Type: AWS::Serverless::Function\n    Properties:\n      CodeUri: x\n      Environment: *e\n",
    ));
    environment(&with_function(
        "Environment:\n  Variables:\n    <<: [&e {A: !Sub \"${AWS::Region}-x\", B: wrong}]\n    B: !GetAtt F.Arn",
        "",
    ));
}

#[test]
fn plain_scalars_are_read_as_yaml_1_1() {
    let check = |text: &str, expected: Option<&str>| {
        assert_eq!(
            super::super::scalar::plain_text(text).as_deref(),
            expected,
            "{text}"
        );
    };
    for null in ["", "~", "null", "Null", "NULL"] {
        check(null, None);
    }
    for (text, expected) in [
        ("yes", "true"),
        ("On", "true"),
        ("TRUE", "true"),
        ("no", "false"),
        ("off", "false"),
        ("y", "y"),
        ("nULL", "nULL"),
        ("0", "0"),
        ("+5", "5"),
        ("-5", "-5"),
        ("-0", "0"),
        ("1_000", "1000"),
        ("0755", "493"),
        ("0x1F", "31"),
        ("0b101", "5"),
        ("0x", "0x"),
        ("012345678901", "012345678901"),
        ("123456789012", "123456789012"),
        ("22:22", "1342"),
        ("1:60", "1:60"),
        ("0:30", "0:30"),
        (
            "99999999999999999999999999999999999999999",
            "99999999999999999999999999999999999999999",
        ),
        ("1.10", "1.1"),
        ("1.", "1.0"),
        (".5", "0.5"),
        ("-2.50", "-2.5"),
        ("1.5e+3", "1500.0"),
        ("1.5e3", "1.5e3"),
        ("1e3", "1e3"),
        ("10.0.0.1", "10.0.0.1"),
        (".", "."),
        ("_1.5", "_1.5"),
        ("2024-01-31", "2024-01-31"),
        ("$LATEST", "$LATEST"),
        ("é", "é"),
    ] {
        check(text, Some(expected));
    }
}
