//! The purge-cache service's methods that an action needs.
//!
//! Simulated workers have no caches; what is asked for is kept, so that it can be looked at.

use super::bodies;
use super::route::{Endpoint, Reply};
use super::time;
use serde_json::{Value, json};

/// The methods.
pub(super) const METHODS: &[Endpoint] = &[
    Endpoint {
        method: "POST",
        route: "/purge-cache/<workerPoolId>",
        name: "purgeCache",
        scope: None,
        query: &[],
        input: Some(&bodies::PURGE),
        run: |core, call| {
            let (pool, cache) = (call.param("workerPoolId"), call.text("cacheName"));
            call.need(format!("purge-cache:{pool}:{cache}"))?;
            core.purges
                .insert((pool.to_owned(), cache.to_owned()), call.now);
            Ok(Reply::Nothing)
        },
    },
    Endpoint {
        method: "GET",
        route: "/purge-cache/<workerPoolId>",
        name: "purgeRequests",
        scope: Some("purge-cache:purge-requests:<workerPoolId>"),
        query: &["since"],
        input: None,
        run: |core, call| {
            let pool = call.param("workerPoolId");
            let requests = core.purges.iter().filter(|((of, _), _)| of == pool);
            let requests: Vec<Value> = requests
                .map(|((_, cache), before)| {
                    json!({
                        "workerPoolId": pool, "cacheName": cache, "before": time::format(*before),
                    })
                })
                .collect();
            Reply::ok(json!({"requests": requests}))
        },
    },
];
