//! The message of a failed call.

use std::error::Error as _;

use crate::base::text::shorten;
use crate::base::value::Value;
use crate::ports::taskcluster::ApiError;

/// How many characters of a server's message are kept.
const LONGEST: usize = 8_000;

/// The lines after which a server's message repeats what it was sent.
static ECHOES: &[&str] = &[
    "---",
    "Existing task definition was:",
    "This request tried to define:",
];

/// The scopes that a message says are missing, in few words.
///
/// The whole message also repeats everything that the call needs, missing or not.
fn missing_scopes(message: &str) -> Option<String> {
    let (_, after) = message.split_once("is missing the following scopes:")?;
    let expression = after.split("```").nth(1)?.trim();
    let missing = match serde_json::from_str::<Value>(expression) {
        Ok(parsed) => in_words(&parsed),
        Err(_) => format!("`{expression}`"),
    };
    Some(format!("these scopes are missing: {missing}"))
}

/// A scope expression in words.
fn in_words(expression: &Value) -> String {
    let each = |key: &str| {
        let parts = expression.get(key)?.as_array()?;
        Some(parts.iter().map(in_words).collect::<Vec<_>>())
    };
    match (expression, each("AllOf"), each("AnyOf")) {
        (Value::String(scope), ..) => format!("`{scope}`"),
        (_, Some(all), _) => all.join(", "),
        (_, _, Some(any)) => format!("one of ({})", any.join(", ")),
        (other, None, None) => other.to_string(),
    }
}

/// The server's message without the request that it echoes.
pub(super) fn without_echo(message: &str) -> String {
    if let Some(missing) = missing_scopes(message) {
        return missing;
    }
    let lines: Vec<&str> = message
        .lines()
        .take_while(|line| !ECHOES.contains(&line.trim()))
        .collect();
    shorten(lines.join("\n").trim(), LONGEST)
}

/// Describes what failed, without the URL, which may be signed.
#[must_use]
pub fn describe(error: reqwest::Error) -> String {
    if let Some(status) = error.status() {
        return status
            .canonical_reason()
            .unwrap_or("the server failed")
            .to_owned();
    }
    if error.is_timeout() {
        return "the request timed out".to_owned();
    }
    let connects = error.is_connect();
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = error.source();
    if connects {
        // The layers above say the same in the words of their libraries.
        while let Some(inner) = source {
            text = inner.to_string();
            source = inner.source();
        }
        return format!("cannot connect: {text}");
    }
    while let Some(inner) = source {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        source = inner.source();
    }
    text
}

/// An error of the crate `taskcluster` in the port's terms.
pub(super) fn api_error(call: &str, error: anyhow::Error, secret: Option<&str>) -> ApiError {
    // The crate puts the server's message, when there is one, as context before its own error.
    let front = error.to_string();
    let (status, message) = match error.downcast::<reqwest::Error>() {
        Ok(inner) => {
            let status = inner.status().map(|status| status.as_u16());
            let message = if inner.status().is_some() && front != inner.to_string() {
                without_echo(&front)
            } else {
                describe(inner)
            };
            (status, message)
        }
        Err(other) => (None, other.root_cause().to_string()),
    };
    let message = match secret {
        Some(secret) if !secret.is_empty() => message.replace(secret, "…"),
        _ => message,
    };
    ApiError {
        call: call.to_owned(),
        status,
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_echoed_request_is_left_out() {
        let message = "taskId `X` already used by another task.\nThis could be the result of \
                       faulty idempotency!\nExisting task definition was:\n ```js\n{}\n```\n\n---\n\n\
                       * method: createTask";
        assert_eq!(
            without_echo(message),
            "taskId `X` already used by another task.\nThis could be the result of faulty \
             idempotency!"
        );
        assert_eq!(
            without_echo(&"x".repeat(LONGEST + 1)).chars().count(),
            LONGEST + 1
        );
    }

    #[test]
    fn missing_scopes_are_reported_without_the_rest() {
        let message = |missing: &str| {
            format!(
                "Client ID someone does not have sufficient scopes and is missing the following \
                 scopes:\n\n```\n{missing}\n```\n\nThis request requires the client to satisfy the \
                 following scope expression:\n\n```\n{{\"AllOf\": [\"a\", \"b\"]}}\n```"
            )
        };
        assert_eq!(
            without_echo(&message("secrets:get:x")),
            "these scopes are missing: `secrets:get:x`"
        );
        assert_eq!(
            without_echo(&message(
                "{\"AllOf\": [\"a\", {\"AnyOf\": [\"b\", \"c\"]}]}"
            )),
            "these scopes are missing: `a`, one of (`b`, `c`)"
        );
    }

    #[test]
    fn errors_without_a_response_are_transient() {
        let error = api_error(
            "queue.ping()",
            anyhow::anyhow!("no hidden thing"),
            Some("hidden"),
        );
        assert!(error.is_transient());
        assert_eq!(error.to_string(), "queue.ping(): no … thing");
    }
}
