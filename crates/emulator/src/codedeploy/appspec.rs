//! The AppSpec of a Lambda deployment, as CloudFormation writes it: JSON in a `String` revision.

use deployment::DeploymentSpec;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// What a deployment is to do, before it has an AppSpec.
#[derive(Clone, Debug)]
pub(crate) struct AppSpec {
    pub(crate) function: String,
    pub(crate) alias: String,
    pub(crate) current_version: String,
    pub(crate) target_version: String,
    pub(crate) before_allow_traffic: Option<String>,
    pub(crate) after_allow_traffic: Option<String>,
}

/// An AppSpec's text under its hash.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Revision {
    content: String,
    sha256: String,
}

impl AppSpec {
    /// The AppSpec that asks for what `spec` says.
    pub(crate) fn of(spec: &DeploymentSpec) -> Self {
        Self {
            function: spec.function.clone(),
            alias: spec.alias.clone(),
            current_version: spec.current_version.clone(),
            target_version: spec.target_version.clone(),
            before_allow_traffic: spec.before_allow_traffic.clone(),
            after_allow_traffic: spec.after_allow_traffic.clone(),
        }
    }

    pub(crate) fn revision(&self) -> Revision {
        let hooks: Vec<Value> = [
            ("BeforeAllowTraffic", &self.before_allow_traffic),
            ("AfterAllowTraffic", &self.after_allow_traffic),
        ]
        .into_iter()
        .filter_map(|(event, function)| {
            function.as_ref().map(|function| json!({ event: function }))
        })
        .collect();
        let mut document = json!({
            "version": "0.0",
            "Resources": [{ &self.function: {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Name": self.function,
                    "Alias": self.alias,
                    "CurrentVersion": self.current_version,
                    "TargetVersion": self.target_version,
                }
            } }],
        });
        if let (false, Some(members)) = (hooks.is_empty(), document.as_object_mut()) {
            members.insert("Hooks".to_owned(), Value::Array(hooks));
        }
        let content = document.to_string();
        let sha256 = Sha256::digest(content.as_bytes())
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Revision { content, sha256 }
    }
}

impl Revision {
    pub(crate) fn sha256(&self) -> &str {
        &self.sha256
    }

    /// A `RevisionLocation`; only GetApplicationRevision gives the content.
    pub(crate) fn location(&self, with_content: bool) -> Value {
        let content = with_content.then_some(&self.content);
        json!({ "revisionType": "String", "string": { "content": content, "sha256": self.sha256 } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_appspec_is_what_cloudformation_writes() {
        let spec = AppSpec {
            function: "fn".to_owned(),
            alias: "live".to_owned(),
            current_version: "2".to_owned(),
            target_version: "3".to_owned(),
            before_allow_traffic: Some("CodeDeployHook_abc".to_owned()),
            after_allow_traffic: None,
        };
        // The fixture of a hook library that reads it in production (reference, codedeploy-lambda.md §4.1).
        let expected = r#"{"version":"0.0","Resources":[{"fn":{"Type":"AWS::Lambda::Function","Properties":{"Name":"fn","Alias":"live","CurrentVersion":"2","TargetVersion":"3"}}}],"Hooks":[{"BeforeAllowTraffic":"CodeDeployHook_abc"}]}"#;
        assert_eq!(spec.revision().content, expected);
        assert_eq!(spec.revision().sha256.len(), 64);
    }
}
