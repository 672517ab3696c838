//! What follows from the facts of a build.

use snowman::stage::makers::Facts;
use snowman::stage::makers::facts::{Machine, System};

use super::build;

#[test]
fn platforms_name_systems_and_machines() {
    for (platform, system, machine) in [
        ("linux64", System::Linux, Machine::X86_64),
        (
            "linux64-aarch64-shippable/opt",
            System::Linux,
            Machine::Aarch64,
        ),
        ("linux32", System::Linux, Machine::X86),
        ("linux", System::Linux, Machine::X86),
        ("linux-x86_64", System::Linux, Machine::X86_64),
        ("win32-shippable", System::Windows, Machine::X86),
        ("win64", System::Windows, Machine::X86_64),
        ("win64-aarch64", System::Windows, Machine::Aarch64),
        ("macosx64-shippable/opt", System::Mac, Machine::X86_64),
        ("osx-cross-aarch64", System::Mac, Machine::Aarch64),
        ("darwin", System::Mac, Machine::X86_64),
        ("android-arm-shippable", System::Android, Machine::Arm),
        ("android-aarch64", System::Android, Machine::Aarch64),
        ("android-x86_64", System::Android, Machine::X86_64),
        ("android-x86", System::Android, Machine::X86),
        ("", System::Linux, Machine::X86_64),
    ] {
        let facts = build(platform);
        assert_eq!(
            (facts.system(), facts.machine()),
            (system, machine),
            "{platform}"
        );
    }
}

#[test]
fn applications_have_versions_without_the_number_of_a_beta() {
    for (version, expected) in [
        ("142.0b3", "142.0"),
        ("140.2.0esr", "140.2.0"),
        ("143.0a1", "143.0a1"),
        ("3.1", "3.1"),
        ("", "0"),
    ] {
        let facts = Facts {
            version,
            ..build("linux64")
        };
        assert_eq!(facts.application_version(), expected, "{version}");
    }
}

#[test]
fn times_of_builds_are_those_of_their_ids() {
    // Seconds as `date -u +%s` gives them.
    for (build_id, seconds) in [
        ("20261128010203", 1_795_827_723),
        ("20240229235959", 1_709_251_199),
        ("20240301000000", 1_709_251_200),
        ("20010101000000", 978_307_200),
        ("20991228235959", 4_102_185_599_u32),
    ] {
        let facts = Facts {
            build_id,
            ..build("linux64")
        };
        assert_eq!(facts.seconds(), seconds, "{build_id}");
    }
}

#[test]
fn channels_are_those_of_the_branch() {
    for (product, branch, channel, package) in [
        (
            "firefox",
            "mozilla-beta",
            "firefox-mozilla-beta",
            "org.mozilla.firefox",
        ),
        (
            "snowfox",
            "releases/hail-release",
            "snowfox-hail-release",
            "org.hail.snowfox",
        ),
        ("snow-fox", "try", "snow-fox-try", "org.example.snow_fox"),
        ("", "", "application-default", "org.example.application"),
    ] {
        let facts = Facts {
            product,
            branch,
            ..build("linux64")
        };
        assert_eq!(facts.channel_id(), channel);
        assert_eq!(facts.package(), package);
    }
}
