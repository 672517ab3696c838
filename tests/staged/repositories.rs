//! Defects of tasks that publish elsewhere than in candidates: partners, libraries, packages and data.

use snowman::base::name::TaskId;
use snowman::base::value::{Object, Value, json};
use snowman::stage::makers::{Facts, make};

use super::world::{Task, World};

const CANDIDATES: &str = "pub/firefox/candidates/94.0-candidates/build1";

/// Scopes of a task with this resource and action.
pub fn scopes(resource: &str, action: &str) -> Vec<String> {
    [resource.to_owned(), format!("action:{action}")]
        .map(|end| format!("project:hail:releng:beetmover:{end}"))
        .to_vec()
}

pub fn set(task: &mut Task, key: &str, value: Value) {
    if let Value::Object(payload) = &mut task.staged.payload {
        payload.insert(key, value);
    }
}

/// A task with a map of artifacts of one build: name, and destination.
pub fn mapped(world: &mut World, action: &str, build: &TaskId, files: &[(&str, &str)]) -> Task {
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    let paths = files.iter().map(|(name, to)| {
        let place = json!({"destinations": [*to], "checksums_path": *to});
        ((*name).to_owned(), place)
    });
    let paths: Object = paths.collect();
    let payload = json!({
        "releaseProperties": {"appName": "geckoview"},
        "version": "94.0.20260131120000",
        "upstreamArtifacts": [
            {"taskId": build.as_str(), "taskType": "build", "paths": names, "locale": "en-US"},
        ],
        "artifactMap": [
            {"taskId": build.as_str(), "locale": "en-US", "paths": Value::Object(paths)},
        ],
    });
    let mut task = world.task("beetmover", action, payload, &[]);
    task.staged.scopes = scopes("bucket:dep", action);
    task
}

/// What changes a task makes in a space.
fn keys(world: &World, id: &TaskId) -> Vec<String> {
    let state = world.state(id);
    state.effects.into_iter().map(|effect| effect.key).collect()
}

const LIBRARY: &str =
    "maven2/org/mozilla/geckoview/geckoview/94.0.20260131120000/geckoview-94.0.20260131120000.aar";

#[test]
fn libraries_are_published() {
    let mut world = World::default();
    // As `printf a | sha256sum` prints it.
    let sum: &[u8] = b"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb\n";
    let build = world.build(&[("public/a.aar", b"a"), ("public/a.aar.sha256", sum)]);
    let of_sum = format!("{LIBRARY}.sha256");
    let files = [("public/a.aar", LIBRARY), ("public/a.aar.sha256", &of_sum)];
    let task = mapped(&mut world, "push-to-maven", &build, &files);
    let id = world.pass(&task);
    assert_eq!(keys(&world, &id), [LIBRARY, &of_sum]);
    // The worker publishes neither checksums nor a manifest here.
    assert_eq!(world.get(&id, "public/target.checksums"), None);

    // `printf a | md5sum`, with one digit changed.
    let build = world.build(&[
        ("public/a.aar", b"a"),
        ("public/a.aar.md5", b"0cc175b9c0f1b6a831c399e269772662"),
    ]);
    let of_sum = format!("{LIBRARY}.md5");
    let files = [("public/a.aar", LIBRARY), ("public/a.aar.md5", &of_sum)];
    let task = mapped(&mut world, "push-to-maven", &build, &files);
    let red = world.fail(&task).join("\n");
    assert!(
        red.contains("is not the hash of public/a.aar, which is 0cc175b9c0f1b6a831c399e269772661"),
        "{red}"
    );
}

#[test]
fn a_library_of_another_version_is_red() {
    let mut world = World::default();
    let build = world.build(&[("public/a.aar", b"a")]);
    let other = LIBRARY.replace("geckoview/94.0.", "geckoview/93.0.");
    let task = mapped(
        &mut world,
        "push-to-maven",
        &build,
        &[("public/a.aar", &other)],
    );
    let red = world.fail(&task).join("\n");
    assert!(
        red.contains("Name of last folder '93.0.20260131120000' in path"),
        "{red}"
    );
    let mut task = mapped(
        &mut world,
        "push-to-maven",
        &build,
        &[("public/a.aar", LIBRARY)],
    );
    set(&mut task, "version", json!("94.0b1"));
    let red = world.fail(&task).join("\n");
    assert!(
        red.contains("does not match the pattern of a MavenVersion"),
        "{red}"
    );
    if let Value::Object(payload) = &mut task.staged.payload {
        payload.shift_remove("artifactMap");
    }
    let red = world.fail(&task).join("\n");
    assert!(red.contains("`payload.artifactMap` is missing"), "{red}");
}

/// A task that publishes a file of a partner, as the worker wants it: without a map.
pub fn partner(world: &mut World, folder: &str, content: &[u8], from: &[&TaskId]) -> Task {
    let name = "releng/partner/acme/acme-1/target.tar.xz";
    let build = world.build(&[(name, content)]);
    let payload = json!({
        "releaseProperties": {
            "appName": "Firefox", "buildid": "20260131120000", "appVersion": "94.0",
            "hashType": "sha512", "platform": "linux64", "branch": "hail-release",
        },
        "upload_date": 1_769_860_800,
        "version": "94.0",
        "build_number": 1,
        "upstreamArtifacts": [
            {"taskId": build.as_str(), "taskType": "build", "paths": [name], "locale": folder},
        ],
    });
    world.task("beetmover", "push-to-partner", payload, from)
}

#[test]
fn files_of_partners_go_where_the_worker_puts_them() {
    let mut world = World::default();
    let folder = "partner-repacks/acme/acme-1/v1/linux-x86_64/de";
    let task = partner(&mut world, folder, b"a", &[]);
    let first = world.pass(&task);
    let path = format!("{CANDIDATES}/{folder}/firefox-94.0.tar.xz");
    assert_eq!(keys(&world, &first), [path.as_str()]);
    let content = &world.state(&first).effects[0].value["content"];
    assert!(!content.to_string().contains("acme"), "{content}");
    let sums = world.get(&first, "public/target.checksums").unwrap();
    let sums = String::from_utf8_lossy(sums);
    assert!(
        sums.contains(&format!(" sha512 1 {folder}/firefox-94.0.tar.xz")),
        "{sums}"
    );

    // Off-cycle: another number of the repack, beside the first.
    let second = folder.replace("v1", "v2");
    let task = partner(&mut world, &second, b"b", &[&first]);
    let second = world.pass(&task);
    // The same number again: the file is replaced, and the report says so.
    let task = partner(&mut world, folder, b"c", &[&second]);
    let third = world.pass(&task);
    let would = world.report(&third)["wouldHappen"].to_string();
    assert!(
        would.contains(&format!(
            "{path}, published by the task {first}, would be replaced"
        )),
        "{would}"
    );
}

#[test]
fn only_partners_that_are_in_the_candidates_are_pushed() {
    let mut world = World::default();
    let folder = "partner-repacks/acme/acme-1/v2/linux-x86_64/de";
    let task = partner(&mut world, folder, b"a", &[]);
    let candidates = world.pass(&task);
    let push = |world: &mut World, partners: Value, from: &[&TaskId]| {
        let payload = json!({
            "product": "firefox", "version": "94.0", "build_number": 1, "partners": partners,
        });
        world.task("beetmover", "push-to-releases", payload, from)
    };
    // The worker pushes the first repack of a partner only.
    let task = push(&mut world, json!(["acme/acme-1"]), &[&candidates]);
    let red = world.fail(&task).join("\n");
    assert!(
        red.contains("partner-repacks/acme/acme-1/v1/, although the task names the partner"),
        "{red}"
    );
    let folder = folder.replace("v2", "v1");
    let task = partner(&mut world, &folder, b"a", &[&candidates]);
    let candidates = world.pass(&task);
    let task = push(&mut world, json!(["acme/acme-1"]), &[&candidates]);
    let pushed = world.pass(&task);
    assert_eq!(
        keys(&world, &pushed),
        ["pub/firefox/releases/partners/acme/acme-1/94.0/linux-x86_64/de/firefox-94.0.tar.xz"]
    );
    let task = push(&mut world, json!(["other/other-1"]), &[&candidates]);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("names the partner other/other-1"), "{red}");
}

#[test]
fn files_of_partners_elsewhere_are_red() {
    let mut world = World::default();
    let task = partner(&mut world, "partner-repacks/acme/v1/de", b"a", &[]);
    let red = world.fail(&task).join("\n");
    assert!(
        red.contains("Illegal partner path partner-repacks/acme/v1/de"),
        "{red}"
    );

    let mut task = partner(&mut world, "de", b"a", &[]);
    let build = task.staged.payload["upstreamArtifacts"][0]["taskId"].clone();
    let map = |to: &str| {
        json!([{"taskId": build.clone(), "locale": "de", "paths": {
            "releng/partner/acme/acme-1/target.tar.xz": {"destinations": [to], "checksums_path": "a"},
        }}])
    };
    let inside = format!("{CANDIDATES}/partner-repacks/acme/acme-1/v1/linux-x86_64/de/a");
    set(&mut task, "artifactMap", map(&inside));
    world.pass(&task);
    for outside in [
        inside.replace("build1", "build2"),
        inside.replace("partner-repacks", "update"),
    ] {
        set(&mut task, "artifactMap", map(&outside));
        let red = world.fail(&task).join("\n");
        assert!(
            red.contains("is not in a folder of partners of 94.0 build 1"),
            "{red}"
        );
    }
}

pub fn facts(version: &'static str, build_id: &'static str) -> Facts<'static> {
    Facts {
        label: "build",
        product: "hail",
        version,
        build_id,
        platform: "linux64",
        locale: "en-US",
        branch: "hail-release",
    }
}

/// A candidate with packages.
pub fn packages(world: &mut World, files: &[(&str, &[u8])], from: &[&TaskId]) -> TaskId {
    let build = world.build(files);
    let to: Vec<String> = files.iter().map(|(name, _)| place(name)).collect();
    let pairs = files.iter().map(|(name, _)| *name);
    let pairs: Vec<(&str, &str)> = pairs.zip(to.iter().map(String::as_str)).collect();
    let mut task = mapped(world, "push-to-candidates", &build, &pairs);
    task.staged.from = from.iter().map(|&id| id.clone()).collect();
    world.pass(&task)
}

fn place(name: &str) -> String {
    format!(
        "{CANDIDATES}/linux-x86_64/{}",
        name.trim_start_matches("public/")
    )
}

pub fn import(world: &mut World, repository: &str, names: &[&str], from: &[&TaskId]) -> Task {
    let sources: Vec<String> = names.iter().map(|name| place(name)).collect();
    let payload = json!({"product": "hail", "gcs_sources": sources});
    let action = "import-from-gcs-to-artifact-registry";
    let mut task = world.task("beetmover", action, payload, from);
    task.staged.scopes = scopes(repository, action);
    task
}

#[test]
fn repositories_import_packages() {
    let mut world = World::default();
    let (one, other) = (
        facts("94.0", "20260131120000"),
        facts("93.0", "20260101120000"),
    );
    let deb = make("target.deb", &one).unwrap();
    let rpm = make("target.rpm", &one).unwrap();
    let old = make("target.deb", &other).unwrap();
    let candidate = packages(
        &mut world,
        &[
            ("public/a.deb", &deb),
            ("public/same.deb", &deb),
            ("public/a.rpm", &rpm),
            ("public/old.deb", &old),
            ("public/damaged.deb", &deb[..deb.len() / 4]),
            ("public/text.deb", b"text"),
        ],
        &[],
    );
    let task = import(&mut world, "apt-repo:dep", &["public/a.deb"], &[&candidate]);
    let imported = world.pass(&task);
    let row = &world.report(&imported)["tables"][0]["rows"][0];
    // As `dpkg-deb --field` prints them.
    assert_eq!(row[0], "hail");
    assert_eq!(row[2], "amd64");
    let task = import(&mut world, "yum-repo:dep", &["public/a.rpm"], &[&candidate]);
    let yum = world.pass(&task);
    let row = &world.report(&yum)["tables"][0]["rows"][0];
    assert_eq!(row[2], "x86_64");
    for (repository, names, expected) in [
        (
            "apt-repo:dep",
            &["public/gone.deb"][..],
            "is not in the archive",
        ),
        (
            "apt-repo:dep",
            &["public/a.rpm"],
            "is not a package of an apt-repo repository",
        ),
        (
            "yum-repo:dep",
            &["public/a.deb"],
            "is not a package of an yum-repo repository",
        ),
        (
            "apt-repo:dep",
            &["public/text.deb"],
            "the file is not a Debian package",
        ),
        ("apt-repo:dep", &["public/damaged.deb"], "is damaged"),
        (
            "apt-repo:dep",
            &["public/old.deb"],
            "but the release is 94.0",
        ),
        (
            "apt-repo:dep",
            &["public/a.deb", "public/a.deb"],
            "more than once",
        ),
        (
            "apt-repo:dep",
            &["public/a.deb", "public/same.deb"],
            "a repository has one of them",
        ),
        ("apt-repo:dep", &[], "there is nothing to import"),
        (
            "bucket:dep",
            &["public/a.deb"],
            "no scope names an apt-repo or a yum-repo",
        ),
    ] {
        let task = import(&mut world, repository, names, &[&candidate]);
        let red = world.fail(&task).join("\n");
        assert!(red.contains(expected), "{names:?}: {red}");
    }

    // The same package once more, with something else in it.
    let more = format!("{:<48}{:<10}`\nx\n", "extra", 2);
    let again = [&deb[..], more.as_bytes()].concat();
    let candidate = packages(&mut world, &[("public/again.deb", &again)], &[&imported]);
    let task = import(
        &mut world,
        "apt-repo:dep",
        &["public/again.deb"],
        &[&candidate],
    );
    let red = world.fail(&task).join("\n");
    assert!(
        red.contains(&format!(
            "imported by the task {imported} with other content"
        )),
        "{red}"
    );
    let task = import(
        &mut world,
        "apt-repo:other",
        &["public/again.deb"],
        &[&candidate],
    );
    world.pass(&task);
}

#[test]
fn data_of_the_payload_is_published() {
    let mut world = World::default();
    let payload = |data: &str, to: &[&str]| {
        json!({
            "releaseProperties": {"appName": "hail"},
            "dataMap": [{"data": data, "contentType": "application/json", "destinations": to.to_vec()}],
        })
    };
    let task = |world: &mut World, payload, from: &[&TaskId]| {
        let mut task = world.task("beetmover", "upload-data", payload, from);
        task.staged.scopes = scopes("bucket:dep", "upload-data");
        task
    };
    let one = task(&mut world, payload("e30=", &["pub/hail/a.json"]), &[]);
    let first = world.pass(&one);
    let state = world.state(&first);
    assert_eq!(state.effects[0].key, "pub/hail/a.json");
    assert_eq!(state.effects[0].value["size"], 2);
    assert_eq!(state.effects[0].value["content"]["data"], "e30=");
    let other = task(&mut world, payload("W10=", &["pub/hail/a.json"]), &[&first]);
    let second = world.pass(&other);
    let would = world.report(&second)["wouldHappen"].to_string();
    assert!(
        would.contains(&format!(
            "pub/hail/a.json, published by the task {first}, would be replaced"
        )),
        "{would}"
    );
    for (data, to, expected) in [
        ("{}", "pub/a", "is not valid base64"),
        ("e30=", "../a", "is not a path in the archive"),
        ("e30=", "/a", "is not a path in the archive"),
    ] {
        let task = task(&mut world, payload(data, &[to]), &[]);
        let red = world.fail(&task).join("\n");
        assert!(red.contains(expected), "{red}");
    }
}

#[test]
fn artifacts_are_published_by_patterns() {
    let mut world = World::default();
    let build = world.build(&[
        ("public/build/model.bin", b"a"),
        ("public/logs/live.log", b"b"),
    ]);
    let payload = |paths: Value, overwrites: bool| {
        json!({
            "releaseProperties": {"appName": "hail"},
            "allow_overwrites": overwrites,
            "upstreamArtifacts": [{
                "taskId": build.as_str(), "taskType": "build",
                "paths": ["public/build/model.bin", "public/logs/live.log", "public/build/gone.bin"],
            }],
            "artifactMap": [{"taskId": build.as_str(), "paths": paths}],
        })
    };
    let both = || json!({"*.log": {"destinations": ["logs/"]}, "*": {"destinations": ["models/"]}});
    let task = |world: &mut World, payload, from: &[&TaskId]| {
        let action = "upload-translations-artifacts";
        let mut task = world.task("beetmover", action, payload, from);
        task.staged.scopes = scopes("bucket:dep", action);
        task
    };
    let one = task(&mut world, payload(both(), false), &[]);
    let first = world.pass(&one);
    assert_eq!(keys(&world, &first), ["models/model.bin", "logs/live.log"]);
    let again = task(&mut world, payload(both(), false), &[&first]);
    let red = world.fail(&again).join("\n");
    assert!(red.contains("does not allow overwriting it"), "{red}");
    let again = task(&mut world, payload(both(), true), &[&first]);
    world.pass(&again);
    for (paths, expected) in [
        (
            json!({"*": {"destinations": ["one"]}}),
            "'one' would be written to more than once",
        ),
        (
            json!({"*.bin": {"destinations": ["a/"]}, "*model*": {"destinations": ["b/"]}}),
            "matched multiple concrete paths",
        ),
        (
            json!({"*.zip": {"destinations": ["a/"]}}),
            "nothing would be uploaded",
        ),
        (
            json!({"*": {"destinations": ["../a/"]}}),
            "is not a path in the archive",
        ),
    ] {
        let task = task(&mut world, payload(paths, false), &[]);
        let red = world.fail(&task).join("\n");
        assert!(red.contains(expected), "{red}");
    }
}

#[test]
fn manifests_name_the_declared_archive() {
    let update = |bucket: &str, archive: Option<&str>| {
        let mut world = World::default();
        let build = world.build(&[("public/target.complete.mar", b"mar")]);
        let files = [("public/target.complete.mar", "pub/hail/a.mar")];
        let mut task = mapped(&mut world, "push-to-candidates", &build, &files);
        let mut text = task.staged.payload.to_string();
        text = text.replace(
            "\"checksums_path\"",
            "\"update_balrog_manifest\":true,\"checksums_path\"",
        );
        text = text.replace(
            "\"appName\":\"geckoview\"",
            "\"appName\":\"Hail\",\"buildid\":\"20260131120000\",\"appVersion\":\"94.0\",\
             \"hashType\":\"sha512\",\"platform\":\"linux64\",\"branch\":\"hail-release\"",
        );
        task.staged.payload = snowman::base::json::read("payload", text.as_bytes()).unwrap();
        set(&mut task, "build_number", json!(1));
        task.staged.scopes = scopes(bucket, "push-to-candidates");
        task.staged.archive = archive.map(str::to_owned);
        let id = world.pass(&task);
        let manifest = world.get(&id, "public/manifest.json").unwrap();
        let manifest: serde_json::Value = serde_json::from_slice(manifest).unwrap();
        manifest[0]["completeInfo"][0]["url"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    // The addresses are those of Mozilla's workers for these buckets.
    for (bucket, archive, expected) in [
        (
            "bucket:dep",
            None,
            "https://ftp.stage.mozaws.net/pub/hail/a.mar",
        ),
        (
            "bucket:release",
            None,
            "https://archive.mozilla.org/pub/hail/a.mar",
        ),
        (
            "bucket:dep",
            Some("https://archive.example.com"),
            "https://archive.example.com/pub/hail/a.mar",
        ),
        (
            "bucket:dep",
            Some("https://archive.example.com/"),
            "https://archive.example.com/pub/hail/a.mar",
        ),
    ] {
        assert_eq!(update(bucket, archive), expected);
    }
}
