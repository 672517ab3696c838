//! The files of a small application like a browser, as it is installed.
//!
//! Paths are those below the folder of the installation, as in updates: on macOS they begin with
//! `Contents/`. Two trees differ in known ways:
//!
//! - **build**: the large library (text in its middle), `application.ini`, `platform.ini`, `omni.ja`;
//! - **version**, also: the folder `chrome/icons-VERSION` has another name with the same files,
//!   `features/notes-VERSION.txt` is added and the other one removed, `run-helper.sh` is executable only if
//!   the sum of the version's numbers is even, and `updater` changes with the first number;
//! - **locale**: `locale.ini`, `updater.ini`, the files of the locale in `localization` and `dictionaries`;
//! - **platform**: layout, names and formats of programs, `dependentlibs.list`, files of macOS;
//! - **product**: names of programs, `application.ini`, `features/about-PRODUCT.txt`.
//!
//! Programs other than the large library and the updater stay the same between versions.

use std::collections::{BTreeMap, BTreeSet};

use super::super::mar::extract::File;
use super::bytes::noise;
use super::facts::{Facts, System};
use super::program::{of_system, program};
use super::zipped::zip;

/// An installed application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// The folder in archives.
    pub root: String,
    /// The files by path.
    pub files: BTreeMap<String, File>,
    /// The paths of resources begin with this: empty, or ends in a slash.
    pub resources: &'static str,
    /// The paths of programs begin with this: empty, or ends in a slash.
    pub programs: &'static str,
}

impl Tree {
    /// Adds a file.
    fn add(&mut self, path: String, mode: u32, content: impl Into<Vec<u8>>) {
        let content = content.into();
        self.files.insert(path, File { mode, content });
    }

    /// Adds a resource that is a file of the usual mode.
    fn resource(&mut self, path: &str, content: impl Into<Vec<u8>>) {
        self.add(format!("{}{path}", self.resources), 0o644, content);
    }

    /// Adds a program.
    fn program(&mut self, name: &str, content: Vec<u8>) {
        self.add(format!("{}{name}", self.programs), 0o755, content);
    }

    /// Every folder, without a slash at its end.
    #[must_use]
    pub fn folders(&self) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        for path in self.files.keys() {
            let slashes = path.match_indices('/');
            found.extend(slashes.filter_map(|(at, _)| path.get(..at)));
        }
        found
    }
}

/// The application that a build with these facts makes.
#[must_use]
pub fn tree(facts: &Facts<'_>) -> Tree {
    let system = facts.system();
    let product = facts.product_name();
    let mac = system == System::Mac;
    let mut tree = Tree {
        root: match mac {
            true => format!("{}.app", facts.title()),
            false => product.clone(),
        },
        files: BTreeMap::new(),
        resources: if mac { "Contents/Resources/" } else { "" },
        programs: if mac { "Contents/MacOS/" } else { "" },
    };
    programs(&mut tree, facts);
    settings(&mut tree, facts);
    resources(&mut tree, facts);
    locale(&mut tree, facts);
    if mac {
        let info = information(facts);
        tree.add("Contents/Info.plist".to_owned(), 0o644, info);
        tree.add("Contents/PkgInfo".to_owned(), 0o644, "APPLMOZB");
    }
    tree.resource("removed-files", removed(&tree));
    let list = precomplete(&tree);
    tree.resource("precomplete", list);
    tree
}

fn programs(tree: &mut Tree, facts: &Facts<'_>) {
    let system = facts.system();
    let (end, library_name) = match system {
        System::Windows => (".exe", "xul.dll"),
        System::Mac => ("", "XUL"),
        System::Linux | System::Android => ("", "libxul.so"),
    };
    let product = facts.product_name();
    let names = [product.as_str(), "plugin-container"];
    for name in names {
        tree.program(&format!("{name}{end}"), program(facts, name));
    }
    let updater = format!("updater of version {}", facts.major());
    tree.program(&format!("updater{end}"), program(facts, &updater));
    let mode = if system == System::Linux {
        0o644
    } else {
        0o755
    };
    let library = of_system(facts, &library(facts), true);
    tree.add(format!("{}{library_name}", tree.programs), mode, library);
    let sum: u64 = facts.numbers().into_iter().map(u64::from).sum();
    let helper = if sum.is_multiple_of(2) { 0o755 } else { 0o644 };
    let text = "#!/bin/sh\n# Runs the program that it is given.\nexec \"$@\"\n";
    tree.add(format!("{}run-helper.sh", tree.resources), helper, text);
    tree.resource("dependentlibs.list", format!("{library_name}\n"));
}

/// Code of more than a megabyte, much of which is alike. Builds differ in the middle, where they also have
/// different lengths.
fn library(facts: &Facts<'_>) -> Vec<u8> {
    const BLOCKS: u16 = 272;
    let kind = format!(
        "library {} {}",
        facts.product_name(),
        facts.machine().name()
    );
    let block = noise(&kind, 4088);
    let mut out = Vec::with_capacity(1_200_000);
    for number in 0..BLOCKS {
        if number == BLOCKS / 2 {
            let middle = format!("{} {} {}", facts.version, facts.build_id, facts.branch);
            out.extend(format!("\0\0\0\0version, build id and branch: {middle}\0").bytes());
            out.extend(noise(&middle, 600));
        }
        out.extend(format!("{number:08}").bytes());
        out.extend_from_slice(&block);
    }
    out
}

fn settings(tree: &mut Tree, facts: &Facts<'_>) {
    let (version, build) = (facts.application_version(), facts.build());
    let (title, vendor) = (facts.title(), facts.vendor());
    let product = facts.product_name();
    let branch = facts.update_channel();
    tree.resource(
        "application.ini",
        format!(
            "[App]\nVendor={vendor}\nName={title}\nRemotingName={product}\nVersion={version}\n\
             BuildID={build}\nSourceRepository=https://{vendor}.example/{branch}\n\
             ID={product}@{vendor}.example\n\n[Gecko]\nMinVersion={version}\nMaxVersion={version}\n\n\
             [XRE]\nEnableProfileMigrator=1\n"
        ),
    );
    tree.resource(
        "platform.ini",
        format!(
            "[Build]\nBuildID={build}\nMilestone={version}\n\
             SourceRepository=https://{vendor}.example/{branch}\nSourceStamp={}\n",
            facts.revision()
        ),
    );
    let channel = facts.channel_id();
    tree.resource(
        "update-settings.ini",
        format!("[Settings]\nACCEPTED_MAR_CHANNEL_IDS={channel}\n"),
    );
    tree.resource(
        "defaults/pref/channel-prefs.js",
        format!("pref(\"app.update.channel\", \"{branch}\");\n"),
    );
}

fn resources(tree: &mut Tree, facts: &Facts<'_>) {
    let (version, build) = (facts.version_name(), facts.build());
    let about =
        format!("pref(\"app.version\", \"{version}\");\npref(\"app.build\", \"{build}\");\n");
    let manifest = b"manifest components/components.manifest\n".as_slice();
    let module = b"export const answer = () => 42;\n".as_slice();
    let core = [
        ("chrome.manifest", manifest),
        (
            "components/components.manifest",
            b"category app-startup service\n".as_slice(),
        ),
        ("greprefs.js", about.as_bytes()),
        ("modules/Answer.mjs", module),
    ];
    tree.resource("omni.ja", zip(core));
    let look = b":root { color-scheme: light dark; }\n".as_slice();
    let front = [
        ("chrome.manifest", b"content browser content/\n".as_slice()),
        ("content/browser.css", look),
        ("defaults/preferences/browser.js", about.as_bytes()),
    ];
    tree.resource("browser/omni.ja", zip(front));
    for size in [16, 128] {
        let icon = noise(&format!("{} {size}", facts.product_name()), size * 8);
        tree.resource(&format!("chrome/icons-{version}/default{size}.ico"), icon);
    }
    let title = facts.title();
    let notes = format!("{title} {version} is a small application for tests.\n");
    tree.resource(&format!("features/notes-{version}.txt"), notes);
    let product = facts.product_name();
    let about = format!("{title} for {}\n", facts.system().name());
    tree.resource(&format!("features/about-{product}.txt"), about);
}

fn locale(tree: &mut Tree, facts: &Facts<'_>) {
    let (locale, title) = (facts.locale_name(), facts.title());
    tree.resource("locale.ini", format!("[locale]\nLocale={locale}\n"));
    let text =
        format!("[Strings]\nTitleText={title} ({locale})\nInfoText={title} is being updated.\n");
    tree.resource("updater.ini", text);
    let branding = format!("-brand-short-name = {title}\n-locale = {locale}\n");
    tree.resource(&format!("localization/{locale}/branding.ftl"), branding);
    tree.resource(&format!("localization/{locale}/menu.ftl"), "quit = Quit\n");
    tree.resource(&format!("dictionaries/{locale}.aff"), "SET UTF-8\n");
    tree.resource(&format!("dictionaries/{locale}.dic"), "2\nhat\nsnow\n");
}

/// The property list of an application for macOS.
fn information(facts: &Facts<'_>) -> String {
    let values = [
        ("CFBundleExecutable", facts.product_name()),
        ("CFBundleIdentifier", facts.package().replace('_', "-")),
        ("CFBundleName", facts.title()),
        ("CFBundlePackageType", "APPL".to_owned()),
        ("CFBundleShortVersionString", facts.application_version()),
        ("CFBundleVersion", facts.build()),
    ];
    let values =
        values.map(|(key, value)| format!("\t<key>{key}</key>\n\t<string>{value}</string>\n"));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
         \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\">\n<dict>\n{}</dict>\n</plist>\n",
        values.concat()
    )
}

/// What earlier versions had: a file, a folder, and a folder with everything in it.
fn removed(tree: &Tree) -> String {
    let at = tree.resources;
    format!("{at}components/old-module.js\n{at}components/\n{at}old-extensions/*\n")
}

/// What a complete update removes first: everything but what belongs to the user.
fn precomplete(tree: &Tree) -> String {
    let kept =
        |path: &&str| !path.ends_with("channel-prefs.js") && !path.ends_with("update-settings.ini");
    let own = format!("{}precomplete", tree.resources);
    let files = tree.files.keys().map(String::as_str);
    let files: BTreeSet<&str> = files.chain([own.as_str()]).filter(kept).collect();
    let files = files
        .iter()
        .rev()
        .map(|path| format!("remove \"{path}\"\n"));
    let folders = tree.folders();
    let folders = folders
        .iter()
        .rev()
        .map(|path| format!("rmdir \"{path}/\"\n"));
    files.chain(folders).collect()
}
