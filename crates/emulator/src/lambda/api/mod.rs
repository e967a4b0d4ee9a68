//! Lambda's REST API, as far as the semantics page lists it.

mod account;
mod aliases;
mod code;
mod concurrency;
mod configuration;
mod event_invoke;
mod functions;
mod invoke;
mod layers;
mod members;
mod packages;
mod permissions;
mod request;
mod runtimes;
mod tags;
mod versions;

pub use invoke::Call;
pub(crate) use invoke::{invoke, invoked};

use std::sync::Arc;

use axum::Router;
use axum::routing::{MethodFilter, get, on};

use crate::shared::Shared;
use request::{Operation, Served};

/// The path of Lambda's functions.
const FUNCTIONS: &str = "/2015-03-31/functions";

const FUNCTION: &str = "/2015-03-31/functions/{function}";
const ALIAS: &str = "/2015-03-31/functions/{function}/aliases/{alias}";
const EVENT_INVOKE: &str = "/2019-09-25/functions/{function}/event-invoke-config";
const LAYER: &str = "/2018-10-31/layers/{layer}/versions";

/// Every operation but `Invoke`: its name, which is also that of the IAM action, its method and path, the status of
/// its success, and what does it (service model `lambda/2015-03-31`).
#[rustfmt::skip]
const OPERATIONS: [Served; 37] = [
    ("AddPermission", MethodFilter::POST, "/2015-03-31/functions/{function}/policy", 201, permissions::add),
    ("CreateAlias", MethodFilter::POST, "/2015-03-31/functions/{function}/aliases", 201, aliases::create),
    ("CreateFunction", MethodFilter::POST, "/2015-03-31/functions", 201, functions::create),
    // As some clients write it.
    ("CreateFunction", MethodFilter::POST, "/2015-03-31/functions/", 201, functions::create),
    ("DeleteAlias", MethodFilter::DELETE, ALIAS, 204, aliases::delete),
    ("DeleteFunction", MethodFilter::DELETE, FUNCTION, 204, functions::delete),
    ("DeleteFunctionConcurrency", MethodFilter::DELETE, "/2017-10-31/functions/{function}/concurrency", 204, concurrency::delete),
    ("DeleteFunctionEventInvokeConfig", MethodFilter::DELETE, EVENT_INVOKE, 204, event_invoke::delete),
    ("DeleteLayerVersion", MethodFilter::DELETE, "/2018-10-31/layers/{layer}/versions/{version}", 204, layers::delete),
    ("GetAccountSettings", MethodFilter::GET, "/2016-08-19/account-settings", 200, account::get),
    ("GetAccountSettings", MethodFilter::GET, "/2016-08-19/account-settings/", 200, account::get),
    ("GetAlias", MethodFilter::GET, ALIAS, 200, aliases::get),
    ("GetFunction", MethodFilter::GET, FUNCTION, 200, functions::get),
    ("GetFunctionConcurrency", MethodFilter::GET, "/2019-09-30/functions/{function}/concurrency", 200, concurrency::get),
    ("GetFunctionConfiguration", MethodFilter::GET, "/2015-03-31/functions/{function}/configuration", 200, functions::get_configuration),
    ("GetFunctionEventInvokeConfig", MethodFilter::GET, EVENT_INVOKE, 200, event_invoke::get),
    ("GetLayerVersion", MethodFilter::GET, "/2018-10-31/layers/{layer}/versions/{version}", 200, layers::get),
    ("GetPolicy", MethodFilter::GET, "/2015-03-31/functions/{function}/policy", 200, permissions::get),
    ("ListAliases", MethodFilter::GET, "/2015-03-31/functions/{function}/aliases", 200, aliases::list),
    ("ListFunctionEventInvokeConfigs", MethodFilter::GET, "/2019-09-25/functions/{function}/event-invoke-config/list", 200, event_invoke::list),
    ("ListFunctions", MethodFilter::GET, "/2015-03-31/functions", 200, functions::list),
    ("ListFunctions", MethodFilter::GET, "/2015-03-31/functions/", 200, functions::list),
    ("ListLayerVersions", MethodFilter::GET, LAYER, 200, layers::list_versions),
    // Also GetLayerVersionByArn, which has the same path.
    ("ListLayers", MethodFilter::GET, "/2018-10-31/layers", 200, layers::list),
    ("ListTags", MethodFilter::GET, "/2017-03-31/tags/{resource}", 200, tags::list),
    ("ListVersionsByFunction", MethodFilter::GET, "/2015-03-31/functions/{function}/versions", 200, versions::list),
    ("PublishLayerVersion", MethodFilter::POST, LAYER, 201, layers::publish),
    ("PublishVersion", MethodFilter::POST, "/2015-03-31/functions/{function}/versions", 201, versions::publish),
    ("PutFunctionConcurrency", MethodFilter::PUT, "/2017-10-31/functions/{function}/concurrency", 200, concurrency::put),
    ("PutFunctionEventInvokeConfig", MethodFilter::PUT, EVENT_INVOKE, 200, event_invoke::put),
    ("RemovePermission", MethodFilter::DELETE, "/2015-03-31/functions/{function}/policy/{statement}", 204, permissions::remove),
    ("TagResource", MethodFilter::POST, "/2017-03-31/tags/{resource}", 204, tags::tag),
    ("UntagResource", MethodFilter::DELETE, "/2017-03-31/tags/{resource}", 204, tags::untag),
    ("UpdateAlias", MethodFilter::PUT, ALIAS, 200, aliases::update),
    ("UpdateFunctionCode", MethodFilter::PUT, "/2015-03-31/functions/{function}/code", 200, functions::update_code),
    ("UpdateFunctionConfiguration", MethodFilter::PUT, "/2015-03-31/functions/{function}/configuration", 200, functions::update_configuration),
    ("UpdateFunctionEventInvokeConfig", MethodFilter::POST, EVENT_INVOKE, 200, event_invoke::update),
];

/// Every operation but `Invoke`, which is found by [`invoked`] before.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    let routes = Router::new()
        .route(packages::FUNCTION, get(packages::function))
        .route(packages::LAYER, get(packages::layer));
    OPERATIONS
        .into_iter()
        .fold(routes, |routes, (name, method, path, status, operation)| {
            let served: Operation = operation;
            routes.route(
                path,
                on(method, move |shared, request| {
                    request::serve(name, status, served, shared, request)
                }),
            )
        })
}
