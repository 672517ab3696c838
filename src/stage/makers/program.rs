//! Small programs and libraries with headers that tools accept: ELF, PE and Mach-O.
//!
//! Each is one section of code and nothing to import; none of them is meant to run.

use super::bytes::{le16, le32, le64, noise, pad};
use super::facts::{Facts, Machine, System};

/// A program for the system of a build. `name` is only mixed into its bytes.
#[must_use]
pub fn program(facts: &Facts<'_>, name: &str) -> Vec<u8> {
    let text = format!("{name} {} {}", facts.product_name(), facts.machine().name());
    of_system(facts, &noise(&text, 2048), false)
}

/// A program or library with this code.
#[must_use]
pub fn of_system(facts: &Facts<'_>, code: &[u8], library: bool) -> Vec<u8> {
    let machine = facts.machine();
    match facts.system() {
        System::Windows => pe(machine, code, library, 0),
        System::Mac => mach_o(machine, code, library),
        System::Linux | System::Android => elf(machine, code, library),
    }
}

/// A program for Linux.
#[must_use]
pub fn elf(machine: Machine, code: &[u8], library: bool) -> Vec<u8> {
    let wide = matches!(machine, Machine::Aarch64 | Machine::X86_64);
    let number = match machine {
        Machine::X86 => 3,
        Machine::Arm => 40,
        Machine::X86_64 => 62,
        Machine::Aarch64 => 183,
    };
    let word = |value: usize| match wide {
        true => le64(value).to_vec(),
        false => le32(value).to_vec(),
    };
    let (header, program) = if wide { (64, 56) } else { (52, 32) };
    let start = header + program;
    let base = if library { 0 } else { 0x0040_0000 };
    let size = start + code.len();
    let mut out = b"\x7fELF".to_vec();
    out.extend([if wide { 2 } else { 1 }, 1, 1, 0]);
    out.extend([0; 8]);
    out.extend(le16(if library { 3 } else { 2 }));
    out.extend(le16(number));
    out.extend(le32(1));
    for value in [base + start, header, 0] {
        out.extend(word(value));
    }
    out.extend(le32(if machine == Machine::Arm {
        0x0500_0200
    } else {
        0
    }));
    for value in [header, program, 1, 0, 0, 0] {
        out.extend(le16(value));
    }
    // One segment, which is the whole file: readable and executable.
    out.extend(le32(1));
    if wide {
        out.extend(le32(5));
    }
    for value in [0, base, base, size, size] {
        out.extend(word(value));
    }
    if !wide {
        out.extend(le32(5));
    }
    out.extend(word(0x1000));
    out.extend_from_slice(code);
    out
}

/// A program for Windows, with the time of its build.
#[must_use]
pub fn pe(machine: Machine, code: &[u8], library: bool, time: u32) -> Vec<u8> {
    let wide = matches!(machine, Machine::Aarch64 | Machine::X86_64);
    let number: u16 = match machine {
        Machine::X86 => 0x014c,
        Machine::Arm => 0x01c4,
        Machine::X86_64 => 0x8664,
        Machine::Aarch64 => 0xaa64,
    };
    let optional = if wide { 240 } else { 224 };
    let raw = code.len().next_multiple_of(512);
    let image = (0x1000 + raw).next_multiple_of(0x1000);
    let mut out = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0\xb8\0\0\0\0\0\0\0\x40".to_vec();
    out.resize(0x3c, 0);
    out.extend(le32(0x80));
    // The program of the old system: it prints that it cannot run.
    out.extend(b"\x0e\x1f\xba\x0e\0\xb4\x09\xcd\x21\xb8\x01\x4c\xcd\x21");
    out.extend(b"This program cannot be run in DOS mode.\r\r\n$");
    out.resize(0x80, 0);
    out.extend(b"PE\0\0");
    out.extend(number.to_le_bytes());
    out.extend(le16(1));
    out.extend(time.to_le_bytes());
    out.extend([0; 8]);
    out.extend(le16(optional));
    let kind: u16 = if library { 0x2000 } else { 0 };
    let size: u16 = if wide { 0x0020 } else { 0x0100 };
    out.extend((0x0002 | kind | size).to_le_bytes());
    out.extend(le16(if wide { 0x020b } else { 0x010b }));
    out.extend([14, 0]);
    for value in [raw, 0, 0, 0x1000, 0x1000] {
        out.extend(le32(value));
    }
    let word = |value: usize| match wide {
        true => le64(value).to_vec(),
        false => le32(value).to_vec(),
    };
    if wide {
        out.extend(le64(0x1_4000_0000));
    } else {
        out.extend(le32(0x2000));
        out.extend(le32(0x0040_0000));
    }
    out.extend(le32(0x1000));
    out.extend(le32(512));
    for value in [6, 1, 0, 0, 6, 1] {
        out.extend(le16(value));
    }
    for value in [0, image, 512, 0] {
        out.extend(le32(value));
    }
    // A window, and memory that is not executable or at a known place.
    out.extend(le16(2));
    out.extend(le16(0x8140));
    for value in [0x10_0000, 0x1000, 0x10_0000, 0x1000] {
        out.extend(word(value));
    }
    out.extend(le32(0));
    out.extend(le32(16));
    out.extend([0; 16 * 8]);
    out.extend(b".text\0\0\0");
    for value in [code.len(), 0x1000, raw, 512, 0, 0, 0, 0x6000_0020] {
        out.extend(le32(value));
    }
    pad(&mut out, 512);
    out.extend_from_slice(code);
    pad(&mut out, 512);
    out
}

/// A program for macOS.
#[must_use]
pub fn mach_o(machine: Machine, code: &[u8], library: bool) -> Vec<u8> {
    let (kind, variant): (usize, usize) = match machine {
        Machine::Aarch64 | Machine::Arm => (0x0100_000c, 0),
        Machine::X86_64 | Machine::X86 => (0x0100_0007, 3),
    };
    // A segment with one section, and the version of the system that is needed.
    let (segment, version) = (72 + 80, 24);
    let start = 32 + segment + version;
    let size = start + code.len();
    let base: usize = if library { 0 } else { 0x1_0000_0000 };
    let name = |text: &[u8]| {
        let mut name = text.to_vec();
        name.resize(16, 0);
        name
    };
    let mut out = vec![0xcf, 0xfa, 0xed, 0xfe];
    let file_type = if library { 6 } else { 2 };
    for value in [
        kind,
        variant,
        file_type,
        2,
        segment + version,
        0x0020_0085,
        0,
    ] {
        out.extend(le32(value));
    }
    out.extend(le32(0x19));
    out.extend(le32(segment));
    out.extend(name(b"__TEXT"));
    for value in [base, size.next_multiple_of(0x4000), 0, size] {
        out.extend(le64(value));
    }
    for value in [5, 5, 1, 0] {
        out.extend(le32(value));
    }
    out.extend(name(b"__text"));
    out.extend(name(b"__TEXT"));
    out.extend(le64(base + start));
    out.extend(le64(code.len()));
    for value in [start, 4, 0, 0, 0x8000_0400, 0, 0, 0] {
        out.extend(le32(value));
    }
    // macOS 11.0 and its kit.
    for value in [0x32, version, 1, 0x000b_0000, 0x000b_0000, 0] {
        out.extend(le32(value));
    }
    out.extend_from_slice(code);
    out
}
