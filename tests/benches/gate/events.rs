//! Test events to run, and the answers that they get.

use std::fs;
use std::path::Path;

use axum::body::Bytes;
use serde_json::json;

use crate::Result;
use crate::world::FUNCTION;

/// Writes `count` events with an expectation each; they lie in `directory` as the layer puts them under `/opt`.
pub(crate) fn write(directory: &Path, count: usize) -> Result<()> {
    let folder = directory.join(FUNCTION);
    fs::create_dir_all(&folder)?;
    let expectation = json!({
        "$maxDurationMs": 3000,
        "statusCode": 200,
        "headers": { "Content-Type": { "$contains": "json" } },
        "body": {
            "status": "CREATED",
            "orderId": { "$regex": "^ORD-[0-9]{4}-[0-9]{3}$" },
            "error": { "$absent": true },
        },
    });
    let expectation = expectation.to_string();
    for index in 0..count {
        let event = json!({
            "action": "create",
            "customerId": format!("CUST-{index:05}"),
            "items": [{ "productId": "PROD-A", "quantity": 1 + index % 9 }],
        });
        fs::write(
            folder.join(format!("Order{index:05}.json")),
            event.to_string(),
        )?;
        fs::write(
            folder.join(format!("Order{index:05}.expect.json")),
            &expectation,
        )?;
    }
    Ok(())
}

/// An answer that meets the expectation, of `size` bytes or as few as it needs.
pub(crate) fn answer(size: usize) -> Bytes {
    let line = json!({ "productId": "PROD-A", "quantity": 2, "price": 12.5, "note": "as ordered" });
    // The quotes within `body` are escaped, which takes a fifth of the size.
    let lines = vec![line.clone(); size / (line.to_string().len() * 5 / 4)];
    let with = |remark: String| {
        let body = json!({ "orderId": "ORD-2024-001", "status": "CREATED", "lines": lines, "remark": remark });
        let answer = json!({
            "statusCode": 200,
            "headers": { "content-type": "application/json" },
            "body": body.to_string(),
        });
        answer.to_string()
    };
    let missing = size.saturating_sub(with(String::new()).len());
    Bytes::from(with("-".repeat(missing)))
}
