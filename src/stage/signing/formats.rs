//! Signing formats: what a worker does for each, and in which order.

/// What a worker does for a format. [`Method::name`] is the name of the function of the real worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Puts a signature into a MAR file.
    Mar,
    /// Writes a detached OpenPGP signature beside the file.
    Gpg,
    /// Writes a detached RSA signature beside the file.
    Detached,
    /// Adds signatures for the media plugin to programs in an archive.
    Widevine,
    /// Signs each `omni.ja` in an archive.
    OmniJa,
    /// Signs an extension.
    Xpi,
    /// Signs Windows programs and packages, also those in a ZIP file.
    Authenticode,
    /// Signs an RPM package.
    Rpm,
    /// Signs the programs in a disk image or archive for macOS.
    MacApp,
    /// Has Apple notarize a package or an archive.
    Notarize,
    /// Has Apple notarize one program in an archive.
    NotarizeDriver,
    /// Has Apple notarize a plugin.
    NotarizePlugin,
    /// Has Apple notarize several files together.
    NotarizeStacked,
    /// Sends the whole file to the signing service: Android packages, Debian packages, and the rest.
    Service,
}

impl Method {
    /// The name of the function of the real worker.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mar => "sign_mar384_with_autograph_hash",
            Self::Gpg => "sign_gpg_with_autograph",
            Self::Detached => "sign_file_detached",
            Self::Widevine => "sign_widevine",
            Self::OmniJa => "sign_omnija",
            Self::Xpi => "sign_xpi",
            Self::Authenticode => "sign_authenticode",
            Self::Rpm => "sign_rpm_pkg",
            Self::MacApp => "sign_macapp",
            Self::Notarize => "apple_notarize",
            Self::NotarizeDriver => "apple_notarize_geckodriver",
            Self::NotarizePlugin => "apple_notarize_openh264_plugin",
            Self::NotarizeStacked => "apple_notarize_stacked",
            Self::Service => "sign_file",
        }
    }
}

/// The formats with a method of their own. The worker knows each also with a prefix that names the
/// signing service.
static METHODS: &[(&str, Method)] = &[
    ("apple_notarization", Method::Notarize),
    ("apple_notarization_geckodriver", Method::NotarizeDriver),
    ("apple_notarization_openh264_plugin", Method::NotarizePlugin),
    ("apple_notarization_stacked", Method::NotarizeStacked),
    ("autograph_authenticode_202412", Method::Authenticode),
    ("autograph_authenticode_202412_stub", Method::Authenticode),
    ("autograph_authenticode_ev_202412", Method::Authenticode),
    ("autograph_authenticode_sha2", Method::Authenticode),
    (
        "autograph_authenticode_sha2_rfc3161_stub",
        Method::Authenticode,
    ),
    ("autograph_authenticode_sha2_stub", Method::Authenticode),
    ("autograph_gpg", Method::Gpg),
    ("autograph_hash_only_mar384", Method::Mar),
    ("autograph_langpack", Method::Xpi),
    ("autograph_omnija", Method::OmniJa),
    ("autograph_rpmsign", Method::Rpm),
    ("autograph_rsa", Method::Detached),
    ("autograph_stage_mar384", Method::Mar),
    ("autograph_widevine", Method::Widevine),
    ("macapp", Method::MacApp),
    ("privileged_webextension", Method::Xpi),
    ("system_addon", Method::Xpi),
    ("widevine", Method::Widevine),
];

/// The prefixes that name the signing service.
const SERVICES: [&str; 2] = ["stage_", "gcp_prod_"];

/// The formats that come last, in this order: they sign what others have signed.
static LAST: &[&str] = &[
    "widevine",
    "autograph_widevine",
    "gcp_prod_autograph_widevine",
    "stage_autograph_widevine",
    "autograph_omnija",
    "gcp_prod_autograph_omnija",
    "stage_autograph_omnija",
    "macapp",
    "autograph_rsa",
    "gcp_prod_autograph_rsa",
    "stage_autograph_rsa",
    "autograph_gpg",
    "gcp_prod_autograph_gpg",
    "stage_autograph_gpg",
];

/// A format and the key that it asks for: `autograph_rsa:key` asks for `key`.
#[must_use]
pub fn split(format: &str) -> (&str, Option<&str>) {
    match format.split_once(':') {
        Some((format, key)) => (format, Some(key)),
        None => (format, None),
    }
}

/// The format without the prefix that names the signing service.
#[must_use]
pub fn without_service(format: &str) -> &str {
    SERVICES.iter().fold(format, |format, service| {
        format.strip_prefix(service).unwrap_or(format)
    })
}

/// What the worker does for a format. One that it has no method for is sent to the signing service.
#[must_use]
pub fn method(format: &str) -> Method {
    let format = split(format).0;
    // Here the worker removes one prefix, below both.
    let mut services = SERVICES
        .iter()
        .filter_map(|service| format.strip_prefix(service));
    let is_xpi = |format: &str| format.starts_with("autograph_xpi");
    if is_xpi(format) || services.any(is_xpi) {
        return Method::Xpi;
    }
    let plain = without_service(format);
    let found = METHODS.iter().find(|(known, _)| *known == plain);
    found.map_or(Method::Service, |(_, method)| *method)
}

/// The formats in the order in which the worker applies them. A format that asks for a key keeps its
/// place, as it does in the worker, which compares whole texts.
#[must_use]
pub fn sorted(formats: &[String]) -> Vec<String> {
    let place = |format: &String| LAST.iter().position(|last| last == format);
    let mut sorted = formats.to_vec();
    sorted.sort_by_key(|format| place(format).map_or(0, |place| place + 1));
    sorted
}
