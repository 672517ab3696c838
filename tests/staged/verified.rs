//! Defects that update verification finds in a release: its tasks on top of those that offer the update.

use snowman::base::json;
use snowman::base::name::TaskId;
use snowman::base::value::{Value, json};
use snowman::release::staged::STATE;
use snowman::stage::mar::ProductInfo;
use snowman::stage::partials::make::{self, make};
use snowman::stage::state::{Effect, State, TaskRun};

use super::builds::{Build, build, effect, history, publish, sha512, signed};
use super::world::{Task, World};

const FOLDER: &str = "pub/hail/candidates/94.0-candidates/build1";
const PLATFORM: &str = "Linux_x86_64-gcc3";
const CONFIG: &str = "release=\"93.0\" product=\"Hail\" platform=\"Linux_x86_64-gcc3\" build_id=\"20260101000000\" locales=\"de\" channel=\"release-localtest\" patch_types=\"complete partial\" from=\"/hail/releases/93.0/linux-x86_64/%locale%/hail-93.0.tar.xz\" aus_server=\"https://aus5.mozilla.org\" ftp_server_from=\"https://archive.mozilla.org/pub\" ftp_server_to=\"http://ftp.stage.mozaws.net/pub\" to=\"/hail/candidates/94.0-candidates/build1/linux-x86_64/%locale%/hail-94.0.tar.xz\" override_certs=\"dep\" to_build_id=\"20260201000000\" to_display_version=\"94.0\" to_app_version=\"94.0\"\nrelease=\"92.0\" product=\"Hail\" platform=\"Linux_x86_64-gcc3\" build_id=\"20251201000000\" locales=\"de\" channel=\"release-localtest\" patch_types=\"complete\"\n";

/// A release that is offered, and an earlier one.
pub struct Release {
    pub world: World,
    /// What the tasks of the release have done.
    effects: Vec<Effect>,
    /// What is known of earlier ones.
    past: Vec<Effect>,
    config: String,
}

fn read(text: &str) -> Value {
    json::read("a value", text.as_bytes()).unwrap()
}

fn rule(number: u64, channel: &str, mapping: &str) -> Effect {
    let alias = format!("hail-{channel}");
    let value = json!({
        "rule_id": number, "alias": alias, "priority": 90, "mapping": mapping, "backgroundRate": 100,
        "update_type": "minor", "product": "Hail", "channel": channel, "data_version": 1,
    });
    effect("balrog-rule", &alias, value)
}

fn locale(name: &str, build: &Build, build_id: &str, files: Value) -> Effect {
    let mut value = json!({
        "buildID": build_id, "appVersion": build.version, "displayVersion": build.version,
    });
    if let (Value::Object(value), Value::Object(files)) = (&mut value, files) {
        value.extend(files);
    }
    effect(
        "balrog-release-locale",
        &format!("{name} {PLATFORM} de"),
        value,
    )
}

fn release(name: &str, version: &str, build_id: &str) -> Effect {
    let value = json!({"product": "Hail", "read_only": false, "blob": {
        "name": name, "schema_version": 9, "hashFunction": "sha512",
        "appVersion": version, "displayVersion": version,
        "updateLine": [{"for": {}, "fields": {"type": "minor"}}],
        "platforms": {PLATFORM: {
            "OS_FTP": "linux-x86_64", "OS_BOUNCER": "linux64", "buildID": build_id,
        }},
    }});
    effect("balrog-release", name, value)
}

impl Release {
    pub fn right() -> Self {
        Self::of(
            &build("93.0", "20260101000000", "de"),
            &build("94.0", "20260201000000", "de"),
        )
    }

    fn of(old: &Build, new: &Build) -> Self {
        let mut world = World::default();
        let unpack = |build: &Build| make::Build::unpack(&build.unsigned()).unwrap();
        let product = ProductInfo {
            channel: new.channel.clone(),
            version: new.version.clone(),
        };
        let partial = make(&unpack(old), &unpack(new), &product, true).unwrap();
        let partial = signed(&partial.mar, new.certificate);
        let complete = new.complete();
        let update = format!("{FOLDER}/update/linux-x86_64/de");
        let names = ["hail-94.0.complete.mar", "hail-93.0-94.0.partial.mar"];
        let file = |content: &[u8], from: &str| json!([{"from": from, "filesize": content.len(), "hashValue": sha512(content)}]);
        let files = json!({
            "completes": file(&complete, "*"),
            "partials": file(&partial, "Hail-93.0-build1"),
        });
        let url = |name: &str| {
            format!("https://archive.mozilla.org/{FOLDER}/update/%OS_FTP%/%LOCALE%/{name}")
        };
        let urls = json!({
            "completes": {"*": url(names[0])}, "partials": {"Hail-93.0-build1": url(names[1])},
        });
        let links = json!({
            "completes": {"*": "https://download.mozilla.org/?product=hail-94.0-complete&os=%OS_BOUNCER%&lang=%LOCALE%"},
            "partials": {"Hail-93.0-build1": "https://download.mozilla.org/?product=hail-94.0-partial-93.0&os=%OS_BOUNCER%&lang=%LOCALE%"},
        });
        let mut effects = vec![
            rule(1, "release-localtest", "Hail-94.0-build1"),
            rule(2, "release-cdntest", "Hail-94.0-build1"),
            release("Hail-94.0-build1", "94.0", "20260201000000"),
            locale("Hail-94.0-build1", new, "20260201000000", files),
            effect(
                "balrog-release-urls",
                "Hail-94.0-build1 release-localtest",
                urls,
            ),
            effect(
                "balrog-release-urls",
                "Hail-94.0-build1 release-cdntest",
                links,
            ),
            publish(&mut world, &format!("{update}/{}", names[0]), &complete),
            publish(&mut world, &format!("{update}/{}", names[1]), &partial),
            publish(
                &mut world,
                &format!("{FOLDER}/linux-x86_64/de/hail-94.0.tar.xz"),
                &new.package(),
            ),
        ];
        for (kind, name) in [("complete", names[0]), ("partial-93.0", names[1])] {
            let path = format!("/hail/releases/94.0/update/linux-x86_64/:lang/{name}");
            let value =
                json!({"locations": {"linux64": path}, "ssl_only": false, "languages": ["de"]});
            effects.push(effect(
                "bouncer-product",
                &format!("Hail-94.0-{kind}"),
                value,
            ));
        }
        let path = "pub/hail/releases/93.0/linux-x86_64/de/hail-93.0.tar.xz";
        let past = vec![
            publish(&mut world, path, &old.package()),
            release("Hail-93.0-build1", "93.0", "20260101000000"),
            locale("Hail-93.0-build1", old, "20260101000000", json!({})),
        ];
        Self {
            world,
            effects,
            past,
            config: CONFIG.to_owned(),
        }
    }

    /// Copies the candidate to the release.
    pub fn push(&mut self) {
        let files = self
            .effects
            .clone()
            .into_iter()
            .filter(|effect| effect.space == "archive");
        let pushed = files.map(|effect| Effect {
            key: effect
                .key
                .replace("candidates/94.0-candidates/build1", "releases/94.0"),
            ..effect
        });
        self.effects.extend(pushed);
    }

    /// Changes the value of an effect.
    fn change(&mut self, space: &str, key: &str, change: impl Fn(&mut Value)) {
        let mut effects = self.effects.iter_mut();
        let found = effects.find(|effect| effect.space == space && effect.key.contains(key));
        change(&mut found.unwrap().value);
    }

    /// A task with the state that is there, and the configuration.
    fn before(&mut self) -> (TaskId, TaskId, TaskId) {
        let state_of = self.world.id();
        let state = State {
            run: TaskRun {
                task_id: state_of.clone(),
                run_id: 0,
            },
            label: "the tasks before".to_owned(),
            decision: None,
            revision: "0123456789abcdef".to_owned(),
            parents: Vec::new(),
            effects: self.effects.clone(),
        };
        self.world.put(&state_of, STATE, &state.write());
        let name = "public/build/update-verify.cfg";
        let config = self.world.build(&[(name, self.config.as_bytes())]);
        let past = history(&mut self.world, self.past.clone());
        (state_of, config, past)
    }

    pub fn update_verify(&mut self) -> Task {
        let (before, config, past) = self.before();
        let fetches =
            json!([{"artifact": "public/build/update-verify.cfg", "task": config.as_str()}]);
        let payload = json!({
            "command": ["run-task", "--", "bash", "-cx", "cd gecko && tools/update-verify/scripts/chunked-verify.sh --total-chunks=1 --this-chunk=1"],
            "env": {"CHANNEL": "release-localtest", "MOZ_FETCHES": fetches.to_string()},
            "artifacts": {"public/build/diff-summary.log": {"path": "/builds/worker/checkouts/gecko/diff-summary.log"}},
        });
        let mut task = self.world.task("update-verify", "", payload, &[&before]);
        task.staged.history = vec![past];
        task
    }

    pub fn final_verify(&mut self) -> Task {
        let (before, config, past) = self.before();
        let address = format!(
            "https://tc.example.com/api/queue/v1/task/{config}/artifacts/public/build/update-verify.cfg"
        );
        let line =
            format!("cd gecko && tools/update-verify/release/final-verification.sh {address}");
        let payload = json!({"command": ["run-task", "--", "bash", "-cx", line]});
        let mut task = self.world.task("final-verify", "", payload, &[&before]);
        task.staged.history = vec![past];
        task
    }

    /// Why update verify fails.
    fn red(&mut self) -> String {
        let task = self.update_verify();
        self.world.fail(&task).join("\n")
    }

    /// Why final verify fails.
    fn red_finally(&mut self) -> String {
        let task = self.final_verify();
        self.world.fail(&task).join("\n")
    }
}

#[test]
fn a_right_release_passes() {
    let mut release = Release::right();
    let task = release.update_verify();
    let id = release.world.pass(&task);
    let report = release.world.report(&id);
    let checked = report["checked"].to_string();
    for part in [
        "{\"count\":2,\"what\":\"offers of the update server\"}",
        "{\"count\":2,\"what\":\"updates applied to earlier builds and compared with the new one\"}",
    ] {
        assert!(checked.contains(part), "{checked}");
    }
    let log = release.world.get(&id, "public/build/diff-summary.log");
    assert_eq!(log, Some(&b""[..]));
    // Before the push, the links of the final channel lead nowhere.
    let red = release.red_finally();
    assert!(red.contains("NO_MAR_FILE"), "{red}");
    release.push();
    let task = release.final_verify();
    let id = release.world.pass(&task);
    assert_eq!(
        release.world.report(&id)["tables"][0]["rows"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn a_wrong_hash_of_one_locale_is_red() {
    let mut release = Release::right();
    release.change("balrog-release-locale", "Hail-94.0", |value| {
        let text = value
            .to_string()
            .replacen("\"hashValue\":\"", "\"hashValue\":\"00", 1);
        *value = read(&text);
    });
    let red = release.red();
    assert!(
        red.contains("but the complete update is offered with 00"),
        "{red}"
    );
}

#[test]
fn another_build_id_in_the_configuration_is_red() {
    let mut release = Release::right();
    release.config = CONFIG.replace(
        "to_build_id=\"20260201000000\"",
        "to_build_id=\"20260201000001\"",
    );
    let red = release.red();
    assert!(
        red.contains("has buildID \"20260201000000\", not \"20260201000001\""),
        "{red}"
    );
    release.config = CONFIG.replace("94.0-candidates/build1", "94.0-candidates/build2");
    let red = release.red();
    assert!(
        red.contains("the configuration is about another release"),
        "{red}"
    );
}

#[test]
fn a_key_that_clients_do_not_have_is_red() {
    let mut new = build("94.0", "20260201000000", "de");
    new.certificate = "wrong";
    let red = Release::of(&build("93.0", "20260101000000", "de"), &new).red();
    assert!(
        red.contains("signed by the certificate wrong, but the build accepts dep"),
        "{red}"
    );
}

#[test]
fn a_rule_that_does_not_lead_to_the_release_is_red() {
    // Deleted.
    let mut release = Release::right();
    release.effects.remove(0);
    let red = release.red();
    assert!(red.contains("no update is offered"), "{red}");
    // On another channel.
    let mut release = Release::right();
    release.change("balrog-rule", "localtest", |value| {
        value["channel"] = json!("release")
    });
    let red = release.red();
    assert!(red.contains("no update is offered"), "{red}");
    // Outranked.
    let mut release = Release::right();
    let mut other = rule(3, "release-localtest", "Hail-93.0-build1");
    other.key = "other".to_owned();
    other.value["priority"] = json!(100);
    other.value["alias"] = json!("other");
    release.effects.push(other);
    let red = release.red();
    assert!(red.contains("Hail 93.0"), "{red}");
    // No rules at all.
    release
        .effects
        .retain(|effect| effect.space != "balrog-rule");
    let red = release.red();
    assert!(red.contains("the update server has no rules"), "{red}");
}

#[test]
fn a_locale_that_the_release_does_not_have_is_red() {
    let mut release = Release::right();
    release.config = CONFIG.replace("locales=\"de\"", "locales=\"de fr\"");
    let red = release.red();
    assert!(red.contains("in fr on release-localtest"), "{red}");
}

#[test]
fn a_partial_update_from_a_release_that_clients_do_not_have_is_red() {
    let mut release = Release::right();
    release
        .past
        .retain(|effect| effect.space != "balrog-release-locale");
    let red = release.red();
    assert!(red.contains("no partial update is offered"), "{red}");
}

#[test]
fn a_file_that_is_not_in_the_archive_is_red() {
    let mut release = Release::right();
    release
        .effects
        .retain(|effect| !effect.key.ends_with(".partial.mar"));
    let red = release.red();
    assert!(red.contains("which the archive does not have"), "{red}");
    // One whose artifact has changed since it was published.
    let mut release = Release::right();
    release.change("archive", "complete.mar", |value| {
        value["sha512"] = json!("00")
    });
    let red = release.red();
    assert!(
        red.contains("its content is not the one that was published"),
        "{red}"
    );
}

#[test]
fn no_earlier_build_at_all_is_red() {
    let mut release = Release::right();
    release.past.retain(|effect| effect.space != "archive");
    let red = release.red();
    assert!(
        red.contains("1 partial update should be applied to earlier builds, and none could be"),
        "{red}"
    );
    // Where no partial updates are promised, the offers are checked, and what is not is listed.
    release.config = CONFIG.replace(
        "patch_types=\"complete partial\"",
        "patch_types=\"complete\"",
    );
    let task = release.update_verify();
    let id = release.world.pass(&task);
    let unchecked = release.world.report(&id)["notChecked"].to_string();
    assert!(
        unchecked.contains("there is no earlier build"),
        "{unchecked}"
    );
}

#[test]
fn what_a_task_needs_is_told() {
    let mut release = Release::right();
    for (from, to, why) in [
        ("CHANNEL", "OTHER", "the channel to ask"),
        (
            "chunked-verify.sh",
            "other.sh",
            "does not run chunked-verify.sh",
        ),
        (
            "--this-chunk=1",
            "--this-chunk=2",
            "thisChunk (2) is greater",
        ),
        ("--this-chunk=1", "", "`--total-chunks` and `--this-chunk`"),
        (
            "update-verify.cfg",
            "other.cfg",
            "does not fetch update-verify.cfg",
        ),
    ] {
        let mut task = release.update_verify();
        let payload = task.staged.payload.to_string().replace(from, to);
        task.staged.payload = read(&payload);
        let red = release.world.fail(&task).join("\n");
        assert!(red.contains(why), "{red}");
    }
    release.config = "release=\"1\" foo=\"x\"\n".to_owned();
    let red = release.red();
    assert!(red.contains("Unknown key 'foo'"), "{red}");
}

#[test]
fn a_missing_product_of_bouncer_is_red_finally() {
    let mut release = Release::right();
    release.push();
    release
        .effects
        .retain(|effect| effect.key != "Hail-94.0-partial-93.0");
    let red = release.red_finally();
    assert!(
        red.contains("NO_MAR_FILE: bouncer has no product hail-94.0-partial-93.0"),
        "{red}"
    );
}

/// Bouncer finds products as its own server does.
#[test]
fn links_are_followed_as_bouncer_does() {
    let rename = |release: &mut Release, from: &str, to: &str| {
        for effect in &mut release.effects {
            if effect.key == from {
                to.clone_into(&mut effect.key);
            }
        }
    };
    // An alias leads to the product.
    let mut release = Release::right();
    release.push();
    rename(&mut release, "Hail-94.0-complete", "Hail-94.0-other");
    let alias = effect(
        "bouncer-alias",
        "hail-94.0-COMPLETE",
        json!("Hail-94.0-other"),
    );
    release.effects.push(alias);
    let task = release.final_verify();
    release.world.pass(&task);
    // The system and the locale have to be there.
    for (value, why) in [
        (
            json!({"locations": {"osx": "/x"}, "ssl_only": false, "languages": []}),
            "for linux64",
        ),
        (
            json!({"locations": {"linux64": "/x"}, "ssl_only": false, "languages": ["fr"]}),
            "in de",
        ),
    ] {
        let mut release = Release::right();
        release.push();
        release.change("bouncer-product", "Hail-94.0-complete", |product| {
            *product = value.clone();
        });
        let red = release.red_finally();
        let why = format!("NO_MAR_FILE: bouncer has no hail-94.0-complete {why}");
        assert!(red.contains(&why), "{red}");
    }
}

#[test]
fn a_file_of_another_size_or_none_is_red_finally() {
    let mut release = Release::right();
    release.push();
    release.change("archive", "releases/94.0/update", |value| {
        value["size"] = json!(7)
    });
    let red = release.red_finally();
    assert!(red.contains("MAR_FILE_WRONG_SIZE"), "{red}");
    release
        .effects
        .retain(|effect| !effect.key.contains("releases/94.0/update"));
    let red = release.red_finally();
    assert!(red.contains("which the archive does not have"), "{red}");
}

#[test]
fn no_configuration_is_red_finally() {
    let mut release = Release::right();
    let mut task = release.final_verify();
    task.staged.payload = json!({"command": ["final-verification.sh"]});
    let red = release.world.fail(&task).join("\n");
    assert!(red.contains("there is nothing to verify"), "{red}");
}
