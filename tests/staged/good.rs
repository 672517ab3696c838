//! A task of each action of each system that can be staged, which has to pass.

use snowman::base::value::{Value, json};
use snowman::release::SYSTEMS;
use snowman::stage::makers::make;

use super::balrog::given::{self, promoted};
use super::balrog::system_addons;
use super::world::{Task, World};
use super::{
    archive, bouncer, checksums, github, images, mac, notify, partials, partners, repositories,
    repository, ship_it, signing, stores, update_verify_config, verified,
};
use crate::common::staged::REVISION;

/// A task in its world.
pub struct Good {
    /// The system and the action.
    pub name: String,
    pub world: World,
    pub task: Task,
}

/// A task of each action. Whoever adds one to the table of systems adds a task of it here.
pub fn all() -> Vec<Good> {
    let actions = SYSTEMS.iter().flat_map(|system| {
        let actions = system.staged.iter();
        actions.map(|action| (system.name, *action))
    });
    let good = |(system, action): (&str, &str)| {
        let (world, task) = task(system, action);
        let staged = &task.staged;
        assert_eq!(staged.system, system);
        assert_eq!(staged.action.as_deref().unwrap_or_default(), action);
        let name = format!("{system} {action}");
        Good { name, world, task }
    };
    actions.map(good).collect()
}

fn missing(system: &str, action: &str) -> ! {
    unreachable!("{system} has the action {action:?}, of which no task is here")
}

fn task(system: &str, action: &str) -> (World, Task) {
    match system {
        "addons" | "pushapk" | "pushflatpak" | "pushmsix" | "pushsnap" => of_store(system),
        "balrog" => of_balrog(action),
        "beetmover" => of_beetmover(action),
        "bouncer" => of_bouncer(action),
        "shipit" => of_ship_it(action),
        "final-verify" => {
            let mut release = verified::Release::right();
            release.push();
            let task = release.final_verify();
            (release.world, task)
        }
        "update-verify" => {
            let mut release = verified::Release::right();
            let task = release.update_verify();
            (release.world, task)
        }
        _ => {
            let mut world = World::default();
            let task = of_other(&mut world, system, action);
            (world, task)
        }
    }
}

fn of_other(world: &mut World, system: &str, action: &str) -> Task {
    match system {
        "attribution" => partners::attribution(world),
        "bitrise" => {
            let payload = json!({
                "global_params": {"branch": "main", "commit_hash": REVISION},
                "workflow_params": {"test": [{"environments": {"A": "1"}}]},
                "artifact_prefix": "public",
            });
            github::bitrise(world, &["build", "test"], payload)
        }
        "bouncer-check" => {
            let task = bouncer::submit(world, bouncer::entries(), &[]);
            let submitted = world.pass(&task);
            let published = bouncer::publish(world, None);
            bouncer::check(world, &[&submitted, &published])
        }
        "checksums" => {
            let sums = checksums::checksums(checksums::RIGHT);
            let candidate = checksums::candidate(world, &sums);
            checksums::generate(world, &[&candidate])
        }
        "github" => {
            let build = world.build(&[(github::APK, b"content")]);
            let payload = github::payload(&build);
            github::github(world, payload, &[])
        }
        "image" => {
            let tags = [("APP_VERSION", "94.0")];
            images::push(
                world,
                &images::image("20260131120000"),
                &[images::NEEDED, &tags],
                &[],
            )
        }
        "lando" => {
            let file = repository::VERSION;
            world.files.insert(file.to_owned(), "94.0\n".to_owned());
            let bump = repository::bump(&[file], "94.0.1");
            repository::lando(world, &["version_bump"], bump, &[])
        }
        "mac-signing" => {
            let build = mac::build(world, mac::RIGHT);
            mac::sign(world, &build)
        }
        "notify" => {
            let route = "notify.email.somebody@example.com.on-completed";
            notify::notify(world, route, "Hail 94.0 is shipped")
        }
        "partner-repack" => partners::repack(world),
        "partials" => partials::Case::default().task(world),
        "signing" => {
            let build = world.build(&[("public/a", b"a")]);
            signing::sign(world, &build, "public/a", &["autograph_gpg"])
        }
        "tree" => {
            let payload = json!({
                "actions": ["tag", "push"],
                "tag_info": {"tags": ["HAIL_94_0_RELEASE"], "revision": repository::COMMIT},
                "source_repo": "https://hg.example.com/hail",
            });
            let mut task = world.task("tree", "", payload, &[]);
            task.staged.scopes = ["tag", "push"]
                .map(|end| format!("project:releng:treescript:action:{end}"))
                .into();
            task
        }
        "update-verify-config" => {
            let past = update_verify_config::past(world);
            update_verify_config::task(world, past, update_verify_config::COMMAND)
        }
        _ => missing(system, action),
    }
}

fn of_store(system: &str) -> (World, Task) {
    let mut world = World::default();
    let (made, facts) = (stores::made, stores::facts());
    let task = match system {
        "addons" => stores::pack(&mut world, &made("target.langpack.xpi", &stores::german())),
        "pushapk" => {
            let files = stores::ALL.map(|file| stores::android(file, Some("dep")));
            stores::apk(&mut world, "googleplay:product:hail:dep", &files)
        }
        "pushflatpak" => {
            let bytes = made("target.flatpak.tar.xz", &facts);
            stores::flatpak(&mut world, "mock", "flathub:firefox:mock", &bytes)
        }
        "pushmsix" => stores::msix(&mut world, &made("target.msix", &stores::windows())),
        "pushsnap" => stores::snap(&mut world, "candidate", &made("target.snap", &facts)),
        _ => missing(system, ""),
    };
    (world, task)
}

fn of_balrog(action: &str) -> (World, Task) {
    if action == "submit-system-addons" {
        let (mut world, published) = system_addons::published();
        let task = system_addons::submit(&mut world, &published, &[&published]);
        return (world, task);
    }
    let release = promoted();
    let (mut world, locale) = (release.world, release.locale);
    let task = match action {
        "submit-locale" => {
            let archive = given::archive(&mut world);
            let before = [&archive, &release.toplevel];
            given::locale(&mut world, &json!([given::entry()]), &before)
        }
        "submit-toplevel" => given::toplevel(&mut world, &[&release.history]),
        "schedule" => given::schedule(&mut world, &[&locale]),
        "set-readonly" => {
            let payload = json!({
                "behavior": "set-readonly", "product": "firefox", "version": "94.0", "build_number": 1,
            });
            world.task("balrog", action, payload, &[&locale])
        }
        _ => missing("balrog", action),
    };
    (world, task)
}

fn of_bouncer(action: &str) -> (World, Task) {
    let mut world = World::default();
    let task = match action {
        "submission" => bouncer::submit(&mut world, bouncer::entries(), &[]),
        "aliases" => {
            let task = bouncer::submit(&mut world, bouncer::entries(), &[]);
            let submitted = world.pass(&task);
            let payload = json!({"aliases_entries": {"hail-latest": "Hail-94.0"}});
            world.task("bouncer", action, payload, &[&submitted])
        }
        "locations" => {
            let before = bouncer::nightlies(&mut world, "94.0a1");
            bouncer::bump(&mut world, "95.0a1", &[&before])
        }
        _ => missing("bouncer", action),
    };
    (world, task)
}

fn of_ship_it(action: &str) -> (World, Task) {
    let mut world = World::default();
    let task = match action {
        "mark-as-shipped" => {
            let paths = [ship_it::CANDIDATE, ship_it::RELEASE];
            let pushed = ship_it::archived(&mut world, &paths);
            ship_it::ship(&mut world, "Hail-94.0-build1", &[&pushed])
        }
        _ => {
            let payload = match action {
                "create-new-release" => json!({
                    "product": "hail", "branch": "releases/hail", "phase": "promote_hail",
                    "version": "94.0", "cron_revision": repository::COMMIT,
                }),
                "create-new-nightly-release" => json!({
                    "product": "hail", "channel": "nightly", "buildid": "20261130093000",
                    "version": "95.0a1", "locales": ["de", "en-US"],
                }),
                "mark-as-merged" => json!({"automation_id": 12}),
                "update-product-channel-version" => {
                    json!({"product": "hail", "channel": "nightly", "version": "95.0a1"})
                }
                _ => missing("shipit", action),
            };
            ship_it::ship_it(&mut world, action, payload, &[])
        }
    };
    (world, task)
}

fn of_beetmover(action: &str) -> (World, Task) {
    let mut world = World::default();
    let candidates = "pub/hail/candidates/94.0-candidates/build1";
    let task = match action {
        "push-to-candidates" => published(
            &mut world,
            action,
            "public/a.tar.xz",
            &format!("{candidates}/a.tar.xz"),
        ),
        "push-to-nightly" => published(
            &mut world,
            action,
            "public/a.tar.xz",
            "pub/hail/nightly/a.tar.xz",
        ),
        "push-to-maven" => published(
            &mut world,
            action,
            "public/a.aar",
            "maven2/org/mozilla/geckoview/a/94.0/a-94.0.aar",
        ),
        "direct-push-to-bucket" => published(
            &mut world,
            action,
            "public/a.apk",
            "pub/hail/releases/a.apk",
        ),
        "push-to-system-addons" => {
            let [(name, content), _] = system_addons::add_ons();
            system_addons::publish(&mut world, &[(name, &content)])
        }
        "push-to-partner" => {
            let folder = "partner-repacks/acme/acme-1/v1/linux-x86_64/de";
            repositories::partner(&mut world, folder, b"a", &[])
        }
        "push-to-releases" => {
            let build = world.build(&[("public/a.tar.xz", b"a")]);
            let files = [("public/a.tar.xz", "linux64/hail-94.0.tar.xz")];
            let task = archive::publish(&mut world, &build, &files, &[]);
            let candidate = world.pass(&task);
            archive::push(&mut world, 1, &[&candidate])
        }
        "import-from-gcs-to-artifact-registry" => {
            let facts = repositories::facts("94.0", "20260131120000");
            let package = make("target.deb", &facts).unwrap();
            let files: [(&str, &[u8]); 1] = [("public/a.deb", &package)];
            let candidate = repositories::packages(&mut world, &files, &[]);
            repositories::import(&mut world, "apt-repo:dep", &["public/a.deb"], &[&candidate])
        }
        "upload-data" => {
            let payload = json!({
                "releaseProperties": {"appName": "hail"},
                "dataMap": [{
                    "data": "e30=", "contentType": "application/json", "destinations": ["pub/a.json"],
                }],
            });
            with_scopes(&mut world, action, payload)
        }
        "upload-translations-artifacts" => {
            let build = world.build(&[("public/build/a.bin", b"a")]);
            let payload = json!({
                "releaseProperties": {"appName": "hail"},
                "upstreamArtifacts": [
                    {"taskId": build.as_str(), "taskType": "build", "paths": ["public/build/a.bin"]},
                ],
                "artifactMap": [{"taskId": build.as_str(), "paths": {"*": {"destinations": ["models/"]}}}],
            });
            with_scopes(&mut world, action, payload)
        }
        _ => missing("beetmover", action),
    };
    (world, task)
}

/// A task that publishes an artifact of a build.
fn published(world: &mut World, action: &str, path: &str, to: &str) -> Task {
    let build = world.build(&[(path, b"a")]);
    let place = json!({"destinations": [to], "checksums_path": "a"});
    let paths = Value::Object([(path.to_owned(), place)].into_iter().collect());
    let payload = json!({
        "releaseProperties": {
            "appName": "geckoview", "appVersion": "94.0", "branch": "hail", "buildid": "20260131120000",
            "hashType": "sha512", "platform": "linux64",
        },
        "version": "94.0",
        "build_number": 1,
        "upstreamArtifacts": [
            {"taskId": build.as_str(), "taskType": "build", "paths": [path], "locale": "en-US"},
        ],
        "artifactMap": [{"taskId": build.as_str(), "locale": "en-US", "paths": paths}],
    });
    with_scopes(world, action, payload)
}

fn with_scopes(world: &mut World, action: &str, payload: Value) -> Task {
    let mut task = world.task("beetmover", action, payload, &[]);
    task.staged.scopes = repositories::scopes("bucket:dep", action);
    task
}
