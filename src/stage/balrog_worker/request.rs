//! A request to the update server.

use crate::base::json;
use crate::base::value::{Object, Value, json};

/// A request.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The method, in capital letters.
    pub method: &'static str,
    /// The path below the root of the API.
    pub path: String,
    /// The body; `None` if there is none.
    pub body: Option<Value>,
}

/// The interface of the update server that a task uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api {
    /// The first one, which takes whole releases and single locales.
    First,
    /// The second one, which merges what it gets, and has a version of each part.
    Second,
}

impl Request {
    /// Reads a release.
    #[must_use]
    pub fn release(name: &str) -> Self {
        Self {
            method: "GET",
            path: format!("/v2/releases/{name}"),
            body: None,
        }
    }

    /// Makes or replaces a release.
    #[must_use]
    pub fn put_release(name: &str, body: Value) -> Self {
        Self {
            method: "PUT",
            path: format!("/v2/releases/{name}"),
            body: Some(body),
        }
    }

    /// Makes a release, which must not exist.
    #[must_use]
    pub fn make_release(body: Value) -> Self {
        Self {
            method: "POST",
            path: "/releases".to_owned(),
            body: Some(body),
        }
    }

    /// Adds a locale to a release. `old_version` is the version of the data that it replaces.
    #[must_use]
    pub fn add_locale(
        name: &str,
        (target, locale): (&str, &str),
        data: &Object,
        old_version: Option<&Value>,
    ) -> Self {
        let below = |locales: Object| -> Value {
            json!({"platforms": Object::from([(target, json!({"locales": locales}))])})
        };
        let old = old_version.map(|version| (locale, version.clone()));
        let body = json!({
            "blob": below(Object::from([(locale, Value::Object(data.clone()))])),
            "old_data_versions": below(old.into_iter().collect()),
        });
        Self {
            method: "POST",
            path: format!("/v2/releases/{name}"),
            body: Some(body),
        }
    }

    /// Lets clients of a channel be pinned to a release, from a moment in milliseconds on, or at once.
    #[must_use]
    pub fn pin(
        name: &str,
        (product, channel, version): (&str, &str, &str),
        when: Option<i64>,
    ) -> Self {
        let mut body = Object::from([
            ("product", Value::from(product)),
            ("channel", channel.into()),
            ("version", version.into()),
        ]);
        if let Some(when) = when {
            body.insert("when", when);
        }
        Self {
            method: "PUT",
            path: format!("/v2/releases/{name}/pinnable"),
            body: Some(Value::Object(body)),
        }
    }

    /// Changes a rule at once.
    #[must_use]
    pub fn change_rule(rule: &str, data: Object) -> Self {
        Self {
            method: "POST",
            path: format!("/rules/{rule}"),
            body: Some(Value::Object(data)),
        }
    }

    /// Schedules the change of a rule.
    #[must_use]
    pub fn schedule_rule(data: Object) -> Self {
        Self {
            method: "POST",
            path: "/scheduled_changes/rules".to_owned(),
            body: Some(Value::Object(data)),
        }
    }

    /// Protects a release from changes.
    #[must_use]
    pub fn set_read_only(name: &str) -> Self {
        Self {
            method: "PUT",
            path: format!("/releases/{name}/read_only"),
            body: Some(json!({"read_only": true})),
        }
    }

    /// The request in a line.
    #[must_use]
    pub fn to_line(&self) -> String {
        let body = self.body.as_ref();
        let body = body.map_or_else(String::new, |body| format!(" {}", json::compact(body)));
        format!("{} {}{body}", self.method, self.path)
    }
}
