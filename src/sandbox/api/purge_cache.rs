//! The purge-cache service's methods that actions need.
//!
//! Simulated workers have no caches; requests are only recorded, for tests.

use serde_json::{Value, json};

use super::endpoint::{Endpoint, PAGED, Reply};
use super::request_schemas;
use crate::sandbox::time::{self, Moment};

/// The table of methods.
pub(crate) const METHODS: &[Endpoint] = &[
    Endpoint {
        method: "POST",
        route: "/purge-cache/<workerPoolId>",
        name: "purgeCache",
        scope: None,
        query: &[],
        input: Some(&request_schemas::PURGE),
        run: |services, call| {
            let (pool, cache) = (call.param("workerPoolId"), call.text("cacheName"));
            call.require_scope(format!("purge-cache:{pool}:{cache}"))?;
            services
                .purges
                .insert((pool.to_owned(), cache.to_owned()), call.now);
            Ok(Reply::NoContent)
        },
    },
    Endpoint {
        method: "GET",
        route: "/purge-cache/list",
        name: "allPurgeRequests",
        scope: Some("purge-cache:all-purge-requests"),
        query: PAGED,
        input: None,
        run: |services, call| call.reply_page("requests", services.purges.iter(), request),
    },
    Endpoint {
        method: "GET",
        route: "/purge-cache/<workerPoolId>",
        name: "purgeRequests",
        scope: Some("purge-cache:purge-requests:<workerPoolId>"),
        query: &["since"],
        input: None,
        run: |services, call| {
            let pool = call.param("workerPoolId");
            let requests = services.purges.iter().filter(|((of, _), _)| of == pool);
            let requests: Vec<Value> = requests.map(request).collect();
            Reply::ok(json!({"requests": requests}))
        },
    },
];

/// Returns a purge request as JSON, with the worker pool in two parts.
fn request(((pool, cache), before): (&(String, String), &Moment)) -> Value {
    let (provisioner, worker_type) = pool.split_once('/').unwrap_or((pool, ""));
    json!({
        "provisionerId": provisioner, "workerType": worker_type, "cacheName": cache,
        "before": time::format(*before),
    })
}
