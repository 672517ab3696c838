//! The names of platforms: in the archive, in requests of clients, and in files about builds.

use crate::stage::balrog_worker::platforms::{archive, clients};

/// A platform.
#[derive(Debug)]
pub struct Platform {
    /// As tasks name it.
    name: &'static str,
}

/// The platforms that have updates.
static PLATFORMS: [Platform; 7] = [
    Platform { name: "linux" },
    Platform { name: "linux64" },
    Platform {
        name: "linux64-aarch64",
    },
    Platform { name: "macosx64" },
    Platform { name: "win32" },
    Platform { name: "win64" },
    Platform {
        name: "win64-aarch64",
    },
];

/// Reports that a platform has no updates.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown platform `{0}`: no client has a name for it")]
pub struct UnknownPlatform(pub String);

impl Platform {
    /// The platform whose folder in the archive has this name.
    ///
    /// # Errors
    /// If there is none.
    pub fn in_archive(folder: &str) -> Result<&'static Self, UnknownPlatform> {
        let mut platforms = PLATFORMS.iter();
        let found = platforms.find(|platform| archive(platform.name) == folder);
        found.ok_or_else(|| UnknownPlatform(folder.to_owned()))
    }

    /// The name of the file that holds the build id, beside the folders of platforms.
    #[must_use]
    pub fn information(&self) -> String {
        let name = match self.name {
            "win64-aarch64" => "win64_aarch64",
            name => name,
        };
        format!("{name}_info.txt")
    }

    /// The name that clients of a version use. Since version 42, those for Windows send the processor of the
    /// system along.
    #[must_use]
    pub fn client(&self, version: &str) -> &'static str {
        let newer = ["win32", "win64"].contains(&self.name) && !is_before_42(version);
        let name = clients(self.name).get(usize::from(newer));
        name.copied().unwrap_or_default()
    }

    /// The locales of a list `shipped-locales` that are shipped on this platform. Each line is a locale and,
    /// if it is not shipped everywhere, names of platforms. Only the locale counts, as in the real tools:
    /// `ja-JP-mac` is on macOS alone, and there in place of `ja`.
    #[must_use]
    pub fn locales<'l>(&self, shipped: &'l str) -> Vec<&'l str> {
        let mac = self.name.starts_with("mac");
        let other = if mac { "ja" } else { "ja-JP-mac" };
        let lines = shipped.lines();
        let locales = lines.filter_map(|line| line.split_whitespace().next());
        locales.filter(|locale| *locale != other).collect()
    }
}

/// Whether a version is before 42.0.
fn is_before_42(version: &str) -> bool {
    let end = |text: &str| text.find(|sign: char| !sign.is_ascii_digit());
    let (major, rest) = version.split_at(end(version).unwrap_or(version.len()));
    let major = major.trim_start_matches('0');
    match major.len().cmp(&2).then_with(|| major.cmp("42")) {
        std::cmp::Ordering::Equal => rest.is_empty(),
        order => order.is_lt(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_for_windows_have_two_names() {
        let name = |platform, version| Platform::in_archive(platform).unwrap().client(version);
        assert_eq!(name("win64", "41.0.2"), "WINNT_x86_64-msvc");
        assert_eq!(name("win64", "9.0"), "WINNT_x86_64-msvc");
        assert_eq!(name("win64", "42.0b1"), "WINNT_x86_64-msvc-x64");
        assert_eq!(name("win32", "100.0"), "WINNT_x86-msvc-x86");
        assert_eq!(name("win64-aarch64", "100.0"), "WINNT_aarch64-msvc-aarch64");
        assert_eq!(name("linux-i686", "1.5"), "Linux_x86-gcc3");
        assert!(Platform::in_archive("linux").is_err());
        let information = |folder| Platform::in_archive(folder).unwrap().information();
        assert_eq!(information("linux-x86_64"), "linux64_info.txt");
        assert_eq!(information("mac"), "macosx64_info.txt");
        assert_eq!(information("win64-aarch64"), "win64_aarch64_info.txt");
    }

    #[test]
    fn japanese_has_its_own_locale_on_macos() {
        let shipped = "de\nja linux win32\nja-JP-mac osx\n\n";
        let locales = |platform| Platform::in_archive(platform).unwrap().locales(shipped);
        assert_eq!(locales("mac"), ["de", "ja-JP-mac"]);
        assert_eq!(locales("win64-aarch64"), ["de", "ja"]);
    }
}
