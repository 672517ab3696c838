//! What Windows installs: setup programs, installers that unpack themselves, and installer packages with their tables.

use super::archive::Member;
use super::bytes::{hash, le16, le32, noise, pad};
use super::compound::{Stream, compound};
use super::facts::{Facts, Machine};
use super::program::pe;
use super::sevenzip;
use super::tree::tree;

/// A setup program, or any other program or library.
#[must_use]
pub fn program(facts: &Facts<'_>, file: &str, library: bool) -> Vec<u8> {
    let about = format!(
        "{file}: {} {} ({}), build {}\0",
        facts.title(),
        facts.version_name(),
        facts.locale_name(),
        facts.build(),
    );
    let code = [about.as_bytes(), &noise(&about, 4096)].concat();
    pe(facts.machine(), &code, library, facts.seconds())
}

/// A program that unpacks itself: the archive behind it has the application in the folder `core`, and the program
/// that installs it.
#[must_use]
pub fn installer(facts: &Facts<'_>, file: &str) -> Vec<u8> {
    let setup = program(facts, "setup.exe", false);
    let files = tree(facts).files.into_iter();
    let files = files.map(|(path, file)| (format!("core/{path}"), file.mode, file.content));
    let members: Vec<Member> = files
        .chain([("setup.exe".to_owned(), 0o755, setup)])
        .collect();
    let settings = format!(
        "\u{feff};!@Install@!UTF-8!\nTitle=\"{} Setup\"\nRunProgram=\"setup.exe\"\n;!@InstallEnd@!",
        facts.title()
    );
    let archive = sevenzip::archive(&members);
    [program(facts, file, false), settings.into_bytes(), archive].concat()
}

/// An installer package with the table of properties and the summary.
#[must_use]
pub fn package(facts: &Facts<'_>) -> Vec<u8> {
    let (title, product) = (facts.title(), facts.product_name());
    let version = facts.application_version();
    let numbers = facts.numbers();
    let number = |at: usize| numbers.get(at).copied().unwrap_or_default().min(65535);
    let series = format!("{product} {}", facts.machine().name());
    let each = format!("{series} {} {}", facts.version, facts.build());
    let properties = [
        ("Manufacturer", facts.vendor()),
        ("ProductCode", guid(&format!("product {each}"))),
        ("ProductLanguage", "1033".to_owned()),
        (
            "ProductName",
            format!("{title} {version} {}", facts.locale_name()),
        ),
        (
            "ProductVersion",
            format!(
                "{}.{}.{}",
                number(0).min(255),
                number(1).min(255),
                number(2)
            ),
        ),
        ("UpgradeCode", guid(&series)),
    ];
    let mut strings: Vec<&str> = vec!["Property", "Value"];
    let mut rows = Vec::new();
    for (name, value) in &properties {
        rows.push([strings.len() + 1, strings.len() + 2]);
        strings.extend([*name, value.as_str()]);
    }
    // A table is kept by column. Numbers have their highest bit turned.
    let column = |at: usize| rows.iter().flat_map(move |row| le16(row[at]));
    let property: Vec<u8> = column(0).chain(column(1)).collect();
    let columns = [
        [1, 1],
        [0x8001, 0x8002],
        [1, 2],
        [0x8000 | 0x2d48, 0x8000 | 0x0f00],
    ];
    let columns: Vec<u8> = columns.iter().flatten().flat_map(|n| le16(*n)).collect();
    let mut pool = le32(1252).to_vec();
    for (at, string) in strings.iter().enumerate() {
        pool.extend(le16(string.len()));
        // How often the tables use it.
        pool.extend(le16(match at {
            0 => 4,
            _ => 1,
        }));
    }
    let tables = [
        ("_Columns", columns),
        ("_StringData", strings.concat().into_bytes()),
        ("_StringPool", pool),
        ("_Tables", le16(1).to_vec()),
        ("Property", property),
    ];
    let mut streams: Vec<Stream> = tables
        .into_iter()
        .map(|(name, content)| Stream {
            name: encoded(name),
            content,
        })
        .collect();
    streams.push(Stream {
        name: "\u{5}SummaryInformation".encode_utf16().collect(),
        content: summary(facts, &guid(&format!("package {each}"))),
    });
    let class = 0x000c_1084_u32.to_le_bytes();
    let rest = [0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46];
    let mut whole = [0; 16];
    for (place, byte) in whole.iter_mut().zip(class.into_iter().chain(rest)) {
        *place = byte;
    }
    compound(whole, streams)
}

/// The name of a table as the name of a stream: two characters in each unit.
fn encoded(name: &str) -> Vec<u16> {
    let digit = |c: u8| match c {
        b'0'..=b'9' => u16::from(c - b'0'),
        b'A'..=b'Z' => u16::from(c - b'A') + 10,
        b'a'..=b'z' => u16::from(c - b'a') + 36,
        b'.' => 62,
        _ => 63,
    };
    let units = name.as_bytes().chunks(2).map(|pair| match pair {
        [one, other] => 0x3800 + digit(*one) + (digit(*other) << 6),
        [one] => 0x4800 + digit(*one),
        _ => 0x4840,
    });
    std::iter::once(0x4840).chain(units).collect()
}

/// A GUID that a text stands for.
fn guid(text: &str) -> String {
    let high = hash(text);
    let low = hash(&format!("{text} again"));
    let (one, two, three) = (high >> 32, (high >> 16) & 0xffff, high & 0x0fff | 0x4000);
    let (four, five) = ((low >> 48) & 0x3fff | 0x8000, low & 0xffff_ffff_ffff);
    format!("{{{one:08X}-{two:04X}-{three:04X}-{four:04X}-{five:012X}}}")
}

/// The summary: a set of properties, each a type and a value.
fn summary(facts: &Facts<'_>, code: &str) -> Vec<u8> {
    let text = |text: &str| {
        let mut out = le32(30).to_vec();
        out.extend(le32(text.len() + 1));
        out.extend(text.bytes());
        out.push(0);
        pad(&mut out, 4);
        out
    };
    let number = |value: usize| [le32(3), le32(value)].concat();
    let machine = match facts.machine() {
        Machine::X86 => "Intel",
        Machine::X86_64 => "x64",
        Machine::Aarch64 => "Arm64",
        Machine::Arm => "Arm",
    };
    let title = facts.title();
    let values = [
        (1, [le32(2), le32(1252)].concat()),
        (2, text("Installation Database")),
        (3, text(&format!("{title} {}", facts.version_name()))),
        (4, text(&facts.vendor())),
        (7, text(&format!("{machine};1033"))),
        (9, text(code)),
        (14, number(200)),
        (15, number(2)),
        (18, text(&title)),
    ];
    let mut index = Vec::new();
    let mut content = Vec::new();
    for (id, value) in &values {
        index.extend(le32(*id));
        index.extend(le32(8 + values.len() * 8 + content.len()));
        content.extend_from_slice(value);
    }
    let mut out = vec![0xfe, 0xff, 0, 0, 6, 1, 2, 0];
    out.extend([0; 16]);
    out.extend(le32(1));
    out.extend(b"\xe0\x85\x9f\xf2\xf9\x4f\x68\x10\xab\x91\x08\0\x2b\x27\xb3\xd9");
    out.extend(le32(48));
    out.extend(le32(8 + index.len() + content.len()));
    out.extend(le32(values.len()));
    out.extend(index);
    out.extend(content);
    out
}
