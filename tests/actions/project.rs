//! A small project on disk.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

const CONFIG: &str = r#"
trust-domain: snow
task-priority: low
workers:
    aliases: {}
taskgraph:
    repositories:
        ci: {name: ci}
release-promotion:
    rebuild-kinds: [build]
    flavors:
        promote_fox: {product: fox, target-tasks-method: promote}
        push_fox: {product: fox, target-tasks-method: push}
        ship_fox: {product: fox, target-tasks-method: ship, version-bump: true}
        promote_fox_rc: {product: fox, target-tasks-method: promote, is-rc: true}
        again_fox:
            product: fox
            target-tasks-method: promote
            rebuild-kinds: [l10n]
            do-not-optimize: [partials-a]
        own_ci: {target-tasks-method: 'nothing{project}'}
        aimless: {target-tasks-method: promote}
        ship_fox_rc: {product: fox, target-tasks-method: ship, is-rc: true}
        partial_fox: {product: fox, target-tasks-method: promote, partial-updates: true}
        beta_fox: {product: fox, target-tasks-method: promote, release-type: beta}
"#;

/// What every fixture's tasks have.
const DEFAULTS: &str = "
loader: taskgraph.loader.transform:loader
transforms: [taskgraph.transforms.task:transforms]
task-defaults:
    description: A task
    worker-type: succeed
    worker: {}
    run-on-projects: [all]
";

/// A repository of git with the fixture in it.
pub struct Project(TempDir);

impl Project {
    /// ```text
    /// ship-a -> push-a -> l10n-a -> sign-a -> build-a
    ///                     partials-a -> sign-a
    ///           test-a -> build-a,  lint-a,  bird-a -> sign-a
    /// ```
    /// Builds, signing and l10n may be retriggered; `lint-a` is only there on request.
    pub fn release() -> Self {
        let project = Self::empty();
        let again = "attributes: {retrigger: true}";
        let later = |dependency: &str, phase: &str, attributes: &str| {
            let (kind, _) = dependency.split_once('-').unwrap();
            format!(
                "dependencies: {{{kind}: {dependency}}}, shipping-phase: {phase}, \
                 attributes: {{shipping_product: {attributes}}}"
            )
        };
        let kinds = [
            ("build", None, again.to_owned()),
            (
                "sign",
                Some("build"),
                format!("dependencies: {{build: build-a}}, {again}"),
            ),
            (
                "test",
                Some("build"),
                "dependencies: {build: build-a}".to_owned(),
            ),
            ("lint", None, "run-on-tasks-for: [cron]".to_owned()),
            (
                "l10n",
                Some("sign"),
                later("sign-a", "promote", "fox, retrigger: true"),
            ),
            ("partials", Some("sign"), later("sign-a", "promote", "fox")),
            ("bird", Some("sign"), later("sign-a", "promote", "bird")),
            ("push", Some("l10n"), later("l10n-a", "push", "fox")),
            ("ship", Some("push"), later("push-a", "ship", "fox")),
        ];
        for (kind, before, fields) in kinds {
            let before: Vec<&str> = before.into_iter().collect();
            project.kind(kind, &before, &[("a", &fields)]);
        }
        project
    }

    /// The same, where flavors can be chained.
    pub fn with_chains() -> Self {
        let project = Self::release();
        let config = CONFIG.replace("    flavors:\n", "    chains: true\n    flavors:\n");
        project.write("taskcluster/config.yml", &config);
        project
    }

    /// The same, where `ci` makes real releases.
    pub fn with_real_releases() -> Self {
        let project = Self::release();
        let config = format!("{CONFIG}release-branches: {{ci: [main]}}\n");
        project.write("taskcluster/config.yml", &config);
        project
    }

    /// The same with the actions that are only there on demand, and with kinds that run on
    /// docker-worker and on generic-worker; `config` is put at the end of config.yml.
    pub fn with_machines() -> Self {
        let project = Self::release();
        let alias = |implementation: &str, os: &str| {
            format!(
                "{{provisioner: snow, implementation: {implementation}, os: {os}, worker-type: {os}}}"
            )
        };
        let aliases = format!(
            "aliases: {{b-linux: {}, b-win: {}}}",
            alias("docker-worker", "linux"),
            alias("generic-worker", "windows")
        );
        let config = CONFIG.replace("aliases: {}", &aliases);
        let demanded = "snowman: {actions: [backfill, create-interactive, purge-caches]}\n";
        project
            .write("taskcluster/config.yml", &format!("{config}{demanded}"))
            .kind(
                "shell",
                &["build"],
                &[
                    (
                        "linux",
                        "worker-type: b-linux, dependencies: {build: build-a}, \
                         scopes: ['secrets:get:x', 'queue:get-artifact:private/*'], \
                         routes: ['index.snow.v2.ci.shell'], \
                         worker: {docker-image: 'debian:12', max-run-time: 600, command: [sh], \
                         chain-of-trust: true, env: {A: b}, \
                         caches: [{type: persistent, name: snow-cache, mount-point: /c}], \
                         artifacts: [{type: file, name: public/a, path: /a}]}",
                    ),
                    (
                        "win",
                        "worker-type: b-win, worker: {max-run-time: 20000, command: [sh], \
                         mounts: [{cache-name: win-cache, directory: c}, \
                         {content: {url: 'https://example.com/a'}, file: a}], \
                         artifacts: [{type: file, name: public/a, path: a}]}",
                    ),
                ],
            );
        project
    }

    /// A project without kinds.
    pub fn empty() -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        project
            .write("taskcluster/config.yml", CONFIG)
            .write("version.txt", "1.5.0\n")
            .write(".taskcluster.yml", "version: 1\ntasks: []\n");
        fs::create_dir_all(project.root().join("taskcluster/kinds")).unwrap();
        project
    }

    pub fn root(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file, in place of one that is there.
    pub fn write(&self, path: &str, text: &str) -> &Self {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    pub fn remove(&self, path: &str) -> &Self {
        fs::remove_file(self.root().join(path)).unwrap();
        self
    }

    /// Writes a kind: the kinds that it depends on, and its tasks with what they say in flow style.
    pub fn kind(&self, name: &str, dependencies: &[&str], tasks: &[(&str, &str)]) -> &Self {
        let mut text = format!(
            "kind-dependencies: [{}]\n{DEFAULTS}tasks:\n",
            dependencies.join(", ")
        );
        for (task, fields) in tasks {
            text.push_str(&format!("    {task}: {{{fields}}}\n"));
        }
        self.write(&format!("taskcluster/kinds/{name}/kind.yml"), &text)
    }

    /// Runs git in the repository; what it says.
    pub fn git(&self, args: &[&str]) -> String {
        let output = std::process::Command::new("git")
            .args(["-c", "user.name=Dev", "-c", "user.email=dev@example.com"])
            .args(args)
            .current_dir(self.root())
            .env("HOME", self.root())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {args:?}: {stderr}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Makes a commit of everything; its revision.
    pub fn commit(&self, message: &str) -> String {
        if !self.root().join(".git").exists() {
            self.git(&["init", "--quiet", "--initial-branch=main"]);
        }
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }
}
