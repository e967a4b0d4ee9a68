//! Applications.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::CodeDeploy;
use super::super::create::no_application;
use super::super::records::{Application, ComputePlatform};
use super::input::{PAGE, Tag, add_tags, application_name, batch, insert, position, read, refused};
use crate::ServiceError;
use crate::page::page;
use crate::shared::State;

/// At most 1000 in a Region (user guide, "Limits").
const MAX_APPLICATIONS: usize = 1000;
/// At most 100 in one call (service model, `BatchLimitExceededException`).
const MAX_BATCH: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    application_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateApplication {
    application_name: Option<String>,
    compute_platform: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

pub(super) fn create(state: &mut State, input: &Value) -> Result<Value, ServiceError> {
    let input: CreateApplication = read(input)?;
    let name = application_name(input.application_name)?;
    let platform = compute_platform(input.compute_platform.as_deref())?;
    let tags = add_tags(Default::default(), input.tags)?;
    let (now, codedeploy) = (state.now, &mut state.codedeploy);
    check_free(codedeploy, &name)?;
    if codedeploy.records.applications.len() >= MAX_APPLICATIONS {
        return Err(refused(
            "ApplicationLimitExceededException",
            format!("At most {MAX_APPLICATIONS} applications are allowed"),
        ));
    }
    let id = codedeploy.add_application(&name, platform, tags, now);
    Ok(json!({ "applicationId": id }))
}

pub(super) fn get(state: &State, input: &Value) -> Result<Value, ServiceError> {
    let input: Named = read(input)?;
    let name = application_name(input.application_name)?;
    let application = find(&state.codedeploy, &name)?;
    Ok(json!({ "application": info(&name, application) }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BatchGetApplications {
    application_names: Option<Vec<String>>,
}

pub(super) fn batch_get(state: &State, input: &Value) -> Result<Value, ServiceError> {
    let input: BatchGetApplications = read(input)?;
    let names = batch(
        input.application_names,
        "ApplicationNameRequiredException",
        MAX_BATCH,
    )?;
    let infos = names.into_iter().map(|name| {
        let name = application_name(Some(name))?;
        Ok(info(&name, find(&state.codedeploy, &name)?))
    });
    let infos: Vec<Value> = infos.collect::<Result<_, ServiceError>>()?;
    Ok(json!({ "applicationsInfo": infos }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListApplications {
    next_token: Option<String>,
}

pub(super) fn list(state: &State, input: &Value) -> Result<Value, ServiceError> {
    let input: ListApplications = read(input)?;
    let after = position(input.next_token.as_deref())?;
    let names = state.codedeploy.records.applications.keys();
    let (names, token) = page(names.map(|name| (name, name)), after.as_deref(), PAGE);
    let mut answer = json!({ "applications": names });
    insert(&mut answer, "nextToken", token);
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UpdateApplication {
    application_name: Option<String>,
    new_application_name: Option<String>,
}

/// Changes an application's name; its deployment groups and deployments go with it.
pub(super) fn update(state: &mut State, input: &Value) -> Result<Value, ServiceError> {
    let input: UpdateApplication = read(input)?;
    let name = application_name(input.application_name)?;
    let codedeploy = &mut state.codedeploy;
    find(codedeploy, &name)?;
    let new_name = application_name(input.new_application_name)?;
    if new_name == name {
        return Ok(json!({}));
    }
    check_free(codedeploy, &new_name)?;
    if let Some(application) = codedeploy.records.applications.remove(&name) {
        codedeploy.index.put_application(&application.id, &new_name);
        codedeploy
            .records
            .applications
            .insert(new_name, application);
    }
    Ok(json!({}))
}

/// Deletes an application with "all related deployment group information and deployment details" (user guide); one
/// that is not there is no error, because the service model has none for it.
pub(super) fn delete(state: &mut State, input: &Value) -> Result<Value, ServiceError> {
    let input: Named = read(input)?;
    let name = application_name(input.application_name)?;
    state.codedeploy.remove_application(&name);
    Ok(json!({}))
}

/// The application of this name.
pub(super) fn find<'a>(
    codedeploy: &'a CodeDeploy,
    name: &str,
) -> Result<&'a Application, ServiceError> {
    codedeploy
        .records
        .applications
        .get(name)
        .ok_or_else(|| no_application(name))
}

fn check_free(codedeploy: &CodeDeploy, name: &str) -> Result<(), ServiceError> {
    if codedeploy.records.applications.contains_key(name) {
        return Err(refused(
            "ApplicationAlreadyExistsException",
            format!("Application already exists: {name}"),
        ));
    }
    Ok(())
}

/// `computePlatform`; where none is given it is `Server`, as it was before there were others.
pub(super) fn compute_platform(name: Option<&str>) -> Result<ComputePlatform, ServiceError> {
    match name {
        None | Some("Server") => Ok(ComputePlatform::Server),
        Some("Lambda") => Ok(ComputePlatform::Lambda),
        Some("ECS") => Ok(ComputePlatform::Ecs),
        Some(_) => Err(refused(
            "InvalidComputePlatformException",
            "The computePlatform is invalid. The computePlatform should be Lambda, Server, or ECS.",
        )),
    }
}

fn info(name: &str, application: &Application) -> Value {
    json!({
        "applicationId": application.id,
        "applicationName": name,
        "createTime": application.created.epoch_seconds(),
        "linkedToGitHub": false,
        "computePlatform": application.compute_platform,
    })
}
