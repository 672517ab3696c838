//! Disk images for macOS: a volume, compressed in pieces, and at the end what they are.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::archive::application;
use super::bytes::{be32, be64, crc32, noise};
use super::facts::Facts;
use super::hfs::volume;

const SECTOR: usize = 512;
/// How many bytes are compressed together.
const PIECE: usize = 512 * SECTOR;

/// A disk image with the application.
#[must_use]
pub fn image(facts: &Facts<'_>) -> Option<Vec<u8>> {
    let volume = volume(&facts.title(), &application(facts), facts.seconds());
    let sectors = volume.len() / SECTOR;
    let sum = crc32(&volume);
    let mut out = Vec::new();
    let mut pieces = Vec::new();
    for (number, piece) in volume.chunks(PIECE).enumerate() {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(piece).ok()?;
        let packed = encoder.finish().ok()?;
        // Compressed by zlib.
        pieces.extend(0x8000_0005_u32.to_be_bytes());
        pieces.extend(be32(0));
        for value in [
            number * PIECE / SECTOR,
            piece.len() / SECTOR,
            out.len(),
            packed.len(),
        ] {
            pieces.extend(be64(value));
        }
        out.extend(packed);
    }
    // The end of the pieces.
    pieces.extend(u32::MAX.to_be_bytes());
    pieces.extend(be32(0));
    for value in [sectors, 0, out.len(), 0] {
        pieces.extend(be64(value));
    }
    let mut table = b"mish".to_vec();
    table.extend(be32(1));
    for value in [0, sectors, 0] {
        table.extend(be64(value));
    }
    table.extend(be32(PIECE / SECTOR + 8));
    table.extend(be32(0));
    table.extend([0; 24]);
    table.extend(checksum(sum));
    table.extend(be32(pieces.len() / 40));
    table.extend(pieces);
    let list = list(&STANDARD.encode(table));
    let at = out.len();
    out.extend(list.bytes());

    let mut end = b"koly".to_vec();
    for value in [4, SECTOR, 1] {
        end.extend(be32(value));
    }
    for value in [0, 0, at, 0, 0] {
        end.extend(be64(value));
    }
    end.extend(be32(1));
    end.extend(be32(1));
    end.extend(noise(
        &format!("image {} {}", facts.build(), facts.product_name()),
        16,
    ));
    end.extend(checksum(crc32(out.get(..at)?)));
    end.extend(be64(at));
    end.extend(be64(list.len()));
    end.extend([0; 120]);
    // The checksum of the checksums of all tables, of which there is one.
    end.extend(checksum(crc32(&sum.to_be_bytes())));
    end.extend(be32(1));
    end.extend(be64(sectors));
    end.resize(SECTOR, 0);
    out.extend(end);
    Some(out)
}

/// A CRC-32 in the place for all kinds of checksums.
fn checksum(sum: u32) -> Vec<u8> {
    let mut out = [be32(2), be32(32)].concat();
    out.extend(sum.to_be_bytes());
    out.resize(8 + 128, 0);
    out
}

/// The property list with the table.
fn list(table: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
         \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\">\n<dict>\n\t<key>resource-fork</key>\n\t<dict>\n\t\t<key>blkx</key>\n\
         \t\t<array>\n\t\t\t<dict>\n\t\t\t\t<key>Attributes</key>\n\t\t\t\t<string>0x0050</string>\n\
         \t\t\t\t<key>CFName</key>\n\t\t\t\t<string>whole disk (Apple_HFS : 0)</string>\n\
         \t\t\t\t<key>Data</key>\n\t\t\t\t<data>\n{table}\n\t\t\t\t</data>\n\
         \t\t\t\t<key>ID</key>\n\t\t\t\t<string>0</string>\n\
         \t\t\t\t<key>Name</key>\n\t\t\t\t<string>whole disk (Apple_HFS : 0)</string>\n\
         \t\t\t</dict>\n\t\t</array>\n\t</dict>\n</dict>\n</plist>\n"
    )
}
