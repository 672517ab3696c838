//! Which files the lists of a release contain: those that people download.

use crate::base::shape::Pattern;

/// The names that are listed, with the regular expressions of the release's own script.
pub const INCLUDED: &[Pattern] = &[
    Pattern {
        text: r"^.*\.tar\.bz2$",
        matches: |name| name.ends_with(".tar.bz2"),
    },
    Pattern {
        text: r"^.*\.tar\.xz$",
        matches: |name| name.ends_with(".tar.xz"),
    },
    Pattern {
        text: r"^.*\.snap$",
        matches: |name| name.ends_with(".snap"),
    },
    Pattern {
        text: r"^.*\.dmg$",
        matches: |name| name.ends_with(".dmg"),
    },
    Pattern {
        text: r"^.*\.pkg$",
        matches: |name| name.ends_with(".pkg"),
    },
    Pattern {
        text: r"^.*\.bundle$",
        matches: |name| name.ends_with(".bundle"),
    },
    Pattern {
        text: r"^.*\.mar$",
        matches: |name| name.ends_with(".mar"),
    },
    Pattern {
        text: r"^.*Setup.*\.exe$",
        matches: |name| has_between("Setup", name, ".exe"),
    },
    Pattern {
        text: r"^.*Installer\.exe$",
        matches: |name| name.ends_with("Installer.exe"),
    },
    Pattern {
        text: r"^.*\.msi$",
        matches: |name| name.ends_with(".msi"),
    },
    Pattern {
        text: r"^.*\.xpi$",
        matches: |name| name.ends_with(".xpi"),
    },
    Pattern {
        text: r"^.*fennec.*\.apk$",
        matches: |name| has_between("fennec", name, ".apk"),
    },
    Pattern {
        text: r"^.*/jsshell.*$",
        matches: |name| name.contains("/jsshell"),
    },
];

/// Whether a name ends with `end` and has `word` somewhere before that.
fn has_between(word: &str, name: &str, end: &str) -> bool {
    let before = name.strip_suffix(end);
    before.is_some_and(|before| before.contains(word))
}

/// Whether the lists of a release contain a file.
#[must_use]
pub fn is_included(name: &str) -> bool {
    INCLUDED.iter().any(|pattern| (pattern.matches)(name))
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;
    use crate::base::pattern::Prefix;

    #[test]
    fn only_downloads_are_listed() {
        for name in [
            "linux-x86_64/de/firefox-92.0.1.tar.xz",
            "win32/de/Firefox Setup 92.0.1.exe",
            "win32/de/Firefox Installer.exe",
            "update/mac/de/firefox-92.0-92.0.1.partial.mar",
            "jsshell/jsshell-mac.zip",
            "source/firefox-92.0.1.source.tar.xz",
        ]
        .map(|name| format!("candidates/{name}"))
        {
            assert!(is_included(&name), "{name}");
        }
        for name in [
            "linux-x86_64/de/firefox-92.0.1.tar.xz.asc",
            "linux-x86_64/de/firefox-92.0.1.deb",
            "jsshell-mac.zip",
            "win32/de/setup.exe",
            "win64/de/Firefox Setup 92.0.1.msix",
            "buildhub.json",
        ] {
            assert!(!is_included(name), "{name}");
        }
    }

    static EXPRESSIONS: LazyLock<Vec<Prefix>> = LazyLock::new(|| {
        let texts = INCLUDED.iter().map(|pattern| pattern.text);
        texts.map(|text| Prefix::new(text).unwrap()).collect()
    });

    proptest! {
        #[test]
        fn patterns_do_what_their_expressions_say(name in "(Setup|Installer|fennec|/jsshell|\\.exe|\\.apk|\\.tar|\\.xz|\\.mar|[a-z/.]){0,5}") {
            for (pattern, expression) in INCLUDED.iter().zip(&*EXPRESSIONS) {
                prop_assert_eq!((pattern.matches)(&name), expression.matches(&name), "{}", pattern.text);
            }
        }
    }
}
