//! What the server answers to requests for downloads.
//!
//! 1. A request without a product leads to the start page. System and locale have defaults.
//! 2. A request with a signed code of attribution leads to the service that puts it into the installer.
//! 3. A client that cannot use the product gets another one ([`super::clients`]).
//! 4. An alias leads to its product, once. Names are compared without regard to case, and a product's name
//!    and locale may contain the wildcards of SQL, as in the real server.
//! 5. The path of the product for the system, with the locale in it, is appended to the address of the
//!    archive: that for HTTPS if the product asks for it, or the client came over HTTPS.

use std::collections::BTreeMap;

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::{clients, form};

/// A product.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Product {
    /// Whether its files are sent over HTTPS alone.
    pub ssl_only: bool,
    /// Its locales; any, if there are none.
    pub languages: Vec<String>,
    /// The path for each system.
    pub locations: BTreeMap<String, String>,
}

/// Products and aliases, in the order in which the server finds them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Database {
    /// The products by name.
    pub products: Vec<(String, Product)>,
    /// The product of each alias.
    pub aliases: Vec<(String, String)>,
}

/// The addresses that a server leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// The archive over HTTP, without scheme.
    pub http: String,
    /// The archive over HTTPS, without scheme.
    pub https: String,
    /// The service for attribution, if there is one.
    pub stub: Option<String>,
}

impl Default for Addresses {
    /// The addresses of production.
    fn default() -> Self {
        Self {
            http: "download.cdn.mozilla.net/pub".to_owned(),
            https: "download-installer.cdn.mozilla.net/pub".to_owned(),
            stub: Some("https://stubdownloader.services.mozilla.com/".to_owned()),
        }
    }
}

/// A request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Request<'a> {
    /// What follows `?` in its URL.
    pub query: &'a str,
    /// The header `User-Agent`.
    pub user_agent: &'a str,
    /// The header `Referer`.
    pub referrer: &'a str,
    /// Whether the client came over HTTPS, as the proxy before the server says.
    pub is_https: bool,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Status 302, to this address.
    Redirect(String),
    /// Status 200, with this text.
    Text(String),
    /// Status 404.
    NotFound,
}

/// Why there is no file behind a link.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoFile {
    /// There is no such product.
    #[error("bouncer has no product {0}")]
    Product(String),
    /// The product is not in this locale.
    #[error("bouncer has no {product} in {locale}")]
    Locale {
        /// The product.
        product: String,
        /// The locale.
        locale: String,
    },
    /// The product is not for this system.
    #[error("bouncer has no {product} for {system}")]
    System {
        /// The product.
        product: String,
        /// The system.
        system: String,
    },
}

/// Where a request without a product leads to.
const START_PAGE: &str = "https://www.mozilla.org/";

/// The systems whose installers can hold a code of attribution.
const ATTRIBUTED: &[&str] = &["win", "win64", "win64-aarch64", "osx"];

/// The fields of a request.
struct Fields {
    product: String,
    system: String,
    locale: String,
    prints: bool,
    code: String,
    signature: String,
}

impl Fields {
    fn read(query: &str) -> Self {
        let fields = form::read(query);
        let text = |name| form::first(&fields, name);
        let lower = |name| text(name).to_lowercase().trim().to_owned();
        let or = |text: String, default: &str| match text.is_empty() {
            true => default.to_owned(),
            false => text,
        };
        Self {
            product: lower("product"),
            system: or(lower("os"), "win"),
            locale: or(text("lang").to_owned(), "en-US"),
            prints: text("print") == "yes",
            code: text("attribution_code").to_owned(),
            signature: text("attribution_sig").to_owned(),
        }
    }

    /// Whether the code of attribution goes into the installer.
    fn is_attributed(&self, referrer: &str) -> bool {
        let is_update = ["-partial", "-complete", "-msi"];
        if self.code.is_empty()
            || self.signature.is_empty()
            || !ATTRIBUTED.contains(&self.system.as_str())
            || is_update.iter().any(|part| self.product.contains(part))
        {
            return false;
        }
        // An add-on that is installed together with the browser must come from a known site.
        !names_addon(&self.code) || clients::is_trusted_page(referrer)
    }

    /// Whether the client's Windows is too old for the product.
    fn is_too_new(&self, request: &Request<'_>) -> bool {
        let is_update = ["-partial", "-complete", "-msi"];
        self.product.starts_with("firefox-")
            && !is_update.iter().any(|part| self.product.contains(part))
            && self.system.starts_with("win")
            && clients::is_old_windows(request.user_agent)
            && !clients::is_trusted_page(request.referrer)
    }
}

/// Whether a code of attribution names an add-on that is installed together with the browser.
fn names_addon(code: &str) -> bool {
    // The site that makes the codes pads them with points.
    let padded = code.replace('.', "=");
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical)
        .with_decode_allow_trailing_bits(true);
    if code.contains('=') {
        return false;
    }
    let decoded = GeneralPurpose::new(&URL_SAFE, config).decode(padded);
    let text = decoded.ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let fields = text.and_then(|text| form::read_all(&text));
    fields.is_some_and(|fields| form::first(&fields, "content").starts_with("rta:"))
}

impl Database {
    /// Answers a request.
    #[must_use]
    pub fn answer(&self, addresses: &Addresses, request: &Request<'_>) -> Answer {
        let mut fields = Fields::read(request.query);
        if fields.product.is_empty() {
            return Answer::Redirect(START_PAGE.to_owned());
        }
        if let Some(stub) = &addresses.stub
            && fields.is_attributed(request.referrer)
        {
            let query = form::write(&[
                ("attribution_code", &fields.code),
                ("attribution_sig", &fields.signature),
                ("lang", &fields.locale),
                ("os", &fields.system),
                ("product", &fields.product),
            ]);
            return Answer::Redirect(format!("{stub}?{query}"));
        }
        if fields.is_too_new(request) {
            if fields.product.contains("-stub") && clients::is_windows_64(request.user_agent) {
                "win64".clone_into(&mut fields.system);
            }
            clients::OLD_WINDOWS.clone_into(&mut fields.product);
        }
        if clients::is_stub_before_2024(request.user_agent) {
            fields.product = clients::product_before_2024(&fields.product);
        }
        let found = self.find(&fields.product, &fields.system, &fields.locale);
        let Ok((product, path)) = found else {
            return Answer::NotFound;
        };
        let base = match product.ssl_only || request.is_https {
            true => format!("https://{}", addresses.https),
            false => format!("http://{}", addresses.http),
        };
        let url = base + &path.replace(":lang", &fields.locale);
        match fields.prints {
            true => Answer::Text(url),
            false => Answer::Redirect(header(&url)),
        }
    }

    /// The product of a name or alias that has a locale, with its path for a system.
    ///
    /// # Errors
    /// [`NoFile`].
    pub fn find(&self, name: &str, system: &str, locale: &str) -> Result<(&Product, &str), NoFile> {
        let mut aliases = self.aliases.iter();
        let alias = aliases.find(|(alias, _)| is_same(alias, name));
        let product = alias.map_or(name, |(_, product)| product.as_str());
        let named = self.products.iter();
        // Most products have another name, and a hundred languages.
        let mut named = named
            .filter(|(known, _)| is_like(known, product))
            .peekable();
        if named.peek().is_none() {
            return Err(NoFile::Product(product.to_owned()));
        }
        let (_, found) = named
            .find(|(_, found)| {
                let mut languages = found.languages.iter();
                found.languages.is_empty() || languages.any(|known| is_like(known, locale))
            })
            .ok_or_else(|| NoFile::Locale {
                product: product.to_owned(),
                locale: locale.to_owned(),
            })?;
        let mut locations = found.locations.iter();
        let path = locations.find(|(known, _)| is_same(known, system));
        let (_, path) = path.ok_or_else(|| NoFile::System {
            product: product.to_owned(),
            system: system.to_owned(),
        })?;
        Ok((found, path))
    }
}

/// Whether two names are equal for the database, which looks at neither case nor blanks at the end.
fn is_same(one: &str, other: &str) -> bool {
    one.trim_end_matches(' ').to_lowercase() == other.trim_end_matches(' ').to_lowercase()
}

/// Whether a name is like a pattern of SQL, in which `%` stands for any text and `_` for any character.
fn is_like(name: &str, pattern: &str) -> bool {
    let name: Vec<char> = name.to_lowercase().chars().collect();
    let pattern: Vec<char> = pattern.to_lowercase().chars().collect();
    // Where to go on behind the last `%` if the rest does not fit: in the pattern, and in the name.
    let mut again: Option<(usize, usize)> = None;
    let (mut at, mut i) = (0, 0);
    while at < name.len() {
        let (fits, length) = match (pattern.get(i), pattern.get(i + 1)) {
            (Some('%'), _) => {
                again = Some((i, at));
                i += 1;
                continue;
            }
            (Some('\\'), Some(sign)) => (name[at] == *sign, 2),
            (Some('_'), _) => (true, 1),
            (Some(sign), _) => (name[at] == *sign, 1),
            (None, _) => (false, 0),
        };
        match (fits, again) {
            (true, _) => {
                at += 1;
                i += length;
            }
            (false, Some((wildcard, from))) => {
                again = Some((wildcard, from + 1));
                (i, at) = (wildcard + 1, from + 1);
            }
            (false, None) => return false,
        }
    }
    pattern[i..].iter().all(|sign| *sign == '%')
}

/// An address as the header `Location` holds it: characters beyond ASCII are escaped, and lines are not ended.
fn header(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    for byte in url.bytes() {
        match byte {
            b'\r' | b'\n' => out.push(' '),
            _ if byte.is_ascii() => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:x}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> Database {
        let product = |path: &str, ssl_only, languages: &[&str]| Product {
            ssl_only,
            languages: languages.iter().map(|&one| one.to_owned()).collect(),
            locations: [("win".to_owned(), path.to_owned())].into(),
        };
        Database {
            products: vec![
                (
                    "Firefox-94.0".to_owned(),
                    product("/a/:lang/:lang.exe", false, &["de", "en-US"]),
                ),
                ("Firefox-94.0-SSL".to_owned(), product("/b", true, &[])),
                (
                    "Firefox-115.2.0esr-SSL".to_owned(),
                    product("/old", true, &[]),
                ),
            ],
            aliases: vec![
                ("firefox-latest".to_owned(), "Firefox-94.0".to_owned()),
                (
                    "firefox-esr115-latest-ssl".to_owned(),
                    "Firefox-115.2.0esr-SSL".to_owned(),
                ),
                ("firefox-twice".to_owned(), "firefox-latest".to_owned()),
            ],
        }
    }

    fn ask(query: &str, user_agent: &str, referrer: &str) -> Answer {
        let request = Request {
            query,
            user_agent,
            referrer,
            is_https: false,
        };
        database().answer(&Addresses::default(), &request)
    }

    fn url(query: &str) -> Option<String> {
        match ask(query, "", "") {
            Answer::Redirect(url) | Answer::Text(url) => Some(url),
            Answer::NotFound => None,
        }
    }

    #[test]
    fn a_locale_must_be_one_of_the_product() {
        let found = Some("http://download.cdn.mozilla.net/pub/a/de/de.exe".to_owned());
        assert_eq!(url("product=FIREFOX-94.0&lang=de"), found);
        assert_eq!(url("product=%20firefox-latest%20&os=WIN&lang=de"), found);
        assert_eq!(url("product=firefox-94.0&lang=fr"), None);
        assert_eq!(url("product=firefox-94.0&lang=de&os=osx"), None);
        assert_eq!(
            url("product=firefox-94.0-ssl&lang=fr"),
            Some("https://download-installer.cdn.mozilla.net/pub/b".to_owned())
        );
        // An alias is followed once.
        assert_eq!(url("product=firefox-twice"), None);
    }

    #[test]
    fn old_windows_gets_an_old_product() {
        let agent = "Mozilla/5.0 (Windows NT 6.1; Win64; x64; rv:94.0) Gecko/20100101";
        let old = Answer::Redirect("https://download-installer.cdn.mozilla.net/pub/old".to_owned());
        assert_eq!(ask("product=firefox-latest", agent, ""), old);
        let page = "https://www.mozilla.org/firefox/";
        assert_ne!(ask("product=firefox-latest", agent, page), old);
        // There is no stub of it for 64 bits here.
        assert_eq!(ask("product=firefox-stub", agent, ""), Answer::NotFound);
        assert_eq!(
            ask("product=firefox-94.0-complete", agent, ""),
            Answer::NotFound
        );
    }

    #[test]
    fn the_code_of_an_addon_needs_a_known_page() {
        use base64::Engine;
        let code = base64::engine::general_purpose::URL_SAFE.encode("source=a&content=rta:xyz");
        let code = code.replace('=', ".");
        let query = format!("product=firefox-94.0&attribution_code={code}&attribution_sig=s");
        let Answer::Redirect(to) = ask(&query, "", "") else {
            panic!("no redirect");
        };
        assert!(to.starts_with("http://download.cdn"), "{to}");
        let Answer::Redirect(to) = ask(&query, "", "https://www.firefox.com/") else {
            panic!("no redirect");
        };
        assert!(to.starts_with("https://stubdownloader"), "{to}");
    }

    #[test]
    fn patterns_are_those_of_sql() {
        for (name, pattern, expected) in [
            ("firefox-94.0", "firefox-9_.0", true),
            ("firefox-94.0", "%", true),
            ("firefox-94.0", "f%x%0", true),
            ("firefox-94.0", "f%x%1", false),
            ("a_b", "a\\_b", true),
            ("axb", "a\\_b", false),
            ("", "%%", true),
            ("a", "", false),
        ] {
            assert_eq!(is_like(name, pattern), expected, "{name} {pattern}");
        }
    }
}
