//! Defects that update verification finds, in a world of one earlier build.

use std::collections::BTreeMap;

use snowman::stage::keys::Hash;
use snowman::stage::mar::ProductInfo;
use snowman::stage::partials::make::{self, make};
use snowman::stage::update_verify::address::Address;
use snowman::stage::update_verify::config::{Config, Release};
use snowman::stage::update_verify::finally;
use snowman::stage::update_verify::verify::{self, Outcome};
use snowman::stage::update_verify::world::{Answer, ArchiveFile, Stored, Unreadable, World};

use super::builds::{Build, CHANNEL, build, noise, sha512, signed};

const COMPLETE: &str =
    "pub/hail/candidates/94.0-candidates/build1/update/linux-x86_64/de/hail-94.0.complete.mar";
const PARTIAL: &str =
    "pub/hail/candidates/94.0-candidates/build1/update/linux-x86_64/de/hail-93.0-94.0.partial.mar";
const OLD: &str = "pub/hail/releases/93.0/linux-x86_64/de/hail-93.0.tar.xz";
const OLD_UPDATE: &str = "pub/hail/releases/93.0/update/linux-x86_64/de/hail-93.0.complete.mar";
const NEW: &str = "pub/hail/candidates/94.0-candidates/build1/linux-x86_64/de/hail-94.0.tar.xz";

/// A world in which every update is right.
struct Fake {
    files: BTreeMap<String, Vec<u8>>,
    answer: String,
    status: u16,
    asked: Vec<String>,
    read: Vec<String>,
    /// Files of which the archive has only size and hashes.
    unreadable: Vec<&'static str>,
}

fn patch(kind: &str, path: &str, content: &[u8]) -> String {
    format!(
        "        <patch type=\"{kind}\" URL=\"https://archive.mozilla.org/{path}?a&amp;b\" hashFunction=\"sha512\" hashValue=\"{}\" size=\"{}\"/>\n",
        sha512(content),
        content.len()
    )
}

impl Fake {
    fn of(old: &Build, new: &Build) -> Self {
        let unpack = |build: &Build| make::Build::unpack(&build.unsigned()).unwrap();
        let product = ProductInfo {
            channel: new.channel.clone(),
            version: new.version.clone(),
        };
        let partial = make(&unpack(old), &unpack(new), &product, true).unwrap();
        let partial = signed(&partial.mar, new.certificate);
        let files = [
            (COMPLETE, new.complete()),
            (PARTIAL, partial),
            (OLD, old.package()),
            (OLD_UPDATE, old.complete()),
            (NEW, new.package()),
        ];
        let mut fake = Self {
            files: files
                .map(|(path, content)| (path.to_owned(), content))
                .into(),
            answer: String::new(),
            status: 200,
            asked: Vec::new(),
            read: Vec::new(),
            unreadable: Vec::new(),
        };
        fake.offer("94.0", "20260201000000");
        fake
    }

    fn right() -> Self {
        Self::of(
            &build("93.0", "20260101000000", "de"),
            &build("94.0", "20260201000000", "de"),
        )
    }

    /// Offers the files as they are.
    fn offer(&mut self, version: &str, build_id: &str) {
        let patches = [("complete", COMPLETE), ("partial", PARTIAL)];
        let patches = patches.map(|(kind, path)| patch(kind, path, &self.files[path]));
        self.answer = format!(
            "<?xml version=\"1.0\"?>\n<updates>\n    <update appVersion=\"{version}\" buildID=\"{build_id}\" displayVersion=\"{version}\" type=\"minor\">\n{}    </update>\n</updates>",
            patches.concat()
        );
    }

    fn run(&mut self, config: &Config) -> Outcome {
        verify::run(config, self)
    }

    /// Why the check fails.
    fn red(&mut self) -> String {
        let outcome = self.run(&config());
        assert!(!outcome.problems.is_empty());
        outcome.problems.join("\n")
    }
}

impl World for Fake {
    fn ask(&mut self, address: &str) -> Answer {
        self.asked.push(address.to_owned());
        Answer {
            status: self.status,
            body: self.answer.clone(),
        }
    }

    fn locate(&mut self, address: &str) -> Result<String, String> {
        match Address::read(address) {
            Ok(Address::Archive(path)) => Ok(path),
            other => Err(format!("{other:?}")),
        }
    }

    fn stat(&mut self, path: &str) -> Option<Stored> {
        self.files.get(path).map(|content| Stored::of(content))
    }

    fn file(&mut self, path: &str) -> Option<ArchiveFile> {
        self.read.push(path.to_owned());
        let content = self.files.get(path)?;
        let is_known = !self.unreadable.contains(&path);
        Some(ArchiveFile {
            stored: Stored::of(content),
            content: match is_known {
                true => Ok(content.as_slice().into()),
                false => Err(Unreadable::HashesOnly),
            },
        })
    }
}

fn config() -> Config {
    let text = |text: &str| Some(text.to_owned());
    Config {
        product: text("Hail"),
        channel: text("release-localtest"),
        aus_server: text("https://aus"),
        to: text("/hail/candidates/94.0-candidates/build1/linux-x86_64/%locale%/hail-94.0.tar.xz"),
        to_build_id: text("20260201000000"),
        to_display_version: text("94.0"),
        to_app_version: text("94.0"),
        override_certs: text("dep"),
        releases: vec![
            Release {
                release: text("93.0"),
                platform: text("Linux_x86_64-gcc3"),
                build_id: text("20260101000000"),
                locales: vec!["de".to_owned()],
                patch_types: vec!["complete".to_owned(), "partial".to_owned()],
                from: text("/hail/releases/93.0/linux-x86_64/%locale%/hail-93.0.tar.xz"),
                ..Release::default()
            },
            Release {
                release: text("92.0"),
                platform: text("Linux_x86_64-gcc3"),
                build_id: text("20251201000000"),
                locales: vec!["de".to_owned()],
                patch_types: Release::complete(),
                ..Release::default()
            },
        ],
    }
}

#[test]
fn right_updates_pass() {
    let mut world = Fake::right();
    let outcome = world.run(&config());
    assert_eq!(outcome.problems, [""; 0]);
    assert_eq!(outcome.unchecked, [""; 0]);
    assert_eq!((outcome.asked, outcome.compared), (2, 3));
    assert_eq!((outcome.promised, outcome.applied), (1, 2));
    assert_eq!(
        world.asked[0],
        "https://aus/update/3/Hail/93.0/20260101000000/Linux_x86_64-gcc3/de/release-localtest/default/default/default/update.xml?force=1"
    );
    // The complete update was offered twice, and read once.
    let reads = world.read.iter().filter(|path| *path == COMPLETE).count();
    assert_eq!(reads, 1);
    assert_eq!(outcome.rows.len(), 2);
    assert_eq!(outcome.rows[0][5], "right");
}

#[test]
fn builds_may_be_known_by_their_updates_alone() {
    let mut world = Fake::right();
    world.files.remove(OLD);
    world.files.remove(NEW);
    let outcome = world.run(&config());
    assert_eq!(outcome.problems, [""; 0]);
    assert_eq!(outcome.applied, 2);
    assert_eq!(outcome.remarks.len(), 1, "{:?}", outcome.remarks);
}

#[test]
fn an_offer_of_another_build_is_red() {
    let mut world = Fake::right();
    world.offer("94.0", "20260202000000");
    let red = world.red();
    assert!(
        red.starts_with("Hail 93.0 (20260101000000) for Linux_x86_64-gcc3 in de on release-localtest: the update that is offered has buildID \"20260202000000\", not \"20260201000000\""),
        "{red}"
    );
    world.offer("93.0.1", "20260201000000");
    let red = world.red();
    assert!(red.contains("displayVersion \"93.0.1\""), "{red}");
    assert!(red.contains("appVersion \"93.0.1\""), "{red}");
}

#[test]
fn no_offer_is_red() {
    let mut world = Fake::right();
    world.answer = "<?xml version=\"1.0\"?>\n<updates>\n</updates>".to_owned();
    assert!(world.red().contains("no update is offered at"));
    world.status = 400;
    assert!(world.red().contains("the update server answers 400"));
    let mut world = Fake::right();
    let partial = patch("partial", PARTIAL, &world.files[PARTIAL]);
    world.answer = world.answer.replace(&partial, "");
    assert!(world.red().contains("no partial update is offered"));
    // An element without any file.
    let complete = patch("complete", COMPLETE, &world.files[COMPLETE]);
    world.answer = world.answer.replace(&complete, "");
    assert!(world.red().contains("no complete update is offered"));
}

#[test]
fn another_hash_or_size_is_red() {
    let mut world = Fake::right();
    world.answer = world
        .answer
        .replace(&sha512(&world.files[COMPLETE]), "00ff");
    let red = world.red();
    assert!(
        red.contains("but the complete update is offered with 00ff"),
        "{red}"
    );
    let mut world = Fake::right();
    let size = format!("size=\"{}\"", world.files[PARTIAL].len());
    world.answer = world.answer.replace(&size, "size=\"17\"");
    let red = world.red();
    assert!(
        red.contains("but the partial update is offered with 17"),
        "{red}"
    );
}

#[test]
fn a_missing_file_is_red() {
    let mut world = Fake::right();
    world.files.remove(PARTIAL);
    assert!(world.red().contains("which the archive does not have"));
    let mut world = Fake::right();
    world.answer = world.answer.replace(
        "https://archive.mozilla.org/pub",
        "https://archive.mozilla.org/pup",
    );
    assert!(world.red().contains("the complete update: "));
}

#[test]
fn a_signature_that_the_build_does_not_accept_is_red() {
    let old = build("93.0", "20260101000000", "de");
    let mut new = build("94.0", "20260201000000", "de");
    new.certificate = "release";
    let red = Fake::of(&old, &new).red();
    assert!(
        red.contains("is signed by the certificate release, but the build accepts dep"),
        "{red}"
    );
    // Also in a quick check.
    assert!(red.contains("Hail 92.0"), "{red}");
    // Without certificates in place of its own, the build accepts what it was signed with itself.
    let mut config = config();
    config.override_certs = None;
    let outcome = Fake::of(&old, &new).run(&config);
    assert!(
        outcome.problems[0].contains("the build accepts dep"),
        "{:?}",
        outcome.problems
    );
    let mut old = old;
    old.certificate = "release";
    let outcome = Fake::of(&old, &new).run(&config);
    assert_eq!(outcome.problems, [""; 0]);
    assert_eq!(outcome.applied, 2);
    assert!(
        outcome.unchecked[0].contains("it is unknown which certificate"),
        "{:?}",
        outcome.unchecked
    );
}

#[test]
fn certificates_that_nobody_knows_are_red() {
    let mut config = config();
    config.override_certs = Some("deb".to_owned());
    let outcome = Fake::right().run(&config);
    // Once, not for each build.
    assert_eq!(outcome.problems.len(), 1, "{:?}", outcome.problems);
    assert!(
        outcome.problems[0]
            .starts_with("`override_certs` of the configuration: no staging certificate"),
        "{:?}",
        outcome.problems
    );
}

#[test]
fn a_file_that_was_changed_is_red() {
    let mut world = Fake::right();
    let mar = world.files.get_mut(COMPLETE).unwrap();
    mar[5000] ^= 1;
    world.offer("94.0", "20260201000000");
    assert!(world.red().contains("it was changed after it was signed"));
    let mut world = Fake::right();
    let unsigned = build("94.0", "20260201000000", "de").unsigned();
    world.files.insert(COMPLETE.to_owned(), unsigned);
    world.offer("94.0", "20260201000000");
    assert!(world.red().contains("it is not signed"));
}

#[test]
fn an_update_of_another_channel_is_accepted_only_where_the_configuration_says_so() {
    let old = build("93.0", "20260101000000", "de");
    let mut new = build("94.0", "20260201000000", "de");
    new.channel = "hail-mozilla-beta".to_owned();
    let mut world = Fake::of(&old, &new);
    let red = world.red();
    assert!(red.contains("status 22"), "{red}");
    let mut config = config();
    config.releases[0].mar_channel_ids = Some(format!("{CHANNEL},hail-mozilla-beta"));
    let outcome = world.run(&config);
    // The settings then differ from those of the new build, since only the earlier one has the other ids.
    assert_eq!(outcome.problems.len(), 2, "{:?}", outcome.problems);
    assert!(outcome.problems[0].contains("update-settings.ini differs"));
    assert!(!outcome.differences.is_empty());
}

#[test]
fn an_older_version_is_red() {
    let old = build("95.0", "20260101000000", "de");
    let new = build("94.0", "20260201000000", "de");
    let mut config = config();
    config.releases[0].release = Some("95.0".to_owned());
    let outcome = Fake::of(&old, &new).run(&config);
    assert!(
        outcome.problems[0].contains("status 23"),
        "{:?}",
        outcome.problems
    );
}

#[test]
fn an_update_that_does_not_make_the_new_build_is_red() {
    let mut world = Fake::right();
    let mut other = build("94.0", "20260201000000", "de");
    other.files.insert("more".to_owned(), b"x".to_vec());
    other
        .files
        .insert("browser/locale.txt".to_owned(), b"fr".to_vec());
    world.files.insert(NEW.to_owned(), other.package());
    let red = world.red();
    assert!(red.contains("browser/locale.txt differs"), "{red}");
    assert!(
        red.contains("more is missing in the updated build"),
        "{red}"
    );
    // A partial update from another build than the one that users have.
    let mut world = Fake::right();
    let mut other = build("93.0", "20260101000000", "de");
    other
        .files
        .insert("libhail.so".to_owned(), noise(5, 30_000));
    world.files.insert(OLD.to_owned(), other.package());
    let red = world.red();
    assert!(
        red.contains("does not apply: \"libhail.so\": the patch is for"),
        "{red}"
    );
}

#[test]
fn a_large_partial_update_is_red() {
    let mut world = Fake::right();
    let complete = world.files[COMPLETE].clone();
    let mut new = build("94.0", "20260201000000", "de");
    new.files.insert("more".to_owned(), noise(9, 5000));
    world.files.insert(PARTIAL.to_owned(), new.complete());
    world.offer("94.0", "20260201000000");
    let red = world.red();
    assert!(red.contains("more than the complete one"), "{red}");
    world.files.insert(PARTIAL.to_owned(), complete);
    world.offer("94.0", "20260201000000");
    let outcome = world.run(&config());
    assert_eq!(outcome.problems, [""; 0]);
    assert_eq!(outcome.remarks.len(), 1);
}

#[test]
fn an_unknown_earlier_build_is_not_checked() {
    let mut world = Fake::right();
    world.files.remove(OLD);
    world.files.remove(OLD_UPDATE);
    let outcome = world.run(&config());
    assert_eq!(outcome.problems, [""; 0]);
    assert_eq!((outcome.promised, outcome.applied), (1, 0));
    assert_eq!(outcome.unchecked.len(), 2);
    assert!(outcome.unchecked[0].contains("there is no earlier build"));
    // A damaged one is not the same as none.
    world.files.insert(OLD.to_owned(), b"damaged".to_vec());
    assert!(world.red().contains("the earlier build cannot be opened"));
}

#[test]
fn a_file_that_cannot_be_read_is_red() {
    let mut world = Fake::right();
    world.unreadable.push(COMPLETE);
    let outcome = world.run(&config());
    // One for each build that is offered it, full and quick; nothing is said about its signature.
    let why = format!(
        "{COMPLETE}: the content of the file cannot be read: only its size and hashes are known"
    );
    assert_eq!(outcome.problems.len(), 2, "{:?}", outcome.problems);
    for problem in &outcome.problems {
        assert!(problem.ends_with(&why), "{problem}");
    }
    // The other file was read and applied.
    assert_eq!((outcome.files, outcome.applied), (1, 1));
    let mut world = Fake::right();
    world.unreadable.extend([NEW, COMPLETE]);
    let red = world.red();
    assert!(
        red.contains(&format!(
            "there is no new build to compare with: {NEW}: the content of the file cannot be read"
        )),
        "{red}"
    );
}

#[test]
fn an_earlier_build_that_cannot_be_read_is_not_checked() {
    let mut world = Fake::right();
    world.unreadable.extend([OLD, OLD_UPDATE]);
    let outcome = world.run(&config());
    assert_eq!(outcome.problems, [""; 0]);
    assert_eq!(outcome.applied, 0);
    let why = format!("there is no earlier build: {OLD}: the content of the file cannot be read");
    assert!(
        outcome.unchecked[0].contains(&why),
        "{:?}",
        outcome.unchecked
    );
    // Its update is enough.
    let mut world = Fake::right();
    world.unreadable.push(OLD);
    assert_eq!(world.run(&config()).applied, 2);
}

#[test]
fn a_hash_of_an_unknown_function_is_red() {
    let mut world = Fake::right();
    let right = world.answer.clone();
    world.answer = right.replace("\"sha512\"", "\"md5\"");
    let red = world.red();
    assert!(
        red.contains("one of the function \"md5\", which is none of sha512, sha384, sha256, sha1"),
        "{red}"
    );
    // Others than the one that the archive has are made of the content.
    let sha256 = |path: &str| Hash::Sha256.hex(&world.files[path]);
    let mut answer = right.replace("\"sha512\"", "\"SHA256\"");
    for path in [COMPLETE, PARTIAL] {
        answer = answer.replace(&sha512(&world.files[path]), &sha256(path));
    }
    world.answer = answer;
    assert_eq!(world.run(&config()).problems, [""; 0]);
}

#[test]
fn values_that_the_shell_expands_are_red() {
    let mut world = Fake::right();
    world.answer = world.answer.replace(
        "type=\"minor\"",
        "type=\"minor\" detailsURL=\"https://a/$(b)\"",
    );
    let red = world.red();
    assert!(
        red.contains("detailsURL of the update is \"https://a/$(b)\""),
        "{red}"
    );
}

#[test]
fn every_file_is_followed_when_the_release_is_out() {
    let mut world = Fake::right();
    let outcome = finally::run(&[config(), config()], &mut world);
    assert_eq!(outcome.problems, [""; 0]);
    assert_eq!((outcome.asked, outcome.files), (2, 2));
    assert!(
        world.asked[0].contains("/release-cdntest/"),
        "{}",
        world.asked[0]
    );
    // What is wrong has the word of the release's own script.
    let problems = |change: &dyn Fn(&mut Fake)| {
        let mut world = Fake::right();
        change(&mut world);
        finally::run(&[config()], &mut world).problems.join("\n")
    };
    let red = problems(&|world| {
        world.files.remove(COMPLETE);
    });
    assert!(
        red.contains("NO_MAR_FILE: https://archive.mozilla.org/pub"),
        "{red}"
    );
    let red = problems(&|world| {
        world.files.insert(COMPLETE.to_owned(), b"short".to_vec());
    });
    assert!(red.contains("MAR_FILE_WRONG_SIZE"), "{red}");
    let red = problems(&|world| world.status = 500);
    assert!(red.contains("UPDATE_XML_UNAVAILABLE"), "{red}");
    let red = problems(&|world| world.answer = world.answer.replace("\"partial\"", "\"other\""));
    assert!(
        red.contains("PATCH_TYPE_MISSING: no partial update"),
        "{red}"
    );
    let red = problems(&|world| world.answer = world.answer.replace("/pub/", "/?product=a&amp;x="));
    assert!(red.contains("NO_MAR_FILE"), "{red}");
}
