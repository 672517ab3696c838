//! Defects of tasks that repack builds for partners, and of those that write codes into installers.

use snowman::base::name::TaskId;
use snowman::base::value::{Value, json};
use snowman::stage::makers::{Facts, make};

use super::world::{Task, World};
use super::{repositories, signing};

const FOLDER: &str = "browser/partners/acme/desktop/acme-1";
const MANIFESTS: &str = "git@git.example.com:partners/manifests.git";

/// A build of an artifact's name.
fn built(name: &str, platform: &str, locale: &str) -> Vec<u8> {
    let facts = Facts {
        platform,
        locale,
        ..repositories::facts("94.0", "20260131120000")
    };
    make(name, &facts).unwrap()
}

/// The files of a partner for two locales on Linux and one on Windows.
fn partner(world: &mut World) {
    for (path, text) in [
        (
            "repack.cfg",
            "linux-x86_64=true\nwin64=false\nlocales=\"en-US de\"\n",
        ),
        (
            "distribution/distribution.ini",
            "[Global]\nid=acme-1\nversion=1.0\nabout=Acme\n",
        ),
        ("distribution/bookmarks.html", "<a>"),
        ("README", "not copied"),
    ] {
        let path = format!("{FOLDER}/{path}");
        world.files.insert(path, text.to_owned());
    }
}

/// The tasks with the builds for Linux.
fn builds(world: &mut World) -> [TaskId; 2] {
    let name = |locale: &str| match locale {
        "en-US" => "public/build/target.tar.xz".to_owned(),
        locale => format!("public/build/{locale}/target.tar.xz"),
    };
    ["en-US", "de"].map(|locale| {
        let content = built("target.tar.xz", "linux64", locale);
        world.build(&[(&name(locale), &content)])
    })
}

fn payload(tasks: &[&TaskId]) -> Value {
    let tasks: Vec<&str> = tasks.iter().map(|id| id.as_str()).collect();
    json!({
        "command": [
            "run-task", "--", "python3", "python/mozrelease/mozrelease/partner_repack.py",
            "--partners-dir", "browser/partners", "--version", "94.0", "--build-number", "1",
            "--platform", "linux64",
        ],
        "env": {"UPSTREAM_TASKIDS": (tasks.join(" "))},
        "artifacts": {
            "releng/partner": {"type": "directory", "path": "/builds/worker/artifacts"},
        },
    })
}

/// A task that repacks for Linux.
pub fn repack(world: &mut World) -> Task {
    partner(world);
    let [english, german] = builds(world);
    world.task("partner-repack", "", payload(&[&english, &german]), &[])
}

/// Why a repack is red after a change of the world and the task.
fn red(change: impl Fn(&mut World, &mut Task)) -> String {
    let mut world = World::default();
    let mut task = repack(&mut world);
    change(&mut world, &mut task);
    world.fail(&task).join("\n")
}

fn write(world: &mut World, path: &str, text: &str) {
    let path = format!("{FOLDER}/{path}");
    world.files.insert(path, text.to_owned());
}

#[test]
fn each_locale_is_repacked_with_the_files_of_the_partner() {
    let mut world = World::default();
    let task = repack(&mut world);
    let done = world.pass(&task);
    for locale in ["en-US", "de"] {
        let name = format!("releng/partner/acme/acme-1/{locale}/target.tar.xz");
        let content = world.get(&done, &name).unwrap();
        let mut archive = tar::Archive::new(snowman::stage::mar::pack::reader(content));
        let paths = archive.entries().unwrap().map(|entry| {
            let entry = entry.unwrap();
            entry.path().unwrap().display().to_string()
        });
        let paths: Vec<String> = paths.collect();
        for path in ["bookmarks.html", "distribution.ini"] {
            let path = format!("hail/distribution/{path}");
            assert!(paths.contains(&path), "{paths:?}");
        }
        assert!(paths.contains(&"hail/application.ini".to_owned()));
        assert!(
            !paths.iter().any(|path| path.contains("README")),
            "{paths:?}"
        );
    }
    let rows = &world.report(&done)["tables"][0]["rows"];
    assert_eq!(rows.as_array().unwrap().len(), 2);
    assert_eq!(world.state(&done).effects.len(), 2);
}

#[test]
fn only_what_is_known_of_the_release_is_checked() {
    for (version, count) in [("94.0", 2), ("", 1)] {
        let mut world = World::default();
        let mut task = repack(&mut world);
        version.clone_into(&mut task.staged.release.version);
        let done = world.pass(&task);
        let report = world.report(&done);
        let mut checks = report["checked"].as_array().unwrap().iter();
        let check = checks
            .find(|check| check["what"] == "version and build number are those of the release");
        assert_eq!(check.unwrap()["count"], count);
    }
}

#[test]
fn each_defect_of_a_partner_is_red() {
    let config = format!("{FOLDER}/repack.cfg");
    for (path, text, expected) in [
        (
            "repack.cfg",
            "linux-x86_64=true\nlocales\n",
            format!("{config}: line 2 is not `key=value`"),
        ),
        (
            "repack.cfg",
            "linux-x86_64=true\nlocales=\"en-US  de\"\n",
            format!("{config}: `locales` has two blanks"),
        ),
        (
            "repack.cfg",
            "linux-x86_64=true\nlocales=\"en-US fr\"\n",
            "none of the tasks with builds has the artifact `public/build/fr/target.tar.xz`"
                .to_owned(),
        ),
        (
            "repack.cfg",
            "linux-x86_64=true\nlocales=\"en-HK\"\nlocale.en-HK=\"en-US\"\n",
            "has the artifact `public/build/en-HK/target.tar.xz`".to_owned(),
        ),
        (
            "repack.cfg",
            "mac=true\nlocales=\"en-US\"\n",
            "no partner gets a build for linux-x86_64".to_owned(),
        ),
        (
            "distribution/distribution.ini",
            "[Global]\nid=acme-1\n",
            format!("{FOLDER}/distribution/distribution.ini has no version, about in [Global]"),
        ),
    ] {
        let red = red(|world, _| write(world, path, text));
        assert!(red.contains(&expected), "{path}: {red}");
    }
    let without = red(|world, _| {
        world
            .files
            .remove(&format!("{FOLDER}/distribution/distribution.ini"));
    });
    assert!(
        without.contains("has no distribution/distribution.ini"),
        "{without}"
    );
    let twice = red(|world, _| {
        let other = "browser/partners/acme/other/acme-1/repack.cfg".to_owned();
        world
            .files
            .insert(other, "mac=true\nlocales=\"de\"\n".to_owned());
    });
    assert!(
        twice.contains("two folders of the partner acme are named acme-1"),
        "{twice}"
    );
    let none = red(|world, _| world.files.retain(|path, _| !path.ends_with("repack.cfg")));
    assert!(
        none.contains("has no repack.cfg of the wanted partners"),
        "{none}"
    );
}

#[test]
fn each_defect_of_a_task_that_repacks_is_red() {
    let replace = |task: &mut Task, from: &str, to: &str| {
        let text = task.staged.payload.to_string();
        assert!(text.contains(from), "{text}");
        let text = text.replace(from, to);
        task.staged.payload = snowman::base::json::read("payload", text.as_bytes()).unwrap();
    };
    for (from, to, expected) in [
        (
            "\"94.0\"",
            "\"95.0\"",
            "the script is told the version 95.0, but the release has 94.0",
        ),
        (
            "\"linux64\"",
            "\"beos\"",
            "does not know the platform `beos`",
        ),
        (
            "\"--partners-dir\",\"browser/partners\",",
            "",
            "the files of partners are neither in the folder",
        ),
        (
            "/builds/worker/artifacts",
            "/builds/worker/other",
            "but `payload.artifacts` does not have it",
        ),
        (
            "UPSTREAM_TASKIDS",
            "OTHER",
            "no tasks with builds are named",
        ),
    ] {
        let red = red(|_, task| replace(task, from, to));
        assert!(red.contains(expected), "{from}: {red}");
    }
    let broken = red(|world, task| {
        let id = task.staged.payload["env"]["UPSTREAM_TASKIDS"]
            .as_str()
            .unwrap();
        let id = TaskId::parse(id.split(' ').next().unwrap()).unwrap();
        let packed = built("target.tar.xz", "linux64", "en-US");
        world.put(
            &id,
            "public/build/target.tar.xz",
            &packed[..packed.len() / 2],
        );
    });
    assert!(
        broken.contains(
            "acme/acme-1/en-US: public/build/target.tar.xz: the archive cannot be unpacked"
        ),
        "{broken}"
    );
}

/// What a decision knows of the partner.
fn known(locales: &[&str]) -> Value {
    let locales: Vec<&str> = locales.to_vec();
    json!({"acme": {"acme-1": {"platforms": ["linux64-shippable"], "locales": locales}}})
}

#[test]
fn the_files_of_partners_are_those_that_the_graph_was_made_for() {
    let mut world = World::default();
    let mut task = repack(&mut world);
    task.staged.partners = Some(known(&["en-US", "de"]));
    world.pass(&task);
    task.staged.partners = Some(known(&["en-US", "fr"]));
    assert_eq!(
        world.fail(&task),
        [
            "the graph has tasks for the repack acme/acme-1/fr, but the files of the partner do not have it",
            "the files of the partner have the repack acme/acme-1/de, but the graph has no tasks for it",
        ]
    );
    // A task for one partner makes nothing of others.
    let mut partners = known(&["en-US", "de"]);
    partners["other"] = json!({"other-1": (partners["acme"]["acme-1"].clone())});
    task.staged.partners = Some(partners);
    world.fail(&task);
    let command = task.staged.payload["command"].clone();
    let words = command.as_array().unwrap().iter().cloned();
    task.staged.payload["command"] = words.chain([json!("--partner"), json!("acme")]).collect();
    world.pass(&task);
}

/// A task as Firefox has it: its partners are in other repositories.
fn elsewhere(world: &mut World, partners: Option<Value>) -> Task {
    let [english, german] = builds(world);
    let mut payload = payload(&[&english, &german]);
    payload["command"] = json!(["run-task", "--", "taskcluster/scripts/builder/repackage.sh"]);
    payload["env"]["MOZHARNESS_SCRIPT"] = json!("mozharness/scripts/desktop_partner_repacks.py");
    payload["env"]["MOZHARNESS_OPTIONS"] = json!("version=94.0 build-number=1 platform=linux64");
    payload["env"]["REPACK_MANIFESTS_URL"] = json!(MANIFESTS);
    let mut task = world.task("partner-repack", "", payload, &[]);
    task.staged.partners = partners;
    task
}

#[test]
fn partners_in_other_repositories_get_settings_that_are_made_up() {
    let mut world = World::default();
    let task = elsewhere(&mut world, Some(known(&["de"])));
    let done = world.pass(&task);
    assert!(
        world
            .get(&done, "releng/partner/acme/acme-1/de/target.tar.xz")
            .is_some()
    );
    let unchecked = world.report(&done)["notChecked"].to_string();
    assert!(unchecked.contains(MANIFESTS), "{unchecked}");
    let mut world = World::default();
    let task = elsewhere(&mut world, None);
    let red = world.fail(&task).join("\n");
    assert!(
        red.contains("the parameter `release_partner_config` has none"),
        "{red}"
    );
    let mut world = World::default();
    let task = elsewhere(&mut world, Some(known(&["fr"])));
    let red = world.fail(&task).join("\n");
    assert!(red.contains("public/build/fr/target.tar.xz"), "{red}");
}

#[test]
fn installers_for_windows_come_with_the_program_that_installs() {
    let mut world = World::default();
    partner(&mut world);
    let stub = "win32=true\nlocales=\"en-US\"\nrepack_stub_installer=true\n";
    write(&mut world, "repack.cfg", stub);
    write(
        &mut world,
        "stub/partner.ini",
        "lang=%LOCALE%\nproduct=%BOUNCER_PRODUCT%\n",
    );
    let archive = built("target.zip", "win32", "en-US");
    let program = built("setup.exe", "win32", "en-US");
    let files: [(&str, &[u8]); 3] = [
        ("public/build/target.zip", &archive),
        ("public/build/setup.exe", &program),
        ("public/build/setup-stub.exe", &program),
    ];
    let build = world.build(&files);
    let payload = payload(&[&build]).to_string();
    let payload = payload.replace("\"linux64\"", "\"win32\"");
    let mut payload = snowman::base::json::read("payload", payload.as_bytes()).unwrap();
    let mut task = world.task("partner-repack", "", payload.clone(), &[]);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("`RELEASE_TYPE` is missing"), "{red}");
    payload["env"]["RELEASE_TYPE"] = json!("release-rc");
    task.staged.payload = payload;
    let done = world.pass(&task);
    for name in [
        "target.zip",
        "setup.exe",
        "setup-stub.exe",
        "target-stub.zip",
    ] {
        let name = format!("releng/partner/acme/acme-1/en-US/{name}");
        assert!(world.get(&done, &name).is_some(), "{name}");
    }
    let name = "releng/partner/acme/acme-1/en-US/target-stub.zip";
    let stub = world.get(&done, name).unwrap();
    let stub = snowman::stage::signing::zip::Zip::read(stub).unwrap();
    let text = stub.member("partner.ini").unwrap().content(1000).unwrap();
    assert_eq!(
        String::from_utf8(text).unwrap(),
        "lang=en-US\nproduct=partner-firefox-release-acme-acme-1-latest\n"
    );
    // Without the program, the script stops.
    let other = world.build(&files[..1]);
    task.staged.payload["env"]["UPSTREAM_TASKIDS"] = json!(other.as_str());
    let red = world.fail(&task).join("\n");
    assert!(
        red.contains("has the artifact `public/build/setup.exe`"),
        "{red}"
    );
}

const CODE: &str = "medium=distribution&source=mozilla&campaign=acme&content=acme-1";
const INSTALLER: &str = "public/build/target.installer.exe";
const STUB_FORMAT: &str = "autograph_authenticode_202412_stub";

/// An installer that signing has attested in a format.
fn signed(world: &mut World, format: &str) -> TaskId {
    let build = world.build(&[(INSTALLER, &built("target.installer.exe", "win64", "en-US"))]);
    let task = signing::sign(world, &build, INSTALLER, &[format]);
    world.pass(&task)
}

/// A task that writes a code into an installer.
fn attribute(world: &mut World, format: &str, code: &str) -> Task {
    let signed = signed(world, format);
    let output =
        "/builds/worker/artifacts/releng/partner/acme/acme-1/win64/en-US/target.installer.exe";
    let list = json!([{
        "input": "/builds/worker/fetches/win64/en-US/target.installer.exe", "output": output, "attribution": code,
    }]);
    let fetches = json!([{"artifact": INSTALLER, "dest": "win64/en-US", "extract": false, "task": (signed.as_str())}]);
    let payload = json!({
        "command": ["run-task", "--", "./mach", "python", "python/mozrelease/mozrelease/attribute_builds.py"],
        "env": {
            "ATTRIBUTION_CONFIG": (list.to_string()), "MOZ_FETCHES": (fetches.to_string()), "MOZ_FETCHES_DIR": "fetches",
        },
        "artifacts": {
            "releng/partner": {"type": "directory", "path": "/builds/worker/artifacts/releng/partner"},
        },
    });
    world.task("attribution", "", payload, &[&signed])
}

/// A task that writes a code, with nothing wrong.
pub fn attribution(world: &mut World) -> Task {
    attribute(world, STUB_FORMAT, CODE)
}

#[test]
fn a_code_is_written_into_an_installer() {
    let mut world = World::default();
    let task = attribution(&mut world);
    let done = world.pass(&task);
    let name = "releng/partner/acme/acme-1/win64/en-US/target.installer.exe";
    let content = world.get(&done, name).unwrap();
    let text = b"__MOZCUSTOM__:medium%3Ddistribution%26source%3Dmozilla%26campaign%3Dacme%26content%3Dacme-1\0";
    assert!(content.windows(text.len()).any(|part| part == text));
    assert_eq!(world.state(&done).effects[0].value["code"], CODE);
}

#[test]
fn each_defect_of_an_attribution_is_red() {
    let red = |format: &str, code: &str, from: &str, to: &str| {
        let mut world = World::default();
        let mut task = attribute(&mut world, format, code);
        let text = task.staged.payload.to_string();
        assert!(text.contains(from), "{text}");
        let text = text.replace(from, to);
        task.staged.payload = snowman::base::json::read("payload", text.as_bytes()).unwrap();
        world.fail(&task).join("\n")
    };
    let long = format!("{CODE}&variation={}", "x".repeat(930));
    for (format, code, from, to, expected) in [
        (
            "autograph_authenticode_202412",
            CODE,
            "",
            "",
            "target.installer.exe: it was signed without a place for a code",
        ),
        (
            STUB_FORMAT,
            "medium=distribution&source=mozilla&campaign=acme",
            "",
            "",
            "without `dlsource`, the code needs content",
        ),
        (
            STUB_FORMAT,
            &long,
            "",
            "",
            "when it is written into an installer, more than 1010",
        ),
        (
            STUB_FORMAT,
            "medium=distribution&source=mozilla&campaign=other&content=acme-1",
            "",
            "",
            "is for acme-1 of acme, but its code is that of acme-1 of other",
        ),
        (
            STUB_FORMAT,
            CODE,
            "win64/en-US/target.installer.exe\\\",\\\"output",
            "win64/de/target.installer.exe\\\",\\\"output",
            "the task does not fetch /builds/worker/fetches/win64/de/target.installer.exe",
        ),
        (
            STUB_FORMAT,
            CODE,
            "/builds/worker/artifacts/releng/partner\"",
            "/builds/worker/other\"",
            "but `payload.artifacts` does not have it",
        ),
        (
            STUB_FORMAT,
            CODE,
            "\\\"attribution\\\"",
            "\\\"other\\\"",
            "has no `attribution`",
        ),
        (
            STUB_FORMAT,
            CODE,
            "ATTRIBUTION_CONFIG",
            "OTHER",
            "the script gets no list",
        ),
    ] {
        let red = red(format, code, from, to);
        assert!(red.contains(expected), "{expected}: {red}");
    }
    let mut world = World::default();
    let mut task = attribution(&mut world);
    task.staged.payload["env"]["ATTRIBUTION_CONFIG"] = json!("[]");
    let red = world.fail(&task).join("\n");
    assert!(red.contains("writes no code into any installer"), "{red}");
    // What is missing is told of all entries.
    let list = json!([{"input": "a", "output": 1}, 2]).to_string();
    task.staged.payload["env"]["ATTRIBUTION_CONFIG"] = json!(list);
    let missing = [
        (0, "output"),
        (0, "attribution"),
        (1, "input"),
        (1, "output"),
        (1, "attribution"),
    ];
    let missing =
        missing.map(|(number, key)| format!("`ATTRIBUTION_CONFIG[{number}]` has no `{key}`"));
    assert_eq!(world.fail(&task), missing);
}

/// A task for an image: the code is an argument, filled up with tabs.
fn image(world: &mut World, text: &str) -> Task {
    let build = world.build(&[(
        "public/build/target.dmg",
        &built("target.dmg", "macosx64", "en-US"),
    )]);
    let line = format!(
        "mkdir -p /builds/worker/artifacts && /builds/worker/fetches/dmg/dmg attribute \
         /builds/worker/fetches/target.dmg /builds/worker/artifacts/target.dmg __MOZCUSTOM__ '{text}'"
    );
    let fetches = json!([{"artifact": "public/build/target.dmg", "extract": false, "task": (build.as_str())}]);
    let payload = json!({
        "command": ["run-task", "--", "bash", "-cx", line],
        "env": {"MOZ_FETCHES": (fetches.to_string()), "MOZ_FETCHES_DIR": "fetches"},
        "artifacts": {"public/build": {"type": "directory", "path": "/builds/worker/artifacts"}},
    });
    world.task("attribution", "", payload, &[])
}

#[test]
fn codes_of_images_are_checked() {
    let padded = |text: &str| format!("{text:\t<1010}");
    let mut world = World::default();
    let task = image(&mut world, &padded("__MOZCUSTOM__dlsource%3Dmozillaci"));
    let done = world.pass(&task);
    let report = world.report(&done);
    assert_eq!(report["tables"][0]["rows"][0][1], "dlsource=mozillaci");
    let unchecked = report["notChecked"].to_string();
    assert!(
        unchecked.contains("the place for the code in images"),
        "{unchecked}"
    );
    for (text, expected) in [
        (
            "__MOZCUSTOM__dlsource%3Da".to_owned(),
            "the text has 25 characters",
        ),
        (
            padded("dlsource%3Da"),
            "the text does not begin with __MOZCUSTOM__",
        ),
        (padded("__MOZCUSTOM__source%3Da"), "the code needs medium"),
    ] {
        let mut world = World::default();
        let task = image(&mut world, &text);
        let red = world.fail(&task).join("\n");
        assert!(red.contains(expected), "{red}");
    }
}

#[test]
fn installers_of_the_same_name_are_of_several_tasks() {
    let mut world = World::default();
    let padded = |text: &str| format!("{text:\t<1010}");
    let one = image(&mut world, &padded("__MOZCUSTOM__dlsource%3Dmozillaci"));
    let one = world.pass(&one);
    let other = image(&mut world, &padded("__MOZCUSTOM__dlsource%3Dother"));
    let other = world.pass(&other);
    let mut after = image(&mut world, &padded("__MOZCUSTOM__dlsource%3Dthird"));
    after.staged.from = vec![one, other];
    world.pass(&after);
}
