//! The names of platforms: the script takes many, and uses those of the archive.

/// The platform of the archive that a name means, as the script finds it: by what the name contains.
#[must_use]
pub fn archive_platform(name: &str) -> Option<&'static str> {
    let has = |part: &str| name.contains(part);
    if has("linux64") || has("linux-x86_64") {
        Some("linux-x86_64")
    } else if has("linux32") || has("linux-i686") || name == "linux" {
        Some("linux-i686")
    } else if has("mac") {
        Some("mac")
    } else if name == "win64-aarch64" {
        Some("win64-aarch64")
    } else if name == "win64" {
        Some("win64")
    } else if has("win32") {
        Some("win32")
    } else {
        None
    }
}

/// The platform of the archive that a build platform of a graph means, such as `linux64-shippable`.
#[must_use]
pub fn of_build(platform: &str) -> Option<&'static str> {
    let known = [
        ("win32", "win32"),
        ("win64-aarch64", "win64-aarch64"),
        ("win64", "win64"),
        ("macosx", "mac"),
        ("linux-", "linux-i686"),
        ("linux64", "linux-x86_64"),
    ];
    let found = known.iter().find(|(start, _)| platform.starts_with(start));
    found.map(|(_, name)| *name)
}

/// The archive of a build.
#[must_use]
pub fn archive(platform: &str) -> &'static str {
    match platform {
        "mac" => "target.tar.gz",
        windows if is_windows(windows) => "target.zip",
        _ => "target.tar.xz",
    }
}

/// Whether a platform is Windows.
#[must_use]
pub fn is_windows(platform: &str) -> bool {
    platform.starts_with("win")
}

/// The artifact of a build in a locale.
#[must_use]
pub fn artifact(locale: &str, file: &str) -> String {
    match locale {
        "en-US" => format!("public/build/{file}"),
        other => format!("public/build/{other}/{file}"),
    }
}

/// Whether there are builds for a platform in a locale: Japanese has another name on macOS.
#[must_use]
pub fn has_locale(platform: &str, locale: &str) -> bool {
    match locale {
        "ja" => platform != "mac",
        "ja-JP-mac" => platform == "mac",
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_the_script_knows() {
        for (name, expected) in [
            ("linux", Some("linux-i686")),
            ("linux-i686", Some("linux-i686")),
            ("linux64", Some("linux-x86_64")),
            ("linux-x86_64", Some("linux-x86_64")),
            ("macosx64", Some("mac")),
            ("win32", Some("win32")),
            ("win64", Some("win64")),
            ("win64-aarch64", Some("win64-aarch64")),
            ("win", None),
            ("aus", None),
        ] {
            assert_eq!(archive_platform(name), expected, "{name}");
        }
        for (name, expected) in [
            ("linux-shippable", Some("linux-i686")),
            ("linux64-shippable", Some("linux-x86_64")),
            ("macosx64-shippable", Some("mac")),
            ("win64-aarch64-shippable", Some("win64-aarch64")),
            ("android", None),
        ] {
            assert_eq!(of_build(name), expected, "{name}");
        }
        assert!(!has_locale("mac", "ja") && has_locale("mac", "ja-JP-mac"));
        assert!(has_locale("win64", "ja") && !has_locale("win64", "ja-JP-mac"));
    }
}
