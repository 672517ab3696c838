//! The update server and the archive, as update verification asks them.

use super::archived;
use super::balrog::hosts::allowlist;
use crate::stage::balrog::answer::answer;
use crate::stage::balrog::request;
use crate::stage::balrog::world::World as Rules;
use crate::stage::balrog_state::RULES;
use crate::stage::balrog_state::world::world;
use crate::stage::bouncer::database;
use crate::stage::bouncer::server::Database;
use crate::stage::update_verify::config::Config;
use crate::stage::update_verify::world::{Answer, ArchiveFile, Stored, World};
use crate::stage::work::Work;

/// The update server, the links of bouncer and the archive, as they are at a task.
pub struct Servers<'s, 'w> {
    work: &'s mut Work<'w>,
    rules: Rules,
    links: Database,
}

impl<'s, 'w> Servers<'s, 'w> {
    /// The servers. A world without rules is a problem: nobody would be offered anything.
    pub fn new(work: &'s mut Work<'w>, config: &Config) -> Self {
        if work.all.space(RULES).next().is_none() {
            work.report.problem(
                "the update server has no rules: neither a staged task before this one nor the history has any",
            );
        }
        let product = config.product.as_deref().unwrap_or_default();
        let release = &work.staged.release;
        let own = format!(
            "{product}-{}-build{}",
            release.version, release.build_number
        );
        // Scheduled changes are not made before the release is shipped.
        let mut rules = world(work.all, &|_| false);
        let server = config.aus_server.as_deref().unwrap_or_default();
        let is_staging = server.contains("stage");
        let (hosts, unknown) = allowlist(work.all, (product, &own), is_staging);
        rules.allowlist = hosts;
        work.report.unchecked.extend(unknown);
        let links = database::of(work.all);
        Self { work, rules, links }
    }
}

impl World for Servers<'_, '_> {
    fn ask(&mut self, address: &str) -> Answer {
        let path = address
            .split_once("://")
            .and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
        let request = request::read(path.unwrap_or(address), None);
        let answer = answer(&self.rules, &request, 0);
        Answer {
            status: answer.status,
            body: answer.body,
        }
    }

    fn locate(&mut self, address: &str) -> Result<String, String> {
        archived::path_of(&self.links, address).map_err(|why| why.to_string())
    }

    fn stat(&mut self, path: &str) -> Option<Stored> {
        archived::stat(self.work, path)
    }

    fn file(&mut self, path: &str) -> Option<ArchiveFile> {
        archived::file(self.work, path)
    }
}
