//! What Lambda's environment says to AWS clients.
//!
//! A function has its Region and its credentials in environment variables, and nowhere else ("Defined runtime
//! environment variables", AWS Lambda Developer Guide). So neither profiles nor metadata services are searched, which
//! keeps their code out of the package and their waits out of the start. The names and their meaning are those of the
//! AWS SDKs and Tools Reference Guide.

use aws_sdk_lambda::config::{Credentials, Region, SharedCredentialsProvider};
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

/// Reads a variable of the process.
pub(super) type Variables = fn(&str) -> Option<String>;

/// The variables that configure AWS clients; an empty one counts as unset.
#[derive(Debug, Clone, Copy)]
pub(super) struct Environment(pub(super) Variables);

impl Environment {
    /// `AWS_REGION`, which Lambda sets.
    pub(super) fn region(&self) -> Option<Region> {
        self.variable("AWS_REGION").map(Region::new)
    }

    /// The execution role's credentials; they do not change while the execution environment lives.
    pub(super) fn credentials(&self) -> Option<SharedCredentialsProvider> {
        Some(SharedCredentialsProvider::new(Credentials::new(
            self.variable("AWS_ACCESS_KEY_ID")?,
            self.variable("AWS_SECRET_ACCESS_KEY")?,
            self.variable("AWS_SESSION_TOKEN"),
            None,
            "environment",
        )))
    }

    /// A variable that is `true` or not, in any case.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.variable(name)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    fn variable(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }
}

/// `AWS_ENDPOINT_URL_<SERVICE>` or else `AWS_ENDPOINT_URL`, which lead the hooks elsewhere under `cargo lambda` and in
/// rehearsals.
impl LoadServiceConfig for Environment {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().to_uppercase().replace(' ', "_");
        self.variable(&format!("{}_{service}", key.env()))
            .or_else(|| self.variable(key.env()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(variables: Variables, service: &str) -> Option<String> {
        let key = ServiceConfigKey::builder()
            .service_id(service)
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url")
            .build()
            .unwrap();
        Environment(variables).load_config(key)
    }

    #[test]
    fn an_endpoint_is_the_services_own_or_else_the_common_one() {
        fn nothing(_: &str) -> Option<String> {
            None
        }
        fn common(name: &str) -> Option<String> {
            (name == "AWS_ENDPOINT_URL").then(|| "http://common".to_owned())
        }
        fn both(name: &str) -> Option<String> {
            match name {
                "AWS_ENDPOINT_URL_CODEDEPLOY" => Some("http://own".to_owned()),
                "AWS_ENDPOINT_URL_SCHEMAS" => Some(String::new()),
                "AWS_ENDPOINT_URL_TWO_WORDS" => Some("http://two".to_owned()),
                _ => common(name),
            }
        }
        let rows: [(Variables, &str, Option<&str>); 6] = [
            (nothing, "CodeDeploy", None),
            (common, "CodeDeploy", Some("http://common")),
            (both, "CodeDeploy", Some("http://own")),
            (both, "schemas", Some("http://common")),
            (both, "Lambda", Some("http://common")),
            (both, "Two Words", Some("http://two")),
        ];
        for (variables, service, expected) in rows {
            assert_eq!(
                endpoint(variables, service).as_deref(),
                expected,
                "{service}"
            );
        }
    }

    #[test]
    fn an_empty_variable_is_unset_and_a_flag_is_true_or_not() {
        let environment = Environment(|name| {
            let value = match name {
                "AWS_USE_FIPS_ENDPOINT" => "True",
                "AWS_USE_DUALSTACK_ENDPOINT" => "yes",
                "AWS_ACCESS_KEY_ID" => "AKID",
                "AWS_REGION" | "AWS_SECRET_ACCESS_KEY" => "",
                _ => return None,
            };
            Some(value.to_owned())
        });
        assert_eq!(environment.region(), None);
        assert!(environment.credentials().is_none());
        assert!(environment.flag("AWS_USE_FIPS_ENDPOINT"));
        assert!(!environment.flag("AWS_USE_DUALSTACK_ENDPOINT"));
        assert!(!environment.flag("AWS_UNSET"));
    }
}
