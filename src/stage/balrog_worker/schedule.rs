//! `schedule`: the change of rules that offers a release to users; and `set-readonly`, which protects a release
//! from changes.

use super::eta::{NoMoment, When};
use super::names::{self, NoPin};
use super::request::Request;
use super::toplevel;
use crate::base::time::Timestamp;
use crate::base::value::{Object, Value, py_str, truthy};

/// A rate of updates in the background that reaches everybody, in percent.
const EVERYBODY: u64 = 100;

/// A release that is to be offered.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// The product, as the update server names it.
    pub product: String,
    /// The version.
    pub version: String,
    /// The number of the build.
    pub build_number: u64,
    /// The name of the release.
    pub name: String,
    /// The rules that get it, by id or alias.
    pub rules: Vec<Value>,
    /// The channels whose clients can be pinned to it.
    pub pin_channels: Vec<String>,
    /// Whether the release that a rule has now becomes the one for those who do not get the new one, even if not
    /// everybody gets the present one.
    pub force_fallback: bool,
    /// The rate of updates in the background, in percent; null keeps that of the rule, and so does zero.
    pub rate: Value,
    /// When it happens.
    pub when: When,
}

/// Reports a payload that the worker cannot use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// Something is missing, or of another type than it should be.
    #[error("`payload.{0}` is missing or invalid")]
    Field(&'static str),
    /// The moment cannot be read.
    #[error("`payload.release_eta`: {0}")]
    Moment(#[from] NoMoment),
    /// Nobody can be pinned to the version.
    #[error(transparent)]
    Pin(#[from] NoPin),
}

impl Schedule {
    /// Reads a payload.
    ///
    /// # Errors
    /// If something that the worker needs is missing or malformed.
    pub fn read(payload: &Value, now: Timestamp) -> Result<Self, ScheduleError> {
        let (product, version, build_number) = release(payload)?;
        let suffix = match payload.get("blob_suffix") {
            None => "",
            Some(suffix) => suffix.as_str().ok_or(ScheduleError::Field("blob_suffix"))?,
        };
        let pin_channels = match payload.get("pin_channels") {
            None => Vec::new(),
            Some(_) => toplevel::texts(payload, "pin_channels")
                .map_err(|_| ScheduleError::Field("pin_channels"))?,
        };
        // The worker needs the key, even if its value is empty.
        let eta = payload.get("release_eta");
        let eta = match eta.ok_or(ScheduleError::Field("release_eta"))? {
            Value::Null => None,
            eta => Some(eta.as_str().ok_or(ScheduleError::Field("release_eta"))?),
        };
        let rules = payload["publish_rules"].as_array();
        let rules = rules.ok_or(ScheduleError::Field("publish_rules"))?;
        names::pins(&version)?;
        Ok(Self {
            name: names::release(&product, &version, &build_number, suffix),
            build_number: payload["build_number"].as_u64().unwrap_or_default(),
            product,
            version,
            rules: rules.iter().cloned().collect(),
            pin_channels,
            force_fallback: truthy(&payload["force_fallback_mapping_update"]),
            rate: payload["background_rate"].clone(),
            when: When::new(eta, now)?,
        })
    }

    /// A rule as it will be, with what the update server has to know about the change. `rule` has all columns of
    /// the rule now.
    #[must_use]
    pub fn change(&self, id: &Value, rule: &Object) -> Object {
        let mut data = rule.clone();
        if rule["backgroundRate"].as_u64() == Some(EVERYBODY) || self.force_fallback {
            data.insert("fallbackMapping", rule["mapping"].clone());
        }
        data.insert("mapping", self.name.as_str());
        // So does the worker spell it.
        data.insert("data_verison", rule["data_version"].clone());
        data.insert("rule_id", id.clone());
        data.insert("change_type", "update");
        data.insert("when", self.when.milliseconds());
        if truthy(&self.rate) {
            data.insert("backgroundRate", self.rate.clone());
        }
        data
    }

    /// All requests. `known` returns a rule with all its columns; one that is unknown gets no request.
    #[must_use]
    pub fn requests(&self, known: &dyn Fn(&Value) -> Option<Object>) -> Vec<Request> {
        let changes = self.rules.iter().filter_map(|id| {
            let rule = known(id)?;
            Some(Request::schedule_rule(self.change(id, &rule)))
        });
        let mut requests: Vec<Request> = changes.collect();
        let when = Some(self.when.milliseconds());
        for (channel, version) in self.pins() {
            let pin = (self.product.as_str(), channel.as_str(), version.as_str());
            requests.push(Request::pin(&self.name, pin, when));
        }
        requests
    }

    /// The pins: channel and version.
    #[must_use]
    pub fn pins(&self) -> Vec<(String, String)> {
        toplevel::pins(&self.version, &self.pin_channels)
    }
}

/// The release that a payload names: product, version and number of the build.
fn release(payload: &Value) -> Result<(String, String, String), ScheduleError> {
    let product = payload["product"].as_str().filter(|name| !name.is_empty());
    let product = product.ok_or(ScheduleError::Field("product"))?;
    let version = payload["version"].as_str().filter(|name| !name.is_empty());
    let version = version.ok_or(ScheduleError::Field("version"))?;
    let build_number = &payload["build_number"];
    if build_number.as_u64().is_none() {
        return Err(ScheduleError::Field("build_number"));
    }
    let product = names::product(product);
    Ok((product, version.to_owned(), py_str(build_number)))
}

/// The release that a task protects: the worker takes no suffix here, so its variants stay as they are.
///
/// # Errors
/// If the payload does not name one.
pub fn protected(payload: &Value) -> Result<String, ScheduleError> {
    let (product, version, build_number) = release(payload)?;
    Ok(names::release(&product, &version, &build_number, ""))
}
