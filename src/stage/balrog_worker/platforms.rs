//! How the update server, the archive and bouncer name the platforms of builds.

/// A platform.
struct Platform {
    /// As tasks name it.
    name: &'static str,
    /// As clients name it: the first has the files, the others are aliases of it.
    update: &'static [&'static str],
    /// As bouncer names it, if that is another name.
    bouncer: Option<&'static str>,
    /// As the archive names it, if that is another name.
    archive: Option<&'static str>,
}

const fn platform(
    name: &'static str,
    update: &'static [&'static str],
    bouncer: Option<&'static str>,
    archive: Option<&'static str>,
) -> Platform {
    Platform {
        name,
        update,
        bouncer,
        archive,
    }
}

const ARM: &[&str] = &["Android_arm-eabi-gcc3"];
const ANDROID_X86: &[&str] = &["Android_x86-gcc3"];

/// The platforms that have a name of their own at least in one place.
static PLATFORMS: &[Platform] = &[
    platform("android", ARM, None, Some("android")),
    platform("android-aarch64", &["Android_aarch64-gcc3"], None, None),
    platform("android-api-11", ARM, None, None),
    platform("android-api-15", ARM, None, None),
    platform("android-api-15-old-id", ARM, None, None),
    platform("android-api-16", ARM, None, None),
    platform("android-api-16-old-id", ARM, None, None),
    platform("android-x86", ANDROID_X86, None, None),
    platform("android-x86-old-id", ANDROID_X86, None, None),
    platform("linux", &["Linux_x86-gcc3"], None, Some("linux-i686")),
    platform("linux-android", &[], None, Some("android")),
    platform("linux-mobile", &[], None, Some("linux")),
    platform(
        "linux64",
        &["Linux_x86_64-gcc3"],
        None,
        Some("linux-x86_64"),
    ),
    platform(
        "linux64-aarch64",
        &["Linux_aarch64-gcc3"],
        None,
        Some("linux-aarch64"),
    ),
    platform(
        "linux64-asan-reporter",
        &["Linux_x86_64-gcc3-asan"],
        None,
        None,
    ),
    platform("macosx", &[], Some("osx"), Some("mac")),
    platform("macosx-mobile", &[], None, Some("macosx")),
    platform(
        "macosx64",
        &[
            "Darwin_x86_64-gcc3-u-i386-x86_64",
            "Darwin_x86-gcc3-u-i386-x86_64",
            "Darwin_aarch64-gcc3",
            "Darwin_x86-gcc3",
            "Darwin_x86_64-gcc3",
        ],
        Some("osx"),
        Some("mac"),
    ),
    platform(
        "win32",
        &["WINNT_x86-msvc", "WINNT_x86-msvc-x86", "WINNT_x86-msvc-x64"],
        Some("win"),
        None,
    ),
    platform("win32-mobile", &[], None, Some("win32")),
    platform(
        "win64",
        &["WINNT_x86_64-msvc", "WINNT_x86_64-msvc-x64"],
        None,
        None,
    ),
    platform("win64-aarch64", &["WINNT_aarch64-msvc-aarch64"], None, None),
    platform(
        "win64-asan-reporter",
        &["WINNT_x86_64-msvc-x64-asan"],
        None,
        None,
    ),
];

fn find(name: &str) -> Option<&'static Platform> {
    PLATFORMS.iter().find(|platform| platform.name == name)
}

/// The names that clients on a platform have: the first is that of the release's files, the others are aliases.
#[must_use]
pub fn clients(name: &str) -> &'static [&'static str] {
    find(name).map_or(&[], |platform| platform.update)
}

/// Whether clients have names for a platform. The worker takes the name of any other platform as it is,
/// although no client asks for it.
#[must_use]
pub fn is_known(name: &str) -> bool {
    !clients(name).is_empty()
}

/// The name of a platform that the update server keeps its files under.
#[must_use]
pub fn target(name: &str) -> &str {
    clients(name).first().copied().unwrap_or(name)
}

/// The other names that clients on a platform have.
#[must_use]
pub fn aliases(name: &str) -> &'static [&'static str] {
    let names = clients(name).split_first();
    names.map_or(&[], |(_, aliases)| aliases)
}

/// The other names of clients whose files are kept under a name.
#[must_use]
pub fn aliases_of_target(target: &str) -> &'static [&'static str] {
    let mut platforms = PLATFORMS.iter();
    let platform = platforms.find(|platform| platform.update.first() == Some(&target));
    platform.map_or(&[], |platform| aliases(platform.name))
}

/// A platform as bouncer names it.
#[must_use]
pub fn bouncer(name: &str) -> &str {
    find(name)
        .and_then(|platform| platform.bouncer)
        .unwrap_or(name)
}

/// A platform as the archive names it.
#[must_use]
pub fn archive(name: &str) -> &str {
    find(name)
        .and_then(|platform| platform.archive)
        .unwrap_or(name)
}
