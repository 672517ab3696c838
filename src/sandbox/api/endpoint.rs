//! API methods: their routes, their arguments and their replies.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::paging::Page;
use super::schema::Schema;
use crate::base::shape::Pattern;
use crate::sandbox::auth::identify::Caller;
use crate::sandbox::auth::scopes::Expression;
use crate::sandbox::error::{ErrorCode, ServiceError};
use crate::sandbox::patterns;
use crate::sandbox::services::Services;
use crate::sandbox::time::Moment;

/// A method of a service.
pub(crate) struct Endpoint {
    /// The HTTP method.
    pub(crate) method: &'static str,
    /// The path below `/api/<service>/v1`, as in the API reference; `<name*>` may span segments.
    pub(crate) route: &'static str,
    /// The method's name.
    pub(crate) name: &'static str,
    /// The required scope, if the path alone determines it.
    pub(crate) scope: Option<&'static str>,
    /// The query parameters.
    pub(crate) query: &'static [&'static str],
    /// The schema of the body.
    pub(crate) input: Option<&'static Schema>,
    /// The function that performs the method.
    pub(crate) run: fn(&mut Services, &ApiCall) -> Result<Reply, ServiceError>,
}

/// The query parameters of paged lists.
pub(crate) const PAGED: &[&str] = &["continuationToken", "limit"];

/// A call of a method, already checked against its table entry.
#[derive(Debug, Clone)]
pub(crate) struct ApiCall {
    /// The parameters from the path.
    pub(crate) params: BTreeMap<&'static str, String>,
    /// The query parameters.
    pub(crate) query: BTreeMap<String, String>,
    /// The body; an empty object if the request has none.
    pub(crate) body: Value,
    /// The caller.
    pub(crate) caller: Caller,
    /// The time of the call.
    pub(crate) now: Moment,
}

impl ApiCall {
    /// Returns a parameter from the path.
    pub(crate) fn param(&self, name: &str) -> &str {
        self.params
            .get(name)
            .map(String::as_str)
            .unwrap_or_default()
    }

    /// Returns the run id from the path.
    pub(crate) fn run_id(&self) -> usize {
        self.param("runId").parse().unwrap_or(usize::MAX)
    }

    /// Returns a string from the body.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.body
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// Returns a list of strings from the body.
    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        let members = self.body.get(name).and_then(Value::as_array);
        members
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    }

    /// Returns the requested page.
    fn page(&self) -> Result<Page, ServiceError> {
        let option = |name: &str| self.query.get(name).map(String::as_str);
        Page::new(option("continuationToken"), option("limit"))
    }

    /// Replies with the requested page of a list.
    pub(crate) fn reply_page<T>(
        &self,
        name: &str,
        items: impl Iterator<Item = T>,
        show: impl Fn(T) -> Value,
    ) -> Result<Reply, ServiceError> {
        self.reply_page_with(Map::new(), name, items, show)
    }

    /// Replies with fields and the requested page of a list.
    pub(crate) fn reply_page_with<T>(
        &self,
        mut fields: Map<String, Value>,
        name: &str,
        items: impl Iterator<Item = T>,
        show: impl Fn(T) -> Value,
    ) -> Result<Reply, ServiceError> {
        self.page()?.write_into(&mut fields, name, items, show);
        Reply::ok(Value::Object(fields))
    }

    /// Returns an error unless the caller has a scope.
    pub(crate) fn require_scope(&self, scope: String) -> Result<(), ServiceError> {
        self.caller.authorize(&Expression::Scope(scope))
    }

    /// Returns an error unless the caller satisfies an expression.
    pub(crate) fn authorize(&self, needed: &Expression) -> Result<(), ServiceError> {
        self.caller.authorize(needed)
    }
}

/// The reply of a method.
#[derive(Debug)]
pub(crate) enum Reply {
    /// JSON with a status.
    Json(u16, Value),
    /// 424 with JSON, for an artifact that its worker could not create.
    FailedArtifact(Value),
    /// 204.
    NoContent,
    /// 303 to the URL of an artifact.
    Redirect {
        /// The URL.
        location: String,
        /// The header `x-taskcluster-artifact-storage-type`.
        storage: Option<&'static str>,
        /// The body; a string is sent as plain text.
        body: Value,
    },
}

impl Reply {
    /// Returns a redirect whose body is a text about it.
    pub(crate) fn see_other(location: String) -> Reply {
        let body = Value::String(format!("See Other. Redirecting to {location}"));
        Reply::Redirect {
            location,
            storage: None,
            body,
        }
    }

    /// Returns JSON with status 200.
    pub(crate) fn ok(body: Value) -> Result<Reply, ServiceError> {
        Ok(Reply::Json(200, body))
    }
}

impl Endpoint {
    /// Returns the parameters of a path that matches this method.
    pub(crate) fn matches(
        &self,
        method: &str,
        path: &[&str],
    ) -> Option<BTreeMap<&'static str, String>> {
        if method != self.method {
            return None;
        }
        let route: Vec<&'static str> = self
            .route
            .split('/')
            .filter(|part| !part.is_empty())
            .collect();
        let mut params = BTreeMap::new();
        match_parts(&route, path, &mut params).then_some(params)
    }

    /// Checks path parameters against their patterns, and query parameters against the allowed
    /// ones.
    pub(crate) fn check(
        &self,
        service: &str,
        params: &BTreeMap<&'static str, String>,
        query: &BTreeMap<String, String>,
    ) -> Result<(), ServiceError> {
        let problems: Vec<String> = params
            .iter()
            .filter_map(|(name, value)| {
                let pattern = pattern_of(service, name)?;
                (!(pattern.matches)(value)).then(|| {
                    format!(
                        "URL parameter '{name}' given as '{value}' must match regular expression: \
                         '/{}/'",
                        pattern.text.replace('/', "\\/")
                    )
                })
            })
            .collect();
        if !problems.is_empty() {
            return Err(ServiceError::new(
                ErrorCode::InvalidRequestArguments,
                format!("Invalid URL patterns:\n{}", problems.join("\n")),
            ));
        }
        let problems: Vec<String> = query
            .iter()
            .filter_map(|(name, value)| {
                if !self.query.contains(&name.as_str()) {
                    return (name != "bewit")
                        .then(|| format!("Query-string parameter: {name} is not supported!"));
                }
                let expression = match name.as_str() {
                    "limit" => (!value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()))
                        .then_some(())
                        .map_or(Some("/^[0-9]+$/"), |()| None),
                    _ => value.is_empty().then_some("/./"),
                }?;
                Some(format!(
                    "Query-string parameter: {name}=\"{value}\" does not match expression: \
                     {expression}"
                ))
            })
            .collect();
        if problems.is_empty() {
            return Ok(());
        }
        Err(ServiceError::new(
            ErrorCode::InvalidRequestArguments,
            problems.join("\n"),
        ))
    }

    /// Returns the scope that the path alone determines.
    pub(crate) fn path_scope(&self, params: &BTreeMap<&'static str, String>) -> Option<Expression> {
        let mut scope = self.scope?.to_owned();
        for (name, value) in params {
            scope = scope.replace(&format!("<{name}>"), value);
        }
        Some(Expression::Scope(scope))
    }
}

fn match_parts(
    route: &[&'static str],
    path: &[&str],
    params: &mut BTreeMap<&'static str, String>,
) -> bool {
    let (Some((part, route)), false) = (route.split_first(), path.is_empty()) else {
        return route.is_empty() && path.is_empty();
    };
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    match part
        .strip_prefix('<')
        .and_then(|part| part.strip_suffix('>'))
    {
        None => {
            path.first() == Some(part)
                && match_parts(route, path.get(1..).unwrap_or_default(), params)
        }
        Some(name) => match name.strip_suffix('*') {
            None => {
                let value = path.first().copied().unwrap_or_default();
                !value.is_empty()
                    && match_parts(route, path.get(1..).unwrap_or_default(), params)
                    && params.insert(name, decoded(value)).is_none()
            }
            Some(name) => (1..=path.len()).rev().any(|length| {
                let (segments, rest) = path.split_at(length);
                let value = segments
                    .iter()
                    .map(|part| decoded(part))
                    .collect::<Vec<_>>()
                    .join("/");
                !value.is_empty()
                    && match_parts(route, rest, params)
                    && params.insert(name, value).is_none()
            }),
        },
    }
}

fn pattern_of(service: &str, name: &str) -> Option<Pattern> {
    Some(match (service, name) {
        ("index", "namespace" | "indexPath") => patterns::INDEX_PATH,
        ("purge-cache", "workerPoolId") => patterns::TASK_QUEUE_ID,
        ("queue", "taskId" | "taskGroupId") => patterns::SLUG,
        ("queue", "taskQueueId") => patterns::TASK_QUEUE_ID,
        ("queue", "provisionerId" | "workerType" | "workerGroup" | "workerId") => {
            patterns::GENERIC_ID
        }
        ("queue", "runId") => patterns::RUN_ID,
        ("queue", "name") => patterns::ARTIFACT_NAME,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(route: &'static str, path: &str) -> Option<Vec<String>> {
        let endpoint = Endpoint {
            method: "GET",
            route,
            name: "test",
            scope: None,
            query: &[],
            input: None,
            run: |_, _| Ok(Reply::NoContent),
        };
        let parts: Vec<&str> = path.split('/').collect();
        endpoint
            .matches("GET", &parts)
            .map(|params| params.into_values().collect())
    }

    #[test]
    fn parameters_are_decoded() {
        assert_eq!(
            params("/task/<taskId>", "task/a%2Fb"),
            Some(vec!["a/b".to_owned()])
        );
        assert_eq!(params("/task/<taskId>", "task/a/b"), None);
        assert_eq!(params("/task/<taskId>", "task"), None);
    }

    #[test]
    fn the_last_parameter_may_span_segments() {
        let route = "/task/<taskId>/artifacts/<name*>";
        for path in ["task/x/artifacts/public/a", "task/x/artifacts/public%2Fa"] {
            assert_eq!(
                params(route, path),
                Some(vec!["public/a".to_owned(), "x".to_owned()])
            );
        }
        assert_eq!(params(route, "task/x/artifacts"), None);
        let queue = "/task-queues/<taskQueueId*>/counts";
        for path in ["task-queues/a/b/counts", "task-queues/a%2Fb/counts"] {
            assert_eq!(params(queue, path), Some(vec!["a/b".to_owned()]));
        }
    }
}
