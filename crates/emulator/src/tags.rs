//! What all services ask of tags.

/// Refuses keys that are reserved: those that begin with `aws:`, in whatever case.
///
/// # Errors
/// The message, that of CloudFormation (awslabs/quickstart-amazon-eks#42): the services' own texts are not known. Which
/// exception it goes with is the service's.
pub(crate) fn check_keys<'a>(
    keys: impl IntoIterator<Item = &'a String>,
) -> Result<(), &'static str> {
    let is_reserved = |key: &String| {
        key.get(..4)
            .is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:"))
    };
    if keys.into_iter().any(is_reserved) {
        return Err("aws: prefixed tag key names are not allowed for external use.");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_is_reserved_in_every_case() {
        let rows = [
            ("aws:x", false),
            ("AWS:x", false),
            ("Aws:", false),
            ("aws", true),
            ("aws-x", true),
            ("lambda:createdBy", true),
            ("x:aws:", true),
            ("äöü", true),
            ("", true),
        ];
        for (key, expected) in rows {
            assert_eq!(check_keys([&key.to_owned()]).is_ok(), expected, "{key}");
        }
    }
}
