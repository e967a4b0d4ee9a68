//! Every exception, each by the shortest way to it.

mod applications;
mod configurations;
mod creation;
mod deployments;
mod groups;
mod revisions;

use serde_json::Value;

use crate::world::World;

/// Checks one refusal: the exception, and the message or a part of it.
async fn check(world: &World, operation: &str, input: Value, exception: &str, message: &str) {
    let (actual, text) = match world.call(operation, &input).await {
        Err(error) => error,
        Ok(answer) => panic!("{operation} {input} is accepted: {answer}"),
    };
    assert_eq!(actual, exception, "{operation} {input}: {text}");
    assert!(text.contains(message), "{operation} {input}: {text}");
}
