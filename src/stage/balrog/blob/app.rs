//! Applications: platforms with locales.

use std::collections::BTreeSet;

use super::super::fault::Fault;
use super::super::matching::fallback_channel;
use super::super::query::Query;
use super::super::version::{Pin, Strict};
use super::fields;
use super::offer::Serve;
use crate::base::value::{Object, Value, py_str, truthy};

/// The blob of an application.
#[derive(Debug, Clone, Copy)]
pub struct App<'v> {
    /// The number of its schema.
    pub(super) version: u8,
    /// Its content.
    pub(super) content: &'v Value,
}

/// The block of a blob's `fileUrls` for a channel: its own, that of the channel it falls back to, or the one for
/// all. The first that is there counts alone.
#[must_use]
pub fn file_urls<'v>(all: &'v Value, channel: &str) -> Option<&'v Value> {
    let channels = [channel, fallback_channel(channel), "*"];
    let mut blocks = channels.iter().map(|channel| &all[*channel]);
    blocks.find(|block| truthy(block))
}

/// A platform that has the data of another one, or a name of its own.
type Name<'n> = &'n str;

impl<'v> App<'v> {
    pub(super) const fn new(version: u8, content: &'v Value) -> Self {
        Self { version, content }
    }

    fn platforms(&self) -> impl Iterator<Item = (&'v str, &'v Value)> + use<'v> {
        let platforms = self.content["platforms"].as_object().into_iter().flatten();
        platforms.map(|(name, platform)| (&**name, platform))
    }

    /// The platform whose data a platform has: itself or the one that it is an alias of.
    ///
    /// # Errors
    /// [`Fault::BadData`] if the release has no such platform.
    pub fn resolved<'n>(&self, platform: Name<'n>) -> Result<Name<'n>, Fault>
    where
        'v: 'n,
    {
        let data = self.platform(platform)?;
        Ok(data["alias"].as_str().unwrap_or(platform))
    }

    fn platform(&self, name: &str) -> Result<&'v Value, Fault> {
        let platform = self.content["platforms"].get(name);
        platform.ok_or_else(|| Fault::bad(format!("Can't find platform '%s' {name}")))
    }

    /// The data of a platform.
    ///
    /// # Errors
    /// [`Fault::BadData`] if the release has no such platform, or not the one that it is an alias of.
    pub fn platform_data(&self, platform: &str) -> Result<&'v Value, Fault> {
        self.platform(self.resolved(platform)?)
    }

    /// The data of a locale.
    ///
    /// # Errors
    /// [`Fault::BadData`] if the release has no such platform or locale.
    pub fn locale_data(&self, platform: &str, locale: &str) -> Result<&'v Value, Fault> {
        let data = self.platform_data(platform)?;
        data["locales"].get(locale).ok_or_else(|| {
            Fault::bad(format!(
                "Can't find locale '%s' in '%s' {locale} {platform}"
            ))
        })
    }

    /// A field of a locale, or else of the blob; null if neither has it.
    #[must_use]
    pub fn field(&self, platform: &str, locale: &str, name: &str) -> &'v Value {
        let resolved = self.resolved(platform).unwrap_or(platform);
        let own = self.content["platforms"][resolved]["locales"][locale].get(name);
        own.unwrap_or(&self.content[name])
    }

    /// The version of the application that a locale has.
    fn app_version(&self, platform: &str, locale: &str) -> &'v Value {
        let name = if self.version == 1 {
            "extv"
        } else {
            "appVersion"
        };
        self.field(platform, locale, name)
    }

    /// The build id of a locale.
    ///
    /// # Errors
    /// [`Fault::BadData`] if the release has no such platform or locale, or no build id for it.
    pub fn build_id(&self, platform: &str, locale: &str) -> Result<&'v Value, Fault> {
        let platform = self.resolved(platform)?;
        let data = &self.content["platforms"][platform];
        let Some(own) = data["locales"].get(locale) else {
            return Err(Fault::bad(format!(
                "No such locale '{locale}' in platform '{platform}'"
            )));
        };
        let build_id = own.get("buildID").or_else(|| data.get("buildID"));
        build_id.ok_or_else(|| Fault::bad(format!("No buildID for platform '{platform}'")))
    }

    pub(super) fn should_serve(&self, query: &Query) -> Result<Serve, Fault> {
        let (Some(build_id), Some(locale)) = (&query.build_id, &query.locale) else {
            return Ok(Serve::No);
        };
        let platform = &query.build_target;
        let version = match self.app_version(platform, locale) {
            value if !truthy(value) => return Ok(Serve::No),
            Value::String(text) => &**text,
            _ => return Err(Fault::broken("the version in a blob is not a text")),
        };
        let version = Strict::read(version)?;
        let order = Strict::read(&query.version)?.compare(&version);
        if order.is_gt() || (order.is_eq() && !self.is_newer_build(platform, locale, build_id)?) {
            return Ok(Serve::No);
        }
        let platforms = self.content["platforms"].as_object();
        if !platforms
            .ok_or_else(|| fields::missing("platforms"))?
            .contains_key(platform)
        {
            return Ok(Serve::No);
        }
        match &query.pin {
            Some(pin) if Pin::read(pin)?.is_exceeded_by(&version) => Ok(Serve::Unpinned),
            _ => Ok(Serve::Yes),
        }
    }

    fn is_newer_build(&self, platform: &str, locale: &str, build_id: &str) -> Result<bool, Fault> {
        Ok(py_str(self.build_id(platform, locale)?).as_str() > build_id)
    }

    /// Whether a client has this release: the platform it asks for or one of the others has its build id.
    ///
    /// Balrog fails if the first one that it looks at has no build id; here it only is not the client's.
    #[must_use]
    pub fn is_of(&self, query: &Query, others: &BTreeSet<&str>) -> bool {
        let mut platforms =
            std::iter::once(query.build_target.as_str()).chain(others.iter().copied());
        platforms.any(|platform| {
            let build_id = self.build_id(platform, query.locale());
            build_id.is_ok_and(|build_id| *build_id == *query.build_id())
        })
    }

    /// All platforms that have the data of the one that a client asks for.
    pub(super) fn aliases(&self, platform: &str) -> Result<BTreeSet<&'v str>, Fault> {
        let (own, data) = self
            .platforms()
            .find(|(name, _)| *name == platform)
            .ok_or_else(|| Fault::broken(format!("a blob has no platform `{platform}`")))?;
        let target = data["alias"].as_str().unwrap_or(own);
        let others = self
            .platforms()
            .filter(|(_, data)| data["alias"] == *target);
        Ok(std::iter::once(target)
            .chain(others.map(|(name, _)| name))
            .collect())
    }

    fn locales(&self) -> impl Iterator<Item = &'v Value> + use<'v> {
        self.platforms().flat_map(|(_, platform)| {
            let locales = platform["locales"].as_object();
            locales.into_iter().flat_map(Object::values)
        })
    }

    /// All URLs of files.
    pub(super) fn urls(&self) -> Vec<&'v str> {
        let mut urls = Vec::new();
        for channel in self.content["fileUrls"]
            .as_object()
            .into_iter()
            .flat_map(Object::values)
        {
            urls.extend(channel.as_str());
            let kinds = channel.as_object().into_iter().flat_map(Object::values);
            let by_release = kinds.filter_map(Value::as_object).flat_map(Object::values);
            urls.extend(by_release.filter_map(Value::as_str));
        }
        for locale in self.locales() {
            for name in ["partial", "complete"] {
                urls.extend(locale[name]["fileUrl"].as_str());
            }
            for name in ["partials", "completes"] {
                let patches = locale[name].as_array().into_iter().flatten();
                urls.extend(patches.filter_map(|patch| patch["fileUrl"].as_str()));
            }
        }
        urls
    }

    pub(super) fn referenced_releases(&self) -> BTreeSet<&'v str> {
        let mut names = BTreeSet::new();
        for locale in self.locales() {
            if self.version <= 2 {
                names.extend(locale["partial"]["from"].as_str());
            } else {
                let partials = locale["partials"].as_array().into_iter().flatten();
                names.extend(partials.filter_map(|partial| partial["from"].as_str()));
            }
        }
        if self.version >= 4 {
            let channels = self.content["fileUrls"]
                .as_object()
                .into_iter()
                .flat_map(Object::values);
            let partials = channels.filter_map(|channel| channel["partials"].as_object());
            names.extend(partials.flat_map(Object::keys).map(|name| &**name));
        }
        names
    }
}
