//! Texts that want to hang, to fill the memory or to panic.

use std::time::{Duration, Instant};

use super::super::Template;
use super::{OURS, context, function, resolve, with_function};

/// Far more than the reading takes, far less than an explosion would.
const LIMIT: Duration = Duration::from_secs(20);

#[test]
fn bombs_are_refused() {
    let check = |text: &str, expected: &str| {
        let begin = Instant::now();
        let error = resolve(text, &context()).expect_err("a bomb");
        assert!(error.contains(expected), "{error}");
        assert!(error.len() < 2000, "{} bytes of error", error.len());
        assert!(begin.elapsed() < LIMIT, "{expected}");
    };
    for depth in [101, 254, 100_000] {
        // The scanner, which looks ahead for a key, has a limit of 255 of its own.
        let expected = if depth < 255 {
            "nested more than 100 levels deep"
        } else {
            "recursion limit exceeded"
        };
        check(&format!("a: {}", "[".repeat(depth)), expected);
        check(
            &format!("a: {}", "{a: ".repeat(depth)),
            "nested more than 100 levels deep",
        );
        check(&"- ".repeat(depth), "nested more than 100 levels deep");
        check(&format!("a: {}", "!Not [".repeat(depth)), expected);
    }
    let laughs: String = (1..30)
        .map(|n| format!("a{n}: &a{n} [{}]\n", format!("*a{},", n - 1).repeat(9)))
        .collect();
    check(
        &format!("a0: &a0 ha\n{laughs}"),
        "expand to more than 10 MiB",
    );
    let chain: String = (1..200)
        .map(|n| format!("a{n}: &a{n} [*a{}]\n", n - 1))
        .collect();
    check(
        &format!("a0: &a0 ha\n{chain}"),
        "nested more than 100 levels deep",
    );
    let anchors: String = (0..90).map(|n| format!("&a{n} [")).collect();
    check(
        &format!("a: {anchors}{}{}", "x".repeat(1 << 20), "]".repeat(90)),
        "expand to more than 10 MiB",
    );
}

#[test]
fn functions_cannot_explode() {
    let check = |properties: &str, rest: &str, expected: &str| {
        let begin = Instant::now();
        let error = function(properties, rest).expect_err("an explosion");
        assert!(error.contains(expected), "{error}");
        assert!(begin.elapsed() < LIMIT, "{expected}");
    };
    let variable = |value: &str| format!("Environment:\n  Variables:\n    V: {value}");
    let doubled = (0..28).fold("x".to_owned(), |inner, _| {
        format!("!Sub [\"${{a}}${{a}}\", {{a: {inner}}}]")
    });
    check(&variable(&doubled), "", "make more than 16 MiB of text");
    let joined = format!(
        "!Join [\"{}\", [{}]]",
        "x".repeat(100_000),
        "a, ".repeat(10_000)
    );
    check(&variable(&joined), "", "make more than 16 MiB of text");
    let split = format!("!Join [\"\", !Split [a, \"{}\"]]", "a".repeat(1 << 20));
    check(&variable(&split), "", "make more than 16 MiB of text");

    // A condition asks the one before it twice: 2^150 questions, unless each answer is kept.
    let conditions = |count: usize| {
        let next = |n: usize| format!("  C{n}: !And [!Condition C{0}, !Condition C{0}]\n", n - 1);
        format!(
            "Conditions:\n  C0: !Equals [a, a]\n{}",
            (1..count).map(next).collect::<String>()
        )
    };
    let kept = function(&variable("!If [C90, yes, no]"), &conditions(91)).expect("it resolves");
    assert_eq!(kept.environment["V"], "true");
    check(
        &variable("!If [C4999, a, b]"),
        &conditions(5000),
        "too long a chain of other values",
    );

    let names = "  G:\n    Type: AWS::Serverless::Function\n    Properties: {CodeUri: x, FunctionName: !Ref H}\n  \
                 H:\n    Type: AWS::Serverless::Function\n    Properties: {CodeUri: x, FunctionName: !Ref G}\n";
    check("", names, "the name of G depends on itself");
}

#[test]
fn a_huge_template_is_read() {
    let variables: String = (0..20_000)
        .map(|n| format!("    VARIABLE_{n}: \"{}\"\n", "x".repeat(500)))
        .collect();
    let text = with_function(&format!("Environment:\n  Variables:\n{variables}"), "");
    assert!(text.len() > 10 << 20);
    let begin = Instant::now();
    let stack = resolve(&text, &context()).expect("it resolves");
    assert_eq!(stack.functions[0].environment.len(), 20_000);
    assert!(begin.elapsed() < LIMIT);
}

/// A linear congruential generator: the same mutations in every run.
struct Lcg(u64);

impl Lcg {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % end
    }
}

#[test]
fn mutations_of_a_real_template_never_panic() {
    const SNIPPETS: [&str; 24] = [
        "!Ref ",
        "!Sub ",
        "!GetAtt ",
        "!If [",
        "${",
        "}",
        "]",
        "{",
        ": ",
        "- ",
        "\n",
        "\t",
        "&a ",
        "*a",
        "<<: ",
        "\"",
        "'",
        "#",
        "|\n",
        "AWS::NoValue",
        "\u{feff}",
        "\u{85}",
        "!!",
        "---\n",
    ];
    let mut random = Lcg(2);
    let (mut read, mut resolved) = (0, 0);
    for _ in 0..500 {
        let mut text: Vec<char> = OURS.chars().collect();
        for _ in 0..=random.below(3) {
            let from = random.below(text.len());
            let to = (from + random.below(40)).min(text.len());
            match random.below(4) {
                0 => drop(text.drain(from..to)),
                1 => {
                    let copy: Vec<char> = text[from..to].to_vec();
                    let into = random.below(text.len());
                    text.splice(into..into, copy);
                }
                2 => {
                    let snippet = SNIPPETS[random.below(SNIPPETS.len())];
                    text.splice(from..from, snippet.chars());
                }
                _ => text.truncate(from.max(1)),
            }
            if text.is_empty() {
                text.push('a');
            }
        }
        let text: String = text.into_iter().collect();
        if let Ok(template) = Template::read(&text) {
            read += 1;
            if template.resolve(&context()).is_ok() {
                resolved += 1;
            }
        }
    }
    // Otherwise the mutations would only ever exercise the YAML parser.
    assert!(
        read > 100 && resolved > 50,
        "{read} read, {resolved} resolved"
    );
}
