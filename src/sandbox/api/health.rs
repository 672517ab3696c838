//! The methods that every service has: health checks and version.

use serde_json::{Value, json};

use super::endpoint::{Endpoint, Reply};

/// The table of methods.
pub(crate) const METHODS: &[Endpoint] = &[
    Endpoint {
        method: "GET",
        route: "/ping",
        name: "ping",
        scope: None,
        query: &[],
        input: None,
        run: |services, call| {
            let uptime = call.now - services.started;
            Reply::ok(json!({"alive": true, "uptime": uptime.num_milliseconds() as f64 / 1000.0}))
        },
    },
    Endpoint {
        method: "GET",
        route: "/__lbheartbeat__",
        name: "lbheartbeat",
        scope: None,
        query: &[],
        input: None,
        run: |_, _| Reply::ok(json!({})),
    },
    Endpoint {
        method: "GET",
        route: "/__heartbeat__",
        name: "heartbeat",
        scope: None,
        query: &[],
        input: None,
        run: |_, _| Reply::ok(json!({})),
    },
    Endpoint {
        method: "GET",
        route: "/__version__",
        name: "version",
        scope: None,
        query: &[],
        input: None,
        run: |_, _| Reply::ok(version()),
    },
];

/// Returns the response to `/__version__`.
pub(crate) fn version() -> Value {
    json!({
        "version": "sandbox",
        "source": "https://github.com/taskcluster/taskcluster",
        "commit": "",
        "build": "a sandbox for rehearsals",
    })
}
