//! From plan to deployment: what is told of it.

use changeset::{CodeDeploy, Deployment, Gating, How, Shift};

/// In the order in which people should see them: what is not gated first.
pub(super) fn by_gating(deployments: &[Deployment]) -> Vec<&Deployment> {
    let mut sorted: Vec<&Deployment> = deployments.iter().collect();
    sorted.sort_by_key(|deployment| match deployment.gating {
        Gating::NotGated => 0,
        Gating::Unknown => 1,
        Gating::Gated => 2,
    });
    sorted
}

pub(super) fn function(deployment: &Deployment) -> &str {
    let function = deployment.function.as_deref();
    function.unwrap_or("a function that is not known")
}

pub(super) fn gating(gating: Gating) -> &'static str {
    match gating {
        Gating::Gated => "gated",
        Gating::NotGated => "not gated",
        Gating::Unknown => "not known whether gated",
    }
}

/// A line below a function. Its texts are as they come: whoever shows it makes them harmless.
pub(super) struct Line {
    /// How far it is indented.
    pub(super) depth: usize,
    /// The alias that it is about, where it begins with that.
    pub(super) alias: Option<String>,
    /// It begins with words of ours.
    pub(super) text: String,
}

/// What is told of a deployment below its function.
pub(super) fn lines(deployment: &Deployment) -> Vec<Line> {
    let mut lines = Vec::new();
    let plain = |depth| {
        move |text| Line {
            depth,
            alias: None,
            text,
        }
    };
    for shift in &deployment.shifts {
        lines.push(Line {
            depth: 0,
            alias: Some(alias(shift)),
            text: how(shift),
        });
        let deployment = shift.code_deploy.as_ref();
        let deployment = deployment.map(self::deployment).unwrap_or_default();
        let more = deployment.into_iter().chain(shift.notes.iter().cloned());
        lines.extend(more.map(plain(1)));
    }
    lines.extend(deployment.reasons.iter().cloned().map(plain(0)));
    lines
}

fn alias(shift: &Shift) -> String {
    match &shift.name {
        Some(name) => format!("{} ({name})", shift.alias),
        None => shift.alias.clone(),
    }
}

fn how(shift: &Shift) -> String {
    let configuration = shift
        .code_deploy
        .as_ref()
        .and_then(|deployment| deployment.configuration.as_deref());
    let how = match (shift.how, configuration) {
        (How::CodeDeploy, Some(configuration)) => {
            format!("CodeDeploy shifts it by {configuration}")
        }
        (How::CodeDeploy, None) => "CodeDeploy shifts it".to_owned(),
        (How::AtOnce, _) => "all its traffic moves at once, without CodeDeploy".to_owned(),
        (How::First, _) => "it is new: there is nothing to shift from, and no hook runs".to_owned(),
        (How::Replaced, _) => "it is replaced: all traffic is cut over at once".to_owned(),
        (How::Unknown, _) => "it gets another version".to_owned(),
    };
    match (shift.is_certain, shift.how) {
        (true, _) => how,
        (false, How::Unknown) => "it may get another version".to_owned(),
        (false, _) => format!("if its version changes: {how}"),
    }
}

fn deployment(deployment: &CodeDeploy) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(hook) = &deployment.before_allow_traffic_hook {
        lines.push(format!("before it gets traffic: {hook}"));
    }
    if let Some(hook) = &deployment.after_allow_traffic_hook {
        lines.push(format!("after it got all traffic: {hook}"));
    }
    let alarms = deployment.alarms.iter();
    lines.extend(alarms.map(|alarm| format!("stopped by the alarm {alarm}")));
    lines.extend(deployment.unknown.iter().cloned());
    lines
}
