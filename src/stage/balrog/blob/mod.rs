//! What a release offers: its blob.
//!
//! A blob's `schema_version` says what it is:
//!
//! - 1 to 6, 8 and 9: an application with platforms, locales and their files ([`app`], [`line`](mod@line),
//!   [`patch`]);
//! - 50: the message that a system is not supported any more;
//! - 1000 and 5000: media plugins and system add-ons ([`addons`]);
//! - 4000: several other releases at once;
//! - 10000: the VPN, which asks for JSON instead of XML.
//!
//! What Balrog passes over without a check is checked here: a field that it would fail without is a
//! [`Fault::Broken`], which names the field.

mod addons;
pub mod app;
pub mod conflicts;
mod fields;
mod form;
pub mod kind;
pub mod line;
pub mod offer;
pub mod patch;
pub mod schema;
pub mod validate;

use std::collections::BTreeSet;

use self::app::App;
use self::kind::Kind;
use self::offer::{Offer, Serve};
use super::allowlist::Allowlist;
use super::fault::Fault;
use super::query::Query;
use super::version::Loose;
use crate::base::value::Value;

/// A blob whose kind is known.
#[derive(Debug, Clone, Copy)]
pub struct Blob<'v> {
    /// What it is.
    pub kind: Kind,
    /// Its content.
    pub content: &'v Value,
}

impl<'v> Blob<'v> {
    /// Finds out what a blob is.
    ///
    /// # Errors
    /// [`Fault::Broken`] if its `schema_version` is missing or unknown.
    pub fn read(content: &'v Value) -> Result<Self, Fault> {
        let kind = Kind::read(content)?;
        Ok(Self { kind, content })
    }

    /// The blob's own name.
    #[must_use]
    pub fn name(&self) -> &'v str {
        self.content["name"].as_str().unwrap_or_default()
    }

    fn app(&self) -> Option<App<'v>> {
        match self.kind {
            Kind::App(version) => Some(App::new(version, self.content)),
            _ => None,
        }
    }

    /// The application, if it is one.
    #[must_use]
    pub fn as_app(&self) -> Option<App<'v>> {
        self.app()
    }

    /// Whether a request is served this release.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn should_serve(&self, query: &Query) -> Result<Serve, Fault> {
        match self.kind {
            Kind::App(version) => App::new(version, self.content).should_serve(query),
            Kind::Vpn => {
                let platforms = self.content["platforms"].as_object();
                if platforms.is_none_or(|platforms| !platforms.contains_key(&query.build_target)) {
                    return Ok(Serve::No);
                }
                let version = fields::text(self.content, "version")?;
                let order = Loose::read(&query.version).compare(&Loose::read(version))?;
                Ok(if order.is_ge() { Serve::No } else { Serve::Yes })
            }
            // It is for the client to find out whether there is anything to do.
            Kind::Desupport | Kind::Plugins | Kind::Several | Kind::SystemAddons => Ok(Serve::Yes),
        }
    }

    /// The names of the products whose releases are served in place of this one.
    ///
    /// # Errors
    /// [`Fault::Broken`] if there are more than a request can be answered with.
    pub fn products(&self) -> Result<Vec<&'v str>, Fault> {
        self.parts("products")
    }

    /// The names of the releases that are served in place of this one.
    ///
    /// # Errors
    /// [`Fault::Broken`] if there are more than a request can be answered with.
    pub fn blobs(&self) -> Result<Vec<&'v str>, Fault> {
        self.parts("blobs")
    }

    fn parts(&self, name: &str) -> Result<Vec<&'v str>, Fault> {
        /// The most releases that a request is answered with.
        const MOST: usize = 1000;
        if self.kind != Kind::Several {
            return Ok(Vec::new());
        }
        let items = self.content[name]
            .as_array()
            .map(|items| &**items)
            .unwrap_or_default();
        if items.len() > MOST {
            return Err(Fault::broken(format!(
                "`{name}` of `{}` has more than {MOST} items",
                self.name()
            )));
        }
        Ok(items.iter().filter_map(Value::as_str).collect())
    }

    /// The line before what the blob offers.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn header(&self, offer: &Offer<'_>) -> Result<String, Fault> {
        match self.kind {
            Kind::App(version) => line::update_line(&App::new(version, self.content), offer),
            Kind::Desupport => Ok(String::new()),
            Kind::Plugins | Kind::Several => Ok("    <addons>".to_owned()),
            Kind::SystemAddons => addons::tag(self.content, offer, "    <addons>"),
            Kind::Vpn => Err(self.no_xml()),
        }
    }

    /// The lines with what the blob offers.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn inner(&self, offer: &Offer<'_>) -> Result<Vec<String>, Fault> {
        match self.kind {
            Kind::App(version) => patch::lines(&App::new(version, self.content), offer),
            Kind::Desupport => line::desupport(self.content, offer).map(|line| vec![line]),
            Kind::Plugins => addons::plugins(self.content, offer),
            Kind::SystemAddons => addons::system_addons(self.content, offer),
            Kind::Several => Err(Fault::broken(format!(
                "`{}` offers other releases, and cannot be one of those itself, nor be without them",
                self.name()
            ))),
            Kind::Vpn => Err(self.no_xml()),
        }
    }

    /// The line behind what the blob offers.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn footer(&self, offer: &Offer<'_>) -> Result<String, Fault> {
        match self.kind {
            Kind::App(_) => Ok("    </update>".to_owned()),
            Kind::Desupport => Ok("</update>".to_owned()),
            Kind::Plugins | Kind::Several => Ok("    </addons>".to_owned()),
            Kind::SystemAddons => addons::tag(self.content, offer, "    </addons>"),
            Kind::Vpn => Err(self.no_xml()),
        }
    }

    fn no_xml(&self) -> Fault {
        Fault::broken(format!("`{}` cannot be offered as XML", self.name()))
    }

    /// What the VPN is offered, as JSON.
    ///
    /// # Errors
    /// [`Fault::BadData`] if this is another blob; [`Fault::Broken`] if a field is missing.
    pub fn json_offer(
        &self,
        query: &Query,
        allowlist: &Allowlist,
    ) -> Result<Vec<(&'static str, &'v Value)>, Fault> {
        if self.kind != Kind::Vpn {
            return Err(Fault::bad("Wrong blob type"));
        }
        let platform = &self.content["platforms"][&query.build_target];
        match platform["fileUrl"].as_str() {
            Some(url) if !url.is_empty() && allowlist.allows(url, &query.product) => Ok(vec![
                ("version", fields::value(self.content, "version")?),
                ("url", &platform["fileUrl"]),
                ("required", fields::value(self.content, "required")?),
                ("hashFunction", fields::value(self.content, "hashFunction")?),
                ("hashValue", &platform["hashValue"]),
            ]),
            _ => Ok(Vec::new()),
        }
    }

    /// All URLs of files.
    #[must_use]
    pub fn urls(&self) -> Vec<&'v str> {
        match self.kind {
            Kind::App(version) => App::new(version, self.content).urls(),
            Kind::Plugins => addons::urls(&self.content["vendors"]),
            Kind::SystemAddons => addons::urls(&self.content["addons"]),
            Kind::Vpn => addons::platform_urls(self.content),
            // The message has a URL of a page, not of a file.
            Kind::Desupport | Kind::Several => Vec::new(),
        }
    }

    /// The first URL of a file that must not be served for the product.
    #[must_use]
    pub fn forbidden_url(&self, product: &str, allowlist: &Allowlist) -> Option<&'v str> {
        let mut urls = self.urls().into_iter();
        urls.find(|url| !allowlist.allows(url, product))
    }

    /// The names of the releases that this one has partial updates from.
    #[must_use]
    pub fn referenced_releases(&self) -> BTreeSet<&'v str> {
        self.app()
            .map(|app| app.referenced_releases())
            .unwrap_or_default()
    }
}
