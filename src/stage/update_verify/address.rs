//! What an address of a download says: a file of the archive, or a product of bouncer.

use percent_encoding::percent_decode_str;

/// The first folder of the archive.
const ROOT: &str = "pub/";

/// Where an address leads first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// To a file of the archive: its path, which begins with `pub/`.
    Archive(String),
    /// To a product of bouncer, which redirects to a file of the archive.
    Bouncer {
        /// The name of the product.
        product: String,
        /// The platform, as bouncer names it.
        os: String,
        /// The locale.
        locale: String,
    },
}

/// Reports that an address leads nowhere that is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is neither the address of a file of the archive nor of a product of bouncer")]
pub struct UnknownAddress(pub String);

impl Address {
    /// Reads an address. Its host does not matter: whether it is the right one is for the update server's
    /// list of allowed domains to say.
    ///
    /// # Errors
    /// If it has another form.
    pub fn read(address: &str) -> Result<Self, UnknownAddress> {
        let unknown = || UnknownAddress(address.to_owned());
        let secure = address.strip_prefix("https://");
        let rest = secure.or_else(|| address.strip_prefix("http://"));
        let (_, path) = rest
            .and_then(|rest| rest.split_once('/'))
            .ok_or_else(unknown)?;
        let path = path.split('#').next().unwrap_or_default();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let decoded = |text: &str| {
            let text = percent_decode_str(text).decode_utf8();
            text.map(String::from).map_err(|_| unknown())
        };
        if path.starts_with(ROOT) {
            return Ok(Self::Archive(decoded(path)?));
        }
        let value = |name: &str, otherwise: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            let found = pairs.find(|(key, _)| *key == name);
            decoded(
                &found
                    .map_or(otherwise, |(_, value)| value)
                    .replace('+', " "),
            )
        };
        let product = value("product", "")?;
        if product.is_empty() {
            return Err(unknown());
        }
        Ok(Self::Bouncer {
            product,
            os: value("os", "win")?,
            locale: value("lang", "en-US")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let bouncer = |product: &str, os: &str, locale: &str| {
            Ok(Address::Bouncer {
                product: product.to_owned(),
                os: os.to_owned(),
                locale: locale.to_owned(),
            })
        };
        let read = Address::read;
        assert_eq!(
            read("https://download.mozilla.org/?product=firefox-92.0-complete&os=linux64&lang=de"),
            bouncer("firefox-92.0-complete", "linux64", "de")
        );
        assert_eq!(
            read("http://d/?force=1&product=a"),
            bouncer("a", "win", "en-US")
        );
        assert_eq!(
            read("https://archive.mozilla.org/pub/firefox/Firefox%20Setup.exe?x#y"),
            Ok(Address::Archive("pub/firefox/Firefox Setup.exe".to_owned()))
        );
        for wrong in [
            "",
            "ftp://a/pub/b",
            "https://a",
            "https://a/?x",
            "https://a/pub/%ff",
        ] {
            assert_eq!(read(wrong), Err(UnknownAddress(wrong.to_owned())));
        }
    }
}
