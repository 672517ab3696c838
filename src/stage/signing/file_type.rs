//! What a file is, by its content.

/// A type of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileType {
    /// An archive of an update.
    Mar,
    /// A ZIP file that is none of the others.
    Zip,
    /// An extension or a language pack.
    Xpi,
    /// An Android package.
    Apk,
    /// An Android bundle.
    Aab,
    /// A package for the store of Windows.
    Msix,
    /// A Java archive, such as an `omni.ja` or a library.
    Jar,
    /// A Windows program or library.
    Pe,
    /// A Windows installer package.
    Msi,
    /// A disk image for macOS.
    Dmg,
    /// An installer package for macOS.
    Xar,
    /// A program for macOS.
    MachO,
    /// A program for Linux.
    Elf,
    /// Compressed by gzip.
    Gzip,
    /// Compressed by bzip2.
    Bzip2,
    /// Compressed by xz.
    Xz,
    /// Compressed by zstd.
    Zstd,
    /// A package for Debian.
    Deb,
    /// A package of RPM.
    Rpm,
    /// A file system image, such as a snap.
    SquashFs,
    /// Text.
    Text,
    /// Nothing.
    Empty,
    /// Anything else.
    Other,
}

/// The first bytes of a type.
static FIRST: &[(&[u8], FileType)] = &[
    (b"MAR1", FileType::Mar),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileType::Msi),
    (b"xar!", FileType::Xar),
    (b"\xcf\xfa\xed\xfe", FileType::MachO),
    (b"\xce\xfa\xed\xfe", FileType::MachO),
    (b"\xca\xfe\xba\xbe", FileType::MachO),
    (b"\x7fELF", FileType::Elf),
    (b"\x1f\x8b", FileType::Gzip),
    (b"BZh", FileType::Bzip2),
    (b"\xfd7zXZ\0", FileType::Xz),
    (b"\x28\xb5\x2f\xfd", FileType::Zstd),
    (b"!<arch>\ndebian-binary", FileType::Deb),
    (b"\xed\xab\xee\xdb", FileType::Rpm),
    (b"hsqs", FileType::SquashFs),
];

/// The names by which the types of ZIP files are told apart, the most particular first.
static MEMBERS: &[(&str, FileType)] = &[
    ("AppxManifest.xml", FileType::Msix),
    ("BundleConfig.pb", FileType::Aab),
    ("AndroidManifest.xml", FileType::Apk),
    ("manifest.json", FileType::Xpi),
    ("install.rdf", FileType::Xpi),
    ("webextension/manifest.json", FileType::Xpi),
    ("META-INF/MANIFEST.MF", FileType::Jar),
    ("chrome.manifest", FileType::Jar),
];

impl FileType {
    /// The type of a content. `names` are those in it, if it is a ZIP file that can be read.
    #[must_use]
    pub fn of(content: &[u8], names: Option<&[&str]>) -> Self {
        if let Some((_, found)) = FIRST.iter().find(|(first, _)| content.starts_with(first)) {
            return *found;
        }
        if let Some(names) = names {
            let has = |name: &str| names.contains(&name);
            let found = MEMBERS.iter().find(|(name, _)| has(name));
            return found.map_or(Self::Zip, |(_, found)| *found);
        }
        if is_pe(content) {
            Self::Pe
        } else if is_disk_image(content) {
            Self::Dmg
        } else if content.is_empty() {
            Self::Empty
        } else if std::str::from_utf8(content).is_ok_and(|text| !text.contains('\0')) {
            Self::Text
        } else {
            Self::Other
        }
    }

    /// The type as messages name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mar => "a MAR file",
            Self::Zip => "a ZIP file",
            Self::Xpi => "an extension",
            Self::Apk => "an Android package",
            Self::Aab => "an Android bundle",
            Self::Msix => "an MSIX package",
            Self::Jar => "a Java archive",
            Self::Pe => "a Windows program",
            Self::Msi => "a Windows installer package",
            Self::Dmg => "a disk image",
            Self::Xar => "an installer package for macOS",
            Self::MachO => "a program for macOS",
            Self::Elf => "a program for Linux",
            Self::Gzip => "compressed by gzip",
            Self::Bzip2 => "compressed by bzip2",
            Self::Xz => "compressed by xz",
            Self::Zstd => "compressed by zstd",
            Self::Deb => "a Debian package",
            Self::Rpm => "an RPM package",
            Self::SquashFs => "a SquashFS image",
            Self::Text => "text",
            Self::Empty => "empty",
            Self::Other => "of an unknown type",
        }
    }
}

/// Whether a content is a program for Windows: the old header names the place of the new one.
fn is_pe(content: &[u8]) -> bool {
    let new = || {
        let place = content
            .get(0x3c..0x40)?
            .try_into()
            .ok()
            .map(u32::from_le_bytes)?;
        content.get(usize::try_from(place).ok()?..)
    };
    content.starts_with(b"MZ") && new().is_some_and(|new| new.starts_with(b"PE\0\0"))
}

/// Whether a content is a disk image: they are told by their last 512 bytes, or are plain file systems.
fn is_disk_image(content: &[u8]) -> bool {
    let trailer = content
        .len()
        .checked_sub(512)
        .and_then(|at| content.get(at..));
    let compressed = trailer.is_some_and(|trailer| trailer.starts_with(b"koly"));
    let plain = content.get(1024..1026);
    compressed || plain.is_some_and(|magic| matches!(magic, b"H+" | b"HX"))
}
