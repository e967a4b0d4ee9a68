//! The VersionedOrderAPI function as `template.yaml` deploys it.

fn main() -> Result<(), lambda_runtime::Error> {
    order_api::serve(order_api::handler)
}
