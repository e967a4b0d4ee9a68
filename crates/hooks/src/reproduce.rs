//! The command that repeats one test event as the hook ran it.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use checks::Source;

/// How the function under test is addressed from a shell, and what a probe says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reproduction {
    /// The function's name; its bundled events are found by it.
    function: String,
    /// Its ARN without a qualifier; unknown where the hook does not know its own, as under cargo-lambda.
    arn: Option<String>,
    /// A version or an alias.
    qualifier: String,
    /// In base64, as the tools take it.
    client_context: String,
}

impl Reproduction {
    /// For `address`, a function's name or unqualified ARN, at a qualifier.
    ///
    /// Partition, Region and account of a mere name are those of `own_arn`, under which the hook itself was invoked.
    pub(crate) fn new(
        function: &str,
        (address, qualifier): (&str, &str),
        own_arn: &str,
        client_context: &str,
    ) -> Self {
        let arn = if address.starts_with("arn:") {
            Some(address.to_owned())
        } else {
            prefix(own_arn).map(|prefix| format!("{prefix}:{function}"))
        };
        Self {
            function: function.to_owned(),
            arn,
            qualifier: qualifier.to_owned(),
            client_context: BASE64_STANDARD.encode(client_context),
        }
    }

    /// One line for a POSIX shell: the AWS CLI for a bundled event, from the repository's root; AWS SAM for a shared one.
    pub(crate) fn command(&self, source: Source, event: &str) -> String {
        let Self {
            function,
            qualifier,
            client_context,
            ..
        } = self;
        let qualified = match &self.arn {
            Some(arn) => format!("{arn}:{qualifier}"),
            None => format!("{function}:{qualifier}"),
        };
        match source {
            Source::Bundled => {
                let payload = format!("file://events/{function}/{event}.json");
                format!(
                    "aws lambda invoke --function-name {qualified} --cli-binary-format raw-in-base64-out \
                     --client-context {client_context} --payload {payload} /dev/stdout",
                    payload = shell_word(&payload),
                )
            }
            Source::Shared => {
                let resource = match &self.arn {
                    Some(_) => qualified,
                    // SAM takes a name or an ARN, and nothing between the two.
                    None => format!("{function} --parameter Qualifier={qualifier}"),
                };
                format!(
                    "sam remote invoke {resource} --test-event-name {event} --parameter ClientContext={client_context}",
                    event = shell_word(event),
                )
            }
        }
    }
}

/// `arn:PARTITION:lambda:REGION:ACCOUNT:function` of a function's ARN.
fn prefix(arn: &str) -> Option<&str> {
    let parts: Vec<&str> = arn.splitn(7, ':').collect();
    match parts.as_slice() {
        ["arn", _, "lambda", _, _, "function", name] => Some(&arn[..arn.len() - name.len() - 1]),
        _ => None,
    }
}

/// One word of a POSIX shell's command line. A name that begins with a dash would be taken for an option, and no quoting
/// helps against that; the tools do not accept such names either.
pub fn shell_word(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_@%+=:,./-".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str =
        "arn:aws-cn:lambda:cn-north-1:123456789012:function:CodeDeployHook_PreTraffic";
    const CONTEXT: &str = r#"{"custom":{"tollgate":"BeforeAllowTraffic"}}"#;
    const ENCODED: &str = "eyJjdXN0b20iOnsidG9sbGdhdGUiOiJCZWZvcmVBbGxvd1RyYWZmaWMifX0=";

    fn check(address: &str, own: &str, source: Source, event: &str, expected: &str) {
        let reproduction = Reproduction::new("F", (address, "3"), own, CONTEXT);
        let expected = expected.replace("CONTEXT", ENCODED);
        assert_eq!(reproduction.command(source, event), expected);
    }

    #[test]
    fn a_bundled_event_is_repeated_with_the_aws_cli() {
        let command = |function: &str, payload: &str| {
            format!(
                "aws lambda invoke --function-name {function} --cli-binary-format raw-in-base64-out --client-context CONTEXT --payload {payload} /dev/stdout"
            )
        };
        let own = "arn:aws-cn:lambda:cn-north-1:123456789012:function:F:3";
        let given = "arn:aws:lambda:eu-west-1:210987654321:function:F";
        let rows = [
            ("F", OWN, "A", own, "file://events/F/A.json"),
            (
                "F",
                &format!("{OWN}:live"),
                "A",
                own,
                "file://events/F/A.json",
            ),
            (
                given,
                OWN,
                "A",
                &format!("{given}:3"),
                "file://events/F/A.json",
            ),
            ("F", "function-arn", "A", "F:3", "file://events/F/A.json"),
            ("F", OWN, "an order", own, "'file://events/F/an order.json'"),
            (
                "F",
                OWN,
                "it's $1;`x`",
                own,
                r"'file://events/F/it'\''s $1;`x`.json'",
            ),
        ];
        for (address, own_arn, event, function, payload) in rows {
            let expected = command(function, payload);
            check(address, own_arn, Source::Bundled, event, &expected);
        }
    }

    #[test]
    fn a_shared_event_is_repeated_with_sam() {
        let own = "arn:aws-cn:lambda:cn-north-1:123456789012:function:F:3";
        let rows = [
            (OWN, "A", format!("{own} --test-event-name A")),
            (OWN, "a b/c ü", format!("{own} --test-event-name 'a b/c ü'")),
            (OWN, "", format!("{own} --test-event-name ''")),
            (
                "function-arn",
                "A",
                "F --parameter Qualifier=3 --test-event-name A".to_owned(),
            ),
        ];
        for (own_arn, event, middle) in rows {
            let expected = format!("sam remote invoke {middle} --parameter ClientContext=CONTEXT");
            check("F", own_arn, Source::Shared, event, &expected);
        }
    }
}
