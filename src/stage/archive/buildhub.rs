//! `buildhub.json`, which describes a build: the worker writes into it where the installer is.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::artifact_map::{Artifact, Files, INSTALLERS, place};
use crate::base::value::{Object, Value};
use crate::stage::python_json::indented;

/// What is escaped in the path of an address.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'_')
    .remove(b'.')
    .remove(b'-')
    .remove(b'~');

/// The installer of a build.
#[derive(Debug, Clone, Copy)]
pub struct Installer<'a> {
    /// Its size in bytes.
    pub size: u64,
    /// Its first destination.
    pub destination: &'a str,
}

/// Reports a description that cannot be changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildhubError {
    /// It is not JSON.
    #[error("not valid JSON: {0}")]
    NoJson(String),
    /// It has no mapping `download`.
    #[error("there is no mapping `download`, into which the place of the installer belongs")]
    NoDownload,
}

/// The installer of a locale, with its first destination: the last one of the payload.
#[must_use]
pub fn installer_of<'f>(files: &'f Files, locale: &str) -> Option<(Artifact, &'f str)> {
    let upstream = files
        .upstream
        .iter()
        .filter(|upstream| upstream.locale == locale);
    let mut artifacts = upstream.flat_map(|upstream| {
        let paths = upstream.paths.iter();
        paths.map(|path| Artifact {
            task_id: upstream.task_id.clone(),
            path: path.clone(),
        })
    });
    let is_installer = |one: &Artifact| INSTALLERS.iter().any(|name| one.path.ends_with(name));
    let installer = artifacts.rfind(is_installer)?;
    let place = place(&files.map, &installer, locale)?;
    Some((installer, place.destinations.first()?))
}

/// The description with size and address of the installer, as the worker writes it.
///
/// `prefix` is the address of the archive, `date` the time at which the worker writes.
///
/// # Errors
/// [`BuildhubError`] if it is not such a description.
pub fn with_installer(
    description: &[u8],
    installer: &Installer<'_>,
    prefix: &str,
    date: &str,
) -> Result<String, BuildhubError> {
    let mut description: Value = serde_json::from_slice(description)
        .map_err(|error| BuildhubError::NoJson(error.to_string()))?;
    let download = match description.get_mut("download") {
        Some(Value::Object(download)) => download,
        _ => return Err(BuildhubError::NoDownload),
    };
    set(download, installer, prefix, date);
    Ok(indented(&description, 4))
}

fn set(download: &mut Object, installer: &Installer<'_>, prefix: &str, date: &str) {
    download.insert("size", installer.size);
    download.insert("date", date);
    download.insert("url", address(prefix, installer.destination));
}

/// The address of a path, relative to the last slash of the archive's own path.
fn address(prefix: &str, path: &str) -> String {
    let host = prefix.find("://").map_or(0, |at| at + 3);
    let base = match prefix[host..].rfind('/') {
        Some(slash) => &prefix[..host + slash],
        None => prefix,
    };
    format!("{base}/{}", utf8_percent_encode(path, ESCAPED))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::{from_value, json};

    const INSTALLER: Installer<'_> = Installer {
        size: 7,
        destination: "pub/c/win32/de/Firefox Setup 92.0~1 ä+.exe",
    };

    /// The addresses are those of Python's `urljoin(prefix, quote(path))`.
    #[test]
    fn addresses_are_escaped() {
        for (prefix, start) in [
            (
                "https://archive.example.org",
                "https://archive.example.org/",
            ),
            (
                "https://archive.example.org/",
                "https://archive.example.org/",
            ),
            (
                "https://archive.example.org/a/b",
                "https://archive.example.org/a/",
            ),
        ] {
            let path = "pub/c/win32/de/Firefox%20Setup%2092.0~1%20%C3%A4%2B.exe";
            assert_eq!(
                address(prefix, INSTALLER.destination),
                format!("{start}{path}")
            );
        }
    }

    #[test]
    fn the_installer_replaces_what_was_there() {
        let description =
            br#"{"build": {"id": 1}, "download": {"url": "x", "mimetype": "y"}, "z": []}"#;
        let installer = Installer {
            destination: "pub/a.dmg",
            ..INSTALLER
        };
        let text =
            with_installer(description, &installer, "https://a.example", "2026-01-01").unwrap();
        let expected = r#"{
    "build": {
        "id": 1
    },
    "download": {
        "url": "https://a.example/pub/a.dmg",
        "mimetype": "y",
        "size": 7,
        "date": "2026-01-01"
    },
    "z": []
}"#;
        assert_eq!(text, expected);
    }

    #[test]
    fn each_locale_has_its_installer() {
        let place = |to: &str| json!({"destinations": [to, "other"], "checksums_path": to});
        let payload = json!({
            "upstreamArtifacts": [
                {"taskId": "a", "paths": ["public/build/target.dmg", "public/build/buildhub.json"]},
                {"taskId": "b", "paths": ["public/build/de/target.dmg", "public/x"], "locale": "de"},
            ],
            "artifactMap": [
                {"taskId": "a", "locale": "en-US", "paths": {"public/build/target.dmg": place("en")}},
                {"taskId": "b", "locale": "de", "paths": {"public/build/de/target.dmg": place("de")}},
            ],
        });
        let files: Files = from_value(payload).unwrap();
        let found = |locale| {
            let (installer, destination) = installer_of(&files, locale)?;
            Some((installer.to_string(), destination))
        };
        assert_eq!(
            found("en-US"),
            Some(("public/build/target.dmg of task a".to_owned(), "en"))
        );
        assert_eq!(
            found("de"),
            Some(("public/build/de/target.dmg of task b".to_owned(), "de"))
        );
        assert_eq!(found("fr"), None);
    }

    #[test]
    fn other_files_are_refused() {
        let refused = |text: &str| with_installer(text.as_bytes(), &INSTALLER, "", "").unwrap_err();
        assert!(matches!(refused("{"), BuildhubError::NoJson(_)));
        for text in ["[]", "{}", r#"{"download": "x"}"#] {
            assert_eq!(refused(text), BuildhubError::NoDownload);
        }
    }
}
