use deployment::{
    Action, AliasRouting, Creator, Deployment, DeploymentId, DeploymentOverview, DeploymentStatus,
    Input, RollbackInfo, TargetStatus,
};

use crate::script::{Hook, Script, T0, deployment, secs, spec};
use crate::world::World;

fn failed() -> Deployment {
    let mut deployment = deployment(spec());
    deployment.stop(T0, true).unwrap();
    deployment
}

#[test]
fn it_is_another_deployment_linked_both_ways() {
    let mut original = failed();
    let id: DeploymentId = "d-J5KH1W91L".parse().unwrap();
    let rollback = Deployment::rollback_of(&mut original, id.clone(), T0).unwrap();
    assert!(rollback.is_rollback() && !original.is_rollback());
    assert_eq!(
        original.rollback_info(),
        Some(&RollbackInfo {
            rollback_deployment_id: Some(id.clone()),
            rollback_triggering_deployment_id: None,
            rollback_message: format!(
                "Deployment {} terminated. Automatic rollback is triggered with a DeploymentId d-J5KH1W91L.",
                original.id()
            ),
        })
    );
    assert_eq!(
        rollback.rollback_info(),
        Some(&RollbackInfo {
            rollback_deployment_id: None,
            rollback_triggering_deployment_id: Some(original.id().clone()),
            rollback_message: format!(
                "Deployment d-J5KH1W91L is triggered to roll back deployment {}.",
                original.id()
            ),
        })
    );
    let spec = rollback.spec();
    assert_eq!(spec.config.name(), "CodeDeployDefault.LambdaAllAtOnce");
    assert_eq!(spec.creator.as_str(), "codeDeployRollback");
    assert_eq!(
        (spec.current_version.as_str(), spec.target_version.as_str()),
        ("2", "1")
    );
    assert_eq!(
        (&spec.before_allow_traffic, &spec.after_allow_traffic),
        (&None, &None)
    );
    assert!(spec.alarms.is_empty() && spec.auto_rollback.is_empty());
    assert_eq!(rollback.target_id(), "orders:prod");
    assert_eq!(rollback.id(), &id);
}

#[test]
fn there_is_at_most_one() {
    let mut original = failed();
    assert!(Deployment::rollback_of(&mut original, DeploymentId::from_entropy(2), T0).is_some());
    assert!(Deployment::rollback_of(&mut original, DeploymentId::from_entropy(3), T0).is_none());
    let mut running = deployment(spec());
    assert!(Deployment::rollback_of(&mut running, DeploymentId::from_entropy(2), T0).is_none());
}

#[test]
fn the_creator_alone_makes_no_rollback() {
    let mut spec = spec();
    spec.creator = Creator::CodeDeployRollback;
    spec.alarms.clear();
    spec.target_version = "$LATEST".into();
    let mut deployment = deployment(spec);
    assert_eq!(
        deployment.handle(T0, Input::TimePassed),
        [Action::StartRollback],
        "it is checked like any other"
    );
    assert_eq!(deployment.status(), DeploymentStatus::Failed);
}

#[test]
fn it_never_rolls_back_itself() {
    let mut original = failed();
    let mut rollback =
        Deployment::rollback_of(&mut original, DeploymentId::from_entropy(2), T0).unwrap();
    assert_eq!(rollback.stop(T0, true).unwrap().1, []);
    assert_eq!(rollback.status(), DeploymentStatus::Stopped);
    assert!(Deployment::rollback_of(&mut rollback, DeploymentId::from_entropy(3), T0).is_none());
}

#[test]
fn it_leaves_an_alias_that_someone_else_moved() {
    let check = |version: &str, expected: DeploymentStatus| {
        let mut original = failed();
        let mut rollback =
            Deployment::rollback_of(&mut original, DeploymentId::from_entropy(2), T0).unwrap();
        assert_eq!(rollback.handle(T0, Input::TimePassed), [Action::ReadAlias]);
        rollback.handle(T0, Input::AliasRead(Ok(AliasRouting::to_version(version))));
        let update = rollback.handle(T0 + secs(2), Input::TimePassed);
        if expected == DeploymentStatus::Succeeded {
            assert_eq!(update, [Action::UpdateAlias(AliasRouting::to_version("1"))]);
            rollback.handle(T0 + secs(2), Input::AliasUpdated(Ok(())));
        } else {
            assert_eq!(update, []);
        }
        assert_eq!(rollback.status(), expected);
    };
    check("1", DeploymentStatus::Succeeded);
    check("2", DeploymentStatus::Succeeded);
    check("3", DeploymentStatus::Failed);
    check("$LATEST", DeploymentStatus::Failed);
}

#[test]
fn what_the_api_shows() {
    let world = World::play(Script {
        after: Hook::Reports(secs(7), "Failed"),
        ..Script::default()
    });
    let original = world.original();
    let times = |deployment: &Deployment| -> Vec<(Option<u64>, Option<u64>)> {
        let since = |at: Option<deployment::Timestamp>| at.map(|at| at.since(T0).as_secs());
        deployment
            .lifecycle_events()
            .iter()
            .map(|event| (since(event.start_time), since(event.end_time)))
            .collect()
    };
    assert_eq!(
        times(original),
        [
            (Some(2), Some(3)),
            (Some(3), Some(303)),
            (Some(303), Some(310))
        ]
    );
    assert_eq!(original.create_time(), T0);
    assert_eq!(original.start_time(), Some(T0));
    assert_eq!(original.complete_time(), Some(T0 + secs(310)));
    assert_eq!(original.last_updated_at(), T0 + secs(310));
    assert_eq!(
        original.weight().percent(),
        100,
        "the rollback is another deployment"
    );
    assert_eq!(original.target_status(), TargetStatus::Failed);
    assert_eq!(
        original.overview(),
        Some(DeploymentOverview {
            failed: 1,
            ..Default::default()
        })
    );

    let rollback = world.rollback().unwrap();
    assert_eq!(rollback.create_time(), T0 + secs(310));
    assert_eq!(times(rollback), [(Some(312), Some(312)); 3]);
    assert_eq!(rollback.weight().percent(), 100);
    assert_eq!(rollback.target_status(), TargetStatus::Succeeded);
    assert_eq!(
        rollback.overview(),
        Some(DeploymentOverview {
            succeeded: 1,
            ..Default::default()
        })
    );

    let fresh = deployment(spec());
    assert_eq!(fresh.overview(), None);
    assert_eq!(
        fresh.start_time(),
        None,
        "the target calls answer DeploymentNotStartedException"
    );
    assert_eq!(fresh.target_status(), TargetStatus::Pending);
    assert_eq!(times(&fresh), [(None, None); 3]);

    let stopped = World::play(Script {
        alarm_at: Some(secs(0)),
        ..Script::default()
    });
    assert_eq!(
        times(stopped.original()),
        [(None, Some(0)), (None, None), (None, None)]
    );
}
