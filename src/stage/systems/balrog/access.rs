//! What a task may do: its server, and the interface that it uses.

use crate::base::text::{plural, shorten};
use crate::stage::balrog_worker::access::{behavior, prefixes, server};
use crate::stage::balrog_worker::request::{Api, Request};
use crate::stage::report::Table;
use crate::stage::work::Work;

/// The names of staging servers.
const STAGING_SERVERS: &[&str] = &["dep", "staging"];

/// The most characters of a body in a report.
const MAX_BODY: usize = 4000;

/// What a task uses.
#[derive(Debug, Clone, Copy)]
pub struct Access {
    /// The interface of the update server.
    pub api: Api,
    /// Whether it is a staging server.
    pub is_staging: bool,
}

/// Checks scopes and payload as the worker does. What is wrong is a problem.
pub fn access(work: &mut Work<'_>) -> Option<Access> {
    let scopes = &work.staged.scopes;
    let prefixes = prefixes(scopes);
    let of_payload = work.payload()["behavior"].as_str();
    let server = server(scopes, &prefixes);
    let behavior = behavior(scopes, &prefixes, of_payload);
    match (server, behavior) {
        (Ok(server), Ok(behavior)) => {
            work.report.checked("one server and one action", 2);
            let is_second = behavior.starts_with("v2-");
            Some(Access {
                api: if is_second { Api::Second } else { Api::First },
                is_staging: STAGING_SERVERS.contains(&server),
            })
        }
        (server, behavior) => {
            let errors = [server.err(), behavior.err()];
            for error in errors.into_iter().flatten() {
                work.report.problem(error.to_string());
            }
            None
        }
    }
}

/// Reports the requests that would be sent.
pub fn report(work: &mut Work<'_>, requests: &[Request]) {
    work.report.would.push(format!(
        "{} would be sent to Balrog",
        plural(requests.len(), "request")
    ));
    let rows = requests.iter().map(|request| {
        let body = request.body.as_ref().map(ToString::to_string);
        let body = body.unwrap_or_default();
        vec![
            request.method.to_owned(),
            request.path.clone(),
            shorten(&body, MAX_BODY),
        ]
    });
    work.report.tables.push(Table {
        title: "Requests".to_owned(),
        columns: vec!["Method", "Path", "Body"],
        rows: rows.collect(),
    });
}
