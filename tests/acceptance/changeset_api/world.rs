//! CloudFormation with one stack, whose change sets come and go.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::cloud::{Answer, Asked, Cloud, ROOT, missing};

const STACK: &str = "arn:aws:cloudformation:eu-west-1:123456789012:stack/version-demo/0";

/// What a stack is made of.
pub(super) const TEMPLATE: &str = "tests/stacks/adds-a-table/template.yaml";

/// A stack and the change sets of it.
#[derive(Clone, Default)]
pub(super) struct World(pub(super) Arc<Mutex<State>>);

#[derive(Default)]
pub(super) struct State {
    /// The stack's status, if there is one.
    pub(super) status: Option<&'static str>,
    /// Whether the set that was created is there.
    set: bool,
    /// Whether there is another one.
    pub(super) other: bool,
}

impl World {
    pub(super) fn with(status: Option<&'static str>) -> Self {
        Self(Arc::new(Mutex::new(State {
            status,
            ..State::default()
        })))
    }

    /// The stack's status, and whether the set is there.
    pub(super) fn left(&self) -> (Option<&'static str>, bool) {
        let state = self.0.lock().unwrap();
        (state.status, state.set)
    }

    /// What CloudFormation answers; the set as `describe` has it.
    pub(super) fn answer(&self, asked: &Asked, describe: &Value) -> Answer {
        let mut state = self.0.lock().unwrap();
        match &*asked.action {
            "DescribeStacks" => match state.status {
                None => no_stack(),
                Some(status) => Answer::Page(json!({"Stacks": [{
                    "StackName": "version-demo", "StackId": STACK, "StackStatus": status,
                    "CreationTime": "2026-11-23T00:00:00Z",
                    "Parameters": [
                        {"ParameterKey": "Stage", "ParameterValue": "prod"},
                        {"ParameterKey": "Size", "ParameterValue": "2"},
                        {"ParameterKey": "Gone", "ParameterValue": "1"},
                    ],
                }]})),
            },
            "GetTemplateSummary" => Answer::Page(json!({"Parameters": [
                {"ParameterKey": "Stage"}, {"ParameterKey": "Size"}, {"ParameterKey": "New"},
            ]})),
            "CreateChangeSet" => {
                state.set = true;
                state.status.get_or_insert("REVIEW_IN_PROGRESS");
                Answer::Page(json!({"Id": ROOT, "StackId": STACK}))
            }
            "DescribeChangeSet" if state.set => Answer::Page(describe.clone()),
            "DescribeChangeSet" => missing(),
            "DeleteChangeSet" => {
                state.set = false;
                Answer::Page(json!({}))
            }
            "ListChangeSets" => {
                let other = json!({"ChangeSetId": "arn:other", "ChangeSetName": "theirs"});
                let other = state.other.then_some(other);
                Answer::Page(json!({"Summaries": Vec::from_iter(other)}))
            }
            "DeleteStack" => {
                assert_eq!(asked.get("StackName"), STACK);
                *state = State::default();
                Answer::Page(json!({}))
            }
            // Describing with values is only for explanations, which nothing here needs.
            other => panic!("{other}"),
        }
    }

    /// It, with what `unusual` answers before it.
    pub(super) fn cloud(
        &self,
        describe: &Value,
        unusual: impl Fn(&Self, &Asked, usize) -> Option<Answer> + Send + Sync + 'static,
    ) -> Cloud {
        let (world, describe) = (self.clone(), describe.clone());
        Cloud::answering(move |asked, before| {
            unusual(&world, asked, before).unwrap_or_else(|| world.answer(asked, &describe))
        })
    }
}

fn no_stack() -> Answer {
    let message = "Stack with id version-demo does not exist";
    Answer::Refused(400, "ValidationError", message)
}
