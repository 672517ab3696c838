//! How the files of the archive are served: their media types and how long they are cached.

use crate::base::posix::basename;

/// The header `Cache-Control` of every file.
pub const CACHE_CONTROL: &str = "public, max-age=14400";

/// The media types by extension: the worker's own ones, and of those that its system knows, the ones that
/// occur in releases.
const TYPES: &[(&str, &str)] = &[
    ("", "text/plain"),
    (".aab", "application/octet-stream"),
    (".aar", "application/java-archive"),
    (".apk", "application/vnd.android.package-archive"),
    (".asc", "text/plain"),
    (".beet", "text/plain"),
    (".bin", "application/octet-stream"),
    (".bundle", "application/octet-stream"),
    (".bz2", "application/octet-stream"),
    (".checksums", "text/plain"),
    (".css", "text/css"),
    (".csv", "text/csv"),
    (".deb", "application/vnd.debian.binary-package"),
    (".dll", "application/x-msdos-program"),
    (".dmg", "application/x-iso9660-image"),
    (".exe", "application/x-msdos-program"),
    (".gif", "image/gif"),
    (".htm", "text/html"),
    (".html", "text/html"),
    (".ico", "image/vnd.microsoft.icon"),
    (".jar", "application/java-archive"),
    (".jpeg", "image/jpeg"),
    (".jpg", "image/jpeg"),
    (".js", "text/javascript"),
    (".json", "application/json"),
    (".log", "text/plain"),
    (".mar", "application/octet-stream"),
    (".md", "text/markdown"),
    (".md5", "text/plain"),
    (".module", "application/json"),
    (".msi", "application/x-msi"),
    (".msix", "application/msix"),
    (".pdf", "application/pdf"),
    (".pkg", "application/x-newton-compatible-pkg"),
    (".png", "image/png"),
    (".pom", "application/xml"),
    (".py", "text/x-python"),
    (".rcc", "application/octet-stream"),
    (".rpm", "application/x-redhat-package-manager"),
    (".sha1", "text/plain"),
    (".sha256", "text/plain"),
    (".sha512", "text/plain"),
    (".sig", "application/octet-stream"),
    (".snap", "application/octet-stream"),
    (".so", "application/octet-stream"),
    (".svg", "image/svg+xml"),
    (".tar", "application/x-tar"),
    (".tsv", "text/tab-separated-values"),
    (".txt", "text/plain"),
    (".wasm", "application/wasm"),
    (".xml", "application/xml"),
    (".xpi", "application/x-xpinstall"),
    (".zip", "application/zip"),
];

/// Extensions that are short for two others.
const SHORT: &[(&str, &str)] = &[
    (".svgz", ".svg.gz"),
    (".taz", ".tar.gz"),
    (".tbz2", ".tar.bz2"),
    (".tgz", ".tar.gz"),
    (".txz", ".tar.xz"),
    (".tz", ".tar.gz"),
];

/// The extensions of compressed files, whose type is that of the content.
const COMPRESSED: &[&str] = &[".Z", ".br", ".bz2", ".gz", ".xz"];

/// The media type of a file by its name, as the worker finds it: of a compressed file, that of the content.
///
/// `None` if the table has no type: the worker refuses such a file, unless its system knows the extension.
#[must_use]
pub fn media_type(path: &str) -> Option<&'static str> {
    let (mut stem, mut extension) = split_extension(basename(path));
    let expanded;
    let short = extension.to_ascii_lowercase();
    if let Some((_, long)) = SHORT.iter().find(|(name, _)| *name == short) {
        expanded = format!("{stem}{long}");
        (stem, extension) = split_extension(&expanded);
    }
    if COMPRESSED.contains(&extension) {
        (_, extension) = split_extension(stem);
    }
    let extension = extension.to_ascii_lowercase();
    let found = TYPES.iter().find(|(name, _)| *name == extension);
    found.map(|(_, media_type)| *media_type)
}

/// Divides a name before its last point, unless only points precede it.
fn split_extension(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(point) if name[..point].contains(|sign| sign != '.') => name.split_at(point),
        _ => (name, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The types are those of `mimetypes.guess_type` with the worker's own table.
    #[test]
    fn types_depend_on_the_name() {
        for (path, expected) in [
            ("public/build/target.tar.xz", Some("application/x-tar")),
            ("public/build/target.tar.bz2", Some("application/x-tar")),
            ("public/build/target.tgz", Some("application/x-tar")),
            ("public/build/target.TXZ", Some("application/x-tar")),
            ("public/build/target.bz2", Some("text/plain")),
            ("public/build/target.json.gz", Some("application/json")),
            ("public/build/target.tar.XZ", None),
            (
                "public/build/target.complete.mar",
                Some("application/octet-stream"),
            ),
            (
                "public/build/target.langpack.XPI",
                Some("application/x-xpinstall"),
            ),
            ("public/build/SHA256SUMS", Some("text/plain")),
            ("public/build/SHA256SUMS.asc", Some("text/plain")),
            ("public/build.d/KEY", Some("text/plain")),
            ("public/build/.json", Some("text/plain")),
            ("public/build/..json", Some("text/plain")),
            ("public/build/a.", None),
            ("public/build/target.flatpak", None),
        ] {
            assert_eq!(media_type(path), expected, "{path}");
        }
    }

    #[test]
    fn tables_are_sorted() {
        assert!(TYPES.is_sorted());
        assert!(SHORT.is_sorted());
    }
}
