//! CodeDeploy's PostTraffic hook.

use hooks::LifecycleEvent;

fn main() -> Result<(), hooks::Error> {
    hooks::serve(LifecycleEvent::AfterAllowTraffic)
}
