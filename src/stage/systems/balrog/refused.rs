//! Whether the update server takes a release.

use crate::base::value::Value;
use crate::stage::balrog::allowlist::Allowlist;
use crate::stage::balrog::blob::validate::{Invalid, validate};
use crate::stage::balrog_state::Release;
use crate::stage::work::Work;

/// Checks a release as the update server does.
pub fn check(work: &mut Work<'_>, allowlist: &Allowlist, name: &str, release: &Release) {
    let blob = Value::Object(release.blob.clone());
    match validate(&blob, &release.product, allowlist) {
        Ok(()) => {}
        Err(Invalid::Form(problems)) => {
            let problems = problems.into_iter();
            let problems = problems.map(|problem| format!("Balrog refuses {name}: {problem}"));
            work.report.problems.extend(problems);
        }
        Err(Invalid::Domain { url }) => work.report.problem(format!(
            "Balrog refuses {name}: files of {} must not be served from {url}",
            release.product
        )),
        Err(error) => work
            .report
            .problem(format!("Balrog refuses {name}: {error}")),
    }
    work.report
        .checked("the form of the release, and the hosts of its files", 1);
}
