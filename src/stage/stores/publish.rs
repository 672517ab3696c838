//! How an Android package is published, by the configuration of the worker and the payload of the task.

use crate::base::value::Value;

/// Why it cannot be published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// The configuration has no such application.
    #[error("the worker has no application for the channel {0}")]
    Channel(String),
    /// The channel is not published in the store.
    #[error("the channel {channel} is not published in the store {store}")]
    Store {
        /// The channel.
        channel: String,
        /// The store.
        store: String,
    },
    /// The task names no store, and the channel is not published in that of Google.
    #[error("the task names no store, and its channel is not published in that of Google")]
    NoStore,
    /// The task names a track, which only the store of Google has.
    #[error("`google_play_track` is only for the store of Google")]
    Track,
    /// The configuration lacks something.
    #[error("the configuration of the worker has no `{0}`")]
    Missing(&'static str),
}

impl PublishError {
    /// The words of the real worker.
    #[must_use]
    pub fn production_message(&self) -> String {
        match self {
            Self::Channel(channel) => format!("'{channel}'"),
            Self::Store { channel, store } => format!(
                "Task had `target_store` set to \"{store}\", but the \"{channel}\" channel does not support that target"
            ),
            Self::NoStore => "Unknown target store".to_owned(),
            Self::Track => {
                "`google_play_track` is not allowed on the task if the target store is samsung"
                    .to_owned()
            }
            Self::Missing(name) => format!("'{name}'"),
        }
    }
}

/// How a package is published.
#[derive(Debug, Clone, PartialEq)]
pub struct Publish {
    /// The store: `google` or `samsung`.
    pub store: String,
    /// Whether nothing is published.
    pub is_dry_run: bool,
    /// The names that packages may have.
    pub package_names: Vec<String>,
    /// To how many users of a hundred it is published first.
    pub rollout: Value,
    /// What differs between stores.
    pub account: Account,
}

/// The account of a store.
#[derive(Debug, Clone, PartialEq)]
pub enum Account {
    /// That of Google.
    Google {
        /// The track.
        track: String,
        /// The certificate that the packages are signed with.
        certificate: Value,
        /// The file with the credentials.
        secret: Value,
    },
    /// That of Samsung.
    Samsung {
        /// The account.
        account: Value,
        /// Its token.
        token: Value,
        /// Whether the package is submitted for review.
        submits: bool,
    },
}

/// Whether a value counts as given, as in Python.
fn is_given(value: Option<&Value>) -> bool {
    value.is_some_and(crate::base::value::truthy)
}

/// Finds out how packages of a task are published.
///
/// # Errors
/// [`PublishError`].
pub fn publish(config: &Value, payload: &Value, product: &str) -> Result<Publish, PublishError> {
    let text = |name: &str| payload.get(name).and_then(Value::as_str);
    let channel = text("channel").ok_or(PublishError::Missing("channel"));
    let app = |name: &str| {
        let app = config.get("apps").and_then(|apps| apps.get(name));
        app.ok_or_else(|| PublishError::Channel(name.to_owned()))
    };
    match config.get("override_channel_model").and_then(Value::as_str) {
        Some("single_google_app") => {
            let app = config.get("app").ok_or(PublishError::Missing("app"))?;
            google(app, app, payload, channel?)
        }
        Some("choose_google_app_with_scope") => {
            let app = app(product)?;
            google(app, app, payload, &track(app, payload)?)
        }
        _ => {
            let channel = channel?;
            let app = app(channel)?;
            let named = payload
                .get("target_store")
                .filter(|store| is_given(Some(store)));
            let store = match named.and_then(Value::as_str) {
                Some(store) if !is_given(app.get(store)) => {
                    return Err(PublishError::Store {
                        channel: channel.to_owned(),
                        store: store.to_owned(),
                    });
                }
                Some(store) => store,
                None if is_given(app.get("google")) => "google",
                None => return Err(PublishError::NoStore),
            };
            let account = app.get(store).ok_or(PublishError::NoStore)?;
            if store == "samsung" {
                return samsung(app, account, payload);
            }
            google(app, account, payload, &track(account, payload)?)
        }
    }
}

/// The track of a task, or that of the account.
fn track(account: &Value, payload: &Value) -> Result<String, PublishError> {
    // The default is looked up in any case.
    let default = account
        .get("default_track")
        .ok_or(PublishError::Missing("default_track"))?;
    let track = payload.get("google_play_track").unwrap_or(default);
    Ok(track.as_str().unwrap_or_default().to_owned())
}

fn names(app: &Value) -> Result<Vec<String>, PublishError> {
    let names = app.get("package_names").and_then(Value::as_array);
    let names = names.ok_or(PublishError::Missing("package_names"))?;
    Ok(names
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect())
}

fn common(payload: &Value) -> (bool, Value) {
    let is_dry_run = !is_given(payload.get("commit"));
    let rollout = payload.get("rollout_percentage").cloned();
    (is_dry_run, rollout.unwrap_or_default())
}

fn google(
    app: &Value,
    account: &Value,
    payload: &Value,
    track: &str,
) -> Result<Publish, PublishError> {
    let (is_dry_run, rollout) = common(payload);
    let secret = account.get("credentials_file");
    Ok(Publish {
        store: "google".to_owned(),
        is_dry_run,
        account: Account::Google {
            // An old name of the track for everyone.
            track: if track == "rollout" {
                "production"
            } else {
                track
            }
            .to_owned(),
            certificate: app.get("certificate_alias").cloned().unwrap_or_default(),
            secret: secret
                .cloned()
                .ok_or(PublishError::Missing("credentials_file"))?,
        },
        package_names: names(app)?,
        rollout,
    })
}

fn samsung(app: &Value, account: &Value, payload: &Value) -> Result<Publish, PublishError> {
    if is_given(payload.get("google_play_track")) {
        return Err(PublishError::Track);
    }
    let (is_dry_run, rollout) = common(payload);
    let field = |name: &'static str| {
        let value = account.get(name).cloned();
        value.ok_or(PublishError::Missing(name))
    };
    Ok(Publish {
        store: "samsung".to_owned(),
        is_dry_run,
        package_names: names(app)?,
        rollout,
        account: Account::Samsung {
            account: field("service_account_id")?,
            token: field("access_token")?,
            submits: is_given(payload.get("submit")),
        },
    })
}
