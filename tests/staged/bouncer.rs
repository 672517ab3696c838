//! Defects of tasks about download links.

use snowman::base::name::TaskId;
use snowman::base::value::{Value, json};
use snowman::stage::state::Effect;

use super::world::{Task, World};

const SYSTEMS: &[(&str, &str, &str)] = &[
    ("linux64", "linux-x86_64", "hail-94.0.tar.xz"),
    ("osx", "mac", "Hail 94.0.dmg"),
    ("win64", "win64", "Hail Setup 94.0.exe"),
];
const LOCALES: &[&str] = &["en-US", "de"];

/// The products of a release: each with its options, and the paths of all systems.
pub fn entries() -> Value {
    let paths = SYSTEMS.iter().map(|(system, folder, file)| {
        let file = file.replace(' ', "%20");
        let path = format!("/hail/releases/94.0/{folder}/:lang/{file}");
        ((*system).to_owned(), Value::from(path))
    });
    let paths = Value::Object(paths.collect());
    json!({
        "Hail-94.0": {
            "options": {"add_locales": true, "ssl_only": false},
            "paths_per_bouncer_platform": paths,
        },
        "Hail-94.0-SSL": {
            "options": {"add_locales": true, "ssl_only": true},
            "paths_per_bouncer_platform": paths,
        },
    })
}

/// A task that submits products.
pub fn submit(world: &mut World, entries: Value, from: &[&TaskId]) -> Task {
    let payload = json!({"submission_entries": entries, "locales": LOCALES.to_vec()});
    world.task("bouncer", "submission", payload, from)
}

/// A task that has published files of a release, in these folders and locales.
pub fn publish(world: &mut World, leave_out: Option<&str>) -> TaskId {
    let mut paths = Vec::new();
    for (_, folder, file) in SYSTEMS {
        for locale in LOCALES {
            let path = format!("pub/hail/releases/94.0/{folder}/{locale}/{file}");
            if leave_out != Some(path.as_str()) {
                paths.push(path);
            }
        }
    }
    let effects = paths.into_iter().map(|path| Effect {
        space: "archive".to_owned(),
        key: path,
        value: json!({"size": 1}),
    });
    let effects = effects.collect();
    world.left(effects)
}

pub fn check(world: &mut World, from: &[&TaskId]) -> Task {
    let config = json!({"locales": ["en-US"], "bouncer_prefix": "https://download.mozilla.org/"});
    let payload = json!({"env": {"EXTRA_MOZHARNESS_CONFIG": config.to_string()}});
    world.task("bouncer-check", "", payload, from)
}

/// Changes an entry of the submitted products.
fn edited(change: impl FnOnce(&mut Value)) -> Value {
    let mut entries = entries();
    change(&mut entries);
    entries
}

fn set(value: &mut Value, keys: &[&str], new: Value) {
    let mut at = value;
    for key in keys {
        at = at.get_mut(key).unwrap();
    }
    *at = new;
}

const PATHS: &str = "paths_per_bouncer_platform";

#[test]
fn products_are_submitted_checked_and_get_aliases() {
    let mut world = World::default();
    let task = submit(&mut world, entries(), &[]);
    let submitted = world.pass(&task);
    let report = world.report(&submitted);
    let later = &report["notChecked"][0];
    assert!(later.as_str().unwrap().starts_with("12 files"), "{later}");
    let published = publish(&mut world, None);
    let task = check(&mut world, &[&submitted, &published]);
    let checked = world.pass(&task);
    let report = world.report(&checked);
    let checks = report["checked"].as_array().unwrap().iter();
    let links = checks.filter(|one| one["what"].as_str().unwrap().starts_with("links"));
    assert_eq!(
        links.map(|one| one["count"].clone()).collect::<Vec<_>>(),
        [json!(12)]
    );
    let payload = json!({"aliases_entries": {
        "hail-latest": "Hail-94.0",
        "hail-latest-ssl": "Hail-94.0-SSL",
    }});
    let task = world.task("bouncer", "aliases", payload, &[&submitted]);
    let aliased = world.pass(&task);
    assert_eq!(world.state(&aliased).effects[0].key, "hail-latest");
}

#[test]
fn a_path_without_a_file_is_red() {
    let mut world = World::default();
    let published = publish(&mut world, None);
    let wrong = edited(|entries| {
        let path = json!("/hail/releases/94.0/win64/:lang/Hail%20Installer%2094.0.exe");
        set(entries, &["Hail-94.0", PATHS, "win64"], path);
    });
    let task = submit(&mut world, wrong.clone(), &[&published]);
    let red = world.fail(&task);
    assert_eq!(red.len(), 1, "{red:?}");
    assert!(red[0].contains("leads to no file"), "{red:?}");
    // If the files come later, the check of bouncer finds it.
    let task = submit(&mut world, wrong, &[]);
    let submitted = world.pass(&task);
    let task = check(&mut world, &[&submitted, &published]);
    let red = world.fail(&task);
    assert_eq!(red.len(), 1, "{red:?}");
    assert!(red[0].contains("the archive answers 404"), "{red:?}");
}

#[test]
fn an_unknown_system_is_reported_once() {
    let mut world = World::default();
    let published = publish(&mut world, None);
    let wrong = edited(|entries| {
        let product = entries.get_mut("Hail-94.0").unwrap();
        if let Some(Value::Object(paths)) = product.get_mut(PATHS) {
            let path = paths.get("linux64").cloned().unwrap();
            paths.insert("beos", path);
        }
    });
    let task = submit(&mut world, wrong, &[&published]);
    let red = world.fail(&task);
    assert_eq!(red, ["bouncer does not know the system beos of Hail-94.0"]);
}

#[test]
fn swapped_paths_are_red() {
    let mut world = World::default();
    let swapped = edited(|entries| {
        let paths = &entries["Hail-94.0"][PATHS];
        let (one, other) = (paths["linux64"].clone(), paths["osx"].clone());
        set(entries, &["Hail-94.0", PATHS, "linux64"], other);
        set(entries, &["Hail-94.0", PATHS, "osx"], one);
    });
    let task = submit(&mut world, swapped, &[]);
    let red = world.fail(&task);
    assert_eq!(red.len(), 2, "{red:?}");
    assert!(red[0].contains("a file of another system"), "{red:?}");
}

#[test]
fn a_name_that_the_worker_refuses_is_red() {
    for name in ["hail-94.0", "Fennec-68.0", "Hail", "Hail-95.0"] {
        let mut world = World::default();
        let wrong = edited(|entries| {
            let entry = entries["Hail-94.0"].clone();
            *entries = json!({});
            if let Value::Object(map) = entries {
                map.insert(name, entry);
            }
        });
        let task = submit(&mut world, wrong, &[]);
        let red = world.fail(&task).join("\n");
        assert!(red.contains(name), "{red}");
    }
}

#[test]
fn a_missing_system_is_red() {
    let mut world = World::default();
    let missing = edited(|entries| {
        let paths = entries.get_mut("Hail-94.0-SSL").unwrap().get_mut(PATHS);
        paths.unwrap().as_object_mut().unwrap().shift_remove("osx");
    });
    let task = submit(&mut world, missing, &[]);
    assert_eq!(
        world.fail(&task),
        ["Hail-94.0-SSL has no path for osx, which other products of the release have"]
    );
}

#[test]
fn a_missing_locale_is_red() {
    let mut world = World::default();
    let published = publish(&mut world, None);
    let mut task = submit(&mut world, entries(), &[&published]);
    set(&mut task.staged.payload, &["locales"], json!(["en-US"]));
    let red = world.fail(&task);
    assert_eq!(red.len(), 6, "{red:?}");
    assert!(red[0].ends_with("does not have: de"), "{red:?}");
    // And one that has no file.
    let file = "pub/hail/releases/94.0/mac/de/Hail 94.0.dmg";
    let published = publish(&mut world, Some(file));
    let task = submit(&mut world, entries(), &[&published]);
    let red = world.fail(&task);
    assert_eq!(red.len(), 2, "{red:?}");
    assert!(red[0].contains(file), "{red:?}");
}

#[test]
fn systems_without_language_packs_are_told() {
    let mut world = World::default();
    let path = |folder: &str| format!("/hail/releases/94.0/{folder}/xpi/:lang.xpi");
    let entries = json!({"Hail-94.0-langpack-SSL": {
        "options": {"add_locales": true, "ssl_only": true},
        "paths_per_bouncer_platform": {"linux64": (path("linux-x86_64")), "osx": (path("mac"))},
    }});
    let mut check_with = |files: &[&str]| {
        let effects = files.iter().map(|file| Effect {
            space: "archive".to_owned(),
            key: format!("pub/hail/releases/94.0/{file}"),
            value: json!({"size": 1}),
        });
        let published = world.left(effects.collect());
        let submitted = world.left(vec![]);
        let submit = submit(&mut world, entries.clone(), &[&submitted]);
        let submitted = world.pass(&submit);
        let task = check(&mut world, &[&published, &submitted]);
        let done = world.run(&task);
        let report = world.report(&task.id);
        let mut checked = report["checked"].as_array().unwrap().iter();
        let links = checked.find(|one| one["what"].to_string().contains("over HTTPS"));
        let links = links.map_or(0, |one| one["count"].as_u64().unwrap());
        (done.red, report["warnings"].to_string(), links)
    };
    let linux = ["linux-x86_64/xpi/de.xpi", "linux-x86_64/xpi/en-US.xpi"];
    let (red, warnings, links) = check_with(&linux);
    assert_eq!(red, [""; 0]);
    assert_eq!(links, 2);
    assert!(
        warnings.contains("Hail-94.0-langpack-SSL, osx: the archive has no language pack for this system, so no link of 2 leads to one"),
        "{warnings}"
    );
    // One that is missing among others is a mistake.
    let (red, _, links) = check_with(&[linux[0], "mac/xpi/de.xpi", "mac/xpi/en-US.xpi"]);
    let red = red.join("\n");
    assert!(red.contains("linux64, en-US"), "{red}");
    assert_eq!(links, 4);
}

#[test]
fn a_product_that_exists_with_other_paths_is_red() {
    let mut world = World::default();
    let task = submit(&mut world, entries(), &[]);
    let first = world.pass(&task);
    let task = submit(&mut world, entries(), &[&first]);
    world.pass(&task);
    let other = edited(|entries| {
        let path = json!("/hail/releases/94.0/win64/:lang/Hail%20Other%2094.0.exe");
        set(entries, &["Hail-94.0", PATHS, "win64"], path);
    });
    let task = submit(&mut world, other, &[&first]);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("exists already with other paths"), "{red}");
}

#[test]
fn an_alias_to_a_wrong_product_is_red() {
    let mut world = World::default();
    let task = submit(&mut world, entries(), &[]);
    let submitted = world.pass(&task);
    for (alias, product, why) in [
        ("hail-latest", "Hail-95.0b3", "may not lead to"),
        ("hail-latest", "Hail-94.0.1", "was never submitted"),
        ("hail-latest-ssl", "Hail-94.0", "may not lead to"),
        ("firefox-latest", "Firefox-93.0b9", "may not lead to"),
        ("hail-newest", "Hail-94.0", "unknown alias"),
    ] {
        let mut entries = snowman::base::value::Object::default();
        entries.insert(alias, product);
        let payload = json!({"aliases_entries": entries});
        let task = world.task("bouncer", "aliases", payload, &[&submitted]);
        let red = world.fail(&task);
        assert_eq!(red.len(), 1, "{red:?}");
        assert!(red[0].contains(why), "{red:?}");
    }
}

/// The nightly products, as an earlier release has left them.
pub fn nightlies(world: &mut World, version: &str) -> TaskId {
    let product = |name: &str, folder: &str, locale: &str| Effect {
        space: "bouncer-product".to_owned(),
        key: name.to_owned(),
        value: json!({"ssl_only": true, "languages": ["de"], "locations": {
            "win64": format!("/firefox/nightly/{folder}/firefox-{version}.{locale}.win64.installer.exe"),
        }}),
    };
    let l10n = "latest-mozilla-central-l10n";
    world.left(vec![
        product("firefox-nightly-latest", l10n, ":lang"),
        product(
            "firefox-nightly-latest-ssl",
            "latest-mozilla-central",
            "en-US",
        ),
        product("firefox-nightly-latest-l10n", l10n, ":lang"),
        product("firefox-nightly-latest-l10n-ssl", l10n, ":lang"),
    ])
}

pub fn bump(world: &mut World, version: &str, from: &[&TaskId]) -> Task {
    let products =
        ["", "-ssl", "-l10n", "-l10n-ssl"].map(|end| format!("firefox-nightly-latest{end}"));
    let payload = json!({
        "bouncer_products": products,
        "product": "firefox",
        "version": version,
    });
    world.task("bouncer", "locations", payload, from)
}

#[test]
fn nightly_versions_follow_each_other() {
    let mut world = World::default();
    let before = nightlies(&mut world, "94.0a1");
    let task = bump(&mut world, "95.0a1", &[&before]);
    let after = world.pass(&task);
    let path = &world.state(&after).effects[0].value["locations"]["win64"];
    assert!(path.as_str().unwrap().contains("firefox-95.0a1"), "{path}");
    let task = bump(&mut world, "96.0a1", &[&before]);
    let red = world.fail(&task);
    assert_eq!(red.len(), 4, "{red:?}");
    assert!(red[0].contains("a version is left out"), "{red:?}");
    let task = bump(&mut world, "95.0b1", &[]);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("is not a version of a nightly build"), "{red}");
}

#[test]
fn links_without_https_or_to_other_hosts_are_red() {
    let mut world = World::default();
    let published = publish(&mut world, None);
    let plain = edited(|entries| {
        set(
            entries,
            &["Hail-94.0-SSL", "options", "ssl_only"],
            json!(false),
        );
    });
    let task = submit(&mut world, plain, &[]);
    let submitted = world.pass(&task);
    let task = check(&mut world, &[&submitted, &published]);
    let red = world.fail(&task);
    assert_eq!(red.len(), 3, "{red:?}");
    assert!(red[0].contains("without HTTPS"), "{red:?}");

    let task = submit(&mut world, entries(), &[]);
    let submitted = world.pass(&task);
    let mut task = check(&mut world, &[&submitted, &published]);
    let config = json!({"cdn_urls": ["cdn.example.com"]}).to_string();
    set(
        &mut task.staged.payload,
        &["env", "EXTRA_MOZHARNESS_CONFIG"],
        config.into(),
    );
    let red = world.fail(&task);
    assert_eq!(red.len(), 6, "{red:?}");
    assert!(red[0].contains("not among the hosts"), "{red:?}");
    // Nothing was submitted: a project may do that in another way, but Firefox does not.
    let mut task = check(&mut world, &[&published]);
    world.pass(&task);
    task.staged.release.product = "firefox".to_owned();
    let red = world.fail(&task).join("\n");
    assert!(red.contains("no product was submitted"), "{red}");
}
