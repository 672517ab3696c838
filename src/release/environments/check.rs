//! What keeps the environments of release services apart, checked on the tasks of a graph.

use std::collections::{BTreeMap, BTreeSet};

use super::host_name::lower_case;
use super::table::Environments;
use super::tier::Tier;
use crate::base::value::{Object, Value};
use crate::release::texts::each_text;

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name, for messages and for the reference.
    pub name: &'static str,
    /// What must hold.
    pub doc: &'static str,
    /// What to do when it does not.
    help: &'static str,
}

macro_rules! rules {
    ($($constant:ident: $name:literal, $doc:literal, $help:literal;)*) => {
        $(static $constant: Rule = Rule { name: $name, doc: $doc, help: $help };)*
        /// Every rule.
        pub static RULES: &[&Rule] = &[$(&$constant),*];
    };
}

/// The service whose keys are those of dep builds.
const DEP_SIGNING: &str = "dep signing";

rules! {
    LEVEL_SCOPE: "level-scope",
        "below level 3, no task holds a scope of production",
        "key the scopes by level or release level, e.g. with `by-release-level`";
    LEVEL_POOL: "level-pool",
        "below level 3, no task runs in a worker pool of production",
        "key the worker type by level";
    MIXED_SCOPE: "mixed-scope",
        "no task that belongs to a release of production, holds a scope of production, or runs in a worker pool of production, holds a scope of staging, apart from dep signing",
        "give the task the scopes of one environment";
    MIXED_POOL: "mixed-pool",
        "a task that belongs to a release of production or holds a scope of production does not run in a worker pool of staging or development, unless it only signs with dep keys",
        "key pool and scopes by the same value";
    PRODUCTION_HOST: "production-host",
        "no task of a production release names a host of staging or development",
        "key the address by level or release level";
    CI_HOST: "ci-host",
        "no task without a shipping phase names a host of staging or development, at any level",
        "use the service of production, with dep keys where something is signed: staging may be down";
    STAGING_FORMAT: "staging-format",
        "signing formats of Autograph's staging (`stage_…`) are used only by tasks that no other task depends on",
        "sign with a dep key of the production service";
    DEV_POOL: "dev-pool",
        "worker pools of development are only used if `worker-overrides` of try_task_config name them",
        "use `--worker-suffix` or `--worker-override` of `mach try` for a push that tests workers";
    PRODUCTION_READ: "production-read",
        "a task of staging names hosts of production only if others may read from them",
        "key the address by level, or declare `may-be-read` for the service in environments.yml";
    STAGING_DEPENDENCY: "staging-dependency",
        "no task of a production release, and none without a shipping phase, depends on one that uses a host or a signing format of staging or a worker pool of development",
        "an outage of staging must not stop a release or a push: use the service of production there";
}

/// A task of a graph.
#[derive(Debug, Clone, Copy)]
pub struct CheckedTask<'a> {
    /// Its label.
    pub label: &'a str,
    /// Its definition.
    pub definition: &'a Object,
    /// Whether it belongs to a phase of a release.
    pub ships: bool,
}

/// What the rules depend on beside the tasks.
#[derive(Debug, Clone)]
pub struct Setting<'a> {
    /// The level of the push.
    pub level: &'a str,
    /// Whether the configuration says that the push makes releases of production; if it does not say, the scopes of
    /// the tasks do.
    pub is_production: Option<bool>,
    /// The trust domain.
    pub trust_domain: &'a str,
    /// The worker pools that the push names in place of others.
    pub overrides: BTreeSet<&'a str>,
}

/// A violation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding<'a> {
    /// The name of the rule.
    pub rule: &'static str,
    /// The label of the task.
    pub label: &'a str,
    /// What is wrong, with the path in the definition.
    pub message: String,
    /// The way out.
    pub help: &'static str,
}

/// What the rules found.
#[derive(Debug, Default)]
pub struct Findings<'a> {
    /// Every violation, in the order of the tasks.
    pub found: Vec<Finding<'a>>,
    /// How many scopes, pools, hosts or tasks each rule has looked at.
    pub looked_at: BTreeMap<&'static str, usize>,
    /// Uses of development pools that the push itself asks for.
    pub overridden: Vec<(&'a str, String)>,
    /// The hosts of services that nothing here manages, with the number of tasks that name them.
    pub unmanaged: BTreeMap<String, usize>,
}

impl<'a> Findings<'a> {
    fn look(&mut self, rule: &'static Rule) {
        *self.looked_at.entry(rule.name).or_default() += 1;
    }

    fn add(&mut self, rule: &'static Rule, label: &'a str, message: String) {
        self.found.push(Finding {
            rule: rule.name,
            label,
            message,
            help: rule.help,
        });
    }
}

/// A scope of a service.
struct UsedScope<'t> {
    index: usize,
    scope: &'t str,
    service: &'t str,
    tier: Tier,
}

/// A host of a service.
struct UsedHost<'t> {
    path: String,
    host: String,
    service: &'t str,
    tier: Tier,
    may_be_read: bool,
}

/// What a task uses.
struct Used<'t> {
    pool: String,
    pool_tier: Option<Tier>,
    scopes: Vec<UsedScope<'t>>,
    hosts: Vec<UsedHost<'t>>,
    /// The signing formats of Autograph's staging, with their place.
    formats: Vec<(String, String)>,
    /// How many signing formats there are in all.
    all_formats: usize,
}

impl Used<'_> {
    fn holds(&self, wanted: Tier) -> bool {
        self.scopes.iter().any(|scope| scope.tier == wanted)
    }

    /// What of staging or development the task needs to work, in words.
    fn of_staging(&self) -> Option<String> {
        let hosts = self.hosts.iter();
        let mut hosts = hosts.filter(|one| one.tier != Tier::Production);
        if let Some(UsedHost { host, tier, .. }) = hosts.next() {
            return Some(format!("{host}, a host of {}", tier.name()));
        }
        if let Some((_, format)) = self.formats.first() {
            return Some(format!("the signing format `{format}` of staging"));
        }
        (self.pool_tier == Some(Tier::Dev))
            .then(|| format!("the pool {} of development", self.pool))
    }
}

/// Checks the tasks of a graph. `dependencies` returns the labels that a task depends on.
#[must_use]
pub fn check<'a>(
    environments: &'a Environments,
    setting: &Setting<'a>,
    tasks: &[CheckedTask<'a>],
    dependencies: &dyn Fn(&str) -> Vec<&'a str>,
) -> Findings<'a> {
    let mut findings = Findings::default();
    let used: Vec<Used<'a>> = tasks
        .iter()
        .map(|task| use_of(environments, setting, task, &mut findings.unmanaged))
        .collect();
    let is_production = setting.level == "3"
        && setting
            .is_production
            .unwrap_or_else(|| seems_to_be_production(tasks, &used));
    let depended_on: BTreeSet<&str> = match used.iter().any(|used| !used.formats.is_empty()) {
        true => tasks
            .iter()
            .flat_map(|task| dependencies(task.label))
            .collect(),
        false => BTreeSet::new(),
    };
    for (task, used) in tasks.iter().zip(&used) {
        scopes_and_pools(setting, is_production, task, used, &mut findings);
        hosts(setting.level, is_production, task, used, &mut findings);
        *findings.looked_at.entry(STAGING_FORMAT.name).or_default() += used.all_formats;
        for (path, format) in &used.formats {
            if depended_on.contains(task.label) {
                let message = format!("`{path}` is `{format}`, but other tasks depend on the task");
                findings.add(&STAGING_FORMAT, task.label, message);
            }
        }
    }
    outages(is_production, tasks, &used, dependencies, &mut findings);
    findings
}

/// Whether release tasks seem to be those of production, if the project does not say which branches make releases: as
/// many of them hold scopes of production as hold others. Some hold one of production on every branch.
fn seems_to_be_production(tasks: &[CheckedTask<'_>], used: &[Used<'_>]) -> bool {
    let both = tasks.iter().zip(used);
    let releases: Vec<&Used<'_>> = both
        .filter(|(task, _)| task.ships)
        .map(|(_, used)| used)
        .collect();
    let holding = |tiers: &[Tier]| {
        let holds = |used: &&&Used<'_>| tiers.iter().any(|tier| used.holds(*tier));
        releases.iter().filter(holds).count()
    };
    let production = holding(&[Tier::Production]);
    production > 0 && production >= holding(&[Tier::Staging, Tier::Dev])
}

fn scopes_and_pools<'a>(
    setting: &Setting<'a>,
    is_production: bool,
    task: &CheckedTask<'a>,
    used: &Used<'a>,
    findings: &mut Findings<'a>,
) {
    let (label, pool) = (task.label, &used.pool);
    let is_below = setting.level != "3";
    let level = setting.level;
    if let Some(tier) = used.pool_tier {
        if is_below {
            findings.look(&LEVEL_POOL);
            if tier == Tier::Production {
                let message = format!(
                    "it would run in {pool}, a worker pool of production, at level {level}"
                );
                findings.add(&LEVEL_POOL, label, message);
            }
        }
        findings.look(&DEV_POOL);
        if tier == Tier::Dev {
            if setting.overrides.contains(pool.as_str()) {
                findings.overridden.push((label, pool.clone()));
            } else {
                let message = format!("it would run in {pool}, a worker pool of development");
                findings.add(&DEV_POOL, label, message);
            }
        }
    }
    let holds_production = used.holds(Tier::Production);
    let ships = is_production && task.ships;
    let of_production = match (holds_production, ships, used.pool_tier) {
        (true, ..) => Some("it also holds one of production".to_owned()),
        (_, true, _) => Some("the task belongs to a release of production".to_owned()),
        (.., Some(Tier::Production)) => Some(format!(
            "it would run in {pool}, a worker pool of production"
        )),
        _ => None,
    };
    for UsedScope {
        index,
        scope,
        service,
        tier,
    } in &used.scopes
    {
        let tier_name = tier.name();
        let names = format!("`scopes[{index}]` is `{scope}`, a scope of {service} in {tier_name}");
        if is_below {
            findings.look(&LEVEL_SCOPE);
            if *tier == Tier::Production {
                findings.add(&LEVEL_SCOPE, label, format!("{names}, at level {level}"));
            }
        }
        findings.look(&MIXED_SCOPE);
        // What is signed with a dep key may be made beside releases.
        let of_staging = *tier != Tier::Production && *service != DEP_SIGNING;
        if let (true, Some(but)) = (of_staging, &of_production) {
            findings.add(&MIXED_SCOPE, label, format!("{names}, but {but}"));
        }
    }
    let only_dep =
        !used.scopes.is_empty() && used.scopes.iter().all(|scope| scope.service == DEP_SIGNING);
    if (holds_production || (ships && !only_dep))
        && let Some(tier) = used.pool_tier
    {
        findings.look(&MIXED_POOL);
        if tier != Tier::Production {
            let but = match holds_production {
                true => "it holds a scope of production",
                false => "it belongs to a release of production",
            };
            let message = format!(
                "{but}, but would run in {pool}, a worker pool of {}",
                tier.name()
            );
            findings.add(&MIXED_POOL, label, message);
        }
    }
}

fn hosts<'a>(
    level: &str,
    is_production: bool,
    task: &CheckedTask<'a>,
    used: &Used<'a>,
    findings: &mut Findings<'a>,
) {
    let of_production = used.holds(Tier::Production) || (is_production && task.ships);
    let (rule, whose) = match (of_production, task.ships) {
        (true, _) => (&PRODUCTION_HOST, "a release of production".to_owned()),
        (_, false) => (&CI_HOST, "no release".to_owned()),
        _ => (&PRODUCTION_READ, format!("staging at level {level}")),
    };
    let reads_production = rule.name == PRODUCTION_READ.name;
    findings.look(rule);
    for UsedHost {
        path,
        host,
        service,
        tier,
        may_be_read,
    } in &used.hosts
    {
        let is_wrong = match *tier {
            Tier::Production => reads_production && !may_be_read,
            Tier::Staging | Tier::Dev => !reads_production,
        };
        if is_wrong {
            let tier = tier.name();
            let message = format!(
                "`{path}` names {host}, a host of {service} in {tier}, but the task belongs to {whose}"
            );
            findings.add(rule, task.label, message);
        }
    }
}

/// Finds the tasks that an outage of staging would stop. What a task uses that it must not use is told for that task
/// alone, not for all that depend on it.
fn outages<'a>(
    is_production: bool,
    tasks: &[CheckedTask<'a>],
    used: &[Used<'a>],
    dependencies: &dyn Fn(&str) -> Vec<&'a str>,
    findings: &mut Findings<'a>,
) {
    let about_use = [&PRODUCTION_HOST, &CI_HOST, &STAGING_FORMAT, &DEV_POOL].map(|rule| rule.name);
    let told = findings.found.iter();
    let told = told.filter(|finding| about_use.contains(&finding.rule));
    let told: BTreeSet<&str> = told.map(|finding| finding.label).collect();
    let reasons = tasks.iter().zip(used);
    let reasons = reasons.filter_map(|(task, used)| Some((task.label, used.of_staging()?)));
    let reasons: BTreeMap<&str, String> =
        reasons.filter(|(label, _)| !told.contains(label)).collect();
    let stopped = match reasons.is_empty() {
        true => BTreeMap::new(),
        false => dependents(tasks, &reasons, dependencies),
    };
    for (task, used) in tasks.iter().zip(used) {
        if task.ships && !is_production && !used.holds(Tier::Production) {
            continue;
        }
        findings.look(&STAGING_DEPENDENCY);
        if let Some(label) = stopped.get(task.label) {
            let reason = &reasons[label];
            let message = format!("it depends on `{label}`, which uses {reason}");
            findings.add(&STAGING_DEPENDENCY, task.label, message);
        }
    }
}

/// The tasks that depend on one of these, directly or through others, with the one that they depend on.
fn dependents<'a>(
    tasks: &[CheckedTask<'a>],
    of: &BTreeMap<&'a str, String>,
    dependencies: &dyn Fn(&str) -> Vec<&'a str>,
) -> BTreeMap<&'a str, &'a str> {
    let mut needed_by: BTreeMap<&str, Vec<&'a str>> = BTreeMap::new();
    for task in tasks {
        for dependency in dependencies(task.label) {
            needed_by.entry(dependency).or_default().push(task.label);
        }
    }
    let mut found = BTreeMap::new();
    for origin in of.keys() {
        let mut ahead = vec![*origin];
        while let Some(label) = ahead.pop() {
            for dependent in needed_by.get(label).into_iter().flatten() {
                if !found.contains_key(dependent) {
                    found.insert(*dependent, *origin);
                    ahead.push(dependent);
                }
            }
        }
    }
    found
}

fn use_of<'a>(
    environments: &'a Environments,
    setting: &Setting<'a>,
    task: &CheckedTask<'a>,
    unmanaged: &mut BTreeMap<String, usize>,
) -> Used<'a> {
    let definition = task.definition;
    let text = |key: &str| definition.get(key).and_then(Value::as_str);
    let pool = match (text("provisionerId"), text("workerType")) {
        (Some(provisioner), Some(name)) => format!("{provisioner}/{name}"),
        _ => text("taskQueueId").unwrap_or_default().to_owned(),
    };
    let scopes = definition.get("scopes").and_then(Value::as_array);
    let scopes = scopes.into_iter().flatten();
    let scopes = scopes.enumerate().filter_map(|(index, scope)| {
        let scope = scope.as_str()?;
        let (service, tier) = environments.of_scope(scope)?;
        Some(UsedScope {
            index,
            scope,
            service,
            tier,
        })
    });
    let mut used = Used {
        pool_tier: environments.of_pool(&pool, setting.trust_domain),
        pool,
        scopes: scopes.collect(),
        hosts: Vec::new(),
        formats: Vec::new(),
        all_formats: 0,
    };
    let mut named = BTreeSet::new();
    let payload = definition.get("payload").unwrap_or(&Value::Null);
    each_text(payload, "payload", &mut |path, text| {
        if path.is_item_of("formats") {
            used.all_formats += 1;
            if is_staging_format(text) {
                used.formats.push((path.to_string(), text.to_owned()));
            }
        }
        let text = lower_case(text);
        if !environments.may_name_a_host(&text) {
            return;
        }
        for (environment, host) in environments.hosts_in(&text) {
            used.hosts.push(UsedHost {
                path: path.to_string(),
                host,
                service: &environment.service,
                tier: environment.tier,
                may_be_read: environment.may_be_read,
            });
        }
        named.extend(environments.unmanaged_in(&text));
    });
    for host in named {
        *unmanaged.entry(host.to_owned()).or_default() += 1;
    }
    used
}

/// Whether a signing format is made by Autograph's staging.
fn is_staging_format(format: &str) -> bool {
    format.starts_with("stage_")
}
