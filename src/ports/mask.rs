//! Keeps secrets out of messages, logs and artifacts.
//!
//! A secret is the value of an environment variable whose name indicates a token, a password,
//! credentials or a key. Values that are too short, that name a file, or that belong to a variable
//! with the location of a secret are not masked, because they appear in many texts legitimately.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::environment::Environment;
use crate::base::value::Value;

/// What replaces a secret.
pub const MASKED: &str = "[masked]";

/// The fewest characters of a secret.
const SHORTEST: usize = 8;

/// The fewest characters of a line of a secret that has several.
const SHORTEST_LINE: usize = 16;

/// What names of secret variables contain.
static SECRET: &[&str] = &[
    "ACCESS_KEY",
    "ACCESSKEY",
    "API_KEY",
    "APIKEY",
    "AUTHORIZATION",
    "CERTIFICATE",
    "CREDENTIAL",
    "PASSPHRASE",
    "PASSWD",
    "PASSWORD",
    "PRIVATE_KEY",
    "SECRET",
    "TOKEN",
];

/// How names of variables end that only say where a secret is, or which.
static WHEREABOUTS: &[&str] = &[
    "_DIR", "_FILE", "_FOLDER", "_ID", "_NAME", "_PATH", "_TYPE", "_URL",
];

/// The secrets of a process.
#[derive(Clone, Default)]
pub struct Mask {
    /// The texts that are masked, each with the variable that it is from; the longest first.
    secrets: Vec<(String, String)>,
}

impl Mask {
    /// Masks the secrets among these variables.
    #[must_use]
    pub fn from_environment(environment: &Environment) -> Self {
        let mut secrets = BTreeMap::new();
        for (name, value) in environment.iter() {
            if is_secret(name, value) {
                let forms = forms(value).into_iter();
                secrets.extend(forms.map(|form| (form, name.to_owned())));
            }
        }
        let mut secrets: Vec<(String, String)> = secrets.into_iter().collect();
        secrets.sort_by_key(|(secret, _)| std::cmp::Reverse(secret.len()));
        Self { secrets }
    }

    /// The variable whose secret a text holds, if it holds any.
    #[must_use]
    pub fn held_by(&self, text: &str) -> Option<&str> {
        let held = self
            .secrets
            .iter()
            .find(|(secret, _)| text.contains(secret.as_str()));
        held.map(|(_, name)| name.as_str())
    }

    /// Whether there are no secrets.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// The text without secrets.
    #[must_use]
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut masked = Cow::Borrowed(text);
        for (secret, _) in &self.secrets {
            if masked.contains(secret.as_str()) {
                masked = Cow::Owned(masked.replace(secret.as_str(), MASKED));
            }
        }
        masked
    }

    /// The content without secrets; what is not text stays as it is.
    #[must_use]
    pub fn content<'t>(&self, content: &'t [u8]) -> Cow<'t, [u8]> {
        if self.secrets.is_empty() {
            return Cow::Borrowed(content);
        }
        match std::str::from_utf8(content).map(|text| self.text(text)) {
            Ok(Cow::Owned(text)) => Cow::Owned(text.into_bytes()),
            _ => Cow::Borrowed(content),
        }
    }
}

impl std::fmt::Debug for Mask {
    /// How many there are, and none of them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mask({} secrets)", self.secrets.len())
    }
}

fn is_secret(name: &str, value: &str) -> bool {
    let name = name.to_ascii_uppercase();
    SECRET.iter().any(|part| name.contains(part))
        && !WHEREABOUTS.iter().any(|end| name.ends_with(end))
        && value.chars().count() >= SHORTEST
        && !value.starts_with(['/', '~'])
        && !value.starts_with("./")
}

/// The ways in which a secret is written: as it is, as JSON writes it, its lines, and, where it is
/// JSON itself as temporary credentials are, the texts in it that are secret.
fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_owned(), secret.trim().to_owned()];
    let quoted = Value::from(secret).to_string();
    let inner = quoted
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    forms.extend(inner.map(str::to_owned));
    if secret.trim().contains('\n') {
        let lines = secret.lines().map(str::trim);
        let long = lines.filter(|line| line.chars().count() >= SHORTEST_LINE);
        // The frame around a key is not secret.
        let own = long.filter(|line| !line.starts_with("-----"));
        forms.extend(own.map(str::to_owned));
    }
    if let Ok(Value::Object(parts)) = crate::base::json::read("a secret", secret.as_bytes()) {
        for part in ["signature", "seed", "accessToken"] {
            let text = parts.get(part).and_then(Value::as_str);
            forms.extend(text.map(str::to_owned));
        }
    }
    forms.retain(|form| form.chars().count() >= SHORTEST);
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(variables: &[(&str, &str)]) -> Mask {
        let pairs = variables.iter();
        Mask::from_environment(&Environment::new(
            pairs.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        ))
    }

    #[test]
    fn values_of_variables_with_secret_names_are_masked() {
        for name in [
            "TASKCLUSTER_ACCESS_TOKEN",
            "GITHUB_TOKEN",
            "npm_config_password",
            "AWS_SECRET_ACCESS_KEY",
            "SOME_API_KEY",
            "DB_CREDENTIALS",
            "SIGNING_PASSPHRASE",
        ] {
            let mask = mask(&[(name, "hunter2hunter2")]);
            let text = mask.text("it is hunter2hunter2, hunter2hunter2!");
            assert_eq!(text, "it is [masked], [masked]!", "{name}");
        }
    }

    #[test]
    fn ordinary_values_are_not_masked() {
        let text = "main /secrets/token short12 project/token https://example.com/token 123";
        for (name, value) in [
            ("MOZ_BRANCH", "project/token"),
            ("TOKEN", "short12"),
            ("TOKEN", ""),
            ("TOKEN_FILE", "project/token"),
            ("SECRET_NAME", "project/token"),
            ("TOKEN_URL", "https://example.com/token"),
            ("GOOGLE_APPLICATION_CREDENTIALS", "/secrets/token"),
            ("KEYBOARD", "project/token"),
        ] {
            let mask = mask(&[(name, value)]);
            assert!(
                matches!(mask.text(text), Cow::Borrowed(same) if same == text),
                "{name}"
            );
        }
    }

    #[test]
    fn overlapping_secrets_are_masked_completely() {
        let mask = mask(&[("A_TOKEN", "abcdefgh"), ("B_TOKEN", "abcdefgh-and-more")]);
        assert_eq!(mask.text("abcdefgh-and-more abcdefgh"), "[masked] [masked]");
    }

    #[test]
    fn secrets_are_masked_in_every_encoding() {
        let certificate = "{\"version\":1,\"scopes\":[\"a:b\"],\"seed\":\"seed-seed-seed\",\"signature\":\"sign/sign/sign=\"}";
        let key = "-----BEGIN KEY-----\nMIIEpAIBAAKCAQEAabcd\nshort\n-----END KEY-----\n";
        let mask = mask(&[
            ("TASKCLUSTER_CERTIFICATE", certificate),
            ("DEPLOY_PRIVATE_KEY", key),
            ("QUOTED_PASSWORD", "with \"quotes\""),
        ]);
        for (text, masked) in [
            (certificate, "[masked]"),
            (
                "sign/sign/sign= seed-seed-seed a:b",
                "[masked] [masked] a:b",
            ),
            ("line MIIEpAIBAAKCAQEAabcd", "line [masked]"),
            ("-----BEGIN KEY----- short", "-----BEGIN KEY----- short"),
            (r#"{"a": "with \"quotes\""}"#, r#"{"a": "[masked]"}"#),
        ] {
            assert_eq!(mask.text(text), masked);
        }
        let whole = Value::from(certificate).to_string();
        assert_eq!(mask.text(&whole), "\"[masked]\"");
    }

    #[test]
    fn binary_content_is_not_masked() {
        let mask = mask(&[("A_TOKEN", "abcdefgh")]);
        let binary = b"\xff\xfeabcdefgh";
        assert_eq!(mask.content(binary), &binary[..]);
        assert_eq!(mask.content(b"= abcdefgh"), &b"= [masked]"[..]);
    }

    #[test]
    fn debug_output_shows_no_secret() {
        assert!(!format!("{:?}", mask(&[("A_TOKEN", "abcdefgh")])).contains("abcdefgh"));
    }
}
