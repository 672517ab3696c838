//! How fast update requests are answered and updates applied, beside Balrog and `xz`.
//!
//! `cargo bench --bench updates -- [--balrog FOLDER --python PYTHON] [--worlds FILE] [--tree FOLDER]`.
//!
//! 1. Requests are answered from the same rules and releases, by this process and by Balrog's own code in the folder
//!    `src` of a clone. The worlds are a made-up one of the size of Firefox's, and those of a file
//!    (`{"worlds": […]}`). Both answer in turn, five times; the medians count, and the answers have to be the same.
//! 2. A complete update of the files of a folder (by default, this repository's sources and this program) is applied,
//!    and `xz -d` unpacks its entries, in turn, five times. CPU time counts.

#![expect(
    clippy::unwrap_used,
    reason = "a measurement may end where it finds something wrong"
)]
#![expect(clippy::print_stdout, reason = "the result is a table")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use snowman::base::json;
use snowman::base::value::{Object, Value, json as tree};
use snowman::stage::balrog::answer::serve_update;
use snowman::stage::balrog::world::World;
use snowman::stage::mar::extract::extract;
use snowman::stage::mar::install::{Tree, install};
use snowman::stage::mar::pack::xz;
use snowman::stage::mar::write::{NewEntry, write};
use snowman::stage::mar::{Mar, ProductInfo};

/// How often both sides are measured.
const PAIRS: usize = 5;

/// How often the peer answers all requests in one measurement; this side takes more rounds, as it is faster.
const ROUNDS: u32 = 3;

/// The rounds of this side.
const OWN_ROUNDS: u32 = 100;

/// The level of compression of updates.
const LEVEL: u32 = 6;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        let at = arguments.iter().position(|one| one == name)?;
        arguments.get(at + 1).map(PathBuf::from)
    };
    let scratch = tempfile::tempdir().unwrap();
    println!("| Worlds | Requests | Answer | Balrog | Ratio | Balrog's core | Ratio |");
    println!("| :-- | --: | --: | --: | --: | --: | --: |");
    let peer = option("--balrog").map(|source| {
        let python = option("--python").unwrap_or_else(|| PathBuf::from("python3"));
        Peer { python, source }
    });
    let made_up = scratch.path().join("worlds.json");
    fs::write(&made_up, json::compact(&tree!({"worlds": [firefox()]}))).unwrap();
    answers("made up", &made_up, peer.as_ref());
    if let Some(file) = option("--worlds") {
        answers(&file.display().to_string(), &file, peer.as_ref());
    }
    println!();
    let update = complete_update(option("--tree").as_deref());
    apply(&update, scratch.path());
}

/// Balrog.
struct Peer {
    python: PathBuf,
    source: PathBuf,
}

/// A world with its requests.
struct Asked {
    world: World,
    requests: Vec<Request>,
}

struct Request {
    path: String,
    agent: Option<String>,
    die: u8,
}

/// What Balrog needed and answered.
struct PeerResult {
    whole: f64,
    core: f64,
    answers: Vec<Value>,
}

/// Measures the answers in the worlds of a file, and prints a row.
fn answers(name: &str, file: &Path, peer: Option<&Peer>) {
    let content = json::read("worlds", &fs::read(file).unwrap()).unwrap();
    let worlds = content["worlds"].as_array().unwrap().iter().map(asked);
    let worlds: Vec<Asked> = worlds.collect();
    let count: usize = worlds.iter().map(|world| world.requests.len()).sum();
    let count = f64::from(u32::try_from(count).unwrap());
    let (mut own, mut whole, mut core) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        let begun = Instant::now();
        for _ in 0..OWN_ROUNDS {
            for asked in &worlds {
                for request in &asked.requests {
                    std::hint::black_box(request.answer(&asked.world));
                }
            }
        }
        own.push(begun.elapsed().as_secs_f64() / f64::from(OWN_ROUNDS) / count);
        if let Some(peer) = peer {
            let result = peer.run(file, count);
            compare(&worlds, &result.answers);
            whole.push(result.whole);
            core.push(result.core);
        }
    }
    let own = median(own);
    let beside = |peer: Vec<f64>| match peer.is_empty() {
        true => "— | —".to_owned(),
        false => {
            let peer = median(peer);
            format!("{:.1} µs | {:.0}", peer * 1e6, peer / own)
        }
    };
    println!(
        "| {name} | {count} | {:.1} µs | {} | {} |",
        own * 1e6,
        beside(whole),
        beside(core)
    );
}

fn asked(world: &Value) -> Asked {
    let requests = world["requests"].as_array().unwrap().iter();
    let requests = requests.map(|request| Request {
        path: request["request"].as_str().unwrap().to_owned(),
        agent: request["headers"]["User-Agent"].as_str().map(str::to_owned),
        die: u8::try_from(request["die"].as_u64().unwrap_or_default()).unwrap(),
    });
    Asked {
        world: World::read(world).unwrap(),
        requests: requests.collect(),
    }
}

impl Request {
    fn answer(&self, world: &World) -> (u16, String) {
        let agent = self
            .agent
            .iter()
            .map(|agent| ("User-Agent", agent.as_str()));
        let headers: Vec<(&str, &str)> = agent.collect();
        let (status, _, body) = serve_update(world, &self.path, &headers, self.die);
        (status, body)
    }
}

impl Peer {
    fn run(&self, worlds: &Path, count: f64) -> PeerResult {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/updates_peer.py");
        let output = Command::new(&self.python)
            .arg(script)
            .arg(&self.source)
            .arg(worlds)
            .arg(ROUNDS.to_string())
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert!(output.status.success());
        let result = json::read("answers", &output.stdout).unwrap();
        let rounds = f64::from(ROUNDS);
        let of_core = result["count"].as_f64().unwrap();
        PeerResult {
            whole: result["whole"].as_f64().unwrap() / rounds / count,
            core: result["core"].as_f64().unwrap() / rounds / of_core,
            answers: result["answers"]
                .as_array()
                .unwrap()
                .iter()
                .cloned()
                .collect(),
        }
    }
}

/// Asserts that both sides answer the same. Where Balrog fails, there is nothing to compare with.
fn compare(worlds: &[Asked], theirs: &[Value]) {
    assert_eq!(worlds.len(), theirs.len());
    for (asked, theirs) in worlds.iter().zip(theirs) {
        let theirs = theirs.as_array().unwrap().iter();
        for (request, theirs) in asked.requests.iter().zip(theirs) {
            if theirs.get("exception").is_none() {
                let (status, body) = request.answer(&asked.world);
                let theirs = (theirs["status"].as_u64(), theirs["body"].as_str());
                let own = (Some(u64::from(status)), Some(body.as_str()));
                assert_eq!(own, theirs, "{}", request.path);
            }
        }
    }
}

/// A world with as many rules, platforms and locales as Firefox has.
fn firefox() -> Value {
    let platforms = [
        "Linux_x86_64-gcc3",
        "Linux_aarch64-gcc3",
        "Darwin_x86_64-gcc3-u-i386-x86_64",
        "WINNT_x86-msvc",
        "WINNT_x86_64-msvc",
        "WINNT_aarch64-msvc-aarch64",
    ];
    let locales: Vec<String> = (0..100).map(|number| format!("l{number}")).collect();
    let versions = ["139.0", "140.0", "141.0", "142.0"];
    let name = |version: &str| format!("Firefox-{version}-build1");
    let hash = |text: &str| format!("{text:x<128}");
    let build_id = |version: &str| format!("20260{}01120000", &version[1..3]);
    let releases = versions.iter().map(|version| {
        let before = versions.iter().take_while(|other| *other != version);
        let before: Vec<String> = before.map(|version| name(version)).collect();
        let update = |from: &str, locale: &str| tree!({"from": from, "filesize": 70_000_000, "hashValue": hash(locale)});
        let of_locale = |locale: &String| {
            let partials = before.iter().map(|from| update(from, locale));
            let data = tree!({
                "appVersion": version, "displayVersion": version, "buildID": build_id(version),
                "completes": [update("*", locale)], "partials": partials.collect::<Value>(),
            });
            (locale.clone(), data)
        };
        let of_platform = |platform: &&str| {
            let locales: Object = locales.iter().map(of_locale).collect();
            let data = tree!({"OS_BOUNCER": "os", "OS_FTP": "folder", "locales": Value::Object(locales)});
            ((*platform).to_owned(), data)
        };
        let bouncer = |kind: &str| {
            format!("https://download.mozilla.org/?product=firefox-{version}-{kind}&os=%OS_BOUNCER%&lang=%LOCALE%")
        };
        let partials: Object = before.iter().map(|from| (from.clone(), Value::from(bouncer(from)))).collect();
        let blob = tree!({
            "name": name(version), "schema_version": 9, "hashFunction": "sha512",
            "appVersion": version, "displayVersion": version,
            "fileUrls": {"*": {"completes": {"*": bouncer("complete")}, "partials": Value::Object(partials)}},
            "updateLine": [
                {"for": {}, "fields": {"type": "minor", "detailsURL": "https://www.mozilla.org/%LOCALE%/notes/"}},
                {"for": {"locales": ["l1", "l2"]}, "fields": {"actions": "showURL", "openURL": "https://www.mozilla.org/%LOCALE%/new/"}},
            ],
            "platforms": Value::Object(platforms.iter().map(of_platform).collect()),
        });
        (name(version), tree!({"product": "Firefox", "blob": blob}))
    });
    // For each channel: watersheds for old systems, and a rule for everybody.
    let channels = [
        "release",
        "release-localtest",
        "release-cdntest",
        "beta",
        "esr",
        "aurora",
        "nightly*",
    ];
    let rule = |id: usize, channel: &str, mapping: &str, priority: usize| {
        tree!({
            "rule_id": id, "priority": priority, "backgroundRate": 100, "update_type": "minor", "product": "Firefox",
            "channel": channel, "mapping": name(mapping),
        })
    };
    let mut rules = Vec::new();
    for channel in channels {
        for number in 0..20 {
            let mut old = rule(rules.len() + 1, channel, "139.0", 200 + number);
            old["version"] = format!("<{}.0", 60 + number).into();
            old["osVersion"] = "Windows_NT 6.1,Windows_NT 6.2".into();
            rules.push(old);
        }
        let mapping = if channel == "release" {
            "142.0"
        } else {
            "141.0"
        };
        rules.push(rule(rules.len() + 1, channel, mapping, 90));
    }
    let requests = (0..300).map(|number: usize| {
        let version = versions[number % 3];
        let (platform, channel) = (platforms[number % 6], channels[number % 2]);
        let locale = &locales[number % 100];
        let build_id = build_id(version);
        let path = format!(
            "/update/6/Firefox/{version}/{build_id}/{platform}/{locale}/{channel}/Windows_NT%2010.0.0.0/ISET:SSE4_2,MEM:8192/default/default/update.xml"
        );
        tree!({"request": path, "die": 0})
    });
    tree!({
        "rules": rules, "releases": Value::Object(releases.collect()), "requests": requests.collect::<Value>(),
        "allowlist": {"download.mozilla.org": ["Firefox"]},
    })
}

/// A complete update with all files of a folder.
fn complete_update(folder: Option<&Path>) -> Vec<u8> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    match folder {
        Some(folder) => collect(folder, folder, &mut files),
        None => {
            for part in ["src", "tests", "docs"] {
                collect(own, &own.join(part), &mut files);
            }
            files.push(("program".to_owned(), std::env::current_exe().unwrap()));
        }
    }
    files.sort();
    let mut manifest = "type \"complete\"\n".to_owned();
    let mut entries = Vec::new();
    for (name, path) in files {
        manifest += &format!("add \"{name}\"\n");
        entries.push(entry(&name, &fs::read(path).unwrap()));
    }
    entries.insert(0, entry("updatev3.manifest", manifest.as_bytes()));
    let product = ProductInfo {
        channel: "bench".to_owned(),
        version: "1.0".to_owned(),
    };
    write(&product, &entries, &[]).unwrap()
}

fn entry(name: &str, content: &[u8]) -> NewEntry {
    NewEntry {
        name: name.to_owned(),
        mode: 0o644,
        content: xz(content, LEVEL, true).unwrap(),
    }
}

/// The files below a folder whose names an update may have.
fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, PathBuf)>) {
    for found in fs::read_dir(folder).unwrap() {
        let path = found.unwrap().path();
        let kind = fs::symlink_metadata(&path).unwrap();
        if kind.is_dir() {
            collect(root, &path, files);
        } else if kind.is_file() {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap();
            if name
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'"')
            {
                files.push((name.to_owned(), path.clone()));
            }
        }
    }
}

/// Measures the application of an update, and prints a row.
fn apply(update: &[u8], scratch: &Path) {
    let mar = Mar::read(update).unwrap();
    let mut unpacked = 0;
    let mut packed = Vec::new();
    for (number, entry) in mar.entries.iter().enumerate() {
        let path = scratch.join(format!("{number}.xz"));
        fs::write(&path, mar.content(entry).unwrap()).unwrap();
        packed.push(path);
    }
    let (mut own, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        let before = seconds().0;
        let mar = Mar::read(update).unwrap();
        let files = extract(&mar, u64::MAX).unwrap();
        let tree = install(&files, &Tree::new()).unwrap();
        own.push(seconds().0 - before);
        unpacked = tree.values().map(|file| file.content.len()).sum();
        let before = seconds().1;
        let status = Command::new("xz")
            .args(["--decompress", "--stdout", "--threads=1"])
            .args(&packed)
            .stdout(Stdio::null())
            .status();
        assert!(status.unwrap().success());
        theirs.push(seconds().1 - before);
    }
    let (own, theirs) = (median(own), median(theirs));
    println!("| Entries | Update | Files | Applied | `xz -d` | Ratio |");
    println!("| --: | --: | --: | --: | --: | --: |");
    println!(
        "| {} | {} MiB | {} MiB | {own:.2} s | {theirs:.2} s | {:.2} |",
        packed.len(),
        update.len() >> 20,
        unpacked >> 20,
        own / theirs
    );
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The CPU time of this process and of those that it has waited for, in seconds.
fn seconds() -> (f64, f64) {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let fields: Vec<&str> = fields.split_whitespace().collect();
    // Linux counts a hundred ticks a second.
    let ticks = |at: usize| fields[at].parse::<f64>().unwrap() / 100.0;
    (ticks(11) + ticks(12), ticks(13) + ticks(14))
}
