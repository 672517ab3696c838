//! Packages for the store of Windows: ZIP files with a manifest and the hashes of every block.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{Datelike as _, Timelike as _};
use flate2::{Compress, Compression, Crc, FlushCompress};

use super::super::keys::Hash;
use super::bytes::be32;
use super::facts::{Facts, Machine};
use super::tree::tree;
use super::zipped::{How, Writer};

/// How many bytes a hash is for.
const BLOCK: usize = 65_536;

/// A package with the application.
#[must_use]
pub fn package(facts: &Facts<'_>) -> Vec<u8> {
    let title = facts.title();
    let mut writer = Writer::default();
    let mut map = format!(
        "{HEAD}<BlockMap xmlns=\"http://schemas.microsoft.com/appx/2010/blockmap\" \
         HashMethod=\"http://www.w3.org/2001/04/xmlenc#sha256\">"
    );
    let icon = icon();
    let mut files = vec![
        ("AppxManifest.xml".to_owned(), manifest(facts).into_bytes()),
        ("Assets/StoreLogo.png".to_owned(), icon.clone()),
        ("Assets/Square150x150Logo.png".to_owned(), icon.clone()),
        ("Assets/Square44x44Logo.png".to_owned(), icon),
    ];
    for (path, file) in tree(facts).files {
        files.push((
            format!("VFS/ProgramFiles/{title} Package Root/{path}"),
            file.content,
        ));
    }
    for (path, content) in &files {
        let (packed, blocks) = blocks(content);
        let header = writer.add_packed(&path.replace(' ', "%20"), content, &packed);
        let (name, size) = (path.replace('/', "\\"), content.len());
        map +=
            &format!("<File Name=\"{name}\" Size=\"{size}\" LfhSize=\"{header}\">{blocks}</File>");
    }
    map += "</BlockMap>\n";
    writer.add("AppxBlockMap.xml", map.as_bytes(), 0o644, How::Deflated);
    writer.add(
        "[Content_Types].xml",
        types(&files).as_bytes(),
        0o644,
        How::Deflated,
    );
    writer.finish()
}

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n";

/// The content compressed so that each block can be unpacked alone, and the lines of its blocks.
fn blocks(content: &[u8]) -> (Vec<u8>, String) {
    let mut compress = Compress::new(Compression::fast(), false);
    let mut packed = Vec::new();
    let mut lines = String::new();
    let count = content.len().div_ceil(BLOCK);
    for (number, block) in content.chunks(BLOCK).enumerate() {
        let before = packed.len();
        let last = number + 1 == count;
        let flush = if last {
            FlushCompress::Finish
        } else {
            FlushCompress::Full
        };
        packed.reserve(block.len() + block.len() / 8 + 1024);
        // There is room for the result, so one call is enough.
        if compress.compress_vec(block, &mut packed, flush).is_err() {
            return (Vec::new(), String::new());
        }
        let hash = STANDARD.encode(Hash::Sha256.digest(&[block]));
        let size = packed.len() - before;
        lines += &format!("<Block Hash=\"{hash}\" Size=\"{size}\"/>");
    }
    if content.is_empty() {
        packed.extend([3, 0]);
    }
    (packed, lines)
}

/// The version as the store takes it: four numbers, of which the last is 0.
///
/// The third is that of a beta or of a point release. A version whose end is `a1` has the date and the hour of
/// the build instead.
#[must_use]
pub fn version(facts: &Facts<'_>) -> String {
    let numbers = facts.numbers();
    let number = |at: usize| numbers.get(at).copied().unwrap_or_default();
    if facts.version.contains('a') {
        let built = facts.built();
        let first = built.year() % 100 * 100 + i32::try_from(built.month()).unwrap_or_default();
        let second = built.day() * 100 + built.hour();
        return format!("{}.{first}.{second}.0", number(0));
    }
    format!("{}.{}.{}.0", number(0), number(1), number(2))
}

fn manifest(facts: &Facts<'_>) -> String {
    let (title, vendor, product) = (facts.title(), facts.vendor(), facts.product_name());
    let plain = |text: &str| text.replace(|c: char| !c.is_ascii_alphanumeric(), "");
    let name = format!("{}.{}", plain(&vendor), plain(&title));
    let machine = match facts.machine() {
        Machine::X86 => "x86",
        Machine::X86_64 => "x64",
        Machine::Arm => "arm",
        Machine::Aarch64 => "arm64",
    };
    let version = version(facts);
    let locale = facts.locale_name();
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <Package xmlns=\"http://schemas.microsoft.com/appx/manifest/foundation/windows10\" \
         xmlns:uap=\"http://schemas.microsoft.com/appx/manifest/uap/windows10\">\n  \
         <Identity Name=\"{name}\" Publisher=\"CN={vendor}\" Version=\"{version}\" \
         ProcessorArchitecture=\"{machine}\"/>\n  <Properties>\n    <DisplayName>{title}</DisplayName>\n    \
         <PublisherDisplayName>{vendor}</PublisherDisplayName>\n    <Logo>Assets\\StoreLogo.png</Logo>\n  \
         </Properties>\n  <Resources>\n    <Resource Language=\"{locale}\"/>\n  </Resources>\n  \
         <Dependencies>\n    <TargetDeviceFamily Name=\"Windows.Desktop\" MinVersion=\"10.0.17763.0\" \
         MaxVersionTested=\"10.0.19041.0\"/>\n  </Dependencies>\n  <Applications>\n    \
         <Application Id=\"App\" Executable=\"VFS\\ProgramFiles\\{title} Package Root\\{product}.exe\" \
         EntryPoint=\"Windows.FullTrustApplication\">\n      \
         <uap:VisualElements DisplayName=\"{title}\" Description=\"{title}\" BackgroundColor=\"#20123A\" \
         Square150x150Logo=\"Assets\\Square150x150Logo.png\" \
         Square44x44Logo=\"Assets\\Square44x44Logo.png\"/>\n    </Application>\n  </Applications>\n</Package>\n"
    )
}

/// The media type of each extension that occurs; names without one are listed.
fn types(files: &[(String, Vec<u8>)]) -> String {
    let mut entries = std::collections::BTreeSet::new();
    for (path, _) in files {
        let name = path
            .rsplit_once('/')
            .map_or(path.as_str(), |(_, name)| name);
        entries.insert(match name.rsplit_once('.') {
            Some((_, "xml")) => "<Override PartName=\"/AppxManifest.xml\" \
                 ContentType=\"application/vnd.ms-appx.manifest+xml\"/>"
                .to_owned(),
            Some((_, "png")) => "<Default Extension=\"png\" ContentType=\"image/png\"/>".to_owned(),
            Some((_, end)) => {
                format!("<Default Extension=\"{end}\" ContentType=\"application/octet-stream\"/>")
            }
            None => {
                let path = path.replace(' ', "%20");
                format!("<Override PartName=\"/{path}\" ContentType=\"application/octet-stream\"/>")
            }
        });
    }
    // Names of extensions come before single files.
    let entries: String = entries.into_iter().collect();
    format!(
        "{HEAD}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">{entries}\
         <Override PartName=\"/AppxBlockMap.xml\" ContentType=\"application/vnd.ms-appx.blockmap+xml\"/>\
         </Types>\n"
    )
}

/// A PNG file with one grey pixel.
fn icon() -> Vec<u8> {
    let chunk = |kind: &[u8; 4], content: &[u8]| {
        let mut crc = Crc::new();
        crc.update(kind);
        crc.update(content);
        [
            &be32(content.len()),
            &kind[..],
            content,
            &crc.sum().to_be_bytes(),
        ]
        .concat()
    };
    let size = [be32(1), be32(1)].concat();
    let header = [&size[..], &[8, 0, 0, 0, 0]].concat();
    // One stored block of zlib: the filter of the line, and the pixel.
    let pixel = [
        0x78, 0x01, 1, 2, 0, 0xfd, 0xff, 0, 0x80, 0x00, 0x82, 0x00, 0x81,
    ];
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    out.extend(chunk(b"IHDR", &header));
    out.extend(chunk(b"IDAT", &pixel));
    out.extend(chunk(b"IEND", &[]));
    out
}
