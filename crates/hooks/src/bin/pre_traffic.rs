//! CodeDeploy's PreTraffic hook.

use hooks::LifecycleEvent;

fn main() -> Result<(), hooks::Error> {
    hooks::serve(LifecycleEvent::BeforeAllowTraffic)
}
